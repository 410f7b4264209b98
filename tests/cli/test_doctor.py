"""The doctor finds each link that is broken on purpose, and names the mend."""

import asyncio
import json
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.cli.setup import SetUp, set_up
from tests.web.provider import NotingStore, NotingWakeups
from tests.web.serving import serving
from turnkeeper.app.checkup import examine
from turnkeeper.app.database import migrate_store
from turnkeeper.app.link import Link
from turnkeeper.app.reaching import judge_public_url
from turnkeeper.app.stops import pause_channel
from turnkeeper.app.web_process import endpoints
from turnkeeper.cli.commands import app as commands
from turnkeeper.config import load
from turnkeeper.media.base import Place
from turnkeeper.media.bucket import BucketStore
from turnkeeper.store.base import Ledger
from turnkeeper.store.workers import Vitals
from turnkeeper.web.asgi import App, answer, send_answer
from turnkeeper.web.console import Console
from turnkeeper.web.counters import WebhookCounters
from turnkeeper.web.ops import Ops
from turnkeeper.web.site import Site
from turnkeeper.web.webhooks import Webhooks

Break = Callable[[SetUp], Awaitable[None] | None]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


class Idle:
    """What /ready reads of a store."""

    async def vitals(self, now: float, since: float) -> Vitals:  # noqa: ARG002
        return Vitals(1, 0)

    async def ledger(self) -> Ledger:
        return Ledger(0, 0, {})


def site_of(config: Path) -> Site:
    """The web process of a configuration, over a store that only notes."""
    found = endpoints(load(config).receivers)
    webhooks = Webhooks(found, NotingStore(), NotingWakeups(), lambda: 0.0, WebhookCounters())
    ops = Ops(Idle(), WebhookCounters(), lambda: 0.0)
    return Site(webhooks, ops, Console(config.parent / "none"))


@asynccontextmanager
async def running(folder: Path, *, serve: bool = True) -> AsyncIterator[SetUp]:
    port = free_port()
    async with AsyncExitStack() as stack:
        made = await stack.enter_async_context(set_up(folder, port))
        await migrate_store(load(made.config))
        if serve:
            await stack.enter_async_context(serving(site_of(made.config), port))
        yield made


def broken(links: list[Link]) -> list[str]:
    return [link.link for link in links if link.state == "broken"]


async def test_a_set_up_in_order_has_no_broken_link(tmp_path: Path) -> None:
    async with running(tmp_path) as made:
        links = await examine(made.config)
    assert {link.link: link.state for link in links} == {
        "configuration": "ok",
        "secrets": "ok",
        "bot assistant": "ok",
        "database": "ok",
        "migrations": "ok",
        "writing": "ok",
        "files": "ok",
        "public_url": "ok",
        "server": "ok",
        "channel shop: api": "ok",
        "channel shop: token": "ok",
        "channel shop: number": "ok",
        "channel shop: subscription": "ok",
        "channel shop: registered": "ok",
        "channel shop: address": "ok",
        "channel shop: sending": "ok",
        "channel shop: last event": "unknown",
    }
    assert all(link.mend for link in links if link.state == "broken")


def remove_config(made: SetUp) -> None:
    made.config.unlink()


def change(old: str, new: str) -> Break:
    return lambda made: made.change(old, new)


def without_token(made: SetUp) -> None:
    (made.folder / "token.txt").unlink()


def bot_gone(made: SetUp) -> None:
    made.change('entry = "bot_', 'entry = "no_bot_')


def bot_raises(made: SetUp) -> None:
    (made.folder / "raising_bot.py").write_text("1 / 0\n", "utf-8")
    made.change('entry = "bot_', 'entry = "raising_bot:bot" #')


def database_not_migrated(made: SetUp) -> None:
    made.change("data.db", "empty.db")
    (made.folder / "empty.db").touch()


def database_is_a_folder(made: SetUp) -> None:
    (made.folder / "folder.db").mkdir()
    made.change("data.db", "folder.db")


def database_in_a_file(made: SetUp) -> None:
    (made.folder / "file").touch()
    made.change("data.db", "file/data.db")


def database_is_no_database(made: SetUp) -> None:
    (made.folder / "other.db").write_bytes(b"this is a text " * 500)
    made.change("data.db", "other.db")


def files_in_a_file(made: SetUp) -> None:
    (made.folder / "media").touch()


def bucket_away(made: SetUp) -> None:
    keys = 'access_key_id = "key"\nsecret_access_key = "secret"'
    media = f'url = "s3://files"\nendpoint = "http://127.0.0.1:{free_port()}"\n{keys}'
    made.change("[bots.assistant]", f"[media]\n{media}\n[bots.assistant]")


