"""Telling a STOP from an answer that the bot offered itself. Rare, so it may look at rows."""

from __future__ import annotations

from turnkeeper.model.conversation import Conversation
from turnkeeper.model.events import Inbound
from turnkeeper.model.ids import OutboundKey
from turnkeeper.rules import offered
from turnkeeper.store.transactions.desk import Desk


async def was_offered(desk: Desk, conversation: Conversation, event: Inbound, now: float) -> bool:
    """Whether a word that asks for silence was: a press by the message in which the button stands, a text by what the
    bot said last."""
    if event.kind != "text" and event.reply_to is not None:
        key = (conversation.workspace_id, conversation.channel_id, event.reply_to)
        row = (await desk.rows.outbound_by_external([key])).get(key)
        if row is not None and row.conversation_id == conversation.id:
            return offered.names(event.text, offered.offers(row.content))
    first = max(1, conversation.out_last - offered.LOOKED_BACK + 1)
    numbers = range(first, conversation.out_last + 1)
    keys = [OutboundKey(conversation.workspace_id, conversation.id, seq) for seq in numbers]
    rows = await desk.rows.outbound(keys) if keys else {}
    return offered.names(event.text, offered.lately([rows[key] for key in sorted(rows)], now))
