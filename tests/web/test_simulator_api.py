"""Writing to any bot as a person would, over the API: it goes into a mailbox of nobody's, and never anywhere else."""

from pathlib import Path

import msgspec
import pytest

from tests.web.api_client import ApiClient
from turnkeeper.app.talking import open_talk
from turnkeeper.channels import registry
from turnkeeper.config import load
from turnkeeper.config.simulated import simulated_bots
from turnkeeper.engine.clock import SystemClock
from turnkeeper.media.disk import DiskStore
from turnkeeper.model.contents import Buttons
from turnkeeper.model.conversation import SessionRow
from turnkeeper.model.ids import ChannelId, ConversationId, ConversationKey, WorkerId, WorkspaceId
from turnkeeper.model.outbound import Accepted
from turnkeeper.model.simulated import is_simulated
from turnkeeper.store.base import ClaimedTurn, Sent, TurnCommit
from turnkeeper.store.sqlite.store import SqliteStore

TOML = """
[channels.line]
kind = "telegram"
bot = "assistant"
token = "12345678:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw0"
updates = "polling"
[channels.theirs]
kind = "telegram"
bot = "other"
workspace = "cafe"
token = "22345678:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw0"
updates = "polling"
[bots.assistant]
kind = "python"
entry = "bot:bot"
[bots.homeless]
kind = "flow"
[bots.other]
kind = "flow"
"""
HOME = WorkspaceId("default")
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360000002000001e221bc33"
    "0000000049454e44ae426082"
)  # fmt: skip


class Console(ApiClient):
    """The API over a configuration."""

    def __init__(self, folder: Path) -> None:
        (folder / "turnkeeper.toml").write_text(TOML, "utf-8")
        settings, clock = load(folder / "turnkeeper.toml", {}), SystemClock()
        self.media = DiskStore(folder / "media")
        super().__init__(
            clock.now,
            talk=lambda store: open_talk(settings, store, clock.now, lambda _: None, self.media),
            tried=lambda _: lambda workspace: [(bot.id, bot.kind) for bot in simulated_bots(settings, workspace)],
            simulated_kinds=lambda _: registry.kinds(),
        )
        assert isinstance(self.store, SqliteStore)
        self.store._directory = settings.directory()
        self.clock = clock

    async def begun(self, kind: str = "telegram") -> str:
        told = await self.send("POST", "/simulator/talks", {"bot": "assistant", "kind": kind}, by="agent")
        assert told.status == 201
        return f"/simulator/talks/{told.body['id']}"

    async def answers(self, *contents: bytes) -> ClaimedTurn:
        now = self.clock.now() + 60
        await self.store.register(WorkerId("w1"), now)
        (turn,) = await self.store.claim(WorkerId("w1"), 10, now, {"assistant": "v1"})
        assert isinstance(turn, ClaimedTurn)
        kept = SessionRow(*turn.run.key, saved_at=now)
        dispatch = await self.store.commit(TurnCommit(turn.run, turn.turn.no, contents, kept, now))
        if dispatch.send is not None:
            row = dispatch.send.row
            await self.store.record(Sent(row.key, row.tries, Accepted("simulated.1"), turn.run, 1.0, now))
        return turn


@pytest.fixture
def api(tmp_path: Path) -> Console:
    return Console(tmp_path)


async def test_whom_one_can_write_to(api: Console) -> None:
    told = (await api.get("/simulator", by="viewer")).body
    assert told["bots"] == [{"id": "assistant", "kind": "python"}, {"id": "homeless", "kind": "flow"}]
    assert told["kinds"] == ["whatsapp_cloud", "waha", "wablas", "whacenter", "telegram"]
    assert told["talks"] == []
    assert [each["id"] for each in (await api.get("/simulator", by="cafe")).body["bots"]] == ["other"]
    new = {"bot": "other", "kind": "telegram"}
    assert (await api.send("POST", "/simulator/talks", new)).status == 404
    assert (await api.send("POST", "/simulator/talks", {**new, "bot": "assistant", "kind": "fax"})).status == 404
    assert (await api.send("POST", "/simulator/talks", {**new, "bot": "assistant"}, by="viewer")).status == 403


