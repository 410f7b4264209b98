"""What a webhook body means: the words an adapter speaks, whoever the provider is.

Structs, not dataclasses: one is built and stored for every message on the accept path.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec
from msgspec.structs import replace

from turnkeeper.model.voice import Transcript

EventKind = Literal[
    "text", "image", "audio", "voice", "video", "video_note", "animation", "document", "sticker",
    "location", "contacts", "button_reply", "list_reply", "flow_reply", "reaction", "order", "poll_vote",
    "call", "call_permission", "system", "unsupported", "edited", "deleted", "typing", "session_status",
    "error", "timer", "operator", "payment", "api",
]  # fmt: skip
HEARD_KINDS = frozenset({"voice", "audio"})
"""What a contact says instead of writing it; a bot that has it transcribed reads it as text."""
READABLE_KINDS = frozenset({
    "text", "image", "audio", "voice", "video", "video_note", "animation", "document", "sticker", "location",
    "contacts", "order",
})  # fmt: skip
"""What a contact can write or send, of which a bot may be able to read some only."""
Status = Literal["pending", "sent", "delivered", "read", "played", "failed"]


class Media(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file that a message carries, as the provider names it; `size` in bytes."""

    id: str | None = None
    url: str | None = None
    mime: str | None = None
    filename: str | None = None
    sha256: str | None = None
    size: int | None = None


