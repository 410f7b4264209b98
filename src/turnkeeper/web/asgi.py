"""The words of ASGI, and an answer made once to be sent many times."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Answer = tuple[Message, Message]


def answer(
    status: int,
    body: bytes,
    *headers: tuple[bytes, bytes],
    kind: bytes = b"text/plain; charset=utf-8",
) -> Answer:
    """The two messages of a whole response."""
    named = [(b"content-type", kind), (b"content-length", str(len(body)).encode()), *headers]
    start = {"type": "http.response.start", "status": status, "headers": named}
    return start, {"type": "http.response.body", "body": body}


async def send_answer(send: Send, both: Answer) -> None:
    """Send a whole response."""
    await send(both[0])
    await send(both[1])
