"""Providers of payments as the processes use them, and payments as the command line shows them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from turnkeeper.app.people import Named, NotThere, conversation_of
from turnkeeper.channels.keys import is_elsewhere
from turnkeeper.config import BotSettings, Settings
from turnkeeper.config.payments import paid_through
from turnkeeper.engine.payments import Merchant
from turnkeeper.model.ids import WorkspaceId
from turnkeeper.model.payments import PaymentRow
from turnkeeper.payments import registry
from turnkeeper.text.money import shown

if TYPE_CHECKING:
    from turnkeeper.bots.paying import Paying
    from turnkeeper.engine.calling import Calling


def merchants(settings: Settings) -> dict[str, Merchant]:
    """Every configured account by its name, but those of another environment."""
    configs = [keys.config(name) for name, keys in settings.payments.items()]
    here = [config for config in configs if not is_elsewhere(config.key)]
    return {config.name: Merchant(config.name, registry.find(config.kind), config) for config in here}


def paying(
    known: Mapping[str, Merchant], settings: Settings, client: Calling
) -> Callable[[BotSettings], Paying | None]:
    """Through whom each bot is paid; None: nobody."""
    from turnkeeper.bots.paying import Paying

    def of(bot: BotSettings) -> Paying | None:
        merchant = known.get(paid_through(bot.keys, settings.payments) or "")
        return None if merchant is None else Paying(merchant, client, list(known.values()))

    return of


async def listed(
    settings: Settings, named: Named | None, workspace: str, limit: int, states: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """Payments for JSON, the newest first: of a conversation or of the workspace.

    Raises NotThere, ConfigurationError, StoreError.
    """
    from turnkeeper.app.database import existing

    async with existing(settings) as store:
        if named is None:
            return [told(row) for row in await store.payments(WorkspaceId(workspace), limit, states)]
        rows = await store.payments_of((await conversation_of(store, settings, named)).key)
        return [told(row) for row in rows if not states or row.state in states][:limit]


async def one(settings: Settings, payment_id: str) -> dict[str, Any]:
    """A payment for JSON, by our id or the provider's. Raises NotThere, StoreError."""
    from turnkeeper.app.database import existing

    async with existing(settings) as store:
        return told(_there(await store.payment(payment_id), payment_id))


async def checked(settings: Settings, payment_id: str) -> dict[str, Any]:
    """The payment after its provider was asked now, which acts as a webhook would. `asked`: what came of that.

    Raises NotThere, StoreError.
    """
    from turnkeeper.app.database import existing
    from turnkeeper.engine.clock import SystemClock
    from turnkeeper.engine.http import Client
    from turnkeeper.engine.payments import Asking
    from turnkeeper.engine.wakeups import LocalWakeups

    async with existing(settings) as store:
        row = _there(await store.payment(payment_id), payment_id)
        known = merchants(settings)
        merchant = known.get(row.provider)
        if merchant is None:
            raise NotThere(f"there is no [payments.{row.provider}], through which it was asked for.")
        client = Client()
        try:
            asking = Asking(store, known, client, LocalWakeups(), SystemClock())  # a worker looks within a second
            found = await asking.ask(row, merchant)
        finally:
            await client.close()
        after = _there(await store.payment(row.id), row.id)
        return told(after) | {"asked": _came(found)}


def _came(found: object) -> str:
    if found is None:
        return "the provider knows no such payment"
    reason = getattr(found, "reason", None)
    if reason is not None:
        return f"no answer: {reason}"
    misfit, news = getattr(found, "misfit", None), getattr(found, "news", ())
    return misfit or (f"new: {', '.join(news)}" if news else "nothing new")


def _there(row: PaymentRow | None, payment_id: str) -> PaymentRow:
    if row is None:
        raise NotThere(f"there is no payment {payment_id!r}: `turnkeeper payment list` shows them.")
    return row


def told(row: PaymentRow) -> dict[str, Any]:
    """A payment in words for JSON."""
    return {
        "payment": row.id,
        "name": row.name,
        "state": row.state,
        "amount": row.amount,
        "currency": row.currency,
        "shown": shown(row.money),
        "refunded": row.refunded,
        "mode": "live" if row.live else "test",
        "provider": row.provider,
        "workspace": row.workspace_id,
        "conversation": row.conversation_id,
        "turn": f"{row.conversation_id}/{row.turn_no}",
        "channel": row.channel_id,
        "description": row.description,
        "link": row.external_id,
        "url": row.url,
        "charge": row.charge_id,
        "created_at": row.created_at,
        "changed_at": row.changed_at,
        "expires_at": row.expires_at,
        "paid_at": row.paid_at,
        "asked_next_at": row.look_at,
        "void_at": row.void_at,
        "reason": row.reason,
    }
