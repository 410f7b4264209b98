"""The API for flows as a configuration has it: its tokens, and the bots that are flows."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from turnkeeper.app.flow_library import around, flow_bots
from turnkeeper.model.ids import WorkspaceId
from turnkeeper.web.api.flows import Drawable, FlowsApi
from turnkeeper.web.api.tokens import ApiToken, Tokens

if TYPE_CHECKING:
    from turnkeeper.config import Settings
    from turnkeeper.store.flows import FlowRecords


def flow_api(settings: Settings, store: FlowRecords, now: Callable[[], float]) -> FlowsApi:
    """The addresses under /api/v1/flows."""
    tokens = [
        ApiToken(name, keys.token.get_secret_value(), WorkspaceId(keys.workspace), frozenset(keys.scopes))
        for name, keys in settings.api_tokens.items()
    ]
    bots = {
        bot.id: Drawable(
            frozenset(each.workspace_id for each in settings.channels if each.bot_id == bot.id),
            bool(keys.flows),
            partial(around, settings, bot),
        )
        for bot, keys in flow_bots(settings)
    }
    return FlowsApi(Tokens(tokens, now), store, bots, now)
