"""The flows of bots as a process knows them now: published versions, and the older ones in which people are.

One task (`look`) asks every 2 s which versions are published, so that a change is in effect within 5 s on every
machine. A version never changes: its drawing is read once, when somebody comes to it. What cannot be read leaves what
was known.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec
import structlog

from turnkeeper.flows.model import Book, Flow
from turnkeeper.flows.moving import Mapped, Publications, moved, read_mapping
from turnkeeper.flows.reading import FlowUnreadable, read
from turnkeeper.flows.state import FlowState
from turnkeeper.flows.walking import Passage
from turnkeeper.model.errors import StoreError
from turnkeeper.model.flows import FlowHead, FlowKey, FlowVersion, VersionHead
from turnkeeper.model.ids import BotId, WorkspaceId

_log = structlog.get_logger("turnkeeper.flows")
EVERY = 2.0
"""Seconds between two looks."""
MOST_READ = 100_000
"""Nodes of the drawings that are kept read, a few kB each; those that nobody came to for the longest time go first."""


class Published(Protocol):
    """Where flows are kept; a store is."""

    async def published_flows(self) -> Sequence[FlowHead]:
        """Every published flow, over all workspaces."""

    async def flow_version(self, key: FlowKey, version: int) -> FlowVersion | None:
        """One version with its drawing."""

    async def flow_versions(self, key: FlowKey) -> list[VersionHead]:
        """Every version, the newest first."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The flows as one person finds them. `state`: where they are, after what was moved (`told`, `passed`); `book`:
    those that they are in, in their versions, and else the `published` ones; `default`: the flow that begins where no
    other does."""

    state: FlowState
    book: Book
    published: Book
    default: str = ""
    told: tuple[str, ...] = ()
    passed: tuple[Passage, ...] = ()


class Shelf(Protocol):
    """The flows of all bots, in all versions that somebody may be in."""

    def now(self, workspace_id: WorkspaceId, bot_id: BotId) -> dict[str, int]:
        """What is published: names and versions."""

    async def open(
        self, workspace_id: WorkspaceId, bot_id: BotId, versions: Mapping[str, int], state: FlowState
    ) -> Opened:
        """The flows for somebody who is there, `versions` being those that were published when the turn began."""


class FixedShelf:
    """Flows that do not change, for whatever bot."""

    def __init__(self, flows: Iterable[Flow], default: str = "") -> None:
        self._flows = {flow.name: flow for flow in flows}
        self._default = default

    def now(self, workspace_id: WorkspaceId, bot_id: BotId) -> dict[str, int]:  # noqa: ARG002 - the port's
        """All of them."""
        return {flow.name: flow.version for flow in self._flows.values()}

    async def open(
        self,
        workspace_id: WorkspaceId,  # noqa: ARG002 - the port's
        bot_id: BotId,  # noqa: ARG002
        versions: Mapping[str, int],  # noqa: ARG002
        state: FlowState,
    ) -> Opened:
        """All of them."""
        return Opened(state, self._flows, self._flows, self._default)


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which flows a bot has. `names`: those of its files; None: all that are published."""

    default: str = ""
    names: Collection[str] | None = None


_ALL = Chosen()


