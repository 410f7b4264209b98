"""What is told of accounts: their channels' sends stop and go on with them, and what was missed is noted."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor

from turnkeeper.model.account import AccountState
from turnkeeper.rules import account
from turnkeeper.store.base import SessionReport
from turnkeeper.store.rows import ChannelKey, Rows
from turnkeeper.store.transactions.channels import pause_channel


async def tell(rows: Rows, report: SessionReport) -> bool:
    """Keep a status, unless something newer is known; whether the channel's sends stopped or go on by it."""
    channel, status, now = report
    key = (channel.workspace_id, channel.id)
    state = await rows.account_state(_unknown(key, now))
    at = float(floor(now) if status.timestamp is None else status.timestamp)  # providers tell whole seconds
    if account.is_late(state, status, at):
        return False
    seen_at = None if status.works else await rows.newest_event(key, now)
    await rows.put_account_state(account.told(state, status, at, seen_at=seen_at, now=now))
    if status.works:
        if not await rows.end_own_pause(*key):
            return False
        await rows.free_channel(*key, now)
        return True
    return await pause_channel(rows, *key, account.pause_reason(status), now)


async def been_away(rows: Rows, channels: Sequence[ChannelKey], before: float, now: float) -> None:
    """Nothing was heard for a while before an instant: what came meanwhile is to be read. A channel that is new here
    has missed nothing."""
    for key in sorted(channels):
        new = _unknown(key, now)
        state = await rows.account_state(new)
        if state != new:
            seen_at = await rows.newest_event(key, before)
            await rows.put_account_state(account.away(state, seen_at=seen_at, now=now))


async def looked_at(rows: Rows, given: AccountState, again_at: float | None) -> None:
    """An account was looked at: again later, or all that it had missed was taken."""
    state = await rows.account_state(given)
    await rows.put_account_state(account.looked_at(state, given, again_at))


def _unknown(key: ChannelKey, now: float) -> AccountState:
    return AccountState(*key, "", works=True, told_at=0.0, known_at=now)
