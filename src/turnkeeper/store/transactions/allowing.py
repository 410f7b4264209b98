"""Whether a row may leave at all, decided in the transaction that marks it: the provider's window."""

from __future__ import annotations

from msgspec.structs import replace

from turnkeeper.model.conversation import Conversation, OutboundRow
from turnkeeper.model.policy import FallbackTemplate, SendPolicy
from turnkeeper.rules import fallback, outbox, pacing, window
from turnkeeper.store.transactions.desk import Desk


async def allowed(desk: Desk, row: OutboundRow, move: outbox.Next, policy: SendPolicy, now: float) -> outbox.Next:
    """The move of a row that may be sent now, if it may be sent at all: as it is, as the fallback template, or settled
    as refused."""
    conversation = desk[row.conversation]
    if not fallback.is_free(row) or _is_inside(conversation, row, policy, now):
        return move
    if outbox.may_have_been_sent(move.row):  # the template would say it a second time
        return outbox.Next("settle", replace(row, settled_at=now))
    seen = fallback.outside(
        row, template_of(desk, conversation), fell_back=conversation.fell_back, now=now, reason=closed(policy)
    )
    if seen.goes:
        return outbox.Next("send", replace(move.row, content=seen.row.content))
    return outbox.Next("settle", seen.row)


def needs_a_look(conversation: Conversation, row: OutboundRow, policy: SendPolicy, now: float) -> bool:
    """Whether anything but the channel's pace may keep a new row from leaving."""
    return not fallback.is_free(row) or not _is_inside(conversation, row, policy, now)


def tried_in_time(conversation: Conversation, row: OutboundRow, policy: SendPolicy, now: float) -> OutboundRow:
    """A row that waits, but not until its window has closed."""
    if row.hold_until is None or not fallback.is_free(row):
        return row
    until = window.open_until(conversation, policy)
    return replace(row, hold_until=window.in_time(row.hold_until, until=until, now=now))


def fell_back(conversation: Conversation, before: OutboundRow, after: OutboundRow) -> Conversation:
    """The conversation once a row is marked: if it was turned into the template, its turn has had it."""
    if before.content == after.content:
        return conversation
    return replace(conversation, fell_back=after.turn_no)


def template_of(desk: Desk, conversation: Conversation) -> FallbackTemplate | None:
    """What goes instead of words outside the window."""
    channel = desk.channel(conversation)
    return None if channel is None else channel.turns.fallback_template


def closed(policy: SendPolicy) -> str:
    """Why a row was refused, in words."""
    hours = (policy.window or 0.0) / 3600.0
    return f"the {hours:g}-hour window is closed: only a template may be sent"


def _is_inside(conversation: Conversation, row: OutboundRow, policy: SendPolicy, now: float) -> bool:
    """By the call's instant: a paced one may be a little later than now."""
    call_at = now + pacing.AHEAD if policy.is_paced else now
    return window.is_open(conversation, policy, call_at) and conversation.fell_back != row.turn_no
