"""The API once it is asked for: FastAPI and the routers take a quarter of a second and 13 MB to import."""

import asyncio
from collections.abc import Callable

from turnkeeper.web.asgi import App, Receive, Scope, Send


class LazyApi:
    """An ASGI app that is built by its first request, in a thread: webhooks are accepted meanwhile."""

    def __init__(self, build: Callable[[], App]) -> None:
        self._build = build
        self._app: App | None = None
        self._building = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        if self._app is None:
            async with self._building:
                if self._app is None:
                    self._app = await asyncio.to_thread(self._build)
        await self._app(scope, receive, send)
