"""What the families share on the wire: refusals, server-sent events, bodies that break off."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Iterable
from typing import Any

from turnkeeper.testing.http import NoReply, Reply

Json = dict[str, Any]
SSE = "text/event-stream; charset=utf-8"
PAGE = b"<!DOCTYPE html><html><head><title>Bad gateway</title></head><body><h1>Bad gateway</h1></body></html>"


class Refusal(Exception):
    """The provider refuses a request; `kind` as in the script."""

    def __init__(self, status: int, message: str, kind: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.kind = kind


def bad(message: str) -> Refusal:
    """A request that no model gets."""
    return Refusal(400, message, "bad")


def words(text: str) -> frozenset[str]:
    """Names between spaces."""
    return frozenset(text.split())


def only(given: Json, known: Iterable[str], message: str) -> None:
    """Refuse what nobody knows; `message` has a place for its name."""
    for name in given:
        if name not in known:
            raise bad(message.format(name))


def data(value: Any, event: str = "") -> bytes:
    """One server-sent event."""
    head = f"event: {event}\n" if event else ""
    return f"{head}data: {value if isinstance(value, str) else json.dumps(value)}\n\n".encode()


def stream(events: Iterable[bytes], *, breaks: bool = False, headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    """Events, one after the other; `breaks`: then the connection does."""

    async def pieces() -> AsyncGenerator[bytes, None]:
        for event in events:
            yield event
        if breaks:
            raise NoReply(closed=True)

    return Reply(200, b"", SSE, headers, pieces)


def broken(body: Json) -> Reply:
    """Half of a body whose length was told."""
    whole = json.dumps(body).encode()

    async def pieces() -> AsyncGenerator[bytes, None]:
        yield whole[: len(whole) // 2]
        raise NoReply(closed=True)

    return Reply(200, b"", headers=(("content-length", str(len(whole))),), stream=pieces)


def in_pieces(text: str, size: int = 7) -> list[str]:
    """A text as it comes in a stream."""
    return [text[at : at + size] for at in range(0, len(text), size)]
