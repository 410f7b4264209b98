"""Pace as the provider sees it: calls apart, nothing burnt when it refuses, a dead token told once."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
import structlog

from tests.engine.bots import Scripted, said
from tests.engine.rig import ADA, SENDS, Shop, now, shop
from turnkeeper.channels.base import HttpCall, HttpReply
from turnkeeper.engine.answer import Answer, Work
from turnkeeper.model.policy import TurnPolicy
from turnkeeper.rules.pacing import GRACE
from turnkeeper.testing.conversation import in_virtual_time

QUICK = TurnPolicy(quiet=0.0, max_wait=0.0, adaptive=False, rate_limit=None)
TEN = replace(SENDS, per_second=10.0)
STEP = 1.02 / 10


async def two_parts(work: Work) -> Answer:
    return Answer([f"{said(work)} 1", f"{said(work)} 2"], {}, None)


BOT = Scripted(two_parts)


class Counter:
    """Notes when each send is asked for; `how` answers it."""

    def __init__(self, place: Shop, how: Callable[[float], HttpReply | None], takes: float = 0.1) -> None:
        self.calls: list[float] = []
        self._place = place
        self._how = how
        self._takes = takes
        place.on_send = [self._answer] * 1000

    async def _answer(self, call: HttpCall) -> HttpReply:
        self.calls.append(now())
        found = self._how(now())
        await asyncio.sleep(self._takes)
        return found or self._place.takes(call.json, "w")


def error(code: int) -> HttpReply:
    return HttpReply(401 if code == 190 else 400, b'{"error":{"code":%d,"message":"no"}}' % code)


async def everybody(place: Shop, people: int) -> list[str]:
    phones = [f"1555{number:07}" for number in range(people)]
    for number, phone in enumerate(phones):
        await place.hear(f"m{number}", of=phone)
    return phones


async def all_rest(place: Shop, phones: list[str], limit: float = 900.0) -> None:
    for phone in phones:
        await place.rests(limit, of=phone)


def spaced(calls: list[float]) -> bool:
    """No two closer than their instants are, but for what a call may miss its own by."""
    return all(calls[at + 5] - calls[at] > 5 * STEP - GRACE for at in range(len(calls) - 5))


def in_order(place: Shop, people: int) -> bool:
    return all(
        [text for text in place.texts if text.startswith(f"m{number} ")] == [f"m{number} 1", f"m{number} 2"]
        for number in range(people)
    )


@in_virtual_time
async def test_a_crowd_is_answered_at_the_numbers_pace_by_two_workers() -> None:
    async with shop(BOT, QUICK, TEN, workers=2) as place:
        provider = Counter(place, lambda _: None)
        phones = await everybody(place, 40)
        began = now()
        await all_rest(place, phones)
        assert len(provider.calls) == 80
        assert spaced(provider.calls)
        assert all(later - at > STEP - 0.005 for at, later in pairwise(provider.calls))
        assert provider.calls[-1] - began == pytest.approx(79 * STEP, abs=0.5)
        assert in_order(place, 40)


@in_virtual_time
async def test_a_number_that_is_refused_burns_no_tries() -> None:
    """For two minutes the provider takes nothing: only what is under way learns it, once in each wait."""
    async with shop(BOT, QUICK, TEN, workers=2) as place:
        provider = Counter(place, lambda at: error(130429) if at < 120 else None, takes=0.3)
        phones = await everybody(place, 40)
        await asyncio.sleep(119)
        refused = len(provider.calls)
        assert refused <= 6 * 6  # waits of 5, 10, 20, 40, 80 s; in 0.3 s four calls begin, and two are marked elsewhere
        assert await place.states() == {"running": 40}
        await all_rest(place, phones)
        assert len(provider.calls) - refused == 80
        assert spaced(provider.calls[refused:])
        assert in_order(place, 40)
        assert await place.states() == {"answered": 40}


@in_virtual_time
async def test_a_dead_token_stops_all_but_what_is_under_way_and_is_told_once() -> None:
    good = False
    async with shop(BOT, QUICK, TEN, workers=2) as place:
        provider = Counter(place, lambda _: None if good else error(190), takes=0.3)
        with structlog.testing.capture_logs() as logs:
            phones = await everybody(place, 40)
            await asyncio.sleep(300)
        assert len(provider.calls) <= 6
        told = [line for line in logs if line["log_level"] == "error"]
        assert [(line["event"], line["channel"], line["code"]) for line in told] == [("channel stopped", "shop", "190")]
        assert set(told[0]) == {"event", "log_level", "channel", "code", "reason"}
        good = True
        refused = len(provider.calls)
        await place.store.resume_channel(place.channel.workspace_id, place.channel.id, place.clock.now())
        await all_rest(place, phones)
        assert len(provider.calls) - refused == 80
        assert spaced(provider.calls[refused:])
        assert in_order(place, 40)


@pytest.mark.parametrize("code", [190, 130429])
@in_virtual_time
async def test_what_is_marked_and_not_yet_called_learns_of_a_refusal(code: int) -> None:
    async with shop(BOT, QUICK, replace(SENDS, per_second=80.0)) as place:
        provider = Counter(place, lambda _: error(code), takes=0.05)
        await everybody(place, 60)
        await asyncio.sleep(3.0)
        assert 2 <= len(provider.calls) <= 6
        assert provider.calls[-1] <= provider.calls[0] + 0.05


@in_virtual_time
async def test_a_refused_person_waits_alone() -> None:
    async with shop(BOT, QUICK, TEN) as place:
        ada = f"+{ADA}"

        async def only_ada(call: HttpCall) -> HttpReply:
            body: Any = call.json
            return error(131056) if body["to"] == ada and now() < 20 else place.takes(body, "w")

        place.on_send = [only_ada] * 100
        await place.hear("ada", of=ADA)
        phones = await everybody(place, 3)
        await all_rest(place, phones)
        assert now() < 3
        await place.rests()
        assert [told.text for told in place.told[-2:]] == ["ada 1", "ada 2"]
        assert [told.at for told in place.told[-2:]] == pytest.approx([21, 21.1], abs=0.5)  # 1 + 4 + 16 s
        assert place.called.count("ada 1") == 4


async def slow(call: Callable[[], Awaitable[Any]]) -> Any:
    """The store does it at once, and is slow to say so."""
    done = await call()
    await asyncio.sleep(0.6)
    return done


@in_virtual_time
async def test_what_missed_its_instant_is_given_another() -> None:
    async with shop(BOT, QUICK, TEN) as place:
        provider = Counter(place, lambda _: None)
        place.hooks[("w1", "commit")] = [slow] * 8
        phones = await everybody(place, 8)
        await all_rest(place, phones)
        assert len(provider.calls) == 16
        assert spaced(provider.calls)
        assert in_order(place, 8)


@in_virtual_time
async def test_a_worker_that_stops_gives_back_what_waits_for_its_instant() -> None:
    async with shop(BOT, QUICK, TEN) as place:
        provider = Counter(place, lambda _: None)
        phones = await everybody(place, 8)
        while not provider.calls:
            await asyncio.sleep(0.001)
        stopping = asyncio.create_task(place.workers.pop("w1").drain(0.01))
        await place.work("w2")
        await stopping
        await all_rest(place, phones)
        assert len(provider.calls) == 16
        assert all(later - at > STEP - 0.005 for at, later in pairwise(provider.calls))
        assert in_order(place, 8)


@in_virtual_time
async def test_another_workers_queue_is_sent_at_the_full_pace() -> None:
    """Its places are known to no other worker: the safety net finds them, one after the other."""
    async with shop(BOT, QUICK, TEN) as place:
        provider = Counter(place, lambda _: None)
        phones = await everybody(place, 40)
        await asyncio.sleep(1.0)
        place.kill("w1")
        await place.work("w2")
        await asyncio.sleep(5.0)
        assert sum(at > now() - 2.0 for at in provider.calls) >= 15
        await all_rest(place, phones)
        assert len(set(place.texts)) == 80
