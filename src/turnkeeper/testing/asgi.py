"""What fakes need of ASGI: bounded bodies, addresses with the prefix if mounted, silence where a fault wants it."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from turnkeeper.testing.http import NoReply, Reply

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


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
    await left(receive)


async def left(receive: Receive) -> None:
    """Return once the caller is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _abort(send: Send) -> None:
    # ASGI has no way to say this; uvicorn's `send` is a method of an object with the socket.
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:
        raise ConnectionResetError("closed by a fault")
    transport.abort()
