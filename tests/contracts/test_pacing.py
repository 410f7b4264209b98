"""Pace: no more calls a second than the number may make, whoever makes them; what is refused for all waits for all."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from tests.contracts.conftest import OpenWorld
from tests.contracts.test_sends import BOB, first_send, sending
from tests.contracts.world import W1, W2, World
from turnkeeper.model.outbound import NotSent, Rejected, Unknown
from turnkeeper.model.policy import Channel, RateLimit
from turnkeeper.store.base import ClaimedSend, ClaimedTurn, Dispatch, Store
from turnkeeper.store.runs import Run
from turnkeeper.testing.events import status, text

STEP = 1.02 / 10
"""Between two calls at ten a second."""
TOO_FAST = NotSent("the number sends too fast", 60.0, None, "number", "130429")
PAIR_TOO_FAST = NotSent("too many messages to this person", 16.0, None, "pair", "131056")


def ten_a_second(**more: object) -> Channel:
    return sending(per_second=10.0, **more)


def spaced(calls: list[float], step: float = STEP) -> bool:
    """Whether no two calls are closer to each other."""
    return all(later - at > step - 1e-4 for at, later in zip(sorted(calls), sorted(calls)[1:], strict=False))


async def turns_of(w: World, people: int) -> list[ClaimedTurn]:
    for n in range(people):
        await w.hear(text("hi", of=f"{n:03d}"))
    w.now += 4
    found = [claimed for claimed in await w.claim() if isinstance(claimed, ClaimedTurn)]
    assert len(found) == people
    return found


async def commit_all(w: World, turns: list[ClaimedTurn], *replies: str) -> list[Dispatch]:
    return list(await asyncio.gather(*(w.commit(turn, *replies) for turn in turns)))


def marked(dispatches: list[Dispatch]) -> list[ClaimedSend]:
    return [dispatch.send for dispatch in dispatches if dispatch.send is not None]


async def calls_of_two(w: World, other: Store, people: int) -> list[float]:
    """When two machines between them call, once they have answered everybody at the same instant."""
    turns = await turns_of(w, people)
    dispatches = await asyncio.gather(
        *(w.store.commit(w.ending(turn, "hello")) for turn in turns[::2]),
        *(other.commit(w.ending(turn, "hello")) for turn in turns[1::2]),
    )
    calls = [send.row.call_at or 0.0 for send in marked(dispatches)]
    while (due := await w.store.next_due()) is not None:
        w.now = max(w.now, due)
        found = await asyncio.gather(w.claim(W1, 3), other.claim(W2, 3, w.now, {"assistant": "v1"}))
        calls += [each.row.call_at or 0.0 for batch in found for each in batch if isinstance(each, ClaimedSend)]
    assert len(calls) == people
    return calls


async def test_a_backlog_leaves_one_by_one_and_each_knows_when(world: OpenWorld) -> None:
    async with world(ten_a_second()) as w:
        turns = await turns_of(w, 25)
        began = w.now
        dispatches = await commit_all(w, turns, "one", "two")
        ahead = marked(dispatches)
        assert [send.row.call_at for send in ahead] == pytest.approx([began, began + STEP, began + 2 * STEP], abs=1e-4)
        held = sorted(dispatch.due_at or 0.0 for dispatch in dispatches if dispatch.send is None)
        assert len(held) == 22
        assert held == pytest.approx([began + n * STEP - 0.1 for n in range(3, 25)], abs=1e-4)
        for dispatch in dispatches:
            await w.deliver(dispatch)
        await w.until_idle()
        assert spaced(w.calls)
        assert max(w.calls) - began == pytest.approx(49 * STEP, abs=0.3)
        assert sorted(w.sent) == ["one"] * 25 + ["two"] * 25
        assert await w.states() == {"answered": 25}


async def test_two_machines_share_a_numbers_bucket(two_stores: Any) -> None:
    async with two_stores(ten_a_second()) as (w, other):
        calls = await calls_of_two(w, other, 40)
        assert spaced(calls)
        assert max(calls) - min(calls) == pytest.approx(39 * STEP, abs=0.3)


async def test_an_idle_number_sends_at_once(world: OpenWorld) -> None:
    async with world(ten_a_second()) as w:
        send = await first_send(w, "one")
        assert send.row.call_at == w.now
        await w.deliver(await w.record(send))
        w.now += 5
        await w.hear("again")
        turn = await w.turn()
        assert (await w.commit(turn, "two")).send.row.call_at == w.now  # type: ignore[union-attr]


async def test_a_worker_that_dies_and_a_person_who_takes_over_lose_instants_and_never_win_any(world: OpenWorld) -> None:
    async with world(ten_a_second()) as w:
        turns = await turns_of(w, 12)
        dispatches = await commit_all(w, turns, "one")
        calls = [send.row.call_at or 0.0 for send in marked(dispatches)]
        waiting = [t.run.key for t, dispatch in zip(turns, dispatches, strict=True) if dispatch.send is None]
        for key in waiting[:5]:
            await w.store.set_mode(key, "human", w.now)
        await w.die()  # with three of them marked
        while (due := await w.store.next_due()) is not None and due < w.now + 60:
            w.now = max(w.now, due)
            for claimed in await w.claim(W2):
                assert isinstance(claimed, ClaimedSend)
                calls.append(claimed.row.call_at or 0.0)
                await w.record(claimed)
        assert len(calls) == 3 + 4 + 3  # those of unknown fate a second time
        assert spaced(calls)
        assert await w.states() == {"answered": 7, "person": 5}


async def test_a_stopped_channels_backlog_is_paced_when_it_is_resumed(world: OpenWorld) -> None:
    async with world(ten_a_second()) as w:
        await w.store.pause_channel(w.channel.workspace_id, w.channel.id, "token", w.now)
        await commit_all(w, await turns_of(w, 30), "one")
        w.now += 1000
        await w.store.resume_channel(w.channel.workspace_id, w.channel.id, w.now)
        await w.until_idle()
        assert len(w.calls) == 30
        assert spaced(w.calls)
        assert max(w.calls) - min(w.calls) == pytest.approx(29 * STEP, abs=0.3)


async def test_a_row_that_waits_in_line_expires_like_any_other(world: OpenWorld) -> None:
    slow = sending(per_second=0.01)
    async with world(replace(slow, turns=replace(slow.turns, reply_expires=50.0))) as w:
        dispatches = await commit_all(w, await turns_of(w, 3), "one")
        began = w.now
        for dispatch in dispatches:
            await w.deliver(dispatch)
        await w.until_idle()
        assert w.now == began + 50
        assert w.sent == ["one"]
        assert await w.states() == {"answered": 1, "failed": 2}


class TestRefusedForAll:
    async def test_a_number_that_is_too_fast_is_slowed_for_everybody(self, world: OpenWorld) -> None:
        """Those that are under way are refused too; nobody else is tried before the provider's time."""
        async with world(ten_a_second()) as w:
            under_way = marked(await commit_all(w, await turns_of(w, 20), "one", "two"))
            began = w.now
            tried = 0
            for send in under_way:
                tried += 1
                assert (await w.record(send, TOO_FAST)).send is None
            while (due := await w.store.next_due()) is not None and due < began + 59.9:
                w.now = due
                for claimed in await w.claim():
                    assert isinstance(claimed, ClaimedSend)
                    assert (claimed.row.call_at or 0.0) >= began + 59.9
                    await w.deliver(Dispatch(claimed))
            assert (tried, w.sent) == (3, [])
            await w.until_idle()
            assert min(w.calls) >= began + 60
            assert spaced(w.calls)
            assert sorted(w.sent) == ["one"] * 20 + ["two"] * 20
            assert await w.states() == {"answered": 20}

    async def test_it_counts_towards_no_rows_limit(self, world: OpenWorld) -> None:
        async with world(ten_a_second()) as w:
            await w.record(await first_send(w, "one"), TOO_FAST)
            for _ in range(4):
                await w.record(await w.send(), TOO_FAST)
            send = await w.send()
            assert (send.row.tries, send.row.failures) == (6, 5)
            await w.record(send, NotSent("a fault", limit=2))
            await w.deliver(Dispatch(await w.send()))
            assert w.sent == ["one"]

    async def test_a_refusal_that_is_told_twice_slows_once(self, world: OpenWorld) -> None:
        async with world(ten_a_second()) as w:
            send = await first_send(w, "one")
            first = await w.record(send, TOO_FAST)
            w.now += 30
            assert (await w.record(send, TOO_FAST)).due_at == first.due_at
            await w.hear(text("hi", of=BOB))
            await w.until_idle()
            assert sorted(w.sent) == ["one", "re: hi"]
            assert w.now == pytest.approx(first.due_at, abs=1.0)


