"""Rehearsals of configured bots: each with its draft, taken by a worker, and never by way of what turns use."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from tests.contracts.world import W1, World
from turnkeeper import app
from turnkeeper.app.answering import Answering
from turnkeeper.app.rehearsing import Stage, rehearsed
from turnkeeper.config import Settings, load
from turnkeeper.engine.clock import SystemClock
from turnkeeper.engine.http import Client
from turnkeeper.engine.rehearsals import Rehearsals
from turnkeeper.engine.watching import Watch
from turnkeeper.model.conversation import SessionRow
from turnkeeper.model.flows import FlowKey
from turnkeeper.model.ids import BotId, WorkspaceId
from turnkeeper.model.traces import Rehearsal
from turnkeeper.store.base import ClaimedTurn, Store
from turnkeeper.store.sqlite.store import SqliteStore
from turnkeeper.testing.events import Channels

SHOP = WorkspaceId("default")
TOML = """
[channels.line]
kind = "telegram"
bot = "{bot}"
token = "12345678:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw0"
updates = "polling"
[bots.guide]
kind = "flow"
default = "welcome"
[bots.code]
kind = "python"
entry = "bot_again:bot"
[bots.elsewhere]
kind = "remote"
preset = "ansari"
base_url = "http://localhost:9"
api_key = "sk-not-to-be-told"
[bots.seller]
kind = "agent"
prompt = "You sell."
models = ["nobody/model"]
fixed_reply = "Nobody is there."
[providers.nobody]
kind = "openai_compatible"
base_url = "http://127.0.0.1:9/v1"
"""
CODE = """
from turnkeeper import Bot, Turn
bot = Bot("code")
@bot.stage("only", first=True)
async def only(turn: Turn) -> None:
    await turn.reply(f"You wrote {turn.text}, for the {turn.state.get('n', 0) + 1}. time.")
"""


def drawn(text: str) -> bytes:
    start = {"id": "start", "type": "start", "data": {"triggers": [{"kind": "first_message"}]}}
    say = {"id": "say", "type": "message", "data": {"text": text}}
    edges = [{"source": "start", "target": "say"}]
    return json.dumps({"name": "welcome", "nodes": [start, say], "edges": edges}).encode()


class Server:
    """A worker's part of it, over a conversation that has had one turn."""

    def __init__(self, settings: Settings, store: Store, answering: Answering) -> None:
        self.store = store
        clock = SystemClock()
        stage = Stage(store, settings.directory(), app.open_media(settings), clock)

        async def run(taken: Rehearsal, tell: Any) -> bytes:
            return await rehearsed(stage, settings, answering, taken, tell)

        (self.channel,) = settings.channels
        self.rehearsals = Rehearsals(store, clock, run)

    async def talks(self, said: str, *replies: str, state: bytes = b"{}") -> Rehearsal:
        """A turn, and the wish to run it again."""
        w = World(self.store, Channels(self.channel), self.channel)
        w.now = SystemClock().now()
        await w.start()
        for text, session in (("before", state), (said, b"{}")):
            await w.hear(text, channel=self.channel)
            await w.until_due()
            (turn,) = await self.store.claim(W1, 10, w.now, {self.channel.bot_id: "v1"})
            assert isinstance(turn, ClaimedTurn)
            kept = SessionRow(*turn.run.key, session, saved_at=w.now)
            await w.deliver(await w.commit(turn, *replies, session=kept))
        return Rehearsal(SHOP, "r1", turn.run.key.id, 2, '{"models":"asked","what":"turn"}', "u1", w.now)

    async def rehearses(self, asked: Rehearsal) -> tuple[Rehearsal, dict[str, Any]]:
        assert await self.store.ask_rehearsal(asked, 3, asked.asked_at - 600)
        assert await self.rehearsals.look()
        found = await self.store.rehearsal(SHOP, asked.id)
        assert found is not None
        return found, {} if found.result is None else msgspec.json.decode(found.result)


