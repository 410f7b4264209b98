"""Payments change under their conversation's lock, and what is new of them joins its mailbox in the same breath."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import msgspec
from msgspec.structs import replace

from turnkeeper.model.conversation import Conversation, EventRow, EventState, TurnState
from turnkeeper.model.errors import Fenced
from turnkeeper.model.events import Inbound
from turnkeeper.model.ids import ConversationKey
from turnkeeper.model.payments import PaymentFound, PaymentNews, PaymentRow
from turnkeeper.model.policy import Channel, Directory
from turnkeeper.rules import mailbox
from turnkeeper.rules import payments as rules
from turnkeeper.store.payments import FOUND_HERE, NO_CHANNEL, PaymentTold, Within
from turnkeeper.store.rows import EventChange, Rows
from turnkeeper.store.runs import Run, Wake
from turnkeeper.store.transactions.desk import Desk

_AGAIN_WITHOUT_CHANNEL = 60.0


async def open_payment(rows: Rows, directory: Directory, run: Run, row: PaymentRow) -> PaymentRow:
    """Keep what a running turn asks for; the first write counts."""
    desk = Desk(rows, directory)
    await desk.lock([run.key])
    conversation = desk.owned(run)
    if conversation.turn_state != TurnState.RUNNING or conversation.turn_no != row.turn_no:
        raise Fenced(f"turn {row.turn_no} of {run.key.id} is not running any more")
    known = await rows.lock_payment(row.workspace_id, row.id)
    if known is not None:
        return known
    await rows.put_payment(row)
    return row


async def found(
    rows: Rows, directory: Directory, provider: str, what: PaymentFound, now: float, within: Within | None
) -> PaymentTold:
    """Apply it to the payment, and tell the conversation what is new."""
    named = await rows.find_payment(provider, what)
    if named is None:
        return PaymentTold(None)
    desk = Desk(rows, directory)
    await desk.lock([named.key])
    row = await rows.lock_payment(named.workspace_id, named.id)
    if row is None:
        return PaymentTold(None)
    channel = directory.channel(row.workspace_id, row.channel_id)
    if channel is None:  # nobody could be told: the provider is asked again once the channel is back
        await rows.put_payment(replace(row, look_at=now + _AGAIN_WITHOUT_CHANNEL))
        return PaymentTold(row, misfit=NO_CHANNEL)
    after, news, misfit = rules.after(row, what, now)
    if after is not row:
        await rows.put_payment(after)
        desk.put(desk[row.key])  # where the bot keeps nothing, what it was for may be to be erased now
    wake, told = await _tell(desk, after, news, what, channel, now, within)
    await desk.save()
    return PaymentTold(after, told, [wake] if wake is not None else [], misfit)


async def _tell(
    desk: Desk,
    row: PaymentRow,
    news: tuple[PaymentNews, ...],
    what: PaymentFound,
    channel: Channel,
    now: float,
    within: Within | None,
) -> tuple[Wake | None, list[PaymentNews]]:
    told: list[PaymentNews] = []
    events: list[EventRow] = []
    running = within is not None and _runs(desk, within)
    for each in news:
        dedup = _digest(rules.told_by(row, each, what))
        if await desk.rows.known_events([(row.workspace_id, row.channel_id, dedup)]):
            continue
        desk.announcer.add(desk[row.key], f"payment.{each}", _announced(row), now)
        if running and within is not None and within.own and each != "paid":
            continue
        body = msgspec.json.encode(_event(desk[row.key], row, each, what))
        join = _join_turn if running else _admit
        events.append(await join(desk, row.key, dedup, body, channel, now))
        told.append(each)
    if not events:
        return None, told
    await desk.rows.add_events(events)
    return Wake(row.workspace_id, row.conversation_id, desk[row.key].due_at), told


def _announced(row: PaymentRow) -> dict[str, object]:
    money = {"amount": row.amount, "currency": row.currency, "refunded": row.refunded}
    return {"payment": row.id, "name": row.name, **money}


def _runs(desk: Desk, within: Within) -> bool:
    """Whether the turn that asked goes on."""
    if not desk.is_owned(within.run):
        return False
    conversation = desk[within.run.key]
    return conversation.turn_state == TurnState.RUNNING and conversation.turn_no == within.turn_no


async def _admit(desk: Desk, key: ConversationKey, dedup: bytes, body: bytes, channel: Channel, now: float) -> EventRow:
    """The way of every event: into the mailbox."""
    event = msgspec.json.decode(body, type=Inbound)
    admission = mailbox.admit(desk[key], event, channel.turns, channel.sends, now)
    after = desk.put(admission.conversation)
    settled_at = None if admission.state is EventState.WAITING else now
    return _row(after, dedup, body, channel, now, admission.state, admission.reason, None, settled_at)


async def _join_turn(
    desk: Desk, key: ConversationKey, dedup: bytes, body: bytes, channel: Channel, now: float
) -> EventRow:
    """An event of the turn under way, which knows it already, and ends with it: it is the next one's if that fails."""
    after = desk.put(replace(desk[key], in_last=desk[key].in_last + 1))
    turn = (key.workspace_id, key.id, after.turn_no)
    record = (await desk.rows.turns([turn]))[turn]
    await desk.rows.put_turns([replace(record, seq_to=max(record.seq_to, after.in_last))])
    return _row(after, dedup, body, channel, now, EventState.RUNNING, FOUND_HERE, after.turn_no, None)


