"""The people at the other end: what they write, what reached them, and when they saw typing."""

from __future__ import annotations

import asyncio
import hashlib
from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Literal

from turnkeeper.testing.fake_graph.errors import GraphError
from turnkeeper.testing.fake_graph.payloads import Identity, Update, message_item, metadata
from turnkeeper.testing.fake_graph.samples import sample

if TYPE_CHECKING:
    from turnkeeper.testing.fake_graph.core import Core
    from turnkeeper.testing.fake_graph.media import Media
    from turnkeeper.testing.fake_graph.payloads import FakeNumber, Json

MOST_PEOPLE: Final = 100_000

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
    payload: Any = None
    """What the message carries under its type's name."""
    reply_to: str | None = None
    """Id of the quoted message."""
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
    quotes: str | None = None
    """Id of the message that is shown above it as quoted."""
    by_owner: bool = False
    """Written on the business's own phone, not sent through the API."""

    @property
    def reply_to(self) -> str | None:
        """Id of the message that the business meant to quote."""
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
    entered_at: float | None = None
    """When a message came last that an ad led to."""
    written: deque[Written] = field(init=False)
    received: deque[Received] = field(init=False)
    typings: deque[Typing] = field(init=False)

    def __post_init__(self) -> None:
        self.written = deque(maxlen=self.history)
        self.received = deque(maxlen=self.history)
        self.typings = deque(maxlen=self.history)

    def has(self, message_id: str | None, since: float) -> bool:
        """Is this a message of either side, no older than `since`, that can be quoted or reacted to?"""
        messages: list[Written | Received] = [*self.written, *self.received]
        return any(each.id == message_id and each.at > since and each.kind != "reaction" for each in messages)

    def close_window(self, now: float, window: float) -> None:
        """As if the last message were older than `window`; the next one opens it again."""
        self.wrote_at = min(self.wrote_at or now, now - window)
        self.entered_at = None

    def open_until(self, window: float, entry_window: float) -> float | None:
        """When the window closes, or closed; None: nobody ever wrote."""
        if self.wrote_at is None:
            return None
        entry = self.wrote_at if self.entered_at is None else self.entered_at + entry_window
        return max(self.wrote_at + window, entry)

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

    def __init__(self, people: People, identity: Identity, number: FakeNumber) -> None:
        self.identity = identity
        self.number = number
        """The business number that this person writes to."""
        self._people = people
        self._core = people.core
        self._threads: dict[str, Thread] = {}

    def thread(self, number: FakeNumber | None = None) -> Thread:
        number = number or self.number
        thread = self._threads.get(number.phone_number_id)
        if thread is None:
            thread = self._threads[number.phone_number_id] = Thread(number, self._core.history)
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
        return self.thread().typing(self._core.clock.now())

    @property
    def typings(self) -> list[Typing]:
        return list(self.thread().typings)

    def ticks(self, message: Written) -> Ticks:
        """Of a message the person wrote: `sent` once a webhook got its 200, `read` when marked."""
        if message.read_at is not None:
            return "read"
        acknowledged = self._core.webhooks.acknowledged(message.id)
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
        return self._people.take(self, kind, payload, extra)

    async def react(self, message_id: str, emoji: str = "👍") -> Written:
        """React to a message; an empty `emoji` takes the reaction back."""
        payload = {"message_id": message_id, **({"emoji": emoji} if emoji else {})}
        return await self.send("reaction", payload)

    async def press(self, button_id: str, title: str, *, reply_to: str | None = None) -> Written:
        """Press a reply button."""
        reply = {"type": "button_reply", "button_reply": {"id": button_id, "title": title}}
        return await self.send("interactive", reply, reply_to=reply_to)

    async def choose(
        self, row_id: str, title: str, description: str | None = None, *, reply_to: str | None = None
    ) -> Written:
        """Choose a row of a list."""
        row = {"id": row_id, "title": title, **({"description": description} if description else {})}
        return await self.send("interactive", {"type": "list_reply", "list_reply": row}, reply_to=reply_to)

    async def edit(self, message_id: str, text: str) -> Written:
        """Put other words in a text of one's own."""
        new = {"type": "text", "text": {"body": text}}
        return await self.send("edit", {"original_message_id": message_id, "message": new})

    async def delete(self, message_id: str) -> Written:
        """Delete a message of one's own for everyone."""
        return await self.send("revoke", {"original_message_id": message_id})

    async def next_message(self, after: int = 0, within: float = 10.0) -> Received:
        """The message number `after` (from 0) that reaches the person; waits for it."""
        thread = self.thread()
        await self._core.changes.until(lambda: len(thread.received) > after, within)
        return thread.received[after]

    async def pause(self, seconds: float) -> None:
        """Let time pass on the fake's clock, as hands do between messages."""
        await self._core.clock.sleep(seconds)
        await asyncio.sleep(0)


