"""A worker's hold on a conversation, and the word that one is due: what every part of the port speaks of."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from turnkeeper.model.ids import ConversationKey, WorkerId, WorkspaceId


class Run(NamedTuple):
    """A worker's hold on a conversation: every write in its name carries all of it."""

    key: ConversationKey
    worker_id: WorkerId
    epoch: int


class Wake(msgspec.Struct, frozen=True, array_like=True):
    """A conversation whose turn in the queue moved. `fenced`: the worker that lost it and should stop its run, if
    that began before `epoch`: a wake may come late, when the worker has the conversation again."""

    workspace_id: WorkspaceId
    conversation_id: str
    due_at: float | None
    fenced: WorkerId | None = None
    epoch: int = 0
