"""The API for flows: every route, what is refused in words, and that nobody sees another workspace."""

import json
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from turnkeeper.flows.problems import Checking
from turnkeeper.model.errors import StoreUnavailable
from turnkeeper.model.flows import Counted, FlowKey
from turnkeeper.model.ids import BotId, WorkspaceId
from turnkeeper.store.people import AuditWanted
from turnkeeper.store.sqlite.store import SqliteStore
from turnkeeper.testing.events import Channels
from turnkeeper.web.api.backend import Backend
from turnkeeper.web.api.flow_bodies import LARGEST_BODY
from turnkeeper.web.api.flows import Drawable, FlowsApi
from turnkeeper.web.api.programs import Programs
from turnkeeper.web.api.site import build_api
from turnkeeper.web.api.tokens import ApiToken, Tokens

SHOP, CAFE = WorkspaceId("shop"), WorkspaceId("cafe")
MINE, THEIRS, USELESS = "token-of-the-shop", "token-of-the-cafe", "token-of-nobody"
START = {"id": "start", "type": "start", "data": {"triggers": [{"kind": "first_message"}]}}


def drawn(name: str = "welcome", ask: str = "ask", **more: Any) -> dict[str, Any]:
    question = {"id": ask, "type": "ask", "position": {"x": 1.5, "y": 2}, "data": {"text": "Name?", "save": "name"}}
    edges = [{"source": "start", "target": ask}, {"source": ask, "target": "end"}]
    return {"name": name, "nodes": [START, question, {"id": "end", "type": "end"}], "edges": edges, **more}


async def around(_: WorkspaceId, names: frozenset[str]) -> Checking:
    return Checking(flows=names, tools=())


class Said(NamedTuple):
    status: int
    body: Any
    headers: dict[bytes, bytes]