def api_away(made: SetUp) -> None:
    made.change('api_base = "http://127.0.0.1:', f'api_base = "http://127.0.0.1:{free_port()}/" #')


def token_dead(made: SetUp) -> None:
    (made.folder / "token.txt").write_text("another", "utf-8")


def token_expired(made: SetUp) -> None:
    made.graph.management.token_expired = True


def number_disconnected(made: SetUp) -> None:
    made.graph.management.health["1000000001"] = {"status": "DISCONNECTED"}


def sent_elsewhere(made: SetUp) -> None:
    made.graph.webhooks.overrides["1000000001"] = "https://old.example.com/webhooks/shop"


def not_subscribed(made: SetUp) -> None:
    made.graph.management.subscribed.clear()


async def stopped(made: SetUp) -> None:
    assert await pause_channel(load(made.config), "shop")


def marked(made: SetUp) -> None:
    made.change("[bots.assistant]", 'environment = "production"\n[bots.assistant]')


LINKS: list[tuple[str, Break, str, str]] = [
    ("no file", remove_config, "configuration", "turnkeeper init"),
    ("a mistake in the file", change("public_url", "publik_url"), "configuration", 'Did you mean "public_url"?'),
    ("a secret is missing", without_token, "secrets", "into that file"),
    ("no such module", bot_gone, "bot assistant", "no_bot_"),
    ("a module that raises", bot_raises, "bot assistant", "mend raising_bot"),
    ("tables are missing", database_not_migrated, "migrations", "turnkeeper migrate"),
    ("a folder as database", database_is_a_folder, "database", "Check the file"),
    ("a folder that is none", database_in_a_file, "database", "database.url"),
    ("a text as database", database_is_no_database, "database", "Check the file"),
    ("a file for the files", files_in_a_file, "files", "media.url"),
    ("a bucket that is away", bucket_away, "files", "media.endpoint"),
    ("a plain http address", change("https://bot.", "http://bot."), "public_url", "https://"),
    ("the provider is away", api_away, "channel shop: api", "api_base"),
    ("another token", token_dead, "channel shop: token", "token"),
    ("an expired token", token_expired, "channel shop: token", "token"),
    ("another number", change("1000000001", "1000000009"), "channel shop: number", "phone_number_id"),
    ("a number that is off", number_disconnected, "channel shop: number", "Register the number"),
    ("no app subscribed", not_subscribed, "channel shop: subscription", "subscribed_apps"),
    ("webhooks go elsewhere", sent_elsewhere, "channel shop: registered", "turnkeeper channel connect shop"),
    ("another account", change("2000000001", "2000000009"), "channel shop: subscription", "waba_id"),
    ("another verify token", change('"verify"', '"other"'), "channel shop: address", "Start the server again"),
    ("a channel that is stopped", stopped, "channel shop: sending", "turnkeeper channel resume shop"),
    ("an environment without a name", marked, "channel shop: environment", 'SERVER__ENVIRONMENT) to "production"'),
    ("a channel renamed", change("channels.shop", "channels.new"), "channel new: registered", "channel connect new"),
]  # fmt: skip


@pytest.mark.parametrize("label, break_it, link, mend", LINKS, ids=[row[0] for row in LINKS])
async def test_each_link_broken_on_purpose(tmp_path: Path, label: str, break_it: Break, link: str, mend: str) -> None:
    async with running(tmp_path) as made:
        done = break_it(made)
        if done is not None:
            await done
        links = await examine(made.config)
    first = next(each for each in links if each.state == "broken")
    assert first.link == link, links
    assert mend in first.mend
    assert first.detail


MACHINES: list[tuple[str, str, str, str, str]] = [
    ("SQLite", "sqlite:///data.db", "", "ok", ""),
    ("a folder", "postgresql://127.0.0.1:1/x", "", "unknown", "a folder that all of them share"),
    ("a folder and a secret", "postgresql://127.0.0.1:1/x", f'secret = "{"s" * 40}"', "unknown", "media.url"),
    ("a bucket", "postgresql://127.0.0.1:1/x", 'url = "s3://files"', "unknown", "the same media.secret"),
    ("a bucket and a secret", "postgresql://127.0.0.1:1/x", f'url = "s3://files"\nsecret = "{"s" * 40}"', "ok", ""),
]


@pytest.mark.parametrize("label, database, media, state, mend", MACHINES, ids=[row[0] for row in MACHINES])
async def test_files_that_other_machines_would_not_find(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, label: str, database: str, media: str, state: str, mend: str
) -> None:
    async def answers(self: BucketStore, place: Place) -> None: ...

    monkeypatch.setattr(BucketStore, "size", answers)
    async with running(tmp_path, serve=False) as made:
        made.change("sqlite:///data.db", database)
        made.change("[bots.assistant]", f"[media]\n{media}\n[bots.assistant]")
        links = await examine(made.config)
    (link,) = [each for each in links if each.link == "files"]
    assert link.state == state
    assert mend in link.mend
    assert bool(link.mend) == (state != "ok")


