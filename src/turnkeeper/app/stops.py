"""Channels on which nothing is sent: stopped and resumed by hand, and after new credentials tried again at a start."""

import time

from turnkeeper.app.database import existing, reached
from turnkeeper.config import Settings
from turnkeeper.rules import account

BY_HAND = "stopped by hand"
"""How the reason begins why a channel is stopped that an operator stopped; a provider's refusal has other words."""
RESTORED = "restored from a backup"
"""Why every channel is stopped after a restore, until an operator has looked."""


async def pause_channel(settings: Settings, name: str) -> bool:
    """Send nothing on a channel any more; False if it was stopped already. Raises ConfigurationError, StoreError."""
    channel = settings.receiver(name).channel
    async with existing(settings) as store:
        return await store.pause_channel(channel.workspace_id, channel.id, BY_HAND, time.time())


async def resume_channel(settings: Settings, name: str) -> bool:
    """Send on a channel again, in order; False if it was not stopped. Raises ConfigurationError, StoreError."""
    channel = settings.receiver(name).channel
    async with existing(settings) as store:
        return await store.resume_channel(channel.workspace_id, channel.id, time.time())


async def resume_refused(settings: Settings) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Try again the channels that a provider's refusal stopped and whose credentials were replaced since.

    Those that send again, and those that stay stopped; each with the provider's reason. If the new credentials are
    refused too, the first send stops the channel again, and no message loses its place.
    """
    resumed: list[tuple[str, str]] = []
    stopped: list[tuple[str, str]] = []
    async with reached(settings) as store:
        refused = await store.refused_credentials()
        for workspace_id, channel_id, reason, _ in await store.paused_channels():
            channel = settings.directory_here().channel(workspace_id, channel_id)
            if channel is None or reason.startswith((BY_HAND, RESTORED)) or account.ends_by_itself(reason):
                continue
            if channel.credentials == refused.get((workspace_id, channel_id)):
                stopped.append((channel_id, reason))
            elif await store.resume_channel(workspace_id, channel_id, time.time()):
                resumed.append((channel_id, reason))
    return resumed, stopped
