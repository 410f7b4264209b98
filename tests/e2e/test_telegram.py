"""Conversations on Telegram through real processes, by webhook and by long polling; and what is killed meanwhile."""

import os
import signal
import time
from collections.abc import Iterator

import pytest

from tests.e2e.desk import Desk, open_desk, rows, told
from tests.e2e.real_server import Server, serving
from tests.e2e.scenarios import Stage, scenario
from tests.e2e.town import until
from tests.media import samples
from turnkeeper.testing.fake_telegram import Call, flood, hold, refuse

BOT = """
import asyncio
from pathlib import Path
from turnkeeper import Bot, Buttons, Image, Turn
bot = Bot("assistant")
PICTURE = Path(__file__).with_name("picture.jpg")
@bot.stage("only", first=True)
async def only(turn: Turn) -> None:
    if turn.choice:
        await asyncio.sleep(0.7)
        await turn.reply(f"chosen: {turn.choice.id}")
    elif turn.text == "long":
        await turn.reply("# Title\\n\\n" + "\\n\\n".join(f"**{n}** " + "<word> & " * 90 for n in range(12)))
    elif turn.text == "which":
        await turn.reply(Buttons("Which *day*?", {"mo": "Monday", "a" * 70: "Tuesday"}))
    elif turn.text == "two":
        await turn.reply("one")
        await turn.reply("two")
    elif turn.text == "picture":
        await turn.reply(Image(await turn.attach(PICTURE), caption="a **picture**"))
    elif any(event.media for event in turn.events):
        kinds = [event.kind for event in turn.events]
        files = [await turn.file(event.media) for event in turn.events]
        await turn.reply(f"{kinds} {[file.size for file in files]} {files[0].mime} {turn.text}")
    else:
        await turn.reply("told: " + turn.text.replace("\\n", " | "))
"""
JPEG = samples.jpeg() + b"pixels" * 1000
Shop = tuple[Server, Desk]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A desk that is told by webhook."""
    folder = tmp_path_factory.mktemp("desk")
    with open_desk() as desk:
        desk.configure(folder, bot=BOT)
        (folder / "picture.jpg").write_bytes(JPEG)
        with serving(folder) as server:
            desk.hook(server)
            desk.fake.behaviour.duplicate = 2
            yield server, desk


def converse(desk: Desk, name: str) -> None:
    """A burst, a question with buttons, a press, an edit before the answer."""
    ada = desk.person(name)
    desk.write(name, f"{name} 1", f"{name} 2")
    (answer,) = desk.answers(name, 1)
    assert answer.text == f"told: {name} 1 | {name} 2"
    (typing,) = ada.typings
    assert (typing.action, typing.by_reply) == ("typing", True)
    desk.write(name, "which")
    question = desk.answers(name, 2)[1]
    assert (question.text, question.labels) == ("Which day?", ["Monday", "Tuesday"])
    assert question.entities == [{"type": "italic", "offset": 6, "length": 3}]
    press = desk.running.call(ada.press(question, "Tuesday"))
    assert desk.answers(name, 3)[2].text == "chosen: " + "a" * 70
    assert press.answered_at is not None
    assert press.answered_at - press.at < 0.6 < desk.answers(name, 3)[2].at - press.at
    (typo,) = desk.write(name, "helo")
    desk.running.call(ada.edit(typo, "hello"))
    assert desk.answers(name, 4)[3].text == "told: hello"


def test_a_conversation_by_webhook(shop: Shop) -> None:
    _, desk = shop
    converse(desk, "ada")


def test_a_long_answer_comes_in_parts_that_telegram_takes(shop: Shop) -> None:
    _, desk = shop
    desk.write("bob", "long")
    desk.wait(lambda: "11 <word>" in "".join(desk.person("bob").texts))
    parts = desk.person("bob").received
    assert len(parts) > 1
    assert all({"type": "bold"}.items() <= part.entities[0].items() for part in parts)
    told = "\n\n".join(part.text for part in parts)
    assert [told.index(f"{number} <word> &") for number in range(12)] == sorted(
        told.index(f"{number} <word> &") for number in range(12)
    )
    assert not [call for call in desk.fake.calls if call.status == 400]


def test_an_album_is_one_turn_and_its_files_are_fetched(shop: Shop) -> None:
    _, desk = shop
    cy = desk.person("cy")
    desk.running.call(cy.album([("photo", JPEG), ("photo", JPEG + b"2")], caption="both"))
    (answer,) = desk.answers("cy", 1)
    assert answer.text == f"['image', 'image'] [{len(JPEG)}, {len(JPEG) + 1}] image/jpeg both"
    assert [file.downloads for file in desk.fake.files.all[-2:]] == [1, 1]


def test_a_voice_note_in_and_a_picture_out_that_goes_up_once(shop: Shop) -> None:
    _, desk = shop
    dan = desk.person("dan")
    desk.running.call(dan.send("voice", samples.OGG))
    assert desk.answers("dan", 1)[0].text.startswith(f"['voice'] [{len(samples.OGG)}] audio/ogg")
    before = len(desk.fake.files.uploads)
    for count in (2, 3):
        desk.write("dan", "picture")
        picture = desk.answers("dan", count)[-1]
        assert (picture.kind, picture.text, picture.entities[0]["type"]) == ("photo", "a picture", "bold")
        assert picture.file is not None
        assert picture.file.data == JPEG
    assert [upload.sends for upload in desk.fake.files.uploads[before:]] == [1]


def sends_to(desk: Desk, name: str) -> list[Call]:
    """The tries to send a text to somebody."""
    chat_id = desk.person(name).who.id
    return desk.running.now(
        lambda: [call for call in desk.fake.called("sendMessage") if call.given["chat_id"] == chat_id]
    )


def test_a_wait_that_telegram_asks_for_is_kept_and_the_order_too(shop: Shop) -> None:
    _, desk = shop
    desk.running.now(lambda: desk.fake.fail_next(flood(1)))
    (asked,) = desk.write("eve", "two")
    answers = desk.answers("eve", 2)
    assert [answer.text for answer in answers] == ["one", "two"]
    tries = sends_to(desk, "eve")
    assert [call.status for call in tries] == [429, 200, 200]
    assert tries[1].at - tries[0].at >= 1.0
    assert asked.at < tries[0].at


def test_who_blocks_the_bot_gets_no_more_and_who_comes_back_does(shop: Shop) -> None:
    server, desk = shop
    fay = desk.person("fay")
    desk.running.now(lambda: desk.fake.fail_next(flood(1)))
    desk.write("fay", "two")
    until(lambda: len(sends_to(desk, "fay")) == 1, "tried")
    desk.running.call(fay.block())
    server.settled()
    assert fay.texts == []
    assert [call.status for call in sends_to(desk, "fay")][1:] in ([], [403]), "the second part is not tried"
    desk.running.call(fay.unblock())
    desk.write("fay", "back again")
    assert desk.answers("fay", 1)[0].text == "told: back again"


def test_an_answer_that_was_lost_is_sent_again_once(shop: Shop) -> None:
    _, desk = shop
    for fault in (hold(taken=False), refuse(500, "Internal Server Error")):
        desk.running.now(lambda fault=fault: desk.fake.fail_next(fault))  # type: ignore[misc]
    for name in ("gil", "hal"):
        desk.write(name, f"to {name}")
    for name in ("gil", "hal"):
        desk.answers(name, 1)
    assert [desk.person(name).texts for name in ("gil", "hal")] == [["told: to gil"], ["told: to hal"]]
    assert sorted(len(sends_to(desk, name)) for name in ("gil", "hal")) == [2, 2]


def test_a_group_is_left_alone(shop: Shop) -> None:
    server, desk = shop
    before = server.settled()["states"]["ignored"]
    group = desk.running.call(desk.fake.group())
    desk.running.call(desk.person("ada").write("/help@shop_bot", into=group))
    desk.running.call(desk.fake.drained())
    assert server.settled()["states"]["ignored"] == before + 1
    assert group.texts == []


def test_the_token_is_in_no_log_and_in_no_row(shop: Shop) -> None:
    server, desk = shop
    assert desk.fake.token not in server.log()
    assert b"AAfake-token" not in b"".join(path.read_bytes() for path in server.folder.glob("data.db*"))


def crowd(desk: Desk, wave: str, count: int = 12) -> None:
    """Many people who write at once."""
    for number in range(count):
        desk.write(f"person {number % 12}", f"{wave} {number}")


def answered(desk: Desk, wave: str) -> list[str]:
    """Which of a wave are answered."""
    return [text for person in desk.people.values() for text in told(person) if text.startswith(f"{wave} ")]


@scenario
def test_polling_that_is_killed_wherever_it_hurts(stage: Stage) -> None:
    """The poller, the worker, then the whole machine: nothing twice, nothing lost."""
    with open_desk() as desk:
        desk.configure(stage.folder, bot=BOT, updates="polling", quiet=0.1)
        with serving(stage.folder) as server:
            for role in ("poller", "worker-1"):
                crowd(desk, role)
                desk.wait(lambda role=role: any(answered(desk, role)))  # type: ignore[misc]
                os.kill(server.child(role), signal.SIGKILL)
                crowd(desk, f"without {role}")
            desk.wait(lambda: any(answered(desk, "without worker-1")))
            server.kill()
        crowd(desk, "while nobody listens")
        with serving(stage.folder) as server:
            desk.judge(server, 60, resent=lambda: rows(stage.folder, tries=2))
            converse(desk, "ada")
        assert desk.fake.updates.conflicts <= 1, "only a process that is dead had asked before"


@scenario
def test_two_machines_poll_only_once(stage: Stage) -> str:
    """One stands by; it goes on when the other is killed, and when that one leaves."""
    with open_desk() as desk, stage.database() as database:
        for name in ("one", "two"):
            desk.configure(stage.folder / name, updates="polling", database=database, quiet=0.1)
        with serving(stage.folder / "one", "--role", "worker") as one:
            crowd(desk, "one")
            desk.until_answered()
            with serving(stage.folder / "two", "--role", "worker") as two:
                crowd(desk, "two")
                desk.until_answered()
                assert desk.fake.updates.conflicts == 0
                two.settled()
                began = time.monotonic()
                one.kill()
                crowd(desk, "three")
                desk.until_answered()
                took = time.monotonic() - began
                desk.judge(two, 36)
        assert desk.fake.updates.conflicts <= 1
    return f"polled by the other machine and answered {took:.1f} s after the kill -9"
