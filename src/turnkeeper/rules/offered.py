"""Whether a word that asks for silence is one that the bot offered itself, to be tapped or typed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from turnkeeper.model.contents import Buttons, Content, List, Text
from turnkeeper.model.conversation import OutboundRow
from turnkeeper.model.events import Choice
from turnkeeper.rules.opt_out import fold

LOOKED_BACK = 10
"""Rows among which the newest question is looked for."""
_STANDS = 86_400.0
"""Seconds for which a question may be answered by typing."""
_UNSENT = ("cancelled", "expired", "failed")
_decode = msgspec.json.Decoder(Content).decode


def offers(content: bytes) -> tuple[Choice, ...]:
    """What an encoded content offers to be chosen. The buttons of a template do not count: "Stop promotions" below an
    advertisement means just that."""
    match _decode(content):
        case Buttons(choices=choices) | Text(choices=choices):
            return choices
        case List(sections=sections):
            return tuple(choice for section in sections for choice in section.rows)
    return ()


def names(said: str | None, choices: Iterable[Choice]) -> bool:
    """Whether a text is one of the titles, as people write them."""
    return said is not None and fold(said) in {fold(choice.title or choice.id) for choice in choices}


def lately(rows: Sequence[OutboundRow], now: float) -> tuple[Choice, ...]:
    """What the bot's newest turn offers, of some rows in order: what it said before that has been answered."""
    spoken = [row for row in rows if row.turn_no > 0 and row.state not in _UNSENT]
    newest = [row for row in spoken if row.turn_no == spoken[-1].turn_no and now - row.created_at < _STANDS]
    return tuple(choice for row in newest for choice in offers(row.content))
