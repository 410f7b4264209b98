"""The variables of one person in a flow: plain JSON, and no more of it than a session may hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

MOST: Final = 65_536
"""Bytes of JSON that all variables take together, those of waiting flows too."""
_LEAST: Final = 4
"""Bytes of the shortest value."""
_SPARED: Final = 64
"""Bytes below which a text is not cut but left out."""


def kept(
    variables: Mapping[str, Any], sets: Mapping[str, Any], others: Sequence[Mapping[str, Any]] = ()
) -> tuple[Mapping[str, Any], list[str]]:
    """The variables with what was set, and the names of those that had to be cut, the largest first to be. `others`:
    variables that take room as well."""
    if not sets:
        return variables, []
    rest = {name: value for name, value in variables.items() if name not in sets}
    plain = {name: plain_json(value) for name, value in sets.items()}
    everything = {**variables, **plain}
    room = MOST - sum(map(size, others))
    if size(everything) <= room:
        return everything, []
    room -= size(rest)
    cut: list[str] = []
    for name, value in sorted(plain.items(), key=lambda item: size(item[1])):
        room -= len(name.encode(errors="replace")) + 6
        if room < _LEAST:
            cut.append(name)
            continue
        if size(value) > room:
            cut.append(name)
            rest[name] = _cut(value, room)
        else:
            rest[name] = value
        room -= size(rest[name])
    return rest, cut


def plain_json(value: Any) -> Any:
    """A value as JSON gives it back; what is none becomes a text."""
    if value is None or isinstance(value, bool):
        return value
    try:
        return msgspec.json.decode(msgspec.json.encode(value))
    except (TypeError, ValueError, OverflowError, RecursionError, msgspec.MsgspecError):
        if isinstance(value, str):
            return value.encode(errors="replace").decode()
        return f"({type(value).__name__})"


def size(value: Any) -> int:
    """Bytes of a plain value as JSON."""
    return len(msgspec.json.encode(value))


def _cut(value: Any, room: int) -> Any:
    """As much of a value from its beginning as there is room for; None where there is none."""
    if isinstance(value, str) and room >= _SPARED:
        while size(value) > room:
            value = value[: min(len(value) - 1, len(value) * room // size(value))]
        return value
    if isinstance(value, list):
        return _first(value, room)
    if isinstance(value, Mapping):
        keys = _first([[name, each] for name, each in value.items()], room)
        return None if keys is None else dict(keys)
    return None


def _first(value: list[Any], room: int) -> list[Any] | None:
    room -= 2
    for n, each in enumerate(value):
        room -= size(each) + 1
        if room < 0:
            return value[:n] or None
    return value
