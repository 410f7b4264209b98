"""Where a bot's flows come from, in the versions that count for one person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from turnkeeper.flows.model import Book, Flow
from turnkeeper.flows.state import FlowState
from turnkeeper.model.ids import BotId, WorkspaceId


@dataclass(frozen=True, slots=True)
class Opened:
    """The flows as one person finds them. `state`: where they are, after what was moved (`told`); `book`: those that
    they are in, in their versions, and else the `published` ones; `default`: the flow that begins where no other does.
    """

    state: FlowState
    book: Book
    published: Book
    default: str = ""
    told: tuple[str, ...] = ()


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
