"""Backups: one snapshot while others write, whole or refused, and the same again where they are restored."""

import asyncio
import contextlib
import io
import json
import stat
import tarfile
import threading
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import apsw
import asyncpg
import pytest
from msgspec.structs import astuple

from tests.contracts.world import contents
from tests.support.postgres import Cluster
from turnkeeper import app
from turnkeeper.app import backup
from turnkeeper.app.archive import Archive
from turnkeeper.app.backup import Saved, back_up
from turnkeeper.app.database import migrate_store
from turnkeeper.app.stops import RESTORED, resume_refused
from turnkeeper.config import Settings, load
from turnkeeper.model.agents import Summary
from turnkeeper.model.conversation import SessionRow
from turnkeeper.model.ids import BotId, WorkerId, WorkspaceId
from turnkeeper.model.knowledge import BaseKey, DocumentRow, Passage
from turnkeeper.store.backup import BackupError, Dump, Table, compared, tables_of, wanted
from turnkeeper.store.base import Arrival, ClaimedTurn, Intake, Ledger, Store, TurnCommit
from turnkeeper.store.migrations import Migration, migrations
from turnkeeper.store.sqlite.spool import SqliteSpool
from turnkeeper.testing.events import text

TOML = """
[database]
url = "{url}"
[channels.shop]
kind = "whatsapp_cloud"
bot = "assistant"
phone_number_id = "1001"
waba_id = "2001"
access_token = "token"
app_secret = "secret"
verify_token = "verify"
[bots.assistant]
kind = "python"
entry = "bot:bot"
quiet = 0
max_wait = 0
"""
NOW = 1_760_000_000.0
HELP = BaseKey(WorkspaceId("default"), "help")
PATIENCE = 10.0
Places = Callable[[str], Settings]


def silent(*_: object) -> None:
    """Tell nobody."""


def configured(folder: Path, url: str = "sqlite:///data.db") -> Settings:
    folder.mkdir()
    (folder / "turnkeeper.toml").write_text(TOML.format(url=url), "utf-8")
    return load(folder / "turnkeeper.toml", {})


@pytest.fixture(scope="session")
def databases(postgres_cluster: Cluster) -> Callable[[str], str]:
    """Databases by name, empty when they are asked for: emptying one costs a tenth of making another."""
    made: set[str] = set()

    def database(name: str) -> str:
        if name not in made:
            postgres_cluster.create(name)
            made.add(name)
        postgres_cluster.execute("drop schema public cascade", "create schema public", database=name)
        return postgres_cluster.url(name)

    return database


@pytest.fixture(params=["sqlite", "postgres"])
def places(request: Any, tmp_path: Path) -> Places:
    """Configurations by name, each with an empty database of its own."""
    if request.param == "sqlite":
        return lambda name: configured(tmp_path / name)
    databases = request.getfixturevalue("databases")
    return lambda name: configured(tmp_path / name, databases(f"backup_{name}"))


@contextlib.asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Store]:
    store = app.open_store(settings.database_url, settings.directory())
    await store.open()
    try:
        yield store
    finally:
        await store.close()


async def hear(settings: Settings, store: Store, number: int) -> None:
    (channel,) = settings.channels
    words = f"message {number}\t\\ \n\x00é🎈"
    arriving = text(words, of=f"1555{number % 7:07}", at=NOW + number, id=f"wamid.{number}")
    await store.take(Intake([Arrival(channel, arriving, NOW + number)]))


