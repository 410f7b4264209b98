"""Answers of the API are for whoever asked: kept by nobody on the way, and taken for nothing but what they say."""

from __future__ import annotations

from turnkeeper.web.asgi import App, Message, Receive, Scope, Send

_ALWAYS = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))


class Private:
    """ASGI middleware: adds these headers where an answer does not say otherwise itself."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""

        async def private(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name.lower() for name, _ in message.get("headers", ())}
                missing = [each for each in _ALWAYS if each[0] not in given]
                message = {**message, "headers": [*message.get("headers", ()), *missing]}
            await send(message)

        await self._app(scope, receive, private)
