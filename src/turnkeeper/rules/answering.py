"""Which colleague answers, and when another one has to say that they mean it.

Rule: a conversation that a person answers is one colleague's, who is asked for only while they were there lately;
whoever has left it to itself can be followed without a word.
"""

from __future__ import annotations

from typing import Final

from turnkeeper.model.colleagues import Answering, Watching
from turnkeeper.model.conversation import Conversation, Mode

LEASE: Final = 900.0
"""Seconds after which a colleague who was not seen has left it to itself."""
SEEN: Final = 30.0
"""Seconds for which somebody looks at a conversation after the browser last said so."""


def holder(conversation: Conversation, answering: Answering | None) -> Answering | None:
    """Who answers it. The conversation is given as it is now (rules.modes.lapse)."""
    return answering if conversation.mode == Mode.HUMAN else None


def is_in_the_way(held: Answering | None, user_id: str, now: float) -> bool:
    """Whether another colleague has it and was there lately."""
    return held is not None and held.user_id != user_id and now - held.active_at < LEASE


def is_there(watching: Watching, now: float) -> bool:
    """Whether somebody still looks at it."""
    return now - watching.at < SEEN


def is_news(before: Watching | None, doing: str, now: float) -> bool:
    """Whether colleagues see a difference."""
    return before is None or before.doing != doing or not is_there(before, now)
