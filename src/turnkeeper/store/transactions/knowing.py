"""What people change of contacts: what is known of them, who is one person and who is two, and that nothing is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from turnkeeper.model.agents import Fact
from turnkeeper.model.conversation import EventState
from turnkeeper.model.ids import ContactId, ConversationId, ConversationKey, WorkspaceId, contact_id_for
from turnkeeper.model.policy import Directory
from turnkeeper.rules import modes
from turnkeeper.store.contacts import ContactKey, ErasedContact, FactName
from turnkeeper.store.rows import Rows
from turnkeeper.store.runs import Wake
from turnkeeper.store.transactions import people
from turnkeeper.store.transactions.desk import Desk


async def rename(rows: Rows, directory: Directory, contact: ContactKey, name: str | None) -> bool:
    """Call somebody otherwise."""
    desk = await _held(rows, directory, [contact])
    if not await rows.name_contact(contact, name):
        return False
    await _tell(desk)
    return True


async def put_facts(
    rows: Rows, directory: Directory, contact: ContactKey, facts: Mapping[FactName, bytes | None], now: float
) -> bool:
    """Write what a colleague knows. It counts as learned in the newest conversation, by no turn."""
    desk = await _held(rows, directory, [contact])
    newest = max(desk.held(), key=lambda each: each.contact_at or 0.0, default=None)
    if newest is None:
        return False
    workspace_id, contact_id = contact
    known = [
        Fact(workspace_id, contact_id, bot_id, name, value, newest.id, 0, now)
        for (bot_id, name), value in facts.items()
        if value is not None
    ]
    await rows.put_facts(known)
    await rows.drop_facts([(*contact, bot_id, name) for (bot_id, name), value in facts.items() if value is None])
    await _tell(desk)
    return True


async def merge(
    rows: Rows, directory: Directory, workspace_id: WorkspaceId, loser: ContactId, winner: ContactId
) -> bool:
    """Make two one."""
    desk = await _held(rows, directory, [(workspace_id, loser), (workspace_id, winner)])
    if loser == winner or {each.contact_id for each in desk.held()} != {loser, winner}:
        return False
    for each in [held for held in desk.held() if held.contact_id == loser]:
        desk.put(replace(each, contact_id=winner))
    await rows.join_contact((workspace_id, loser), winner)
    await _tell(desk)
    return True


async def split(
    rows: Rows, directory: Directory, contact: ContactKey, conversation_id: ConversationId, now: float
) -> ContactId | None:
    """Make one two."""
    desk = await _held(rows, directory, [contact])
    key = ConversationKey(contact[0], conversation_id)
    conversation = desk.get(key)
    if conversation is None or len(desk.held()) < 2:
        return None
    part = contact_id_for(key.workspace_id, conversation.channel_id, conversation.id, now)
    await rows.add_contacts([(key.workspace_id, part, None, now)])
    await rows.part_contact(key, contact[1], part)
    desk.put(replace(conversation, contact_id=part))
    await _tell(desk)
    return part


async def erase(rows: Rows, directory: Directory, contact: ContactKey, now: float) -> ErasedContact | None:
    """Leave nothing of what was said, learned and kept."""
    desk = await _held(rows, directory, [contact])
    if not await rows.name_contact(contact, None):
        return None
    keys = sorted(each.key for each in desk.held())
    wakes = [await _erase(desk, key, now) for key in keys]
    await desk.save()
    return ErasedContact(len(keys), wakes)


async def _erase(desk: Desk, key: ConversationKey, now: float) -> Wake:
    before = desk[key]
    desk.put(modes.erased(before))
    await people.cancel_open(desk, key, (EventState.DROPPED, "deleted"), now, erases=True)
    await desk.rows.erase(key, now)
    kept = await desk.rows.kept_media(key, before.turn_no)
    await desk.rows.drop_media(key, kept, before.turn_no)
    freed = await desk.rows.free_files(key.workspace_id, sorted({each.key for each in kept}), now)
    uploads = {(key.workspace_id, each.channel_id, each.key) for each in kept if each.key in freed}
    await desk.rows.forget_uploads(sorted(uploads))
    after = desk[key]
    return Wake(key.workspace_id, key.id, after.due_at, before.owner, after.epoch)


async def _held(rows: Rows, directory: Directory, contacts: Sequence[ContactKey]) -> Desk:
    """All conversations of some contacts in hand; those that were given to somebody else meanwhile are left out."""
    desk = Desk(rows, directory)
    locked = await rows.lock(await rows.conversations_of(contacts))
    desk.hold(each for each in locked.values() if (each.workspace_id, each.contact_id) in contacts)
    return desk


async def _tell(desk: Desk) -> None:
    """Whoever looks at these conversations sees something else now."""
    for each in list(desk.held()):
        desk.put(each)
    await desk.save()
