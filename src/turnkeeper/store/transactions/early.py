"""What comes before the message that it is about: it ends at once, shown as waiting, and acts when the message comes.

Bounded twice: by the events that are looked through, and by retention.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from turnkeeper.model.conversation import Conversation, EventRow, EventState
from turnkeeper.model.events import Inbound
from turnkeeper.model.ids import ConversationKey
from turnkeeper.model.policy import TurnPolicy
from turnkeeper.rules import mailbox
from turnkeeper.rules.mailbox import Admission
from turnkeeper.store.rows import EventChange
from turnkeeper.store.story import AWAITS, MET
from turnkeeper.store.transactions.desk import Desk

_decode = msgspec.json.Decoder(Inbound).decode


class Met(NamedTuple):
    """A message as it is by the time that it comes; `deleted`: it is not any more."""

    event: Inbound
    deleted: bool


async def is_early(desk: Desk, conversation: Conversation, event: Inbound) -> bool:
    """Whether nobody knows the message that an event is about; one that is being sent may have any id."""
    target = event.aims_at
    if target is None or await desk.rows.event_by_external(conversation.key, target) is not None:
        return False
    if event.kind != "reaction" and not event.from_me:
        return True  # nobody edits or deletes what others wrote
    sent = await desk.rows.outbound_by_external([(conversation.workspace_id, conversation.channel_id, target)])
    return not sent and not await desk.rows.any_open_send(conversation.key, conversation.out_done)


def waiting(admission: Admission) -> Admission:
    """The admission of an event that is early."""
    conversation = admission.conversation
    return admission._replace(conversation=replace(conversation, early=conversation.early + 1), reason=AWAITS)


async def meet(desk: Desk, conversation: Conversation, event: Inbound, turns: TurnPolicy, now: float) -> Met:
    """Apply to a message what came before it, in order; the conversation in hand knows of it."""
    found = await desk.rows.early_events(conversation.key, AWAITS)
    about = [(row, _decode(row.body)) for row in found]
    mine = [(row, early) for row, early in about if early.aims_at == event.known_as and _may(row, event)]
    desk.put(replace(conversation, early=len(found) - len(mine)))
    deleted = any(row.kind == "deleted" for row, _ in mine)
    changes: list[EventChange] = []
    for row, early in mine:
        if row.kind == "edited" and (early.text is not None or early.media is not None):
            event = replace(event, text=early.text)
        if row.kind == "reaction" and turns.reactions and not row.from_me and not deleted:
            changes.append(_reacted(desk, row, early, turns, now))
        else:
            changes.append(EventChange(conversation.key, row.seq, row.state, MET, row.turn_no, row.settled_at))
    await desk.rows.change_events(changes)
    return Met(event, deleted)


def _may(row: EventRow, event: Inbound) -> bool:
    return row.kind == "reaction" or row.from_me == event.from_me


def _reacted(desk: Desk, row: EventRow, reaction: Inbound, turns: TurnPolicy, now: float) -> EventChange:
    """One that the bot wants to know of starts its turn now."""
    conversation = desk[ConversationKey(row.workspace_id, row.conversation_id)]
    admission = mailbox.react(conversation, reaction, turns, now)
    waits = admission.state is EventState.WAITING
    desk.put(replace(admission.conversation, done_to=min(conversation.done_to, row.seq - 1)) if waits else conversation)
    return EventChange(
        conversation.key, row.seq, str(admission.state), admission.reason or (None if waits else MET), None,
        None if waits else now,
    )  # fmt: skip
