"""What a store keeps of flows. Every method is one transaction.

Where people are in a flow is in their sessions; what passed is counted with the turn's commit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from turnkeeper.model.flows import Counted, FlowCount, FlowDraft, FlowHead, FlowKey, FlowVersion, VersionHead
from turnkeeper.model.ids import BotId, WorkspaceId

CountKey = tuple[WorkspaceId, BotId, Counted]
STRIPES = 16
"""Over so many rows one count is spread, so that turns which end at once do not wait for each other."""


class FlowRows(Protocol):
    """What a transaction's script writes of flows."""

    async def add_counts(self, counts: Mapping[CountKey, int]) -> None:
        """Add to counts. Locks nothing that another turn is likely to want, and all in one order."""


class FlowRecords(Protocol):
    """The part of the store that flows need."""

    async def flows(self, workspace_id: WorkspaceId, bot_id: BotId | None = None) -> list[FlowHead]:
        """All flows of a workspace, or of one bot in it, by name and bot."""

    async def flow(self, key: FlowKey) -> FlowDraft | None:
        """A flow with its draft."""

    async def put_flow(
        self, key: FlowKey, document: bytes, expected: int | None, by: str, now: float
    ) -> FlowDraft | None:
        """Replace the draft of the revision `expected`; None: make the flow, which must not be there.

        None: the flow was changed meanwhile, is there already, or is gone.
        """

    async def drop_flow(self, key: FlowKey) -> bool:
        """Delete a flow, unless it is published; its versions are kept for whoever is inside. False: it is not there,
        or is published."""

    async def publish_flow(
        self, key: FlowKey, revision: int, mapping: bytes, note: str, by: str, now: float
    ) -> FlowVersion | None:
        """Publish the draft as a new version; None: it is not of that revision any more."""

    async def show_flow(self, key: FlowKey, version: int | None) -> bool:
        """Let people begin another version that was published once, or none. False: there is no such flow or
        version."""

    async def flow_versions(self, key: FlowKey) -> list[VersionHead]:
        """Every version, the newest first."""

    async def flow_version(self, key: FlowKey, version: int) -> FlowVersion | None:
        """One version with its drawing."""

    async def published_flows(self) -> Sequence[FlowHead]:
        """Every published flow, over all workspaces: what workers ask for every 2 s."""

    async def flow_counts(self, workspace_id: WorkspaceId, bot_id: BotId, name: str | None = None) -> list[FlowCount]:
        """How often the nodes of a bot's flows, or of one of them, were entered and left, in order."""
