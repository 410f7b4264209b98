"""The addresses of the system that this one replaces: `POST /{device_id}/{webhook_id}`, for channels that declare them.

What is posted there goes on as if it came to the channel's own address, secret and all; the ids stand for that secret,
so they are compared in constant time, and whoever does not know them finds nothing there.
"""

import hmac
from collections.abc import Mapping

from turnkeeper.web.asgi import App, Receive, Scope, Send


class Originals:
    """An ASGI app over the webhooks. `own`: the channel's own address, by the path that the original system had."""

    def __init__(self, webhooks: App, own: Mapping[str, str]) -> None:
        self._webhooks = webhooks
        self._own = [(f"/{path}".encode(), address) for path, address in own.items()]

    def find(self, method: str, path: str) -> str | None:
        """The channel's own address for one of the original system's; None for any other request."""
        if method != "POST":
            return None
        given = path.encode("utf-8", "replace")
        found = None
        for known, address in self._own:
            if hmac.compare_digest(known, given):
                found = address
        return found

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on to the address that `find` told."""
        own = self.find(scope["method"], scope["path"])
        assert own is not None
        await self._webhooks({**scope, "path": own}, receive, send)
