"""All that is kept of one turn, from one snapshot; and turns that are run again.

Struct field order is column order. Instants are unix seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import msgspec

from turnkeeper.model.conversation import Conversation, EventRow, OutboundRow, SessionRow, StepRow, TurnRow
from turnkeeper.model.ids import ConversationId, ConversationKey, WorkspaceId
from turnkeeper.model.media import MediaRow
from turnkeeper.model.payments import PaymentRow


class WholeTurn(NamedTuple):
    """What a turn is made of: its events in order, the steps of all its attempts as they began, and what it said in
    the order of sending."""

    turn: TurnRow
    events: Sequence[EventRow]
    steps: Sequence[StepRow]
    rows: Sequence[OutboundRow]


class TracedTurn(NamedTuple):
    """A turn with what stands around it.

    `beside`: events that came since its first one and before the next turn's, and that no turn answers; `refused`:
    files of it that were not taken; `payments`: that it asked for; `before`: the session as it found it, None: it was
    empty, or is not known. `newest`: the conversation's newest turn.
    """

    conversation: Conversation
    whole: WholeTurn
    newest: int
    beside: Sequence[EventRow] = ()
    refused: Sequence[MediaRow] = ()
    payments: Sequence[PaymentRow] = ()
    before: SessionRow | None = None


class SessionBefore(msgspec.Struct, frozen=True):
    """The session as a turn found it; kept only where there was anything in it."""

    workspace_id: WorkspaceId
    conversation_id: ConversationId
    turn_no: int
    state: bytes
    stage: str | None
    carried: bytes
    saved_at: float

    @classmethod
    def of(cls, session: SessionRow, turn_no: int) -> SessionBefore | None:
        """None where there is nothing to keep."""
        if session.state == b"{}" and session.stage is None and session.carried == b"[]":
            return None
        key = (session.workspace_id, session.conversation_id)
        return cls(*key, turn_no, session.state, session.stage, session.carried, session.saved_at)

    @property
    def session(self) -> SessionRow:
        """As it was."""
        key = (self.workspace_id, self.conversation_id)
        return SessionRow(*key, self.state, self.stage, self.carried, self.saved_at)


RehearsalState = Literal["waiting", "running", "done", "failed"]


class Rehearsal(msgspec.Struct, frozen=True):
    """A turn that is to be run again, which sends nothing. `wanted` and `result`: JSON; `progress`: words of what it
    does now, or of why it failed; `asked_by`: a user's id or a token's name."""

    workspace_id: WorkspaceId
    id: str
    conversation_id: ConversationId
    turn_no: int
    wanted: str
    asked_by: str
    asked_at: float
    state: RehearsalState = "waiting"
    progress: str = ""
    began_at: float | None = None
    ended_at: float | None = None
    result: bytes | None = None

    @property
    def key(self) -> ConversationKey:
        """Of the turn's conversation."""
        return ConversationKey(self.workspace_id, self.conversation_id)
