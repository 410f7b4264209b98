"""Moving outboxes on: marking the next row, settling rows, and with them the events of their turns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace as with_policy

import msgspec
from msgspec.structs import replace

from turnkeeper.model.contents import Content, files_of
from turnkeeper.model.conversation import Conversation, EventState, OutboundRow
from turnkeeper.model.ids import ConversationKey
from turnkeeper.model.policy import SendPolicy
from turnkeeper.rules import daily_cap, groups, outbox, pacing, rate_limit
from turnkeeper.rules.delivery import settle_events
from turnkeeper.rules.retry import Outage
from turnkeeper.store.rows import TurnEnd, TurnKey, UploadKey
from turnkeeper.store.transactions import refusals
from turnkeeper.store.transactions.allowing import allowed, fell_back, needs_a_look, tried_in_time
from turnkeeper.store.transactions.desk import Desk

_NO_CHANNEL = SendPolicy()
_content = msgspec.json.Decoder(Content).decode

UNCONFIGURED_WAIT = 60.0
"""Seconds until a conversation whose channel is not configured is looked at again."""


def policy_of(desk: Desk, conversation: Conversation) -> SendPolicy:
    """How the conversation's channel sends there; the cautious default for one that is gone."""
    channel = desk.channel(conversation)
    sends = channel.sends if channel is not None else _NO_CHANNEL
    if sends.group is None or not groups.is_group(conversation.addresses):
        return sends
    return with_policy(sends, pair=sends.group)


async def pump(
    desk: Desk, keys: Iterable[ConversationKey], now: float, over: Outage | None = None
) -> dict[ConversationKey, OutboundRow]:
    """Mark the next row of each outbox `sending` where one may go now; else say when the first may."""
    marked: dict[ConversationKey, OutboundRow] = {}
    turns: set[TurnKey] = set()
    pending = [key for key in keys if desk[key].unsent]
    while pending:
        pending = [key for key in pending if not await _is_held(desk, key, now)]
        first = await desk.rows.first_open([(key, desk[key].out_done) for key in pending])
        changed: list[OutboundRow] = []
        again: list[ConversationKey] = []
        for key in pending:
            row = first.get(key)
            if row is None:
                desk.put(replace(desk[key], unsent=0, send_at=None, out_done=desk[key].out_last))
                continue
            move = outbox.next_move(row, policy_of(desk, desk[key]), now=now, over=over)
            if move.move == "send":
                if (until := await _waits_for_part(desk, row, now)) is not None:
                    desk.put(replace(desk[key], out_done=row.seq - 1, send_at=until))
                    continue
                move = await allowed(desk, row, move, policy_of(desk, desk[key]), now)
            if move.move == "send":
                move = await _paced(desk, row, move, now)
                changed += await _delayed_with(desk, row, move.row)
            if move.row != row:
                changed.append(move.row)
            if move.move == "send":
                desk.put(replace(fell_back(desk[key], row, move.row), out_done=row.seq - 1, send_at=now))
                marked[key] = move.row
            elif move.move == "hold":
                desk.put(replace(desk[key], out_done=row.seq - 1, send_at=move.row.hold_until))
            else:
                turns.add(_settled(desk, move.row))
                again.append(key)
        await desk.rows.save_outbound(changed)
        pending = [key for key in again if desk[key].unsent]
    await end_turns(desk, turns, now)
    return marked


async def mark_new(
    desk: Desk, rows: Sequence[OutboundRow], now: float
) -> tuple[list[OutboundRow], dict[ConversationKey, OutboundRow]]:
    """New rows as they are to be written, and those of them that may be sent at once: written once, not twice.

    Where something stands before a row, `pump` decides.
    """
    written: list[OutboundRow] = []
    marked: dict[ConversationKey, OutboundRow] = {}
    delays: dict[ConversationKey, float] = {}
    for row in rows:
        conversation = desk[row.conversation]
        first = row.seq == conversation.out_done + 1 and desk.channel(conversation) is not None
        policy = policy_of(desk, conversation)
        alone = row.seq == 1 or policy.parts == "accepted"
        plain = first and alone and not needs_a_look(conversation, row, policy, now)
        if plain and not await desk.is_paused(conversation):
            move = outbox.next_move(row, policy, now=now)
            if move.move == "send":
                move = await _paced(desk, row, move, now)
                delays[row.conversation] = move.row.expires_at - row.expires_at
                row = move.row
                desk.put(replace(desk[row.conversation], send_at=row.hold_until or now))
            if move.move == "send":
                marked[row.conversation] = row
        elif (delay := delays.get(row.conversation, 0.0)) > 0:
            row = replace(row, expires_at=row.expires_at + delay)
        written.append(row)
    return written, marked


