"""The API of bots: how they are set and fare, their prompts' versions, and what they look things up in."""

from pathlib import Path
from typing import Any

import pytest

from tests.engine.test_shelving import Here
from tests.web.api_client import ApiClient
from turnkeeper.app.bot_desk import open_desk
from turnkeeper.config import load
from turnkeeper.config.sealing import Sealing
from turnkeeper.engine.clock import SystemClock
from turnkeeper.engine.documents import Uploads
from turnkeeper.media.disk import DiskStore
from turnkeeper.model.ids import BotId, WorkspaceId
from turnkeeper.model.knowledge import BaseKey, DocumentRow
from turnkeeper.web.api.prompts import compared

TOML = """
[channels.line]
kind = "telegram"
bot = "assistant"
token = "12345678:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw0"
updates = "polling"

[providers.router]
kind = "openrouter"
api_key = "sk-not-to-be-told"

[bots.assistant]
kind = "agent"
prompt = "You help {{contact.name}}."
models = ["router/small", {model = "router/large", tools = false}]
rate_limit = "5/minute"
facts = {size = ["S", "M"]}
knowledge = ["help"]

[bots.elsewhere]
kind = "remote"
preset = "ansari"
base_url = "http://localhost:9"
api_key = "sk-not-to-be-told"

[knowledge.help]
folder = "docs"

[knowledge.theirs]
workspace = "cafe"
"""


class Console(ApiClient):
    """The API over a configuration, with who reads what is uploaded."""

    def __init__(self, folder: Path) -> None:
        path = folder / "turnkeeper.toml"
        path.write_text(TOML, "utf-8")
        (folder / "docs").mkdir()
        settings, clock = load(path, {}), SystemClock()
        media = DiskStore(folder / "media")
        super().__init__(
            clock.now,
            desk=lambda store: open_desk(settings, store, media, clock.now, lambda: Sealing.of_text("k" * 32)),
        )
        self.uploads = Uploads(self.store, media, Here(), clock, folder / "incoming")


@pytest.fixture
def console(tmp_path: Path) -> Console:
    return Console(tmp_path)


async def test_bots_are_told_as_they_are_set(console: Console) -> None:
    listed = (await console.get("/bots")).body["items"]
    assert [(each["id"], each["kind"], each["channels"], each["prompt_version"]) for each in listed] == [
        ("assistant", "agent", ["line"], 0),
        ("elsewhere", "remote", [], None),
    ]
    told = (await console.get("/bots/assistant")).body
    settings = {each["name"]: each for each in told["settings"]}
    assert (settings["rate_limit"]["value"], settings["rate_limit"]["given"]) == ("5/minute", True)
    assert (settings["quiet"]["value"], settings["quiet"]["given"]) == (4.0, False)
    assert settings["models"]["value"] == [
        {"model": "router/small", "tools": True},
        {"model": "router/large", "tools": False},
    ]
    (provider,) = (await console.get("/providers")).body
    assert (provider["name"], provider["kind"], provider["source"]) == ("router", "openrouter", "file")


async def test_no_secret_is_told(console: Console) -> None:
    for path in ("/bots/elsewhere", "/bots", "/providers"):
        assert "sk-not-to-be-told" not in (await console.get(path)).text
    settings = {each["name"]: each for each in (await console.get("/bots/elsewhere")).body["settings"]}
    assert (settings["api_key"]["value"], settings["api_key"]["secret"]) == (True, True)


async def test_another_workspace_sees_nothing_of_it(console: Console) -> None:
    assert (await console.get("/bots", by="cafe")).body["items"] == []
    assert [each["name"] for each in (await console.get("/knowledge", by="cafe")).body] == ["theirs"]
    paths = ("/bots/assistant", "/bots/assistant/prompt", "/knowledge/help", "/knowledge/help/documents")
    for path in (*paths, "/knowledge/help/search?q=rain"):
        assert (await console.get(path, by="cafe")).status == 404
    draft = {"text": "Mine."}
    assert (await console.send("PUT", "/bots/assistant/prompt/draft", draft, by="cafe")).status == 404
    assert (await console.send("PUT", "/knowledge/help/documents/a.md", b"x", by="cafe")).status == 404
    assert await console.store.prompts(WorkspaceId("cafe"), BotId("assistant")) == []


