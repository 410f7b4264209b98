"""One person's phone over HTTP: what the phone page shows and types into.

GET /api/state, POST /api/messages {"text": …}, GET /api/events (server-sent `state` events).
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from turnkeeper.testing.fake_graph.http import Reply, Request
from turnkeeper.testing.fake_graph.outbound import TEXT_LIMIT

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from turnkeeper.testing.fake_graph.graph import Graph
    from turnkeeper.testing.fake_graph.payloads import Json
    from turnkeeper.testing.fake_graph.people import Person

MOST_STREAMS: Final = 32
HEARTBEAT: Final = 15.0
SHOWN: Final = 200
"""Messages in one state; the phone page needs no more."""


@dataclass(frozen=True, slots=True)
class PhoneOwner:
    """Whose phone the page shows."""

    phone: str | None = "15551234567"
    name: str | None = "Ada"
    user_id: str | None = None


class Phone:
    """The phone of `owner`, who writes to the fake's first number."""

    def __init__(self, graph: Graph, owner: PhoneOwner) -> None:
        self.graph = graph
        self.owner = owner
        self._streams = 0

    async def person(self) -> Person:
        owner = self.owner
        return await self.graph.person(owner.phone, name=owner.name, user_id=owner.user_id)

    async def answer(self, request: Request) -> Reply:
        match (request.method, request.path):
            case ("GET", "/api/state"):
                return Reply.json(200, await self.state())
            case ("POST", "/api/messages"):
                return await self._write(request)
            case (_, "/api/state" | "/api/messages" | "/api/events"):
                return Reply.json(405, {"error": "method not allowed"})
        return Reply.json(404, {"error": "not found"})

    async def state(self) -> Json:
        """All that the page shows."""
        person = await self.person()
        messages: list[Json] = [
            {
                "id": message.id,
                "from": "person",
                "text": message.text,
                "at": message.at,
                "ticks": person.ticks(message),
            }
            for message in person.written[-SHOWN:]
        ]
        for received in person.received[-SHOWN:]:
            shown: Json = {
                "id": received.id,
                "from": "business",
                "text": received.text,
                "at": received.at,
                "ticks": "read" if received.ticks == "played" else received.ticks,
            }
            if received.error is not None:
                shown["error"] = received.error["title"]
            messages.append(shown)
        messages.sort(key=lambda message: message["at"])
        identity, number = person.identity, person.number
        return {
            "person": {
                "phone": identity.phone,
                "name": identity.name,
                "user_id": identity.user_id,
            },
            "business": {
                "name": number.verified_name,
                "display_phone_number": number.display_phone_number,
            },
            "messages": messages[-SHOWN:],
            "typing": person.typing,
            "webhook": self._webhook(),
        }

    @property
    def full(self) -> bool:
        """No more event streams are given out."""
        return self._streams >= MOST_STREAMS

    async def events(self) -> AsyncGenerator[bytes, None]:
        """The state now and after every change, as server-sent events."""
        self._streams += 1
        try:
            shown = b""
            while not self.graph.closing:
                version = self.graph.changes.version
                state = json.dumps(await self.state(), separators=(",", ":")).encode()
                if state != shown:
                    shown = state
                    yield b"event: state\ndata: " + state + b"\n\n"
                if self.graph.changes.version == version and not await self._next_change():
                    yield b": still here\n\n"
        finally:
            self._streams -= 1
            self.graph.changes.happened()

    async def _next_change(self) -> bool:
        """False: nothing changed, but the typing dots ran out or it is time for a heartbeat."""
        person = await self.person()
        wait = HEARTBEAT
        if person.typing:
            wait = min(wait, person.typings[-1].until - self.graph.clock.now() + 0.01)
        try:
            async with asyncio.timeout(wait):
                await self.graph.changes.next()
        except TimeoutError:
            return False
        return True

    async def _write(self, request: Request) -> Reply:
        # A page of another site can post a form here, but not JSON.
        if not request.headers.get("content-type", "").startswith("application/json"):
            return Reply.json(415, {"error": "content-type must be application/json"})
        try:
            body = json.loads(request.body)
        except (ValueError, RecursionError):
            return Reply.json(400, {"error": "the body is not JSON"})
        text = body.get("text") if isinstance(body, dict) else None
        if not isinstance(text, str) or not text.strip() or len(text) > TEXT_LIMIT:
            return Reply.json(422, {"error": f"text must have 1 to {TEXT_LIMIT} characters"})
        person = await self.person()
        written = await person.write(text)
        return Reply.json(202, {"id": written.id})

    def _webhook(self) -> Json:
        sender = self.graph.webhooks
        last = sender.sent[-1] if sender.sent else None
        return {
            "url": sender.url,
            "last_status": last.status if last else None,
            "pending": sender.pending,
        }
