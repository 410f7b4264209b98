"""The fake as an ASGI app: bounded bodies, a prefix if mounted, silence where a fault wants it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

from turnkeeper.testing.fake_graph.http import NoReply, Reply, Request
from turnkeeper.testing.fake_graph.webhooks import BODY_LIMIT

if TYPE_CHECKING:
    from turnkeeper.testing.fake_graph.graph import Graph
    from turnkeeper.testing.fake_graph.phone import Phone

UPLOAD_LIMIT: Final = 101 * 1024 * 1024
"""The largest document with the form around it."""

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


async def serve(graph: Graph, phone: Phone, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        await _lifespan(graph, receive, send)
    elif scope["type"] == "http":
        await _http(graph, phone, scope, receive, send)
    else:
        await send({"type": "websocket.close", "code": 1000})


async def _lifespan(graph: Graph, receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        else:
            await graph.aclose()
            await send({"type": "lifespan.shutdown.complete"})
            return


async def _http(graph: Graph, phone: Phone, scope: Scope, receive: Receive, send: Send) -> None:
    path = inner_path(scope)
    query = dict(parse_qsl(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True))
    if (scope["method"], path) == ("GET", "/api/events"):
        await _events(phone, query.get("person"), receive, send)
        return
    body = await read_body(receive, UPLOAD_LIMIT if path.endswith("/media") else BODY_LIMIT)
    if body is None:
        await send_reply(send, Reply.json(413, {"error": "body too large"}))
        return
    request = Request(
        scope["method"],
        path,
        query,
        {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]},
        body,
        base_url(scope),
    )
    try:
        answer = phone.answer if path.startswith("/api/") else graph.answer
        reply = await answer(request)
    except NoReply as silence:
        await stay_silent(silence, receive, send)
        return
    await send_reply(send, reply)


def inner_path(scope: Scope) -> str:
    """The path below the mount: servers differ in whether `path` still has the prefix."""
    path: str = scope["path"]
    root: str = scope.get("root_path", "").rstrip("/")
    if root and (path == root or path.startswith(root + "/")):
        path = path[len(root) :] or "/"
    return path


def base_url(scope: Scope) -> str:
    """Where the caller reached the fake, its prefix included."""
    named = dict(scope["headers"]).get(b"host")
    host = named.decode("latin-1") if named else "{}:{}".format(*scope.get("server") or ("localhost", 80))
    return f"{scope.get('scheme', 'http')}://{host}{scope.get('root_path', '').rstrip('/')}"


async def read_body(receive: Receive, limit: int) -> bytes | None:
    """The whole body; None if it is over the limit or the caller left."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > limit:
            return None
        if not message.get("more_body", False):
            return b"".join(parts)


async def send_reply(send: Send, reply: Reply) -> None:
    headers = [(name.encode(), value.encode()) for name, value in reply.all_headers()]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    if reply.stream is None:
        await send({"type": "http.response.body", "body": reply.body})
        return
    try:
        async with contextlib.aclosing(reply.stream()) as pieces:
            async for piece in pieces:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
    except NoReply:
        _abort(send)
        return
    await send({"type": "http.response.body", "body": b""})


async def stay_silent(silence: NoReply, receive: Receive, send: Send) -> None:
    """Wait until the caller gives up; or close the connection under it."""
    if silence.closed:
        _abort(send)
    while (await receive())["type"] != "http.disconnect":
        pass


def _abort(send: Send) -> None:
    # ASGI has no way to say this; uvicorn's `send` is a method of an object with the socket.
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:
        raise ConnectionResetError("closed by a fault")
    transport.abort()


async def _events(phone: Phone, person: str | None, receive: Receive, send: Send) -> None:
    if not await phone.knows(person):
        await send_reply(send, Reply.json(404, {"error": "there is no such person"}))
        return
    if phone.full:
        await send_reply(send, Reply.json(503, {"error": "too many event streams"}))
        return
    headers = [
        (b"content-type", b"text/event-stream; charset=utf-8"),
        (b"cache-control", b"no-cache"),
        (b"x-accel-buffering", b"no"),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})

    async def write() -> None:
        async with contextlib.aclosing(phone.events(person)) as chunks:
            async for chunk in chunks:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def gone() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    tasks = [asyncio.create_task(write()), asyncio.create_task(gone())]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
