"""`turnkeeper flow schedules`."""

import asyncio
import json
import time
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner, Result

from turnkeeper.app.database import migrate_store
from turnkeeper.cli.flow import app
from turnkeeper.config import load
from turnkeeper.model.agents import Fact
from turnkeeper.model.ids import BotId
from turnkeeper.store.base import Arrival, Intake
from turnkeeper.store.sqlite.store import SqliteStore
from turnkeeper.testing.events import text

CONFIG = """
[bots.guide]
kind = "flow"
flows = ["news.json"]
time_zone = "Asia/Jakarta"

[bots.quiet]
kind = "flow"

[bots.other]
kind = "python"
entry = "other:bot"

[channels.shop]
kind = "waha"
bot = "guide"
base_url = "http://127.0.0.1:1"
session = "s"
api_key = "k"
hmac_key = "a-key-of-some-length"


[channels.calm]
kind = "waha"
bot = "quiet"
base_url = "http://127.0.0.1:1"
session = "t"
api_key = "k"
hmac_key = "a-key-of-some-length"

"""
TRIGGERS = [
    {"kind": "schedule", "cron": "0 9 * * 1-5", "tag": "vip"},
    {"kind": "schedule", "cron": "0 9 1 1 *", "tag": "nobody", "local": True},
    {"kind": "first_message"},
]
NEWS = {
    "name": "news",
    "nodes": [
        {"id": "s", "type": "start", "data": {"triggers": TRIGGERS}},
        {"id": "m", "type": "message", "data": {"text": "News."}},
    ],
    "edges": [{"source": "s", "target": "m"}],
}


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("schedules") / "turnkeeper.toml"
    path.write_text(CONFIG, "utf-8")
    path.with_name("news.json").write_text(json.dumps(NEWS), "utf-8")
    asyncio.run(_filled(path))
    return path


async def _filled(path: Path) -> None:
    from turnkeeper.app.flow_library import FollowedFlows
    from turnkeeper.engine.clock import SystemClock

    settings = load(path, secrets=False)
    await migrate_store(settings)
    (shop,) = (each for each in settings.channels if each.id == "shop")
    store = SqliteStore(str(path.with_name("turnkeeper.db")), settings.directory_here())
    await store.open()
    try:
        for who in ("1", "2", "3"):
            said = text("STOP" if who == "3" else "hi", of=who, at=time.time())
            await store.take(Intake([Arrival(shop, said, time.time())]))
            home = await store.find(shop.workspace_id, shop.id, f"phone:{who}")
            assert home is not None
            tags = msgspec.json.encode(["vip"])
            fact = Fact(home.workspace_id, home.contact_id, BotId("guide"), "tags", tags, home.id, 1, 1.0)
            await store._alone(lambda rows, fact=fact: rows.put_facts([fact]))
        await FollowedFlows(settings, store, SystemClock()).look()
    finally:
        await store.close()


def run(config: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["schedules", *arguments, "--config", str(config)])


def test_what_comes_next_and_for_how_many(config: Path) -> None:
    first, second = run(config, "guide").stdout.splitlines()
    assert first.endswith(" 09:00 Asia/Jakarta  news  (0 9 * * 1-5) for 2 contacts with 'vip'"), "not after a STOP"
    assert second.endswith("-01-01 09:00 where each contact is  news  (0 9 1 1 *) for 0 contacts with 'nobody'")


def test_as_json(config: Path) -> None:
    first, second = json.loads(run(config, "guide", "--json").stdout)
    assert time.time() < first.pop("next_at") < second.pop("next_at")
    assert first == {
        "flow": "news", "cron": "0 9 * * 1-5", "tag": "vip", "local": False, "time_zone": "Asia/Jakarta", "contacts": 2,
    }  # fmt: skip
    assert second["local"]


@pytest.mark.parametrize(
    "label, arguments, said",
    [
        ("no schedules", ("quiet",), "no flow begins by the clock"),
        ("no such bot", ("guid",), "there is no bot 'guid' that is flows. Did you mean \"guide\"?"),
        ("another kind of bot", ("other",), "there is no bot 'other' that is flows. Known: guide, quiet."),
        ("elsewhere", ("guide", "--workspace", "cafe"), "bot guide has no channel here: nobody can be written to"),
    ],
)
def test_what_is_not_there(config: Path, label: str, arguments: tuple[str, ...], said: str) -> None:
    result = run(config, *arguments)
    assert said in result.output, label
    assert result.exit_code == (0 if label == "no schedules" else 1)
