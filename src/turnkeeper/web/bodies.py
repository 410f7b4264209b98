"""Reading a request's body: not more than 3 MB (or less), not for longer than 10 s.

One sweep a second ends what is too slow: a timer for each request costs more than the reading.
"""

import asyncio

from turnkeeper.web.asgi import Message, Receive

LARGEST_BODY = 3 * 1024 * 1024
"""Bytes; Meta sends up to 3 MB."""
SLOWEST_BODY = 10.0
"""Seconds in which a body must have come."""
_MOST_DISCARDED = 32 * 1024 * 1024
"""A sender that is not heard out never reads the 413; beyond this it has no claim to it."""
_SWEEP = 1.0


class Refused(Exception):
    """The request is answered with this status and not taken."""

    def __init__(self, status: int, outcome: str) -> None:
        super().__init__(outcome)
        self.status = status
        self.outcome = outcome


class Bodies:
    """The bodies that are being read."""

    def __init__(self, slowest: float = SLOWEST_BODY, largest: int = LARGEST_BODY) -> None:
        self._slowest = slowest
        self._largest = largest
        self._since: dict[asyncio.Task[object], float] = {}
        self._ended: set[asyncio.Task[object]] = set()
        self._sweep: asyncio.TimerHandle | None = None

    async def read(self, receive: Receive) -> bytes:
        """The whole body; raises Refused: too large (413), too slow (408), cut off (400)."""
        loop = asyncio.get_running_loop()
        task = asyncio.current_task()
        assert task is not None
        self._since[task] = loop.time()
        if self._sweep is None:
            self._sweep = loop.call_later(min(_SWEEP, self._slowest / 2), self._end_slow, loop)
        try:
            message = await receive()
            if message["type"] == "http.request" and not message.get("more_body", False):
                body: bytes = message.get("body", b"")
                if len(body) > self._largest:
                    raise Refused(413, "too_large")
                return body
            return await _rest(message, receive, self._largest)
        except asyncio.CancelledError:
            if task not in self._ended:
                raise
            task.uncancel()
            raise Refused(408, "too_slow") from None
        finally:
            del self._since[task]
            self._ended.discard(task)

    def _end_slow(self, loop: asyncio.AbstractEventLoop) -> None:
        before = loop.time() - self._slowest
        for task, since in self._since.items():
            if since <= before and task not in self._ended:
                self._ended.add(task)
                task.cancel()
        self._sweep = None
        if self._since:
            self._sweep = loop.call_later(min(_SWEEP, self._slowest / 2), self._end_slow, loop)


async def _rest(message: Message, receive: Receive, largest: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        if message["type"] == "http.disconnect":
            raise Refused(400, "cut_off")
        part: bytes = message.get("body", b"")
        size += len(part)
        if size <= largest:
            parts.append(part)
        else:
            parts.clear()
        more = message.get("more_body", False)
        if size > largest and (not more or size > _MOST_DISCARDED):
            raise Refused(413, "too_large")
        if not more:
            return b"".join(parts)
        message = await receive()
