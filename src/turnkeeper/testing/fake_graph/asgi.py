"""The fake as an ASGI app: bounded bodies, a prefix if mounted, silence where a fault wants it."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from turnkeeper.testing.asgi import base_url, inner_path, left, read_body, send_reply, stay_silent
from turnkeeper.testing.fake_graph.webhooks import BODY_LIMIT
from turnkeeper.testing.http import NoReply, Reply, Request

if TYPE_CHECKING:
    from turnkeeper.testing.asgi import Receive, Scope, Send
    from turnkeeper.testing.fake_graph.graph import Graph
    from turnkeeper.testing.fake_graph.phone import Phone

UPLOAD_LIMIT: Final = 101 * 1024 * 1024
"""The largest document with the form around it."""


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

    tasks = [asyncio.create_task(write()), asyncio.create_task(left(receive))]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
