"""Choices whose id is longer than a button can carry: the button carries where the choice stands, and it is looked up.

Rule: a key names the row of the message in its conversation's outbox, and the choice's place in it.
"""

from __future__ import annotations

import re

import msgspec

from turnkeeper.model.contents import Buttons, List
from turnkeeper.model.events import Choice

_KEY = re.compile(r"~#(\d{1,12})\.(\d{1,4})", re.ASCII)
_decode = msgspec.json.Decoder(Buttons | List).decode


def key_of(seq: int, place: int) -> str:
    """What stands for the choice at a place (from 0, through all sections) of the message in a row."""
    return f"~#{seq}.{place}"


def may_be_key(choice_id: str) -> bool:
    """Whether it begins as keys do: such an id is never carried as it is."""
    return choice_id.startswith("~#")


def row_of(choice_id: str) -> int | None:
    """The number of the row that a key names; None for what is no key."""
    found = _KEY.fullmatch(choice_id)
    return int(found[1]) if found else None


def looked_up(given: Choice, content: bytes) -> Choice:
    """The choice that a key stands for, in the encoded content of its row; itself where it stands for none."""
    found = _KEY.fullmatch(given.id)
    try:
        offer = _decode(content)
    except msgspec.ValidationError:
        return given
    rows = offer.choices if isinstance(offer, Buttons) else [row for each in offer.sections for row in each.rows]
    return rows[int(found[2])] if found and int(found[2]) < len(rows) else given
