"""How what a turn says gets into the outbox: its rows, the conversation's counts, and the row that is sent first."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from turnkeeper.model.conversation import Conversation, OutboundRow
from turnkeeper.rules import choices
from turnkeeper.rules.due import sends_from
from turnkeeper.store.base import ClaimedSend, Dispatch
from turnkeeper.store.runs import Run
from turnkeeper.store.transactions.desk import Desk


def outbound_rows(
    desk: Desk, conversation: Conversation, turn_no: int, n: int, contents: Sequence[bytes], now: float
) -> list[OutboundRow]:
    """The rows of what a turn says, behind those that wait; `n` is the first one's number in the turn."""
    channel = desk.channel(conversation)
    lasts = channel.turns.reply_expires if channel is not None else 86_400.0
    return [
        OutboundRow(
            conversation.workspace_id,
            conversation.id,
            conversation.out_last + 1 + place,
            conversation.channel_id,
            turn_no,
            n + place,
            content,
            created_at=now,
            expires_at=sends_from(conversation, now) + lasts,
        )
        for place, content in enumerate(contents)
    ]


def queued(conversation: Conversation, added: Sequence[OutboundRow], now: float) -> Conversation:
    """The conversation with these rows in its outbox, due to be sent."""
    if not added:
        return conversation
    return replace(
        conversation,
        out_last=conversation.out_last + len(added),
        out_done=conversation.out_done if conversation.unsent else conversation.out_last,
        unsent=conversation.unsent + len(added),
        send_at=conversation.send_at if conversation.unsent else now,
        offered=choices.standing(conversation.offered, added),
    )


def dispatched(desk: Desk, run: Run, row: OutboundRow | None) -> Dispatch:
    """The row as a claimed send; an empty dispatch without a row, or without its channel."""
    channel = desk.channel(desk[run.key])
    if row is None or channel is None:
        return Dispatch(None)
    return Dispatch(ClaimedSend(run, channel, desk[run.key], row))
