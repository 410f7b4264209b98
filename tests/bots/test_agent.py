"""An agent in the production engine, in virtual time, with scripted models."""

import asyncio

import msgspec
import pytest
from msgspec.structs import replace

from tests.bots.agents import DOWN, Looking, Published, agent, scripted
from tests.media.samples import png
from turnkeeper.bots.agent import Prepared
from turnkeeper.llm.tools.builtin import Handover
from turnkeeper.model.conversation import Mode
from turnkeeper.model.llm import ChatRequest, Said
from turnkeeper.testing.conversation import Person, conversation, in_virtual_time
from turnkeeper.testing.events import event
from turnkeeper.testing.models import calls

PNG = png()
FIXED = "Sorry, something is not working. Shall I ask a person to get back to you?"
HANDED_OVER = "I have told my colleagues. Somebody will get back to you here."


async def steps(person: Person) -> list[str]:
    return [moment.text for moment in await person.moments() if moment.kind == "step"]


async def trace(person: Person) -> str:
    """Of the newest turn."""
    return [moment.detail or "" for moment in await person.moments() if moment.kind == "committed"][-1]


@in_virtual_time
async def test_a_prompt_and_a_model_answer() -> None:
    model = scripted("Hello **Ada**!")
    async with conversation(agent(model, prompt="You help {{contact.name}} at {{channel.name}}. {{now}}")) as person:
        await person.says("hi", "there")
        assert person.heard == ["Hello *Ada*!"]
        assert model.last.instructions.startswith("You help “Ada” at shop. Friday, 15 January 2027, 08:00 (UTC)")
        assert "Answer in the language in which the person writes." in model.last.instructions
        assert model.heard[-1] == "hi\nthere"
        assert await steps(person) == ["prompt", "model"]


@in_virtual_time
async def test_a_published_prompt_counts_at_once() -> None:
    model, prompts = scripted("ok"), Published()
    async with conversation(agent(model, prompt="The file's.", prompts=prompts)) as person:
        await person.says("one")
        prompts.text = "The published."
        await person.says("two")
        assert [asked.instructions.split("\n")[0] for asked in model.asked] == ["The file's.", "The published."]


@in_virtual_time
async def test_an_unknown_variable_is_nothing_to_the_model_and_stands_in_the_trace() -> None:
    model = scripted("ok")
    async with conversation(agent(model, prompt="Hi {{contact.nam}}!")) as person:
        await person.says("one")
        assert model.last.instructions.startswith("Hi !")
        assert "unknown in the prompt: {{contact.nam}}" in await trace(person)


@in_virtual_time
async def test_the_second_model_answers_for_the_first() -> None:
    first, second = scripted(DOWN), scripted("Here I am.")
    async with conversation(agent(first, second)) as person:
        await person.says("hi")
        assert person.heard == ["Here I am."]
        assert "p1/m: away" in await trace(person)


@pytest.mark.parametrize(
    ("label", "said", "heard", "mode"),
    [
        ("yes in words", "Yes please!", HANDED_OVER, Mode.HUMAN),
        ("yes in another language", "نعم", HANDED_OVER, Mode.HUMAN),
        ("no", "no", "I am back.", Mode.BOT),
        ("something else", "yes, but what about lamps?", "I am back.", Mode.BOT),
    ],
)
@in_virtual_time
async def test_the_fixed_reply_offers_a_person(label: str, said: str, heard: str, mode: Mode) -> None:
    async with conversation(agent(scripted(DOWN, "I am back."), scripted(DOWN, "…"))) as person:
        await person.says("hi")
        assert person.heard == [FIXED]
        assert person.offered == ["Yes, please", "No, thanks"]
        assert (await person.ledger()).states["answered"] == 1
        assert "fixed reply: no model gave an answer" in await trace(person)
        await asyncio.sleep(60)
        await person.says(said)
        assert person.heard == [FIXED, heard], label
        assert await person.is_answered_by(mode)
        assert not any("sk-secret" in words for words in person.heard)


@in_virtual_time
async def test_a_tap_takes_the_offer_up_and_the_reason_is_told() -> None:
    async with conversation(agent(scripted(DOWN))) as person:
        await person.says("hi")
        await person.taps("Yes, please")
        assert await person.is_answered_by(Mode.HUMAN)
        assert "handed over: no model gave an answer: p1/m: away" in await trace(person)


@in_virtual_time
async def test_an_offer_is_over_after_the_next_message() -> None:
    model = scripted(DOWN, "A lamp costs 20.", "Yes what?")
    async with conversation(agent(model)) as person:
        await person.says("hi")
        await asyncio.sleep(60)
        await person.says("What is a lamp?")
        await person.says("yes")
        assert person.heard == [FIXED, "A lamp costs 20.", "Yes what?"]
        assert await person.is_answered_by(Mode.BOT)


