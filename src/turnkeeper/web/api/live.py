"""What happens in a workspace as a stream of events: conversations as they change, and what is told once.

It ends with the sign-in that it was opened under, and where nobody reads it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from starlette.responses import Response

from turnkeeper.model.errors import StoreError
from turnkeeper.model.inbox import InboxRow
from turnkeeper.web.api.access import Access, Reads, granted, identified
from turnkeeper.web.api.backend import Behind
from turnkeeper.web.api.conversation_rows import told
from turnkeeper.web.api.refusals import Refusal
from turnkeeper.web.asgi import Receive, Scope, Send
from turnkeeper.web.following import Listener, Live, News

router = APIRouter(tags=["conversations"])
BEAT = 15.0
"""Seconds between two signs of life, and between two looks whether somebody is signed in still."""
_UNREAD = 30.0
"""Seconds after which a stream that nobody reads is ended."""
_HIGHEST = 2**62
_BEAT = News("beat", b"{}")
Allowed = Callable[[], Awaitable[bool]]


class EventStream(Response):
    """Events for one listener, until either side ends it."""

    media_type = "text/event-stream"

    def __init__(self, live: Live, listener: Listener, allowed: Allowed, beat: float) -> None:
        super().__init__(headers={"cache-control": "no-store", "x-accel-buffering": "no"})
        del self.headers["content-length"]
        self._live = live
        self._listener = listener
        self._allowed = allowed
        self._beat = beat

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Tell what happens."""
        telling = asyncio.ensure_future(self._tell(send))
        gone = asyncio.ensure_future(_gone(receive))
        try:
            await asyncio.wait({telling, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._live.leave(self._listener)
            for each in (telling, gone):
                each.cancel()
            with suppress(OSError, TimeoutError):
                await asyncio.gather(telling, return_exceptions=True)

    async def _tell(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        loop = asyncio.get_running_loop()
        beat_at = loop.time() + self._beat
        while not self._listener.is_cut:
            news = await self._listener.next(max(0.0, beat_at - loop.time()))
            if loop.time() >= beat_at:
                if not await self._allowed():
                    break
                news.append(_BEAT)
                beat_at = loop.time() + self._beat
            await self._sent(send, b"".join(each.as_sent for each in news), more=True)
        await self._sent(send, b"", more=False)

    async def _sent(self, send: Send, body: bytes, *, more: bool) -> None:
        if not body and more:
            return
        async with asyncio.timeout(_UNREAD):
            await send({"type": "http.response.body", "body": body, "more_body": more})


async def _gone(receive: Receive) -> None:
    kind = ""
    while kind != "http.disconnect":
        kind = (await receive())["type"]


def _shown(row: InboxRow) -> bytes:
    return told(row).model_dump_json().encode()


def _place(last_event_id: str | None, after: int | None) -> int | None:
    """Where to go on: what the browser says by itself is the newer."""
    if last_event_id is not None and last_event_id.isascii() and last_event_id.isdigit() and len(last_event_id) < 19:
        return int(last_event_id)
    return after


@router.get(
    "/live",
    response_class=Response,
    responses={200: {"description": "Events, until the sign-in ends.", "content": {"text/event-stream": {}}}},
)
async def follow(
    request: Request,
    access: Reads,
    behind: Behind,
    after: Annotated[
        int | None, Query(ge=0, le=_HIGHEST, description="Go on after this `seq`; left out: from now on.")
    ] = None,
    last_event_id: Annotated[str | None, Header(description="The same, as browsers send it.")] = None,
) -> EventStream:
    """Follow a workspace. `conversation`: a row of the list, changed; its id is the `seq` to go on after. `reset`: too
    much was missed, read the lists anew. `hello` comes first, `beat` every 15 seconds."""
    live = behind.live
    if live is None or live.is_full:
        raise Refusal(503, "nothing can be followed now, try again later")
    who = f"{access.identity.actor.id} {access.identity.home or ''}"
    if not live.has_room(access.workspace_id, who):
        raise Refusal(429, "this is followed in too many places already: close some")
    listener = await live.join(access.workspace_id, _place(last_event_id, after), _shown, who)
    return EventStream(live, listener, lambda: _still(request, access), behind.beat)


async def _still(request: Request, access: Access) -> bool:
    """Whether the stream may go on; what nobody can say now is asked again."""
    try:
        granted(await identified(request), access.workspace_id, access.role)
    except Refusal:
        return False
    except StoreError:
        return True
    return True
