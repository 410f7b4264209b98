"""Who is told what happens here, and how, out of the configuration."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from turnkeeper.app.naming import address_of
from turnkeeper.channels.base import ChannelAdapter
from turnkeeper.config import Settings
from turnkeeper.config.events import (
    ChatSubscriptionKeys,
    EmailSubscriptionKeys,
    SubscriptionKeys,
    WebhookSubscriptionKeys,
)
from turnkeeper.engine.announcing import Announcing, Teller
from turnkeeper.engine.clock import Clock
from turnkeeper.engine.figures import Figures
from turnkeeper.engine.http import Client
from turnkeeper.engine.speaking import Speaker
from turnkeeper.model.errors import ConfigurationError
from turnkeeper.model.policy import Channel
from turnkeeper.store.base import Store
from turnkeeper.store.runs import Wake


def announcing(
    settings: Settings,
    store: Store,
    client: Client,
    adapters: Mapping[str, ChannelAdapter[Any]],
    publish: Callable[[Sequence[Wake]], None],
    clock: Clock,
    figures: Figures,
) -> Announcing | None:
    """None where nobody wants to know. Raises ConfigurationError for a chat that is nobody's."""
    subscribed = settings.subscribed()
    if not subscribed:
        return None
    speaker = Speaker(store, adapters, clock, publish)

    def teller(name_of: str, keys: SubscriptionKeys) -> Teller:
        from turnkeeper.engine.telling import ChatTeller, ElsewhereTeller, EmailTeller, Mail, WebhookTeller

        match keys:
            case WebhookSubscriptionKeys():
                return WebhookTeller(client, keys.url, keys.secret.get_secret_value(), clock)
            case EmailSubscriptionKeys():
                given = settings.mail
                password = given.password.get_secret_value()
                mail = Mail(given.host, given.port, given.sender, given.username, password, given.tls)
                return EmailTeller(mail, keys.to)
            case ChatSubscriptionKeys():
                channel = settings.receiver(keys.channel).channel
                if channel.elsewhere is not None:
                    return ElsewhereTeller(channel.elsewhere)
                name, _, language = keys.template.partition("/")
                template = (name, language) if name else None
                return ChatTeller(speaker, store, channel, _address(name_of, channel, keys.to), clock, template)
        raise AssertionError(keys.kind)

    tellers = [(subscribed[name], teller(name, keys)) for name, keys in settings.subscriptions.items()]
    return Announcing(store, tellers, clock, public_url=settings.server.public_url, figures=figures)


def _address(name: str, channel: Channel, to: str) -> str:
    try:
        return address_of(channel, to)
    except ConfigurationError as error:
        raise ConfigurationError(f"subscriptions.{name}.to", error.problem, error.mend) from None
