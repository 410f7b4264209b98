"""The schema: rows as the structs say, one plan a statement, and who sees what."""

import asyncio
import json
import re
from typing import Any

import asyncpg
import msgspec
import pytest

from tests.store.postgres_machines import SHOP, T0, W1, answer, claim, machines, session, webhook
from tests.support.postgres import Cluster
from turnkeeper.model import conversation as rows
from turnkeeper.model.agents import Fact
from turnkeeper.store.base import Intake, Stray
from turnkeeper.store.migrations import migrations
from turnkeeper.store.postgres import erasing, statements
from turnkeeper.store.postgres.connecting import SETTINGS
from turnkeeper.store.rows import EarlyReport
from turnkeeper.testing.events import channel, text

TABLES: list[tuple[str, tuple[str, ...]]] = [
    ("conversation", rows.Conversation.__struct_fields__),
    ("address", rows.AddressRow.__struct_fields__),
    ("event", rows.EventRow.__struct_fields__),
    ("stray", (*rows.StrayRow.__struct_fields__, "deliveries")),
    ("outbound", rows.OutboundRow.__struct_fields__),
    ("early_report", EarlyReport._fields),
    ("turn", rows.TurnRow.__struct_fields__),
    ("step", rows.StepRow.__struct_fields__),
    ("session", rows.SessionRow.__struct_fields__),
    ("timer", rows.TimerRow.__struct_fields__),
    ("fact", Fact.__struct_fields__),
]
NOT_TENANTS = {"worker", "migration", "console_user", "sign_in", "link"}


async def test_tables_and_their_shapes_are_the_structs(migrated_database: str) -> None:
    listed = "select attname from pg_attribute where attrelid = $1::regclass and attnum > 0 order by attnum"
    async with machines(migrated_database), session(migrated_database) as behind:
        for table, fields in TABLES:
            for relation in (table, statements.shape(table)):
                assert tuple(row[0] for row in await behind.fetch(listed, relation)) == fields, relation


async def test_a_column_that_a_newer_release_adds_does_not_stop_this_one(migrated_database: str) -> None:
    async with machines(migrated_database) as [store], session(migrated_database) as behind:
        await store.register(W1, T0)
        await store.take(webhook(text("before")))
        for table, _ in TABLES:
            await behind.execute(f"alter table {table} add column newer text not null default 'x'")
        sent: list[str] = []
        await store.take(webhook(text("after"), text("hi", of="2")))
        for claimed in await claim(store):
            await answer(store, claimed, "hello", sent, T0 + 61)
        assert sent == ["hello", "hello"]
        assert (await store.ledger()).states["answered"] == 3


COLUMNS = """select c.relname, array_agg((a.attname, format_type(a.atttypid, a.atttypmod))::text order by a.attnum),
    array_agg(a.attnotnull and a.attidentity = '' and not a.atthasdef order by a.attnum)
  from pg_class c join pg_attribute a on a.attrelid = c.oid
  where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'c') and a.attnum > 0 group by c.relname"""


async def test_what_a_release_uses_no_later_one_takes_away(postgres_database: str) -> None:
    """Tables only grow, by columns that need not be given; types in which rows travel stay as they are."""
    before: dict[str, list[str]] = {}
    async with session(postgres_database) as behind:
        for migration in migrations("turnkeeper.store.postgres"):
            await behind.execute(migration.sql)
            found = {name: (columns, needed) for name, columns, needed in await behind.fetch(COLUMNS)}
            for name, columns in before.items():
                now, needed = found[name]
                assert now[: len(columns)] == columns, (migration.name, name)
                grown = not re.search(r"_row\d*$", name) and not any(needed[len(columns) :])
                assert now == columns or grown, (migration.name, name)
            before = {name: columns for name, (columns, _) in found.items()}


