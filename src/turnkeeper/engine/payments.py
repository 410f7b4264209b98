"""Asking providers what became of payments: what a turn asks for them, and what nobody told of.

A webhook that never comes is found by asking. Whatever is found goes the way of a webhook, so it acts once. A provider
that does not answer is left alone for a while, and what it holds waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from turnkeeper.engine.calling import Calling
from turnkeeper.engine.clock import Clock
from turnkeeper.engine.patience import until_stored
from turnkeeper.engine.wakeups import Wakeups
from turnkeeper.model.errors import StoreError
from turnkeeper.model.payments import PaymentFound, PaymentRow
from turnkeeper.payments.base import Missing, NotDone, PaymentProvider, Refused, Unsure
from turnkeeper.rules.payments import look_at
from turnkeeper.rules.retry import backoff
from turnkeeper.store.base import ClaimedTurn
from turnkeeper.store.payments import NO_CHANNEL, PaymentRecords, PaymentTold, Within

_log = structlog.get_logger("turnkeeper.payments")
EVERY = 2.0
"""Seconds between two questions to the store whether a payment is to be looked at."""
LEASE = 90.0
"""Seconds after which another worker looks, if nothing was heard of this one's look."""
CALL_LIMIT = 15.0
AT_ONCE = 20
_UNCONFIGURED = 3600.0
_NEVER_MADE = 3600.0
"""Seconds after which a link that its provider knows nothing of was never made."""


@dataclass(frozen=True, slots=True)
class Merchant:
    """An account with a provider through which bots are paid: a table `[payments.NAME]`."""

    name: str
    provider: PaymentProvider[Any]
    config: Any

    @property
    def live(self) -> bool:
        """Whether it is real money."""
        live: bool = self.config.live
        return live


class TurnPayments:
    """The payments of one attempt of one turn; what is found joins that very turn. Waits while the store is away."""

    def __init__(self, claimed: ClaimedTurn, store: PaymentRecords, clock: Clock) -> None:
        self._run = claimed.run
        self._turn_no = claimed.turn.no
        self._store = store
        self._clock = clock

    async def all(self) -> list[PaymentRow]:
        """The conversation's, the newest first."""
        return await until_stored(lambda: self._store.payments_of(self._run.key), self._clock)

    async def opened(self, row: PaymentRow) -> PaymentRow:
        """Keep one before its provider is asked; the one that is there if it was kept before."""
        return await until_stored(lambda: self._store.open_payment(self._run, row), self._clock)

    async def found(self, provider: str, what: PaymentFound, *, own: bool = False) -> PaymentTold:
        """Apply what a provider tells. `own`: of what the turn did itself."""
        within = Within(self._run, self._turn_no, own)
        now = self._clock.now()
        return await until_stored(lambda: self._store.payment_found(provider, what, now, within), self._clock)

    async def failed(self, payment_id: str, reason: str) -> None:
        """There will never be a link."""
        run, now = self._run, self._clock.now()
        await until_stored(lambda: self._store.payment_failed(run.key, payment_id, reason, now, run), self._clock)

    async def void(self, payment_id: str) -> None:
        """Nobody is to pay it any more: its link is taken back by and by."""
        now = self._clock.now()
        await until_stored(lambda: self._store.void_payment(self._run.key, payment_id, now), self._clock)