async def fill(settings: Settings) -> Ledger:
    """People, an answer that is sending, a turn under way, messages that wait, and something to look up."""
    await migrate_store(settings)
    async with opened(settings) as store:
        row = DocumentRow(*HELP, "a.md", "A", "upload", "d", "kept", None, 1, 1, NOW)
        await store.put_document(row, [Passage("We refund.", "", "we refund|refunds", 0, 2)])
        await store.register(WorkerId("w1"), NOW)
        for number in range(20):
            await hear(settings, store, number)
        claimed = await store.claim(WorkerId("w1"), 4, NOW + 30, {"assistant": "1"})
        turn = next(each for each in claimed if isinstance(each, ClaimedTurn))
        session = SessionRow(turn.run.key.workspace_id, turn.run.key.id, b'{"n":1}', saved_at=NOW)
        facts = {"name": b'"Ada"'}
        commit = TurnCommit(turn.run, turn.turn.no, contents("one", "two"), session, NOW + 30, facts=facts)
        await store.keep_summary(Summary(*turn.run.key, "They count.", NOW, NOW), None)
        await store.draft_prompt(HELP.workspace_id, BotId("assistant"), "You help.", "", NOW)
        await store.publish_prompt(HELP.workspace_id, BotId("assistant"), 1, NOW)
        assert (await store.commit(commit)).send is not None
        return await store.ledger()


def look_up(settings: Settings) -> list[str]:
    """What is found, also of what is added now."""

    async def search() -> list[str]:
        async with opened(settings) as store:
            row = DocumentRow(*HELP, "b.md", "B", "upload", "d", "kept", None, 1, 1, NOW)
            await store.put_document(row, [Passage("No refund.", "", "no refund|refunds", 0, 2)])
            held = await store.postings(HELP, ["refunds"], 9)
            return sorted(each.text for each in await store.passages(HELP, held.found["refunds"]))

    return asyncio.run(search())


def fetch(settings: Settings) -> tuple[Ledger, list[tuple[Any, ...]]]:
    async def read() -> tuple[Ledger, list[tuple[Any, ...]]]:
        async with opened(settings) as store:
            told = []
            for each in await store.recent(1000):
                moments = await store.moments(each.key, 1000)
                known = [fact.value for fact in await store.facts(each.workspace_id, each.contact_id)]
                known += [said.text.encode() for said in [await store.summary(each.key)] if said]
                told.append((each.id, each.epoch, each.unsent, each.turn_state, each.owner, tuple(moments), *known))
            return await store.ledger(), [*sorted(told), *map(astuple, await store.published_prompts())]

    return asyncio.run(read())


def restore(settings: Settings, source: Path, *, force: bool = False, keep_sending: bool = False) -> Saved:
    return backup.restore(settings, source, silent, force=force, keep_sending=keep_sending)


def test_what_was_saved_is_there_again(places: Places, tmp_path: Path) -> None:
    one, other = places("one"), places("other")
    ledger = asyncio.run(fill(one))
    for name, body in (("default/ab/cd/abcd", b"picture"), ("incoming/half", b"not yet")):
        path = one.folder / "media" / name
        path.parent.mkdir(parents=True)
        path.write_bytes(body)
    saved = back_up(one, tmp_path, silent)
    assert saved.pending == {
        "messages": sum(ledger.states[s] for s in ("waiting", "running")),
        "answers": 2,
        "timers": 0,
    }
    assert stat.S_IMODE(saved.path.stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["one", "other", saved.path.name])
    back = restore(other, saved.path)
    assert fetch(other) == fetch(one)
    assert fetch(other)[0] == ledger
    assert [tail for row in fetch(other)[1] for tail in row[6:]][:2] == [b'"Ada"', b"They count."]
    assert (other.folder / "media/default/ab/cd/abcd").read_bytes() == b"picture"
    assert back.as_words()["files"] == 1
    assert json.dumps(back.as_words())
    assert look_up(other) == ["No refund.", "We refund."]


def test_a_row_of_every_table_is_there_again(places: Places, tmp_path: Path) -> None:
    one, other = places("one"), places("other")
    asyncio.run(fill(one))
    asyncio.run(rows_of_all(one, fill_up=True))
    before = asyncio.run(rows_of_all(one))
    assert all(before.values())
    assert {
        "payment",
        "template",
        "consent",
        "announcement",
        "escalation",
        "flow_version",
        "flow_count",
    } < before.keys()
    restore(other, back_up(one, tmp_path, silent).path, keep_sending=True)
    assert asyncio.run(rows_of_all(other)) == before


