"""The Bot API's refusals in its own words.

Source: core.telegram.org/bots/api ("Making requests"); the descriptions are told nowhere: those known from use.
"""

from __future__ import annotations

import math
from typing import Any, NoReturn


class Refusal(Exception):
    """`{"ok": false}`. The HTTP status is the error code."""

    def __init__(self, code: int, description: str, **parameters: Any) -> None:
        super().__init__(f"{code} {description}")
        self.code = code
        self.description = description
        self.parameters = parameters

    def body(self) -> dict[str, Any]:
        """The JSON of the answer."""
        told: dict[str, Any] = {"ok": False, "error_code": self.code, "description": self.description}
        return {**told, "parameters": self.parameters} if self.parameters else told


def bad(why: str, **parameters: Any) -> NoReturn:
    """Refuse with 400."""
    raise Refusal(400, f"Bad Request: {why}", **parameters)


def forbidden(why: str) -> NoReturn:
    """Refuse with 403: nobody there takes messages of the bot."""
    raise Refusal(403, f"Forbidden: {why}")


def conflict(why: str) -> Refusal:
    """Two ask for the same updates."""
    return Refusal(409, f"Conflict: {why}")


def too_many(seconds: float) -> Refusal:
    """Wait so long."""
    wait = max(1, math.ceil(seconds))
    return Refusal(429, f"Too Many Requests: retry after {wait}", retry_after=wait)
