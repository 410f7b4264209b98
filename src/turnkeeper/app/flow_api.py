"""The API for flows as a configuration has it: the bots that are flows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from turnkeeper.app.flow_library import around, flow_bots
from turnkeeper.model.ids import WorkspaceId
from turnkeeper.web.api.flows import Drawable, FlowsApi

if TYPE_CHECKING:
    from turnkeeper.config import BotSettings, Settings
    from turnkeeper.flows.problems import Checking
    from turnkeeper.store.base import Store


def flow_api(settings: Settings, store: Store, now: Callable[[], float]) -> FlowsApi:
    """What is behind the addresses under /api/v1/flows."""
    bots = {
        bot.id: Drawable(
            frozenset(each.workspace_id for each in settings.channels if each.bot_id == bot.id),
            bool(keys.flows),
            partial(_around, settings, store, bot),
        )
        for bot, keys in flow_bots(settings)
    }
    return FlowsApi(store, bots, now)


async def _around(
    settings: Settings, store: Store, bot: BotSettings, workspace_id: WorkspaceId, flows: frozenset[str]
) -> Checking:
    """What is there around a bot's flows; of templates those that its channels are known to have."""
    channels = [each for each in settings.channels if (each.workspace_id, each.bot_id) == (workspace_id, bot.id)]
    found = [row.name for each in channels for row in await store.templates(workspace_id, each.id)]
    return replace(around(settings, bot, flows), templates=frozenset(found) or None)
