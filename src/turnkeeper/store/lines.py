"""What was said in a conversation, line by line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a conversation's history, oldest first. `role`: contact, bot or person.

    `turn_no`: the turn in which the bot said it; the parts of one answer have the same, and follow in order.
    """

    role: Literal["contact", "bot", "person"]
    text: str
    at: float
    kind: str = "text"
    turn_no: int | None = None
