"""The timers of a turn: those that fired, those it sets, and those it takes back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from turnkeeper.bots.sequencing import step_timer
from turnkeeper.engine.answer import Later, Work
from turnkeeper.model.events import Inbound
from turnkeeper.model.sequences import PREFIX, QuietHours, Standing

_LONGEST = 3650 * 86_400.0
AN_HOUR = 3600.0


class Timer(NamedTuple):
    """A timer that fired: its name and what was given to `turn.after` or `turn.at`."""

    name: str
    data: Any


class TimedTurn:
    """The half of a Turn that has to do with time. Whatever is set or taken back counts when the turn commits."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._set: list[Later] = []
        self._cancelled: dict[str, None] = {}
        self.timers = timers_of(work.events)

    def after(
        self,
        seconds: float,
        name: str,
        data: object = None,
        *,
        follow_up: bool = True,
        late: float | None = None,
        quiet: bool = False,
    ) -> None:
        """Wake this conversation again, `seconds` after the turn commits: a turn with a timer of that name.

        A follow-up is forgotten when the contact writes first. `data` is kept as JSON. `late`: how many seconds too
        late it may be told; after that it is dropped, said in the ledger. Raises ValueError for a time in the past
        or more than ten years away.
        """
        if not 0 <= seconds < _LONGEST:
            raise ValueError(f"a timer fires 0 to {_LONGEST:.0f} seconds later, not {seconds}")
        self._set.append(Later(seconds, _own(name), data, follow_up, late=_checked(late), quiet=self._hours(quiet)))

    def at(
        self,
        instant: datetime | float,
        name: str,
        data: object = None,
        *,
        late: float | None = AN_HOUR,
        quiet: bool = False,
    ) -> None:
        """Wake this conversation at an instant: a datetime with a time zone, or unix seconds. No follow-up.

        More than `late` seconds after that it is dropped, said in the ledger; None: never. An instant that has
        passed is one that comes too late: at once, or not at all. `quiet`: as with `after`; `late` counts from then.
        Raises ValueError for a datetime without a time zone and for what is more than ten years away.
        """
        at = _unix(instant)
        if not abs(at - self._work.now()) < _LONGEST:
            raise ValueError(f"a timer fires within {_LONGEST:.0f} seconds, not at {instant}")
        hours = self._hours(quiet)
        self._set.append(Later(0.0, _own(name), data, follow_up=False, at=at, late=_checked(late), quiet=hours))

    def cancel(self, name: str) -> None:
        """Take back all timers of that name, those that were set earlier in this turn too."""
        self._set = [later for later in self._set if later.name != name]
        self._cancelled[name] = None

    def start_sequence(self, name: str, values: Mapping[str, object] | None = None) -> None:
        """Start one of the sequences of the configuration, anew if it runs; `values` go into its words.

        Raises ValueError for a sequence that there is not, and for values that its words name and that are missing.
        """
        sequence = self._work.channel.turns.sequences.get(name)
        if sequence is None:
            raise ValueError(f"there is no sequence {name!r}: write [sequences.{name}] into the configuration")
        given = dict(values or {})
        missing = sorted(sequence.needs - set(given))
        if missing:
            raise ValueError(f"the sequence {name!r} needs a value for {', '.join(missing)}")
        self.cancel(sequence.timer)
        self._set.append(step_timer(sequence, Standing(0, given)))

    def stop_sequence(self, name: str) -> None:
        """Say no more of it; nothing happens where it does not run."""
        self.cancel(f"{PREFIX}{name}")

    def _hours(self, quiet: bool) -> QuietHours | None:
        return self._work.channel.turns.quiet_hours if quiet else None


def _own(name: str) -> str:
    if str(name).startswith(PREFIX):
        raise ValueError(f"{name!r} is a sequence's: names of timers do not begin with {PREFIX!r}")
    return name


def timers_of(events: Sequence[Inbound]) -> tuple[Timer, ...]:
    """The timers among events."""
    return tuple(_fired(event) for event in events if event.kind == "timer")


def _fired(event: Inbound) -> Timer:
    details = event.details or {}
    return Timer(str(details.get("name", "")), details.get("data"))


def _unix(instant: datetime | float) -> float:
    if not isinstance(instant, datetime):
        return float(instant)
    if instant.utcoffset() is None:
        raise ValueError(f"{instant} has no time zone: whose time is it?")
    return instant.timestamp()


def _checked(late: float | None) -> float | None:
    if late is not None and not 0 <= late < _LONGEST:
        raise ValueError(f"a timer may come 0 to {_LONGEST:.0f} seconds late, not {late}")
    return late
