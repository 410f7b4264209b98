"""`turnkeeper flow numbers`."""

import asyncio
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from turnkeeper.app.database import migrate_store
from turnkeeper.cli.flow import app
from turnkeeper.config import load
from turnkeeper.model.flows import Counted, FlowKey
from turnkeeper.model.ids import BotId, WorkspaceId
from turnkeeper.store.sqlite.store import SqliteStore
from turnkeeper.testing.events import Channels

KEY = FlowKey(WorkspaceId("default"), BotId("guide"), "welcome")
DOCUMENT = {
    "name": "welcome",
    "nodes": [{"id": "n1", "type": "ask", "data": {"label": "What they are called by their friends", "text": "?"}}],
}
PASSED = {
    Counted("welcome", 1, "n1"): 1200,
    Counted("welcome", 1, "n1", "next"): 1000,
    Counted("welcome", 1, "n1", "fallback"): 50,
    Counted("welcome", 2, "gone"): 1,
}


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("numbers") / "turnkeeper.toml"
    path.write_text('[bots.guide]\nkind = "flow"\n[bots.other]\nkind = "python"\nentry = "other:bot"\n', "utf-8")
    asyncio.run(migrate_store(load(path)))
    asyncio.run(_filled(path))
    return path


async def _filled(path: Path) -> None:
    store = SqliteStore(str(path.with_name("turnkeeper.db")), Channels())
    await store.open()
    try:
        put = await store.put_flow(KEY, json.dumps(DOCUMENT).encode(), None, "ada", 1.0)
        assert put is not None
        await store.publish_flow(KEY, 1, b"{}", "", "ada", 1.0)
        await store.put_flow(KEY._replace(name="quiet"), b"{}", None, "ada", 1.0)
        counts = {(KEY.workspace_id, KEY.bot_id, counted): times for counted, times in PASSED.items()}
        await store._alone(lambda rows: rows.add_counts(counts))
    finally:
        await store.close()


def run(config: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["numbers", *arguments, "--config", str(config)])


def test_a_table_of_every_version(config: Path) -> None:
    shown = run(config, "guide").stdout.splitlines()
    assert shown[0] == "welcome, version 1"
    assert shown[1].split() == ["node", "entered", "waiting", "gave", "up", "left", "by"]
    assert shown[2].split("  ")[1] == "What they are called by th…"
    assert shown[2].split()[-7:] == ["1,200", "150", "50", "next", "1,000,", "fallback", "50"]
    assert shown[3] == "welcome, version 2"
    assert shown[5].split() == ["gone", "1", "1", "0"]


def test_as_json(config: Path) -> None:
    first, second = json.loads(run(config, "guide", "welcome", "--json").stdout)
    assert (first["node"], first["title"], first["waiting"]) == ("n1", DOCUMENT["nodes"][0]["data"]["label"], 150)  # type: ignore[index]
    assert second["title"] == "gone"


@pytest.mark.parametrize(
    "label, arguments, said",
    [
        ("a flow where nobody was", ("guide", "quiet"), "nobody has been there yet"),
        ("no such flow", ("guide", "welcom"), "bot guide has no flow 'welcom'. Did you mean \"welcome\"?"),
        ("no such bot", ("guid",), "there is no bot 'guid' that is flows. Did you mean \"guide\"?"),
        ("another kind of bot", ("other",), "there is no bot 'other' that is flows. Known: guide."),
    ],
)
def test_what_is_not_there(config: Path, label: str, arguments: tuple[str, ...], said: str) -> None:
    assert said in run(config, *arguments).output
