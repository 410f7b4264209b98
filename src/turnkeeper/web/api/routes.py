"""Which part of the API answers which path under /api/v1."""

from turnkeeper.web.api.refusals import Refusal
from turnkeeper.web.asgi import App, Receive, Scope, Send, send_answer

PREFIX = "/api/v1/"


class Api:
    """The API as one ASGI app. `parts`: apps by the word after the prefix (`flows`)."""

    def __init__(self, parts: dict[str, App]) -> None:
        self._parts = parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        path: str = scope["path"]
        part = self._parts.get(path.removeprefix(PREFIX).partition("/")[0])
        if part is not None:
            await part(scope, receive, send)
            return
        there = ", ".join(f"{PREFIX}{name}" for name in self._parts)
        await send_answer(send, Refusal(404, f"the API has {there}").answer((b"cache-control", b"no-store")))
