"""Running a turn again with its bot's draft: what a worker does with a rehearsal that it took."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from turnkeeper import app
from turnkeeper.app.drafts import Drafts
from turnkeeper.app.recording import scripted
from turnkeeper.bots.library import KnowledgeTool
from turnkeeper.engine.rehearsals import CannotRehearse, Tell
from turnkeeper.engine.rehearsing import Rehearsing, Staged, rehearse
from turnkeeper.llm.tools.builtin import Handover
from turnkeeper.llm.tools.remember import Remember
from turnkeeper.llm.tools.stand_ins import StandIns
from turnkeeper.model.ids import BotId
from turnkeeper.rules.rehearsal import Models

if TYPE_CHECKING:
    from collections.abc import Mapping

    from turnkeeper.app.answering import Answering
    from turnkeeper.config import Settings
    from turnkeeper.engine.clock import Clock
    from turnkeeper.media.base import MediaStore
    from turnkeeper.model.policy import Directory
    from turnkeeper.model.rehearsed import StandIn
    from turnkeeper.model.traces import Rehearsal, TracedTurn
    from turnkeeper.store.base import Store

_HISTORY: Final = 500
"""Lines before the turn that are at hand."""
_NO_FACTS: Final = ("name", "phone", "country")
"""What the step `flow` holds of a contact besides facts."""


class Wished(msgspec.Struct, frozen=True):
    """What the API asks for (web.api.traces)."""

    models: Models = "asked"
    what: str = "turn"


class Stage(NamedTuple):
    """Where it is run."""

    store: Store
    directory: Directory
    media: MediaStore
    clock: Clock


async def rehearsed(stage: Stage, settings: Settings, answering: Answering, taken: Rehearsal, tell: Tell) -> bytes:
    """Run it; what came of it, as JSON. Raises CannotRehearse, StoreError."""
    wished = msgspec.json.decode(taken.wanted, type=Wished)
    drafts = Drafts(settings, stage.store, answering)
    if wished.what == "script":
        return msgspec.json.encode(await scripted(stage.store, drafts, taken))
    return await _turn(stage, drafts, taken, wished, tell)


async def _turn(stage: Stage, drafts: Drafts, taken: Rehearsal, wished: Wished, tell: Tell) -> bytes:
    traced = await stage.store.traced_turn(taken.key, taken.turn_no)
    if traced is None:
        raise CannotRehearse("the turn has been forgotten since")
    channel = stage.directory.channel(taken.workspace_id, traced.conversation.channel_id)
    if channel is None:
        raise CannotRehearse(f"the channel {traced.conversation.channel_id} is not configured any more")
    whole = traced.whole
    until = max([whole.turn.started_at, *(row.received_at for row in whole.events)])
    said = await stage.store.history_until(taken.key, _HISTORY, until)
    history = [line for line in said if line.turn_no != whole.turn.no]
    staged = Staged(traced, channel, history, wished.models, _facts(traced), tell)
    work = Rehearsing(staged, stage.store, stage.media, stage.clock)
    stood: list[StandIn] = work.stood
    stand_ins = StandIns(whole.steps, (Handover, Remember, KnowledgeTool), stood.append)
    drafted = await drafts.of(taken.workspace_id, BotId(whole.turn.bot_id), stand_ins.of)
    came = await rehearse(work, drafted.bot, app.adapter(channel.kind).capabilities, drafted.told)
    return msgspec.json.encode(came)


def _facts(traced: TracedTurn) -> Mapping[str, Any] | None:
    """What was known of the contact then, as the step `flow` has it."""
    for row in reversed(traced.whole.steps):
        if row.name == "flow" and row.result is not None:
            contact: dict[str, Any] = msgspec.json.decode(row.result).get("contact", {})
            return {name: value for name, value in contact.items() if name not in _NO_FACTS}
    return None