PLANS = [
    ("ADDRESSES", "address_pkey", 3),
    ("REPOINT_ADDRESSES", "address_conversation", 1),
    ("REPOINT_CONVERSATIONS", "conversation_pkey", 2),
    ("LOCK", "conversation_pkey", 2),
    ("SAVE", "conversation_pkey", 2),
    ("DUE", "conversation_due", 1),
    ("OWNED", "conversation_owner", 1),
    ("COUNT_OWNED", "conversation_owner", 1),
    ("KNOWN", "event_dedup", 2),
    ("RECENT", "event_pkey", 2),
    ("OPEN", "event_pkey", 3),
    ("NUMBERED", "event_pkey", 3),
    ("BY_EXTERNAL", "event_pkey", 2),
    ("EARLY_EVENTS", "event_pkey", 2),
    ("CHANGE", "event_pkey", 3),
    ("REWRITE", "event_pkey", 3),
    ("END", "event_pkey", 4),
    ("OUTBOUND", "outbound_pkey", 3),
    ("FIRST_OPEN", "outbound_pkey", 3),
    ("EXTERNAL", "outbound_external", 2),
    ("SAVE_OUTBOUND", "outbound_pkey", 3),
    ("TURN_STATES", "outbound_turn", 2),
    ("CANCEL", "outbound_pkey", 3),
    ("OPEN_SEND", "outbound_pkey", 3),
    ("TURNS", "turn_pkey", 3),
    ("STEPS", "step_pkey", 3),
    ("SESSIONS", "session_pkey", 2),
    ("TAKE_EARLY", "early_report_external", 3),
    ("TAKE_TIMERS", "timer_due", 1),
    ("DROP_FOLLOW_UPS", "timer_pkey", 2),
    ("DROP_TIMERS", "timer_pkey", 2),
    ("DROP_SEQUENCES", "timer_pkey", 2),
    ("FORGET_UPLOAD", "upload_pkey", 3),
    ("NEWEST", "event_age", 1),
    ("BUCKETS", "bucket_pkey", 2),
    ("SAVE_BUCKETS", "bucket_pkey", 2),
    ("CONTACTS", "conversation_pkey", 2),
    ("TAKE_FACTS", "fact_pkey", 2),
    ("DROP_FACTS", "fact_pkey", 4),
]
ERASING: list[tuple[str, list[tuple[str, int]]]] = [
    ("_DUE", [("erasure_due", 1)]),
    ("_TAKE", [("erasure_pkey", 2)]),
    ("_PUT", [("erasure_pkey", 2)]),
    ("_EVENTS", [("event_pkey", 4)]),
    ("_EVENT_LEFT", [("event_pkey", 4)]),
    ("_ROWS", [("outbound_pkey", 4)]),
    ("_ROW_LEFT", [("outbound_pkey", 4)]),
    ("_TURNS", [("turn_pkey", 4)]),
    ("_STEPS", [("step_pkey", 3)]),
    ("_SESSION", [("session_pkey", 2)]),
    ("_FACTS", [("fact_pkey", 3)]),
    ("_SUMMARY", [("summary_pkey", 2)]),
    ("_KEPT", [("media_conversation", 1), ("file_pkey", 2), ("turn_pkey", 3), ("conversation_pkey", 2)]),
    ("_MOVE", [("media_pkey", 3)]),
    ("_DROP", [("media_pkey", 3)]),
    ("_REFUSED", [("media_conversation", 1)]),
    ("_FREE", [("file_pkey", 2), ("media_key", 1)]),
]
"""The same, of what erases: each of its statements may take several ways, one after the other."""
"""Statement, the index that finds its rows, and how many conditions it is searched by."""

FILL = """
  insert into address select 'default', 'shop', 'phone:' || i, 'c' || i, 'p' || i from generate_series(1, {n}) i;
  insert into conversation select 'default', 'c' || i, 'shop', 'p' || i, '', 'bot', null, 'w1', 1, 1, 0, 1, 0, 0,
    1, 'none', 1, 0, 0, false, null, null, null, null, null, null, i, null, null, null, i, 0.5, 2, 1, false, false,
    0, 0 from generate_series(1, {n}) i;
  insert into event select 'default', 'c' || i, 1, 'shop', i::text::bytea, 'x' || i, 'text', false, '', i, 'answered',
    null, 1, i from generate_series(1, {n}) i;
  insert into outbound select 'default', 'c' || i, 1, 'shop', 1, 0, '', 'read', 1, 0, i, i, null, i, i, 'o' || i,
    null, null, i, i, i, i from generate_series(1, {n}) i;
  insert into turn select 'default', 'c' || i, 1, 'committed', 1, 1, 1, 'b', '1', i, i, 1, null
    from generate_series(1, {n}) i;
  insert into step select 'default', 'c' || i, 1, 1, 's', 1, '', false, i, '', i from generate_series(1, {n}) i;
  insert into session select 'default', 'c' || i, '', null, '', i from generate_series(1, {n}) i;
  insert into timer select 'default', 'c' || i, 't', 'shop', i, false, '' from generate_series(1, {n}) i;
  insert into early_report select 'default', 'shop', 'e' || i, 'sent', i, null, null, i
    from generate_series(1, {n}) i;
  insert into fact select 'default', 'p' || i, 'b', 'n', '', 'c' || i, 1, i from generate_series(1, {n}) i;
  insert into bucket select 'default', 's' || i, i, i from generate_series(1, {n}) i;
  insert into media select 'default', 'shop', 'id:' || i, 'c' || i, 1, 'kept', i, 'k' || i
    from generate_series(1, {n}) i;
  insert into file select 'default', 'k' || i, '', 1, '', i from generate_series(1, {n}) i;
  insert into erasure select 'default', 'c' || i, 1, 1, 1, i from generate_series(1, {n}) i;
  insert into summary select 'default', 'c' || i, '', 1, 1 from generate_series(1, {n}) i;
"""


