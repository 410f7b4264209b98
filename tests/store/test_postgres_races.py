"""What two machines do at the same moment. Each race is set up by hand: one waits where the other is to pass."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs

from tests.store.postgres_machines import (
    SHOP,
    T0,
    W1,
    W2,
    accepted,
    answer,
    claim,
    ending,
    machines,
    one_turn,
    session,
    texts,
    webhook,
)
from turnkeeper.model.conversation import TimerRow
from turnkeeper.model.errors import Fenced
from turnkeeper.model.ids import WorkerId
from turnkeeper.model.policy import TurnPolicy
from turnkeeper.rules.pacing import Bucket
from turnkeeper.store.base import ClaimedTurn, Intake, Report
from turnkeeper.store.postgres.rows import PostgresRows
from turnkeeper.store.postgres.store import PostgresStore
from turnkeeper.store.transactions.workers import free_dead
from turnkeeper.testing.events import Channels, channel, status, text

Script = Callable[[PostgresRows], Awaitable[Any]]


class Held:
    """A transaction of a machine that stops before its commit until it is told to go on."""

    def __init__(self, store: PostgresStore, script: Script) -> None:
        self._reached = asyncio.Event()
        self._on = asyncio.Event()
        self._script = script
        self._task = asyncio.ensure_future(store._connections.transact(self._play))

    async def _play(self, rows: PostgresRows) -> Any:
        result = await self._script(rows)
        self._reached.set()
        await self._on.wait()
        return result

    async def reached(self) -> "Held":
        waiting = asyncio.ensure_future(self._reached.wait())
        await asyncio.wait({waiting, self._task}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        return self

    async def go_on(self) -> Any:
        self._on.set()
        return await self._task


async def blocked(behind: Any, task: "asyncio.Future[Any]") -> None:
    """Wait until a machine waits for a lock, or has passed where it should have waited."""
    while not task.done() and not await behind.fetchval("select count(*) from pg_locks where not granted"):
        await asyncio.sleep(0.005)


async def test_the_same_event_at_two_machines_counts_once(migrated_database: str) -> None:
    async with machines(migrated_database, 3) as stores:
        hooks = [webhook(text("hi", of=str(n % 7), id=f"m{n}"), at=T0 + n) for n in range(60)]
        takes = [store.take(hook) for hook in hooks for store in stores]
        taken = await asyncio.gather(*takes)
        assert (sum(t.accepted for t in taken), sum(t.duplicates for t in taken)) == (60, 120)
        ledger = await stores[0].ledger()
        assert (ledger.accepted, ledger.duplicates) == (60, 120)


async def test_a_person_who_is_met_under_two_names_at_once_is_one(migrated_database: str) -> None:
    """The second finds an address that was not there when it looked, and looks again."""
    async with machines(migrated_database, 2) as [one, two], session(migrated_database) as behind:
        both = webhook(text("hi", addresses=("user:a", "phone:1")))
        known = webhook(text("again", addresses=("phone:1",)))
        lock = behind.transaction()
        await lock.start()
        await behind.execute("lock table contact in exclusive mode")
        takes = [asyncio.ensure_future(one.take(both)), asyncio.ensure_future(two.take(known))]
        while await behind.fetchval("select count(*) from pg_locks where not granted") < 2:
            await asyncio.sleep(0.005)
        await lock.rollback()
        await asyncio.gather(*takes)
        assert await behind.fetchval("select count(distinct conversation_id) from event") == 1
        assert await behind.fetchval("select count(*) from event") == 2


@pytest.mark.parametrize("first", ["status", "answer"])
async def test_a_status_and_the_answer_to_its_send_meet(first: str, migrated_database: str) -> None:
    """Neither sees the other's unfinished work; whoever comes second must find it all the same."""
    async with machines(migrated_database, 2) as [one, two], session(migrated_database) as behind:
        await one.register(W1, T0)
        await one.take(webhook(text("hi")))
        send = (await one.commit(ending(await one_turn(one), "hello"))).send
        assert send is not None
        report = Intake(reports=[Report(SHOP, status("delivered", id="out.1"), T0 + 62)])
        record = accepted(send, "out.1")
        scripts: dict[str, Script] = {
            "status": lambda rows: two._take(rows, [report]),
            "answer": lambda rows: one._record(rows, [record]),
        }
        held = await Held(one, scripts[first]).reached()
        other = asyncio.ensure_future(one.record(record) if first == "status" else two.take(report))
        await blocked(behind, other)
        await held.go_on()
        await other
        assert await behind.fetchval("select state from outbound") == "delivered"
        assert await behind.fetchval("select count(*) from early_report") == 0


