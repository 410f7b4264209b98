"""JSON that a model wrote: in a fence, among prose, with trailing commas, cut off in the middle.

Rule: what is valid is read as it is; else it is repaired, once, within bounds of length and depth that bound the work.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import accumulate
from typing import Any, Final

LONGEST: Final = 20_000
"""Characters that are repaired; what follows them is not looked at."""
_DEEPEST: Final = 40
_TRIES: Final = 8
_DECODER: Final = json.JSONDecoder(strict=False)
_STEPS: Final = {"{": 1, "[": 1, "}": -1, "]": -1}


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
    for read in (_valid, _repaired):
        for place in places:
            value = read(text, place)
            if value is not None and accepts(value):
                return value
    return None


def _valid(text: str, place: int) -> Any:
    try:
        return _DECODER.raw_decode(text, place)[0]
    except (ValueError, RecursionError):
        return None


def _repaired(text: str, place: int) -> Any:
    from json_repair import repair_json

    broken = text[place : place + LONGEST]
    if max(accumulate(_STEPS.get(char, 0) for char in broken)) > _DEEPEST:
        return None
    try:
        return repair_json(broken, return_objects=True, skip_json_loads=True)
    except (ValueError, RecursionError):
        return None
