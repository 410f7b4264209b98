"""Turns over the API: told whole, to who may read them, without secrets; and asked to be run again."""

import json

import msgspec
from msgspec.structs import replace

from tests.contracts.world import World
from tests.web.api_client import ApiClient
from turnkeeper.model.ids import ConversationKey
from turnkeeper.model.rehearsed import WrittenScript
from turnkeeper.store.sqlite.store import SqliteStore
from turnkeeper.testing.events import Channels, channel
from turnkeeper.web.api.traces import MOST_OPEN, hidden

SECRET = 'sk-"quoted"-ä-secret'


class Console(ApiClient):
    """The API over a conversation that has had three turns."""

    def __init__(self) -> None:
        super().__init__(lambda: self.w.now, secrets=lambda _: lambda: [SECRET, "a"])
        shop = channel()
        directory = Channels(shop)
        assert isinstance(self.store, SqliteStore)
        self.store._directory = directory
        self.w = World(self.store, directory, shop)

    async def talk(self) -> ConversationKey:
        await self.get("/rehearsals/none")  # opens the store
        await self.w.start()
        for said in ("one", "two", f"my key is {SECRET}"):
            await self.w.hear(said)
            turn = await self.w.turn()
            await self.w.deliver(await self.w.commit(turn, f"heard {said}"))
        return turn.run.key


async def test_turns_are_listed_and_told() -> None:
    api = Console()
    key = await api.talk()
    page = await api.get(f"/conversations/{key.id}/turns?limit=2", by="viewer")
    assert ([each["no"] for each in page.body["items"]], page.body["next"]) == ([3, 2], "2")
    last = await api.get(f"/conversations/{key.id}/turns?limit=2&after=2", by="viewer")
    assert ([each["no"] for each in last.body["items"]], last.body["next"]) == ([1], None)
    told = (await api.get(f"/conversations/{key.id}/turns/1", by="viewer")).body
    assert (told["no"], told["newest"], told["events"][0]["text"]) == (1, 3, "one")
    assert [bar["kind"] for bar in told["bars"]][:2] == ["waiting", "thinking"]
    as_file = await api.get(f"/conversations/{key.id}/turns/1?download=true", by="viewer")
    assert as_file.body == told
    assert as_file.headers[b"content-disposition"] == b'attachment; filename="turn-1.json"'


async def test_secrets_are_left_out_wherever_they_stand() -> None:
    api = Console()
    key = await api.talk()
    said = await api.get(f"/conversations/{key.id}/turns/3")
    assert said.body["events"][0]["text"] == "my key is [hidden]"
    assert said.body["sent"][0]["text"] == "heard my key is [hidden]"
    assert hidden(json.dumps({"k": SECRET}).encode(), [SECRET]) == b'{"k": "[hidden]"}'
    assert hidden(msgspec.json.encode({"k": SECRET}), [SECRET]) == b'{"k":"[hidden]"}'


async def test_nobody_elses_turns() -> None:
    api = Console()
    key = await api.talk()
    for path in (f"/conversations/{key.id}/turns/1", f"/conversations/{key.id}/turns/9", "/conversations/no/turns/1"):
        by = "cafe" if path.endswith(f"{key.id}/turns/1") else "admin"
        assert (await api.get(path, by=by)).status == 404
    assert (await api.get(f"/conversations/{key.id}/turns", by="cafe")).body == {"items": [], "next": None}
    again = f"/conversations/{key.id}/turns/1/rehearsals"
    assert (await api.send("POST", again, {}, by="cafe")).status == 404
    assert (await api.send("POST", again, {}, by="viewer")).status == 403


async def test_a_turn_is_asked_to_be_run_again() -> None:
    api = Console()
    key = await api.talk()
    path = f"/conversations/{key.id}/turns/2/rehearsals"
    asked = await api.send("POST", path, {"models": "recorded"}, by="agent")
    assert (asked.status, asked.body["state"]) == (202, "waiting")
    where = f"/rehearsals/{asked.body['id']}"
    assert (await api.get(where, by="cafe")).status == 404
    taken = await api.store.take_rehearsal(api.w.now, api.w.now - 60)
    assert taken is not None
    assert (taken.turn_no, taken.asked_by, json.loads(taken.wanted)) == (
        2,
        "agent",
        {"models": "recorded", "what": "turn"},
    )
    result = msgspec.json.encode(WrittenScript(f"> {SECRET}", True, [], []))
    await api.store.tell_rehearsal(replace(taken, state="done", ended_at=api.w.now, result=result))
    done = (await api.get(where, by="viewer")).body
    assert (done["state"], done["result"]) == (
        "done",
        {"script": "> [hidden]", "passes": True, "difference": [], "problems": []},
    )
    assert (await api.send("POST", path, {"models": "guessed"})).status == 422
    assert (await api.send("POST", f"/conversations/{key.id}/turns/9/rehearsals", {})).status == 404
    for _ in range(MOST_OPEN):
        assert (await api.send("POST", path, {})).status == 202
    assert (await api.send("POST", path, {})).status == 429
