"""Obeying the owner's words: in the transaction that accepts them, so that each acts exactly once."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from turnkeeper.model.conversation import Conversation, EventState, Mode
from turnkeeper.model.ids import ConversationKey
from turnkeeper.model.policy import OwnerWords
from turnkeeper.rules import modes, owner_words
from turnkeeper.rules.mailbox import Admission
from turnkeeper.rules.owner_words import SHOWN, Asked, Wish
from turnkeeper.store.base import Arrival
from turnkeeper.store.rows import AddressKey, Rows
from turnkeeper.store.transactions import people
from turnkeeper.store.transactions.desk import Desk


async def concerned(rows: Rows, arrivals: Sequence[Arrival]) -> dict[int, ConversationKey]:
    """Of the arrivals that name a customer by number: whose conversation that is, by the arrival's place."""
    wanted: dict[int, list[AddressKey]] = {}
    for place, (channel, event, _) in enumerate(arrivals):
        asked = owner_words.read(event, channel.owner)
        if asked is not None and asked.number:
            named = owner_words.addresses_of(asked.number)
            wanted[place] = [(channel.workspace_id, channel.id, address) for address in named]
    known = await rows.addresses({key for keys in wanted.values() for key in keys}) if wanted else {}
    found: dict[int, ConversationKey] = {}
    for place, keys in wanted.items():
        for row in (known[key] for key in keys if key in known):
            found.setdefault(place, ConversationKey(row.workspace_id, row.conversation_id))
    return found


async def obey_here(desk: Desk, conversation: Conversation, asked: Asked, words: OwnerWords, now: float) -> Admission:
    """What is wished of the conversation in which it was said."""
    counted = replace(modes.lapse(conversation, now), in_last=conversation.in_last + 1)
    shown, fenced = SHOWN[asked.wish], conversation.owner is not None
    if asked.wish == "take":
        desk.announcer.person_answers(conversation.key)
        taken = modes.take_over(counted, Mode.HUMAN, None)
        return Admission(taken, EventState.IGNORED, shown, fenced=fenced, cancels=(EventState.PERSON, None))
    if asked.wish == "erase":
        told = None if conversation.opted_out else words.erased
        return Admission(
            modes.erased(counted),
            EventState.IGNORED,
            shown,
            notice=told,
            fenced=fenced,
            cancels=(EventState.DROPPED, "deleted"),
            erases=True,
        )
    return Admission(await people.given_back(desk, counted, now), EventState.IGNORED, shown)


async def obey_there(desk: Desk, key: ConversationKey, wish: Wish, now: float) -> None:
    """The owner named another conversation: taken over, or given back."""
    conversation = modes.lapse(desk[key], now)
    if wish == "give":
        desk.put(await people.given_back(desk, conversation, now))
    else:
        desk.announcer.person_answers(key)
        desk.put(modes.take_over(conversation, Mode.HUMAN, None))
        await people.cancel_open(desk, key, (EventState.PERSON, None), now)
