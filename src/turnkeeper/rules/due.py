"""When a worker may take a conversation: the stored due time follows from everything else in its row."""

from __future__ import annotations

from msgspec.structs import replace

from turnkeeper.model.conversation import Conversation, Mode, TurnState


def due_at(conversation: Conversation) -> float | None:
    """When a worker may take the conversation; None: not before something changes it.

    Sends and turns have separate times: while rows are unsent, only theirs counts.
    """
    if conversation.owner is not None:
        return None
    if conversation.unsent:
        return conversation.send_at
    if conversation.mode != Mode.BOT:
        return _due_after_people(conversation)
    if conversation.turn_state != TurnState.NONE:
        return conversation.resume_at
    return conversation.turn_at


def _due_after_people(conversation: Conversation) -> float | None:
    """What waits for the bot is due when the person's time is over, if it ends by itself."""
    if conversation.mode_until is None or conversation.turn_at is None:
        return None
    return max(conversation.mode_until, conversation.turn_at)


def settle_due(conversation: Conversation) -> Conversation:
    """The conversation with its stored due time in step."""
    due = due_at(conversation)
    return conversation if due == conversation.due_at else replace(conversation, due_at=due)


def sends_from(conversation: Conversation, now: float) -> float:
    """From when on a new row could be sent at all: what stands before it may wait for room for the day."""
    return max(now, conversation.send_at or now) if conversation.unsent else now
