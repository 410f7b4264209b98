"""What the commands on channels do: where each stands, and registering its webhook."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from turnkeeper import app
from turnkeeper.app.addresses import webhook_path, webhook_url
from turnkeeper.app.database import existing
from turnkeeper.app.link import PATIENCE
from turnkeeper.channels.base import Calls, Finding
from turnkeeper.config import Receiver, Settings
from turnkeeper.engine.calling import on_behalf
from turnkeeper.engine.http import Client
from turnkeeper.model.errors import ConfigurationError, StoreError
from turnkeeper.store.channels import Traffic

_SHOWN_OF_A_SECRET = 4


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a channel stands. `paused`: why nothing is sent; instants are unix seconds.

    `waiting`: messages that are not sent yet. What only the database knows is None where there is none yet.
    """

    name: str
    kind: str
    account: str
    bot: str
    environment: str | None
    webhook: str | None
    paused: str | None = None
    paused_at: float | None = None
    heard_at: float | None = None
    conversations: int | None = None
    waiting: int | None = None

    @property
    def state(self) -> str:
        """In a word."""
        return "elsewhere" if self.environment is not None else "ok" if self.paused is None else "paused"

    def as_words(self) -> dict[str, object]:
        """For JSON."""
        return {**asdict(self), "state": self.state}


@dataclass(frozen=True, slots=True)
class Connected:
    """What came of registering a webhook: what the provider said, or what a person has to do, a line each."""

    findings: tuple[Finding, ...] = ()
    by_hand: tuple[str, ...] = ()


async def standings(settings: Settings) -> list[Standing]:
    """Every configured channel, in the order of the file."""
    paused: dict[tuple[str, str], tuple[str, float]] = {}
    traffic: dict[tuple[str, str], Traffic] | None = None
    try:
        async with existing(settings) as store:
            traffic = {(each.workspace_id, each.channel_id): each for each in await store.traffic()}
            paused = {(each[0], each[1]): (each[2], each[3]) for each in await store.paused_channels()}
    except StoreError:
        pass  # there is none yet, or it is away: the rest is told all the same
    return [_standing(receiver, settings, paused, traffic) for receiver in settings.receivers]


def _standing(
    receiver: Receiver,
    settings: Settings,
    paused: Mapping[tuple[str, str], tuple[str, float]],
    traffic: Mapping[tuple[str, str], Traffic] | None,
) -> Standing:
    channel = receiver.channel
    key = (channel.workspace_id, channel.id)
    reason, paused_at = paused.get(key, (None, None))
    its = (traffic or {}).get(key)
    base = settings.server.public_url
    path = webhook_path(receiver, shown=True)
    return Standing(
        name=channel.id,
        kind=channel.kind,
        account=_untold(next(iter(receiver.account_ids), ""), settings.secrets),
        bot=channel.bot_id,
        environment=channel.elsewhere,
        webhook=None if receiver.polls else webhook_url(base, receiver, shown=True) if base else path,
        paused=reason,
        paused_at=paused_at,
        heard_at=its.contact_at if its else None,
        conversations=None if traffic is None else its.conversations if its else 0,
        waiting=None if traffic is None else its.unsent if its else 0,
    )


def _untold(account: str, secrets: frozenset[str]) -> str:
    """An account's id, of which only the end is told where it is a secret too."""
    return f"…{account[-_SHOWN_OF_A_SECRET:]}" if account in secrets else account


async def connect(settings: Settings, name: str, base: str = "") -> Connected:
    """Register a channel's webhook at its provider, or tell how a person does it.

    `base` goes over server.public_url. Raises ConfigurationError where neither tells how the provider reaches us.
    """
    receiver = settings.receiver(name)
    channel = receiver.channel
    adapter: Any = app.adapter(channel.kind)
    base = base or settings.server.public_url
    if not base and not receiver.polls:
        mend = "Set it to the https address of this server, or give --url."
        raise ConfigurationError("server.public_url", "is needed to register a webhook, and is not set", mend)
    url = webhook_url(base, receiver)
    register: Callable[[str, Any], Calls[list[Finding]]] | None = getattr(adapter, "connect", None)
    if register is None:
        by_hand: Callable[[str, Any], list[str]] | None = getattr(adapter, "by_hand", None)
        lines = [f"Enter this address as the webhook at the provider: {url}"]
        return Connected(by_hand=tuple(by_hand(url, channel.config) if by_hand is not None else lines))
    client = Client()
    try:
        return Connected(
            findings=tuple(await client.play(on_behalf(channel, register(url, channel.config)), timeout=PATIENCE))
        )
    finally:
        await client.close()
