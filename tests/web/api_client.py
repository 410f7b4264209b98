"""Asking the API in a test: who asks is said by name, and no socket is opened."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple
from urllib.parse import unquote

from fastapi import APIRouter

from turnkeeper.model.ids import WorkspaceId
from turnkeeper.model.people import Role, UserId
from turnkeeper.store.base import Store
from turnkeeper.store.sqlite.store import SqliteStore
from turnkeeper.testing.events import Channels
from turnkeeper.web.api.access import Identity
from turnkeeper.web.api.backend import Backend
from turnkeeper.web.api.site import build_api
from turnkeeper.web.asgi import Scope

HOME = WorkspaceId("default")
_ROLES: dict[str, Mapping[WorkspaceId, Role]] = {
    "viewer": {HOME: Role.VIEWER},
    "agent": {HOME: Role.AGENT},
    "admin": {HOME: Role.ADMIN},
    "owner": {HOME: Role.OWNER},
    "cafe": {WorkspaceId("cafe"): Role.OWNER},
}


class _Named:
    """Knows everybody by the name in their cookie."""

    async def identify(self, scope: Scope) -> Identity | None:
        names = [value.decode() for name, value in scope["headers"] if name == b"cookie"]
        return Identity(names[0], _ROLES[names[0]], UserId(names[0]), sign_in=b"s") if names else None

    def is_ours(self, _: Scope) -> bool:
        return True


class Said(NamedTuple):
    """An answer; `body` out of its JSON."""

    status: int
    body: Any
    text: str
    headers: Mapping[bytes, bytes]
    raw: bytes


class ApiClient:
    """The whole API over a store in memory, opened by the first request; `more`: other fields of its Backend, made of
    the store; `parts`: these routers alone, which are sooner built."""

    def __init__(
        self,
        now: Callable[[], float],
        *,
        directory: Channels | None = None,
        parts: Sequence[APIRouter] | None = None,
        **more: Callable[[Store], Any],
    ) -> None:
        self.store = SqliteStore(":memory:", directory or Channels(), inline=True)
        self._is_open = False
        made = {name: make(self.store) for name, make in more.items()}
        self.app = build_api(Backend(self.store, now, lambda _: None, _Named(), **made), parts)

    async def get(self, path: str, *, by: str = "admin") -> Said:
        """Ask."""
        return await self.send("GET", path, by=by)

    async def open(self) -> None:
        """Make the store ready; the first request does so too."""
        if not self._is_open:
            self._is_open = True
            await self.store.open()
            await self.store.migrate()

    async def send(
        self, method: str, path: str, body: object = None, *, by: str = "admin", headed: Mapping[str, str] | None = None
    ) -> Said:
        """Send JSON, or bytes as they are; `headed`: other headers."""
        await self.open()
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        where, _, query = path.partition("?")
        headers = [(b"cookie", by.encode()), (b"content-length", str(len(raw)).encode())]
        headers += [(name.encode(), value.encode()) for name, value in (headed or {}).items()]
        headers += [] if body is None or isinstance(body, bytes) else [(b"content-type", b"application/json")]
        scope = {
            "type": "http", "method": method, "path": unquote(f"/api/v1{where}"), "raw_path": b"",
            "query_string": query.encode(), "headers": headers, "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80), "scheme": "http", "root_path": "", "http_version": "1.1",
        }  # fmt: skip
        sent: list[Any] = []

        bodies = [raw]

        async def receive() -> Any:
            if not bodies:  # whoever asked stays there
                await asyncio.Event().wait()
            return {"type": "http.request", "body": bodies.pop(), "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        with suppress(RuntimeError):  # the outermost layer tells the server too, once it has answered
            await self.app(scope, receive, send)
        whole = b"".join(each.get("body", b"") for each in sent[1:])
        kept = dict(sent[0]["headers"])
        told = (
            json.loads(whole)
            if whole
            and kept.get(b"content-type", b"").endswith(b"json")
            and not kept[b"content-type"].endswith(b"ndjson")
            else None
        )
        return Said(sent[0]["status"], told, whole.decode("utf-8", "replace"), kept, whole)