def searches(plan: dict[str, Any]) -> list[tuple[str, int]]:
    """Every index that a plan goes to, with the number of conditions; a whole table counts as an index too."""
    found = []
    kind = plan["Node Type"]
    if "Index" in kind:
        found.append((plan["Index Name"], plan.get("Index Cond", "").count(" AND ") + ("Index Cond" in plan)))
    elif kind not in ("Tid Scan", "Function Scan", "Subquery Scan") and "Scan" in kind:
        found.append((plan.get("Relation Name", kind), 0))
    for child in plan.get("Plans", []):
        found += searches(child)
    return found


@pytest.mark.parametrize("size", ["never analysed", "empty", "a handful", "a thousand"])
async def test_each_statement_has_one_plan_whatever_is_in_the_tables(size: str, migrated_database: str) -> None:
    """Plans are kept: one that suits an empty table must suit a full one."""
    async with machines(migrated_database), session(migrated_database) as behind:
        for name, value in SETTINGS.items():
            await behind.execute(f"set {name} = '{value}'")
        if size not in ("never analysed", "empty"):
            await behind.execute(FILL.format(n=5 if size == "a handful" else 1000))
        if size != "never analysed":
            await behind.execute("vacuum analyze")
        for name, index, conditions in PLANS:
            found = await ways(behind, getattr(statements, name))
            if name == "CANCEL":
                found.remove(("conversation_pkey", 2))
            assert found == [(index, conditions)], name
        for name, expected in ERASING:
            assert sorted(await ways(behind, getattr(erasing, name))) == sorted(expected), name


async def ways(behind: Any, sql: str) -> list[tuple[str, int]]:
    """The indexes that a statement goes to, by a plan for any values."""
    statement = await behind.prepare(sql)
    nulls = ", ".join(["null"] * len(statement.get_parameters()))
    await behind.execute(f"prepare it as {sql}")
    (plan,) = json.loads(await behind.fetchval(f"explain (format json) execute it({nulls})"))
    await behind.execute("deallocate it")
    return searches(plan["Plan"])


async def test_no_statement_was_forgotten() -> None:
    lookups = {
        name
        for name, text_ in vars(statements).items()
        if name.isupper() and isinstance(text_, str) and (" from " in text_ or text_.startswith("update"))
    }
    inserts = {name for name in lookups if getattr(statements, name).startswith("insert")}
    of_small_tables = {"PAUSED", "RESUME", "HOLD_CHANNEL", "FREE_CHANNEL", "BEAT", "ALIVE", "BURY", "DEAD", "FORGIVE"}
    of_small_tables |= {"END_OWN_PAUSE", "ACCOUNT", "PUT_ACCOUNT", "ACCOUNTS_DUE"}
    of_small_tables |= {"LOCK_WORKERS", "REMOVE_WORKERS", "LOCK_IDS", "CLOCK"}
    named = {name for name, *_ in PLANS}
    assert lookups - inserts - of_small_tables - {name for name in lookups if name.startswith("_")} == named


