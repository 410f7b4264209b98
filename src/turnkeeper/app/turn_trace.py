"""A turn of a configured database, told whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from turnkeeper.app.database import existing
from turnkeeper.app.people import Named, NotThere, conversation_of
from turnkeeper.rules.turn_told import told

if TYPE_CHECKING:
    from turnkeeper.config import Settings
    from turnkeeper.model.turn_told import ToldTurn


async def traced(settings: Settings, named: Named, no: int | None) -> ToldTurn:
    """The newest turn without `no`. Raises NotThere, ConfigurationError, StoreError."""
    async with existing(settings) as store:
        conversation = await conversation_of(store, settings, named)
        found = await store.traced_turn(conversation.key, no)
    if found is None:
        which = "any turn" if no is None else f"a turn {no}"
        raise NotThere(f"the conversation {conversation.id} has not had {which}, or it has been forgotten since.")
    return told(found)