class Api:
    """The API before a store in memory: a bot in two workspaces, one in a file, one that is only the cafe's."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self.store = SqliteStore(":memory:", Channels(), inline=True)

    async def __aenter__(self) -> "Api":
        await self.store.open()
        await self.store.migrate()
        both = frozenset({SHOP, CAFE})
        bots = {
            BotId("guide"): Drawable(both, False, around),
            BotId("fixed"): Drawable(both, True, around),
            BotId("waiter"): Drawable(frozenset({CAFE}), False, around),
        }
        tokens = [
            ApiToken("editor", MINE, SHOP, frozenset({"flows"})),
            ApiToken("theirs", THEIRS, CAFE, frozenset({"flows"})),
            ApiToken("useless", USELESS, SHOP, frozenset()),
        ]
        programs = Programs(Tokens(tokens, lambda: self.now))
        flows = FlowsApi(self.store, bots, lambda: self.now)
        self.app = build_api(Backend(self.store, lambda: self.now, lambda _: None, programs, flows=flows))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.store.close()

    async def ask(self, method: str, path: str = "", said: object = None, **more: Any) -> Said:
        """`path` after /api/v1/flows, perhaps with `?…`; `token`, `match`, `client` as they are sent."""
        body = b"" if said is None else said if isinstance(said, bytes) else json.dumps(said).encode()
        headers = {"authorization": f"Bearer {more.get('token', MINE)}", "if-match": more.get("match", "")}
        raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items() if value]
        where, _, query = path.partition("?")
        scope = {
            "type": "http",
            "method": method,
            "path": f"/api/v1/flows{where}",
            "raw_path": b"",
            "root_path": "",
            "scheme": "http",
            "server": ("10.0.0.9", 80),
            "http_version": "1.1",
            "query_string": query.encode(),
            "headers": raw,
            "client": (more.get("client", "10.0.0.1"), 1),
        }
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        answered = b"".join(each.get("body", b"") for each in sent[1:])
        return Said(sent[0]["status"], json.loads(answered) if answered else None, dict(sent[0]["headers"]))

    async def create(self, document: dict[str, Any] | None = None, bot: str = "guide", token: str = MINE) -> Said:
        made = await self.ask("POST", "", {"bot": bot, "document": document or drawn()}, token=token)
        assert made.status == 201, made
        return made


async def test_a_flow_from_the_first_draft_to_its_end() -> None:
    async with Api() as api:
        made = await api.create()
        head = {"name": "welcome", "bot": "guide", "revision": 1, "published": None, "read_only": False}
        assert made.body | head == made.body
        assert (made.body["changed_by"], made.body["changed_at"]) == ("editor", api.now)
        assert (made.headers[b"location"], made.headers[b"etag"]) == (b"/api/v1/flows/welcome", b'"1"')
        assert (await api.ask("GET")).body == {"flows": [made.body]}
        read = await api.ask("GET", "/welcome")
        assert read.body == made.body | {"document": drawn()}

        put = await api.ask("PUT", "/welcome", drawn(ask="who"), match='"1"')
        assert (put.status, put.body["revision"], put.headers[b"etag"]) == (200, 2, b'"2"')
        assert (await api.ask("POST", "/welcome/check")).body == {"ok": True, "problems": []}

        out = await api.ask("POST", "/welcome/publish", {"note": "the first"})
        version = {"version": 1, "published_by": "editor", "note": "the first", "mapping": {}, "published_at": api.now}
        assert (out.status, out.body) == (201, version | {"warnings": []})
        again = await api.ask("POST", "/welcome/publish", {"mapping": {"1": {"who": "who"}}}, match='"2"')
        assert (again.status, again.body["version"], again.body["mapping"]) == (201, 2, {"1": {"who": "who"}})
        versions = await api.ask("GET", "/welcome/versions")
        assert (versions.body["published"], [each["version"] for each in versions.body["versions"]]) == (2, [2, 1])
        assert (await api.ask("GET", "/welcome/versions/1")).body == version | {"document": drawn(ask="who")}

        back = await api.ask("POST", "/welcome/back", {"version": 1})
        assert (back.status, back.body["published"]) == (200, 1)
        assert (await api.ask("DELETE", "/welcome")).status == 409
        assert (await api.ask("POST", "/welcome/unpublish")).body["published"] is None
        gone = await api.ask("DELETE", "/welcome")
        assert (gone.status, gone.body) == (204, None)
        assert (await api.ask("GET")).body == {"flows": []}
        assert (await api.ask("GET", "/welcome")).status == 404


async def test_a_drawing_is_exported_as_a_file() -> None:
    async with Api() as api:
        await api.create(drawn("pesan é"))
        await api.ask("POST", "/pesan é/publish")
        await api.ask("PUT", "/pesan é", drawn("pesan é", ask="who"), match="1")
        now, then = await api.ask("GET", "/pesan é/export"), await api.ask("GET", "/pesan é/export?version=1")
        assert (now.body, then.body) == (drawn("pesan é", ask="who"), drawn("pesan é"))
        assert now.headers[b"content-disposition"] == b"attachment; filename*=UTF-8''pesan%20%C3%A9.json"
        assert (await api.ask("GET", "/pesan é/export?version=7")).status == 404


async def test_whoever_has_not_seen_the_newest_changes_nothing() -> None:
    async with Api() as api:
        await api.create()
        assert (await api.ask("PUT", "/welcome", drawn(), match='"1"')).body["revision"] == 2
        assert (await api.ask("PUT", "/welcome", drawn(), match='"1"')).status == 412
        assert (await api.ask("PUT", "/welcome", drawn(), match="*")).body["revision"] == 3
        said = await api.ask("PUT", "/welcome", drawn())
        assert (said.status, said.body["detail"]) == (
            428,
            'send If-Match with the revision that you have changed; the newest is "3"',
        )
        assert (await api.ask("POST", "/welcome/publish", match='"2"')).status == 412
        assert (await api.ask("GET", "/welcome")).body["published"] is None


async def test_what_was_done_is_in_the_audit_log() -> None:
    async with Api() as api:
        await api.create()
        assert (await api.ask("POST", "/welcome/check")).status == 200
        for n, (method, path) in enumerate(
            [("POST", "/welcome/publish"), ("POST", "/welcome/unpublish"), ("DELETE", "/welcome")]
        ):
            assert (await api.ask(method, path)).status == (201, 200, 204)[n]
        assert (await api.ask("DELETE", "/welcome")).status == 404
        lines = await api.store.audit(SHOP, AuditWanted(), 10)
        assert [(each.actor.name, each.what, each.about) for each in reversed(lines)] == [
            ("editor", f"flow.{did}", "welcome") for did in ("created", "published", "unpublished", "deleted")
        ]


async def test_what_is_wrong_is_not_published() -> None:
    async with Api() as api:
        tool = {"id": "t", "type": "tool", "data": {"tool": "search"}}
        wrong = drawn()
        wrong["nodes"].append(tool)
        await api.create(wrong | {"edges": []})
        found = (await api.ask("POST", "/welcome/check")).body
        assert found["ok"] is False
        places = {(each["where"], each["level"]) for each in found["problems"]}
        assert {("start", "error"), ("t", "error"), ("ask", "warning")} <= places
        out = await api.ask("POST", "/welcome/publish")
        assert (out.status, out.headers[b"content-type"]) == (422, b"application/problem+json")
        assert out.body["errors"] == found["problems"]
        assert (await api.ask("POST", "/welcome/check", drawn())).body["ok"] is True
        assert (await api.ask("GET", "/welcome/versions")).body["versions"] == []


async def test_a_draft_need_not_be_a_flow_yet() -> None:
    async with Api() as api:
        await api.create({"name": "welcome", "nodes": [{"id": "x", "type": "magic"}]})
        found = (await api.ask("POST", "/welcome/check")).body
        assert (found["ok"], found["problems"][0]["where"]) == (False, "x")
        assert (await api.ask("POST", "/welcome/publish")).status == 422


async def test_a_mapping_that_cannot_be_is_refused() -> None:
    async with Api() as api:
        await api.create()
        await api.ask("POST", "/welcome/publish")
        for mapping, what in (
            ({"1": {"ask": "gone"}}, "there is no such node"),
            ({"1": {"ask": "start"}}, "a node of the type ask"),
            ({"7": {"ask": "ask"}}, "which was never published"),
            ({str(10**12): {"ask": "ask"}}, "which was never published"),
        ):
            out = await api.ask("POST", "/welcome/publish", {"mapping": mapping})
            assert out.status == 422
            assert what in out.body["errors"][0]["problem"]
        assert [each["version"] for each in (await api.ask("GET", "/welcome/versions")).body["versions"]] == [1]


async def test_what_cannot_be_read_is_published_with_no_mapping_either() -> None:
    async with Api() as api:
        await api.create()
        await api.ask("POST", "/welcome/publish")
        unreadable = {"name": "welcome", "nodes": "none"}
        assert (await api.ask("PUT", "/welcome", unreadable, match='"1"')).status == 200
        assert (await api.ask("POST", "/welcome/publish", {"mapping": {"1": {"ask": "ask"}}})).status == 422


async def test_flows_of_a_bot_that_left_the_configuration_can_still_be_read() -> None:
    async with Api() as api:
        document = json.dumps(drawn("left")).encode()
        await api.store.put_flow(FlowKey(SHOP, BotId("gone"), "left"), document, None, "ada", api.now)
        assert [each["name"] for each in (await api.ask("GET")).body["flows"]] == ["left"]
        assert (await api.ask("GET", "/left")).body["document"] == drawn("left")


async def test_nobody_reaches_into_another_workspace() -> None:
    async with Api() as api:
        await api.create()
        await api.ask("POST", "/welcome/publish")
        assert (await api.ask("GET", token=THEIRS)).body == {"flows": []}
        for method, path, said in (
            ("GET", "/welcome", None),
            ("GET", "/welcome?bot=guide", None),
            ("PUT", "/welcome", drawn(ask="stolen")),
            ("DELETE", "/welcome", None),
            ("POST", "/welcome/check", None),
            ("POST", "/welcome/publish", {}),
            ("POST", "/welcome/unpublish", None),
            ("POST", "/welcome/back", {"version": 1}),
            ("GET", "/welcome/versions", None),
            ("GET", "/welcome/versions/1", None),
            ("GET", "/welcome/export", None),
            ("GET", "/welcome/numbers", None),
        ):
            crossed = await api.ask(method, path, said, token=THEIRS, match="*")
            assert (crossed.status, crossed.body["detail"]) == (404, "there is no flow 'welcome'"), path
        await api.create(drawn(ask="theirs"), token=THEIRS)
        assert (await api.ask("POST", "/welcome/publish", token=THEIRS)).body["version"] == 1
        mine = await api.ask("GET", "/welcome")
        assert (mine.body["revision"], mine.body["document"]) == (1, drawn())
        assert (await api.ask("POST", "", {"bot": "waiter", "document": drawn("x")})).status == 422
        assert "waiter" not in json.dumps((await api.ask("POST", "", {"document": drawn("x")})).body)


async def test_flows_of_two_bots_may_be_called_the_same() -> None:
    async with Api() as api:
        await api.create(token=THEIRS)
        await api.create(drawn(ask="other"), "waiter", THEIRS)
        twice = await api.ask("GET", "/welcome", token=THEIRS)
        assert (twice.status, "?bot=guide" in twice.body["detail"]) == (409, True)
        one = await api.ask("GET", "/welcome?bot=waiter", token=THEIRS)
        assert one.body["document"] == drawn(ask="other")
        assert [each["bot"] for each in (await api.ask("GET", "?bot=guide", token=THEIRS)).body["flows"]] == ["guide"]


async def test_flows_in_files_are_read_only() -> None:
    async with Api() as api:
        key = FlowKey(SHOP, BotId("fixed"), "welcome")
        put = await api.store.put_flow(key, json.dumps(drawn()).encode(), None, "file", api.now)
        assert put is not None
        await api.store.publish_flow(key, 1, b"{}", "", "file", api.now)
        assert (await api.ask("GET", "/welcome")).body["read_only"] is True
        assert (await api.ask("POST", "/welcome/check")).body["ok"] is True
        for method, path, said in (
            ("PUT", "/welcome", drawn()),
            ("DELETE", "/welcome", None),
            ("POST", "/welcome/publish", {}),
            ("POST", "/welcome/unpublish", None),
            ("POST", "", {"bot": "fixed", "document": drawn("x")}),
        ):
            refused = await api.ask(method, path, said, match="*")
            assert (refused.status, "stand in files" in refused.body["detail"]) == (409, True), (method, path)


async def test_the_numbers_of_a_flow() -> None:
    async with Api() as api:
        await api.create()
        assert (await api.ask("GET", "/welcome/numbers")).body == {"flow": "welcome", "bot": "guide", "nodes": []}
        passed = {Counted("welcome", 1, "ask"): 5, Counted("welcome", 1, "ask", "next"): 2}
        passed |= {Counted("welcome", 1, "ask", "fallback"): 1, Counted("welcome", 2, "ask"): 1}
        mine = {(SHOP, BotId("guide"), each): times for each, times in passed.items()}
        await api.store._alone(lambda rows: rows.add_counts(mine))
        first = {"flow": "welcome", "version": 1, "node": "ask", "entered": 5, "left": {"fallback": 1, "next": 2}}
        first |= {"waiting": 2, "gave_up": 1}
        assert (await api.ask("GET", "/welcome/numbers?version=1")).body["nodes"] == [first]
        assert len((await api.ask("GET", "/welcome/numbers")).body["nodes"]) == 2
        assert (await api.ask("GET", "/welcome/numbers?version=x")).status == 404


REFUSED: list[tuple[str, str, str, object, dict[str, Any], int, str]] = [
    ("no token", "GET", "", None, {"token": ""}, 401, "token"),
    ("a wrong token", "GET", "", None, {"token": "guess"}, 401, "token"),
    ("a token for something else", "GET", "", None, {"token": USELESS}, 403, "needs the scope flows"),
    ("another method", "PATCH", "", None, {}, 405, "other methods"),
    ("another method for a flow", "PATCH", "/welcome", None, {}, 405, "other methods"),
    ("no such address", "GET", "/welcome/secrets", None, {}, 404, "no such address"),
    ("deeper", "GET", "/welcome/versions/1/2", None, {}, 404, "no such address"),
    ("no such flow", "GET", "/orders", None, {}, 404, "there is no flow 'orders'"),
    ("not JSON", "POST", "", b"{", {}, 400, "not JSON"),
    ("too deep", "POST", "", b'{"document": {"a": ' + b"[" * 100_000, {}, 400, "not JSON"),
    ("not what is asked for", "POST", "", {"document": []}, {}, 422, "nothing of this request"),
    ("something else beside", "POST", "", {"document": {}, "x": 1}, {}, 422, "nothing of this request"),
    ("no name", "POST", "", {"bot": "guide", "document": {}}, {}, 422, '"name"'),
    ("a slash", "POST", "", {"bot": "guide", "document": {"name": "a/b"}}, {}, 422, "slashes"),
    ("what cannot be shown", "POST", "", {"bot": "guide", "document": {"name": "a\u0000"}}, {}, 422, "cannot be shown"),
    ("there already", "POST", "", {"bot": "guide", "document": drawn()}, {}, 409, "has a flow 'welcome' already"),
    ("no bot", "POST", "", {"bot": "nobody", "document": drawn("x")}, {}, 422, "no bot 'nobody'"),
    ("two bots", "POST", "", {"document": drawn("x")}, {}, 422, "fixed, guide"),
    ("renamed", "PUT", "/welcome", drawn("other"), {"match": "1"}, 422, "keeps its name"),
    ("a revision that is none", "PUT", "/welcome", drawn(), {"match": "x"}, 400, "If-Match"),
    ("a revision of nine digits", "PUT", "/welcome", drawn(), {"match": "9" * 9}, 412, ""),
    ("a revision of ten", "PUT", "/welcome", drawn(), {"match": "9" * 10}, 400, "If-Match"),
    ("too large", "PUT", "/welcome", b"x" * (LARGEST_BODY + 1), {"match": "1"}, 413, "larger"),
    ("no version", "POST", "/welcome/back", {}, {}, 422, "nothing of this request"),
    ("no such version", "POST", "/welcome/back", {"version": 9}, {}, 404, "no version 9"),
    ("a version that is none", "GET", "/welcome/versions/-1", None, {}, 404, "not a version"),
    ("a long note", "POST", "/welcome/publish", {"note": "x" * 1001}, {}, 422, "nothing of this request"),
]


@pytest.mark.parametrize("label, method, path, said, more, status, detail", REFUSED)
async def test_what_is_refused(
    label: str, method: str, path: str, said: object, more: dict[str, Any], status: int, detail: str
) -> None:
    async with Api() as api:
        await api.create()
        refused = await api.ask(method, path, said, **more)
        assert (refused.status, refused.headers[b"content-type"]) == (status, b"application/problem+json")
        assert detail in refused.body["detail"]
        assert refused.body["title"] != "problem", "each status has words"
        assert refused.headers[b"cache-control"] == b"no-store"
        assert (await api.ask("GET", "/welcome")).body["revision"] == 1


def test_a_token_is_not_shown() -> None:
    assert MINE not in repr(ApiToken("editor", MINE, SHOP, frozenset()))


async def test_whoever_guesses_is_told_to_wait() -> None:
    async with Api() as api:
        found = [(await api.ask("GET", token=f"guess-{n}")).status for n in range(25)]
        assert found == [401] * 20 + [429] * 5
        assert (await api.ask("GET", token="guess", client="10.0.0.2")).status == 401
        assert (await api.ask("GET")).status == 200
        api.now += 4
        assert (await api.ask("GET", token="guess")).status == 401


async def test_without_a_database_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: object) -> None:
        raise StoreUnavailable("away")

    async with Api() as api:
        monkeypatch.setattr(api.store, "flows", away)
        said = await api.ask("GET")
        assert (said.status, said.headers[b"retry-after"]) == (503, b"5")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=20, deadline=None)
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
    path=st.sampled_from(["", "/welcome", "/welcome/check", "/welcome/publish", "/welcome/back"]) | st.text(max_size=9),
    said=ANYTHING | st.builds(lambda document: {"bot": "guide", "document": document}, ANYTHING),
)
async def test_nothing_gives_an_error_of_our_own(method: str, path: str, said: object) -> None:
    async with Api() as api:
        await api.create()
        assert (await api.ask(method, path, said, match="1")).status != 500


async def test_of_very_many_problems_the_first_are_told() -> None:
    marks = " ".join(f"{{{{nobody_{n}}}}}" for n in range(50))
    nodes = [{"id": f"n{n}", "type": "message", "data": {"text": marks}} for n in range(20)]
    async with Api() as api:
        await api.create()
        told = await api.ask("POST", "/welcome/check", {"name": "welcome", "nodes": nodes, "edges": []})
        assert told.status == 200
        assert len(told.body["problems"]) == 500
        assert told.body["problems"][0]["problem"] == "the flow has no start"
