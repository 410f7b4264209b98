"""Accepting while the store is away: nothing is lost, doubled or overtaken, whatever is killed when."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.engine.rig import now
from turnkeeper.engine.spooling import Spooling
from turnkeeper.model.errors import StoreMismatch, StoreUnavailable
from turnkeeper.model.events import Inbound
from turnkeeper.model.ids import WorkspaceId
from turnkeeper.store.base import Arrival, Intake, Report, Stray, Taken
from turnkeeper.store.runs import Wake
from turnkeeper.store.spool import REFUSED, SpoolEntry, encode
from turnkeeper.store.sqlite.spool import SqliteSpool
from turnkeeper.store.sqlite.store import SqliteStore
from turnkeeper.testing.conversation import in_virtual_time
from turnkeeper.testing.events import ADA, Channels, channel, status, text
from turnkeeper.testing.virtual_time import START, run

HOME = WorkspaceId("default")
SHOP = channel()
KEPT = Taken(0, 0, [])


class Store:
    """Takes what it is given, each event once; `away` and `hangs` as the database would."""

    def __init__(self) -> None:
        self.away = False
        self.hangs = False
        self.poison: set[str] = set()
        self.takes: list[Intake] = []
        self.texts: list[str | None] = []
        self.reports: list[str | None] = []
        self.strays: list[Stray] = []

    async def take(self, intake: Intake) -> Taken:
        await asyncio.sleep(3600 if self.hangs else 0.001)
        if self.away:
            raise StoreUnavailable("away")
        said = [arrival.event.text for arrival in intake.arrivals]
        if self.poison & {*said, *(report.update.message_id for report in intake.reports)}:
            raise ValueError("not this one")
        self.takes.append(intake)
        fresh = [each for each in said if each not in self.texts]
        self.texts += fresh
        self.reports += [report.update.message_id for report in intake.reports]
        self.strays += intake.strays
        wakes = [Wake(HOME, "c1", 1.0)] if fresh else []
        return Taken(len(fresh) + len(intake.strays), len(said) - len(fresh), wakes)


def said(*words: str) -> Intake:
    return Intake([Arrival(SHOP, text(word), START + now()) for word in words])


class Machine:
    """A web process, which can be killed and started again on its spool."""

    def __init__(self, folder: Path, store: Store, **settings: object) -> None:
        self.path = folder / "spool"
        self.store = store
        self.settings = settings
        self.heard: list[Taken] = []
        self.spooling: Spooling

    async def start(self) -> None:
        spool = SqliteSpool(self.path, inline=True)
        self.spooling = Spooling(self.store, spool, Channels(SHOP), HOME, **self.settings)  # type: ignore[arg-type]
        await self.spooling.open()
        self.spooling.drain(self.heard.append)

    async def accept(self, *words: str) -> Taken:
        return await self.spooling.take(said(*words))

    async def until_empty(self, within: float = 10.0) -> None:
        async with asyncio.timeout(within):
            while self.spooling.length:
                await asyncio.sleep(0.05)


@asynccontextmanager
async def machine(folder: Path, **settings: object) -> AsyncIterator[Machine]:
    """One that is running."""
    found = Machine(folder, Store(), **settings)
    await found.start()
    try:
        yield found
    finally:
        await found.spooling.close()


@in_virtual_time
async def test_all_is_well_and_nothing_touches_the_spool(tmp_path: Path) -> None:
    async with machine(tmp_path) as m:
        taken = await m.accept("one", "two")
        assert (taken.accepted, len(taken.wakes)) == (2, 1)
        assert (m.spooling.length, m.heard, m.store.texts) == (0, [], ["one", "two"])


@in_virtual_time
async def test_what_came_while_the_store_was_away_is_moved_on_in_order_with_its_first_time(tmp_path: Path) -> None:
    async with machine(tmp_path) as m:
        m.store.away = True
        for word in ("one", "two", "three"):
            assert await m.accept(word) == KEPT
            await asyncio.sleep(60)
        assert m.spooling.length == 3
        m.store.away = False
        await m.until_empty(within=1.5)
        assert m.store.texts == ["one", "two", "three"]
        times = [arrival.received_at for intake in m.store.takes for arrival in intake.arrivals]
        assert times == pytest.approx([START, START + 60, START + 120], abs=1)
        assert sum(taken.accepted for taken in m.heard) == 3
        assert [wake.conversation_id for taken in m.heard for wake in taken.wakes] == ["c1"]
        assert (await m.accept("four")).accepted == 1


@in_virtual_time
async def test_case_03_nobody_overtakes_what_waits(tmp_path: Path) -> None:
    """The store is back, but what waits is not in it yet: a newer message goes behind it."""
    async with machine(tmp_path) as m:
        m.store.away = True
        await m.accept("one")
        m.store.away = False
        assert await m.accept("two") == KEPT
        await m.until_empty()
        assert m.store.texts == ["one", "two"]


@in_virtual_time
async def test_a_store_that_does_not_answer_costs_two_seconds_once(tmp_path: Path) -> None:
    async with machine(tmp_path) as m:
        m.store.hangs = True
        began = now()
        together = [m.accept(word) for word in ("one", "two", "three")]
        assert await asyncio.gather(*together) == [KEPT] * 3
        assert 2.0 <= now() - began < 2.5
        began = now()
        assert await m.accept("four") == KEPT
        assert now() - began < 0.01


@in_virtual_time
async def test_who_is_cancelled_for_another_reason_stays_cancelled(tmp_path: Path) -> None:
    async with machine(tmp_path) as m:
        m.store.hangs = True
        accepting = asyncio.ensure_future(m.accept("one"))
        await asyncio.sleep(1)
        accepting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await accepting
        assert m.spooling.length == 0


@in_virtual_time
async def test_who_hangs_up_while_it_is_written_leaves_the_count_right(tmp_path: Path) -> None:
    async with machine(tmp_path) as m:
        m.store.away = True
        accepting = asyncio.ensure_future(m.accept("one"))
        while not m.spooling.length:
            await asyncio.sleep(0.0001)
        accepting.cancel()
        await asyncio.gather(accepting, return_exceptions=True)
        m.store.away = False
        await m.until_empty()
        assert m.store.texts == ["one"]


@in_virtual_time
async def test_statuses_and_strays_wait_too(tmp_path: Path) -> None:
    async with machine(tmp_path) as m:
        m.store.away = True
        stray = Stray(HOME, "", "ignored", "not ours", "stray:1", b"{}", 1.0)
        await m.spooling.take(Intake([], [Report(SHOP, status("sent", id="wamid.out"), START)], [stray]))
        m.store.away = False
        await m.until_empty()
        assert (m.store.reports, m.store.strays) == (["wamid.out"], [stray])


@in_virtual_time
async def test_a_full_spool_leaves_it_to_the_provider(tmp_path: Path) -> None:
    size = len(encode(said("one")))
    async with machine(tmp_path, limit=2 * size) as m:
        m.store.away = True
        await m.accept("one")
        assert m.spooling.accepts
        await m.accept("two")
        assert not m.spooling.accepts
        with pytest.raises(StoreUnavailable, match="no more"):
            await m.accept("six")
        assert m.spooling.length == 2
        m.store.away = False
        await m.until_empty()
        assert m.store.texts == ["one", "two"]
        assert m.spooling.accepts
        m.store.away = True
        assert await m.accept("six") == KEPT


@in_virtual_time
async def test_a_spool_that_cannot_be_written_leaves_it_to_the_provider(tmp_path: Path) -> None:
    async with machine(tmp_path) as m:
        m.store.away = True

        async def full(_: bytes) -> None:
            raise StoreUnavailable("the disk is full")

        m.spooling._spool.add = full  # type: ignore[method-assign]
        for _ in range(3):
            with pytest.raises(StoreUnavailable, match="disk"):
                await m.accept("one")
        assert m.spooling.length == 0
        m.store.away = False
        assert (await m.accept("one")).accepted == 1


class TestRefuse:
    @in_virtual_time
    async def test_nothing_new_goes_into_the_spool(self, tmp_path: Path) -> None:
        async with machine(tmp_path, keeps=False) as m:
            assert not m.spooling.accepts
            m.store.away = True
            with pytest.raises(StoreUnavailable):
                await m.accept("one")
            assert m.spooling.length == 0

    @in_virtual_time
    async def test_but_what_waits_since_another_setting_goes_first(self, tmp_path: Path) -> None:
        async with machine(tmp_path) as m:
            m.store.away = True
            await m.accept("one")
        async with machine(tmp_path, keeps=False) as m:
            with pytest.raises(StoreUnavailable):
                await m.accept("two")
            await m.until_empty()
            await m.accept("two")
            assert m.store.texts == ["one", "two"]


class TestPoison:
    @in_virtual_time
    async def test_one_that_is_refused_for_good_holds_up_nobody(self, tmp_path: Path) -> None:
        async with machine(tmp_path) as m:
            m.store.away = True
            m.store.poison = {"bad", "wamid.bad"}
            await m.accept("one")
            await m.accept("two", "bad", "three")
            await m.spooling.take(Intake([], [Report(SHOP, status("sent", id="wamid.bad"), START)]))
            await m.accept("four")
            m.store.away = False
            await m.until_empty()
            assert m.store.texts == ["one", "two", "three", "four"]
            assert [(stray.state, stray.reason) for stray in m.store.strays] == [("unreadable", REFUSED)] * 2
            assert b'"bad"' in m.store.strays[0].raw
            assert sum(taken.accepted for taken in m.heard) == 6

    @in_virtual_time
    async def test_an_entry_that_cannot_be_read_holds_up_nobody(self, tmp_path: Path) -> None:
        spool = SqliteSpool(tmp_path / "spool", inline=True)
        await spool.open()
        for body in (encode(said("one")), b"\xc1 damaged", encode(said("two"))):
            await spool.add(body)
        await spool.close()
        async with machine(tmp_path) as m:
            await m.until_empty()
            assert m.store.texts == ["one", "two"]
            assert [stray.raw for stray in m.store.strays] == [b"\xc1 damaged"]

    @in_virtual_time
    async def test_a_store_that_refuses_everything_costs_nothing(self, tmp_path: Path) -> None:
        """A mistake of ours, or tables that are not ours: nothing is thrown away, it is tried again."""
        async with machine(tmp_path) as m:
            for error in (StoreMismatch("no table"), RuntimeError("a mistake")):
                m.store.away = True
                await m.accept("one" if isinstance(error, StoreMismatch) else "two")
                taking = m.store.take

                async def mistaken(_: Intake, error: Exception = error) -> Taken:
                    raise error

                m.store.take = mistaken  # type: ignore[method-assign]
                await asyncio.sleep(300)
                assert m.spooling.length == 1
                m.store.take = taking  # type: ignore[method-assign]
                m.store.away = False
                await m.until_empty(within=40)
            assert (m.store.texts, m.store.strays) == (["one", "two"], [])


class TestRestart:
    @in_virtual_time
    async def test_what_waits_is_moved_on_first(self, tmp_path: Path) -> None:
        async with machine(tmp_path) as m:
            m.store.away = True
            await m.accept("one")
            await m.accept("two")
        async with machine(tmp_path) as m:
            assert m.spooling.length == 2
            assert await m.accept("three") == KEPT
            await m.until_empty()
            assert m.store.texts == ["one", "two", "three"]

    @in_virtual_time
    async def test_a_crash_between_the_commit_and_the_forgetting_only_repeats(self, tmp_path: Path) -> None:
        async with machine(tmp_path) as m:
            m.store.away = True
            await m.accept("one")

            async def crash(_: list[SpoolEntry]) -> None:
                await asyncio.Event().wait()

            m.spooling._spool.drop = crash  # type: ignore[assignment]
            m.store.away = False
            await asyncio.sleep(5)
            assert (m.store.texts, m.spooling.length) == (["one"], 1)
            store = m.store
        after = Machine(tmp_path, store)
        await after.start()
        await after.until_empty()
        assert store.texts == ["one"]
        assert [(taken.accepted, taken.duplicates) for taken in after.heard] == [(0, 1)]
        await after.spooling.close()


class Flaky:
    """A real store behind a connection that breaks: before the commit, after it, or by saying nothing."""

    def __init__(self, store: SqliteStore, rng: random.Random) -> None:
        self._store = store
        self._rng = rng
        self.away = False

    async def take(self, intake: Intake) -> Taken:
        if self._rng.random() < 0.1:
            await asyncio.sleep(self._rng.choice((0.01, 1.0, 5.0)))
        if self.away or self._rng.random() < 0.1:
            raise StoreUnavailable("away")
        taken = await self._store.take(intake)
        if self._rng.random() < 0.1:
            raise StoreUnavailable("the answer was lost")
        return taken


async def _chaos(folder: Path, seed: int) -> None:
    """Three people write, each message after the last was answered with 200; the store and the process come and go."""
    rng = random.Random(seed)
    directory = Channels(SHOP)
    real = SqliteStore(":memory:", directory, inline=True)
    await real.open()
    await real.migrate()
    store = Flaky(real, rng)
    path = folder / f"spool-{seed}"
    running: list[Spooling] = []

    async def start() -> None:
        spooling = Spooling(store, SqliteSpool(path, inline=True), directory, HOME)
        await spooling.open()
        spooling.drain(lambda _: None)
        running[:] = [spooling]

    async def write(person: str) -> None:
        for number in range(15):
            event = text(str(number), of=person, id=f"{person}-{number}")
            while True:
                try:
                    async with asyncio.timeout(3.0):
                        await running[0].take(Intake([Arrival(SHOP, event, START + now())]))
                    break
                except (StoreUnavailable, TimeoutError):
                    await asyncio.sleep(0.5)  # the provider delivers again
            await asyncio.sleep(rng.choice((0.0, 0.1, 2.0)))

    async def trouble() -> None:
        while True:
            await asyncio.sleep(rng.uniform(0.1, 4.0))
            store.away = rng.random() < 0.5
            if rng.random() < 0.4:
                await running[0].close()
                await start()

    await start()
    troubled = asyncio.ensure_future(trouble())
    people = [f"1555123000{n}" for n in range(3)]
    await asyncio.gather(*map(write, people))
    troubled.cancel()
    await asyncio.gather(troubled, return_exceptions=True)
    store.away = False
    async with asyncio.timeout(600):
        while running[0].length:
            await asyncio.sleep(0.1)
    for person in people:
        found = await real.find(HOME, SHOP.id, f"phone:{person}")
        assert found is not None
        lines = [line.text for line in await real.history(found.key, 100)]
        assert lines == [str(number) for number in range(15)], f"seed {seed}"
    ledger = await real.ledger()
    assert ledger.accepted == 45
    await running[0].close()
    await real.close()


@pytest.mark.parametrize("first", range(0, 60, 20))
def test_each_message_once_and_in_order_whatever_breaks(tmp_path: Path, first: int) -> None:
    for seed in range(first, first + 20):
        run(_chaos(tmp_path, seed), seed)


class TestWithAStore:
    @in_virtual_time
    async def test_case_02_the_first_time_belongs_to_the_key_of_events_without_an_id(self, tmp_path: Path) -> None:
        """What is moved on twice, and late, is one message; tomorrow's is another."""
        store = SqliteStore(":memory:", Channels(SHOP), inline=True)
        await store.open()
        await store.migrate()

        def ok(at: float) -> Intake:
            event = Inbound(kind="text", text="ok", addresses=(f"phone:{ADA}",), dedup_key="h:ok", dedup_window=15.0)
            return Intake([Arrival(SHOP, event, at)])

        spool = SqliteSpool(tmp_path / "spool", inline=True)
        await spool.open()
        for at in (START, START + 10, START + 86_400, START):
            await spool.add(encode(ok(at)))
        await spool.close()
        heard: list[Taken] = []
        spooling = Spooling(store, SqliteSpool(tmp_path / "spool", inline=True), Channels(SHOP), HOME)
        await spooling.open()
        spooling.drain(heard.append)
        while spooling.length:
            await asyncio.sleep(0.1)
        assert (sum(t.accepted for t in heard), sum(t.duplicates for t in heard)) == (2, 2)
        await spooling.close()
        await store.close()
