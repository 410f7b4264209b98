"""Two tenants of one server, and requests made up from the API's description.

So an address that is added is tried as well: with one's own ids, and with the other's.
"""

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

import msgspec
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from msgspec.structs import replace as replaced

from turnkeeper.app.api import open_backend
from turnkeeper.config import load
from turnkeeper.engine.wakeups import LocalWakeups
from turnkeeper.media.disk import DiskStore
from turnkeeper.model.configured import ConfiguredKey
from turnkeeper.model.contents import Text
from turnkeeper.model.conversation import SessionRow
from turnkeeper.model.flows import FlowKey
from turnkeeper.model.ids import BotId, ChannelId, WorkerId, WorkspaceId
from turnkeeper.model.knowledge import BaseKey, DocumentRow, DocumentUpload
from turnkeeper.model.outbound import Accepted
from turnkeeper.model.people import Role, UserId
from turnkeeper.model.policy import Directory
from turnkeeper.model.simulated import Simulated
from turnkeeper.model.traces import Rehearsal
from turnkeeper.store.base import Arrival, ClaimedTurn, Intake, Sent, Store, TurnCommit
from turnkeeper.store.sqlite.store import SqliteStore
from turnkeeper.testing.events import text
from turnkeeper.web.api.access import Identity
from turnkeeper.web.api.site import build_api
from turnkeeper.web.asgi import App, Scope

MINE, THEIRS = WorkspaceId("mine"), WorkspaceId("theirs")
MARK = "zqx"
"""Stands in all texts, names and ids of theirs, and nowhere else."""
T0 = 1_800_000_000.0
TALKER = 123_456_789
WORKER = WorkerId("w1")
TOML = """
[database]
url = "sqlite:///unused.db"
"""
TENANT = """
[channels.{name}]
kind = "telegram"
workspace = "{workspace}"
bot = "{bot}"
token = "1234:{name}"
updates = "polling"
[bots.{bot}]
kind = "flow"
[knowledge.{name}base]
workspace = "{workspace}"
"""


class Owners:
    """The Authenticator port: a cookie names a workspace, whose owner it is."""

    async def identify(self, scope: Scope) -> Identity | None:
        for name, value in scope["headers"]:
            if name == b"cookie":
                whose = WorkspaceId(value.decode())
                return Identity(f"owner of {whose}", {whose: Role.OWNER}, UserId(f"u-{whose}"), sign_in=b"s")
        return None

    def is_ours(self, _: Scope) -> bool:
        return True


class Answered(NamedTuple):
    status: int
    body: bytes
    headers: Mapping[bytes, bytes]


class Request(NamedTuple):
    """One made up from the description: `place` with the names of its parameters in it."""

    method: str
    place: str
    parameters: Mapping[str, str]
    query: Mapping[str, Any]
    body: bytes | None

    @property
    def label(self) -> str:
        """What it is called in the description."""
        return f"{self.method} {self.place}"


class Site(NamedTuple):
    """The whole API, as it is wired; `ids` of a workspace by the names of parameters."""

    app: App
    store: Store
    description: dict[str, Any]
    ids: Mapping[WorkspaceId, Mapping[str, str]]

    async def send(self, request: Request, whose: WorkspaceId, parameters: Mapping[str, str]) -> Answered:
        """Send it as the owner of a workspace, with these parameters of the path in place of its own."""
        path = request.place
        for name, value in {**request.parameters, **parameters}.items():
            path = path.replace(f"{{{name}}}", value)
        query = {name: value for name, value in request.query.items() if name != "workspace"}
        scope = {
            "type": "http",
            "method": request.method,
            "path": path,
            "raw_path": quote(path, errors="replace").encode(),
            "root_path": "",
            "query_string": urlencode(query, doseq=True, errors="replace").encode(),
            "scheme": "http",
            "http_version": "1.1",
            "headers": [(b"cookie", whose.encode()), (b"content-type", b"application/json"), (b"if-match", b"*")],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
        }
        sent: list[Any] = []
        asked = 0

        async def receive() -> Any:
            nonlocal asked
            asked += 1
            if asked > 1:
                return {"type": "http.disconnect"}
            return {"type": "http.request", "body": request.body or b"", "more_body": False}

        async def tell(message: Any) -> None:
            sent.append(message)

        with suppress(RuntimeError):  # the outermost layer tells the server too, once it has answered
            await self.app(scope, receive, tell)
        body = b"".join(each.get("body", b"") for each in sent[1:])
        return Answered(sent[0]["status"], body, dict(sent[0]["headers"]))

    def rows_of(self, workspace: WorkspaceId) -> dict[str, list[tuple[Any, ...]]]:
        """All that is kept of a workspace, by table."""
        assert isinstance(self.store, SqliteStore)
        at = self.store._opened()
        tables = [row[0] for row in at.execute("select name from sqlite_schema where type = 'table'")]
        found = {}
        for table in tables:
            columns = {row[1] for row in at.execute(f'pragma table_info("{table}")')}
            if "workspace_id" in columns:
                rows = at.execute(f'select * from "{table}" where workspace_id = ?', (workspace,)).fetchall()
                found[table] = sorted(rows, key=repr)
        return found


