"""PostgreSQL's own: connecting and losing the connection, migrations, batches, notifications."""

import asyncio
import re
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import asyncpg
import pytest

from tests.store.postgres_machines import (
    SHOP,
    T0,
    W1,
    answer,
    claim,
    ending,
    key_of,
    machines,
    one_turn,
    session,
    texts,
    webhook,
)
from tests.support.programs import free_port
from turnkeeper.model.conversation import StepRow
from turnkeeper.model.errors import StoreMismatch, StoreUnavailable
from turnkeeper.model.outbound import NotSent, Rejected
from turnkeeper.store import migrations as store_migrations
from turnkeeper.store.base import ClaimedTurn, Intake, Sent, Stray
from turnkeeper.store.migrations import Migration, migrations
from turnkeeper.store.postgres import connecting, migrating
from turnkeeper.store.postgres.rows import PostgresRows
from turnkeeper.store.postgres.store import PostgresStore
from turnkeeper.testing.events import Channels, text

NAMES = [migration.name for migration in migrations("turnkeeper.store.postgres")]
CUT = """select pg_terminate_backend(pid) from pg_stat_activity
  where pid <> pg_backend_pid() and datname = current_database()"""


async def until(true: Callable[[], bool]) -> None:
    while not true():
        await asyncio.sleep(0.01)


class TestConnecting:
    @pytest.mark.parametrize("what", ["database", "server"])
    async def test_what_cannot_be_reached_is_unavailable(self, what: str, postgres_url: str) -> None:
        server = f"postgresql://postgres@127.0.0.1:{free_port()}/postgres"
        store = PostgresStore(f"{postgres_url}_gone" if what == "database" else server, Channels())
        with pytest.raises(StoreUnavailable, match="cannot connect"):
            await store.open()
        with pytest.raises(StoreUnavailable, match="closed"):
            await store.take(webhook(text("hi")))
        await store.close()

    async def test_an_empty_database_is_not_ours_until_it_is_migrated(self, postgres_database: str) -> None:
        store = PostgresStore(postgres_database, Channels())
        await store.open()
        with pytest.raises(StoreMismatch, match="migrate"):
            await store.take(webhook(text("hi")))
        with pytest.raises(StoreMismatch, match="migrate"):
            await store.ledger()
        assert await store.migrate() == NAMES
        assert (await store.take(webhook(text("hi")))).accepted == 1
        await store.close()

    async def test_a_lost_connection_is_unavailable_once(self, migrated_database: str) -> None:
        """The transaction that it cuts off leaves nothing behind; the same call works again."""
        async with machines(migrated_database) as [store], session(migrated_database) as behind:
            await store.take(webhook(text("first")))
            key = await key_of(store)
            lock = behind.transaction()
            await lock.start()
            await behind.execute("select 1 from conversation for update")
            hello = webhook(text("hello", id="m1"))
            takes = [asyncio.ensure_future(store.take(hello)) for _ in range(3)]
            while not await behind.fetchval("select count(*) from pg_locks where not granted"):
                await asyncio.sleep(0.01)
            await behind.execute(CUT)
            for one in await asyncio.gather(*takes, return_exceptions=True):
                assert isinstance(one, StoreUnavailable), one
            await lock.rollback()
            assert (await store.take(hello)).accepted == 1
            assert [line.text for line in await store.history(key, 10)] == ["first", "hello"]

    async def test_settings_stay_with_a_connection_that_was_given_back(self, migrated_database: str) -> None:
        async with machines(migrated_database) as [store]:
            await store.take(webhook(text("hi")))
            for name, value in connecting.SETTINGS.items():

                async def show(connection: Any, name: str = name) -> Any:
                    return await connection.fetchval(f"show {name}")

                assert await store._read(show) == value

    async def test_closing_finishes_what_is_under_way(self, migrated_database: str) -> None:
        async with machines(migrated_database) as [store]:
            takes = [asyncio.ensure_future(store.take(webhook(text("hi", of=str(n))))) for n in range(50)]
            alone = asyncio.ensure_future(store.register(W1, T0))
            await asyncio.sleep(0)
            await store.close()
            assert sum(taken.accepted for taken in await asyncio.gather(*takes)) == 50
            await alone
        async with session(migrated_database) as behind:
            assert await behind.fetchval("select count(*) from event") == 50

    async def test_who_stops_waiting_does_not_stop_the_transaction(self, migrated_database: str) -> None:
        async with machines(migrated_database) as [store]:
            task = asyncio.ensure_future(store.register(W1, T0))
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await until(lambda: not store._alone_now)
            assert (await store.beat(W1, now=T0, lease=3, holding=None, reap=False)).alive


