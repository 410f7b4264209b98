"""Running an adapter's calls against a script of replies, without a network."""

import json
from collections.abc import Iterable
from typing import Any, TypeVar

from turnkeeper.channels.base import Calls, HttpCall, HttpReply

T = TypeVar("T")


def play(calls: Calls[T], replies: Iterable[HttpReply]) -> tuple[list[HttpCall], T]:
    """The calls that were made, and the result. Fails if there are more calls than replies."""
    made = []
    try:
        call = next(calls)
        for answer in replies:
            made.append(call)
            call = calls.send(answer)
    except StopIteration as end:
        return made, end.value
    raise AssertionError(f"one call too many: {call}")


def reply(status: int, body: Any) -> HttpReply:
    return HttpReply(status, body if isinstance(body, bytes) else json.dumps(body).encode())
