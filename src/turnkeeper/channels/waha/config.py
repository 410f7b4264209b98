"""One session of one WAHA server, as the adapter needs it."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import quote

from turnkeeper.channels.base import HttpCall


@dataclass(frozen=True, slots=True)
class WahaConfig:
    """`typing` and `send_limit` in seconds; `typing` None: never shown."""

    base_url: str
    api_key: str = field(repr=False)
    session: str = "default"
    hmac_key: str = field(default="", repr=False)
    webhook_secret: str = field(default="", repr=False)
    typing: float | None = 6.0
    watch_typing: bool = False
    send_limit: float = 45.0

    def url(self, path: str) -> str:
        """The address of a path of the server, which is escaped already."""
        return f"{self.base_url.rstrip('/')}/{path}"

    def headers(self) -> dict[str, str]:
        """What authorizes a call."""
        return {"x-api-key": self.api_key}

    def get(self, path: str, timeout: float | None = None) -> HttpCall:
        """Ask for something."""
        return HttpCall("GET", self.url(path), self.headers(), timeout=timeout)

    def post(self, path: str, body: dict[str, object], timeout: float | None = None) -> HttpCall:
        """Say something, in this session."""
        return HttpCall("POST", self.url(path), self.headers(), {"session": self.session, **body}, timeout)

    def at_session(self, path: str) -> str:
        """A path of what belongs to the session."""
        return f"api/{quote(self.session, safe='')}/{path}"

    def at_chat(self, chat: str, path: str) -> str:
        """A path of what belongs to a chat."""
        return self.at_session(f"chats/{quote(chat, safe='')}/{path}")

    def redacted(self, told: str) -> str:
        """Somebody's words without our key and without the server's address."""
        for secret, name in ((self.api_key, "(key)"), (self.base_url.rstrip("/"), "(server)")):
            told = told.replace(secret, name) if secret else told
        return told[:300]
