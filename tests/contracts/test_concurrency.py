"""Two processes at once on one database: nothing is swallowed, doubled or reordered between them."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from tests.contracts.world import T0, W1, W2, World, words
from turnkeeper.model.ids import WorkerId
from turnkeeper.model.outbound import Accepted
from turnkeeper.store.base import Arrival, Claimed, ClaimedTurn, Dispatch, Intake, Sent, Store
from turnkeeper.testing.events import TURNS, channel, status, text

HOT = ("ada", "bob", "cy")
MESSAGES = 150


@pytest.mark.parametrize("gather", [True, False])
async def test_few_hot_conversations_and_no_quiet_swallow_nothing(two_stores: Any, gather: bool) -> None:
    """A message that comes between a claim's lock and its read belongs to the next turn, and to one turn only."""
    hot = channel(turns=replace(TURNS, quiet=0.0, overlap="queue", gather=gather))
    async with two_stores(hot) as (w, other):
        heard: list[str] = []
        told: dict[str, list[str]] = {of: [] for of in HOT}
        ids = count(1)
        accepting = asyncio.create_task(accept(w, [w.store, other], heard))
        workers = [
            asyncio.create_task(work(store, worker, w, told, ids, accepting))
            for store, worker in ((w.store, W1), (other, W2))
        ]
        await asyncio.gather(accepting, *workers)
        assert Counter(said for turns in told.values() for said in turns) == Counter(heard)
        for turns in told.values():
            assert turns == sorted(turns, key=lambda said: int(said.split()[1]))
        assert await w.states() == {"answered": MESSAGES}


async def accept(w: World, stores: list[Store], heard: list[str]) -> None:
    for first in range(0, MESSAGES, 10):
        batch = [(f"{HOT[n % 3]} {n}", HOT[n % 3]) for n in range(first, first + 10)]
        # One conversation's messages come one after the other, as a provider sends them.
        for said, of in batch:
            store = stores[len(heard) % 2]
            await store.take(Intake([Arrival(w.channel, text(said, of=of), T0)]))
            heard.append(said)


async def work(
    store: Store,
    worker: WorkerId,
    w: World,
    told: dict[str, list[str]],
    ids: Iterator[int],
    accepting: asyncio.Task[None],
) -> None:
    """Claim and answer until all was accepted and nothing is due."""
    while True:
        ended = accepting.done()
        claimed = await store.claim(worker, 2, T0, {})
        await asyncio.gather(*(answer(store, item, told, ids, w) for item in claimed))
        if ended and not claimed and await store.next_due() is None and await idle(store):
            return
        await asyncio.sleep(0)


async def idle(store: Store) -> bool:
    return all(conversation.owner is None for conversation in await store.recent(10))


async def answer(store: Store, item: Claimed, told: dict[str, list[str]], ids: Iterator[int], w: World) -> None:
    dispatch: Dispatch
    if isinstance(item, ClaimedTurn):
        said = [word or "" for word in words(item.events)]
        told[said[0].split()[0]] += said
        dispatch = await store.commit(replace(w.ending(item, f"re: {said[-1]}"), now=T0))
    else:
        dispatch = Dispatch(item)
    while dispatch.send is not None:
        send = dispatch.send
        sent = Sent(send.row.key, send.row.tries, Accepted(f"out.{next(ids)}"), send.run, 1.0, T0)
        dispatch = await store.record(sent)


async def test_a_takeover_and_a_commit_at_once_leave_one_winner(two_stores: Any) -> None:
    async with two_stores() as (w, other):
        await w.hear(*(text("hi", of=str(n)) for n in range(12)))
        w.now += 4
        for turn in await w.claim():
            assert isinstance(turn, ClaimedTurn)
            outcomes = await asyncio.gather(
                w.commit(turn, "hello"), other.set_mode(turn.run.key, "human", w.now), return_exceptions=True
            )
            conversation = await w.conversation(turn.conversation.addresses)
            assert conversation.mode == "human"
            assert conversation.owner is None
            assert conversation.out_last == (0 if isinstance(outcomes[0], BaseException) else 1)
        w.now += 1000
        await w.until_idle()
        assert sum((await w.states()).values()) == 12
        assert "waiting" not in await w.states()


async def test_a_reap_and_a_claim_at_once_leave_nothing_owned_by_the_dead(two_stores: Any) -> None:
    """A claim that races with its worker's burial either finds nothing or is freed again."""
    async with two_stores() as (w, other):
        for n in range(12):
            worker = WorkerId(f"doomed{n}")
            await w.store.register(worker, w.now)
            await w.hear(text("hi", of=str(n)))
            w.now += 10
            await asyncio.gather(
                w.store.claim(worker, 10, w.now, {}),
                other.beat(W2, now=w.now, lease=3.0, holding=None, reap=True),
            )
            await other.beat(W2, now=w.now, lease=3.0, holding=None, reap=True)
            owners = {conversation.owner for conversation in await w.store.recent(100)}
            assert owners <= {None}


async def test_a_message_of_two_new_people_at_once_makes_two_conversations(two_stores: Any) -> None:
    async with two_stores() as (w, other):
        again = World(other, w.directory, w.channel)
        await asyncio.gather(*((w, again)[n % 2].hear(text("hi", of=str(n % 4))) for n in range(40)))
        assert sorted(c.in_last for c in await w.store.recent(100)) == [10] * 4


@pytest.mark.parametrize("tracked", [True, False])
async def test_a_status_and_the_answer_it_speaks_of_at_once(two_stores: Any, tracked: bool) -> None:
    async with two_stores() as (w, other):
        again = World(other, w.directory, w.channel)
        for n in range(12):
            await w.hear(text("hi", of=str(n)))
            dispatch = await w.commit(await w.turn(), "hello")
            assert dispatch.send is not None
            await asyncio.gather(
                w.record(dispatch.send, Accepted(f"x{n}")),
                again.report(status("delivered", id=f"x{n}", tracker=w.tracker(dispatch.send) if tracked else None)),
            )
            assert ("delivered", "hello") in await w.moments(str(n))
        assert await w.states() == {"answered": 12}