async def test_whoever_only_looks_changes_nothing(console: Console) -> None:
    for by in ("viewer", "agent"):
        assert (await console.send("PUT", "/bots/assistant/prompt/draft", {"text": "Mine."}, by=by)).status == 403
        assert (await console.send("POST", "/bots/assistant/prompt/publish", {"version": 0}, by=by)).status == 403
        assert (await console.send("PUT", "/knowledge/help/documents/a.md", b"x", by=by)).status == 403
        assert (await console.send("DELETE", "/knowledge/help/documents/a.md", by=by)).status == 403


async def test_a_prompt_is_drafted_published_compared_and_taken_back(console: Console) -> None:
    at = "/bots/assistant/prompt"
    prompt = (await console.get(at)).body
    assert (prompt["now"]["version"], prompt["now"]["text"]) == (0, "You help {{contact.name}}.")
    assert (prompt["draft"], prompt["versions"], prompt["configured_in"]) == (None, [], "file")
    assert "facts.size" in prompt["variables"]
    draft = (await console.send("PUT", f"{at}/draft", {"text": "You sell.\nTo {{nobody}}.\n"})).body
    assert (draft["version"], draft["state"], draft["unknown"]) == (1, "draft", ["nobody"])
    again = {"text": "You sell.\nShoes.", "note": "shoes", "before": draft["created_at"]}
    assert (await console.send("PUT", f"{at}/draft", again)).body["version"] == 1
    assert (await console.send("PUT", f"{at}/draft", again)).status == 409  # somebody else has it open
    published = (await console.send("POST", f"{at}/publish", {"note": "we sell shoes"})).body
    assert (published["now"]["text"], published["now"]["note"]) == ("You sell.\nShoes.", "we sell shoes")
    assert (published["draft"], [each["state"] for each in published["versions"]]) == (None, ["published"])
    await console.send("PUT", f"{at}/draft", {"text": "You sell.\nHats."})
    diff = (await console.get(f"{at}/diff?before=1&after=2")).body["lines"]
    assert [each["mark"] + each["text"] for each in diff] == [" You sell.", "-Shoes.", "+Hats."]
    assert (await console.get("/bots/assistant")).body["has_draft"] is True
    await console.send("POST", f"{at}/publish", {})
    back = (await console.send("POST", f"{at}/publish", {"version": 1})).body
    assert (back["now"]["version"], [each["state"] for each in back["versions"]]) == (1, ["retired", "published"])
    configured = (await console.send("POST", f"{at}/publish", {"version": 0})).body
    assert configured["now"]["state"] == "configured"
    assert (await console.get(f"{at}/versions/2")).body["text"] == "You sell.\nHats."


async def test_what_cannot_be_published_is_said(console: Console) -> None:
    at = "/bots/assistant/prompt"
    assert (await console.send("POST", f"{at}/publish", {})).status == 409
    assert (await console.send("POST", f"{at}/publish", {"version": 3})).status == 404
    assert (await console.send("PUT", f"{at}/draft", {"text": " \n "})).status == 422
    assert (await console.send("PUT", f"{at}/draft", {"text": "x" * 200_001})).status == 422
    assert (await console.get("/bots/elsewhere/prompt")).status == 404
    assert (await console.get("/bots/nobody/prompt")).status == 404


async def _documents(console: Console) -> list[tuple[Any, ...]]:
    items = (await console.get("/knowledge/help/documents")).body["items"]
    return [(each["key"], each["state"], each["passages"]) for each in items]


async def test_a_document_is_uploaded_read_and_found(console: Console) -> None:
    at = "/knowledge/help/documents"
    said = await console.send("PUT", f"{at}/Opening%20hours.md", b"# Hours\n\nThe shop is open from nine to six.")
    assert (said.status, said.body["state"], said.body["kept"]) == (202, "waiting", True)
    assert await _documents(console) == [("Opening hours.md", "waiting", 0)]
    assert (await console.get("/knowledge")).body[0]["waiting"] == 1
    await console.uploads.step()
    assert await _documents(console) == [("Opening hours.md", "kept", 1)]
    found = (await console.get("/knowledge/help/search?q=when%20is%20the%20shop%20open")).body["passages"]
    assert (found[0]["document"], found[0]["title"]) == ("Opening hours.md", "Hours")
    assert (await console.send("POST", f"{at}/Opening%20hours.md/read")).status == 202
    assert await _documents(console) == [("Opening hours.md", "waiting", 1)]
    assert (await console.send("DELETE", f"{at}/Opening%20hours.md")).status == 204
    assert (await _documents(console), await console.uploads.step()) == ([], 0)
    assert (await console.send("DELETE", f"{at}/Opening%20hours.md")).status == 404


