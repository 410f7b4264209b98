"""The API's frame: who may do what in which workspace, limits, and every problem in one form."""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NamedTuple

import pytest
from fastapi import APIRouter
from pydantic import BaseModel

from turnkeeper.model.errors import StoreUnavailable
from turnkeeper.model.ids import WorkspaceId
from turnkeeper.model.people import Role, UserId, role_of
from turnkeeper.store.sqlite.store import SqliteStore
from turnkeeper.testing.events import Channels
from turnkeeper.web.api.access import Administers, Answers, Identity, Owns, Reads, Somebody
from turnkeeper.web.api.backend import Backend
from turnkeeper.web.api.lazy import LazyApi
from turnkeeper.web.api.limits import LARGEST_BODY
from turnkeeper.web.api.programs import Programs
from turnkeeper.web.api.refusals import Refusal
from turnkeeper.web.api.site import build_api
from turnkeeper.web.api.tokens import ApiToken, Tokens
from turnkeeper.web.asgi import Scope

SHOP, CAFE = WorkspaceId("shop"), WorkspaceId("cafe")
router = APIRouter(prefix="/tries")


class Body(BaseModel):
    """What the address takes."""

    count: int


@router.get("/reads")
async def tried_reading(access: Reads) -> str:
    """Who reads where."""
    return f"{access.who} is {access.role} in {access.workspace_id}"


@router.post("/answers")
async def tried_answering(access: Answers) -> str:
    """Who answers."""
    return access.who


@router.post("/administers")
async def tried_administering(access: Administers, body: Body) -> int:
    """What an administrator sends."""
    return body.count


@router.post("/owns")
async def tried_owning(access: Owns) -> str:
    """Who owns."""
    return access.who


@router.get("/somebody")
async def tried_being(identity: Somebody) -> str:
    """Who it is."""
    return identity.name


@router.get("/breaks/{how}")
async def tried_breaking(how: str) -> None:
    """Ends with an error."""
    raise StoreUnavailable("away") if how == "away" else RuntimeError("the secret is 42")


class People:
    """Whoever the cookie names."""

    def __init__(self) -> None:
        self.ours = True
        roles = {"vera": Role.VIEWER, "ann": Role.AGENT, "adam": Role.ADMIN, "olga": Role.OWNER}
        self.known = {name: Identity(name, {SHOP: role}, UserId(name), sign_in=b"s") for name, role in roles.items()}
        self.known["both"] = Identity("both", {CAFE: Role.VIEWER, SHOP: Role.ADMIN}, UserId("both"), sign_in=b"s")
        self.known["nowhere"] = Identity("nowhere", {}, UserId("nowhere"), sign_in=b"s")
        self.programs = Programs(
            Tokens(
                [
                    ApiToken("reader", "token-of-the-reader", CAFE, frozenset({"read"})),
                    ApiToken("editor", "token-of-the-editor", CAFE, frozenset({"flows"})),
                    ApiToken("all", "token-of-all", CAFE, frozenset({"read", "admin"})),
                ],
                lambda: 0.0,
            )
        )

    async def identify(self, scope: Scope) -> Identity | None:
        for name, value in scope["headers"]:
            if name == b"cookie":
                return self.known[value.decode()]
        return await self.programs.identify(scope)

    def is_ours(self, _: Scope) -> bool:
        return self.ours


class Said(NamedTuple):
    status: int
    body: Any
    headers: Mapping[bytes, bytes]


class Api:
    def __init__(self) -> None:
        self.people = People()
        store = SqliteStore(":memory:", Channels(), inline=True)
        backend = Backend(store, lambda: 0.0, lambda _: None, self.people)
        self.app = LazyApi(lambda: build_api(backend, [router]))

    async def ask(
        self, path: str, *, method: str = "GET", by: str = "", token: str = "", body: bytes = b"", query: str = ""
    ) -> Said:
        headers = [(b"cookie", by.encode())] if by else []
        headers += [(b"authorization", f"Bearer {token}".encode())] if token else []
        headers += [(b"content-type", b"application/json")] if body else []
        scope = {
            "type": "http", "method": method, "path": f"/api/v1{path}", "raw_path": b"", "query_string": query.encode(),
            "headers": headers, "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80), "scheme": "http",
            "root_path": "", "http_version": "1.1",
        }  # fmt: skip
        sent: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        with suppress(RuntimeError):  # the outermost layer tells the server too, once it has answered
            await self.app(scope, receive, send)
        whole = b"".join(each.get("body", b"") for each in sent[1:])
        return Said(sent[0]["status"], json.loads(whole), dict(sent[0]["headers"]))


@pytest.fixture
def api() -> Api:
    return Api()