async def test_a_channel_of_another_environment_is_left_alone(tmp_path: Path) -> None:
    async with running(tmp_path) as made:
        marked(made)
        token_dead(made)
        made.change("[server]", '[server]\nenvironment = "staging"')
        links = await examine(made.config)
    (link,) = [each for each in links if each.link.startswith("channel")]
    assert (link.link, link.state) == ("channel shop: environment", "ok")
    assert link.detail == "for production; this is staging, so it is left alone here"
    assert broken(links) == []


ADDRESSES = [
    ("https://bot.example.com", "ok"),
    ("https://bot.example.com:8443/x", "ok"),
    ("http://bot.example.com", "broken"),
    ("https://localhost", "broken"),
    ("https://bot.local", "broken"),
    ("https://192.168.1.5", "broken"),
    ("https://[::1]:8443", "broken"),
    ("", "unknown"),
]


@pytest.mark.parametrize("url, state", ADDRESSES)
async def test_an_address_that_the_provider_can_call(tmp_path: Path, url: str, state: str) -> None:
    async with running(tmp_path, serve=False) as made:
        made.change("https://bot.example.com", url)
        local = load(made.config)
        made.change('api_base = "http://127.0.0.1', 'api_base = "https://graph.example.com" # ')
        link = judge_public_url(load(made.config))
    assert link.state == state
    if url.startswith("https"):
        assert judge_public_url(local).state == "ok", "a try-out with everything at hand"


async def test_a_database_without_room_is_the_broken_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from turnkeeper.store.sqlite.store import SqliteStore

    async def full(self: object, worker_id: object, now: float) -> None:
        raise OSError("database or disk is full")

    monkeypatch.setattr(SqliteStore, "register", full)
    async with running(tmp_path) as made:
        links = await examine(made.config)
    assert broken(links) == ["writing"]
    assert "disk" in next(link for link in links if link.link == "writing").mend


async def test_a_port_that_another_program_has(tmp_path: Path) -> None:
    async def stranger(scope: object, receive: object, send: object) -> None:
        await send_answer(send, answer(404, b"nginx"))  # type: ignore[arg-type]

    async def unready(scope: object, receive: object, send: object) -> None:
        await send_answer(send, answer(503, b'{"workers":0}'))  # type: ignore[arg-type]

    async def found(app: App) -> Link:
        async with running(tmp_path, serve=False) as made:
            port = load(made.config).server.port
            async with serving(app, port):
                links = await examine(made.config)
        assert broken(links) == ["server"]
        return next(link for link in links if link.link == "server")

    assert "Another program has the port" in (await found(stranger)).mend
    assert '"workers":0' in (await found(unready)).detail


async def test_what_cannot_be_known_is_not_called_broken(tmp_path: Path) -> None:
    async with running(tmp_path, serve=False) as made:
        (made.folder / "data.db").unlink()
        made.change('public_url = "https://bot.example.com"', "")
        links = await examine(made.config)
    assert broken(links) == []
    unknown = {link.link for link in links if link.state == "unknown"}
    assert unknown == {
        "migrations",
        "writing",
        "public_url",
        "server",
        "channel shop: registered",
        "channel shop: address",
        "channel shop: sending",
        "channel shop: last event",
    }


def test_the_command_exits_with_1_and_names_the_first(tmp_path: Path) -> None:
    async def made() -> None:
        async with running(tmp_path, serve=False) as one:
            without_token(one)

    asyncio.run(made())
    config = str(tmp_path / "turnkeeper.toml")
    shown = CliRunner().invoke(commands, ["doctor", "--config", config])
    assert shown.exit_code == 1
    assert "Broken: secrets: channels.shop.access_token" in shown.stdout
    assert "Mend:   Put the value into that file." in shown.stdout
    told = json.loads(CliRunner().invoke(commands, ["doctor", "--json", "-c", config]).stdout)
    assert (told["ok"], told["broken"]) == (False, "secrets")
    assert {"link", "state", "detail", "mend"} == set(told["links"][0])


@pytest.fixture(autouse=True)
def restore_imports() -> Iterator[None]:
    """An examination imports bots: the next test must not find them, nor their folder."""
    path, modules, written = list(sys.path), set(sys.modules), sys.dont_write_bytecode
    yield
    sys.path[:] = path
    sys.dont_write_bytecode = written
    for name in set(sys.modules) - modules:
        if name.startswith(("bot_", "raising_bot")):
            del sys.modules[name]
