"""Whose event is it? Addresses lead to conversations; contacts merge, conversations do not."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from turnkeeper.model.conversation import AddressRow, Conversation, EventState, Mode
from turnkeeper.model.ids import ConversationKey, contact_id_for, conversation_id_for
from turnkeeper.rules import mailbox, modes
from turnkeeper.rules.groups import PREFIX
from turnkeeper.store.base import Arrival
from turnkeeper.store.rows import AddressKey, Rows
from turnkeeper.store.transactions import people
from turnkeeper.store.transactions.desk import Desk


class Contacts:
    """Finds or makes the conversation of each arrival, and joins people who turn out to be one."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._merges: list[tuple[AddressRow, list[ConversationKey], float]] = []
        self._made: dict[ConversationKey, Conversation] = {}
        self._names: dict[ConversationKey, tuple[str | None, float]] = {}
        self._added: dict[AddressKey, AddressRow] = {}
        self.merged: set[ConversationKey] = set()

    async def resolve(self, arrivals: Sequence[Arrival]) -> list[ConversationKey]:
        """The conversation of each arrival, made where there is none."""
        wanted = {key for arrival in arrivals for key in _keys(arrival)}
        known = await self._rows.addresses(wanted) if wanted else {}
        keys: list[ConversationKey] = []
        for arrival in arrivals:
            found = [known[key] for key in _keys(arrival) if key in known]
            home = await self._home(arrival, found, known) if found else _new_home(arrival)
            key = ConversationKey(home.workspace_id, home.conversation_id)
            if not found:
                self._made[key] = _new_conversation(arrival, home)
                name = None if home.value.startswith(PREFIX) else arrival.event.sender_name
                self._names[key] = (name, arrival.received_at)
            for address in _keys(arrival):
                if address not in known:
                    row = AddressRow(*address, home.conversation_id, home.contact_id)
                    known[address] = self._added[address] = row
            keys.append(key)
        await self._add()
        return keys

    async def _add(self) -> None:
        """Write who is new so far."""
        made, names, added = self._made, self._names, self._added
        self._made, self._names, self._added = {}, {}, {}
        if made:
            await self._rows.create([made[key] for key in sorted(made)])
            await self._rows.add_contacts(
                [(key.workspace_id, made[key].contact_id, *names[key]) for key in sorted(made)]
            )
        if added:
            await self._rows.add_addresses([added[key] for key in sorted(added)])

    async def _home(self, arrival: Arrival, found: list[AddressRow], known: dict[AddressKey, AddressRow]) -> AddressRow:
        """One conversation, unless two people turn out to be one: then the one with unfinished work, or the latest."""
        homes = {row.conversation_id: row for row in found}
        if len(homes) == 1:
            return found[0]
        await self._add()
        keys = sorted(ConversationKey(row.workspace_id, row.conversation_id) for row in homes.values())
        candidates = await self._rows.lock(keys)
        winner = max((candidates[key] for key in keys if key in candidates), key=_claim_on_the_thread)
        row = homes[winner.id]
        self._merges.append((row, [key for key in keys if key != winner.key], arrival.received_at))
        self.merged.update(keys)
        losers = [key for key in keys if key != winner.key]
        await self._rows.repoint(losers, row)
        for address, old in list(known.items()):
            if ConversationKey(old.workspace_id, old.conversation_id) in losers:
                known[address] = AddressRow(*address, row.conversation_id, row.contact_id)
        return row

    async def join(self, desk: Desk) -> None:
        """After the lock: who is answered by a human in one thread, or opted out of it, is so in the joined one."""
        for row, losers, now in self._merges:
            winner = desk[ConversationKey(row.workspace_id, row.conversation_id)]
            others = [modes.lapse(desk[key], now) for key in losers if desk.get(key) is not None]
            if any(other.opted_out for other in others):
                winner = desk.put(replace(winner, opted_out=True))
            humans = [other for other in others if other.mode == Mode.HUMAN]
            if humans and winner.mode != Mode.HUMAN:
                desk.put(modes.take_over(winner, Mode.HUMAN, humans[0].mode_until))
                await people.cancel_open(desk, winner.key, (EventState.PERSON, None), now)


def _claim_on_the_thread(conversation: Conversation) -> tuple[bool, float, str]:
    unfinished = not mailbox.nothing_open(conversation) or conversation.unsent > 0
    return (unfinished, conversation.contact_at or 0.0, conversation.id)


def _keys(arrival: Arrival) -> list[AddressKey]:
    channel = arrival.channel
    return [(channel.workspace_id, channel.id, address) for address in arrival.event.addresses]


def _new_home(arrival: Arrival) -> AddressRow:
    channel = arrival.channel
    first = arrival.event.addresses[0]
    return AddressRow(
        channel.workspace_id,
        channel.id,
        first,
        conversation_id_for(channel.workspace_id, channel.id, first, arrival.received_at),
        contact_id_for(channel.workspace_id, channel.id, first, arrival.received_at),
    )


def _new_conversation(arrival: Arrival, home: AddressRow) -> Conversation:
    return Conversation(
        home.workspace_id,
        home.conversation_id,
        home.channel_id,
        home.contact_id,
        addresses="\n".join(arrival.event.addresses),
    )
