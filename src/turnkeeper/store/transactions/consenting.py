"""Noting what contacts want, and looking it up where a message is about to leave."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from turnkeeper.model.consent import EVERYTHING, Consent
from turnkeeper.model.conversation import Conversation
from turnkeeper.model.ids import ConversationKey
from turnkeeper.model.policy import Directory
from turnkeeper.rules import consent
from turnkeeper.rules.consent import Wish
from turnkeeper.store.rows import Rows
from turnkeeper.store.transactions.desk import Desk


async def note(desk: Desk, conversation: Conversation, wish: Wish, now: float) -> None:
    """Keep a wish. A START from somebody who never opted out says nothing."""
    if wish == consent.STARTED and not await _has_withdrawn(desk, conversation):
        return
    await desk.rows.put_consents([consent.record(conversation, wish, now)])


async def note_all(desk: Desk, conversation: Conversation, wishes: Mapping[str, bool], source: str, now: float) -> None:
    """Keep what somebody else tells of a contact's wishes, by purpose."""
    told = [consent.record(conversation, Wish(purpose, wishes[purpose], source), now) for purpose in sorted(wishes)]
    await desk.rows.put_consents(told)


async def objected(desk: Desk, conversation: Conversation) -> list[Consent]:
    """What a contact has withdrawn."""
    key = (conversation.workspace_id, conversation.contact_id)
    found = (await desk.rows.consents([key])).get(key, [])
    return [each for each in consent.whole(found, conversation) if not each.granted]


async def want_nothing(desk: Desk) -> set[ConversationKey]:
    """Of the conversations in hand those whose contacts want nothing but answers."""
    of = {each.key: (each.workspace_id, each.contact_id) for each in desk.held()}
    found = await desk.rows.consents(set(of.values())) if of else {}
    none = {who for who, records in found.items() if any(_is_nothing(each) for each in records)}
    return {key for key, who in of.items() if who in none}


def _is_nothing(each: Consent) -> bool:
    return each.purpose == EVERYTHING and not each.granted


async def _has_withdrawn(desk: Desk, conversation: Conversation) -> bool:
    return any(_is_nothing(each) for each in await objected(desk, conversation))


async def set_consent(rows: Rows, directory: Directory, key: ConversationKey, wish: Wish, now: float) -> Consent | None:
    """Note a wish that is told outside any event."""
    desk = Desk(rows, directory)
    await desk.lock([key])
    conversation = desk.get(key)
    if conversation is None:
        return None
    noted = consent.record(conversation, wish, now)
    await rows.put_consents([noted])
    if wish.purpose == EVERYTHING and wish.granted and conversation.opted_out:
        desk.put(replace(conversation, opted_out=False))
    await desk.save()
    return noted
