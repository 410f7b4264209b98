"""`turnkeeper channel pause` and `resume`, and what a start makes of a stopped channel."""

import asyncio
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from turnkeeper.app.database import migrate_store
from turnkeeper.app.stops import pause_channel, resume_refused
from turnkeeper.app.stops import resume_channel as resumed
from turnkeeper.cli.channel import app
from turnkeeper.cli.init import FILES, STARTER
from turnkeeper.config import Settings, load
from turnkeeper.model.errors import ConfigurationError, StoreUnavailable
from turnkeeper.model.events import SessionStatus
from turnkeeper.store.base import Intake, SessionReport
from turnkeeper.store.sqlite.store import SqliteStore


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    for name in FILES:
        (tmp_path / name).write_text((STARTER / name).read_text("utf-8"), "utf-8")
    return load(tmp_path / "turnkeeper.toml", secrets=False)


def run(settings: Settings, *arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments, "--config", str(settings.path)])


def test_stopped_and_resumed_once_each(settings: Settings) -> None:
    asyncio.run(migrate_store(settings))
    (channel,) = settings.channels
    said = [run(settings, word, channel.id).stdout.strip() for word in ("pause", "pause", "resume", "resume")]
    assert said == [
        f"nothing is sent on {channel.id} until `turnkeeper channel resume {channel.id}`",
        f"{channel.id} is stopped already",
        f"{channel.id} sends again",
        f"{channel.id} was not stopped",
    ]


def test_a_start_resumes_what_was_refused_and_not_what_was_stopped_by_hand(settings: Settings) -> None:
    asyncio.run(migrate_store(settings))
    (channel,) = settings.channels
    assert asyncio.run(pause_channel(settings, channel.id))
    assert asyncio.run(resume_refused(settings)) == ([], [])
    assert asyncio.run(resumed(settings, channel.id))
    asyncio.run(_refused(settings))
    assert asyncio.run(resume_refused(settings)) == ([(channel.id, "190: dead")], [])
    assert asyncio.run(resume_refused(settings)) == ([], [])


def test_a_start_leaves_a_lost_session_to_those_who_look_after_it(settings: Settings) -> None:
    asyncio.run(migrate_store(settings))
    (channel,) = settings.channels
    asyncio.run(_lost(settings))
    assert asyncio.run(resume_refused(settings)) == ([], [])
    assert asyncio.run(resumed(settings, channel.id))


async def _lost(settings: Settings) -> None:
    (channel,) = settings.channels
    store = SqliteStore(settings.database_url.removeprefix("sqlite:///"), settings.directory())
    await store.open()
    status = SessionStatus(status="FAILED", works=False)
    await store.take(Intake(sessions=[SessionReport(channel, status, 1.0)]))
    await store.close()


def test_a_start_with_the_token_that_was_refused_resumes_nothing(settings: Settings) -> None:
    asyncio.run(migrate_store(settings))
    (channel,) = settings.channels
    asyncio.run(_refused(settings, channel.credentials))
    assert asyncio.run(resume_refused(settings)) == ([], [(channel.id, "190: dead")])
    text = settings.path.read_text("utf-8").replace("access_token =", 'access_token = "another" #')
    settings.path.write_text(text, "utf-8")
    assert asyncio.run(resume_refused(load(settings.path, secrets=False))) == ([(channel.id, "190: dead")], [])


async def _refused(settings: Settings, credentials: str = "of yesterday") -> None:
    from turnkeeper.app import open_store

    store = open_store(settings.database_url, settings.directory())
    await store.open()
    (channel,) = settings.channels
    await store.pause_channel(channel.workspace_id, channel.id, "190: dead", 1.0)
    assert isinstance(store, SqliteStore)
    await store._alone(lambda rows: rows.refused(channel.workspace_id, channel.id, credentials))
    await store.close()


def test_an_unknown_name_and_no_database(settings: Settings) -> None:
    (channel,) = settings.channels
    assert isinstance(run(settings, "pause", "nobody").exception, ConfigurationError)
    assert isinstance(run(settings, "resume", channel.id).exception, StoreUnavailable)
    assert not Path(settings.database_url.removeprefix("sqlite:///")).exists()
