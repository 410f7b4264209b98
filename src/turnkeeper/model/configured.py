"""What is made in the console instead of in turnkeeper.toml: channels, bots and the like, as they are kept."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from turnkeeper.model.ids import WorkspaceId


class ConfiguredKey(NamedTuple):
    """One thing of a kind (`channel`, `bot`, …). Names of a kind are unique over all workspaces."""

    workspace_id: WorkspaceId
    kind: str
    name: str


class ConfiguredHead(msgspec.Struct, frozen=True):
    """One thing without what it says. `revision` counts its changes from 1; `changed_by`: who made the last."""

    workspace_id: WorkspaceId
    kind: str
    name: str
    revision: int
    changed_at: float
    changed_by: str

    @property
    def key(self) -> ConfiguredKey:
        """Which one it is."""
        return ConfiguredKey(self.workspace_id, self.kind, self.name)


class Configured(ConfiguredHead, frozen=True):
    """One thing. `document`: JSON, the table that turnkeeper.toml would have, its secrets sealed."""

    document: bytes
