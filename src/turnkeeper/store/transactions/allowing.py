"""Whether a row may leave at all, decided in the transaction that marks it: the provider's window, and what the
contact wants."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from turnkeeper.model.contents import Content, Template
from turnkeeper.model.conversation import Conversation, OutboundRow
from turnkeeper.model.policy import FallbackTemplate, SendPolicy
from turnkeeper.rules import consent, fallback, outbox, pacing, window
from turnkeeper.store.transactions import consenting
from turnkeeper.store.transactions.desk import Desk

_content = msgspec.json.Decoder(Content).decode


async def allowed(desk: Desk, row: OutboundRow, move: outbox.Next, policy: SendPolicy, now: float) -> outbox.Next:
    """The move of a row that may be sent now, if it may be sent at all: as it is, as the fallback template, or settled
    as refused."""
    conversation = desk[row.conversation]
    if not fallback.is_free(row):
        return await _wanted(desk, conversation, row, move, now)
    if _is_inside(conversation, row, policy, now):
        return move
    if outbox.may_have_been_sent(move.row):  # the template would say it a second time
        return outbox.Next("settle", replace(row, settled_at=now))
    seen = fallback.outside(
        row, template_of(desk, conversation), fell_back=conversation.fell_back, now=now, reason=closed(policy)
    )
    if seen.goes:
        marked = outbox.Next("send", replace(move.row, content=seen.row.content))
        return await _wanted(desk, conversation, row, marked, now)
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


async def _wanted(
    desk: Desk, conversation: Conversation, row: OutboundRow, move: outbox.Next, now: float
) -> outbox.Next:
    """A template that is to be sent, unless the contact wants none. Answers are wanted, but for their purpose."""
    content = _content(move.row.content)
    records = await consenting.objected(desk, conversation) if isinstance(content, Template) else []
    if not records or not isinstance(content, Template):
        return move
    filed = await desk.rows.template_category(row.workspace_id, row.channel_id, content.name, content.language)
    turn = (row.workspace_id, row.conversation_id, row.turn_no)
    answers = row.turn_no > 0 and await desk.rows.answers_contact(turn)
    record = consent.objection(records, consent.purpose_of(filed), answers=answers)
    if record is None:
        return move
    why = consent.in_words(record)
    return outbox.Next("settle", replace(row, state="failed", code=consent.OPTED_OUT, reason=why, settled_at=now))


def _is_inside(conversation: Conversation, row: OutboundRow, policy: SendPolicy, now: float) -> bool:
    """By the call's instant: a paced one may be a little later than now."""
    call_at = now + pacing.AHEAD if policy.is_paced else now
    return window.is_open(conversation, policy, call_at) and conversation.fell_back != row.turn_no
