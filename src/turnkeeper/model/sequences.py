"""Sequences: messages that follow one another days apart, as the operator wrote them down; and hours of quiet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from turnkeeper.model.contents import Template

PREFIX = "sequence."
"""What the names of their timers begin with; no other timer's does."""
WHOLE_DAY = 1440


class QuietHours(msgspec.Struct, frozen=True):
    """Nobody is written to between these minutes of the day, in the contact's time; over midnight where `start` is
    the later. `time_zone`: whose time it is where the contact's is not known."""

    start: int
    end: int
    time_zone: str = "UTC"


NIGHT = QuietHours(21 * 60, 8 * 60)


@dataclass(frozen=True, slots=True)
class SequenceStep:
    """One message, `after` seconds after the one before: words in Markdown, a template, or an event for the bot."""

    after: float
    text: str | None = None
    template: Template | None = None
    event: str | None = None


@dataclass(frozen=True, slots=True)
class MessageSequence:
    """`stop_on_reply`: it ends when the contact writes. `purpose`: what the contact must not have declined; "": any.
    `quiet`: when nothing of it is said. `needs`: the values that its words name."""

    name: str
    steps: tuple[SequenceStep, ...]
    stop_on_reply: bool = True
    purpose: str = ""
    quiet: QuietHours | None = None
    needs: frozenset[str] = frozenset()

    @property
    def timer(self) -> str:
        """The name, and the id, of the one timer that it has in a conversation."""
        return f"{PREFIX}{self.name}"


class Standing(msgspec.Struct, frozen=True):
    """Where somebody is in a sequence: which step comes next, and the values that were given at its start."""

    step: int = 0
    values: Mapping[str, Any] = {}