class TestMigrations:
    async def test_machines_that_start_at_once_migrate_once(self, postgres_database: str) -> None:
        stores = [PostgresStore(postgres_database, Channels()) for _ in range(4)]
        for store in stores:
            await store.open()
        applied = await asyncio.gather(*(store.migrate() for store in stores))
        assert sorted(name for names in applied for name in names) == NAMES
        for store in stores:
            await store.close()

    async def test_another_text_under_a_known_name_is_refused(self, migrated_database: str) -> None:
        async with machines(migrated_database) as [store], session(migrated_database) as behind:
            assert await store.migrate() == []
            await behind.execute("update migration set checksum = 'other'")
            with pytest.raises(StoreMismatch, match="0001_engine"):
                await store.migrate()

    @pytest.mark.parametrize("then", ["select 1", "select 1 from conversation for update"])
    async def test_tables_in_use_are_changed_once_they_are_let_go(
        self, then: str, migrated_database: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Used by a backup, or by the previous release as it fires a timer; others go on meanwhile."""
        more = Migration("9001_more", "alter table conversation add more text; alter table timer add more text")
        monkeypatch.setattr(migrating, "WAITS", "100ms")
        monkeypatch.setattr(migrating, "PASSES", 0.05)
        async with (
            machines(migrated_database) as [store],
            session(migrated_database) as behind,
            session(migrated_database) as beside,
        ):
            monkeypatch.setattr(store_migrations, "migrations", lambda _: [more])
            async with behind.transaction():
                await behind.execute("select 1 from timer for update")
                migration = asyncio.ensure_future(store.migrate())
                while not await beside.fetchval("select count(*) from pg_locks where not granted"):
                    await asyncio.sleep(0.01)
                await behind.execute(then, timeout=5)
                await beside.execute("select 1 from conversation", timeout=5)
                assert not migration.done()
            assert await migration == ["9001_more"]

    def test_an_index_of_a_table_that_was_there_needs_nothing_of_its_own_migration(self) -> None:
        """Else it could not be built before it."""
        for migration in migrations("turnkeeper.store.postgres"):
            altered = set(re.findall(r"^alter table (\w+) add", migration.sql, re.MULTILINE))
            assert not altered & {found[3] for found in migrating.INDEX.finditer(migration.sql)}, migration.name

    async def test_indexes_of_large_tables_are_built_beside_others(
        self, migrated_database: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Here every table counts as large, and one index was left half-built."""
        more = Migration(
            "9001_more",
            "create table more (id text);\ncreate index more_id on more (id);\n"
            "-- All of it.\ncreate unique index timer_all on timer (workspace_id, conversation_id,\n  id, due_at);",
        )
        monkeypatch.setattr(migrating, "LARGE", 0)
        monkeypatch.setattr(migrating, "_ELSEWHERE", 0.01)
        async with machines(migrated_database, 2) as stores, session(migrated_database) as behind:
            monkeypatch.setattr(store_migrations, "migrations", lambda _: [more])
            await behind.execute("create unique index timer_all on timer (workspace_id, conversation_id, id, due_at)")
            await behind.execute("update pg_index set indisvalid = false where indexrelid = 'timer_all'::regclass")
            async with behind.transaction():  # whoever writes there is not kept from it, and kept waiting for
                await behind.execute("delete from timer")
                migration = asyncio.gather(*(store.migrate() for store in stores))
                async with session(migrated_database) as beside:
                    while not await beside.fetchval("select count(*) from pg_locks where not granted"):
                        await asyncio.sleep(0.01)
                    await beside.execute("delete from timer", timeout=5)
                assert not migration.done()
            assert sorted(await migration) == [[], ["9001_more"]]
            valid = "select indisvalid from pg_index where indexrelid in ('timer_all'::regclass, 'more_id'::regclass)"
            assert [row[0] for row in await behind.fetch(valid)] == [True, True]

    async def test_tables_in_use_for_too_long(self, migrated_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(migrating, "WAITS", "1ms")
        monkeypatch.setattr(migrating, "PASSES", 0)
        async with machines(migrated_database) as [store], session(migrated_database) as behind:
            monkeypatch.setattr(store_migrations, "migrations", lambda _: [Migration("9001_drop", "drop table timer")])
            async with behind.transaction():
                await behind.execute("select 1 from timer")
                with pytest.raises(StoreUnavailable, match="backup"):
                    await store.migrate()


class TestBatches:
    async def test_a_bad_item_leaves_its_neighbours_alone(self, migrated_database: str) -> None:
        async with machines(migrated_database) as [store]:
            bad = webhook(text("hi", of="bad", id="\ud800"))
            good = [webhook(text("hi", of=str(n))) for n in range(20)]
            found = await asyncio.gather(*(store.take(one) for one in [bad, *good]), return_exceptions=True)
            assert isinstance(found[0], UnicodeEncodeError)
            assert [one.accepted for one in found[1:] if not isinstance(one, BaseException)] == [1] * 20

    async def test_what_one_person_writes_is_accepted_in_order(self, migrated_database: str) -> None:
        async with machines(migrated_database) as [store]:
            people = [str(n) for n in range(20)]
            hooks = [webhook(text(str(n), of=of), at=T0 + n) for n in range(20) for of in people]
            await asyncio.gather(*(store.take(hook) for hook in hooks))
            await store.register(W1, T0)
            turns = await claim(store)
            assert len(turns) == len(people)
            for turn in turns:
                assert isinstance(turn, ClaimedTurn)
                assert texts(turn) == [str(n) for n in range(20)]

    async def test_strays_are_counted_within_a_batch_and_across(self, migrated_database: str) -> None:
        async with machines(migrated_database) as [store]:
            stray = Stray(SHOP.workspace_id, "shop", "ignored", "not ours", "k", b"{}", T0)
            other = stray._replace(dedup_key="l")
            assert (await store.take(Intake(strays=[stray, other, stray]))).duplicates == 1
            assert (await store.take(Intake(strays=[stray, stray]))).duplicates == 2
            ledger = await store.ledger()
            assert (ledger.states["ignored"], ledger.duplicates) == (2, 3)


class TestNul:
    """PostgreSQL's text has none; what holds one is kept all the same."""

    async def test_in_a_webhook(self, migrated_database: str) -> None:
        async with machines(migrated_database) as [store]:
            hook = webhook(text("a\x00b", of="1\x002", id="m\x00"))
            found = await asyncio.gather(store.take(hook), store.take(hook), store.take(webhook(text("hi"))))
            assert sorted(taken.accepted for taken in found) == [0, 1, 1]
            assert (await store.take(hook)).duplicates == 1
            (line,) = await store.history(await key_of(store, "1\ufffd2"), 5)
            assert line.text == "a\ufffdb"

    async def test_in_a_stray(self, migrated_database: str) -> None:
        async with machines(migrated_database) as [store]:
            stray = Stray(SHOP.workspace_id, "sh\x00op", "unreadable", "\x00", "k", b"\x00", T0)
            await store.take(Intake(strays=[stray]))
            assert (await store.ledger()).states["unreadable"] == 1

    async def test_in_a_turn(self, migrated_database: str) -> None:
        async with machines(migrated_database) as [store], session(migrated_database) as behind:
            await store.register(W1, T0)
            await store.take(webhook(text("hi")))
            turn = await one_turn(store)
            key = turn.run.key
            row = StepRow(key.workspace_id, key.id, turn.turn.no, 1, "na\x00me", 1, "ar\x00gs", False, T0, b"\x00", T0)
            await store.finish_step(turn.run, row)
            assert await behind.fetchval("select name || arguments from step") == "na\ufffdmear\ufffdgs"
            await store.commit(replace(ending(turn), trace="tr\x00ace"))
            assert await behind.fetchval("select trace from turn") == "tr\ufffdace"

    @pytest.mark.parametrize("outcome", [Rejected("1\x000", "a\x00b"), NotSent("a\x00b", code="1\x000")])
    async def test_in_what_a_provider_says_of_a_send(self, outcome: Rejected | NotSent, migrated_database: str) -> None:
        async with machines(migrated_database) as [store], session(migrated_database) as behind:
            await store.register(W1, T0)
            await store.take(webhook(text("hi")))
            turn = await one_turn(store)
            send = (await store.commit(ending(turn, "hello"))).send
            assert send is not None
            await store.record(Sent(send.row.key, send.row.tries, outcome, send.run, 1.0, T0 + 61))
            assert await behind.fetchval("select code || reason from outbound") == "1\ufffd0a\ufffdb"


class TestOwnThread:
    async def test_a_blocked_loop_does_not_stop_a_transaction(self, migrated_database: str) -> None:
        """What it has locked would hold up the other machines."""
        store = PostgresStore(migrated_database, Channels(SHOP), own_thread=True)
        await store.open()
        await store.migrate()
        done = threading.Event()

        async def script(rows: PostgresRows) -> None:
            for _ in range(10):
                await rows.clock()
            done.set()

        played = asyncio.ensure_future(store._alone(script))
        await asyncio.sleep(0)
        assert done.wait(10)  # on purpose: this thread's loop stands still
        await played
        await store.close()

    async def test_it_does_the_same_from_there(self, migrated_database: str) -> None:
        heard: list[tuple[bytes, str]] = []
        store = PostgresStore(migrated_database, Channels(SHOP), own_thread=True)
        await store.open()
        await store.migrate()
        await store.register(W1, T0)
        stop = await store.listen(lambda payload: heard.append((payload, threading.current_thread().name)))
        await asyncio.gather(*(store.take(webhook(text("hi", of=str(n)))) for n in range(50)))
        sent: list[str] = []
        await asyncio.gather(*(answer(store, one, "hello", sent, T0 + 61) for one in await claim(store)))
        assert len(sent) == 50
        with pytest.raises(asyncpg.UniqueViolationError):
            await store.register(W1, T0)
        await store.notify(b"x")
        await until(lambda: bool(heard))
        assert heard == [(b"x", threading.current_thread().name)]
        await stop()
        assert (await store.ledger()).states["answered"] == 50
        await store.close()
        assert all(thread.name != "postgres" for thread in threading.enumerate())
        with pytest.raises(StoreUnavailable):
            await store.ledger()


class TestNotifications:
    async def test_everybody_hears_every_payload(self, migrated_database: str) -> None:
        async with machines(migrated_database, 2) as [one, two]:
            heard: dict[str, list[bytes]] = {"one": [], "two": []}
            stops = [await one.listen(heard["one"].append), await two.listen(heard["two"].append)]
            payloads = [b"", b"\x00\xff", b"a" * 5_900]
            for payload in payloads:
                await two.notify(payload)
            await until(lambda: [len(h) for h in heard.values()] == [3, 3])
            assert heard == {"one": payloads, "two": payloads}
            await stops[0]()
            await two.notify(b"later")
            await until(lambda: len(heard["two"]) == 4)
            assert len(heard["one"]) == 3
            await stops[1]()

    async def test_what_is_too_long_says_look(self, migrated_database: str) -> None:
        async with machines(migrated_database) as [store]:
            heard: list[bytes] = []
            stop = await store.listen(heard.append)
            await store.notify(b"a" * 6_001)
            await until(lambda: bool(heard))
            assert heard == [b""]
            await stop()

    async def test_a_listener_comes_back_and_says_look(self, migrated_database: str) -> None:
        async with machines(migrated_database) as [store], session(migrated_database) as behind:
            heard: list[bytes] = []
            stop = await store.listen(heard.append)
            await behind.execute(CUT)
            await until(lambda: bool(heard))
            assert heard == [b""]
            async with machines(migrated_database) as [other]:
                await other.notify(b"again")
                await until(lambda: len(heard) == 2)
            assert heard[1] == b"again"
            await stop()


async def test_losing_a_race_is_no_error(migrated_database: str) -> None:
    """A deadlock, made on purpose: one of the two is chosen, and plays again."""
    async with machines(migrated_database) as [store], session(migrated_database) as behind:
        await store.take(webhook(text("hi", of="1"), text("hi", of="2")))
        first, second = await key_of(store, "1"), await key_of(store, "2")
        plays = 0
        met = asyncio.Barrier(2)

        def script(keys: list[Any]) -> Any:
            async def play(rows: Any) -> None:
                nonlocal plays
                plays += 1
                await rows.lock([keys[0]])
                if plays <= 2:
                    await met.wait()
                await rows.lock([keys[1]])

            return play

        await behind.execute("alter role current_user set deadlock_timeout = '20ms'")
        try:
            async with machines(migrated_database) as [fresh]:
                transact = fresh._connections.transact
                await asyncio.gather(transact(script([first, second])), transact(script([second, first])))
        finally:
            await behind.execute("alter role current_user reset deadlock_timeout")
        assert plays >= 3


async def test_an_error_that_stays_is_told(migrated_database: str) -> None:
    async with machines(migrated_database) as [store]:
        await store.register(W1, T0)
        with pytest.raises(asyncpg.UniqueViolationError):
            await store.register(W1, T0)
