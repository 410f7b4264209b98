"""Contacts, on SQLite."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TypeVar

import apsw
import msgspec

from turnkeeper.model.contacts import ContactHead, ContactPlace, ContactRow, WholeContact
from turnkeeper.model.conversation import AddressRow, Conversation
from turnkeeper.model.ids import ContactId, ConversationKey, WorkspaceId
from turnkeeper.model.inbox import InboxRow
from turnkeeper.store.contacts import ContactKey
from turnkeeper.store.sqlite.inbox import row_of
from turnkeeper.store.sqlite.parts import Reads, Runs, fetched
from turnkeeper.store.sqlite.statements import DROP_FACTS, MOVE_FACTS, columns

T = TypeVar("T")

_OF = "select workspace_id, id from conversation where workspace_id = ? and contact_id = ?"
_RENAME = "update contact set name = ?3 where workspace_id = ?1 and id = ?2 returning 1"
# The inbox keeps a name until it is told another one.
_UNNAME = "update inbox set name = null, revision = revision + 1 where workspace_id = ?1 and contact_id = ?2"
_JOIN = (
    "update address set contact_id = ?3 where workspace_id = ?1 and contact_id = ?2",
    """update contact set name = coalesce(name, (select name from contact where workspace_id = ?1 and id = ?2))
  where workspace_id = ?1 and id = ?3""",
)
_DROP = "delete from contact where workspace_id = ? and id = ?"
_PART = (
    "update address set contact_id = ?4 where workspace_id = ?1 and conversation_id = ?2 and contact_id = ?3",
    "update fact set contact_id = ?4 where workspace_id = ?1 and conversation_id = ?2 and contact_id = ?3",
    """insert into consent select workspace_id, ?4, purpose, granted, source, at, conversation_id from consent
  where workspace_id = ?1 and contact_id = ?3 and (conversation_id = ?2 or not granted) on conflict do nothing""",
    "delete from consent where workspace_id = ?1 and contact_id = ?3 and conversation_id = ?2 and granted",
    """update contact set name = (select name from contact where workspace_id = ?1 and id = ?3)
  where workspace_id = ?1 and id = ?4""",
)
_NEWEST = """not exists (select 1 from inbox o where o.workspace_id = i.workspace_id and o.contact_id = i.contact_id
  and (o.last_at, o.conversation_id) > (i.last_at, i.conversation_id))"""
_PAGE = f"""select i.contact_id, i.last_at, i.conversation_id from inbox i where i.workspace_id = ?1
  and (?2 is null or (i.last_at, i.conversation_id) < (?2, ?3)) and {_NEWEST}
  order by i.last_at desc, i.conversation_id desc limit ?4"""
_TAGGED = f"""select i.contact_id, i.last_at, i.conversation_id from inbox_tag t join inbox i
    on i.workspace_id = t.workspace_id and i.conversation_id = t.conversation_id
  where t.workspace_id = ?1 and t.tag = ?5 and (?2 is null or (t.last_at, t.conversation_id) < (?2, ?3)) and {_NEWEST}
  order by t.last_at desc, t.conversation_id desc limit ?4"""
_INBOX = f"""select {columns(InboxRow)} from inbox where workspace_id = ?1
  and contact_id in (select value from json_each(?2)) order by last_at desc, conversation_id desc"""
_CONTACT = f"select {columns(ContactRow)} from contact where workspace_id = ? and id = ?"
_ADDRESSES = f"""select {columns(AddressRow)} from address where workspace_id = ? and contact_id = ?
  order by channel_id, value"""
_CONVERSATIONS = f"""select {columns(Conversation)} from conversation where workspace_id = ? and contact_id = ?
  order by contact_at desc, id"""


class SqliteContactRows(Runs):
    """The ContactRows port, over what a transaction gives."""

    @abstractmethod
    async def join_consents(self, losers: Sequence[ContactKey], winner: ContactId) -> None: ...

    async def conversations_of(self, contacts: Sequence[ContactKey]) -> list[ConversationKey]:
        return sorted(ConversationKey(*row) for contact in set(contacts) for row in self.run(_OF, contact))

    async def name_contact(self, contact: ContactKey, name: str | None) -> bool:
        if name is None:
            self.run(_UNNAME, contact)
        return bool(self.run(_RENAME, (*contact, name)))

    async def join_contact(self, loser: ContactKey, winner: ContactId) -> None:
        self.run(MOVE_FACTS, (*loser, winner))
        self.run(DROP_FACTS, loser)
        await self.join_consents([loser], winner)
        for statement in _JOIN:
            self.run(statement, (*loser, winner))
        self.run(_DROP, loser)

    async def part_contact(self, key: ConversationKey, whole: ContactId, part: ContactId) -> None:
        for statement in _PART:
            count = 4 if "?4" in statement else 3
            self.run(statement, (*key, whole, part)[:count])


class SqliteContacts(Reads):
    """What the store reads of contacts outside transactions."""

    async def contacts_page(
        self, workspace_id: WorkspaceId, tag: str | None, after: ContactPlace | None, limit: int
    ) -> list[ContactHead]:
        asked = (workspace_id, *(after or (None, None)), limit)
        found = await self._read(
            lambda at: fetched(at, _PAGE, asked) if tag is None else fetched(at, _TAGGED, (*asked, tag))
        )
        return [ContactHead(row[0], ContactPlace(row[1], row[2])) for row in found]

    async def rows_of_contacts(self, workspace_id: WorkspaceId, contacts: Sequence[ContactId]) -> list[InboxRow]:
        asked = (workspace_id, msgspec.json.encode(list(contacts)).decode())
        return [row_of(row) for row in await self._read(lambda at: fetched(at, _INBOX, asked))]

    async def whole_contact(self, workspace_id: WorkspaceId, contact_id: ContactId) -> WholeContact | None:
        asked = (workspace_id, contact_id)

        def look(at: apsw.Connection) -> WholeContact | None:
            found = fetched(at, _CONTACT, asked)
            if not found:
                return None
            return WholeContact(
                ContactRow(*found[0]),
                [AddressRow(*row) for row in fetched(at, _ADDRESSES, asked)],
                [Conversation(*row) for row in fetched(at, _CONVERSATIONS, asked)],
            )

        return await self._read(look)
