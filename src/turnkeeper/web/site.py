"""Which part of the web process answers which path. Webhooks first: they are what is in a hurry."""

from turnkeeper.web.asgi import App, Receive, Scope, Send
from turnkeeper.web.console import Console
from turnkeeper.web.demo import Demo
from turnkeeper.web.ops import Ops
from turnkeeper.web.originals import Originals


class Site:
    """The whole web process as one ASGI app."""

    def __init__(
        self,
        webhooks: App,
        ops: Ops,
        console: Console,
        demo: Demo | None = None,
        media: App | None = None,
        originals: Originals | None = None,
        api: App | None = None,
        payments: App | None = None,
    ) -> None:
        self._webhooks = webhooks
        self._ops = ops
        self._console = console
        self._demo = demo
        self._media = media
        self._originals = originals
        self._api = api
        self._payments = payments

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        if scope["type"] != "http":
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1000})
            return
        path: str = scope["path"]
        if self._payments is not None and path.startswith("/webhooks/payments/"):
            await self._payments(scope, receive, send)
        elif path.startswith("/webhooks/"):
            await self._webhooks(scope, receive, send)
        elif path in self._ops.pages:
            await self._ops(scope, receive, send)
        elif self._api is not None and path.startswith("/api/v1/"):
            await self._api(scope, receive, send)
        elif self._media is not None and path.startswith("/media/"):
            await self._media(scope, receive, send)
        elif self._demo is not None and self._demo.has(path):
            await self._demo(scope, receive, send)
        elif self._originals is not None and self._originals.find(scope["method"], path):
            await self._originals(scope, receive, send)
        else:
            await self._console(scope, receive, send)
