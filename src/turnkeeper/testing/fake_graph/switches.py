"""What a person may break at run time: named switches over `Behaviour`, for a page or a test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from turnkeeper.testing.fake_graph.behaviour import Behaviour, Fault, close, hold, refuse

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Switch:
    """One switch: `effect` says in a line what Meta then does."""

    name: str
    title: str
    effect: str
    on: bool


@dataclass(frozen=True, slots=True)
class _Row:
    title: str
    effect: str
    fault: Fault | None = None
    """A fault that every send meets; only one of these is on at a time."""
    fields: tuple[tuple[str, object], ...] = ()
    """Or fields of `Behaviour` and their values when on; off, they have their defaults."""


_ROWS: Final[Mapping[str, _Row]] = {
    "rate_limited": _Row("Too many messages", "Every send is refused with 130429.", refuse(130429)),
    "server_error": _Row("Error 500", "Every send is refused with 131000, HTTP 500.", refuse(131000)),
    "timeout": _Row("No answer", "A send is never answered, and nothing is taken.", hold(taken=False)),
    "connection_lost": _Row(
        "Taken, then lost",
        "The message is taken, then the connection is lost before the answer.",
        close(taken=True),
    ),
    "duplicates": _Row("Duplicates", "Every webhook comes three times.", fields=(("duplicate", 3),)),
    "reordering": _Row(
        "Out of order",
        "Webhooks of half a second come shuffled.",
        fields=(("reorder", True), ("gather", 0.5)),
    ),
    "outage": _Row(
        "Webhook outage",
        "No webhook gets through; each comes again, later and later.",
        fields=(("outage", True),),
    ),
    "token_revoked": _Row(
        "Token revoked",
        "Every call is refused with 190 until the token is restored.",
        fields=(("token_revoked", True),),
    ),
    "window_closed": _Row(
        "Window closed",
        "Everything but a template is refused with 131047, whatever was written when.",
        fields=(("window_closed", True),),
    ),
}
_DEFAULTS: Final = Behaviour()


def switches(behaviour: Behaviour) -> tuple[Switch, ...]:
    """All switches and where they stand."""
    return tuple(Switch(name, row.title, row.effect, _is_on(behaviour, row)) for name, row in _ROWS.items())


def set_switch(behaviour: Behaviour, name: str, on: bool) -> None:
    """Turn a switch; it counts for what comes from now on.

    Raises:
        KeyError: there is no such switch.
    """
    row = _ROWS[name]
    if row.fault is not None:
        if on:
            behaviour.fault = row.fault
        elif behaviour.fault == row.fault:
            behaviour.fault = None
    for field, value in row.fields:
        setattr(behaviour, field, value if on else getattr(_DEFAULTS, field))


def _is_on(behaviour: Behaviour, row: _Row) -> bool:
    if row.fault is not None:
        return behaviour.fault == row.fault
    return all(getattr(behaviour, field) == value for field, value in row.fields)