class TestPairs:
    async def test_one_contacts_messages_are_counted_apart(self, world: OpenWorld) -> None:
        async with world(sending(pair=RateLimit(2, 12.0))) as w:
            send = await first_send(w, "one", "two", "three", "four")
            began = w.now
            await w.hear(text("hi", of=BOB))
            due = await w.deliver(Dispatch(send))
            assert (w.sent, due) == (["one", "two"], began + 6)
            await w.until_idle()
            assert w.sent == ["one", "two", "re: hi", "three", "four"]
            assert [at - began for at in w.calls] == [0, 0, 4, 6, 12]

    async def test_a_refused_pair_waits_alone(self, world: OpenWorld) -> None:
        async with world(sending(pair=RateLimit(45, 270.0), per_second=80.0)) as w:
            send = await first_send(w, "one", "two")
            began = w.now
            assert (await w.record(send, PAIR_TOO_FAST)).due_at == began + 16
            await w.hear(text("hi", of=BOB))
            await w.until_idle()
            assert w.sent == ["re: hi", "one", "two"]
            assert [at - began for at in w.calls] == pytest.approx([4, 16, 22])


class TestParts:
    async def test_the_next_part_waits_for_the_arrival_of_the_one_before(self, world: OpenWorld) -> None:
        async with world(sending(parts="delivered", parts_wait=2.0)) as w:
            send = await first_send(w, "one", "two", "three")
            began = w.now
            dispatch = await w.record(send)
            assert (dispatch.send, dispatch.due_at) == (None, began + 2)
            assert (await w.conversation()).owner is None
            w.now += 0.5
            assert await w.claim() == []
            assert (await w.report(status("sent", tracker=w.tracker(send)))).wakes == []
            assert await w.store.next_due() == began + 2
            taken = await w.report(status("delivered", tracker=w.tracker(send)))
            assert [wake.due_at for wake in taken.wakes] == [w.now]
            await w.record(await w.send())
            assert w.now == began + 0.5
            await w.until_idle()
            assert w.sent == ["one", "two", "three"]
            assert w.now == began + 2.5
            assert await w.states() == {"answered": 1}

    @pytest.mark.parametrize("word", ["read", "failed"])
    async def test_whatever_ends_the_wait(self, word: Any, world: OpenWorld) -> None:
        async with world(sending(parts="delivered")) as w:
            send = await first_send(w, "one", "two")
            await w.record(send)
            await w.report(status(word, tracker=w.tracker(send), error="no" if word == "failed" else None))
            assert await w.store.next_due() == w.now

    async def test_an_arrival_that_was_told_first_is_not_waited_for(self, world: OpenWorld) -> None:
        async with world(sending(parts="delivered")) as w:
            send = await first_send(w, "one", "two")
            await w.report(status("delivered", tracker=w.tracker(send)))
            await w.deliver(await w.record(send))
            assert w.sent == ["one", "two"]

    async def test_an_arrival_pulls_no_backoff_forward(self, world: OpenWorld) -> None:
        async with world(sending(parts="delivered")) as w:
            first = await first_send(w, "one", "two")
            await w.record(first)
            await w.record(await w.send(), NotSent("busy"), backoff=50)
            until = w.now + 50
            await w.report(status("delivered", tracker=w.tracker(first)))
            assert await w.claim() == []
            assert await w.store.next_due() == until

    async def test_an_answer_is_a_part_behind_what_was_said_at_once(self, world: OpenWorld) -> None:
        async with world(sending(parts="delivered")) as w:
            await w.hear("hi")
            turn = await w.turn()
            first = await w.say_now(turn, "one moment")
            assert first.send is not None
            await w.record(first.send, in_turn=True)
            dispatch = await w.commit(turn, "here it is")
            assert (dispatch.send, dispatch.due_at) == (None, w.now + 2)

    async def test_the_next_answer_waits_for_nothing(self, world: OpenWorld) -> None:
        async with world(sending(parts="delivered", parts_wait=60.0)) as w:
            await w.deliver(await w.record(await first_send(w, "one")))
            w.now += 0.1
            await w.hear("more")
            turn = await w.turn()
            assert (await w.commit(turn, "two")).send is not None

    async def test_without_the_setting_nothing_is_waited_for(self, world: OpenWorld) -> None:
        async with world() as w:
            dispatch = await w.record(await first_send(w, "one", "two"))
            assert dispatch.send is not None