async def test_what_is_written_is_in_a_mailbox_of_nobodys(api: Console) -> None:
    talk = await api.begun()
    assert (await api.get(talk)).body["conversation"] is None
    said = await api.send("POST", f"{talk}/acts", {"kind": "text", "text": "hello"}, by="agent")
    assert (said.status, said.body["new"]) == (202, True)
    again = await api.send("POST", f"{talk}/repeat", by="agent")
    assert (again.body["new"], again.body["conversation"]) == (False, said.body["conversation"])
    told = (await api.get(talk, by="viewer")).body
    assert [(each["who"], each["message"]["text"]) for each in told["entries"]] == [("contact", "hello")]
    assert told["window"] == {"limited": False, "open": True, "closes_at": None}
    (listed,) = (await api.get("/simulator")).body["talks"]
    assert f"/simulator/talks/{listed['id']}" == talk
    found = await api.store.conversation(ConversationKey(HOME, ConversationId(said.body["conversation"])))
    assert found is not None
    assert is_simulated(found.channel_id)
    theirs = await api.get(talk, by="cafe")
    assert theirs.status == 404


async def test_a_button_is_tapped_and_the_answer_read(api: Console) -> None:
    talk = await api.begun("whatsapp_cloud")
    assert (await api.get(talk)).body["window"]["limited"]
    await api.send("POST", f"{talk}/acts", {"kind": "text", "text": "hello"})
    await api.answers(msgspec.json.encode(Buttons("Which?", ("Yes", "No"))))
    told = (await api.get(talk)).body
    (entry,) = [each for each in told["entries"] if each["who"] == "bot"]
    assert (await api.send("POST", f"{talk}/seen")).status == 204
    (read,) = [each for each in (await api.get(talk)).body["entries"] if each["who"] == "bot"]
    assert read["delivery"]["state"] == "read"
    act = {"kind": "choice", "entry": entry["id"], "title": "No"}
    assert (await api.send("POST", f"{talk}/acts", {**act, "title": "Maybe"})).status == 409
    assert (await api.send("POST", f"{talk}/acts", act)).status == 202
    mine = [each["message"] for each in (await api.get(talk)).body["entries"] if each["who"] == "contact"]
    assert mine[0]["chosen"] == "No"


async def test_files_are_taken_as_on_the_channel(api: Console) -> None:
    talk = await api.begun("whatsapp_cloud")
    sent = await api.send("POST", f"{talk}/files?as=image&filename=dot.png&caption=look", PNG)
    assert sent.status == 202
    refused = await api.send("POST", f"{talk}/files?as=voice", b"no sound at all")
    assert refused.status == 202
    entries = (await api.get(talk)).body["entries"]
    assert [bool(each["message"]["file"]["reason"]) for each in entries] == [True, False]
    path = entries[1]["message"]["file"]["path"]
    assert path.startswith(f"/api/v1/conversations/{sent.body['conversation']}/media/")


async def test_time_passes_and_all_is_cleared(api: Console) -> None:
    talk = await api.begun()
    assert (await api.send("POST", f"{talk}/time", {"seconds": 60})).status == 409
    await api.send("POST", f"{talk}/acts", {"kind": "text", "text": "hello"})
    before = (await api.get(talk)).body["entries"][0]["at"]
    assert (await api.send("POST", f"{talk}/time", {"seconds": 3600})).status == 204
    assert (await api.get(talk)).body["entries"][0]["at"] == pytest.approx(before - 3600)
    assert (await api.send("POST", f"{talk}/time", {"seconds": -1})).status == 422
    assert (await api.send("DELETE", talk, by="viewer")).status == 403
    assert (await api.send("DELETE", talk)).status == 204
    assert (await api.get("/simulator")).body["talks"] == []
    assert (await api.get(talk)).body["conversation"] is None


@pytest.mark.parametrize("talk", ["x", "fax.assistant.123456", "telegram.nobody.123456", "telegram.other.123456"])
async def test_nothing_else_is_written_to(api: Console, talk: str) -> None:
    assert (await api.send("POST", f"/simulator/talks/{talk}/acts", {"kind": "text", "text": "hi"})).status == 404


def test_a_configured_channel_is_no_simulated_one(tmp_path: Path) -> None:
    (tmp_path / "turnkeeper.toml").write_text(TOML, "utf-8")
    directory = load(tmp_path / "turnkeeper.toml", {}).directory()
    made = directory.channel(HOME, ChannelId("simulator.telegram.assistant"))
    assert made is not None
    assert (made.kind, made.bot_id) == ("simulator_telegram", "assistant")
    assert directory.channel(WorkspaceId("cafe"), made.id) is None
    real = directory.channel(HOME, ChannelId("line"))
    assert real is not None
    assert real.kind == "telegram"
