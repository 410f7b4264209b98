"""Money, as a bot asks for it: a link is an effect that happens once, whoever dies in the middle.

The payment's id is the idempotency key of the step that asked for it, and our reference at the provider. It is kept
before the provider is asked; a step that was cut off asks for it by that reference, and finds the link that was made.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

import msgspec

from turnkeeper.bots.payment import PaymentUnavailable
from turnkeeper.engine.answer import Work
from turnkeeper.engine.calling import Calling
from turnkeeper.engine.payments import CALL_LIMIT, Merchant, newest
from turnkeeper.model.http import Calls
from turnkeeper.model.payments import Money, PaymentFound, PaymentOrder, PaymentRow
from turnkeeper.payments.base import Missing, NotDone, RefundMade, Refused, Unsure
from turnkeeper.rules.payments import FIRST_LOOK
from turnkeeper.rules.retry import backoff

T = TypeVar("T")
_PATIENCE = 60.0
"""Seconds at most for which a turn waits for a provider that says "not now"; a quarter of the turn's time at most."""
_STILL_OF_USE = 60.0
"""Seconds that a link must still be good for, to be given again."""


class Asked(msgspec.Struct, frozen=True, omit_defaults=True):
    """A step's result: the payment as it was then, or why the provider refused."""

    payment: PaymentRow | None = None
    refused: tuple[str, str, str] | None = None


class Wanted(NamedTuple):
    """What a bot asks for."""

    money: Money
    description: str
    name: str
    expires_in: float | None
    return_url: str