class TestWorkspaces:
    """Row-level security: the API's role sees one workspace, the engine all."""

    async def fill(self, url: str) -> None:
        theirs = channel("cafe", workspace="cafe")
        async with machines(url, 1, SHOP, theirs) as [store]:
            await store.register(W1, T0)
            await store.take(webhook(text("hi", of="1"), text("hi", of="2")))
            await store.take(webhook(text("hi", of="3"), of=theirs))
            sent: list[str] = []
            for claimed in await claim(store):
                await answer(store, claimed, "hello", sent, T0 + 61)
            await store.take(Intake(strays=[Stray(theirs.workspace_id, "cafe", "ignored", "why", "k", b"", T0)]))
            await store.pause_channel(theirs.workspace_id, theirs.id, "why", T0)
            assert (await store.ledger()).accepted == 4

    async def test_the_apis_role_sees_one(self, migrated_database: str) -> None:
        await self.fill(migrated_database)
        async with session(migrated_database) as api:
            await api.execute("set role turnkeeper_api")
            for workspace, events, pauses in (("default", 2, 0), ("cafe", 1, 1), ("", 0, 0), ("other", 0, 0)):
                async with api.transaction():
                    await api.execute("select set_config('turnkeeper.workspace', $1, true)", workspace)
                    for table in ("conversation", "event", "outbound", "turn", "session", "contact", "address"):
                        assert await api.fetchval(f"select count(*) from {table}") == events, table
                    assert await api.fetchval("select count(*) from channel_pause") == pauses
            assert await api.fetchval("select count(*) from event") == 0  # outside a transaction: nothing

    async def test_it_changes_nothing_and_sees_no_workers(self, migrated_database: str) -> None:
        await self.fill(migrated_database)
        async with session(migrated_database) as api:
            await api.execute("set role turnkeeper_api")
            for statement in ("select * from worker", "delete from event", "update conversation set owner = null"):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await api.execute(statement)

    async def test_it_knows_the_people_of_one_workspace_and_no_passwords(self, migrated_database: str) -> None:
        async with machines(migrated_database), session(migrated_database) as api:
            for name, home in (("ada", "default"), ("ben", "cafe")):
                await api.execute("insert into console_user values ($1, $1, $1, 'en', 1, null, 'a hash')", name)
                await api.execute("insert into member values ($2, $1, 'owner', 1)", name, home)
            await api.execute("set role turnkeeper_api")
            async with api.transaction():
                await api.execute("select set_config('turnkeeper.workspace', 'cafe', true)")
                assert [row[0] for row in await api.fetch("select name from console_user")] == ["ben"]
                assert await api.fetchval("select count(*) from member") == 1
                assert await api.execute("delete from member where user_id = 'ada'") == "DELETE 0"
            for statement in (
                "select password from console_user",
                "select * from sign_in",
                "select * from link",
                "insert into member values ('default', 'ben', 'owner', 1)",
                "update audit set what = ''",
                "delete from audit",
            ):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await api.execute(statement)

    async def test_every_table_of_a_tenant_is_guarded(self, migrated_database: str) -> None:
        guarded = """select relname from pg_class c where relkind = 'r' and relnamespace = 'public'::regnamespace
          and relrowsecurity and (
            select array_agg(pg_get_expr(polqual, polrelid)) from pg_policy p where p.polrelid = c.oid
          ) = array['(workspace_id = current_setting(''turnkeeper.workspace''::text, true))']"""
        tenants = """select table_name from information_schema.columns
          where table_schema = 'public' and column_name = 'workspace_id' and table_name not like '%_row'"""
        tables = "select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"
        async with machines(migrated_database), session(migrated_database) as behind:
            held = {row[0] for row in await behind.fetch(guarded)}
            assert held == {row[0] for row in await behind.fetch(tenants)}
            assert held | NOT_TENANTS == {row[0] for row in await behind.fetch(tables)}

    async def test_who_may_not_make_roles_does_without(self, postgres_cluster: Cluster, postgres_database: str) -> None:
        """Nor does a machine that starts while the role is not there need it."""
        database = postgres_database.rpartition("/")[2]
        async with session(postgres_database) as behind:
            await behind.execute("do $$ begin create role plain login; exception when duplicate_object then end $$")
            await behind.execute(f"alter database {database} owner to plain")
            await behind.execute("grant create on schema public to plain")
        async with machines(postgres_cluster.url(database, "plain")) as [store]:
            assert (await store.take(webhook(text("hi")))).accepted == 1
            assert (await store.ledger()).accepted == 1


def test_rows_are_read_as_they_are_written(migrated_database: str) -> None:
    """Every type at its edges: long integers, tiny fractions, bytes, texts outside ASCII, nothing."""
    full = {"workspace_id": "w", "id": "c"}
    values = {"int": 2**40, "float": 1_763_600_000.123_456, "str": "é\U0001f600\n'\\", "bool": True}

    async def run() -> None:
        async with machines(migrated_database) as [store]:
            for empty in (False, True):
                fields = dict(full)
                for field in msgspec.structs.fields(rows.Conversation)[4:]:
                    kind = next((k for k in values if k in str(field.type)), "str")
                    optional = "None" in str(field.type)
                    small = field.name in ("attempt", "claims", "failures", "unsent", "habit_seen", "held_echoes")
                    fields[field.name] = None if empty and optional else 3 if small else values[kind]  # type: ignore[assignment]
                written = rows.Conversation(**fields, channel_id="s", contact_id="p")  # type: ignore[arg-type]

                async def play(port: Any, row: rows.Conversation = written) -> rows.Conversation:
                    await port.create([row])
                    await port.save([row])
                    found: rows.Conversation = (await port.lock([row.key]))[row.key]
                    return found

                assert await store._connections.transact(play) == written

    asyncio.run(run())
