"""Conversations as people have them, on one server: bursts, typing, ticks, and what goes wrong in one only."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.real_server import Server, configure, connect, provider, serving
from tests.e2e.town import Town, rows
from turnkeeper.testing.fake_graph import fail_later
from turnkeeper.text.rendering import render

LONG = (Path(__file__).parents[1] / "text" / "bilingual.md").read_text("utf-8")
BOT = """
from pathlib import Path
from turnkeeper import Bot, Turn
LONG = Path(__file__).with_name("long.md").read_text("utf-8")
bot = Bot("assistant")
@bot.stage("only", first=True)
async def only(turn: Turn) -> None:
    if turn.text == "raise":
        raise RuntimeError("as told")
    if turn.text == "all of it":
        return await turn.reply(LONG)
    import asyncio
    await asyncio.sleep(0.2)
    await turn.reply("told: " + turn.text.replace("\\n", " | "))
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Town]]:
    folder = tmp_path_factory.mktemp("shop")
    with provider() as running:
        running.graph.behaviour.duplicate = 3
        configure(folder, running, bot=BOT)
        (folder / "long.md").write_text(LONG, "utf-8")
        with serving(folder) as server:
            connect(running, server)
            yield server, Town(running)


def test_a_burst_gets_one_answer_after_typing_and_its_ticks_turn(shop: tuple[Server, Town]) -> None:
    server, town = shop
    town.write("ada", "one", "two", "three")
    ada = town.person("ada")
    town.wait(lambda: bool(ada.received) and ada.received[0].ticks == "read")
    (answer,) = ada.received
    assert answer.text == "told: one | two | three"
    (typing,) = ada.typings
    assert typing.by_reply
    assert ada.written[-1].at < typing.started_at < answer.at
    assert all(message.read_at is not None and message.read_at < answer.at for message in ada.written)
    town.wait(lambda: rows(server.folder, "read") == 1)


def test_a_long_answer_in_two_languages_arrives_as_clean_parts_in_order(shop: tuple[Server, Town]) -> None:
    _, town = shop
    town.write("ali", "all of it")
    ali = town.person("ali")
    town.wait(lambda: len(ali.received) == 4 and all(part.ticks == "read" for part in ali.received))
    assert len(LONG) >= 12_000
    assert ali.texts == render(LONG, "whatsapp", 4096)
    assert all(len(part) <= 4096 for part in ali.texts)


def test_the_closed_window_and_a_late_failure_cost_one_answer_each(shop: tuple[Server, Town]) -> None:
    server, town = shop
    before = server.settled()["states"]
    town.graph.behaviour.window = 0.0
    town.write("bob", "too late")
    town.wait(lambda: any(call.code == 131047 for call in town.graph.calls))
    town.graph.behaviour.window = 86_400.0
    town.fail_next(fail_later(131026))
    town.write("cy", "not deliverable")
    town.wait(lambda: rows(server.folder, "failed") == 2)
    town.write("bob", "again")
    town.write("cy", "again")
    town.wait(lambda: [town.person(name).texts for name in ("bob", "cy")] == [["told: again"]] * 2)
    states = server.settled()["states"]
    assert (states["failed"] - before["failed"], states["answered"] - before["answered"]) == (2, 2)


def test_a_bot_that_raises_says_sorry_and_goes_on(shop: tuple[Server, Town]) -> None:
    server, town = shop
    before = server.settled()["states"]["failed"]
    town.write("dan", "raise")
    town.wait(lambda: town.person("dan").texts == ["Something went wrong, please try again."])
    town.write("dan", "hello")
    town.wait(lambda: town.person("dan").texts[1:] == ["told: hello"])
    assert server.settled()["states"]["failed"] - before == 1
    assert server.log().count("turn raised") == 3


def test_a_person_without_a_phone_number_is_answered(shop: tuple[Server, Town]) -> None:
    _, town = shop
    eve = town.people["eve"] = town.running.call(town.graph.person(None, user_id="US.4242", name="Eve"))
    town.write("eve", "nobody knows my number")
    town.wait(lambda: eve.texts == ["told: nobody knows my number"])


def test_batches_that_come_shuffled_and_three_times(shop: tuple[Server, Town]) -> None:
    server, town = shop
    crowd = Town(town.running)
    crowd.people = {f"crowd {number}": town.person(f"crowd {number}") for number in range(20)}
    behaviour = town.graph.behaviour
    behaviour.batch, behaviour.reorder = 9, True
    before = server.settled()
    for number in range(60):
        crowd.write(f"crowd {number % 20}", f"crowd {number}")
    crowd.until_answered()
    after = server.settled()
    assert after["accepted"] - before["accepted"] == 60
    assert after["states"]["answered"] - before["states"]["answered"] == 60
    assert after["duplicates"] > before["duplicates"]
    assert sum(len(person.texts) for person in crowd.people.values()) < 60, "a burst is answered together"
