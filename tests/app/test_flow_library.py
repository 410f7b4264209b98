"""Flows in files: checked at the start, published as they change."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from turnkeeper import app
from turnkeeper.app.flow_api import _around
from turnkeeper.app.flow_library import FollowedFlows, examine_flows, read_files
from turnkeeper.config import ConfigurationErrors, Settings, loads
from turnkeeper.config.flows import FlowKeys
from turnkeeper.engine.clock import SystemClock
from turnkeeper.model.errors import ConfigurationError
from turnkeeper.model.flows import FlowKey
from turnkeeper.model.ids import BotId, ChannelId, WorkspaceId
from turnkeeper.model.templates import TemplateRow
from turnkeeper.store.sqlite.store import SqliteStore
from turnkeeper.testing.events import Channels

BOT = BotId("guide")
CHANNEL = """
[channels.{name}]
kind = "telegram"
token = "{n}:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
secret_token = "0123456789abcdef{n}"
bot = "guide"
workspace = "{name}"
"""
START = {"id": "start", "type": "start", "data": {"triggers": [{"kind": "first_message"}]}}


def drawn(name: str = "welcome", text: str = "Name?", target: str = "ask") -> dict[str, Any]:
    ask = {"id": "ask", "type": "ask", "data": {"text": text, "save": "name"}}
    return {"name": name, "nodes": [START, ask], "edges": [{"source": "start", "target": target}]}


def settings(folder: Path, *more: str, files: str = '"welcome.json"') -> Settings:
    said = f'[bots.guide]\nkind = "flow"\nflows = [{files}]\n' + "\n".join(more)
    channels = [CHANNEL.format(name=name, n=n) for n, name in enumerate(("shop", "cafe"), 1)]
    return loads(said + "".join(channels), folder / "turnkeeper.toml", {})


def write(folder: Path, document: object, name: str = "welcome.json") -> None:
    path = folder / name
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    os.utime(path, ns=(path.stat().st_mtime_ns, path.stat().st_mtime_ns + 1_000_000))


def read(configured: Settings) -> list[str]:
    keys = configured.bots[BOT].keys
    assert isinstance(keys, FlowKeys)
    return [file.flow.name for file in read_files(configured, configured.bots[BOT], keys)]


WRONG: list[tuple[str, object, str, str, str]] = [
    ("no file", None, "welcome.json", "cannot be read", "Put the flow's JSON there"),
    ("not JSON", "{", "welcome.json", "it is not JSON", "Mend the flow"),
    ("no name", drawn(""), "welcome.json", "has no name", 'Add "name"'),
    ("no such node", drawn(target="gone"), "welcome.json, edge e1", "there is no node 'gone'", "Remove the edge"),
    ("a node's data", {**drawn(), "nodes": [{"id": "x", "type": "magic"}]}, "welcome.json, x", "not a type", "Known"),
    ("nothing after the start", {**drawn(), "edges": []}, "welcome.json, start", "leads nowhere", "Draw an edge"),
    (
        "a flow that there is not",
        {
            "name": "welcome",
            "nodes": [START, {"id": "f", "type": "flow", "data": {"flow": "orders"}}],
            "edges": [{"source": "start", "target": "f"}],
        },
        "welcome.json, f",
        "there is no flow 'orders'",
        "",
    ),
]


@pytest.mark.parametrize("label, document, key, problem, mend", WRONG)
def test_what_is_wrong_is_told_with_its_place(
    tmp_path: Path, label: str, document: object, key: str, problem: str, mend: str
) -> None:
    if document is not None:
        write(tmp_path, document)
    with pytest.raises(ConfigurationError) as found:
        read(settings(tmp_path))
    errors = found.value.errors if isinstance(found.value, ConfigurationErrors) else (found.value,)
    (told,) = [each for each in errors if each.key == key]
    assert problem in told.problem
    assert mend in told.mend


def test_two_flows_of_one_name_and_a_default_that_is_none(tmp_path: Path) -> None:
    write(tmp_path, drawn())
    write(tmp_path, drawn(), "again.json")
    with pytest.raises(ConfigurationError, match=r"again.json: holds the flow 'welcome', as welcome.json does"):
        read(settings(tmp_path, files='"welcome.json", "again.json"'))
    with pytest.raises(ConfigurationError, match=r'bots.guide.default: there is no flow .* Did you mean "welcome"\?'):
        read(settings(tmp_path, 'default = "welcom"'))
    write(tmp_path, drawn("orders"), "again.json")
    assert read(settings(tmp_path, 'default = "orders"', files='"welcome.json", "again.json"')) == ["welcome", "orders"]


def test_a_bot_whose_flows_will_not_do_is_not_made(tmp_path: Path) -> None:
    write(tmp_path, drawn(target="gone"))
    with pytest.raises(ConfigurationError, match="there is no node 'gone'"):
        app.load_bots(settings(tmp_path))
    write(tmp_path, drawn())
    assert list(app.load_bots(settings(tmp_path))) == [BOT]


def test_what_could_be_better_is_told_by_the_examination(tmp_path: Path) -> None:
    def told(**more: str) -> str:
        configured = settings(tmp_path, **more)
        keys = configured.bots[BOT].keys
        assert isinstance(keys, FlowKeys)
        return examine_flows(configured, configured.bots[BOT], keys).detail

    write(tmp_path, drawn())
    better = "its flows can be run, and could be better: welcome.json, ask: its exit 'next' leads nowhere"
    assert told() == f"{better}: the flow ends there"
    write(
        tmp_path,
        drawn()
        | {
            "nodes": [*drawn()["nodes"], {"id": "end", "type": "end"}],
            "edges": [*drawn()["edges"], {"source": "ask", "target": "end"}],
        },
    )
    assert told() == "its flow is right"
    assert told(files="") == "its flows are those that are published over the API"


async def test_templates_that_are_known_are_known_to_the_check(tmp_path: Path) -> None:
    write(tmp_path, drawn())
    configured = settings(tmp_path)
    store = SqliteStore(":memory:", Channels(), inline=True)
    await store.open()
    await store.migrate()
    try:
        shop = WorkspaceId("shop")
        checking = await _around(configured, store, configured.bots[BOT], shop, frozenset({"a"}))
        assert (checking.flows, checking.templates, checking.payments) == ({"a"}, None, frozenset())
        row = TemplateRow(shop, ChannelId("shop"), "seat", "en", "1", "approved", "utility", "", None, b"{}", 1.0)
        await store.put_template(row)
        await store.put_template(replace(row, workspace_id=WorkspaceId("cafe"), channel_id=ChannelId("cafe"), name="x"))
        assert (await _around(configured, store, configured.bots[BOT], shop, frozenset())).templates == {"seat"}
    finally:
        await store.close()


async def test_a_file_is_published_in_each_workspace_and_again_when_it_changes(tmp_path: Path) -> None:
    write(tmp_path, drawn())
    configured = settings(tmp_path)
    store = SqliteStore(":memory:", Channels(), inline=True)
    await store.open()
    await store.migrate()
    try:
        one, other = (FollowedFlows(configured, store, SystemClock()) for _ in range(2))
        for _ in range(2):
            await one.look()
            await other.look()
        for home in ("shop", "cafe"):
            assert one.shelf.now(WorkspaceId(home), BOT) == {"welcome": 1}
        write(tmp_path, drawn(text="What is your name?"))
        await one.look()
        await other.look()
        assert other.shelf.now(WorkspaceId("cafe"), BOT) == {"welcome": 2}
        write(tmp_path, drawn(target="gone"))
        await one.look()
        assert one.shelf.now(WorkspaceId("cafe"), BOT) == {"welcome": 2}
        versions = await store.flow_versions(FlowKey(WorkspaceId("cafe"), BOT, "welcome"))
        assert [(each.version, each.published_by) for each in versions] == [(2, "file"), (1, "file")]
    finally:
        await store.close()


async def test_workers_that_start_at_once_publish_one_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, drawn())
    configured = settings(tmp_path)
    store = SqliteStore(":memory:", Channels(), inline=True)
    await store.open()
    await store.migrate()
    one = FollowedFlows(configured, store, SystemClock())
    put, raced = store.put_flow, set[FlowKey]()

    async def slower(key: FlowKey, document: bytes, expected: int | None, by: str, now: float) -> Any:
        if key not in raced:
            raced.add(key)
            assert await put(key, document, None, by, now), "another worker has put it"
            assert await store.publish_flow(key, 1, b"{}", "", by, now), "and published, after this one had seen that"
            expected = 1
        return await put(key, document, expected, by, now)

    monkeypatch.setattr(store, "put_flow", slower)
    await one.look()
    versions = [len(await store.flow_versions(FlowKey(WorkspaceId(at), BOT, "welcome"))) for at in ("shop", "cafe")]
    await store.close()
    assert versions == [1, 1]
