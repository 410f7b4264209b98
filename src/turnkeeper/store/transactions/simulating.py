"""Time that passes in a simulated conversation: everything that is known of it moves back, and nothing else."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from msgspec.structs import replace

from turnkeeper.model.conversation import Conversation, SessionRow
from turnkeeper.model.ids import ConversationKey
from turnkeeper.model.policy import Directory
from turnkeeper.model.simulated import is_simulated
from turnkeeper.store.rows import Rows
from turnkeeper.store.runs import Wake
from turnkeeper.store.transactions.desk import Desk

_INSTANTS: Final = (
    "mode_until", "turn_first_at", "first_at", "last_at", "turn_at", "resume_at", "send_at", "tat", "rate_noticed_at",
    "stale_noticed_at", "contact_at", "pair_tat", "entry_at",
)  # fmt: skip
_IN_STATE: Final = ("flow_until",)
"""Instants in a session's state."""


async def let_time_pass(
    rows: Rows, directory: Directory, key: ConversationKey, seconds: float, now: float
) -> Wake | None:
    """Raises nothing for a conversation that is at work: None."""
    desk = Desk(rows, directory)
    await desk.lock([key])
    conversation = desk.get(key)
    if conversation is None or conversation.owner is not None or not is_simulated(conversation.channel_id):
        return None
    await rows.shift(key, seconds)
    session = (await rows.sessions([key])).get(key)
    if session is not None:
        await rows.put_sessions([_earlier(session, seconds)])
    after = desk.put(replace(conversation, **_shifted(conversation, seconds)))
    await desk.save()
    due_at = now if after.due_at is None else min(after.due_at, now)
    return Wake(key.workspace_id, key.id, due_at)


async def clear(rows: Rows, directory: Directory, key: ConversationKey) -> bool:
    """A turn under way finds that it has lost the conversation."""
    desk = Desk(rows, directory)
    await desk.lock([key])
    conversation = desk.get(key)
    if conversation is None or not is_simulated(conversation.channel_id):
        return False
    await rows.clear(conversation)
    return True


def _shifted(conversation: Conversation, seconds: float) -> dict[str, Any]:
    known = {name: getattr(conversation, name) for name in _INSTANTS}
    return {name: at - seconds for name, at in known.items() if at is not None}


def _earlier(session: SessionRow, seconds: float) -> SessionRow:
    moved = replace(session, saved_at=session.saved_at - seconds)
    try:
        state = msgspec.json.decode(session.state)
    except msgspec.DecodeError:
        return moved
    if not isinstance(state, dict) or not any(isinstance(state.get(name), int | float) for name in _IN_STATE):
        return moved
    for name in _IN_STATE:
        if isinstance(state.get(name), int | float):
            state[name] -= seconds
    return replace(moved, state=msgspec.json.encode(state))
