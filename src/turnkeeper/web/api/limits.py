"""How much of a body the API takes, and for how long: nobody fills the memory or keeps a connection for nothing.

A router that takes files reads `request.stream()` itself and stands in `STREAMS`.
"""

from __future__ import annotations

import re

from turnkeeper.web.api.refusals import Refusal
from turnkeeper.web.asgi import App, Message, Receive, Scope, Send, send_answer
from turnkeeper.web.bodies import Bodies, Refused

LARGEST_BODY = 1024 * 1024
STREAMS: list[re.Pattern[str]] = [re.compile("/api/v1/flows(/.*)?")]
"""Paths whose bodies are files; each limits its own."""
_SAID = {
    400: "the body was cut off",
    408: "the body came too slowly",
    413: f"the request is larger than {LARGEST_BODY} bytes",
}


class Limited:
    """ASGI middleware: reads each body whole, within limits, before anybody looks at it."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._bodies = Bodies(largest=LARGEST_BODY)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD") or _streams(scope["path"]):
            await self._app(scope, receive, send)
            return
        try:
            body = await self._bodies.read(receive)
        except Refused as refused:
            refusal = Refusal(refused.status, _SAID[refused.status])
            await send_answer(send, refusal.answer((b"cache-control", b"no-store"), (b"connection", b"close")))
            return
        given = False

        async def again() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, again, send)


def _streams(path: str) -> bool:
    return any(each.fullmatch(path) for each in STREAMS)
