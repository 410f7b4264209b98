"""What a provider's refusal means beyond its row: words that came too late for the window give way to the template;
what the contact does not want is not tried again."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from turnkeeper.model.conversation import Conversation, Mode, OutboundRow
from turnkeeper.model.outbound import Outcome, Rejected
from turnkeeper.model.policy import SendPolicy
from turnkeeper.rules import consent, fallback, outbox
from turnkeeper.rules.consent import Wish
from turnkeeper.store.transactions import consenting
from turnkeeper.store.transactions.allowing import template_of
from turnkeeper.store.transactions.desk import Desk

Change = tuple[OutboundRow, OutboundRow]
"""A row before and after."""
Policies = Callable[[Conversation], SendPolicy]


def at_once(desk: Desk, before: OutboundRow, after: OutboundRow, outcome: Outcome, now: float) -> OutboundRow:
    """The row after a refusal of its call: it keeps its place, with the template in it, where there is one."""
    refused = isinstance(outcome, Rejected) and outcome.remedy == "use_template"
    if not refused or after.state != "failed" or before.state != "sending" or not fallback.is_free(before):
        return after
    conversation = desk[before.conversation]
    seen = fallback.outside(
        before,
        None if outbox.may_have_been_sent(before) else template_of(desk, conversation),
        fell_back=conversation.fell_back,
        now=now,
        reason=after.reason or "",
        code=after.code or fallback.CLOSED,
    )
    if not seen.goes:
        return seen.row
    desk.put(replace(conversation, fell_back=before.turn_no))
    return replace(seen.row, state="queued", failures=before.failures + 1, hold_until=None, reason=after.reason)


async def told(desk: Desk, changes: Sequence[Change], policy_of: Policies, now: float) -> list[Change]:
    """Rows that end as refused, however that was told. After one that was accepted first, the template goes."""
    changed: list[Change] = []
    for before, after in changes:
        if after.state == "failed" and before.state != "failed":
            policy = policy_of(desk[after.conversation])
            if after.code in policy.opt_out_codes:
                wish = Wish(consent.MARKETING, False, "provider")
                await consenting.note(desk, desk[after.conversation], wish, now)
            if after.code in policy.window_codes and fallback.is_free(after):
                after = await _followed(desk, after, now)
        changed.append((before, after))
    return changed


async def _followed(desk: Desk, row: OutboundRow, now: float) -> OutboundRow:
    conversation = desk[row.conversation]
    if conversation.fell_back == row.turn_no:
        return fallback.given_way(row)
    channel = desk.channel(conversation)
    template = template_of(desk, conversation)
    said = None if template is None else fallback.filled(template, row.content)
    if channel is None or said is None or _is_over(conversation, row):
        return row
    seq = conversation.out_last + 1
    follower = OutboundRow(
        row.workspace_id,
        row.conversation_id,
        seq,
        row.channel_id,
        row.turn_no,
        -1 - row.n,
        fallback.encoded(said),
        created_at=now,
        expires_at=now + channel.turns.reply_expires,
    )
    await desk.rows.add_outbound([follower])
    send_at = conversation.send_at if conversation.unsent else now
    out_done = conversation.out_done if conversation.unsent else conversation.out_last
    desk.put(
        replace(
            conversation,
            fell_back=row.turn_no,
            out_last=seq,
            out_done=out_done,
            unsent=conversation.unsent + 1,
            send_at=send_at,
        )
    )
    return fallback.given_way(row)


def _is_over(conversation: Conversation, row: OutboundRow) -> bool:
    """Whether nobody waits for the words any more: the contact has written since, or a person answers."""
    wrote = conversation.contact_at is not None and conversation.contact_at > row.created_at
    return wrote or conversation.opted_out or (row.turn_no > 0 and conversation.mode != Mode.BOT)
