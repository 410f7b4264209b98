"""Timers as a bot's author sets, moves and takes them back."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from turnkeeper import Bot, Turn
from turnkeeper.testing.conversation import conversation, in_virtual_time

HOUR = 3600.0
PAGE = (Path(__file__).parents[2] / "docs/timers.md").read_text("utf-8")


def bot_that(stage: Callable[[Turn], Any]) -> Bot:
    bot = Bot("assistant")

    @bot.stage("only", first=True)
    async def only(turn: Turn) -> None:
        for timer in turn.timers:
            await turn.reply(f"{timer.name}: {timer.data}")
        if turn.text:
            stage(turn)

    return bot


@in_virtual_time
async def test_at_an_instant_whoever_writes_meanwhile() -> None:
    def dinner(turn: Turn) -> None:
        if turn.text == "book":
            turn.at(datetime.fromtimestamp(turn.began_at + 5 * HOUR, UTC), "dinner", "at eight")
            turn.at(turn.began_at + 2 * HOUR, "leave")

    async with conversation(bot_that(dinner)) as person:
        await person.says("book")
        await person.waits(HOUR)
        await person.says("thanks")
        assert person.heard == []
        await person.waits(1.1 * HOUR)
        assert person.heard == ["leave: None"]
        await person.waits(3 * HOUR)
        assert person.heard == ["leave: None", "dinner: at eight"]


@pytest.mark.parametrize(
    ("ago", "late", "heard"),
    [(60.0, HOUR, ["dinner: None"]), (2 * HOUR, HOUR, []), (48 * HOUR, None, ["dinner: None"])],
)
@in_virtual_time
async def test_an_instant_that_has_passed_is_one_that_comes_late(
    ago: float, late: float | None, heard: list[str]
) -> None:
    def dinner(turn: Turn) -> None:
        turn.at(turn.began_at - ago, "dinner", late=late)

    async with conversation(bot_that(dinner)) as person:
        await person.says("book")
        await person.waits(10)
        assert person.heard == heard
        assert (await person.ledger()).dropped == ({} if heard else {"too_late": 1})


@in_virtual_time
async def test_cancelled_now_or_by_a_later_turn() -> None:
    def plan(turn: Turn) -> None:
        if turn.text == "book":
            turn.at(turn.began_at + HOUR, "early")
            turn.after(HOUR, "early", follow_up=False)
            turn.cancel("early")
            turn.after(2 * HOUR, "early", "second", follow_up=False)
            turn.after(3 * HOUR, "late", follow_up=False)
        else:
            turn.cancel("late")

    async with conversation(bot_that(plan)) as person:
        await person.says("book")
        await person.says("not so late")
        await person.waits(4 * HOUR)
        assert person.heard == ["early: second"]


@in_virtual_time
async def test_hours_without_a_server_bring_each_once_and_drops_what_is_too_late() -> None:
    def plan(turn: Turn) -> None:
        turn.after(HOUR, "nudge")
        turn.after(HOUR, "soon", late=HOUR)
        turn.at(turn.began_at + 2 * HOUR, "dinner")
        turn.at(turn.began_at + 3 * HOUR, "invoice", late=None)

    async with conversation(bot_that(plan)) as person:
        await person.says("book")
        await person.outlasts_an_outage(20 * HOUR)
        await person.waits(HOUR)
        assert sorted(person.heard) == ["invoice: None", "nudge: None"]
        assert (await person.ledger()).dropped == {"too_late": 2}


@pytest.mark.parametrize(
    ("label", "wrong", "told"),
    [
        ("a naive time", lambda turn: turn.at(datetime(2030, 1, 1), "x"), "no time zone"),  # noqa: DTZ001
        ("ten years away", lambda turn: turn.at(turn.began_at + 3651 * 86_400, "x"), "within"),
        ("never", lambda turn: turn.at(float("inf"), "x"), "within"),
        ("long ago", lambda turn: turn.at(float("-inf"), "x"), "within"),
        ("no time", lambda turn: turn.at(float("nan"), "x"), "within"),
        ("late before", lambda turn: turn.at(turn.began_at, "x", late=-1), "seconds late"),
        ("late, no number", lambda turn: turn.after(1, "x", late=float("nan")), "seconds late"),
    ],
)
@in_virtual_time
async def test_what_no_timer_can_be(label: str, wrong: Callable[[Turn], None], told: str) -> None:
    raised: list[str] = []

    def plan(turn: Turn) -> None:
        with pytest.raises(ValueError, match=told) as caught:
            wrong(turn)
        raised.append(str(caught.value))

    async with conversation(bot_that(plan)) as person:
        await person.says("hi")
        assert raised


@in_virtual_time
async def test_the_page_shows_a_bot_that_works() -> None:
    (block,) = re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    names: dict[str, Any] = {}
    exec(block, names)
    async with conversation(names["bot"]) as person:
        await person.says("book")
        await person.waits(HOUR)
        assert person.heard == ["nudge: anything else?"]
