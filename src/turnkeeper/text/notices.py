"""What happened, in words for the team: an e-mail's subject and text, or a message in a chat."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_WORDS = {
    "message.received": "A message came in",
    "message.answered": "A message was answered",
    "turn.failed": "The bot failed to answer",
    "delivery.failed": "A message could not be delivered",
    "conversation.escalated": "A person is wanted",
    "conversation.handed_over": "A person has the conversation now",
    "conversation.returned": "The bot has the conversation again",
    "contact.opted_out": "A contact wants no more messages",
    "contact.opted_in": "A contact wants messages again",
    "payment.paid": "A payment was made",
    "payment.attempt_failed": "A try to pay failed",
    "payment.failed": "A payment link could not be made",
    "payment.expired": "A payment link expired",
    "payment.cancelled": "A payment was cancelled",
    "payment.part_refunded": "A part of a payment was refunded",
    "payment.refunded": "A payment was refunded",
}
_SAID = {"contact": "They", "bot": "Bot", "person": "We"}
_LONGEST_LINE = 300
_HIDDEN = ("lines", "url", "reason", "text")


def subject(payload: Mapping[str, Any]) -> str:
    """One line."""
    return in_one_line(f"{_headline(payload)}: {_who(payload)} on {payload['channel']}", 150)


def words(payload: Mapping[str, Any]) -> str:
    """The whole of it; plain text that reads the same as Markdown."""
    data = payload["data"]
    lines = [f"{_headline(payload)}: {_who(payload)} on {payload['channel']}"]
    if data.get("reason"):
        lines.append(f"Why: {in_one_line(str(data['reason']), _LONGEST_LINE)}")
    if data.get("text"):
        lines.append(f"They: {in_one_line(str(data['text']), _LONGEST_LINE)}")
    lines += [f"{name}: {value}" for name, value in data.items() if name not in _HIDDEN and value is not None]
    lines += [
        f"{_SAID.get(each['role'], '')}: {in_one_line(each['text'], _LONGEST_LINE)}" for each in data.get("lines", ())
    ]
    lines.append(f"Conversation: {payload['conversation']}")
    if data.get("url"):
        lines.append(str(data["url"]))
    return "\n".join(lines)


def in_one_line(text: str, longest: int) -> str:
    """Without line breaks, cut to a length."""
    flat = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    return flat if len(flat) <= longest else flat[: longest - 1] + "…"


def _headline(payload: Mapping[str, Any]) -> str:
    return _WORDS[payload["event"]]


def _who(payload: Mapping[str, Any]) -> str:
    """A phone number as people write it, else the address."""
    addresses = payload["contact"]["addresses"]
    phone = next((each for each in addresses if each.startswith("phone:")), None)
    return f"+{phone.removeprefix('phone:')}" if phone is not None else str(next(iter(addresses), "somebody"))