@in_virtual_time
async def test_models_are_asked_again_before_the_fixed_reply_is_said_again() -> None:
    model = scripted(DOWN)
    async with conversation(agent(model)) as person:
        await person.says("hi")
        await asyncio.sleep(60)
        await person.says("hello?")
        assert person.heard == [FIXED, FIXED]
        assert len(model.asked) == 2


@in_virtual_time
async def test_a_fixed_reply_that_asks_nothing_offers_nobody() -> None:
    async with conversation(agent(scripted(DOWN, "Ya?"), fixed_reply="Maaf, silakan coba lagi nanti.")) as person:
        await person.says("hi")
        assert person.offered == []
        await asyncio.sleep(60)
        await person.says("ya")
        assert person.heard == ["Maaf, silakan coba lagi nanti.", "Ya?"]


@in_virtual_time
async def test_the_model_hands_over() -> None:
    model = scripted(calls("handover", reason="wants a person"), "Somebody will write to you.")
    async with conversation(agent(model, tools=[Handover()])) as person:
        await person.says("a person please")
        assert person.heard == ["Somebody will write to you."]
        assert await person.is_answered_by(Mode.HUMAN)
        assert "handed over: wants a person" in await trace(person)


@in_virtual_time
async def test_a_handover_is_kept_though_no_model_says_the_words() -> None:
    async with conversation(agent(scripted(calls("handover", reason="x"), DOWN), tools=[Handover()])) as person:
        await person.says("a person please")
        assert person.heard == [HANDED_OVER]
        assert await person.is_answered_by(Mode.HUMAN)


@in_virtual_time
async def test_a_crash_after_the_model_asks_no_model_again() -> None:
    async with conversation(agent(model := scripted("Hello!"))) as person:
        await person.writes("hi")
        while not model.asked:
            await asyncio.sleep(0.1)
        await asyncio.sleep(0)
        await person.survives_a_crash()
        await person.rests()
        assert person.heard == ["Hello!"]
        assert len(model.asked) == 1


@in_virtual_time
async def test_a_picture_reaches_a_model_that_takes_it() -> None:
    model = Looking("A lamp.")
    async with conversation(agent(model)) as person:
        await person.sends(PNG, "image/png", caption="What is this?")
        assert model.files == [PNG]
        assert model.heard == ["What is this?"]


@in_virtual_time
async def test_a_picture_is_told_to_others_in_words() -> None:
    model = scripted("I cannot see it.")
    async with conversation(agent(model)) as person:
        await person.sends(PNG, "image/png", caption="What is this?")
        assert model.heard[-1] == "[image] What is this?"


@in_virtual_time
async def test_a_refused_file_is_told_in_words() -> None:
    model = Looking("I could not open it.")
    async with conversation(agent(model)) as person:
        await person.sends(b"MZ\x90\x00 no picture", "image/png")
        assert person.heard == ["I could not open it."]
        assert "[the file could not be opened: " in model.heard[-1]


@in_virtual_time
async def test_what_a_message_answers_is_told() -> None:
    model = scripted("Monday or Tuesday?", "Good.")
    async with conversation(agent(model)) as person:
        await person.says("When?")
        await person.does(replace(event("text", "this one", at=1_800_000_100.0), reply_to="wamid.out.1"))
        await person.rests()
        assert model.heard[-1] == "(about your words: “Monday or Tuesday?”)\nthis one"


@in_virtual_time
async def test_our_own_words_come_back_and_the_answer_waits_and_then_a_person() -> None:
    long = "Thank you for your message! I would be glad to help you with that, please tell me more."
    async with conversation(agent(scripted(long))) as person:
        await person.says("hi")
        began = asyncio.get_running_loop().time()
        await person.says(long)
        assert asyncio.get_running_loop().time() - began > 20
        assert "slowed down: our own words come back (once)" in await trace(person)
        await person.says(long)
        assert len(person.heard) == 2
        assert await person.is_answered_by(Mode.HUMAN)


@in_virtual_time
async def test_the_guard_can_be_switched_off() -> None:
    long = "Thank you for your message! I would be glad to help you with that, please tell me more."
    async with conversation(agent(scripted(long), loop_guard=False)) as person:
        for _ in range(4):
            await person.says(long)
        assert len(person.heard) == 4


@in_virtual_time
async def test_nothing_is_asked_where_nothing_is_said() -> None:
    model = scripted("?")
    async with conversation(agent(model)) as person:
        await person.does(event("location", None, at=1_800_000_000.0))
        await person.rests()
        assert model.heard[-1] == "[location]"


def test_what_is_kept_of_a_question_can_be_read_again() -> None:
    prepared = Prepared(ChatRequest("Help.", (Said("user", "hi"),)), 3, ("a",), None, 5.0)
    assert msgspec.json.decode(msgspec.json.encode(prepared), type=Prepared) == prepared
