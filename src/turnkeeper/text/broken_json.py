"""JSON that a model wrote: in a fence, among prose, with trailing commas, cut off in the middle.

Rule: what is valid is read as it is; else as it was meant (turnkeeper.text.lenient_json); what neither can read and is
short is given to json-repair, whose time grows with the square of its input.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from turnkeeper.text import lenient_json

LONGEST: Final = 20_000
"""Characters that are mended; what follows them is not looked at."""
LONGEST_REPAIRED: Final = 1_500
_MOST_BRACKETS: Final = 100
"""In what is repaired: brackets are what that is slow with."""
_TRIES: Final = 8
_MENDED: Final = 3
_DECODER: Final = json.JSONDecoder(strict=False)


def read_object(text: str, accepts: Callable[[dict[str, Any]], bool]) -> dict[str, Any] | None:
    """The first JSON object in a text that is accepted; None if there is none. Never raises."""
    found = read_value(text, "{", lambda value: isinstance(value, dict) and accepts(value))
    return found if isinstance(found, dict) else None


def read_value(text: str, opening: str, accepts: Callable[[Any], bool]) -> Any:
    """The first value that begins with this bracket and is accepted, or None."""
    places: list[int] = []
    place = text.find(opening)
    while place >= 0 and len(places) < _TRIES:
        places.append(place)
        place = text.find(opening, place + 1)
    for read, most in ((_valid, _TRIES), (_meant, _MENDED), (_repaired, 1)):
        for place in places[:most]:
            value = read(text, place)
            if value is not None and accepts(value):
                return value
    return None


def _valid(text: str, place: int) -> Any:
    try:
        return _DECODER.raw_decode(text, place)[0]
    except (ValueError, RecursionError):
        return None


def _meant(text: str, place: int) -> Any:
    try:
        return lenient_json.read(text[place : place + LONGEST])
    except ValueError:
        return None


def _repaired(text: str, place: int) -> Any:
    from json_repair import repair_json

    broken = text[place:]
    if len(broken) > LONGEST_REPAIRED or sum(map(broken.count, "[]{}")) > _MOST_BRACKETS:
        return None
    try:
        return repair_json(broken, return_objects=True, skip_json_loads=True)
    except (ValueError, RecursionError):
        return None
