"""Recording what became of a send, and going on with the outbox while the conversation is held."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from turnkeeper.model.conversation import OutboundRow
from turnkeeper.model.ids import ConversationKey, OutboundKey
from turnkeeper.model.outbound import Accepted, NotSent, Rejected
from turnkeeper.model.policy import Directory
from turnkeeper.rules import outbox
from turnkeeper.store.base import ClaimedSend, Dispatch, Sent
from turnkeeper.store.rows import Rows
from turnkeeper.store.transactions import refusals, reports
from turnkeeper.store.transactions.allowing import tried_in_time
from turnkeeper.store.transactions.channels import pause_channel
from turnkeeper.store.transactions.desk import Desk
from turnkeeper.store.transactions.outbox import (
    change_rows,
    give_back,
    let_go,
    policy_of,
    pump,
    queued_behind,
    slow_down,
)
from turnkeeper.store.transactions.people import settle_echoes


async def record(rows: Rows, directory: Directory, items: Sequence[Sent]) -> list[Dispatch | Exception]:
    """Keep outcomes by row and try, whoever owns the conversations; then send on, or let go."""
    desk = Desk(rows, directory)
    keys = {ConversationKey(item.row.workspace_id, item.row.conversation_id) for item in items}
    await desk.lock(keys)
    before = await rows.outbound([item.row for item in items])
    after = dict(before)
    for item in items:
        row = after.get(item.row)
        if row is not None and (row.tries == item.tried or isinstance(item.outcome, Accepted)):
            policy = policy_of(desk, desk[row.conversation])
            told = outbox.after_outcome(row, item.outcome, policy, backoff=item.backoff, now=item.now)
            if isinstance(item.outcome, NotSent) and item.outcome.scope == "message":
                told = tried_in_time(desk[row.conversation], told, policy, item.now)
            after[item.row] = refusals.at_once(desk, row, told, item.outcome, item.now)
    stopped = {place for place, item in enumerate(items) if await _stops_channel(desk, before, item)}
    await _apply_early(rows, after)
    now = desk.announcer.now = max((item.now for item in items), default=0.0)
    await change_rows(desk, [(before[key], after[key]) for key in sorted(after)], now)
    await settle_echoes(desk, sorted(key for key in keys if desk.get(key)), now)
    for item in items:
        await _give_back(desk, before, item)
        await _slow_down(desk, before, after, item)
        await _end_sends(desk, before, after, item)
    results = await _go_on(desk, items, before, after, now)
    await desk.save()
    return [
        result._replace(stopped=place in stopped) if isinstance(result, Dispatch) else result
        for place, result in enumerate(results)
    ]


async def _stops_channel(desk: Desk, before: dict[OutboundKey, OutboundRow], item: Sent) -> bool:
    """A dead token stops the channel's queue, once; its rows keep their places until it is resumed."""
    row = before.get(item.row)
    if not isinstance(item.outcome, Rejected) or item.outcome.remedy != "stop_channel":
        return False
    if row is None or row.tries != item.tried or row.state not in ("sending", "unknown"):
        return False
    reason = f"{item.outcome.code}: {item.outcome.reason}"
    stopped = await pause_channel(desk.rows, row.workspace_id, row.channel_id, reason, item.now)
    if stopped:
        channel = desk.directory.channel(row.workspace_id, row.channel_id)
        await desk.rows.refused(row.workspace_id, row.channel_id, channel.credentials if channel else "")
    desk.paused_now(row.workspace_id, row.channel_id)
    return stopped


async def _give_back(desk: Desk, before: dict[OutboundKey, OutboundRow], item: Sent) -> None:
    row = before.get(item.row)
    if isinstance(item.outcome, NotSent | Rejected) and row is not None and _is_open(row, item):
        await give_back(desk, row)


