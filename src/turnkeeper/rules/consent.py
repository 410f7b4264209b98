"""What a contact has agreed to: who may be written to for what, and what a withdrawal forbids.

A record says that a purpose was given or withdrawn. EVERYTHING withdrawn forbids whatever is not an answer; a purpose
withdrawn forbids what is for it. Nothing said forbids nothing, and gives nothing either.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from turnkeeper.model.consent import EVERYTHING, Consent
from turnkeeper.model.conversation import Conversation
from turnkeeper.model.events import Inbound

MARKETING = "marketing"
"""The purpose of templates of the category MARKETING; what people take back at the provider itself."""
PREFERENCE = "user_preferences"
"""`details["type"]` of a system event that tells of it: with `purpose` and `granted`."""
OPTED_OUT = "opted_out"
"""The code of a row that was not sent because of it."""
_PURPOSE = re.compile(r"[a-z][a-z0-9_]{0,39}")
_SOURCES = {
    "stop": "they wrote STOP",
    "bot": "told by the bot",
    "operator": "noted by an operator",
    "api": "told by another system",
    "provider": "told by the provider",
}


class Wish(NamedTuple):
    """What somebody wants: the record that it makes. `at`: unix seconds; None: when it is taken."""

    purpose: str
    granted: bool
    source: str
    at: float | None = None


STOPPED = Wish(EVERYTHING, False, "stop")
STARTED = Wish(EVERYTHING, True, "start")


def is_purpose(name: str) -> bool:
    """Whether a purpose may be called so."""
    return name == EVERYTHING or _PURPOSE.fullmatch(name) is not None


def told(event: Inbound) -> Wish | None:
    """What a provider tells of a contact's wishes."""
    details = event.details or {}
    purpose, granted = details.get("purpose"), details.get("granted")
    if details.get("type") != PREFERENCE or not isinstance(purpose, str) or not isinstance(granted, bool):
        return None
    return Wish(purpose, granted, "provider", None if event.timestamp is None else float(event.timestamp))


def purpose_of(category: str | None) -> str | None:
    """What a template of a category is for; None where only EVERYTHING concerns it."""
    return MARKETING if (category or "").upper() == "MARKETING" else None


def record(conversation: Conversation, wish: Wish, now: float) -> Consent:
    """The record that a wish makes."""
    at = now if wish.at is None else min(wish.at, now)
    return Consent(
        conversation.workspace_id,
        conversation.contact_id,
        wish.purpose,
        wish.granted,
        wish.source,
        at,
        conversation.id,
    )


def whole(records: Iterable[Consent], conversation: Conversation) -> list[Consent]:
    """The records of a conversation's contact. Whose STOP was taken by a release that kept no records has one all the
    same; it stands last, for it counts."""
    known = list(records)
    if conversation.opted_out and not any(each.purpose == EVERYTHING and not each.granted for each in known):
        known.append(record(conversation, STOPPED, conversation.contact_at or 0.0))
    return known


def objection(records: Iterable[Consent], purpose: str | None = None, *, answers: bool = False) -> Consent | None:
    """The record that forbids a message for a purpose. `answers`: it answers what the contact wrote, which only the
    purpose's own record forbids."""
    withdrawn = {record.purpose: record for record in records if not record.granted}
    own = None if purpose is None else withdrawn.get(purpose)
    return own if answers or own is not None else withdrawn.get(EVERYTHING)


def is_given(known: Mapping[str, bool], purpose: str) -> bool:
    """Whether the contact has said yes to a purpose, and neither took that back nor wants nothing at all."""
    return known.get(purpose, False) and known.get(EVERYTHING, True)


def is_refused(known: Mapping[str, bool], purpose: str) -> bool:
    """Whether the contact has said no to a purpose, or to everything."""
    return not (known.get(purpose, True) and known.get(EVERYTHING, True))


def in_words(record: Consent) -> str:
    """Why a message was not sent."""
    at = f"{datetime.fromtimestamp(record.at, UTC):%Y-%m-%d %H:%M} UTC"
    how = _SOURCES.get(record.source, record.source)
    if record.purpose == EVERYTHING:
        return f"the contact has opted out ({how}, {at}): only answers are sent"
    return f"the contact wants no {record.purpose} ({how}, {at})"
