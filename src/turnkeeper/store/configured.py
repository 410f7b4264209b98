"""What a store keeps of what is made in the console. Every method is one transaction.

Whatever changes here raises the revision of the workspace's configuration with it: processes follow that.
"""

from __future__ import annotations

from typing import Protocol

from turnkeeper.model.configured import Configured, ConfiguredHead, ConfiguredKey
from turnkeeper.model.ids import WorkspaceId

KEPT_VERSIONS = 100
"""How many of a document's last revisions are kept."""


class ConfiguredRecords(Protocol):
    """The part of the store that is asked for configurations."""

    async def configured(self, workspace_id: WorkspaceId, kind: str | None = None) -> list[Configured]:
        """What there is in a workspace, or what there is of a kind, by kind and name."""

    async def configured_one(self, key: ConfiguredKey) -> Configured | None:
        """One of them; None: it is not there."""

    async def put_configured(
        self, key: ConfiguredKey, document: bytes, expected: int | None, by: str, now: float
    ) -> Configured | None:
        """Replace the document of the revision `expected`; None: make it, under a name that is free in all workspaces.

        None: it was changed meanwhile, the name is taken, or it is gone.
        """

    async def drop_configured(self, key: ConfiguredKey) -> bool:
        """Delete it, with its versions. False: it is not there."""

    async def configured_versions(self, key: ConfiguredKey) -> list[ConfiguredHead]:
        """Its last revisions, the newest first."""

    async def configured_version(self, key: ConfiguredKey, revision: int) -> Configured | None:
        """One of its revisions."""

    async def all_configured(self) -> list[Configured]:
        """Everything, over all workspaces: what a process reads at its start."""

    async def all_configured_versions(self) -> list[Configured]:
        """Every revision that is kept, over all workspaces: what is sealed anew when the key changes."""

    async def reseal_configured(self, before: Configured, document: bytes) -> bool:
        """Replace the document of a revision by one that says the same. False: that revision is gone, or says something
        else by now."""

    async def configuration_revision(self) -> int:
        """A number that is another whenever anything changed, over all workspaces. Cheap: asked every second."""
