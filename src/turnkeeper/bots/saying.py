"""What a bot may say, checked where it says it: a mistake is raised in the bot's own line, not found in a failed send.

Rule: only what no channel could carry is a mistake; what one channel cannot is fitted (turnkeeper.text.fitting).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import get_args

import msgspec
from msgspec.structs import replace

from turnkeeper.model.contents import (
    Buttons,
    Contacts,
    List,
    Location,
    LocationRequest,
    Reaction,
    Reply,
    Sayable,
    Sections,
    Template,
    Text,
    UrlButton,
    files_of,
)
from turnkeeper.model.events import Inbound
from turnkeeper.rules.mailbox import OUTSIDE_KINDS, SILENT_KINDS
from turnkeeper.rules.templates import problems
from turnkeeper.text.choices import rows_of
from turnkeeper.text.fitting import is_web_address

_SAYABLE = get_args(Sayable)
_NOT_MESSAGES = SILENT_KINDS | OUTSIDE_KINDS | {"edited", "deleted", "typing", "operator"}
_LONGEST_EMOJI = 20
"""Characters: a family of four with skin colours is one emoji of 11."""


def sayable(said: Reply, reply_to: str | None = None) -> Reply:
    """The same, quoting `reply_to`. Raises TypeError and ValueError for what no channel could say."""
    if not isinstance(said, (str, Sections, *_SAYABLE)):
        raise TypeError(f"text and contents can be said, not a {type(said).__name__}")
    if isinstance(said, str):
        return said if reply_to is None else Text(said, reply_to=reply_to)
    checked = _typed(said)
    if isinstance(checked, Sections):
        return checked if reply_to is None else replace(checked, reply_to=reply_to)
    for problem in _problems(checked):
        raise ValueError(f"{type(said).__name__}: {problem}")
    if reply_to is None:
        return checked
    if isinstance(checked, Reaction):
        raise TypeError("a reaction quotes nothing: it names its message itself")
    return replace(checked, reply_to=reply_to)


def reaction_to(message_id: str | None, emoji: str) -> Reply:
    """A reaction. Raises ValueError where there is nothing to react to, or no emoji."""
    if message_id is None:
        raise ValueError("the turn has no message of the contact's to react to: name one")
    return sayable(Reaction(message_id, emoji))


def latest_message(events: Sequence[Inbound]) -> str | None:
    """The provider's id of the contact's latest message of the turn."""
    ids = [event.message_id for event in events if event.kind not in _NOT_MESSAGES and not event.from_me]
    return next((known for known in reversed(ids) if known), None)


def _typed(said: Sayable | Sections) -> Sayable | Sections:
    """With every field of the type that it should have. Raises TypeError."""
    if isinstance(getattr(said, "file", None), (str, bytes)):
        raise TypeError(f"{type(said).__name__}: a file is File(link='https://…'), or what turn.attach gave")
    try:
        typed: Sayable | Sections = msgspec.convert(
            msgspec.to_builtins(said, builtin_types=(bytes, bytearray)), type(said)
        )
    except (msgspec.ValidationError, TypeError) as error:
        raise TypeError(f"{type(said).__name__}: {error}") from error
    return typed


def _problems(said: Sayable) -> Iterator[str]:
    for file in files_of(said):
        if (file.link is None) == (file.key is None):
            yield "a file has a link or a key, one of them"
        if file.link is not None and not is_web_address(file.link):
            yield f"a file's link is an http or https address, not {file.link[:80]!r}"
    match said:
        case Buttons() | List() | UrlButton() | LocationRequest() if not said.body.strip():
            yield "it needs words above what can be tapped"
        case Contacts() if not said.cards or not all(card.name.strip() for card in said.cards):
            yield "every contact card needs a name"
        case Location() if not (abs(said.latitude) <= 90 and abs(said.longitude) <= 180):
            yield "latitude is -90 to 90, longitude -180 to 180"
        case Reaction() if not said.message_id or not _is_emoji(said.emoji):
            yield "it needs the id of a message, and an emoji"
        case Template():
            yield from problems(said)
    match said:
        case Buttons() | List():
            yield from _bad_choices(said)
        case UrlButton() if not is_web_address(said.url):
            yield f"a button opens an http or https address, not {said.url[:80]!r}"


def _is_emoji(text: str) -> bool:
    """One, as far as can be told without a table of them; or none, which takes it away."""
    return not text or (not text.isascii() and len(text) <= _LONGEST_EMOJI)


def _bad_choices(said: Buttons | List) -> Iterator[str]:
    rows = rows_of(said)
    if not rows:
        yield "there is nothing to choose from"
    if not all(row.id.strip() for row in rows):
        yield "every choice needs an id"
    for known_as, times in Counter(row.id for row in rows).items():
        if times > 1:
            yield f"{times} choices have the id {known_as!r}"
    if isinstance(said, Buttons) and said.header and said.header_file is not None:
        yield "above the buttons stand words or a file, not both"
