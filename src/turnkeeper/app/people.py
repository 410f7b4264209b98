"""Whom a command means: a conversation by its id, or by a channel and an address on it; and what is known of them."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any

import msgspec

from turnkeeper.app.database import existing
from turnkeeper.app.naming import address_of
from turnkeeper.config import Settings
from turnkeeper.config.errors import nearest
from turnkeeper.model.consent import Consent
from turnkeeper.model.conversation import Conversation
from turnkeeper.model.errors import ConfigurationError, TurnkeeperError
from turnkeeper.model.ids import BotId, ConversationId, ConversationKey, WorkspaceId
from turnkeeper.model.policy import Channel
from turnkeeper.model.subscriptions import Escalation
from turnkeeper.rules import consent, window
from turnkeeper.store.base import Store


class NotThere(TurnkeeperError):
    """What a command names is not there; says what is."""


@dataclass(frozen=True, slots=True)
class Named:
    """Whom a command names: a conversation's id, or a channel and an address, in a workspace."""

    what: str
    address: str | None = None
    workspace: str = "default"


async def conversation_of(store: Store, settings: Settings, named: Named) -> Conversation:
    """The conversation that is meant. Raises NotThere, or ConfigurationError for an address that is none."""
    channels = {each.id: each for each in settings.channels}
    channel = channels.get(named.what)  # type: ignore[call-overload]
    if named.address is None:
        key = ConversationKey(WorkspaceId(named.workspace), ConversationId(named.what))
        found = await store.conversation(key)
        if found is None and channel is not None:
            raise NotThere(f"{named.what} is a channel: whose conversation on it? Add an address.")
        if found is None:
            raise NotThere(f"there is no conversation {named.what!r} in the workspace {named.workspace!r}.")
        return found
    if channel is None:
        raise ConfigurationError("CHANNEL", f"there is no channel {named.what!r}", nearest(named.what, list(channels)))
    found = await store.find(channel.workspace_id, channel.id, address_of(channel, named.address))
    if found is None:
        raise NotThere(f"nobody with the address {named.address!r} has written on {channel.id}.")
    return found


async def standing(settings: Settings, named: Named) -> dict[str, Any]:
    """Where a contact's conversation stands, for JSON. Raises NotThere, ConfigurationError, StoreError."""
    async with existing(settings) as store:
        found = await conversation_of(store, settings, named)
        escalation = await store.escalation(found.key)
    channels = {(each.workspace_id, each.id): each for each in settings.channels}
    channel = channels.get((found.workspace_id, found.channel_id))
    return {
        "conversation": found.id,
        "channel": found.channel_id,
        "contact": found.contact_id,
        "addresses": found.addresses.split("\n"),
        "mode": str(found.mode),
        "opted_out": bool(found.opted_out),
        "unsent": found.unsent,
        "window": None if channel is None else _window(found, channel, time.time()),
        "escalation": None if escalation is None else _escalation(escalation),
    }


def _window(conversation: Conversation, channel: Channel, now: float) -> dict[str, Any]:
    """Whether anything but a template may be sent; `closes_at` is None where there is no window, or it never opened."""
    until = window.open_until(conversation, channel.sends)
    return {"open": now < until, "closes_at": until if math.isfinite(until) else None}


def _escalation(escalation: Escalation) -> dict[str, Any]:
    since = escalation.closed_at or escalation.taken_at or escalation.opened_at
    return {"state": escalation.state, "reason": escalation.reason, "since": since}


async def consents(settings: Settings, named: Named) -> list[dict[str, Any]]:
    """What a contact has agreed to, for JSON. Raises as `standing`."""
    async with existing(settings) as store:
        found = await conversation_of(store, settings, named)
        return [_consent(each) for each in await store.consents(found.workspace_id, found.contact_id)]


async def set_consent(settings: Settings, named: Named, purpose: str, granted: bool) -> dict[str, Any]:
    """Note what a contact told an operator. Raises as `standing`, and ConfigurationError for what is no purpose."""
    if not consent.is_purpose(purpose):
        mend = "Write small letters, digits and underscores, a letter first; or '*' for everything."
        raise ConfigurationError("PURPOSE", f"{purpose!r} is not a purpose", mend)
    async with existing(settings) as store:
        found = await conversation_of(store, settings, named)
        noted = await store.set_consent(found.key, purpose, granted, "operator", time.time())
    if noted is None:
        raise NotThere("the conversation is gone.")
    return _consent(noted)


def _consent(record: Consent) -> dict[str, Any]:
    return {"purpose": record.purpose, "granted": record.granted, "source": record.source, "at": record.at}


async def known_facts(settings: Settings, named: Named, bot: str | None) -> list[dict[str, Any]]:
    """What is known of a contact, for JSON. Raises NotThere, ConfigurationError, StoreError."""
    async with existing(settings) as store:
        found = await conversation_of(store, settings, named)
        facts = await store.facts(found.workspace_id, found.contact_id, None if bot is None else BotId(bot))
        return [
            {
                "name": fact.name,
                "value": msgspec.json.decode(fact.value),
                "bot": fact.bot_id,
                "turn": f"{fact.conversation_id}/{fact.turn_no}",
                "at": fact.at,
            }
            for fact in facts
        ]


async def forget(settings: Settings, named: Named, bot: str | None, name: str | None) -> int:
    """Erase what is known of a contact, or one fact; how many there were. Raises as `known_facts`."""
    async with existing(settings) as store:
        found = await conversation_of(store, settings, named)
        bot_id = None if bot is None else BotId(bot)
        return await store.forget_facts(found.workspace_id, found.contact_id, bot_id, name)
