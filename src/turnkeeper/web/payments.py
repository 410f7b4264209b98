"""Webhooks of payment providers: verify, parse, apply, answer 200.

A body is proven over its raw bytes before it is parsed, and only what is committed is answered with 200. There is no
spool: providers send again for a day. What is proven and not ours gets its 200 too, or they would stop telling us.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from time import perf_counter
from typing import Protocol

from turnkeeper.engine.payments import Merchant
from turnkeeper.engine.wakeups import Wakeups
from turnkeeper.model.errors import StoreUnavailable
from turnkeeper.model.http import Webhook
from turnkeeper.model.ids import WorkspaceId
from turnkeeper.model.payments import PaymentFound, PaymentIgnored
from turnkeeper.payments.base import Forbidden, NotThisProvider
from turnkeeper.store.base import Intake, Stray, Taken
from turnkeeper.store.payments import UNKNOWN, PaymentTold
from turnkeeper.web.asgi import Receive, Scope, Send
from turnkeeper.web.bodies import Bodies, Refused
from turnkeeper.web.counters import WebhookCounters
from turnkeeper.web.webhooks import OK, REFUSALS, Headers

log = logging.getLogger("turnkeeper.web")
PREFIX = "/webhooks/payments/"
LARGEST_BODY = 512 * 1024


class Applying(Protocol):
    """What is needed of the store."""

    async def take(self, intake: Intake) -> Taken:
        """Count what belongs to no conversation; raises StoreUnavailable."""

    async def payment_found(self, provider: str, found: PaymentFound, now: float) -> PaymentTold:
        """Apply what a provider tells; raises StoreUnavailable."""


class PaymentHooks:
    """The ASGI app of all addresses `/webhooks/payments/NAME`. `home`: the workspace in which what is not ours is
    counted; `now` gives unix seconds."""

    def __init__(
        self,
        merchants: Mapping[str, Merchant],
        store: Applying,
        wakeups: Wakeups,
        now: Callable[[], float],
        counters: WebhookCounters,
        home: WorkspaceId,
    ) -> None:
        self._merchants = merchants
        self._store = store
        self._wakeups = wakeups
        self._now = now
        self._counters = counters
        self._home = home
        self._bodies = Bodies(largest=LARGEST_BODY)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        started = perf_counter()
        try:
            merchant = self._merchants.get(scope["path"].removeprefix(PREFIX))
            if merchant is None:
                raise Refused(404, "unknown_address")
            if scope["method"] != "POST":
                raise Refused(405, "wrong_method")
            await self._accept(merchant, scope, receive)
            (start, body), outcome = OK, "accepted"
        except Refused as refused:
            start, body = REFUSALS[refused.status]
            outcome = refused.outcome
        self._counters.add(outcome, perf_counter() - started)
        await send(start)
        await send(body)

    async def _accept(self, merchant: Merchant, scope: Scope, receive: Receive) -> None:
        body = await self._bodies.read(receive)
        told = self._proven(merchant, Webhook(Headers(scope["headers"]), body))
        asked = perf_counter()
        try:
            await self._applied(merchant, told, body)
        except StoreUnavailable:
            raise Refused(503, "store_unavailable") from None
        except Exception:
            log.exception("a payment webhook could not be kept")
            raise Refused(503, "store_failed") from None
        finally:
            self._counters.takes.add(perf_counter() - asked)

    def _proven(self, merchant: Merchant, request: Webhook) -> Sequence[PaymentFound | PaymentIgnored]:
        try:
            merchant.provider.verify(request, merchant.config, self._now())
            return merchant.provider.parse(request, merchant.config)
        except Forbidden:
            raise Refused(401, "forbidden") from None
        except NotThisProvider:
            raise Refused(400, "not_this_provider") from None
        except Exception:
            # A mistake of ours: it is seen in the ledger. What it told is found by asking.
            log.exception("a payment webhook could not be parsed")
            return [PaymentIgnored("could not be parsed")]

    async def _applied(self, merchant: Merchant, told: Sequence[PaymentFound | PaymentIgnored], body: bytes) -> None:
        now = self._now()
        strays: list[Stray] = []
        for place, each in enumerate(told):
            reason = each.reason if isinstance(each, PaymentIgnored) else await self._found(merchant, each, now)
            if reason is not None:
                key = each.event_id or sha256(body).hexdigest()
                dedup_key = f"payment:{merchant.name}:{key}:{place}"
                channel = f"payments.{merchant.name}"
                # without its body, which may tell of cards and payers
                strays.append(Stray(self._home, channel, "ignored", reason, dedup_key, b"", now))
            if isinstance(each, PaymentIgnored):
                self._counters.payment(merchant.name, "ignored")
                if each.alert:
                    log.warning("%s tells of something that a person should look at: %s", merchant.name, each.reason)
        if strays:
            await self._store.take(Intake(strays=strays))

    async def _found(self, merchant: Merchant, found: PaymentFound, now: float) -> str | None:
        """Why it concerns nobody here; None: it does."""
        what = await self._store.payment_found(merchant.name, found, now)
        if what.wakes:
            self._wakeups.publish(list(what.wakes))
        for news in what.news:
            self._counters.payment(merchant.name, news)
        if what.row is None:
            self._counters.payment(merchant.name, "unknown")
            return UNKNOWN
        if what.misfit is not None:
            self._counters.payment(merchant.name, "misfit")
            log.error("a payment does not fit what was asked for: %s, %s", what.row.id, what.misfit)
        elif not what.news:
            self._counters.payment(merchant.name, "no_news")
        return None