@asynccontextmanager
async def server(folder: Path, bot: str, *flows: bytes) -> AsyncIterator[Server]:
    (folder / "turnkeeper.toml").write_text(TOML.format(bot=bot), "utf-8")
    (folder / "bot_again.py").write_text(CODE, "utf-8")
    settings, clock, client = load(folder / "turnkeeper.toml", {}), SystemClock(), Client()
    store = SqliteStore(folder / "data.db", settings.directory())
    await store.open()
    await store.migrate()
    key = FlowKey(SHOP, BotId("guide"), "welcome")
    for revision, document in enumerate(flows, 1):
        await store.put_flow(key, document, revision - 1 or None, "ann", clock.now())
        if revision == 1:
            await store.publish_flow(key, 1, b"{}", "", "ann", clock.now())
    answering = Answering.opened(settings, store, client, clock, Watch(clock))
    await answering.look()
    try:
        yield Server(settings, store, answering)
    finally:
        for each in (answering.minds, answering.transcribers, client, store):
            await each.close()


async def test_a_flow_is_run_as_it_is_drawn(tmp_path: Path) -> None:
    async with server(tmp_path, "guide", drawn("Welcome."), drawn("Welcome, {{message}}!")) as at:
        found, result = await at.rehearses(await at.talks("Ada", "Welcome."))
    assert (found.state, result["drafted"]) == ("done", "1 flow as it is drawn now")
    assert [each["text"] for each in result["said"]] == ["Welcome, Ada!"]
    assert result["difference"][-2:] == ["- < Welcome.", "+ < Welcome, Ada!"]


async def test_a_draft_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    async with server(tmp_path, "guide", drawn("Welcome."), b'{"name":"welcome","nodes":[{"id":"x"}]}') as at:
        found, _ = await at.rehearses(await at.talks("Ada", "Welcome."))
    assert found.state == "failed"
    assert "the flow welcome cannot be read" in found.progress


async def test_code_is_run_as_it_is_with_the_session_of_then(tmp_path: Path) -> None:
    async with server(tmp_path, "code") as at:
        found, result = await at.rehearses(await at.talks("Ada", "?", state=b'{"n":6}'))
    assert (found.state, result["raised"]) == ("done", None)
    assert [each["text"] for each in result["said"]] == ["You wrote Ada, for the 7. time."]


async def test_an_agent_has_the_draft_of_its_prompt(tmp_path: Path) -> None:
    async with server(tmp_path, "seller") as at:
        await at.store.draft_prompt(SHOP, BotId("seller"), "You sell one cake.", "", 0.0)
        _, result = await at.rehearses(await at.talks("Ada", "?"))
    assert result["drafted"] == "the draft of the prompt (version 1)"
    assert [each["text"] for each in result["said"]] == ["Nobody is there."]
    assert result["questions"][0]["instructions"].startswith("You sell one cake.")


async def test_whoever_asks_a_backend_is_not_run_again(tmp_path: Path) -> None:
    async with server(tmp_path, "elsewhere") as at:
        found, _ = await at.rehearses(await at.talks("Ada", "?"))
    assert found.state == "failed"
    assert "backend" in found.progress


async def test_a_flows_turn_becomes_a_script_that_passes(tmp_path: Path) -> None:
    async with server(tmp_path, "guide", drawn("Hello, {{message}}!")) as at:
        asked = await at.talks("Ada", "Hello, Ada!")
        wanted = json.dumps({"models": "asked", "what": "script"})
        found, result = await at.rehearses(replace(asked, wanted=wanted))
    assert found.state == "done", found.progress
    assert result["passes"] is True
    assert result["script"].splitlines()[1:] == ["> Ada", "< Hello, Ada!"]


async def test_another_bots_turn_becomes_a_script_too(tmp_path: Path) -> None:
    async with server(tmp_path, "code") as at:
        asked = await at.talks("Ada", "You wrote *Ada*.")
        found, result = await at.rehearses(replace(asked, wanted='{"what":"script"}'))
    assert (found.state, result["passes"]) == ("done", None)
    assert result["script"].splitlines()[1:] == ["> Ada", "< You wrote *Ada*."]