async def rows_of_all(settings: Settings, *, fill_up: bool = False) -> dict[str, list[str]]:
    """The rows of all tables but the workers'. `fill_up`: first one row of anything where there is none."""
    kind = "sqlite" if settings.database_url.startswith("sqlite") else "postgres"
    names = [name for name in tables_of(migrations(f"turnkeeper.store.{kind}")) if name != "worker"]
    if kind == "sqlite":
        with contextlib.closing(apsw.Connection(settings.database_url.removeprefix("sqlite:///"))) as file:
            return {name: rows_in_file(file, name, fill_up=fill_up) for name in names if name != "passage_index"}
    connection = await asyncpg.connect(settings.database_url)
    try:
        return {name: await rows_in_postgres(connection, name, fill_up=fill_up) for name in names}
    finally:
        await connection.close()


def rows_in_file(connection: apsw.Connection, name: str, *, fill_up: bool) -> list[str]:
    found = sorted(repr(row) for row in connection.execute(f"select * from {name}"))
    if fill_up and not found:
        like = {"blob": b"{}", "text": "a\tb"}
        values = [like.get(str(row[2]).lower(), 7) for row in connection.execute(f"pragma table_info({name})")]
        connection.execute(f"insert into {name} values ({', '.join('?' * len(values))})", values)
    return found


async def rows_in_postgres(connection: Any, name: str, *, fill_up: bool) -> list[str]:
    found = sorted(repr(tuple(row)) for row in await connection.fetch(f"select * from {name}"))
    if fill_up and not found:
        columns = await connection.fetch(
            """select attname, format_type(atttypid, null) from pg_attribute
            where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = ''""",
            name,
        )
        like = {"text": "'a\tb'", "bytea": "'{}'", "boolean": "true", "text[]": "'{}'", "tsvector": "''"}
        listed = ", ".join(column for column, _ in columns)
        values = ", ".join(like.get(kind, "7") for _, kind in columns)
        await connection.execute(f"insert into {name} ({listed}) values ({values})")
    return found


def test_numbers_that_the_database_gives_go_on_after_a_restore(places: Places, tmp_path: Path) -> None:
    one, other = places("one"), places("other")
    asyncio.run(fill(one))
    assert asyncio.run(announced(one)) == [1]
    assert asyncio.run(announced(one)) == [1, 2]
    saved = back_up(one, tmp_path / "b.tar.gz", silent)
    restore(other, saved.path)
    assert asyncio.run(announced(other)) == [1, 2, 3]


async def announced(settings: Settings) -> list[int]:
    """The numbers of what is announced, after one thing more."""
    values = "('default', 'crm', 'c1', 'turn.failed', '', 1.0, 1.0, 0, 'waiting')"
    columns = "workspace_id, subscription, conversation_id, event, body, created_at, due_at, tries, state"
    add, ask = f"insert into announcement ({columns}) values {values}", "select seq from announcement order by seq"
    if settings.database_url.startswith("sqlite"):
        connection = apsw.Connection(settings.database_url.removeprefix("sqlite:///"))
        connection.execute(add)
        found = [row[0] for row in connection.execute(ask)]
        connection.close()
        return found
    postgres = await asyncpg.connect(settings.database_url)
    await postgres.execute(add)
    rows = await postgres.fetch(ask)
    await postgres.close()
    return [row[0] for row in rows]


