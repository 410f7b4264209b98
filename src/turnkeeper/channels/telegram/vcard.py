"""A contact card as vCard 3.0, for what Telegram's own fields do not hold.

Source: RFC 2426, read 2026; Telegram takes up to 2,048 bytes.
"""

from __future__ import annotations

from turnkeeper.model.events import ContactCard

_LONGEST = 2048


def vcard_of(card: ContactCard) -> str:
    """The card; empty if a name and one number are all of it, or if it is too long to be taken."""
    if len(card.phones) < 2 and not (card.emails or card.organization or card.url):
        return ""
    lines = ["BEGIN:VCARD", "VERSION:3.0", f"N:{_value(card.name)};;;;", f"FN:{_value(card.name)}"]
    lines += [f"TEL{_type(phone.type)}:{_value(phone.number)}" for phone in card.phones]
    lines += [f"EMAIL:{_value(email)}" for email in card.emails]
    lines += [f"ORG:{_value(card.organization)}"] if card.organization else []
    lines += [f"URL:{_value(card.url)}"] if card.url else []
    written = "\n".join([*lines, "END:VCARD"])
    return written if len(written.encode("utf-8", "replace")) <= _LONGEST else ""


def _value(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return " ".join(escaped.split())


def _type(named: str | None) -> str:
    return f";TYPE={named}" if named and named.isascii() and named.isalnum() else ""