class Choice(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was chosen of the buttons or rows that we offered."""

    id: str
    title: str | None = None
    description: str | None = None


class Reaction(msgspec.Struct, frozen=True):
    """An emoji under a message; `""` took it away."""

    message_id: str
    emoji: str


class Location(msgspec.Struct, frozen=True, omit_defaults=True):
    """A place, in degrees."""

    latitude: float
    longitude: float
    name: str | None = None
    address: str | None = None


class Phone(msgspec.Struct, frozen=True, omit_defaults=True):
    """A number on a contact card; `wa_id`: its WhatsApp id, if it has one."""

    number: str
    type: str | None = None
    wa_id: str | None = None


class ContactCard(msgspec.Struct, frozen=True, omit_defaults=True):
    """One person or firm to save. What else was on a card that came (birthdays, places) is in the event's `details`."""

    name: str
    phones: tuple[Phone, ...] = ()
    emails: tuple[str, ...] = ()
    organization: str | None = None
    url: str | None = None


class OrderItem(msgspec.Struct, frozen=True, omit_defaults=True):
    """One product of an order. `price` is that of one piece, in `currency` (ISO 4217); None: not told."""

    product_id: str | None = None
    quantity: int | None = None
    price: Decimal | None = None
    currency: str | None = None


class Order(msgspec.Struct, frozen=True, omit_defaults=True):
    """What somebody put into the basket of a catalogue."""

    items: tuple[OrderItem, ...] = ()
    catalog_id: str | None = None


class Referral(msgspec.Struct, frozen=True, omit_defaults=True):
    """The ad or post that a first message came from. `click_id` is for reporting back what the ad led to."""

    source_id: str | None = None
    source_type: str | None = None
    source_url: str | None = None
    headline: str | None = None
    body: str | None = None
    media_type: str | None = None
    media_url: str | None = None
    click_id: str | None = None
    welcome: str | None = None


class Inbound(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One event for a conversation's mailbox.

    `timestamp` is the provider's, in unix seconds. `addresses` are the sender's, the one to answer first:
    `user:` (business-scoped id), `parent:`, `phone:` (digits), or a provider's own prefix; `chat_id` names
    a group. For an echo (`from_me`) `addresses` and `chat_id` are those of the person it was written to.
    In a group (`is_group`) `addresses` are the sender's all the same, and `mentions_us` says that the message names
    us or answers one of ours, where the body tells it (an answer to what we are known to have sent is found by
    `reply_to` anyway). A channel that hears groups answers to the one address `group:` + `chat_id`.
    `dedup_key` is what makes the event the same one when it is delivered again. `cards`, `order` and `ad` are
    the readable forms of what `contacts_count`, `order_items` and `referral` only sum up or pass on.
    """

    kind: EventKind
    account_id: str = ""
    message_id: str | None = None
    message_key: str | None = None
    chat_id: str | None = None
    sender_id: str | None = None
    sender_user_id: str | None = None
    sender_phone: str | None = None
    sender_name: str | None = None
    timestamp: int | None = None
    text: str | None = None
    media: Media | None = None
    media_unavailable: bool = False
    reply_to: str | None = None
    target_message_id: str | None = None
    target_message_key: str | None = None
    choice: Choice | None = None
    reaction: Reaction | None = None
    location: Location | None = None
    contacts_count: int | None = None
    contact_name: str | None = None
    order_items: int | None = None
    referral: dict[str, object] | None = None
    flow_response_json: str | None = None
    is_group: bool = False
    from_me: bool = False
    forwarded: bool = False
    mentions_us: bool = False
    error_codes: tuple[int, ...] = ()
    cards: tuple[ContactCard, ...] = ()
    order: Order | None = None
    ad: Referral | None = None
    details: dict[str, object] | None = None
    addresses: tuple[str, ...] = ()
    dedup_key: str = ""
    dedup_window: float = 0.0
    """Seconds for which `dedup_key` holds; 0 = always. For providers that give no message id."""
    by_program: bool = False
    """An echo of what a program sent through the provider's API: ours, or another's, but nobody typed it."""

    album: str | None = None
    """What was sent at once has it in common, though each item is an event: they are answered together."""
    heard: str | None = None
    """What a voice note said; `text` ends with it."""
    unheard: str | None = None
    """Why a voice note said nothing, in one word; `text` ends with that in words."""
    heard_at: float | None = None
    """When it was known what the note says, or that it says nothing: unix seconds."""
    transcript: Transcript | None = None
    """What was heard, with times and speakers where they are known."""

    @property
    def known_as(self) -> str | None:
        """The id that later statuses, edits and echoes name the message by."""
        return self.message_key or self.message_id

    @property
    def aims_at(self) -> str | None:
        """What the message that it edits, deletes or reacts to is known as."""
        reacted_to = None if self.reaction is None else self.reaction.message_id
        return self.target_message_key or self.target_message_id or reacted_to


class DeliveryUpdate(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What a provider says became of a message that we sent. `tracker` is our own id, echoed."""

    status: Status
    account_id: str = ""
    message_id: str | None = None
    message_key: str | None = None
    recipient_id: str | None = None
    timestamp: int | None = None
    error_codes: tuple[int, ...] = ()
    error: str | None = None
    tracker: str | None = None
    is_group: bool = False
    participant_id: str | None = None
    """Who of the group, where `recipient_id` names the group."""
    chat_id: str | None = None

    @property
    def known_as(self) -> str | None:
        """The id that the message was accepted under."""
        return self.message_key or self.message_id


class Ignored(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Something that we understand and leave alone; `reason` is shown in the ledger.

    `error`: what a provider tells of the account, not of a message; no mailbox is the one for it.
    """

    reason: str
    kind: Literal["ignored", "error"] = "ignored"
    error_codes: tuple[int, ...] = ()
    account_id: str = ""
    message_id: str | None = None
    raw: bytes = b""


class Unreadable(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """An item that could not be read; kept as it came, its neighbours survive."""

    reason: str
    account_id: str = ""
    message_id: str | None = None
    raw: bytes = b""


def is_sound(event: Inbound) -> bool:
    """Whether it can be heard: spoken, or a file of sound, which people send as a document too (WhatsApp takes some
    formats in no other way)."""
    if event.kind in HEARD_KINDS:
        return True
    mime = event.media.mime if event.kind == "document" and event.media is not None else None
    return (mime or "").lower().startswith("audio/")


def with_heard(
    event: Inbound,
    at: float,
    *,
    heard: str | None = None,
    unheard: str | None = None,
    transcript: Transcript | None = None,
) -> Inbound:
    """A voice note with what it said (`heard`), or with why it said nothing, below what was written under it."""
    caption = caption_of(event)
    told = replace(event, heard=heard, unheard=unheard, heard_at=at, transcript=transcript)
    return with_caption(told, caption)


def with_caption(event: Inbound, caption: str | None) -> Inbound:
    """The event with other words written; what a voice note said stays below them."""
    return replace(event, text="\n".join(filter(None, (caption, _spoken(event)))) or None)


def caption_of(event: Inbound) -> str | None:
    """What was written, without what a voice note said."""
    spoken = _spoken(event)
    if event.text is None or spoken is None:
        return event.text
    return event.text.removesuffix(spoken).removesuffix("\n") or None


def _spoken(event: Inbound) -> str | None:
    if event.unheard is not None:
        return f"[voice note that could not be heard: {event.unheard}]"
    return event.heard


_LONGEST_NAME = 60


def named(event: Inbound, said: str | None) -> str | None:
    """What somebody says; in a group, who it is stands before ("Ada: hello")."""
    if not said or not event.is_group or event.from_me:
        return said
    name = " ".join((event.sender_name or "").split())[:_LONGEST_NAME]
    return f"{name}: {said}" if name else said


def words_heard(event: Inbound) -> str:
    """An event in words: what the history shows of it; empty for what nobody says or sends."""
    return named(event, _words(event)) or ""


def _words(event: Inbound) -> str:
    if event.reaction is not None:
        return event.reaction.emoji
    if event.text:
        return event.text
    match event.kind:
        case "location" if event.location is not None:
            return " ".join(filter(None, ("[location]", event.location.name or event.location.address)))
        case "contacts":
            return "[contacts] " + ", ".join(card.name for card in event.cards)
        case "order" if event.order is not None:
            return "[order] " + ", ".join(f"{each.quantity} × {each.product_id}" for each in event.order.items)
        case "document" if event.media is not None and event.media.filename:
            return f"[document {event.media.filename}]"
    return f"[{event.kind}]" if event.kind in READABLE_KINDS - {"text"} or event.kind == "unsupported" else ""


class SessionStatus(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Whether an account can send and receive now. `status` in the provider's word; `mend`: what the operator does."""

    status: str
    works: bool
    account_id: str = ""
    timestamp: int | None = None
    mend: str = ""


class TemplateReport(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What a provider says became of a template, in its own words; None: of that it says nothing.

    `external_id` names the template in one language. `reason`: why it was rejected, paused or switched off, as
    TemplateRow has it; "" where that is over.
    """

    external_id: str
    name: str
    language: str
    account_id: str = ""
    status: str | None = None
    quality: str | None = None
    category: str | None = None
    reason: str | None = None


Received = Inbound | DeliveryUpdate | Ignored | Unreadable | SessionStatus | TemplateReport

_NOT_WORDS = frozenset({
    "works", "mend", "addresses", "dedup_key", "dedup_window", "details", "error", "cards", "order", "ad",
    "by_program", "mentions_us",
})  # fmt: skip


def words(received: Received) -> dict[str, object]:
    """The event as `turnkeeper channel parse` prints it: absent keys are left out."""
    found = msgspec.to_builtins(received)
    shown = {key: value for key, value in found.items() if key not in _NOT_WORDS}
    if "raw" in found:
        shown["raw"] = received.raw.decode("utf-8", "replace")  # type: ignore[union-attr]
    match received:
        case Inbound():
            return shown
        case DeliveryUpdate():
            return {"kind": "status", **shown}
        case SessionStatus():
            return {"kind": "session_status", **shown}
        case TemplateReport():
            return {"kind": "template", **shown}
        case Ignored():
            return {"kind": "ignored", **shown}
        case Unreadable():
            return {"kind": "unreadable", **shown}


def happened_at(event: Inbound, now: float) -> float:
    """When it happened, at the provider's time: not later than now, and now where the provider says nothing."""
    return min(float(event.timestamp), now) if event.timestamp else now
