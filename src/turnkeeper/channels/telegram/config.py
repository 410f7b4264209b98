"""The settings of a Telegram bot, and calls of the Bot API, whose addresses hold the token."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from turnkeeper.channels.base import HttpCall, Multipart


@dataclass(frozen=True, slots=True)
class TelegramConfig:
    """One bot. Its id is the part of the token before the colon: no webhook names it."""

    token: str = field(repr=False)
    secret_token: str = field(default="", repr=False)
    api_base: str = "https://api.telegram.org"
    updates: Literal["webhook", "polling"] = "webhook"
    username: str = ""
    location_label: str = "📍"

    @property
    def bot_id(self) -> str:
        """The bot's user id."""
        return self.token.partition(":")[0]

    @property
    def secrets(self) -> tuple[str, ...]:
        """What nobody may see; the token's secret half alone would do."""
        return (self.token, self.token.partition(":")[2], self.secret_token)

    def call(self, method: str, fields: Mapping[str, Any], *, timeout: float | None = None) -> HttpCall:
        """One method of the Bot API."""
        return HttpCall("POST", self._url(method), json=dict(fields), timeout=timeout)

    def form(self, method: str, form: Multipart) -> HttpCall:
        """One method of the Bot API, with a file."""
        return HttpCall("POST", self._url(method), multipart=form)

    def file_url(self, path: str) -> str:
        """Where a file is; the token is in it."""
        return f"{self.api_base.rstrip('/')}/file/bot{self.token}/{path}"

    def _url(self, method: str) -> str:
        return f"{self.api_base.rstrip('/')}/bot{self.token}/{method}"
