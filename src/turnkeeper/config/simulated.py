"""Which bots can be tried in a workspace, and the simulated channels on which they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from turnkeeper.channels import registry
from turnkeeper.model.ids import DEFAULT_WORKSPACE, ChannelId, WorkspaceId
from turnkeeper.model.policy import Channel, SendPolicy
from turnkeeper.model.simulated import KIND, simulated

if TYPE_CHECKING:
    from turnkeeper.config.settings import BotSettings, Settings


def simulated_bots(settings: Settings, workspace_id: WorkspaceId) -> list[BotSettings]:
    """A workspace's own, those of its channels, and in the first workspace those that have no channel."""
    served = {each.bot_id for each in settings.channels}
    here = {each.bot_id for each in settings.channels if each.workspace_id == workspace_id}
    if workspace_id == DEFAULT_WORKSPACE:
        here |= settings.bots.keys() - served
    shared = [bot for bot in settings.bots.values() if bot.workspace_id is None and bot.id in here]
    return [*shared, *(bot for bot in settings.bots.values() if bot.workspace_id == workspace_id)]


def simulated_channel(settings: Settings, workspace_id: WorkspaceId, channel_id: ChannelId) -> Channel | None:
    """The simulated channel of an id; None where there is no such bot or kind."""
    of = simulated(channel_id)
    if of is None or of.kind not in registry.kinds():
        return None
    bot = next((each for each in simulated_bots(settings, workspace_id) if each.id == of.bot_id), None)
    if bot is None:
        return None
    kind = f"{KIND}{of.kind}"
    can = registry.find(kind).adapter.capabilities
    sends = SendPolicy(can.free_form_window, entry_window=can.entry_window, window_codes=can.window_codes)
    return Channel(workspace_id, channel_id, kind, bot.id, bot.turns, sends, guarded=bot.guarded)
