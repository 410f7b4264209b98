"""The cap of a day holds over all workers; what is over it waits, is shown with its time, and is never given up."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from msgspec.structs import replace as changed

from tests.contracts.conftest import OpenWorld
from tests.contracts.test_pacing import calls_of_two, commit_all, marked, turns_of
from tests.contracts.world import World
from turnkeeper.model.outbound import NotSent, Rejected, Unknown
from turnkeeper.model.policy import Channel
from turnkeeper.testing.events import SENDS, TURNS, channel, event, text

DAY = 86_400.0


def phone(cap: int | None = 3, pause: float = 0.0, lasts: float = 3_600.0) -> Channel:
    sends = replace(SENDS, daily_cap=cap, human_pause=pause, on_unknown="never_resend")
    return channel(sends=sends, turns=replace(TURNS, reply_expires=lasts))


async def details(w: World, of: str) -> list[tuple[str, str | None]]:
    key = (await w.conversation(of)).key
    return [(m.kind, m.detail) for m in await w.store.moments(key, 10) if m.kind in ("delayed", "expired", "accepted")]


async def test_what_is_over_the_cap_waits_for_the_next_day_and_is_not_given_up(world: OpenWorld) -> None:
    """Answers last for an hour here: the wait for room does not count."""
    async with world(phone()) as w:
        began = w.now
        dispatches = await commit_all(w, await turns_of(w, 4), "one", "two")
        for dispatch in dispatches:
            await w.deliver(dispatch)
        assert len(w.sent) == 3
        told = [kind for n in range(4) for kind in await details(w, f"{n:03d}")]
        delayed = [detail for kind, detail in told if kind == "delayed"]
        assert delayed
        assert all(d is not None and d.startswith("daily cap of 3 reached: goes at 2027-01-16 08:15") for d in delayed)
        await w.until_idle()
        assert sorted(w.sent) == ["one"] * 4 + ["two"] * 4
        for at in w.calls:
            assert sum(at <= other <= at + DAY for other in w.calls) <= 3
        assert w.now - began < 2 * DAY + 3_000
        assert await w.states() == {"answered": 4}


async def test_the_order_within_a_conversation_holds(world: OpenWorld) -> None:
    async with world(phone(1)) as w:
        await w.hear("hi")
        await w.deliver(await w.commit(await w.turn(), "one", "two", "three"))
        await w.until_idle()
        assert w.sent == ["one", "two", "three"]
        assert [round((at - w.calls[0]) / DAY) for at in w.calls] == [0, 1, 2]


async def test_what_joins_a_row_that_waits_lives_as_long(world: OpenWorld) -> None:
    async with world(phone(1, lasts=600.0)) as w:
        await w.hear("hi")
        await w.answer("one")
        await w.hear("again")
        await w.deliver(await w.commit(await w.turn(), "two"))
        w.now += 60
        await w.hear(changed(event("operator", "by the way"), details={"takes_over": False}))
        await w.until_idle()
        assert w.sent == ["one", "two", "by the way"]
        assert await w.states() == {"answered": 2, "person": 1}


async def test_a_person_who_takes_over_waits_for_room_too(world: OpenWorld) -> None:
    async with world(phone(1, lasts=600.0)) as w:
        await w.hear("hi")
        await w.answer("one")
        await w.hear("again")
        await w.deliver(await w.commit(await w.turn(), "two"))
        await w.hear(event("operator", "I am coming"))
        await w.until_idle()
        assert w.sent == ["one", "I am coming"]
        assert await w.states() == {"answered": 1, "person": 2}


async def test_two_workers_share_the_day(two_stores: Any) -> None:
    async with two_stores(phone(10, pause=2.0)) as (w, other):
        calls = sorted(await calls_of_two(w, other, 40))
        assert all(later - at >= 1.0 - 1e-3 for at, later in pairwise(calls))
        for at in calls:
            assert sum(at <= later <= at + DAY for later in calls) <= 10
        assert calls[-1] - calls[0] < 3 * DAY + 4_000


async def test_pauses_differ_and_are_a_persons(world: OpenWorld) -> None:
    async with world(phone(None, pause=2.0)) as w:
        for dispatch in await commit_all(w, await turns_of(w, 12), "one"):
            await w.deliver(dispatch)
        await w.until_idle()
        times = sorted(w.calls)
        pauses = [later - at for at, later in pairwise(times)]
        assert all(0.8 < pause < 3.2 for pause in pauses)
        assert len({round(pause, 2) for pause in pauses}) > 6


@pytest.mark.parametrize("outcome", [NotSent("no connection"), Rejected("131026", "not on WhatsApp")])
async def test_what_never_left_is_not_counted(world: OpenWorld, outcome: NotSent | Rejected) -> None:
    async with world(phone(2)) as w:
        await w.hear("hi")
        await w.answer("one")
        for n in range(6):
            await w.hear(text("hi", of=f"{n}"))
            send = (await w.commit(await w.turn(), "one")).send
            assert send is not None
            await w.record(send, outcome)
            await w.record(send, outcome)  # its answer was lost
            await w.store.set_mode(send.run.key, "human", w.now)
            w.now += 1
        await w.hear("hi")
        await w.answer("two")
        assert w.sent == ["one", "two"]
        await w.hear("hi")
        assert (await w.commit(await w.turn(), "three")).send is None


async def test_what_may_have_left_is_counted(world: OpenWorld) -> None:
    async with world(phone(1)) as w:
        await w.hear("hi")
        send = (await w.commit(await w.turn(), "one")).send
        assert send is not None
        await w.record(send, Unknown("no answer"))
        await w.hear("again")
        assert (await w.commit(await w.turn(), "two")).send is None


async def test_a_refused_number_and_a_person_are_slowed_and_stopped_as_ever(world: OpenWorld) -> None:
    async with world(phone(3, pause=2.0)) as w:
        under_way = marked(await commit_all(w, await turns_of(w, 3), "one"))
        began = w.now
        await w.record(under_way[0], NotSent("too fast", 60.0, None, "number", "429"))
        await w.mode("human", of="002")
        await w.until_idle()
        assert len(w.sent) == 2
        assert min(w.calls) >= began + 60
        assert await w.states() == {"answered": 2, "person": 1}


async def test_what_was_sent_before_there_was_a_cap_is_not_counted(world: OpenWorld) -> None:
    async with world(phone(None, pause=2.0)) as w:
        for n in range(4):
            await w.hear("hi")
            await w.answer(f"{n}")
        w.directory.put(phone(2))
        for n in range(4, 6):
            await w.hear("hi")
            await w.answer(f"{n}")
        assert len(w.sent) == 6
        await w.hear("hi")
        assert (await w.commit(await w.turn(), "6")).send is None
