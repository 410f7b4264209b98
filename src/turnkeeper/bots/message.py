"""What a contact did, in the form in which a bot reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from turnkeeper.model.events import Choice, ContactCard, Inbound, Location, Media, Order, Reaction, Referral
from turnkeeper.rules.mailbox import OUTSIDE_KINDS
from turnkeeper.store.lines import Line

_NOT_THE_CONTACTS = OUTSIDE_KINDS | {"operator"}


@dataclass(frozen=True, slots=True)
class Message:
    """One message, press of a button or reaction of the contact's. What it does not have is None (or empty).

    `choice`: the button or row that was chosen; `quoted`: what the message answers, None also where that is
    unknown to us; `form`: what was filled into a flow, from JSON; `referral`: the ad that brought them here; `heard`:
    what a voice note said, where the bot's `transcribe` is set (`text` has it too, below what was written under it);
    `event` has the rest (`timestamp`, `forwarded`, `details`, …).
    """

    kind: str
    id: str | None
    text: str | None
    event: Inbound
    choice: Choice | None = None
    quoted: Line | None = None
    reaction: Reaction | None = None
    location: Location | None = None
    cards: tuple[ContactCard, ...] = ()
    order: Order | None = None
    form: Any = None
    referral: Referral | None = None
    media: Media | None = None
    heard: str | None = None


def messages_of(events: Sequence[Inbound], quoted: Mapping[str, Line]) -> tuple[Message, ...]:
    """Those of the events that the contact made, oldest first."""
    return tuple(_message(event, quoted) for event in events if event.kind not in _NOT_THE_CONTACTS)


def _message(event: Inbound, quoted: Mapping[str, Line]) -> Message:
    return Message(
        event.kind,
        event.message_id,
        event.text,
        event,
        event.choice,
        quoted.get(event.reply_to) if event.reply_to else None,
        event.reaction,
        event.location,
        event.cards,
        event.order,
        _form(event.flow_response_json),
        event.ad,
        event.media,
        event.heard,
    )


def _form(written: str | None) -> Any:
    """Whatever JSON it is; None for what is none."""
    if written is None:
        return None
    try:
        return msgspec.json.decode(written)
    except (ValueError, RecursionError):
        return None
