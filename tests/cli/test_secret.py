"""A new key seals everything anew, and nothing of what was entered is lost."""

import asyncio
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from turnkeeper.app.configuration import with_console
from turnkeeper.app.database import migrate_store, opened
from turnkeeper.cli.commands import app
from turnkeeper.config import load
from turnkeeper.config.sealing import Sealing
from turnkeeper.config.stored import sealed
from turnkeeper.model.configured import Configured, ConfiguredKey
from turnkeeper.model.ids import DEFAULT_WORKSPACE

OLD, NEW = "o" * 32, "n" * 32
TOKEN = "22222222:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
LINE = ConfiguredKey(DEFAULT_WORKSPACE, "channel", "line")
TABLE: dict[str, object] = {"kind": "telegram", "bot": "assistant", "updates": "polling", "token": TOKEN}


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A set-up with a channel of the console, in two revisions, sealed with the old key."""
    monkeypatch.delenv("TURNKEEPER_SECRET_KEY", raising=False)
    path = tmp_path / "turnkeeper.toml"
    path.write_text('[bots.assistant]\nkind = "python"\nentry = "my_bot:bot"\n', "utf-8")
    (tmp_path / "secret.key").write_text(OLD, "utf-8")

    async def fill() -> None:
        settings = load(path)
        await migrate_store(settings)
        async with opened(settings) as store:
            for expected in (None, 1):
                document = sealed(TABLE | {"niche": str(expected)}, LINE, Sealing([OLD]))
                assert await store.put_configured(LINE, document, expected, "ada", 1.0)

    asyncio.run(fill())
    return path


def kept(config: Path) -> list[Configured]:
    async def look() -> list[Configured]:
        async with opened(load(config)) as store:
            return [*await store.all_configured(), *await store.all_configured_versions()]

    return asyncio.run(look())


def token(config: Path) -> str:
    """What the server would work with."""
    settings = asyncio.run(with_console(load(config)))
    assert not settings.problems
    return str(getattr(settings.receiver("line").channel.config, "token", ""))


def test_a_new_key_seals_everything_anew(config: Path) -> None:
    assert token(config) == TOKEN
    done = CliRunner().invoke(app, ["secret", "rotate", "--config", str(config), "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["sealed"] == 2
    file = config.with_name("secret.key")
    new, old = file.read_text().split()
    assert (old, len(new), oct(file.stat().st_mode & 0o777)) == (OLD, 64, "0o600")
    assert token(config) == TOKEN
    file.write_text(new)  # the old one goes
    assert token(config) == TOKEN
    for row in kept(config):
        assert json.loads(row.document)["token"]["sealed"].startswith(f"{told['key_id']}.")
        assert row.revision in (1, 2)


def test_with_the_key_in_the_environment_only_sealing_is_done(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TURNKEEPER_SECRET_KEY", f"{NEW} {OLD}")
    refused = CliRunner().invoke(app, ["secret", "rotate", "--config", str(config)])
    assert refused.exit_code != 0
    assert "--reseal" in str(refused.exception)
    done = CliRunner().invoke(app, ["secret", "rotate", "--reseal", "--config", str(config), "--json"])
    assert json.loads(done.stdout)["sealed"] == 2
    monkeypatch.setenv("TURNKEEPER_SECRET_KEY", NEW)
    assert token(config) == TOKEN


def test_what_no_key_opens_is_told_and_left_as_it_is(config: Path) -> None:
    config.with_name("secret.key").write_text(NEW)
    before = kept(config)
    done = CliRunner().invoke(app, ["secret", "rotate", "--config", str(config)])
    assert done.exit_code == 1
    assert "channel line (revision 2)" in done.output
    assert kept(config) == before


def test_a_key_that_could_be_guessed_is_refused(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TURNKEEPER_SECRET_KEY", "short")
    refused = CliRunner().invoke(app, ["secret", "rotate", "--reseal", "--config", str(config)])
    assert "32 characters" in str(refused.exception)
