"""Payment providers as they are now: whether the key works, whether it is real money, what the dashboard is told."""

from turnkeeper.app.link import PATIENCE, Link
from turnkeeper.config import Settings
from turnkeeper.engine.http import Client
from turnkeeper.payments.base import NotDone, PaymentProvider
from turnkeeper.payments.config import PaymentConfig
from turnkeeper.payments.registry import find
from turnkeeper.web.payments import PREFIX


async def examine_payments(settings: Settings, client: Client) -> list[Link]:
    """The doctor's links: each provider's key, and its webhook."""
    links: list[Link] = []
    for name, keys in settings.payments.items():
        config = keys.config(name)
        provider = find(config.kind)
        links += [await _key(provider, config, client), _webhook(provider, config, settings.server.public_url)]
    return links


async def _key(provider: PaymentProvider[PaymentConfig], config: PaymentConfig, client: Client) -> Link:
    link = f"payments {config.name}"
    found = await client.play(provider.check(config), timeout=PATIENCE)
    if found is None:
        return Link(link, "ok", f"the key works: {config.mode} mode, {_money(config)}")
    if isinstance(found, NotDone):
        mend = f"Check payments.{config.name}.api_base, the network, and the provider's status page."
        return Link(link, "broken", f"it does not answer: {found.reason}", mend)
    return Link(link, "broken", found.reason, f"Check the key in payments.{config.name}, and what it may do.")


def _webhook(provider: PaymentProvider[PaymentConfig], config: PaymentConfig, public_url: str) -> Link:
    """What a person types in: whether they did, is seen once a payment is told."""
    link = f"payments {config.name} webhook"
    if not public_url:
        return Link(link, "unknown", "its address begins with server.public_url, which is not set", "Set it.")
    address = f"{public_url.rstrip('/')}{PREFIX}{config.name}"
    secrets = "a secret and the one before it are set" if config.old_webhook_secret else "its secret is set"
    detail = f"in the {config.mode} dashboard: {address} for {', '.join(provider.events)}; {secrets}"
    return Link(link, "ok", detail)


def _money(config: PaymentConfig) -> str:
    return "real money" if config.live else "no real money"
