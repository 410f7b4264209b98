"""A choice that is typed back: the number or the label of a line that was offered as text.

One question stands at a time: the newest message that offered anything (buttons or a list close it as well), once it
was sent. It stands until a turn in which one of its lines was typed is over, or a person takes over. What was written
before it was asked answers something else.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from turnkeeper.model.conversation import EventRow, OutboundRow
from turnkeeper.model.events import Choice
from turnkeeper.rules.opt_out import fold

_LONGEST = 1000
"""Characters of what may be a label."""
_UNSENT = ("cancelled", "expired", "failed")


class _Offer(msgspec.Struct):
    """As much of a content as tells what it offers."""

    type: str
    choices: tuple[Choice, ...] = ()


_decode = msgspec.json.Decoder(_Offer).decode


def offered(content: bytes) -> tuple[Choice, ...] | None:
    """What an encoded content offers to be typed: nothing where it has buttons or rows to tap; None: no offer."""
    offer = _decode(content)
    if offer.type in ("buttons", "list"):
        return ()
    return offer.choices or None


def standing(seq: int, rows: Sequence[OutboundRow]) -> int:
    """The number of the row whose offer stands once these are said, as in Conversation.offered."""
    for row in rows:
        if (choices := offered(row.content)) is not None:
            seq = row.seq if choices else 0
    return seq


def answers(event: EventRow, question: OutboundRow, turn_no: int) -> bool:
    """Whether an event of a turn may be an answer to a question."""
    asked_before = 0 < question.turn_no < turn_no and question.state not in _UNSENT
    return asked_before and event.kind == "text" and event.received_at >= question.created_at


def typed(said: str | None, choices: Sequence[Choice]) -> Choice | None:
    """Which of the choices a text is, as a whole; None: none of them, or it could be several.

    A label counts before a number, so that of "1. Two, 2. Four" a "Two" and a "2" lead where they say. Case, accents,
    punctuation and the script of digits make no difference, unless labels differ in nothing else.
    """
    if said is None or len(said) > _LONGEST or not (plain := _plain(said)):
        return None
    labels = [choice.title or choice.id for choice in choices]
    folded, known = fold(said), [fold(label) for label in labels]
    tests = (
        [_plain(label) == plain for label in labels],
        [bool(folded) and each == folded for each in known],
        [str(n) == folded for n in range(1, len(labels) + 1)],
        [f"{n} {each}" == folded for n, each in enumerate(known, 1)],
    )
    for test in tests:
        found = [choice for choice, same in zip(choices, test, strict=True) if same]
        if found:
            return found[0] if len(found) == 1 else None
    return None


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