class People:
    """Everyone the fake knows, by phone and by user id."""

    def __init__(self, core: Core, media: Media) -> None:
        self.core = core
        self._media = media
        self._by_address: dict[str, Person] = {}
        self._threads: dict[str, Thread] = {}

    def meet(self, identity: Identity, number: FakeNumber | None = None) -> Person:
        """The person with this phone or user id, made if new.

        A phone without a user id gets a derived one; `user_id=""` leaves it out, as before 2026.
        """
        for address in (identity.user_id, identity.phone):
            if address and address in self._by_address:
                return self._by_address[address]
        if not identity.phone and not identity.user_id:
            raise ValueError("a person needs a phone or a user_id")
        if len(self._by_address) >= MOST_PEOPLE:
            raise RuntimeError(f"more than {MOST_PEOPLE} addresses")
        person = Person(self, _with_user_id(identity), number or self.core.first_number)
        for address in (person.identity.user_id, person.identity.phone):
            if address:
                self._by_address[address] = person
        return person

    def find(self, address: str) -> Person | None:
        return self._by_address.get(address)

    def take(self, person: Person, kind: str, payload: Any, extra: Json) -> Written:
        """A person writes: remember it and queue the webhook."""
        payload = sample(kind, self._media) if payload is None else payload
        if kind == "unsupported":
            extra = {"errors": [GraphError(131051).in_status()], **extra}
        now = self.core.clock.now()
        quoted = extra.get("context", {}).get("id")
        written = Written(self.core.next_id(), kind, _shown(kind, payload), now, payload, quoted)
        thread = person.thread()
        thread.wrote_at = now
        thread.entered_at = now if "referral" in extra else thread.entered_at
        thread.written.append(written)
        self._threads[written.id] = thread
        while len(self._threads) > self.core.history:
            del self._threads[next(iter(self._threads))]
        item = {**message_item(written.id, person.identity, now, kind, payload), **extra}
        contact = None if kind == "system" else person.identity.contact()
        self.core.tell(Update(person.number, "message", item, contact, person.identity.key, written.id))
        return written

    def tell_echo(self, person: Person, kind: str, payload: Any, **extra: Any) -> Received:
        """What the owner wrote reaches the person, and the business's app as an echo.

        `extra` are fields beside the payload, such as `context`.
        """
        now, number, who = self.core.clock.now(), person.number, person.identity
        received = Received(self.core.next_id(), kind, _shown(kind, payload), now, {kind: payload}, "read")
        received.by_owner = True
        person.thread().received.append(received)
        recipient = {name: value for name, value in (("to", who.phone), ("to_user_id", who.user_id)) if value}
        item = {"from": number.display_phone_number, **recipient, "id": received.id}
        echo = {**item, "timestamp": str(int(now)), "type": kind, kind: payload, **extra}
        value = {**metadata(number), "message_echoes": [echo]}
        self.core.tell(Update(number, "smb_message_echoes", value, None, f"{who.key}/echo", received.id))
        return received

    def thread_of(self, number: FakeNumber, message_id: str) -> Thread | None:
        """The thread in which a person wrote this message to this number."""
        thread = self._threads.get(message_id)
        return thread if thread is not None and thread.number == number else None


def _with_user_id(identity: Identity) -> Identity:
    if identity.user_id is None and identity.phone:
        digest = hashlib.sha256(identity.phone.encode()).digest()
        return replace(identity, user_id=f"US.{int.from_bytes(digest[:7], 'big')}")
    return replace(identity, user_id=identity.user_id or None)


def _shown(kind: str, payload: Any) -> str:
    if kind == "text" and isinstance(payload, dict):
        return str(payload.get("body", ""))
    return f"[{kind}]"