def _in_memory(directory: Directory) -> SqliteStore:
    return SqliteStore(":memory:", directory, inline=True)


@asynccontextmanager
async def two_workspaces(folder: Path, make: Callable[[Directory], Store] = _in_memory) -> AsyncIterator[Site]:
    """Both have a channel, a flow, and a conversation that was answered."""
    toml = TOML
    for workspace, name in ((MINE, "shop"), (THEIRS, f"{MARK}cafe")):
        toml += TENANT.format(workspace=workspace, name=name, bot=f"{name}bot")
    path = folder / "turnkeeper.toml"
    path.write_text(toml, "utf-8")
    config = load(path, {})
    store = make(config.directory())
    await store.open()
    await store.migrate()
    await store.register(WORKER, T0)
    await store.put_workspaces({MINE: "Mine", THEIRS: f"{MARK} Theirs"}, T0)
    ids = {MINE: await filled(store, MINE, "shop", ""), THEIRS: await filled(store, THEIRS, f"{MARK}cafe", MARK)}
    media = DiskStore(folder / "files")
    backend = open_backend(config, store, lambda: T0 + 100, LocalWakeups(), media)
    app = build_api(replace(backend, authenticator=Owners()))
    yield Site(app, store, app.openapi(), ids)
    await store.close()


async def filled(store: Store, workspace: WorkspaceId, name: str, mark: str) -> dict[str, str]:
    """A conversation with an answer, a flow, a prompt; their ids."""
    channel = store._directory.channel(workspace, ChannelId(name))  # type: ignore[attr-defined]
    words = text(f"hello {mark}", of=f"{1 if mark else 2}", at=T0)
    await store.take(Intake([Arrival(channel, words, T0)]))
    (claimed,) = await store.claim(WORKER, 10, T0 + 60, {channel.bot_id: "v1"})
    assert isinstance(claimed, ClaimedTurn)
    key = claimed.run.key
    said = [msgspec.json.encode(Text(f"told {mark}"))]
    dispatch = await store.commit(
        TurnCommit(claimed.run, claimed.turn.no, said, SessionRow(key.workspace_id, key.id), T0 + 61)
    )
    assert dispatch.send is not None
    row = dispatch.send.row
    await store.record(Sent(row.key, row.tries, Accepted(f"out{mark}"), dispatch.send.run, 1.0, T0 + 62))
    flow = f"welcome{mark}"
    document = {"name": flow, "nodes": [], "edges": []}
    await store.put_flow(FlowKey(workspace, BotId(channel.bot_id), flow), json.dumps(document).encode(), None, "x", T0)
    provider = f"{name}models"
    made = {"kind": "openai_compatible", "base_url": f"https://{mark or 'mine'}.example.com"}
    await store.put_configured(ConfiguredKey(workspace, "provider", provider), json.dumps(made).encode(), None, "x", T0)
    base, file = BaseKey(workspace, f"{name}base"), f"{mark}a.md"
    await store.put_document(DocumentRow(*base, file, f"{mark}A", "upload", "d", "kept", None, 1, 0, T0), ())
    await store.upload_document(DocumentUpload(*base, file, "a" * 64, 1, T0))
    rehearsal = Rehearsal(workspace, f"r{mark}", key.id, 1, "{}", f"u{mark}", T0)
    await store.ask_rehearsal(rehearsal, 3, 0.0)
    tried = store._directory.channel(workspace, Simulated("telegram", channel.bot_id).channel_id)  # type: ignore[attr-defined]
    asks = replaced(text(f"try {mark}", at=T0), addresses=(f"chat:{TALKER}",), dedup_key=f"try{mark}")
    await store.take(Intake([Arrival(tried, asks, T0 + 9_000)]))
    return {
        "rehearsal_id": rehearsal.id,
        "talk_id": f"telegram.{channel.bot_id}.{TALKER}",
        "base": base.base,
        "provider": provider,
        "key": file,
        "conversation_id": key.id,
        "contact_id": claimed.conversation.contact_id,
        "channel_id": name,
        "bot_id": channel.bot_id,
        "user_id": f"u-{workspace}",
        "no": "1",
        "turn": "1",
        "version": "1",
        "flow": flow,
    }


def made_up(description: dict[str, Any], each: int) -> Sequence[Request]:
    """So many requests to every address, the same ones in every run."""
    found: list[Request] = []
    for result in schemathesis.openapi.from_dict(description).get_all_operations():
        operation = result.ok()

        @seed(9)
        @settings(
            max_examples=each,
            database=None,
            phases=[Phase.generate],
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def note(case: Any) -> None:
            given_one = not isinstance(case.body, schemathesis.core.NotSet)
            body = json.dumps(case.body, default=str).encode() if given_one else None
            parameters = {name: str(value) for name, value in (case.path_parameters or {}).items()}
            found.append(Request(case.method, case.path, parameters, dict(case.query or {}), body))

        note()
    return found
