"""Requests and replies of fakes as plain values, so that sockets and in-process calls agree."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Mapping


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    """Without the prefix under which the fake is mounted."""
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Lower-case names."""
    body: bytes
    base_url: str = ""
    """Scheme, host and prefix under which the fake was reached."""


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: bytes
    content_type: str = "application/json; charset=UTF-8"
    headers: tuple[tuple[str, str], ...] = ()
    stream: Callable[[], AsyncGenerator[bytes, None]] | None = None
    """Gives the body piece by piece, in place of `body`; raises `NoReply` where the connection is to end."""

    def all_headers(self) -> list[tuple[str, str]]:
        """A streamed body has no length unless `headers` claims one."""
        length = [] if self.stream else [("content-length", str(len(self.body)))]
        return [("content-type", self.content_type), *length, *self.headers]

    @classmethod
    def json(cls, status: int, value: Any) -> Reply:
        return cls(status, json.dumps(value, separators=(",", ":")).encode())


class NoReply(Exception):
    """No answer is to be given. `closed`: the connection ends now; otherwise it stays silent."""

    def __init__(self, *, closed: bool) -> None:
        super().__init__("connection closed" if closed else "held for ever")
        self.closed = closed
