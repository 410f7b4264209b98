"""What a store keeps of templates: as their provider told of them last, and when it is asked again.

Every method is one transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from turnkeeper.model.ids import ChannelId, WorkspaceId
from turnkeeper.model.templates import TemplateNews, TemplateRow, TemplateSync
from turnkeeper.store.channels import ChannelKey

SOON: Final = 30.0
"""Seconds after which a channel's templates are asked for once something was told of one: news come in bursts, and
they may come late and in any order."""


class TemplateRecords(Protocol):
    """The part of the store that keeps templates."""

    async def templates(self, workspace_id: WorkspaceId, channel_id: ChannelId) -> list[TemplateRow]:
        """Those of a channel, by name and language."""

    async def template(
        self, workspace_id: WorkspaceId, channel_id: ChannelId, name: str, language: str
    ) -> TemplateRow | None:
        """One of them."""

    async def template_syncs(self) -> list[TemplateSync]:
        """How far each channel's are known, over all workspaces."""

    async def templates_due(self, channels: Sequence[ChannelKey], now: float, until: float) -> list[TemplateSync]:
        """Those of some channels that a worker is to ask for now; others are given them at `until`. New channels are
        due at once."""

    async def put_templates(self, due: TemplateSync, rows: Sequence[TemplateRow], now: float, again_at: float) -> None:
        """All templates of a channel, instead of those that were known. `due`: as `templates_due` gave it; what was
        told since makes them due before `again_at`."""

    async def templates_not_had(self, due: TemplateSync, problem: str, again_at: float) -> None:
        """The provider could not be asked for them."""

    async def put_template(self, row: TemplateRow) -> None:
        """One, new or instead of what was known."""

    async def tell_template(self, news: TemplateNews) -> int:
        """Apply what a provider told; how many channels of the workspace have the template. They are asked for soon;
        if there is none, those of the whole workspace."""