async def test_resuming_a_channel_frees_what_is_being_held(migrated_database: str) -> None:
    """A commit that saw the channel stopped puts its row away; the resume that misses it must wait."""
    async with machines(migrated_database, 2) as [one, two], session(migrated_database) as behind:
        await one.register(W1, T0)
        await one.take(webhook(text("hi")))
        turn = await one_turn(one)
        await one.pause_channel(SHOP.workspace_id, SHOP.id, "token", T0)
        held = await Held(one, lambda rows: one._commit(rows, [ending(turn, "hello")])).reached()
        resumed = asyncio.ensure_future(two.resume_channel(SHOP.workspace_id, SHOP.id, T0 + 62))
        await blocked(behind, resumed)
        await held.go_on()
        assert await resumed
        assert len(await claim(two, at=T0 + 63)) == 1


async def test_a_worker_that_is_claiming_is_not_declared_dead(migrated_database: str) -> None:
    """Else it would own what nobody ever looks for again."""
    async with machines(migrated_database, 2) as [one, two], session(migrated_database) as behind:
        await one.register(W1, T0)
        await two.register(W2, T0)
        await one.take(webhook(text("hi")))

        async def claiming(rows: PostgresRows) -> None:
            assert await rows.alive(W1)
            (due,) = await rows.due(T0 + 60, 10)
            await rows.save([structs.replace(due, owner=W1, due_at=None)])

        held = await Held(one, claiming).reached()
        beat = asyncio.ensure_future(two.beat(W2, now=T0 + 60, lease=3, holding=None, reap=True))
        await blocked(behind, beat)
        await held.go_on()
        await beat
        freed = (await two.beat(W2, now=T0 + 61, lease=3, holding=None, reap=True)).released
        assert freed == 1
        assert await behind.fetchval("select count(*) from worker") == 1


async def test_a_dead_worker_is_remembered_while_something_of_its_is_being_written(migrated_database: str) -> None:
    async with machines(migrated_database, 2) as [one, two]:
        await one.register(W1, T0)
        await two.register(W2, T0)
        await one.take(webhook(text("hi")))
        key = (await one_turn(one)).run.key
        held = await Held(one, lambda rows: rows.lock([key])).reached()
        async with asyncio.timeout(5):  # passes over it instead of waiting
            beat = await two.beat(W2, now=T0 + 70, lease=3, holding=None, reap=True)
        assert beat.released == 0
        await held.go_on()
        assert (await two.beat(W2, now=T0 + 71, lease=3, holding=None, reap=True)).released == 1


async def test_retiring_leaves_a_worker_that_still_owns_something_to_the_others(migrated_database: str) -> None:
    async with machines(migrated_database, 2) as [one, two]:
        await one.register(W1, T0)
        await two.register(W2, T0)
        await one.take(webhook(text("hi")))
        key = (await one_turn(one)).run.key
        held = await Held(one, lambda rows: rows.lock([key])).reached()
        assert await one.retire(W1, T0 + 61) == 0
        await held.go_on()
        directory = Channels(SHOP)
        await two.beat(W2, now=T0 + 70, lease=3, holding=None, reap=False)
        await two._connections.transact(lambda rows: rows.bury(T0 + 69))
        assert await two._connections.transact(lambda rows: free_dead(rows, directory, T0 + 70)) == 1


async def test_a_claim_passes_over_what_another_machine_holds(migrated_database: str) -> None:
    async with machines(migrated_database, 2) as [one, two]:
        await one.register(W1, T0)
        await two.register(W2, T0)
        await one.take(webhook(text("hi", of="1"), text("hi", of="2")))
        held = await Held(one, lambda rows: rows.due(T0 + 60, 1)).reached()
        async with asyncio.timeout(5):
            assert len(await claim(two, W2)) == 1
        await held.go_on()