async def _waits_for_part(desk: Desk, row: OutboundRow, now: float) -> float | None:
    """Until when a row waits for the part before it to arrive."""
    policy = policy_of(desk, desk[row.conversation])
    if policy.parts == "accepted" or row.seq == 1:
        return None
    key = row.key._replace(seq=row.seq - 1)
    before = (await desk.rows.outbound([key])).get(key)
    return outbox.part_waits_until(before, row, policy, now=now)


async def _paced(desk: Desk, row: OutboundRow, move: outbox.Next, now: float) -> outbox.Next:
    """The move of a row that may be sent, once its pair and its number were asked: sent, or held until they let it."""
    conversation = desk[row.conversation]
    policy = policy_of(desk, conversation)
    if policy.pair is None and not policy.is_paced:
        return move
    marked, pair_tat = replace(move.row, call_at=now), conversation.pair_tat
    if policy.pair is not None:
        allowed, pair_tat = rate_limit.admit(policy.pair, tat=pair_tat, now=now)
        if not allowed:
            return _held(row, pacing.pair_free_at(policy.pair, pair_tat))
    if policy.is_paced:
        bucket = await desk.bucket(conversation)
        waited = row.hold_until is not None
        slot = pacing.slot(bucket, pacing.gap(policy, row), waited=waited, now=now, cap=policy.daily_cap)
        desk.draw(conversation, slot.bucket)
        if slot.capped:
            return outbox.Next("hold", daily_cap.delayed(row, policy.daily_cap or 0, slot.at, now))
        if not slot.goes:
            held = _held(row, slot.at - pacing.LEAD)
            return held._replace(row=tried_in_time(conversation, held.row, policy, now))
        marked = daily_cap.over(replace(marked, call_at=slot.at))
    if pair_tat != conversation.pair_tat:
        desk.put(replace(conversation, pair_tat=pair_tat))
    return outbox.Next("send", marked)


async def _delayed_with(desk: Desk, first: OutboundRow, after: OutboundRow) -> list[OutboundRow]:
    """What stands behind a row that waits for room lives longer by as much."""
    delay = after.expires_at - first.expires_at
    if delay <= 0:
        return []
    return [replace(row, expires_at=row.expires_at + delay) for row in await queued_behind(desk, first)]


async def queued_behind(desk: Desk, row: OutboundRow) -> list[OutboundRow]:
    """What waits behind a row, in order."""
    last = desk[row.conversation].out_last
    if row.seq == last:
        return []
    behind = await desk.rows.outbound([row.key._replace(seq=seq) for seq in range(row.seq + 1, last + 1)])
    return [behind[key] for key in sorted(behind) if behind[key].state == "queued"]


def _held(row: OutboundRow, until: float) -> outbox.Next:
    return outbox.Next("hold", replace(row, hold_until=min(until, row.expires_at)))


async def slow_down(desk: Desk, row: OutboundRow, scope: str, until: float) -> None:
    """The provider refused because of the pair or the number: nobody else need find that out."""
    conversation = desk[row.conversation]
    policy = policy_of(desk, conversation)
    if scope == "number" and policy.is_paced:
        desk.draw(conversation, pacing.slowed(await desk.bucket(conversation), until))
    elif scope == "pair" and policy.pair is not None:
        pair_tat = pacing.pair_slowed(policy.pair, conversation.pair_tat, until)
        desk.put(replace(conversation, pair_tat=pair_tat))


async def give_back(desk: Desk, row: OutboundRow) -> None:
    """A message that never left does not count for the day."""
    conversation = desk[row.conversation]
    if policy_of(desk, conversation).daily_cap is not None:
        desk.draw(conversation, pacing.unspent(await desk.bucket(conversation), row))


