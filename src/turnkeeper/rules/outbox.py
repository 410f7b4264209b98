"""What to do with the first row of an outbox, and what an outcome makes of a row. Order is never given up.

queued ──▶ sending ──▶ accepted ──▶ …        the provider took it
   ▲          ├──▶ queued (hold)             not sent: keeps its place, later rows wait behind it
   │          ├──▶ failed                    refused: later rows go on
   └──────────┴──▶ unknown (hold)            it may have arrived: waited for, then asked about where that can be
                                             done, then the channel's policy decides
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from msgspec.structs import replace

from turnkeeper.model.conversation import OutboundRow
from turnkeeper.model.outbound import Accepted, NotSent, Outcome, Rejected, Unknown
from turnkeeper.model.policy import SendPolicy
from turnkeeper.rules import delivery, retry

RESENDS = 1
"""How often a row of unknown fate is sent again, where the channel allows it at all."""
SESSION_WAIT = 1.0
"""Seconds for which a row stands back whose account could not send: until its channel is known to wait."""
_REACTION = b'{"type":"reaction"'
"""How such a content begins, encoded: the tag comes first."""


class Next(NamedTuple):
    """The first row's next move: `send` it (marked), `hold` it, or `settle` it and look at the one behind."""

    move: Literal["send", "hold", "settle"]
    row: OutboundRow


def called_off(row: OutboundRow) -> OutboundRow:
    """A row on its way whose turn was cancelled: the call under way is the last, whatever becomes of it."""
    return replace(row, expires_at=row.created_at)


def _lapsed(row: OutboundRow, reason: str, now: float) -> OutboundRow:
    """Not sent, and not to be any more: too old, or called off."""
    state = "cancelled" if row.expires_at <= row.created_at else "expired"
    return replace(row, state=state, reason=reason, hold_until=None, settled_at=now)


def next_move(row: OutboundRow, policy: SendPolicy, *, now: float, over: retry.Outage | None = None) -> Next:
    """Decide about the first unsettled row. `over`: an outage of the store that has ended."""
    if row.state == "sending":
        return _found_sending(row, policy, now)
    if row.hold_until is not None and row.hold_until > now:
        return Next("hold", row)
    if row.state == "unknown":
        sent_before = row.tries - row.failures
        if _ends_unknown(policy) or row.expires_at <= now or sent_before > RESENDS:
            return Next("settle", replace(row, settled_at=now))
        if (until := _waits_anew(row, policy, now, over)) is not None:
            return Next("hold", replace(row, hold_until=until))
    elif row.expires_at <= now:
        return Next("settle", _lapsed(row, "not sent in time", now))
    marked = replace(row, state="sending", tries=row.tries + 1, sending_at=now, hold_until=None, call_at=None)
    return Next("send", marked)


def part_waits_until(before: OutboundRow | None, row: OutboundRow, policy: SendPolicy, *, now: float) -> float | None:
    """Until when a part waits for the arrival of the one before it; None: it need not, or has waited enough."""
    if policy.parts != "delivered" or before is None or before.turn_no != row.turn_no or row.turn_no <= 0:
        return None
    if before.state not in ("accepted", "sent") or before.accepted_at is None:
        return None
    if before.content.startswith(_REACTION):  # of which nobody tells that it was delivered
        return None
    until = min(before.accepted_at, now) + policy.parts_wait
    return until if until > now else None


def has_arrived(state: str) -> bool:
    """Whether nothing more is to be waited for before the next part."""
    return state in ("delivered", "read", "played", "failed")


def _began(row: OutboundRow, now: float) -> float:
    """When the call of the current try was due."""
    marked_at = row.sending_at if row.sending_at is not None else now
    return max(marked_at, row.call_at or marked_at)


def _waits_anew(row: OutboundRow, policy: SendPolicy, now: float, over: retry.Outage | None) -> float | None:
    if policy.on_unknown != "wait_then_resend":
        return None
    return retry.waits_anew(
        unknown_wait=policy.unknown_wait,
        sent_at=row.sending_at if row.sending_at is not None else now,
        waited_until=row.hold_until,
        now=now,
        over=over,
    )


def _found_sending(row: OutboundRow, policy: SendPolicy, now: float) -> Next:
    """Somebody died while sending: the call may still be under way until its own limit is over."""
    limit = _began(row, now) + policy.send_limit
    if now < limit:
        return Next("hold", replace(row, hold_until=limit))
    return Next("settle" if _ends_unknown(policy) else "hold", unknown(row, policy, now))


