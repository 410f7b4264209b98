"""Sends of unknown fate and a store that was away: the echo may lag as long as the outage lasted."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.engine.bots import Scripted, said
from tests.engine.rig import Shop, now, shop
from turnkeeper.channels.base import HttpReply
from turnkeeper.engine.answer import Work
from turnkeeper.engine.spooling import Spooling
from turnkeeper.model.errors import StoreUnavailable
from turnkeeper.model.ids import DEFAULT_WORKSPACE
from turnkeeper.store.base import Intake, Report, Taken
from turnkeeper.store.sqlite.spool import SqliteSpool
from turnkeeper.testing.conversation import in_virtual_time
from turnkeeper.testing.events import Channels, status

CALLED_AT = 4.0
"""When the send begins: the bot's quiet is over."""


async def echo(work: Work) -> str:
    return f"answer to {said(work)}"


class Gate:
    """The way to a store; nobody gets through while it is `away`."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self.away = False

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._store, name)
        if name not in ("take", "claim", "record", "commit", "beat", "next_due", "register", "fire_timers"):
            return real

        async def call(*args: Any, **named: Any) -> Any:
            if self.away:
                raise StoreUnavailable("away")
            return await real(*args, **named)

        return call


@asynccontextmanager
async def behind_a_gate(folder: Path) -> AsyncIterator[tuple[Shop, Gate, Spooling]]:
    """A shop whose worker and web process both go through one gate."""
    async with shop(Scripted(echo)) as place:
        gate = Gate(place.store)
        place.store = gate  # type: ignore[assignment]
        spool = SqliteSpool(folder / "spool", inline=True)
        spooling = Spooling(gate, spool, Channels(place.channel), DEFAULT_WORKSPACE)

        def taken(taken: Taken) -> None:
            place.publish(taken.wakes)

        await spooling.open()
        spooling.drain(taken)
        yield place, gate, spooling
        await spooling.close()


class LostAnswer:
    """The provider takes a message; its answer is lost `after` seconds."""

    def __init__(self, place: Shop, after: float) -> None:
        self._place = place
        self._after = after
        self.tracker = ""

    async def __call__(self, call: Any) -> HttpReply:
        self.tracker = call.json["biz_opaque_callback_data"]
        self._place.takes(call.json, "w1")
        await asyncio.sleep(self._after)
        return HttpReply(failure="no_answer")


def sent(place: Shop, answer: LostAnswer) -> Intake:
    """The echo: a status that names our own id."""
    return Intake(reports=[Report(place.channel, status("sent", tracker=answer.tracker), place.clock.now())])


async def until(at: float) -> None:
    await asyncio.sleep(max(0.0, at - now()))


# The outage begins so many seconds after the call and lasts so many; the answer is lost after so many.
MOMENTS = [
    ("while the provider thinks", 1.0, 180.0, 10.0, "w1"),
    ("while the echo is waited for", 5.0, 180.0, 1.0, "w1"),
    ("and is over just before the wait is", 2.0, 29.0, 1.9, "w1"),
    ("and the worker is killed meanwhile", 5.0, 180.0, 1.0, "w2"),
    ("which was still calling", 5.0, 180.0, 15.0, "w2"),
]


@pytest.mark.parametrize("echo_after", [None, 0.0, 0.6], ids=["no echo", "in the spool", "late"])
@pytest.mark.parametrize("label, begins, lasts, lost, worker", MOMENTS, ids=[row[0] for row in MOMENTS])
@in_virtual_time
async def test_case_03_an_echo_that_lags_spares_a_second_send(
    tmp_path: Path, label: str, begins: float, lasts: float, lost: float, worker: str, echo_after: float | None
) -> None:
    """`echo_after`: from the outage's end to the echo, in outages; 0: it waits in the spool; None: none comes."""
    async with behind_a_gate(tmp_path) as (place, gate, spooling):
        answer = LostAnswer(place, lost)
        place.on_send = [answer]
        await place.hear("hi")
        await until(CALLED_AT + begins)
        gate.away = True
        if echo_after == 0.0:
            await until(CALLED_AT + begins + 20)
            assert await spooling.take(sent(place, answer)) == Taken(0, 0, [])
        if worker != "w1":
            place.kill("w1")
        await until(CALLED_AT + begins + lasts)
        gate.away = False
        back_at = now()
        if worker != "w1":
            await place.work(worker)
        if echo_after:
            await asyncio.sleep(echo_after * lasts)
            await spooling.take(sent(place, answer))
        await place.rests(2000.0)
        if echo_after is None:
            _, second = place.told
            assert second.at >= back_at + lasts, "the wait lasts as long as the outage"
            assert second.at < back_at + 2 * lasts + 60
        else:
            assert place.called == ["answer to hi"], "sent twice"
        assert await place.states() == {"answered": 1}


@in_virtual_time
async def test_the_wait_begins_when_the_store_is_back_whoever_sends_next(tmp_path: Path) -> None:
    """The worker that lived through the outage records what it saw, and ends; the next one knows of nothing."""
    async with behind_a_gate(tmp_path) as (place, gate, spooling):
        answer = LostAnswer(place, 170.0)
        place.on_send = [answer]
        await place.hear("hi")
        await until(CALLED_AT + 1.0)
        gate.away = True
        await until(CALLED_AT + 181.0)
        gate.away = False
        await asyncio.sleep(10)
        await place.workers.pop("w1").drain(1.0)
        await place.work("w2")
        await asyncio.sleep(160)
        await spooling.take(sent(place, answer))
        await place.rests()
        assert place.called == ["answer to hi"], "sent twice"


@in_virtual_time
async def test_a_store_that_is_slow_for_a_moment_is_no_outage(tmp_path: Path) -> None:
    async with behind_a_gate(tmp_path) as (place, gate, _):
        place.on_send = [LostAnswer(place, 1.0)]
        await place.hear("hi")
        await until(CALLED_AT + 31.0)
        gate.away = True
        await asyncio.sleep(1.5)
        gate.away = False
        await place.rests()
        assert [told.at for told in place.told] == [pytest.approx(CALLED_AT, abs=1), pytest.approx(37.5, abs=2)]
