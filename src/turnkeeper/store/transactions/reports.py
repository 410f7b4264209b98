"""Statuses: onto the row they speak of, forward only; one for a message that we do not know yet waits for it."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from turnkeeper.model.conversation import OutboundRow
from turnkeeper.model.ids import ChannelId, ConversationKey, OutboundKey, WorkspaceId, read_tracker
from turnkeeper.rules import outbox
from turnkeeper.store.base import Report
from turnkeeper.store.rows import EarlyReport, Rows
from turnkeeper.store.transactions.desk import Desk
from turnkeeper.store.transactions.outbox import change_rows, policy_of
from turnkeeper.store.transactions.people import settle_echoes

Target = tuple[ConversationKey, OutboundKey] | None


async def targets(rows: Rows, reports: Sequence[Report]) -> dict[ConversationKey | None, list[tuple[Report, Target]]]:
    """Each report with the row that it speaks of, by conversation; None for those not known yet."""
    by_tracker = {id(report): _tracked(report) for report in reports}
    untracked = [report for report in reports if by_tracker[id(report)] is None]
    wanted = {_external(report) for report in untracked if report.update.known_as}
    known = await rows.outbound_by_external(wanted) if wanted else {}
    found: dict[ConversationKey | None, list[tuple[Report, Target]]] = {}
    for report in reports:
        key = by_tracker[id(report)]
        if key is None and (row := known.get(_external(report))) is not None:
            key = row.key
        conversation = None if key is None else ConversationKey(key.workspace_id, key.conversation_id)
        target: Target = None if key is None or conversation is None else (conversation, key)
        found.setdefault(conversation, []).append((report, target))
    return found


def _tracked(report: Report) -> OutboundKey | None:
    """Our own id, echoed; one of another workspace counts as foreign."""
    key = read_tracker(report.update.tracker)
    return key if key is not None and key.workspace_id == report.channel.workspace_id else None


def _external(report: Report) -> tuple[WorkspaceId, ChannelId, str]:
    return (report.channel.workspace_id, report.channel.id, report.update.known_as or "")


async def apply(
    desk: Desk, reports: Sequence[Report], found: dict[ConversationKey | None, list[tuple[Report, Target]]]
) -> set[ConversationKey]:
    """Apply reports to their rows, in the order in which they came; the conversations that moved."""
    if not reports:
        return set()
    pairs = [pair for group in found.values() for pair in group]
    rows = await desk.rows.outbound([target[1] for _, target in pairs if target is not None])
    before = dict(rows)
    early: list[EarlyReport] = []
    for report, target in pairs:
        row = rows.get(target[1]) if target is not None else None
        if row is None or row.channel_id != report.channel.id:
            early += _early(report)
        else:
            rows[row.key] = applied(row, early_report(report), report.received_at)
    now = max(report.received_at for report in reports)
    moved = {row.conversation for key, row in before.items() if row.settled_at is None and rows[key].settled_at}
    moved |= {row.conversation for key, row in before.items() if _lets_next_part_go(desk, row, rows[key])}
    await change_rows(desk, [(before[key], rows[key]) for key in sorted(rows)], now)
    await desk.rows.add_early_reports(early)
    for key in moved:
        if desk[key].unsent and desk[key].send_at is not None:
            desk.put(replace(desk[key], send_at=now))
    await settle_echoes(desk, sorted(moved), now)
    return moved


def _lets_next_part_go(desk: Desk, before: OutboundRow, after: OutboundRow) -> bool:
    """Whether the part behind waited for just this."""
    if not outbox.has_arrived(after.state) or outbox.has_arrived(before.state):
        return False
    conversation = desk[after.conversation]
    return conversation.out_done == after.seq and policy_of(desk, conversation).parts == "delivered"


def early_report(report: Report) -> EarlyReport:
    """The report as it is kept; the channel is the one whose webhook brought it."""
    update = report.update
    at = float(update.timestamp) if update.timestamp else report.received_at
    code = str(update.error_codes[0]) if update.error_codes else None
    return EarlyReport(
        report.channel.workspace_id,
        report.channel.id,
        update.known_as or "",
        update.status,
        at,
        code,
        update.error,
        report.received_at,
    )


def _early(report: Report) -> list[EarlyReport]:
    return [early_report(report)] if report.update.known_as else []


def applied(row: OutboundRow, report: EarlyReport, now: float) -> OutboundRow:
    """The row after a report; an echo also tells the provider's id of a send whose answer was lost."""
    after = outbox.after_report(row, report.status, at=report.at, now=now, code=report.code, reason=report.reason)
    if after.external_id is None and report.external_id:
        return replace(after, external_id=report.external_id)
    return after
