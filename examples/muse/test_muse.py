"""The shop's own tests: `python -m pytest test_muse.py`. Time is virtual, models answer from a script."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from turnkeeper.bots.flow.bot import FlowBot
from turnkeeper.bots.offering import Replies
from turnkeeper.engine.flows import FixedShelf
from turnkeeper.flows.checking import check
from turnkeeper.flows.original import SENTENCE, convert
from turnkeeper.flows.reading import read
from turnkeeper.llm.base import ModelAway
from turnkeeper.model.ids import BotId
from turnkeeper.model.policy import TurnPolicy
from turnkeeper.testing.agents import agent, thinking
from turnkeeper.testing.conversation import Person, conversation, in_virtual_time
from turnkeeper.testing.cues import Cues
from turnkeeper.testing.flows import flow_bot
from turnkeeper.testing.models import ScriptedModel
from turnkeeper.testing.playing import play
from turnkeeper.text.comparing import difference
from turnkeeper.text.script_reading import parse
from turnkeeper.text.unmarked import whatsapp

HERE = Path(__file__).parent
MADU = read((HERE / "madu.json").read_bytes(), version=1)
TURNS = TurnPolicy(quiet=4.0, max_wait=60.0, adaptive=False, rate_limit=None, session_ttl=30 * 86_400.0)
HELLO = "Hai Ada! 🍯 Selamat datang di *Madu Asli*.\nTulis *harga*, *pesan*, atau tanya apa saja."
PRICES = "*Harga madu*\n- 500 g: RM 45\n- 1 kg: RM 80"
WELCOME = [HELLO, "Katalog kami"]


@asynccontextmanager
async def shop(*answers: object) -> AsyncIterator[Person]:
    """Ada, who writes to the shop of the imported flow."""
    bot = FlowBot(BotId("madu"), FixedShelf([MADU]), thinking=thinking(ScriptedModel(*answers)))
    async with conversation(bot, turns=TURNS) as person:
        yield person


def test_the_flow_is_the_one_that_was_drawn() -> None:
    found = convert((HERE / "original.json").read_bytes(), markdown=whatsapp)
    assert found.document == json.loads((HERE / "madu.json").read_bytes())
    assert [each.where for each in found.notes] == ["", "13"], "its niche is the channel's, its model the bot's"
    assert check(MADU) == []


@in_virtual_time
async def test_the_conversation_goes_as_it_is_written() -> None:
    script, cues = parse((HERE / "order.script").read_text("utf-8")), Cues()
    played = await play(flow_bot([MADU], cues), script, cues=cues)
    assert difference(script, played.script) == []


@in_virtual_time
async def test_prices_and_an_order() -> None:
    async with shop() as ada:
        await ada.says("hi")
        await ada.says("Harga berapa?")
        await ada.says("saya mau PESAN")
        assert ada.stage == "Pesanan"
        await ada.says("Ada, Jalan Ampang 1", "Kuala Lumpur")
        await ada.waits(3.0)
        assert ada.heard == [
            *WELCOME,
            PRICES,
            "Siap! Tulis nama dan alamat lengkap Anda.",
            "Terima kasih! Madu kami kirim ke:\nAda, Jalan Ampang 1\nKuala Lumpur",
        ]


@in_virtual_time
async def test_each_message_begins_the_four_seconds_anew() -> None:
    async with shop() as ada:
        await ada.says("halo", "kak", "mau tanya", pause=3.5)
        assert ada.heard == WELCOME, "three messages over seven seconds are one turn"
        assert (await ada.ledger()).states["answered"] == 3


@in_virtual_time
async def test_a_model_answers_what_the_flow_does_not_know() -> None:
    async with shop("Ya, *asli* dari hutan.", "Tentu.") as ada:
        await ada.says("hi")
        await ada.says("asli?")
        await ada.says("yakin?")
        await ada.says("harga")
        assert ada.heard[2:] == ["Ya, _asli_ dari hutan.", "Tentu.", PRICES]


@in_virtual_time
async def test_where_no_model_answers_the_sentence_is_said_and_the_conversation_goes_on() -> None:
    async with shop(ModelAway("503")) as ada:
        await ada.says("hi")
        await ada.says("asli?")
        await ada.says("harga")
        assert ada.heard[2:] == [SENTENCE, PRICES]


@in_virtual_time
async def test_a_server_that_dies_in_the_delay_loses_and_repeats_nothing() -> None:
    async with shop() as ada:
        await ada.says("hi")
        await ada.says("pesan")
        await ada.writes("Jalan Ampang 1")
        await ada.outlasts_an_outage(60.0)
        await ada.waits(3.0)
        assert ada.heard[3:] == ["Terima kasih! Madu kami kirim ke:\nJalan Ampang 1"]


@in_virtual_time
async def test_while_a_person_answers_the_flow_stands_still() -> None:
    async with shop() as ada:
        await ada.says("hi")
        await ada.is_taken_over()
        await ada.says("harga")
        assert ada.heard == WELCOME
        await ada.is_given_back()
        await ada.says("harga")
        assert ada.heard[2:] == [PRICES]


@in_virtual_time
async def test_a_prompt_with_stages_works_unchanged() -> None:
    answers = [
        {"Stage": "Welcome Message", "Detail": "", "Response": [
            {"type": "text", "content": "Hai Ada!", "Jenis": "onemessage"},
            {"type": "text", "content": "Komisi *20 %*.", "Jenis": "onemessage"},
            {"type": "image", "content": "https://madu.example.com/agen.jpg"},
        ]},
        {"Stage": "Done", "Detail": "%%NAMA: Ada\nALAMAT: KL%%", "Response": [
            {"type": "text", "content": "Terima kasih, Ada!"},
        ]},
    ]  # fmt: skip
    model = ScriptedModel(*map(json.dumps, answers), ModelAway("503"), ModelAway("503"))
    prompt = (HERE / "agen.md").read_text("utf-8")
    bot = agent(model, prompt=prompt, replies=Replies(fixed=SENTENCE))
    async with conversation(bot, turns=TURNS) as ada:
        await ada.says("mau jadi agen")
        assert (ada.heard, ada.stage) == (["Hai Ada!\nKomisi *20 %*.", "[image]"], "Welcome Message")
        await ada.says("Ada, KL")
        assert (ada.heard[2:], ada.stage) == (["Terima kasih, Ada!"], "Done")
        assert ada.state["detail"] == "NAMA: Ada\nALAMAT: KL"
        await ada.says("halo?")
        assert ada.heard[3:] == [SENTENCE]
