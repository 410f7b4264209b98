"""Which part of the API answers which path under /api/v1."""

from turnkeeper.web.asgi import App, Receive, Scope, Send

PREFIX = "/api/v1/"


class Api:
    """The API as one ASGI app. `parts`: apps by the word after the prefix (`flows`); `rest` answers all others."""

    def __init__(self, parts: dict[str, App], rest: App) -> None:
        self._parts = parts
        self._rest = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        path: str = scope["path"]
        part = self._parts.get(path.removeprefix(PREFIX).partition("/")[0])
        await (self._rest if part is None else part)(scope, receive, send)