def _row(
    conversation: Conversation,
    dedup: bytes,
    body: bytes,
    channel: Channel,
    now: float,
    state: EventState,
    reason: str | None,
    turn_no: int | None,
    settled_at: float | None,
) -> EventRow:
    return EventRow(
        conversation.workspace_id,
        conversation.id,
        conversation.in_last,
        channel.id,
        dedup,
        None,
        "payment",
        False,
        body,
        now,
        str(state),
        reason,
        turn_no,
        settled_at,
    )


def _event(conversation: Conversation, row: PaymentRow, news: PaymentNews, what: PaymentFound) -> Inbound:
    details: dict[str, object] = {
        "payment": row.id,
        "name": row.name,
        "news": news,
        "state": row.state,
        "amount": row.amount,
        "currency": row.currency,
        "refunded": row.refunded,
    }
    if what.reason is not None:
        details["reason"] = what.reason
    return Inbound(
        kind="payment",
        addresses=tuple(conversation.addresses.split("\n")),
        dedup_key=rules.told_by(row, news, what),
        details=details,
    )


def _digest(dedup_key: str) -> bytes:
    return blake2b(dedup_key.encode(), digest_size=16).digest()


async def given_up(desk: Desk, turns: Sequence[tuple[ConversationKey, int]], now: float) -> None:
    """Take back what turns that failed have asked for, and let the next turn know what they had found."""
    await desk.rows.void_payments([(*key, turn_no) for key, turn_no in turns], now)
    opened = await desk.rows.open_events([(key, desk[key].done_to) for key, _ in turns])
    for key, turn_no in turns:
        found = [event for event in opened.get(key, []) if event.turn_no == turn_no and event.reason == FOUND_HERE]
        if found:
            await desk.rows.change_events([EventChange(key, event.seq, EventState.WAITING) for event in found])
            at = desk[key].turn_at
            desk.put(replace(desk[key], turn_at=now if at is None else at))


async def failed(
    rows: Rows,
    directory: Directory,
    key: ConversationKey,
    payment_id: str,
    reason: str,
    now: float,
    run: Run | None,
) -> PaymentRow | None:
    """The provider gives no link."""
    desk = Desk(rows, directory)
    await desk.lock([key])
    row = await rows.lock_payment(key.workspace_id, payment_id)
    if row is None or row.state != "opening" or (run is None and _may_ask_again(desk[key], row)):
        return row
    over = replace(row, state="failed", reason=reason, changed_at=now, look_at=None)
    await rows.put_payment(over)
    return over


def _may_ask_again(conversation: Conversation, row: PaymentRow) -> bool:
    """Whether the turn that asked for it goes on, or will: an outage may have lasted longer than anybody's patience."""
    return conversation.turn_state != TurnState.NONE and conversation.turn_no == row.turn_no


async def void(rows: Rows, directory: Directory, key: ConversationKey, payment_id: str, now: float) -> None:
    """Let an open link be taken back."""
    desk = Desk(rows, directory)
    await desk.lock([key])
    row = await rows.lock_payment(key.workspace_id, payment_id)
    if row is not None and not row.is_settled and row.void_at is None:
        await rows.put_payment(replace(row, void_at=now, look_at=now))