async def test_a_refused_document_says_why(console: Console) -> None:
    await console.send("PUT", "/knowledge/help/documents/broken.pdf", b"no PDF")
    await console.uploads.step()
    (told,) = (await console.get("/knowledge/help/documents")).body["items"]
    assert (told["state"], "PDF" in told["reason"]) == ("refused", True)


@pytest.mark.parametrize("name", ["a.exe", ".hidden.md", "a%00.md", "x" * 201 + ".md", "..%5Ca.md", "%2E%2E.md"])
async def test_what_is_no_document_is_not_taken(console: Console, name: str) -> None:
    said = await console.send("PUT", f"/knowledge/help/documents/{name}", b"x")
    assert (said.status, await _documents(console)) == (422, [])


async def test_documents_of_a_folder_are_changed_there(console: Console) -> None:
    base = BaseKey(WorkspaceId("default"), "help")
    await console.get("/knowledge")
    await console.store.put_document(DocumentRow(*base, "a.md", "A", "folder", "d", "kept", None, 1, 0, 1.0), ())
    for method, path in (("PUT", ""), ("DELETE", ""), ("POST", "/read")):
        said = await console.send(method, f"/knowledge/help/documents/a.md{path}", b"x" if method == "PUT" else None)
        assert (said.status, "folder" in said.body["detail"]) == (409, True)


async def test_documents_come_in_pages(console: Console) -> None:
    for n in range(3):
        await console.send("PUT", f"/knowledge/help/documents/{n}.md", b"x")
    first = (await console.get("/knowledge/help/documents?limit=2")).body
    assert ([each["key"] for each in first["items"]], first["next"]) == (["0.md", "1.md"], "1.md")
    rest = (await console.get("/knowledge/help/documents?limit=2&after=1.md")).body
    assert ([each["key"] for each in rest["items"]], rest["next"]) == (["2.md"], None)


AGENT = {"prompt": "You sell hats.", "models": ["router/small"]}


async def test_a_bot_is_made_changed_and_deleted(console: Console) -> None:
    made = await console.send("POST", "/bots", {"name": "hats", "kind": "agent", "settings": AGENT})
    assert (made.status, made.body) == (201, {"name": "hats"})
    told = (await console.get("/bots/hats")).body
    assert (told["source"], told["models"], told["revision"], told["prompt_version"]) == (
        "console",
        ["router/small"],
        1,
        0,
    )
    change = {"revision": 1, "set": {"quiet": "2s", "temperature": 0.2}}
    assert (await console.send("PATCH", "/bots/hats", change)).status == 204
    assert (await console.send("PATCH", "/bots/hats", change)).status == 409
    settings = {each["name"]: each["value"] for each in (await console.get("/bots/hats")).body["settings"]}
    assert (settings["quiet"], settings["temperature"]) == (2.0, 0.2)
    assert (await console.send("PATCH", "/bots/hats", {"revision": 2, "unset": ["quiet"]})).status == 204
    settings = {each["name"]: each for each in (await console.get("/bots/hats")).body["settings"]}
    assert (settings["quiet"]["value"], settings["quiet"]["given"]) == (4.0, False)
    assert (await console.send("DELETE", "/bots/hats", by="agent")).status == 403
    assert (await console.send("DELETE", "/bots/hats")).status == 204
    assert (await console.get("/bots/hats")).status == 404


@pytest.mark.parametrize(
    "kind, settings, where",
    [
        ("agent", AGENT | {"quiet": "soon"}, "quiet"),
        ("agent", AGENT | {"quiet": 20, "max_wait": 10}, ""),
        ("agent", AGENT | {"models": ["nobody/x"]}, "models"),
        ("agent", AGENT | {"models": []}, ""),
        ("agent", AGENT | {"tools": ["os:system"]}, "tools"),
        ("agent", AGENT | {"knowledge": ["theirs"]}, "knowledge"),
        ("agent", AGENT | {"nonsense": 1}, "nonsense"),
        ("agent", AGENT | {"facts": {"size": ["\ud800"]}}, ""),
        ("agent", AGENT | {"prompt": "x" * 300_000}, "prompt"),
        ("python", {"entry": "os:system"}, "kind"),
        ("remote", {"preset": "ansari", "base_url": "http://127.0.0.1:8000"}, "base_url"),
        ("flow", {"flows": ["/etc/passwd"]}, "flows"),
        ("pigeon", {}, "kind"),
    ],
)
async def test_what_will_not_do_is_said_with_its_place_and_mend(
    console: Console, kind: str, settings: dict[str, Any], where: str
) -> None:
    said = await console.send("POST", "/bots", {"name": "hats", "kind": kind, "settings": settings})
    assert (said.status, [each["where"] for each in said.body["errors"]]) == (422, [where])
    assert said.body["errors"][0]["mend"]
    assert (await console.get("/bots/hats")).status == 404


