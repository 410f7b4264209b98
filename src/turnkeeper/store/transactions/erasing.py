"""Erasing what has ended for good, where the bot keeps nothing. The conversation itself is not locked: what has ended
stays so, and nobody's turn is to wait."""

from __future__ import annotations

import math
from typing import NamedTuple

from msgspec.structs import replace

from turnkeeper.model.conversation import Conversation, Mode, TurnState
from turnkeeper.model.ids import ConversationKey
from turnkeeper.model.policy import Channel, Directory
from turnkeeper.store.erasing import Erased, Erasure, KeptMedia
from turnkeeper.store.rows import Rows

BATCH = 500
"""Events, rows and turns that one transaction goes through."""
AWAITED = 3600.0
"""Seconds for which the words of an edit are left that waits for its message."""
_UNCONFIGURED = 3600.0


async def erase(rows: Rows, directory: Directory, key: ConversationKey, now: float) -> Erased:
    """One look at one conversation."""
    taken = await rows.take_erasure(key)
    if taken is None:
        return Erased()
    mark, conversation = taken
    channel = directory.channel(conversation.workspace_id, conversation.channel_id)
    until = _waits_until(conversation, channel, now)
    if channel is None or until is not None:
        await rows.put_erasure(replace(mark, due_at=until))
        return Erased()
    if not channel.turns.erases or _is_a_persons(conversation, now):
        await rows.put_erasure(replace(mark, due_at=None))
        return Erased()
    after, freed, sources = await _erased(rows, mark, conversation, channel, now)
    await rows.put_erasure(after)
    return Erased(after.turns_to - mark.turns_to, freed, channel.id, sources)


def _waits_until(conversation: Conversation, channel: Channel | None, now: float) -> float | None:
    """A channel that is gone may come back; a person has the conversation until an instant."""
    if channel is None:
        return now + _UNCONFIGURED
    return conversation.mode_until if _is_a_persons(conversation, now) else None


def _is_a_persons(conversation: Conversation, now: float) -> bool:
    until = conversation.mode_until
    return conversation.mode != Mode.BOT and (until is None or until > now)


async def _erased(
    rows: Rows, mark: Erasure, conversation: Conversation, channel: Channel, now: float
) -> tuple[Erasure, int, list[str]]:
    key = mark.key
    rests = conversation.turn_state == TurnState.NONE and not conversation.unsent
    over = conversation.turn_no if rests else conversation.turn_no - 1
    events_to = min(conversation.in_last, mark.events_to + BATCH)
    rows_to = min(conversation.out_last, mark.rows_to + BATCH)
    turns_to = max(mark.turns_to, min(over, mark.turns_to + BATCH))
    event_left = await rows.erase_events(key, mark.events_to, events_to, now - AWAITED)
    row_left = await rows.erase_outbound(key, mark.rows_to, rows_to, over)
    await rows.erase_turns(key, mark.turns_to, turns_to)
    await rows.blank_payments(key)
    await rows.blank_escalation(key)
    session_until = None
    if conversation.turn_state == TurnState.NONE:
        await rows.erase_memory(key, conversation.contact_id, channel.bot_id, now)
        session_until = await _session(rows, key, channel, now)
    files = await _files(rows, mark, turns_to, now)
    more = (
        (event_left is None and events_to < conversation.in_last)
        or (row_left is None and rows_to < conversation.out_last)
        or turns_to < over
    )
    awaited = now + AWAITED if conversation.early and event_left is not None else None
    waits = [at for at in (awaited, session_until, files.lent_until) if at is not None]
    after = replace(
        mark,
        events_to=events_to if event_left is None else event_left - 1,
        rows_to=rows_to if row_left is None else row_left - 1,
        turns_to=turns_to,
        due_at=0.0 if more else min(waits, default=None),
    )
    return after, files.freed, files.sources


async def _session(rows: Rows, key: ConversationKey, channel: Channel, now: float) -> float | None:
    """Until when the session stays, if it does."""
    turns = channel.turns
    lasts = turns.session_ttl if turns.keep == "session" else -math.inf
    saved_at = await rows.erase_session(key, now - lasts)
    return None if saved_at is None else saved_at + lasts


class _Files(NamedTuple):
    """How many files nobody needs any more, where those came from that are forgotten, and until when the first of the
    others is lent: an address of it was given to somebody, who may still fetch it."""

    freed: int
    sources: list[str]
    lent_until: float | None


async def _files(rows: Rows, mark: Erasure, turns_to: int, now: float) -> _Files:
    """One that was needed again after its turn is the newest turn's, where there is a newer one; else somebody else
    needs it."""
    key = mark.key
    gone: list[KeptMedia] = []
    lent: list[float] = []
    for kept in await rows.kept_media(key, turns_to):
        needed_at, ended_at = kept.needed_at or 0.0, kept.ended_at or now
        if needed_at > now:
            lent.append(needed_at)
        elif needed_at > ended_at and kept.newest > turns_to:
            await rows.move_media(key, kept)
        else:
            gone.append(kept)
    await rows.drop_media(key, gone, turns_to)
    lent_until = min(lent, default=None)
    if not gone:
        return _Files(0, [], lent_until)
    unneeded_since = max(gone[0].ended_at or now, mark.due_at or 0.0)
    freed = await rows.free_files(key.workspace_id, sorted({kept.key for kept in gone}), unneeded_since)
    uploads = {(key.workspace_id, kept.channel_id, kept.key) for kept in gone if kept.key in freed}
    await rows.forget_uploads(sorted(uploads))
    return _Files(len(freed), [kept.source for kept in gone], lent_until)
