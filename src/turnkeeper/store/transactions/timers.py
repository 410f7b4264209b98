"""Timers wait in their own table and reach the conversation through its mailbox, like everything else."""

from __future__ import annotations

from hashlib import blake2b

import msgspec
from msgspec.structs import replace

from turnkeeper.model.conversation import EventRow, EventState, TimerRow
from turnkeeper.model.events import Inbound
from turnkeeper.model.ids import ConversationKey
from turnkeeper.model.policy import Channel, Directory
from turnkeeper.rules import mailbox
from turnkeeper.store.base import Wake
from turnkeeper.store.rows import Rows
from turnkeeper.store.transactions.desk import Desk
from turnkeeper.store.transactions.outbox import UNCONFIGURED_WAIT


async def fire(rows: Rows, directory: Directory, now: float, limit: int) -> list[Wake]:
    """Move due timers into their mailboxes; each is gone from its table in the same transaction."""
    timers = await rows.due_timers(now, limit)
    desk = Desk(rows, directory)
    await desk.lock({ConversationKey(timer.workspace_id, timer.conversation_id) for timer in timers})
    events: list[EventRow] = []
    later: list[TimerRow] = []
    wakes: dict[ConversationKey, Wake] = {}
    for timer in timers:
        key = ConversationKey(timer.workspace_id, timer.conversation_id)
        conversation = desk.get(key)
        channel = directory.channel(timer.workspace_id, timer.channel_id)
        if conversation is None:
            continue
        if channel is None:
            later.append(replace(timer, due_at=now + UNCONFIGURED_WAIT))
            continue
        event = msgspec.json.decode(timer.body, type=Inbound)
        admission = mailbox.admit(conversation, event, channel.turns, channel.sends, now)
        after = desk.put(admission.conversation)
        events.append(_event(timer, channel, after.in_last, admission, now))
        wakes[key] = Wake(key.workspace_id, key.id, after.due_at)
    await rows.add_events(events)
    if later:
        await rows.add_timers(later)
    await desk.save()
    return list(wakes.values())


def _event(timer: TimerRow, channel: Channel, seq: int, admission: mailbox.Admission, now: float) -> EventRow:
    key = ConversationKey(timer.workspace_id, timer.conversation_id)
    return EventRow(
        key.workspace_id,
        key.id,
        seq,
        channel.id,
        _digest(key, seq),
        None,
        "timer",
        False,
        timer.body,
        now,
        str(admission.state),
        admission.reason,
        settled_at=None if admission.state is EventState.WAITING else now,
    )


def _digest(key: ConversationKey, seq: int) -> bytes:
    """A timer leaves its table once, so nothing can deliver it again: each time it fires is an event of its own."""
    return blake2b(f"timer:{key.id}:{seq}".encode(), digest_size=16).digest()