def _ends_unknown(policy: SendPolicy) -> bool:
    """Whether nothing more is done about a row of unknown fate. Where the provider can be asked, it is marked once
    more, for that."""
    return policy.on_unknown == "never_resend" and not policy.resolves


def may_have_been_sent(row: OutboundRow) -> bool:
    """Whether the fate of an earlier try of this marked row is unknown."""
    return row.tries - row.failures > 1


def unknown(
    row: OutboundRow, policy: SendPolicy, now: float, reason: str = "the sender died while sending"
) -> OutboundRow:
    """The row as of unknown fate: its echo, if there are any, is waited for at least as long as the outage lasted."""
    if _ends_unknown(policy):
        return replace(row, state="unknown", reason=reason, hold_until=None, settled_at=now)
    wait = policy.unknown_wait
    if policy.on_unknown == "wait_then_resend":
        wait = retry.unknown_wait(unknown_wait=wait, sent_at=_began(row, now), now=now)
    return replace(row, state="unknown", reason=reason, hold_until=now + wait)


def after_outcome(row: OutboundRow, outcome: Outcome, policy: SendPolicy, *, backoff: float, now: float) -> OutboundRow:
    """The row after a try. A status that came first is kept: states only move forward."""
    if isinstance(outcome, Accepted):
        return replace(
            row,
            state=delivery.advance(row.state, "accepted"),
            external_id=outcome.external_id or row.external_id,
            accepted_at=row.accepted_at or now,
            settled_at=row.settled_at or now,
            hold_until=None,
            reason=None,
        )
    if row.settled_at is not None or row.state != "sending":
        return row
    if isinstance(outcome, Unknown):
        return unknown(row, policy, now, outcome.reason)
    if isinstance(outcome, Rejected):
        if outcome.remedy == "stop_channel":
            return _put_back(row, outcome.reason, outcome.code, None, now)
        return replace(row, state="failed", code=outcome.code, reason=outcome.reason, settled_at=now)
    return _not_sent(row, outcome, backoff, now)


def _not_sent(row: OutboundRow, outcome: NotSent, backoff: float, now: float) -> OutboundRow:
    counts = outcome.limit is not None and outcome.scope == "message"
    row = replace(row, faults=row.faults + counts)
    if counts and outcome.limit is not None and row.faults >= outcome.limit:
        failures = row.failures + 1
        return replace(row, state="failed", code=outcome.code, reason=outcome.reason, failures=failures, settled_at=now)
    return _put_back(row, outcome.reason, outcome.code, now + wait_of(outcome, backoff), now)


def wait_of(outcome: NotSent, backoff: float) -> float:
    """Seconds until the next try: the provider's word counts before ours. For an account the whole channel waits."""
    if outcome.scope == "session":
        return SESSION_WAIT
    return backoff if outcome.retry_after is None else outcome.retry_after


def _put_back(row: OutboundRow, reason: str, code: str | None, at: float | None, now: float) -> OutboundRow:
    if row.expires_at <= now:
        return _lapsed(replace(row, code=code), reason, now)
    if at is not None and at >= row.expires_at:
        at = row.expires_at
    return replace(row, state="queued", code=code, reason=reason, hold_until=at, failures=row.failures + 1)


def after_report(
    row: OutboundRow, status: str, *, at: float, now: float, code: str | None, reason: str | None
) -> OutboundRow:
    """The row after a provider's status: forward only; any status settles a row that was waited for."""
    reported = "accepted" if status == "pending" else status
    state = delivery.advance(row.state, reported)
    if state == row.state and row.settled_at is not None:
        return _stamped(row, reported, at)
    settled = row.settled_at if row.settled_at is not None and row.state != "unknown" else now
    changed = replace(row, state=state, settled_at=settled, hold_until=None)
    if reported == "failed" and state == "failed":
        return replace(changed, code=code, reason=reason)
    accepted_at = row.accepted_at if row.accepted_at is not None else at
    return _stamped(replace(changed, accepted_at=accepted_at), reported, at)


def _stamped(row: OutboundRow, status: str, at: float) -> OutboundRow:
    """Each status keeps the time of its first report."""
    match status:
        case "sent" if row.sent_at is None:
            return replace(row, sent_at=at)
        case "delivered" if row.delivered_at is None:
            return replace(row, delivered_at=at)
        case "read" | "played" if row.read_at is None:
            return replace(row, read_at=at)
    return row