async def _slow_down(
    desk: Desk, before: dict[OutboundKey, OutboundRow], after: dict[OutboundKey, OutboundRow], item: Sent
) -> None:
    row, outcome = after.get(item.row), item.outcome
    if not isinstance(outcome, NotSent) or row is None or row == before[item.row] or row.state != "queued":
        return
    await slow_down(desk, row, outcome.scope, item.now + outbox.wait_of(outcome, item.backoff))


async def _end_sends(
    desk: Desk, before: dict[OutboundKey, OutboundRow], after: dict[OutboundKey, OutboundRow], item: Sent
) -> None:
    """Whoever cannot be reached is sent nothing of what waits behind, and not reminded."""
    row, outcome = after.get(item.row), item.outcome
    if not isinstance(outcome, Rejected) or outcome.remedy != "unreachable" or row is None or row == before[item.row]:
        return
    key = row.conversation
    ended = {"state": "failed", "code": row.code, "reason": row.reason, "settled_at": item.now}
    await change_rows(desk, [(each, replace(each, **ended)) for each in await queued_behind(desk, row)], item.now)
    await desk.rows.drop_follow_ups([key])
    desk.put(replace(desk[key], follow_ups=False))


async def _apply_early(rows: Rows, after: dict[OutboundKey, OutboundRow]) -> None:
    """Statuses that came before the provider's answer did have waited for its id."""
    ids = {
        (row.workspace_id, row.channel_id, row.external_id): key
        for key, row in after.items()
        if row.external_id is not None
    }
    if not ids:
        return
    for report in await rows.early_reports(list(ids)):
        key = ids[(report.workspace_id, report.channel_id, report.external_id)]
        after[key] = reports.applied(after[key], report, report.received_at)


async def _go_on(
    desk: Desk,
    items: Sequence[Sent],
    before: dict[OutboundKey, OutboundRow],
    after: dict[OutboundKey, OutboundRow],
    now: float,
) -> list[Dispatch | Exception]:
    own = [item for item in items if desk.is_owned(item.run)]
    marked = await _marked_before(desk, [item for item in own if not _is_open(before.get(item.row), item)])
    held = list({item.run.key: None for item in own if item.run.key not in marked})
    marked |= await pump(desk, held, now) if held else {}
    await settle_echoes(desk, held, now)
    results: list[Dispatch | Exception] = []
    for item in items:
        key = item.run.key
        conversation = desk.get(key)
        if conversation is None:
            results.append(Dispatch(None))
        elif desk.is_owned(item.run):
            row = marked.get(key)
            channel = desk.channel(conversation)
            if row is not None and channel is not None:
                results.append(Dispatch(ClaimedSend(item.run, channel, desk[key], row)))
            else:
                results.append(Dispatch(None, None if item.in_turn else let_go(desk, key, item.now)))
        else:
            results.append(Dispatch(None, _freed(desk, key, after.get(item.row), now)))
    return results


def _is_open(row: OutboundRow | None, item: Sent) -> bool:
    """Whether nobody has told yet what became of this try."""
    return row is not None and row.state == "sending" and row.tries == item.tried


async def _marked_before(desk: Desk, items: Sequence[Sent]) -> dict[ConversationKey, OutboundRow]:
    """Outcomes that were stored before, but whose answer was lost: what was marked then is still to be sent.

    Not in a running turn, which may say several things at once: there it may be another call's to send.
    """
    keys = list({item.run.key: None for item in items if not item.in_turn})
    first = await desk.rows.first_open([(key, desk[key].out_done) for key in keys]) if keys else {}
    return {key: row for key, row in first.items() if row.state == "sending"}


def _freed(desk: Desk, key: ConversationKey, row: OutboundRow | None, now: float) -> float | None:
    """Someone else's conversation by now: a row that is settled no longer keeps those behind it waiting."""
    conversation = desk[key]
    if row is not None and row.settled_at is not None and conversation.unsent and conversation.send_at is not None:
        desk.put(replace(conversation, send_at=min(conversation.send_at, now)))
    return desk[key].due_at