class Paying:
    """Through whom a bot is paid: `merchant` for what is new, `merchants` by name for what was asked for before."""

    def __init__(self, merchant: Merchant, client: Calling, others: Sequence[Merchant] = ()) -> None:
        self.merchant = merchant
        self._client = client
        self._merchants = {each.name: each for each in (*others, merchant)}

    async def link(self, work: Work, key: str, wanted: Wanted) -> Asked:
        """The link, made or found; one that is open already where the same is asked for again."""
        now = work.now()
        expires_at = None if wanted.expires_in is None else now + wanted.expires_in
        order = PaymentOrder(key, wanted.money, wanted.description, expires_at, wanted.return_url)
        fitted = self.merchant.provider.fitted(order, self.merchant.config, now)
        if isinstance(fitted, Refused):
            return _refusal(fitted)
        known = [row for row in await work.records.payments.all() if row.name == wanted.name and row.id != key]
        for row in known:
            if self._same(row, fitted, now):
                return await self._made(work, row, fitted.return_url, again=True)
        new = self._row(work, key, wanted.name, fitted)
        kept = await work.records.payments.opened(new)
        made = await self._made(work, kept, fitted.return_url, again=kept != new)
        if made.refused is None:  # else what the person has still counts
            for row in known:
                if not row.is_settled and row.void_at is None:
                    await work.records.payments.void(row.id)
        return made

    def _same(self, row: PaymentRow, order: PaymentOrder, now: float) -> bool:
        """Whether a payment that can still be made is what is asked for."""
        if row.is_settled or row.void_at is not None:
            return False
        if (row.provider, row.live) != (self.merchant.name, self.merchant.live):
            return False
        lasts = row.expires_at is None or row.expires_at - now >= _STILL_OF_USE
        return lasts and (row.money, row.description) == (order.money, order.description)

    def _row(self, work: Work, key: str, name: str, order: PaymentOrder) -> PaymentRow:
        now = work.now()
        return PaymentRow(
            work.key.workspace_id,
            key,
            work.key.id,
            work.channel.id,
            work.number,
            name,
            self.merchant.name,
            self.merchant.live,
            order.money.amount,
            order.money.currency,
            order.description,
            "opening",
            now,
            now,
            expires_at=order.expires_at,
            look_at=now + FIRST_LOOK,
        )

    async def _made(self, work: Work, row: PaymentRow, return_url: str, *, again: bool) -> Asked:
        if row.state == "failed" and row.url is None:  # it was refused, and the answer to that was lost
            return Asked(refused=("refused", row.reason or "there is no link", "operator"))
        if row.is_settled or row.url is not None:
            return Asked(row)
        provider, config = self.merchant.provider, self.merchant.config
        order = PaymentOrder(row.id, row.money, row.description, row.expires_at, return_url)
        made = await self._until_done(work, lambda more: provider.create(order, config, again=again or more))
        if isinstance(made, Refused):
            await work.records.payments.failed(row.id, made.reason)
            return _refusal(made)
        told = await work.records.payments.found(self.merchant.name, made)
        if told.misfit is not None:
            return Asked(refused=("mismatch", told.misfit, "operator"))
        return Asked(told.row)

    async def _until_done(
        self, work: Work, calls: Callable[[bool], Calls[T | NotDone | Refused | Unsure]]
    ) -> T | Refused:
        """Ask until the provider has said yes or no; raises PaymentUnavailable once that takes too long."""
        until = work.now() + min(_PATIENCE, work.channel.turns.turn_limit / 4)
        tries, again = 0, False
        while True:
            found = await self._client.play(calls(again), timeout=CALL_LIMIT)
            if not isinstance(found, NotDone | Unsure):
                return found
            tries, again = tries + 1, again or isinstance(found, Unsure)
            wait = backoff(tries, jitter=work.now() % 1.0, cap=20.0)
            if isinstance(found, NotDone) and found.retry_after is not None:
                wait = max(wait, found.retry_after)
            if work.now() + wait > until:
                raise PaymentUnavailable(f"{self.merchant.name} does not answer now: {found.reason}")
            await asyncio.sleep(wait)

    async def look(self, work: Work, name: str) -> PaymentRow | None:
        """The newest of a name as its provider has it now; as it is known where that cannot be asked."""
        row = newest(await work.records.payments.all(), name)
        merchant = None if row is None else self._merchants.get(row.provider)
        if row is None or merchant is None or row.is_settled:
            return row
        calls = merchant.provider.fetch(row.id, row.external_id, merchant.config)
        found: PaymentFound | Missing | NotDone | Refused = await self._client.play(calls, timeout=CALL_LIMIT)
        if not isinstance(found, PaymentFound):
            return row
        return (await work.records.payments.found(merchant.name, found)).row

    async def expire(self, work: Work, name: str) -> Asked:
        """Take a link back. Whoever has paid meanwhile has paid."""
        row = await self.look(work, name)
        merchant = None if row is None else self._merchants.get(row.provider)
        if row is None or row.is_settled:
            return Asked(row)
        if merchant is None or row.external_id is None:
            await work.records.payments.void(row.id)
            return Asked(row)
        link = row.external_id
        ended = await self._until_done(work, lambda _: merchant.provider.expire(link, merchant.config))
        if isinstance(ended, Refused):
            return _refusal(ended)
        return Asked((await work.records.payments.found(merchant.name, ended, own=True)).row)

    async def refund(self, work: Work, key: str, name: str, amount: int | None, reason: str) -> Asked:
        """Pay money back, once per key."""
        row = await self.look(work, name)
        merchant = None if row is None else self._merchants.get(row.provider)
        if row is None or row.paid_at is None or row.charge_id is None:
            return Asked(refused=("not_paid", f"nothing was paid for {name!r}", "author"))
        if merchant is None:
            return Asked(refused=("not_configured", f"there is no [payments.{row.provider}] any more", "operator"))
        if amount is not None and amount > row.amount:
            return Asked(refused=("too_much", f"{amount} is more than the {row.amount} that were paid", "author"))
        charge, money = row.charge_id, None if amount is None else Money(amount, row.currency)
        calls = merchant.provider.refund
        made = await self._until_done(work, lambda _: calls(charge, money, key, reason, merchant.config))
        if not isinstance(made, RefundMade):
            return _refusal(made)
        return Asked((await work.records.payments.found(merchant.name, made.found, own=True)).row)


def _refusal(refused: Refused) -> Asked:
    return Asked(refused=(refused.code, refused.reason, refused.remedy))