async def test_a_follow_up_that_fires_does_not_hold_up_the_contacts_reply(migrated_database: str) -> None:
    """Whoever fires holds the timer and waits for the conversation; whoever replies the other way round."""
    async with machines(migrated_database, 2) as [one, two]:
        await one.register(W1, T0)
        await one.take(webhook(text("hi")))
        turn = await one_turn(one)
        timer = TimerRow(turn.run.key.workspace_id, turn.run.key.id, "t", SHOP.id, T0 + 100, True, b"{}")
        await one.commit(replace(ending(turn), timers=[timer]))
        held = await Held(one, lambda rows: rows.due_timers(T0 + 100, 10)).reached()
        async with asyncio.timeout(5):
            await two.take(webhook(text("here I am"), at=T0 + 99))
        assert len(await held.go_on()) == 1


class Soak:
    """Two machines, few hot conversations, no wait: every message is answered once, in order, whatever happens."""

    PEOPLE = 4
    MESSAGES = 400

    def __init__(self, stores: list[PostgresStore], seed: int) -> None:
        self.stores = stores
        self.random = random.Random(seed)
        self.sent: list[str] = []
        self.taken = 0

    async def write(self, person: int) -> None:
        for number in range(self.MESSAGES // self.PEOPLE):
            store = self.random.choice(self.stores)
            hook = webhook(text(f"{person}.{number}", of=str(person)), at=T0 + number)
            await store.take(hook)
            self.taken += 1
            if self.random.random() < 0.3:
                await self.random.choice(self.stores).take(hook)
            if self.random.random() < 0.5:
                await asyncio.sleep(self.random.random() * 0.01)

    async def work(self, store: PostgresStore, worker: WorkerId) -> None:
        await store.register(worker, T0)
        idle = 0
        while self.taken < self.MESSAGES or idle < 3:
            claimed = await claim(store, worker, T0 + 10_000, limit=self.random.randint(1, 4))
            idle = 0 if claimed else idle + 1
            await asyncio.gather(*(self._answer(store, one) for one in claimed))
            await asyncio.sleep(0)

    async def _answer(self, store: PostgresStore, claimed: Any) -> None:
        said = " ".join(texts(claimed)) if isinstance(claimed, ClaimedTurn) else ""
        with suppress(Fenced):
            await answer(store, claimed, said, self.sent, T0 + 10_000)


@pytest.mark.limit(60)
@pytest.mark.parametrize("overlap", ["interrupt", "queue"])
async def test_soak(overlap: str, migrated_database: str) -> None:
    policy = TurnPolicy(quiet=0, max_wait=1e9, adaptive=False, rate_limit=None, stale_after=1e9, overlap=overlap)  # type: ignore[arg-type]
    hot = channel(turns=policy)
    async with machines(migrated_database, 2, hot) as stores:
        soak = Soak(stores, seed=7)
        writers = [soak.write(person) for person in range(soak.PEOPLE)]
        workers = [soak.work(store, WorkerId(f"w{n}")) for n, store in enumerate(stores)]
        await asyncio.gather(*writers, *workers)
        answered = [word for reply in soak.sent for word in reply.split()]
        for person in range(soak.PEOPLE):
            mine = [word for word in answered if word.startswith(f"{person}.")]
            assert mine == [f"{person}.{number}" for number in range(soak.MESSAGES // soak.PEOPLE)]
        states = (await stores[0].ledger()).states
        assert {state: count for state, count in states.items() if count} == {"answered": soak.MESSAGES}
        assert await stores[1].next_due() is None
        for person in range(soak.PEOPLE):
            conversation = await stores[0].find(SHOP.workspace_id, SHOP.id, f"phone:{person}")
            assert conversation is not None
            assert (conversation.owner, conversation.unsent) == (None, 0)


async def test_a_numbers_bucket_is_one_machines_at_a_time(migrated_database: str) -> None:
    """Also while there is none: whoever comes second waits, and finds what the first has left."""
    key = (SHOP.workspace_id, SHOP.id)

    async def take_one(rows: PostgresRows) -> float:
        found = (await rows.buckets([key]))[key]
        await rows.save_buckets({key: Bucket(found.tat + 1, 0.0)})
        return found.tat

    async with machines(migrated_database, 2) as [one, other], session(migrated_database) as behind:
        for before in (0.0, 2.0):
            held = await Held(one, take_one).reached()
            second = asyncio.ensure_future(other._connections.transact(take_one))
            await blocked(behind, second)
            assert await held.go_on() == before
            assert await second == before + 1