class Flows:
    """The flows of all bots. `chosen`: what the configuration says of them. `look` once before the first turn."""

    def __init__(self, store: Published, chosen: Mapping[BotId, Chosen] | None = None) -> None:
        self._store = store
        self._chosen = dict(chosen or {})
        self._published: dict[FlowKey, int] = {}
        self._of_bots: dict[tuple[WorkspaceId, BotId], dict[str, int]] = {}
        self._read: OrderedDict[tuple[FlowKey, int], Flow] = OrderedDict()
        self._nodes = 0
        self._mappings: dict[FlowKey, tuple[int, Mapping[int, Mapped]]] = {}

    def chosen(self, bot_id: BotId) -> Chosen:
        """Which flows a bot has."""
        return self._chosen.get(bot_id, _ALL)

    def now(self, workspace_id: WorkspaceId, bot_id: BotId) -> dict[str, int]:
        """What is published: names and versions."""
        names = self._chosen.get(bot_id, _ALL).names
        known = self._of_bots.get((workspace_id, bot_id), {})
        return {name: version for name, version in known.items() if names is None or name in names}

    async def open(
        self, workspace_id: WorkspaceId, bot_id: BotId, versions: Mapping[str, int], state: FlowState
    ) -> Opened:
        """The flows for somebody who is there, `versions` being those that were published when the turn began.

        A flow or version that there is not (any more) is in no book. Raises StoreError."""
        wanted = {FlowKey(workspace_id, bot_id, name): version for name, version in versions.items()}
        told = moved(state, await self._publications(workspace_id, bot_id, wanted, state))
        published = await self._book(wanted)
        inside = {FlowKey(workspace_id, bot_id, name): version for name, version in _inside(told.state)}
        book = {**published, **await self._book(inside)}
        for key, version in inside.items():
            if key.name in book and book[key.name].version != version:
                del book[key.name]
        default = self._chosen.get(bot_id, _ALL).default
        return Opened(told.state, book, published, default, told.told, told.passed)

    async def look(self) -> None:
        """Take over what has changed; never raises."""
        try:
            found = await self._store.published_flows()
        except StoreError:
            return
        except Exception:  # noqa: BLE001 - whoever looks no more would keep to old flows for ever
            _log.exception("looking for flows ended with an error of our own")
            return
        before, self._published = self._published, {each.key: each.published or 0 for each in found}
        if self._published == before:
            return
        self._of_bots = {}
        for key, version in self._published.items():
            self._of_bots.setdefault((key.workspace_id, key.bot_id), {})[key.name] = version
        for key in sorted(before.keys() | self._published.keys()):
            was, now = before.get(key), self._published.get(key)
            if was != now:
                _log.info("flow changed", workspace=key.workspace_id, bot=key.bot_id, flow=key.name, version=now or 0)

    async def _book(self, wanted: Mapping[FlowKey, int]) -> dict[str, Flow]:
        found = {key.name: await self._flow(key, version) for key, version in wanted.items()}
        return {name: flow for name, flow in found.items() if flow is not None}

    async def _flow(self, key: FlowKey, version: int) -> Flow | None:
        at = (key, version)
        if at in self._read:
            self._read.move_to_end(at)
            return self._read[at]
        kept = await self._store.flow_version(key, version)
        if kept is None:
            return None
        try:
            flow = read(kept.document, version=version)
        except FlowUnreadable as error:
            _log.error(
                "a published flow cannot be read", bot=key.bot_id, flow=key.name, version=version, why=str(error)
            )
            return None
        if at not in self._read:  # another turn may have read it meanwhile
            self._nodes += len(flow.nodes)
        self._read[at] = flow
        while self._nodes > MOST_READ and len(self._read) > 1:
            _, gone = self._read.popitem(last=False)
            self._nodes -= len(gone.nodes)
        return flow

    async def _publications(
        self, workspace_id: WorkspaceId, bot_id: BotId, wanted: Mapping[FlowKey, int], state: FlowState
    ) -> dict[str, Publications]:
        """Of the flows that somebody is in an older version of."""
        found: dict[str, Publications] = {}
        for name, version in _inside(state):
            key = FlowKey(workspace_id, bot_id, name)
            published = wanted.get(key, 0)
            if published > version:
                found[name] = Publications(published, await self._mapped(key, published))
        return found

    async def _mapped(self, key: FlowKey, published: int) -> Mapping[int, Mapped]:
        known = self._mappings.get(key)
        if known is not None and known[0] >= published:
            return known[1]
        versions = await self._store.flow_versions(key)
        read = {each.version: mapping for each in versions if (mapping := _mapping(each))}
        self._mappings[key] = (max((each.version for each in versions), default=0), read)
        return read


def _inside(state: FlowState) -> list[tuple[str, int]]:
    """The flows that somebody is in, and their versions; the one that runs last, so that its version counts."""
    if not state.is_running:
        return []
    return [*((frame.flow, frame.version) for frame in state.stack), (state.flow, state.version)]


def _mapping(head: VersionHead) -> Mapped:
    try:
        return read_mapping(head.mapping)
    except msgspec.MsgspecError:
        _log.error("a mapping cannot be read", bot=head.bot_id, flow=head.name, version=head.version)
        return {}
