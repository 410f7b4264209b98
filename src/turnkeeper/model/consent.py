"""What people have agreed to be sent: one record for each contact and purpose."""

from __future__ import annotations

from typing import Final

import msgspec

from turnkeeper.model.ids import ContactId, ConversationId, WorkspaceId

EVERYTHING: Final = "*"
"""The purpose that STOP withdraws and START gives back: whatever is not an answer."""


class Consent(msgspec.Struct, frozen=True):
    """Whether a contact may be written to for a purpose (`marketing`, `reminders`, …; EVERYTHING for all of them).

    `source`: how we know: `stop`, `start`, `bot`, `operator`, `api`, `provider`; `at`: unix seconds. The order of the
    fields is the order of the columns.
    """

    workspace_id: WorkspaceId
    contact_id: ContactId
    purpose: str
    granted: bool
    source: str
    at: float
    conversation_id: ConversationId