class TestBreaker:
    DEAD = Rejected("190", "token expired", "stop_channel")

    async def test_the_refusal_that_stops_a_channel_is_told_once(self, world: OpenWorld) -> None:
        async with world(ten_a_second()) as w:
            sends = marked(await commit_all(w, await turns_of(w, 20), "one"))
            told = [(await w.record(send, self.DEAD)).stopped for send in sends]
            assert told == [True, False, False]
            assert (await w.record(sends[0], self.DEAD)).stopped is False
            assert await w.store.next_due() is None
            w.now += 100
            assert await w.claim() == []

    async def test_the_credentials_that_were_refused_are_kept_until_it_is_resumed(self, world: OpenWorld) -> None:
        known = replace(sending(), credentials="digest")
        async with world(known) as w:
            await w.record(await first_send(w, "one"), self.DEAD)
            key = (known.workspace_id, known.id)
            assert await w.store.refused_credentials() == {key: "digest"}
            await w.store.resume_channel(*key, w.now)
            assert await w.store.refused_credentials() == {}

    async def test_a_refusal_from_before_the_resume_stops_nothing_again(self, world: OpenWorld) -> None:
        async with world() as w:
            send = await first_send(w, "one")
            await w.record(send, self.DEAD)
            await w.store.resume_channel(w.channel.workspace_id, w.channel.id, w.now)
            assert (await w.record(send, self.DEAD)).stopped is False
            assert await w.store.paused_channels() == []


async def test_words_said_at_once_are_paced_too(world: OpenWorld) -> None:
    async with world(ten_a_second()) as w:
        await w.hear("hi")
        turn = await w.turn()
        first = await w.say_now(turn, "one", "two")
        assert first.send is not None
        second = await w.record(first.send, in_turn=True)
        assert second.send is not None
        assert second.send.row.call_at == pytest.approx(w.now + STEP, abs=1e-4)
        again = await w.say_now(turn, "one", "two")
        assert again.send is None, "it is the other call's to send"


async def test_a_send_of_unknown_fate_asks_for_an_instant_again(world: OpenWorld) -> None:
    async with world(ten_a_second()) as w:
        send = await first_send(w, "one")
        due = (await w.record(send, Unknown("no answer"))).due_at
        assert due == w.now + 30
        again = await w.send()
        assert (again.row.tries, again.row.call_at) == (2, w.now)
        assert again.run == Run(again.run.key, W1, send.run.epoch + 1)