async def test_a_name_that_is_taken_gets_something_added_and_tells_nothing(console: Console) -> None:
    for by, taken in (("admin", "elsewhere"), ("cafe", "elsewhere")):
        made = await console.send("POST", "/bots", {"name": taken, "kind": "flow"}, by=by)
        assert made.status == 201
        assert made.body["name"].startswith(f"{taken}-")
    for at in ("/bots/elsewhere", "/providers/router"):
        assert (await console.send("PATCH", at, {"revision": 1, "set": {}})).status == 409  # the file's
        assert (await console.send("DELETE", at)).status == 409
        assert (await console.send("DELETE", at, by="cafe")).status == 404


async def test_a_workspace_brings_its_own_provider_and_base(console: Console) -> None:
    provider = {"name": "own", "kind": "openai", "settings": {"api_key": "sk-not-to-be-told"}}
    assert (await console.send("POST", "/providers", provider, by="cafe")).body == {"name": "own"}
    assert (await console.send("POST", "/knowledge", {"name": "shelf"}, by="cafe")).status == 201
    bot = {"name": "brewer", "kind": "agent", "settings": AGENT | {"models": ["own/gpt"], "knowledge": ["shelf"]}}
    assert (await console.send("POST", "/bots", bot)).status == 422  # another workspace's
    assert (await console.send("POST", "/bots", bot, by="cafe")).status == 201
    assert (await console.send("POST", "/bots", bot | {"name": "b", "settings": AGENT}, by="cafe")).status == 422
    (told,) = (await console.get("/providers", by="cafe")).body
    assert {each["name"]: each["value"] for each in told["settings"]}["api_key"] is True
    for path in ("/providers", "/bots/brewer", "/knowledge/shelf"):
        assert "sk-not-to-be-told" not in (await console.get(path, by="cafe")).text
    assert b"sk-not-to-be-told" not in b"".join(each.document for each in await console.store.all_configured())
    change = {"revision": 1, "set": {"stream": True}}
    assert (await console.send("PATCH", "/providers/own", change, by="cafe")).status == 204  # the key stays
    assert (await console.send("DELETE", "/providers/own", by="cafe")).status == 409
    assert (await console.send("DELETE", "/knowledge/shelf", by="cafe")).status == 409
    await console.send("PUT", "/knowledge/shelf/documents/a.md", b"Coffee is hot.", by="cafe")
    assert (await console.send("DELETE", "/bots/brewer", by="cafe")).status == 204
    for path in ("/providers/own", "/knowledge/shelf"):
        assert (await console.send("DELETE", path, by="cafe")).status == 204
    assert await console.uploads.step() == 0
    assert await console.store.all_configured() == []


@pytest.mark.parametrize(
    "given, asked",
    [
        ({"set": {"base_url": "https://evil.example.com/v1"}}, ["api_key", "headers"]),
        ({"set": {"base_url": "https://evil.example.com/v1", "api_key": "k"}}, ["headers"]),
        ({"set": {"base_url": "https://evil.example.com/v1", "api_key": "k"}, "unset": ["headers"]}, []),
        ({"unset": ["base_url"]}, ["api_key", "headers"]),
        ({"set": {"kind": "openai"}}, ["api_key", "headers"]),
        ({"set": {"base_url": "https://llm.example.com/v1", "stream": True}}, []),
    ],
)
async def test_no_secret_is_sent_to_an_address_that_it_was_not_entered_for(
    console: Console, given: dict[str, Any], asked: list[str]
) -> None:
    settings = {"base_url": "https://llm.example.com/v1", "api_key": "sk-own", "headers": {"X-Key": "hush"}}
    made = {"name": "own", "kind": "openai_compatible", "settings": settings}
    assert (await console.send("POST", "/providers", made)).status == 201
    said = await console.send("PATCH", "/providers/own", {"revision": 1, **given})
    assert said.status == (422 if asked else 204)
    assert [each["where"] for each in (said.body or {}).get("errors", [])] == asked


def test_lines_that_come_again_and_again_are_compared_at_once() -> None:
    lines = compared(["a", "a", "b"] * 600, ["b", "a", "b", "a", "a"] * 360)
    assert [each.text for each in lines if each.mark != "+"] == ["a", "a", "b"] * 600
    assert len(compared([""] * 2001, ["x"])) == 2002
