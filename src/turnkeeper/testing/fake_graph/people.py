"""The people at the other end: what they write, what reached them, and when they saw typing."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from turnkeeper.testing.fake_graph.graph import FakeGraph
    from turnkeeper.testing.fake_graph.payloads import FakeNumber, Identity, Json

Ticks = Literal["clock", "sent", "delivered", "read", "played", "failed"]

TYPING_LASTS = 25.0
"""Seconds that one typing indicator is shown, unless a message ends it."""


@dataclass(slots=True)
class Written:
    """A message from the person to the business."""

    id: str
    kind: str
    text: str
    at: float
    read_at: float | None = None


@dataclass(slots=True)
class Received:
    """A message from the business that reached the person."""

    id: str
    kind: str
    text: str
    at: float
    body: Json
    """The whole request body."""
    ticks: Ticks = "clock"
    error: Json | None = None

    @property
    def reply_to(self) -> str | None:
        """Id of the quoted message."""
        context = self.body.get("context")
        return context["message_id"] if context else None

    @property
    def callback_data(self) -> str | None:
        return self.body.get("biz_opaque_callback_data")


@dataclass(slots=True)
class Typing:
    """A stretch of time in which the person saw three dots. `until` moves with every refresh."""

    started_at: float
    until: float
    shown: int = 1
    """How many calls kept it up."""
    by_reply: bool = False
    """A message ended it, not the 25 seconds."""


@dataclass(slots=True)
class Thread:
    """One person's chat with one business number."""

    number: FakeNumber
    history: int
    wrote_at: float | None = None
    written: deque[Written] = field(init=False)
    received: deque[Received] = field(init=False)
    typings: deque[Typing] = field(init=False)

    def __post_init__(self) -> None:
        self.written = deque(maxlen=self.history)
        self.received = deque(maxlen=self.history)
        self.typings = deque(maxlen=self.history)

    def show_typing(self, now: float) -> None:
        if self.typing(now):
            self.typings[-1].until = now + TYPING_LASTS
            self.typings[-1].shown += 1
        else:
            self.typings.append(Typing(now, now + TYPING_LASTS))

    def end_typing(self, now: float) -> None:
        if self.typing(now):
            self.typings[-1].until = now
            self.typings[-1].by_reply = True

    def typing(self, now: float) -> bool:
        return bool(self.typings) and now < self.typings[-1].until

    def mark_read(self, message_id: str, now: float) -> bool:
        """Also marks the earlier ones. False: no such message."""
        if not any(message.id == message_id for message in self.written):
            return False
        for message in self.written:
            if message.read_at is None:
                message.read_at = now
            if message.id == message_id:
                break
        return True


class Person:
    """A simulated person. Get one with `await fake.person(...)`."""

    def __init__(self, graph: FakeGraph, identity: Identity, number: FakeNumber) -> None:
        self.identity = identity
        self.number = number
        """The business number that this person writes to."""
        self._graph = graph
        self._threads: dict[str, Thread] = {}

    def thread(self, number: FakeNumber | None = None) -> Thread:
        number = number or self.number
        thread = self._threads.get(number.phone_number_id)
        if thread is None:
            thread = self._threads[number.phone_number_id] = Thread(number, self._graph.history)
        return thread

    @property
    def written(self) -> list[Written]:
        return list(self.thread().written)

    @property
    def received(self) -> list[Received]:
        """What the business sent, in the order in which it was taken."""
        return list(self.thread().received)

    @property
    def texts(self) -> list[str]:
        return [message.text for message in self.thread().received]

    @property
    def typing(self) -> bool:
        """Are the three dots shown now?"""
        return self.thread().typing(self._graph.clock.now())

    @property
    def typings(self) -> list[Typing]:
        return list(self.thread().typings)

    def ticks(self, message: Written) -> Ticks:
        """Of a message the person wrote: `sent` once a webhook got its 200, `read` when marked."""
        if message.read_at is not None:
            return "read"
        acknowledged = self._graph.webhooks.acknowledged(message.id)
        if acknowledged is None:
            return "clock"
        return "sent" if acknowledged else "failed"

    async def write(self, text: str, *, reply_to: str | None = None) -> Written:
        """Write a text. Returns at once; the webhook follows."""
        return await self.send("text", {"body": text}, reply_to=reply_to)

    async def send(self, kind: str, payload: Any = None, *, reply_to: str | None = None, **extra: Any) -> Written:
        """Send a message of any type. Without `payload` a plausible one is made up.

        `extra` are fields beside the payload, such as `referral` or `errors`.
        """
        if reply_to is not None:
            extra["context"] = {"from": self.number.display_phone_number, "id": reply_to}
        return self._graph.take_from_person(self, kind, payload, extra)

    async def react(self, message_id: str, emoji: str = "👍") -> Written:
        """React to a message; an empty `emoji` takes the reaction back."""
        payload = {"message_id": message_id, **({"emoji": emoji} if emoji else {})}
        return await self.send("reaction", payload)

    async def press(self, button_id: str, title: str, *, reply_to: str | None = None) -> Written:
        """Press a reply button."""
        reply = {"type": "button_reply", "button_reply": {"id": button_id, "title": title}}
        return await self.send("interactive", reply, reply_to=reply_to)

    async def next_message(self, after: int = 0, within: float = 10.0) -> Received:
        """The message number `after` (from 0) that reaches the person; waits for it."""
        thread = self.thread()
        await self._graph.changes.until(lambda: len(thread.received) > after, within)
        return thread.received[after]

    async def pause(self, seconds: float) -> None:
        """Let time pass on the fake's clock, as hands do between messages."""
        await self._graph.clock.sleep(seconds)
        await asyncio.sleep(0)


SAMPLES: dict[str, Any] = {
    "text": {"body": "Hello"},
    "image": {"id": "1001", "mime_type": "image/jpeg", "sha256": "c2FtcGxl"},
    "video": {"id": "1002", "mime_type": "video/mp4", "sha256": "c2FtcGxl"},
    "audio": {
        "id": "1003",
        "mime_type": "audio/ogg; codecs=opus",
        "sha256": "c2FtcGxl",
        "voice": True,
    },
    "document": {
        "id": "1004",
        "mime_type": "application/pdf",
        "sha256": "c2FtcGxl",
        "filename": "price list.pdf",
    },
    "sticker": {"id": "1005", "mime_type": "image/webp", "sha256": "c2FtcGxl", "animated": False},
    "location": {"latitude": 21.42, "longitude": 39.82, "name": "The square"},
    "contacts": [{"name": {"formatted_name": "Ada L."}, "phones": [{"phone": "+15550002222"}]}],
    "interactive": {"type": "button_reply", "button_reply": {"id": "yes", "title": "Yes"}},
    "button": {"payload": "yes", "text": "Yes"},
    "order": {
        "catalog_id": "7001",
        "product_items": [{"product_retailer_id": "sku-1", "quantity": 2, "item_price": 9.5, "currency": "EUR"}],
    },
    "system": {"type": "user_changed_number", "body": "changed number", "wa_id": "15550003333"},
    "unsupported": {"type": "poll"},
}


def sample(kind: str) -> Any:
    """A payload of this type for tests that do not care which."""
    try:
        return SAMPLES[kind]
    except KeyError:
        raise ValueError(f"no sample payload for {kind!r}: pass one") from None
