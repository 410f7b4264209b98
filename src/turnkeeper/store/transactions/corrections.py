"""Edits and deletions: before the commit they change their target and count as a newer message, after it not."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from turnkeeper.model.conversation import Conversation, EventRow, EventState, TurnState
from turnkeeper.model.events import Inbound
from turnkeeper.model.policy import Channel, Habit, TurnPolicy
from turnkeeper.rules import mailbox, modes, turn_start
from turnkeeper.rules.mailbox import OUTSIDE_KINDS, Admission
from turnkeeper.store.rows import EventChange
from turnkeeper.store.transactions import early
from turnkeeper.store.transactions.desk import Desk
from turnkeeper.store.transactions.people import rewritten


async def admit_correction(
    desk: Desk, conversation: Conversation, event: Inbound, channel: Channel, now: float
) -> Admission:
    """Apply an edit or deletion to a message that is not yet answered; its own event ends as `no_reply`."""
    key = conversation.key
    opened = (await desk.rows.open_events([(key, conversation.done_to)])).get(key, [])
    opened = [row for row in opened if row.state == EventState.WAITING or _in_turn(row, conversation)]
    target = next((row for row in opened if _is_target(row, event)), None)
    counted = replace(conversation, in_last=conversation.in_last + 1)
    running = target is not None and target.state == EventState.RUNNING
    if target is None and await early.is_early(desk, conversation, event):
        return early.waiting(mailbox.close_watermark(conversation, Admission(counted, EventState.NO_REPLY)))
    if target is None or (running and not mailbox.may_interrupt(conversation, channel.turns, now)):
        return mailbox.close_watermark(conversation, Admission(counted, EventState.NO_REPLY))
    if event.kind == "edited":
        await desk.rows.rewrite_events([(key, target.seq, rewritten(target.body, event))])
        after = _edited(counted, event, channel.turns, running, now)
    else:
        await desk.rows.change_events(
            [EventChange(key, target.seq, EventState.DROPPED, "deleted", target.turn_no, now)]
        )
        after = await _deleted(desk, counted, [row for row in opened if row.seq != target.seq], running, now)
    fenced = conversation.owner is not None and after.owner is None
    return mailbox.close_watermark(conversation, Admission(after, EventState.NO_REPLY, fenced=fenced))


def _in_turn(row: EventRow, conversation: Conversation) -> bool:
    return conversation.turn_state != TurnState.NONE and row.turn_no == conversation.turn_no


def _is_target(row: EventRow, event: Inbound) -> bool:
    known_as = event.aims_at
    return known_as is not None and row.external_id == known_as and row.kind not in OUTSIDE_KINDS


def _edited(conversation: Conversation, event: Inbound, turns: TurnPolicy, running: bool, now: float) -> Conversation:
    """Whoever edits is still writing."""
    first_at = conversation.turn_first_at if running else conversation.first_at
    habit = Habit(conversation.habit_bursts, conversation.habit_gap, conversation.habit_seen)
    due = turn_start.turn_at(
        turns, first_at=now if first_at is None else first_at, last_at=now, text=event.text, habit=habit
    )
    return mailbox.interrupt(conversation, due) if running else replace(conversation, turn_at=due)


async def _deleted(
    desk: Desk, conversation: Conversation, others: Sequence[EventRow], running: bool, now: float
) -> Conversation:
    """The turn goes on with what is left; with nothing left there is none."""
    if running:
        if any(row.state == EventState.RUNNING for row in others) or conversation.first_at is not None:
            return mailbox.interrupt(conversation, now)
        return await _without_turn(desk, conversation, now)
    if any(row.state == EventState.WAITING and row.kind not in OUTSIDE_KINDS for row in others):
        return conversation
    outside = any(row.state == EventState.WAITING and row.kind in OUTSIDE_KINDS for row in others)
    return replace(conversation, first_at=None, last_at=None, turn_at=now if outside else None)


async def _without_turn(desk: Desk, conversation: Conversation, now: float) -> Conversation:
    turn = (conversation.workspace_id, conversation.id, conversation.turn_no)
    record = (await desk.rows.turns([turn])).get(turn)
    if record is not None:
        await desk.rows.put_turns([replace(record, state="cancelled", committed_at=now)])
    turn_at = conversation.turn_at
    return replace(modes.clear_desk(conversation), turn_at=turn_at)