def test_nothing_is_sent_after_a_restore_until_somebody_says_so(places: Places, tmp_path: Path) -> None:
    one = places("one")
    asyncio.run(fill(one))
    saved = back_up(one, tmp_path / "b.tar.gz", silent)

    async def sends(settings: Settings) -> list[str]:
        async with opened(settings) as store:
            await store.register(WorkerId("w2"), NOW + 1000)
            await store.beat(WorkerId("w2"), now=NOW + 1000, lease=3.0, holding=frozenset(), reap=True)
            claimed = await store.claim(WorkerId("w2"), 100, NOW + 1000, {"assistant": "1"})
            return [type(each).__name__ for each in claimed]

    stopped, moved = places("other"), places("third")
    assert restore(stopped, saved.path).stopped == ("shop",)
    assert asyncio.run(resume_refused(stopped)) == ([], []), "a start is no reason to send"
    assert restore(moved, saved.path, keep_sending=True).stopped == ()
    states = fetch(moved)[0].states
    assert states["running"] >= 1
    for settings, paused in ((stopped, [RESTORED]), (moved, [])):

        async def reasons(settings: Settings = settings) -> list[str]:
            async with opened(settings) as store:
                return [reason for _, _, reason, _ in await store.paused_channels()]

        assert asyncio.run(reasons()) == paused
    kinds = asyncio.run(sends(moved))
    assert kinds, "what a dead worker had goes on"


