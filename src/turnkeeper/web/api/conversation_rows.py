"""A conversation as the API's lists and its live stream tell of it."""

import msgspec
from pydantic import BaseModel, Field

from turnkeeper.model.inbox import InboxRow


class ConversationRow(BaseModel):
    """One conversation. Instants are unix seconds."""

    id: str
    seq: int = Field(description="Rises with every change, over all conversations of the workspace.")
    channel_id: str
    bot_id: str
    contact_id: str
    name: str | None = Field(description="The contact's.")
    address: str = Field(description="A number, a user name or the provider's id, as people read it.")
    last_at: float
    last_role: str = Field(description="Who spoke last: contact, bot or person; empty before anybody did.")
    last_kind: str
    last_state: str = Field(description="What became of the last message, if it is ours: sent, read, failed …")
    preview: str = Field(description="The last message's words; empty where the bot keeps nothing.")
    unread: int
    waiting_since: float | None = Field(description="Since when the contact has waited for an answer.")
    mode: str
    mode_until: float | None
    stage: str | None
    escalated_at: float | None = Field(description="Since when a person is wanted and none has answered.")
    escalation: str | None = Field(description="Why.")
    window_closes_at: float | None = Field(
        description="Until when anything may be sent; null: the channel has no such window, 0: it was never open."
    )
    failed_at: float | None = Field(description="When the last turn or send failed, if nothing was said since.")
    failure: str | None
    opted_out: bool
    tags: list[str]


def told(row: InboxRow) -> ConversationRow:
    """The row as the API tells it."""
    values = msgspec.structs.asdict(row)
    return ConversationRow.model_validate({**values, "id": row.conversation_id, "unread": row.unread})