@pytest.mark.parametrize(
    "by, path, status",
    [
        *[(name, "/tries/reads", 200) for name in ("vera", "ann", "adam", "olga")],
        *[(name, "/tries/answers", 403 if name == "vera" else 200) for name in ("vera", "ann", "adam", "olga")],
        *[(name, "/tries/owns", 200 if name == "olga" else 403) for name in ("vera", "ann", "adam", "olga")],
        *[(name, "/tries/administers", 200 if name in ("adam", "olga") else 403) for name in ("ann", "adam", "olga")],
        ("nowhere", "/tries/reads", 404),
        ("nowhere", "/tries/somebody", 200),
        ("", "/tries/somebody", 401),
        ("", "/tries/reads", 401),
        ("vera", "/nothing", 404),
    ],
)
async def test_roles(api: Api, by: str, path: str, status: int) -> None:
    reads = path in ("/tries/reads", "/tries/somebody", "/nothing")
    said = await api.ask(path, method="GET" if reads else "POST", by=by, body=b"" if reads else b'{"count": 1}')
    assert said.status == status
    if status >= 400:
        assert said.body["status"] == status
        assert said.headers[b"content-type"] == b"application/problem+json"


async def test_people_say_the_workspace_and_are_told_nothing_of_others(api: Api) -> None:
    assert (await api.ask("/tries/reads", by="both")).body == "both is viewer in cafe"
    assert (await api.ask("/tries/reads", by="both", query="workspace=shop")).body == "both is admin in shop"
    theirs, missing = [await api.ask("/tries/reads", by="vera", query=f"workspace={name}") for name in ("cafe", "no")]
    assert (theirs.status, theirs.body) == (missing.status, missing.body) == (404, missing.body)


async def test_programs_have_one_workspace(api: Api) -> None:
    assert (await api.ask("/tries/reads", token="token-of-the-reader")).body == "reader is viewer in cafe"
    assert (await api.ask("/tries/reads", token="token-of-the-reader", query="workspace=shop")).status == 404
    useless = await api.ask("/tries/reads", token="token-of-the-editor")
    assert (useless.status, "scope read" in useless.body["detail"]) == (403, True)
    assert (await api.ask("/tries/answers", token="token-of-the-reader", method="POST")).status == 403
    wrong = await api.ask("/tries/reads", token="token-of-all-but-not-quite")
    assert (wrong.status, wrong.headers[b"www-authenticate"]) == (401, b"Bearer")


async def test_a_page_of_another_site_changes_nothing(api: Api) -> None:
    api.people.ours = False
    assert (await api.ask("/tries/answers", method="POST", by="ann")).status == 403
    assert (await api.ask("/tries/reads", by="ann")).status == 200
    assert (await api.ask("/tries/administers", method="POST", token="token-of-all", body=b'{"count": 2}')).body == 2


async def test_what_is_not_as_described_is_said_by_its_place(api: Api) -> None:
    said = await api.ask("/tries/administers", method="POST", by="olga", body=b'{"count": "a lot of secrets"}')
    assert said.status == 422
    assert [each["where"] for each in said.body["errors"]] == ["count"]
    assert "secrets" not in json.dumps(said.body)
    assert (await api.ask("/tries/administers", method="POST", by="olga", body=b"{")).status == 422
    large = await api.ask("/tries/administers", method="POST", by="olga", body=b" " * (LARGEST_BODY + 1))
    assert (large.status, large.headers[b"connection"]) == (413, b"close")


async def test_errors_of_ours_are_in_the_log_alone(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    away, broken = await api.ask("/tries/breaks/away"), await api.ask("/tries/breaks/else")
    assert (away.status, away.headers[b"retry-after"]) == (503, b"5")
    assert (broken.status, "42" in json.dumps(broken.body)) == (500, False)
    assert "the secret is 42" in caplog.text


async def test_answers_are_kept_by_nobody_on_the_way(api: Api) -> None:
    said = [
        await api.ask("/tries/reads", by="vera"),
        await api.ask("/nothing", by="vera"),
        await api.ask("/tries/reads"),
    ]
    assert [each.status for each in said] == [200, 404, 401]
    assert {each.headers[b"cache-control"] for each in said} == {b"no-store"}
    assert {each.headers[b"x-content-type-options"] for each in said} == {b"nosniff"}


async def test_the_description_names_every_address_once(api: Api) -> None:
    described = (await api.ask("/openapi.json")).body
    operations = [each["operationId"] for path in described["paths"].values() for each in path.values()]
    assert len(operations) == len(set(operations)) == 6
    assert described["components"]["securitySchemes"].keys() == {"session", "token"}


def test_scopes_stand_for_roles() -> None:
    assert role_of(frozenset({"read", "answer"})) is Role.AGENT
    assert role_of(frozenset({"flows"})) is None
    assert Role.OWNER.includes(Role.ADMIN)
    assert not Role.AGENT.includes(Role.ADMIN)


def test_refusals_have_titles() -> None:
    assert json.loads(Refusal(404, "x").answer()[1]["body"])["title"] == "not there"
