"""Timers wait in their own table and reach the conversation through its mailbox, like everything else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b

import msgspec
from msgspec.structs import replace

from turnkeeper.model.conversation import EventRow, EventState, TimerRow
from turnkeeper.model.events import Inbound
from turnkeeper.model.ids import ConversationKey
from turnkeeper.model.policy import Channel, Directory
from turnkeeper.rules import mailbox
from turnkeeper.rules.consent import OPTED_OUT
from turnkeeper.store.rows import EventChange, Rows
from turnkeeper.store.runs import Wake
from turnkeeper.store.transactions import consenting
from turnkeeper.store.transactions.desk import Desk
from turnkeeper.store.transactions.outbox import UNCONFIGURED_WAIT

TOO_LATE = "too_late"
CANCELLED = "cancelled"
_inbound = msgspec.json.Decoder(Inbound).decode


async def fire(rows: Rows, directory: Directory, now: float, limit: int) -> list[Wake]:
    """Move due timers into their mailboxes; each is gone from its table in the same transaction."""
    timers = await rows.due_timers(now, limit)
    desk = Desk(rows, directory)
    desk.announcer.now = now
    await desk.lock({ConversationKey(timer.workspace_id, timer.conversation_id) for timer in timers})
    unwanted = await consenting.want_nothing(desk)
    events: list[EventRow] = []
    later: list[TimerRow] = []
    wakes: dict[ConversationKey, Wake] = {}
    for timer in timers:
        key = ConversationKey(timer.workspace_id, timer.conversation_id)
        conversation = desk.get(key)
        channel = directory.channel(timer.workspace_id, timer.channel_id)
        if conversation is None:
            continue
        late = timer.too_late_at is not None and now >= timer.too_late_at
        if channel is None or (timer.too_late_at is not None and not late and await desk.is_paused(conversation)):
            # What has a time of its own must not be said late; it would be, when the channel sends again.
            later.append(replace(timer, due_at=now + UNCONFIGURED_WAIT))
            continue
        if late:
            admission = mailbox.leave_alone(conversation, TOO_LATE, EventState.DROPPED)
        elif key in unwanted:
            admission = mailbox.leave_alone(conversation, OPTED_OUT, EventState.DROPPED)
        else:
            event = _inbound(timer.body)
            admission = mailbox.admit(conversation, event, channel.turns, channel.sends, now)
        after = desk.put(admission.conversation)
        events.append(_event(timer, channel, after.in_last, admission, now))
        wakes[key] = Wake(key.workspace_id, key.id, after.due_at)
    await rows.add_events(events)
    if later:
        await rows.add_timers(later)
    await desk.save()
    return list(wakes.values())


async def without_late(desk: Desk, key: ConversationKey, opened: Sequence[EventRow], now: float) -> Sequence[EventRow]:
    """The open events of a conversation whose turn is about to begin, but for timers that have waited too long."""
    late = {event.seq for event in opened if event.kind == "timer" and _is_late(event, now)}
    if not late:
        return opened
    await desk.rows.change_events([EventChange(key, seq, EventState.DROPPED, TOO_LATE, None, now) for seq in late])
    return [event for event in opened if event.seq not in late]


async def take_back(desk: Desk, names: Mapping[ConversationKey, frozenset[str]], now: float) -> None:
    """Delete timers by their names; those that have fired and wait for their turn end as dropped."""
    await desk.rows.drop_timers([(*key, name) for key, each in names.items() for name in sorted(each)])
    opened = await desk.rows.open_events([(key, desk[key].done_to) for key in names])
    fired = [
        EventChange(key, event.seq, EventState.DROPPED, CANCELLED, None, now)
        for key, events in opened.items()
        for event in events
        if event.kind == "timer" and event.state == EventState.WAITING and _name(event) in names[key]
    ]
    await desk.rows.change_events(fired)


def _name(event: EventRow) -> str:
    return str((_inbound(event.body).details or {}).get("name", ""))


def _is_late(event: EventRow, now: float) -> bool:
    if event.state != EventState.WAITING or b'"too_late_at"' not in event.body:
        return False
    too_late_at = (_inbound(event.body).details or {}).get("too_late_at")
    return isinstance(too_late_at, int | float) and now >= too_late_at


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