async def _is_held(desk: Desk, key: ConversationKey, now: float) -> bool:
    """A stopped channel's rows have no time to be sent at; a channel that is gone may come back."""
    conversation = desk[key]
    if await desk.is_paused(conversation):
        desk.put(replace(conversation, send_at=None))
        return True
    if desk.channel(conversation) is None:
        desk.put(replace(conversation, send_at=now + UNCONFIGURED_WAIT))
        return True
    return False


def _settled(desk: Desk, row: OutboundRow) -> TurnKey:
    conversation = desk[row.conversation]
    _tell_failed(desk, row)
    unsent = max(0, conversation.unsent - 1)
    done = conversation.out_last if not unsent else conversation.out_done
    desk.put(replace(conversation, unsent=unsent, out_done=done, send_at=conversation.send_at if unsent else None))
    return (row.workspace_id, row.conversation_id, row.turn_no)


def _tell_failed(desk: Desk, row: OutboundRow) -> None:
    if row.state in ("failed", "expired", "unknown"):
        turn = row.turn_no if row.turn_no > 0 else None
        told = {"row": row.seq, "turn": turn, "state": row.state, "code": row.code, "reason": row.reason}
        desk.announcer.add(desk[row.conversation], "delivery.failed", told, row.settled_at or desk.announcer.now)


async def change_rows(desk: Desk, changes: Sequence[tuple[OutboundRow, OutboundRow]], now: float) -> None:
    """Write rows (before, after), and settle the turns that this completes or corrects."""
    changes = await refusals.told(desk, changes, lambda of: policy_of(desk, of), now)
    turns: set[TurnKey] = set()
    changed = [after for before, after in changes if after != before]
    for before, after in changes:
        if before.settled_at is None and after.settled_at is not None:
            turns.add(_settled(desk, after))
        elif after.settled_at is not None and after.state != before.state:
            turns.add((after.workspace_id, after.conversation_id, after.turn_no))
            _tell_failed(desk, after)
    await desk.rows.save_outbound(changed)
    await _forget_uploads(desk, changes)
    await end_turns(desk, turns, now)


async def _forget_uploads(desk: Desk, changes: Sequence[tuple[OutboundRow, OutboundRow]]) -> None:
    """A failure that may be the upload's fault, however it was told: the next message with the file uploads it anew."""
    stale: set[UploadKey] = set()
    for before, after in changes:
        failed = after.state == "failed" and before.state != "failed"
        if failed and after.code in policy_of(desk, desk[after.conversation]).stale_uploads:
            keys = [file.key for file in files_of(_content(after.content))]
            stale |= {(after.workspace_id, after.channel_id, key) for key in keys if key is not None}
    if stale:
        await desk.rows.forget_uploads(sorted(stale))


async def end_turns(desk: Desk, turns: set[TurnKey], now: float) -> None:
    """Settle the events of turns whose rows are all settled; notices belong to no turn."""
    wanted = sorted(turn for turn in turns if turn[2] > 0)
    if not wanted:
        return
    states = await desk.rows.turn_states(wanted)
    records = await desk.rows.turns(wanted)
    ends: list[TurnEnd] = []
    for turn in wanted:
        record = records.get(turn)
        if record is None or record.state == "running" or not all(done for _, done in states.get(turn, [])):
            continue
        state = EventState.FAILED if record.state == "failed" else _end(states.get(turn, []))
        key = ConversationKey(record.workspace_id, record.conversation_id)
        ends.append(TurnEnd(key, record.no, record.seq_from, record.seq_to, state, now))
        if state == EventState.ANSWERED and (conversation := desk.get(key)) is not None:
            desk.announcer.add(conversation, "message.answered", {"turn": record.no}, now)
    await desk.rows.end_turns(ends)


def _end(states: list[tuple[str, bool]]) -> str:
    return settle_events([state for state, _ in states]) if states else EventState.NO_REPLY


def let_go(desk: Desk, key: ConversationKey, now: float) -> float | None:
    """Give the conversation back to the queue; when it is due."""
    conversation = desk[key]
    send_at = conversation.send_at
    if conversation.unsent and send_at is not None:
        send_at = max(send_at, now)
    return desk.put(replace(conversation, owner=None, send_at=send_at)).due_at
