"""`turnkeeper timer list` and `cancel`."""

import asyncio
import json
import time
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner, Result

from turnkeeper.app.database import migrate_store
from turnkeeper.cli.init import FILES, STARTER
from turnkeeper.cli.timer import app
from turnkeeper.config import Settings, load
from turnkeeper.model.conversation import TimerRow
from turnkeeper.model.events import Inbound
from turnkeeper.store.base import Arrival, Intake
from turnkeeper.store.sqlite.store import SqliteStore
from turnkeeper.testing.events import ADA, text


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("timers")
    for name in FILES:
        (folder / name).write_text((STARTER / name).read_text("utf-8"), "utf-8")
    settings = load(folder / "turnkeeper.toml", secrets=False)
    asyncio.run(migrate_store(settings))
    return settings


def run(settings: Settings, *arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments, "--config", str(settings.path)])


async def _set(settings: Settings) -> str:
    """A conversation with a reminder in two days and a half and a follow-up that is overdue; its id."""
    (channel,) = settings.channels
    store = SqliteStore(str(Path(settings.database_url.removeprefix("sqlite:///"))), settings.directory_here())
    await store.open()
    now = time.time()
    place = settings.directory_here().channel(channel.workspace_id, channel.id)
    assert place is not None
    await store.take(Intake([Arrival(place, text("hi"), now)]))
    found = await store.find(channel.workspace_id, channel.id, f"phone:{ADA}")
    assert found is not None
    rows = [
        TimerRow(
            *found.key,
            name,
            channel.id,
            now + seconds,
            follow_up,
            msgspec.json.encode(Inbound(kind="timer", details={"name": name, "data": {"n": 1}})),
            name,
        )
        for name, seconds, follow_up in (("dinner", 60 * 3600 + 60, False), ("nudge", -300, True))
    ]
    await store._alone(lambda at: at.add_timers(rows))
    await store.close()
    return found.id


def test_shown_and_cancelled(settings: Settings) -> None:
    assert run(settings, "list").stdout.strip() == "no timer is set"
    id_ = asyncio.run(_set(settings))
    (channel,) = settings.channels
    overdue, dinner = run(settings, "list").stdout.splitlines()
    assert f"due for 5 minutes  nudge, until the contact writes  ({channel.id}, conversation {id_})" in overdue
    assert f"in 2 days  dinner  ({channel.id}, conversation {id_})" in dinner
    for asked in ((), (channel.id,), (id_,), (channel.id, f"+{ADA}")):
        found = json.loads(run(settings, "list", *asked, "--json").stdout)
        assert [(each["name"], each["follow_up"], each["data"]) for each in found] == [
            ("nudge", True, {"n": 1}),
            ("dinner", False, {"n": 1}),
        ]
    assert len(json.loads(run(settings, "list", "-n", "1", "--json").stdout)) == 1
    assert run(settings, "cancel", id_, "--name", "nudge").stdout.strip() == "cancelled 1 timer"
    assert json.loads(run(settings, "cancel", channel.id, f"+{ADA}", "--json").stdout) == {"cancelled": 1}
    assert run(settings, "list").stdout.strip() == "no timer is set"


@pytest.mark.parametrize("asked", [("list", "nobody"), ("cancel", "nobody"), ("list", "whatsapp", "+15550000000")])
def test_who_is_not_there_is_said_in_one_line(settings: Settings, asked: tuple[str, ...]) -> None:
    (channel,) = settings.channels
    named = tuple(channel.id if word == "whatsapp" else word for word in asked)
    done = run(settings, *named)
    assert done.exit_code == 1
    assert "turnkeeper: " in done.output
    assert done.output.count("\n") == 1
