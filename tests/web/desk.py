"""The API with people who sign in, asked as a browser asks."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, NamedTuple

from argon2 import PasswordHasher

from turnkeeper.model.ids import WorkspaceId
from turnkeeper.model.people import Link
from turnkeeper.store.sqlite.store import SqliteStore
from turnkeeper.testing.events import Channels
from turnkeeper.web.api.access import COOKIE
from turnkeeper.web.api.backend import Backend
from turnkeeper.web.api.doorkeeper import digest_of, new_doorkeeper
from turnkeeper.web.api.oidc import Client, Fetch, Provider
from turnkeeper.web.api.passwords import Passwords
from turnkeeper.web.api.site import build_api
from turnkeeper.web.api.tokens import ApiToken, Tokens

T0 = 1_800_000_000.0
DAY = 86_400.0
FIRST, EARLIER = "the-first-link-of-all", "of-the-start-before"
OLGA = {"email": "olga@example.com", "name": "Olga", "password": "correct horse"}
OURS = {"origin": "http://bot.test", "host": "bot.test"}
THEIRS = {"origin": "https://evil.test", "host": "bot.test"}
HOME = WorkspaceId("default")


class Said(NamedTuple):
    status: int
    body: Any
    cookies: list[str]
    location: str = ""

    @property
    def cookie(self) -> str:
        """The session that was given."""
        return self.cookies[-1].partition(";")[0].partition("=")[2]


class Desk:
    """The whole API on a store in memory, asked as a browser asks. `cookie` is the browser's."""

    def __init__(
        self,
        store: SqliteStore,
        *,
        public_url: str = "",
        demo: bool = False,
        client: Client | None = None,
        fetch: Fetch | None = None,
    ) -> None:
        self.now = T0
        self.store = store
        self.cookie = ""
        self.peer = "203.0.113.7"
        tokens = Tokens([ApiToken("crm", "token-of-the-crm", HOME, frozenset({"admin"}))], lambda: self.now)
        cheap = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        door = new_doorkeeper(store, lambda: self.now, tokens, public_url, demo=demo, passwords=cheap)
        provider = Provider(client, fetch, lambda: self.now) if client and fetch else None
        backend = Backend(store, lambda: self.now, lambda _: None, door, public_url, demo, door=door, provider=provider)
        self.app = build_api(backend)

    async def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        headers: dict[str, str] = OURS,
        cookie: str | None = None,
        token: str = "",
        pending: str = "",
    ) -> Said:
        path, _, query = path.partition("?")
        shown = self.cookie if cookie is None else cookie
        given = {k: v for k, v in headers.items() if k != "origin" or method != "GET"}
        given |= {"cookie": f"other=1; {COOKIE}={shown}"} if shown else {}
        given |= {"cookie": f"turnkeeper_provider={pending}"} if pending else {}
        given |= {"authorization": f"Bearer {token}"} if token else {}
        given |= {"content-type": "application/json"} if body is not None else {}
        raw = b"" if body is None else json.dumps(body).encode()
        scope = {
            "type": "http", "method": method, "path": f"/api/v1{path}", "raw_path": b"",
            "query_string": query.encode(), "client": (self.peer, 1), "server": ("127.0.0.1", 80), "scheme": "http",
            "headers": [(k.encode(), v.encode()) for k, v in given.items()], "root_path": "", "http_version": "1.1",
        }  # fmt: skip
        sent: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": raw, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        with suppress(RuntimeError):
            await self.app(scope, receive, send)
        whole = b"".join(each.get("body", b"") for each in sent[1:])
        cookies = [value.decode() for name, value in sent[0]["headers"] if name == b"set-cookie"]
        location = dict(sent[0]["headers"]).get(b"location", b"").decode()
        return Said(sent[0]["status"], json.loads(whole) if whole else None, cookies, location)

    async def begin(self) -> None:
        """Olga owns `default` and is signed in."""
        await self.store.put_workspaces({HOME: "Shop"}, self.now)
        await self.store.put_link(Link(digest_of(FIRST), None, self.now, self.now + DAY))
        said = await self.ask("POST", "/sign-in/first", {"token": FIRST, **OLGA})
        assert said.status == 201
        self.cookie = said.cookie

    async def join(self, name: str, role: str, *, cookie: str | None = None) -> str:
        """Somebody is invited and joins; their cookie."""
        email = f"{name}@example.com"
        invited = await self.ask("POST", "/invitations", {"email": email, "role": role}, cookie=cookie)
        assert invited.status == 201, invited.body
        token = invited.body["link"].partition("#invitation=")[2]
        given = {"token": token, "name": name.title(), "password": f"{name} {name} {name}"}
        joined = await self.ask("POST", "/sign-in/invitation", given, cookie="")
        assert joined.status == 201, joined.body
        return joined.cookie

    async def noted(self) -> list[str]:
        """What the audit log holds, oldest first."""
        said = await self.ask("GET", "/audit?limit=100")
        return [f"{each['name']} {each['what']} {each['about']}".strip() for each in reversed(said.body["items"])]


@asynccontextmanager
async def opened(**how: Any) -> AsyncIterator[Desk]:
    store = SqliteStore(":memory:", Channels(), inline=True)
    await store.open()
    await store.migrate()
    try:
        yield Desk(store, **how)
    finally:
        await store.close()
