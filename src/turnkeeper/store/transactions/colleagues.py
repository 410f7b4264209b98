"""Colleagues at a conversation: one of them takes it over, writes notes, and is seen by the others."""

from __future__ import annotations

from msgspec.structs import replace

from turnkeeper.model.colleagues import Answering, Colleague, Doing, Note, Watching
from turnkeeper.model.conversation import EventState, Mode
from turnkeeper.model.ids import ConversationKey
from turnkeeper.rules import answering, modes
from turnkeeper.store.colleagues import Outcome, Taking
from turnkeeper.store.rows import Rows
from turnkeeper.store.runs import Wake
from turnkeeper.store.transactions import people
from turnkeeper.store.transactions.desk import Desk


async def take_over(desk: Desk, key: ConversationKey, taking: Taking) -> Outcome | None:
    """The bot stands back, at once; the colleague has the conversation from then on."""
    now = desk.announcer.now = taking.now
    await desk.lock([key])
    before = desk.get(key)
    if before is None:
        return None
    current = modes.lapse(before, now)
    held = answering.holder(current, await desk.rows.answering(key))
    if not taking.confirmed and answering.is_in_the_way(held, taking.colleague.id, now):
        return Outcome(current, held)
    desk.announcer.moves(key, "operator", taking.colleague.name)
    desk.put(replace(current, mode_until=taking.until) if current.mode == taking.mode else current)
    if current.mode != taking.mode:
        desk.put(modes.take_over(current, taking.mode, taking.until))
        await people.cancel_open(desk, key, (EventState.PERSON, None), now)
    if taking.mode is Mode.HUMAN:
        desk.announcer.person_answers(key)
    await desk.save()
    if taking.mode is Mode.HUMAN:
        since = held.since_at if held is not None and held.user_id == taking.colleague.id else now
        await desk.rows.put_answering(Answering(*key, *taking.colleague, since, now))
    after = desk[key]
    fenced = before.owner if current.mode != taking.mode else None
    return Outcome(after, None, Wake(*key, after.due_at, fenced, after.epoch))


async def add_note(rows: Rows, note: Note) -> Note | None:
    """Keep a note."""
    return await rows.add_note(note) if await _shown(rows, note.key) else None


async def drop_note(rows: Rows, key: ConversationKey, seq: int, author_id: str | None) -> bool:
    """Forget a note."""
    return await _shown(rows, key) and await rows.drop_note(key, seq, author_id)


async def watch(rows: Rows, key: ConversationKey, colleague: Colleague, doing: Doing | None, now: float) -> bool:
    """Somebody looks at it, or no more; told to others only where they see a difference."""
    before = await rows.watching(key, colleague.id)
    news = before is not None if doing is None else answering.is_news(before, doing, now)
    if (news or before is None) and not await _shown(rows, key):
        return False
    if doing is None:
        await rows.drop_watching(key, colleague.id)
    else:
        await rows.put_watching(Watching(*key, *colleague, doing, now), now - answering.SEEN)
    return True


async def _shown(rows: Rows, key: ConversationKey) -> bool:
    """Hold the conversation, and have it told anew to everybody who has it on the screen; False: there is none."""
    found = await rows.lock([key])
    await rows.save(list(found.values()))
    return bool(found)