class Asking:
    """Looks at what is due, for ever."""

    def __init__(
        self,
        store: PaymentRecords,
        merchants: Mapping[str, Merchant],
        client: Calling,
        wakeups: Wakeups,
        clock: Clock,
    ) -> None:
        self._store = store
        self._merchants = merchants
        self._client = client
        self._wakeups = wakeups
        self._clock = clock
        self._failures: dict[str, int] = {}
        self.left_alone: dict[str, float] = {}
        """Until when providers that do not answer are not asked."""

    async def run(self) -> None:
        """Look now and then, as long as there is anybody to ask."""
        while self._merchants:
            try:
                if not await self.look():
                    await asyncio.sleep(EVERY)
            except StoreError:
                await asyncio.sleep(EVERY)
            except Exception:  # noqa: BLE001 - whoever asks no more would leave money unseen for ever
                _log.exception("asking about payments ended with an error of our own")
                await asyncio.sleep(EVERY)

    async def look(self) -> int:
        """Ask about the payments that are due; how many were."""
        now = self._clock.now()
        due = await self._store.payments_due(now, AT_ONCE, now + LEASE)
        await asyncio.gather(*(self._looked_at(row) for row in due))
        return len(due)

    async def _looked_at(self, row: PaymentRow) -> None:
        now = self._clock.now()
        merchant = self._merchants.get(row.provider)
        if merchant is None:
            return await self._again(row, now + _UNCONFIGURED)
        away_until = self.left_alone.get(merchant.name, 0.0)
        if away_until > now:
            return await self._again(row, away_until)
        told = await self.ask(row, merchant)
        if isinstance(told, NotDone | Unsure) or (isinstance(told, Refused) and told.remedy == "operator"):
            return await self._again(row, self._away(merchant, told))
        self._failures.pop(merchant.name, None)
        if isinstance(told, Refused):  # it is this payment's own trouble, no reason to leave the others waiting
            _log.warning("a payment cannot be asked about", payment=row.id, reason=told.reason)
            return await self._again(row, look_at(row, self._clock.now()))
        if told is not None and told.misfit == NO_CHANNEL:
            return None
        if told is not None and told.news:
            _log.info("found by asking", payment=row.id, provider=merchant.name, news=list(told.news))
        if told is not None and told.misfit is not None:
            _log.error("a payment does not fit what was asked for", payment=row.id, misfit=told.misfit)
        now = self._clock.now()
        if told is None and row.state == "opening" and now - row.created_at > _NEVER_MADE:
            await self._store.payment_failed(row.key, row.id, "its provider knows nothing of it", now)
        after = told.row if told is not None and told.row is not None else row
        return await self._again(row, look_at(after, now))

    async def ask(self, row: PaymentRow, merchant: Merchant) -> PaymentTold | NotDone | Refused | Unsure | None:
        """Ask once, and apply what is found; None: the provider knows no such payment. Takes back what is void."""
        provider, config = merchant.provider, merchant.config
        calls = provider.fetch(row.id, row.external_id, config)
        found: PaymentFound | Missing | NotDone | Refused | Unsure
        found = await self._client.play(calls, timeout=CALL_LIMIT)
        if row.void_at is not None and isinstance(found, PaymentFound) and found.news == "open":
            link = found.external_id or row.external_id
            if link is not None:
                found = await self._client.play(provider.expire(link, config), timeout=CALL_LIMIT)
        if isinstance(found, Missing):
            return None
        if not isinstance(found, PaymentFound):
            return found
        told = await self._store.payment_found(merchant.name, found, self._clock.now())
        self._wakeups.publish(list(told.wakes))
        return told

    def _away(self, merchant: Merchant, trouble: NotDone | Refused | Unsure) -> float:
        """Until when a provider that does not answer is left alone."""
        failures = self._failures[merchant.name] = self._failures.get(merchant.name, 0) + 1
        wait = backoff(failures, jitter=self._clock.monotonic() % 1.0, base=5.0, cap=600.0)
        if isinstance(trouble, NotDone) and trouble.retry_after is not None:
            wait = max(wait, trouble.retry_after)
        until = self._clock.now() + wait
        if isinstance(trouble, Refused):
            _log.error("a payment provider refuses us", provider=merchant.name, reason=trouble.reason)
        self.left_alone[merchant.name] = until
        return until

    async def _again(self, row: PaymentRow, at: float | None) -> None:
        await self._store.payment_looked(row, at)


def newest(rows: Sequence[PaymentRow], name: str) -> PaymentRow | None:
    """The newest payment of a name, of those that are the newest first."""
    return next((row for row in rows if row.name == name), None)