def test_a_backup_is_one_snapshot_while_others_write(
    places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And it ends while they go on, though commits come between any two of its steps."""
    monkeypatch.setattr("turnkeeper.store.sqlite.backup._PAGES", 1)
    one, other = places("one"), places("other")
    asyncio.run(fill(one))
    target = tmp_path / "while.tar"
    committed, over = threading.Event(), threading.Event()

    def in_step(what: str, *_: object) -> None:
        """Go on after the next commit."""
        if what.startswith("copying") and not over.is_set():
            committed.clear()
            assert committed.wait(PATIENCE), "nobody writes"

    async def write_on() -> int:
        async with opened(one) as store:
            saving = asyncio.create_task(asyncio.to_thread(back_up, one, target, in_step))
            number = 1000
            while not saving.done() and number < 4000:
                await asyncio.gather(*(hear(one, store, number + each) for each in range(4)))
                number += 4
                committed.set()
            over.set()
            committed.set()
            assert saving.done(), "it waits for them to end"
            await saving
            return number

    written = asyncio.run(write_on())
    saved = Archive(target).check(silent)
    assert 20 <= saved.store.ledger.accepted <= 20 + written - 1000
    restore(other, target)
    found = fetch(other)[0]
    assert found == saved.store.ledger
    assert sum(found.states.values()) + sum(found.dropped.values()) == found.accepted

    async def go_on() -> Ledger:
        async with opened(other) as store:
            await hear(other, store, 0)
            await hear(other, store, 9999)
            return await store.ledger()

    after = asyncio.run(go_on())
    assert (after.accepted, after.duplicates) == (found.accepted + 1, found.duplicates + 1)


def test_a_place_that_is_taken_is_left_alone_but_by_force(places: Places, tmp_path: Path) -> None:
    one, other = places("one"), places("other")
    asyncio.run(fill(one))
    saved = back_up(one, tmp_path / "b.tar", silent)

    async def elsewhere(last_beat: float) -> None:
        await migrate_store(other)
        async with opened(other) as store:
            await hear(other, store, 5)
            await store.retire(WorkerId("w"), NOW)
            await store.register(WorkerId("w"), last_beat)

    asyncio.run(elsewhere(time.time()))
    with pytest.raises(BackupError, match="in use: stop the server"):
        restore(other, saved.path, force=True)
    asyncio.run(elsewhere(NOW))
    before = fetch(other)
    assert (before[0].accepted, before[0].duplicates) == (1, 1)
    with pytest.raises(BackupError, match=r"is not empty.*--force"):
        restore(other, saved.path)
    assert fetch(other) == before
    restore(other, saved.path, force=True)
    assert fetch(other) == fetch(one)


def test_the_other_kind_of_database_is_refused(archive: tuple[Settings, Path], tmp_path: Path) -> None:
    place = configured(tmp_path / "place", "postgresql://u@127.0.0.1:1/none")
    with pytest.raises(BackupError, match=r"is a backup of sqlite, and database\.url names PostgreSQL"):
        restore(place, archive[1])


@pytest.mark.parametrize(
    "label, applied",
    [
        ("a newer release's", {"0001_engine": "a", "0002_newer": "b"}),
        ("with another text", {"0001_engine": "other"}),
        ("none", {}),
    ],
)
def test_a_schema_of_another_release_is_refused(label: str, applied: dict[str, str]) -> None:
    known = [Migration("0001_engine", "create table x (y)"), Migration("0002_next", "")]
    applied = {name: known[0].checksum if sum_ == "a" else sum_ for name, sum_ in applied.items()}
    with pytest.raises(BackupError, match=r"another release's|no tables yet"):
        wanted(known, Dump("sqlite", applied, {}, Ledger(0, 0, {}), 0))
    dump = Dump("sqlite", {"0001_engine": known[0].checksum}, {}, Ledger(0, 0, {}), 0)
    assert wanted(known, dump) == known[:1], "what came later is applied afterwards"


@pytest.mark.parametrize("rows, accepted, said", [(2, 3, "x has 2 rows"), (1, 4, "the ledger's sums"), (1, 3, "")])
def test_what_is_not_as_it_was_is_refused(rows: int, accepted: int, said: str) -> None:
    dump = Dump("sqlite", {}, {"x": Table(1)}, Ledger(3, 0, {}), 0)
    with pytest.raises(BackupError, match=said) if said else contextlib.nullcontext():
        compared(dump, {"x": rows}, Ledger(accepted, 0, {}))


def rewritten(source: Path, target: Path, change: Callable[[str, bytes], tuple[str, bytes] | None]) -> Path:
    """A copy of an archive with its members changed or left out."""
    with tarfile.open(source) as old, tarfile.open(target, "w") as new:
        for about in old:
            file = old.extractfile(about)
            assert file is not None
            kept = change(about.name, file.read())
            if kept is not None:
                about.name, about.size = kept[0], len(kept[1])
                new.addfile(about, io.BytesIO(kept[1]))
    return target


@pytest.fixture
def archive(tmp_path: Path) -> tuple[Settings, Path]:
    settings = configured(tmp_path / "source")
    asyncio.run(fill(settings))
    return settings, back_up(settings, tmp_path / "b.tar", silent).path


def cut(source: Path, target: Path, at: int) -> Path:
    target.write_bytes(source.read_bytes()[:at])
    return target


def flipped(name: str, body: bytes) -> tuple[str, bytes]:
    return name, body[:-1] + bytes([body[-1] ^ 1]) if name.startswith("database/") else body


def beyond(name: str, place: str) -> str:
    return name.replace("database/", place)


DAMAGES: list[tuple[str, Callable[[Path, Path], object], str]] = [
    ("cut", lambda old, new: cut(old, new, 8192), "cannot be read to its end"),
    ("no manifest", lambda old, new: rewritten(old, new, lambda n, b: None if "manifest" in n else (n, b)), "its end"),
    ("a byte", lambda old, new: rewritten(old, new, flipped), "is damaged: database/turnkeeper.db"),
    (
        "a member less",
        lambda old, new: rewritten(old, new, lambda n, b: (n, b) if "manifest" in n else None),
        "damaged",
    ),
    ("climbing", lambda old, new: rewritten(old, new, lambda n, b: (beyond(n, "../"), b)), "it holds"),
    ("absolute", lambda old, new: rewritten(old, new, lambda n, b: (beyond(n, "/etc/"), b)), "it holds"),
    ("hidden", lambda old, new: rewritten(old, new, lambda n, b: (beyond(n, "database/."), b)), "it holds"),
    (
        "newer",
        lambda old, new: rewritten(old, new, lambda n, b: (n, b.replace(b'"format": 1', b'"format": 2'))),
        "newer",
    ),
    ("no tar", lambda _, new: new.write_text("hello"), "cannot be read"),
    ("nothing", lambda *_: None, "is not there"),
]


@pytest.mark.parametrize("label, damage, said", DAMAGES, ids=[row[0] for row in DAMAGES])
def test_what_is_no_whole_backup_is_refused(
    archive: tuple[Settings, Path], tmp_path: Path, label: str, damage: Callable[[Path, Path], object], said: str
) -> None:
    place = configured(tmp_path / "place")
    damaged = tmp_path / "damaged.tar"
    damage(archive[1], damaged)
    with pytest.raises(BackupError, match=said):
        restore(place, damaged)
    assert sorted(path.name for path in place.folder.iterdir()) == ["turnkeeper.toml"]


def test_a_backup_that_fails_leaves_the_one_before(
    archive: tuple[Settings, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, path = archive
    before = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("turnkeeper.app.archive.os.fsync", full)
    with pytest.raises(BackupError, match="No space left"):
        back_up(settings, path, silent)
    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir() if each.name.startswith(".")] == []


def test_a_database_that_is_damaged_is_not_passed_off_as_saved(archive: tuple[Settings, Path], tmp_path: Path) -> None:
    settings, _ = archive
    data = settings.folder / "data.db"
    connection = apsw.Connection(str(data))
    connection.execute("pragma wal_checkpoint(truncate)").fetchall()
    connection.execute("pragma journal_mode = delete").fetchall()
    root = connection.execute("select rootpage from sqlite_schema where name = 'event_dedup'").get
    size = connection.execute("pragma page_size").get
    connection.close()
    with data.open("r+b") as file:
        file.seek(root * size - 600)
        file.write(b"\xff" * 500)
    with pytest.raises(BackupError, match=r"damaged|malformed"):
        back_up(settings, tmp_path / "c.tar", silent)
    assert not (tmp_path / "c.tar").exists()


@pytest.mark.parametrize("places", ["postgres"], indirect=True)
def test_the_spool_is_saved_unless_a_server_has_it(places: Places, tmp_path: Path) -> None:
    one, other = places("one"), places("other")
    asyncio.run(fill(one))

    async def spool() -> None:
        spool = SqliteSpool(one.spool)
        await spool.open()
        await spool.add(b"a webhook")
        assert (await asyncio.to_thread(back_up, one, tmp_path / "in_use.tar", silent)).manifest.spool == "in use"
        await spool.close()

    asyncio.run(spool())
    saved = back_up(one, tmp_path / "b.tar", silent)
    assert saved.manifest.spool == "included"
    restore(other, saved.path)

    async def read() -> list[bytes]:
        spool = SqliteSpool(other.spool)
        await spool.open()
        found = [entry.body for entry in await spool.first()]
        await spool.close()
        return found

    assert asyncio.run(read()) == [b"a webhook"]
    with pytest.raises(BackupError, match=r"webhooks wait in .*--force"):
        restore(other, saved.path)


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_every_table_that_a_migration_makes_is_known(kind: str, request: Any, tmp_path: Path) -> None:
    """What a migration made in another way would be left out."""
    known = set(tables_of(migrations(f"turnkeeper.store.{kind}"))) | {"migration"}
    if kind == "sqlite":
        (tmp_path / "turnkeeper.toml").write_text('[database]\nurl = "sqlite:///data.db"')
        asyncio.run(migrate_store(load(tmp_path / "turnkeeper.toml", {})))
        connection = apsw.Connection(str(tmp_path / "data.db"))
        found = {row[0] for row in connection.execute("select name from sqlite_schema where type = 'table'")}
        connection.close()
        inside = ("passage_index", "search_index", "sqlite_")  # copied with the file, whole
        found = {name for name in found if not name.startswith(inside)}
    else:
        url = request.getfixturevalue("databases")("backup_one")
        (tmp_path / "turnkeeper.toml").write_text(f'[database]\nurl = "{url}"')
        asyncio.run(migrate_store(load(tmp_path / "turnkeeper.toml", {})))

        async def names() -> set[str]:
            connection = await asyncpg.connect(url)
            rows = await connection.fetch("select tablename from pg_tables where schemaname = 'public'")
            await connection.close()
            return {row[0] for row in rows}

        found = asyncio.run(names())
    assert found == known
