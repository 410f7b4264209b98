"""How many people came by the nodes of a bot's flows, as the command line shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from turnkeeper.app.database import existing
from turnkeeper.app.people import NotThere
from turnkeeper.config.errors import nearest
from turnkeeper.config.flows import FlowKeys
from turnkeeper.flows.numbers import NodeNumbers, numbers
from turnkeeper.flows.reading import FlowUnreadable, read
from turnkeeper.model.flows import FlowKey
from turnkeeper.model.ids import BotId, WorkspaceId

if TYPE_CHECKING:
    from turnkeeper.config import Settings
    from turnkeeper.store.base import Store


class Named(NamedTuple):
    """A node's numbers, and what its author calls it."""

    numbers: NodeNumbers
    title: str


async def read_numbers(settings: Settings, workspace: str, bot: str, flow: str | None) -> list[Named]:
    """Of all versions. Raises NotThere, StoreError."""
    known = [str(each.id) for each in settings.bots.values() if isinstance(each.keys, FlowKeys)]
    if bot not in known:
        raise NotThere(f"there is no bot {bot!r} that is flows. {nearest(bot, known)}")
    async with existing(settings) as store:
        found = numbers(await store.flow_counts(WorkspaceId(workspace), BotId(bot), flow))
        if not found and flow is not None:
            await _there(store, FlowKey(WorkspaceId(workspace), BotId(bot), flow))
        titles = await _titles(store, WorkspaceId(workspace), BotId(bot), {(each.flow, each.version) for each in found})
    return [Named(each, titles.get((each.flow, each.version, each.node), each.node)) for each in found]


async def _there(store: Store, key: FlowKey) -> None:
    names = [each.name for each in await store.flows(key.workspace_id, key.bot_id)]
    if key.name not in names:
        raise NotThere(f"bot {key.bot_id} has no flow {key.name!r}. {nearest(key.name, names)}")


async def _titles(
    store: Store, workspace_id: WorkspaceId, bot_id: BotId, versions: set[tuple[str, int]]
) -> dict[tuple[str, int, str], str]:
    found: dict[tuple[str, int, str], str] = {}
    for name, version in versions:
        kept = await store.flow_version(FlowKey(workspace_id, bot_id, name), version)
        try:
            drawn = None if kept is None else read(kept.document)
        except FlowUnreadable:
            drawn = None
        if drawn is not None:
            found |= {(name, version, node.id): node.name for node in drawn.nodes.values()}
    return found
