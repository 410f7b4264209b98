"""What happened in a turn, in the order in which it did: what a flow is told of it.

What a person writes and sends in a row is one thing that they said; of several choices the last counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from turnkeeper.bots.message import Message, messages_of
from turnkeeper.bots.payment import PaymentEvent, payments_in
from turnkeeper.bots.timing import timers_of
from turnkeeper.bots.turn import Turn
from turnkeeper.engine.answer import Work
from turnkeeper.flows.signals import PaymentTold, Place, Replied, Sent, TimedOut
from turnkeeper.flows.triggers import Due, Happened, Said
from turnkeeper.model.errors import MediaRefused, MediaUnavailable
from turnkeeper.model.events import Inbound, Referral, caption_of
from turnkeeper.model.flows import SCHEDULE
from turnkeeper.model.outside import outside
from turnkeeper.rules.mailbox import SILENT_KINDS

TIMER: Final = "flow:"
"""What the names of our timers begin with; the call's number follows."""
_UNSAID: Final = SILENT_KINDS | {"edited", "deleted", "typing"}
_NEWS: Final = {"paid": "paid", "expired": "expired", "cancelled": "cancelled", "refunded": "refunded"}
_LAST_TRY: Final = 2
"""The attempt from which on a file that cannot be fetched holds up nothing."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What a person did in a row."""

    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Paid:
    """News of a payment. `told`: for the flow that asked for it; None where no flow did, or it is no news for one."""

    event: PaymentEvent
    told: PaymentTold | None


@dataclass(frozen=True, slots=True)
class Begins:
    """Another system wants a flow to begin, by its name."""

    flow: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Nudged:
    """The owner wants the bot to go on, as if the person had written this."""

    text: str


What = Heard | TimedOut | Paid | Happened | Due | Begins | Nudged


def happened(work: Work) -> Iterator[What]:
    """All of a turn."""
    burst: list[Inbound] = []
    for event in work.events:
        if event.kind not in ("timer", "payment", "api", "operator"):
            burst += [] if event.kind in _UNSAID else [event]
            continue
        yield from _heard(work, burst)
        burst = []
        yield from _told(event)
    yield from _heard(work, burst)


def _heard(work: Work, burst: Sequence[Inbound]) -> Iterator[What]:
    if burst:
        yield Heard(messages_of(burst, work.quoted))


def _told(event: Inbound) -> Iterator[What]:
    for timer in timers_of([event]):
        number = timer.name.removeprefix(TIMER)
        if number != timer.name and number.isdecimal():
            yield TimedOut(int(number))
        if timer.name.startswith(SCHEDULE) and isinstance(timer.data, dict):
            yield Due(str(timer.data.get("cron")), str(timer.data.get("tag")), timer.name.removeprefix(SCHEDULE))
    for payment in payments_in([event]):
        yield Paid(payment, _payment(payment))
    told = outside(event)
    if told is not None:
        data = told.data if isinstance(told.data, dict) else {} if told.data is None else {"value": told.data}
        yield Begins(told.stage, data) if told.stage else Happened(told.type, data)
    elif event.kind == "api" and event.text:
        yield Nudged(event.text)


def payment_name(flow: str, node: str, call: int) -> str:
    """What a payment of a flow's is called."""
    return f"{flow}/{node}/{call}"


def _payment(event: PaymentEvent) -> PaymentTold | None:
    call = event.name.rpartition("/")[2]
    news = _NEWS.get(event.news)
    return PaymentTold(int(call), news) if news is not None and "/" in event.name and call.isdecimal() else None


async def said(turn: Turn, heard: Heard, *, ever: bool, files: bool) -> Said:
    """What somebody said. `ever`: for the first time; `files`: what they sent is wanted, not only told of."""
    pressed = [each for each in heard.messages if each.choice is not None]
    choice = pressed[-1].choice if pressed else None
    words = [_words(each.event) for each in heard.messages if each.choice is None]
    place = next((each.location for each in reversed(heard.messages) if each.location is not None), None)
    phones = [phone.number for each in heard.messages for card in each.cards for phone in card.phones]
    referral = next((each.referral for each in reversed(heard.messages) if each.referral is not None), None)
    reply = Replied(
        "\n".join(text for text in words if text) or (choice.title or "" if choice else ""),
        choice.id if choice else "",
        (choice.title or choice.id) if choice else "",
        tuple([file for each in heard.messages if (file := await _sent(turn, each, fetch=files)) is not None]),
        Place(place.latitude, place.longitude, place.name or place.address or "") if place else None,
        phones[0] if phones else "",
    )
    return Said(reply, ever, _referral(referral) if referral else None)


def _words(event: Inbound) -> str | None:
    """What was written, or heard; of a note that could not be heard only what was written under it."""
    return caption_of(event) if event.unheard is not None else event.text


async def _sent(turn: Turn, message: Message, *, fetch: bool) -> Sent | None:
    """A file; None for a message without one, and for one that is wanted and cannot be had."""
    media = message.media
    if media is None:
        return None
    if not fetch:
        return Sent(message.kind, "", media.mime or "", media.filename or "")
    try:
        kept = await turn.file(media)
    except MediaRefused:
        return None
    except MediaUnavailable:
        if turn.attempt < _LAST_TRY:
            raise
        return None
    return Sent(message.kind, kept.key, kept.mime, kept.filename)


def _referral(referral: Referral) -> dict[str, Any]:
    told = {
        "source": referral.source_id or referral.source_url,
        "type": referral.source_type,
        "url": referral.source_url,
        "headline": referral.headline,
        "body": referral.body,
        "click_id": referral.click_id,
        "welcome": referral.welcome,
    }
    return {name: value for name, value in told.items() if value}
