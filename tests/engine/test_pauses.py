"""A send that pauses before it delivers: what happens meanwhile counts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.engine.bots import Scripted
from tests.engine.rig import SENDS, Shop, shop
from turnkeeper.channels.base import Calls, HttpCall, HttpReply, Pause
from turnkeeper.channels.whatsapp_cloud import WhatsAppCloud
from turnkeeper.engine.answer import Work
from turnkeeper.engine.calling import unless
from turnkeeper.model.outbound import Accepted, NotSent, Outbound, Outcome
from turnkeeper.testing.conversation import in_virtual_time

AT = 4.0
"""When the first send begins: the bot's quiet is over."""


class Typist(WhatsAppCloud):
    """Types before each message."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def send(self, outbound: Outbound, config: Any) -> Calls[Outcome]:
        yield Pause(self.seconds)
        return (yield from super().send(outbound, config))


async def hello(_: Work) -> str:
    return "hello"


@asynccontextmanager
async def typist(seconds: float = 6.0) -> AsyncIterator[Shop]:
    async with shop(Scripted(hello), sends=SENDS, adapter=Typist(seconds)) as place:
        await place.hear("hi")
        yield place


@in_virtual_time
async def test_a_message_leaves_after_its_pause() -> None:
    async with typist() as place:
        await asyncio.sleep(AT + 5.0)
        assert place.texts == []
        await place.rests()
        assert place.texts == ["hello"]
        assert await place.states() == {"answered": 1}


@in_virtual_time
async def test_a_person_who_takes_over_while_it_is_typed_is_not_spoken_over() -> None:
    async with typist() as place:
        await asyncio.sleep(AT + 2.0)
        await place.mode("human")
        await place.rests()
        assert place.texts == []
        assert await place.states() == {"person": 1}


@in_virtual_time
async def test_a_worker_that_is_stopped_meanwhile_leaves_it_to_the_next() -> None:
    async with typist() as place:
        await asyncio.sleep(AT + 2.0)
        await place.workers["w1"].drain(0.1)
        place.kill()
        await place.work("w2")
        await place.rests()
        assert place.texts == ["hello"]
        assert await place.states() == {"answered": 1}


@in_virtual_time
async def test_whoever_comes_out_of_a_pause_too_late_sends_nothing() -> None:
    """A machine that stood still: others may have sent the row by now."""
    async with typist(SENDS.send_limit + 5.0) as place:
        await asyncio.sleep(AT + SENDS.send_limit + 6.0)
        assert place.texts == []


def steps(over: NotSent | None) -> tuple[list[object], object]:
    def sending() -> Calls[object]:
        yield HttpCall("GET", "one")
        yield Pause(1.0)
        yield HttpCall("GET", "two")
        return Accepted("x")

    calls, made = unless(sending(), lambda: over), []
    try:
        step = next(calls)
        while True:
            made.append(getattr(step, "url", "pause"))
            step = calls.send(HttpReply())
    except StopIteration as done:
        return made, done.value


def test_only_a_pause_gives_up() -> None:
    late = NotSent("late")
    assert steps(None) == (["one", "pause", "two"], Accepted("x"))
    assert steps(late) == (["one", "pause"], late)
