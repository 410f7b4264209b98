"""Contacts, on PostgreSQL."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING

from turnkeeper.model.contacts import ContactHead, ContactPlace, ContactRow, WholeContact
from turnkeeper.model.conversation import AddressRow, Conversation
from turnkeeper.model.ids import ContactId, ConversationKey, WorkspaceId
from turnkeeper.model.inbox import InboxRow
from turnkeeper.store.contacts import ContactKey
from turnkeeper.store.postgres.inbox import row_of
from turnkeeper.store.postgres.parts import Runs
from turnkeeper.store.postgres.statements import columns
from turnkeeper.store.postgres.tenant import Tenants

if TYPE_CHECKING:
    from turnkeeper.store.postgres.pooled import PooledConnection

_CONTACTS = r"workspace_id || e'\x1f' || contact_id = $1::text || e'\x1f' || $2::text"
_OF = r"""select c.workspace_id, c.id from unnest($1::text[], $2::text[]) as k(w, o)
  cross join lateral (
    select workspace_id, id from conversation r
    where r.workspace_id || e'\x1f' || r.contact_id = k.w || e'\x1f' || k.o offset 0
  ) c"""
_RENAME = "update contact set name = $3 where workspace_id = $1 and id = $2 returning 1"
# The inbox keeps a name until it is told another one.
_UNNAME = "update inbox set name = null, revision = revision + 1 where workspace_id = $1 and contact_id = $2"
_JOIN = (
    f"update address set contact_id = $3 where {_CONTACTS}",
    """update contact set name = coalesce(name, (select name from contact where workspace_id = $1 and id = $2))
  where workspace_id = $1 and id = $3""",
)
_DROP = "delete from contact where workspace_id = $1 and id = $2"
_PART = (
    "update address set contact_id = $4 where workspace_id = $1 and conversation_id = $2 and contact_id = $3",
    "update fact set contact_id = $4 where workspace_id = $1 and conversation_id = $2 and contact_id = $3",
    """insert into consent select workspace_id, $4, purpose, granted, source, at, conversation_id from consent
  where workspace_id = $1 and contact_id = $3 and (conversation_id = $2 or not granted) on conflict do nothing""",
    """update contact set name = (select name from contact where workspace_id = $1 and id = $3)
  where workspace_id = $1 and id = $4 and $2::text <> ''""",
)
_PART_GIVEN = "delete from consent where workspace_id = $1 and contact_id = $3 and conversation_id = $2 and granted"
_NEWEST = """not exists (select 1 from inbox o where o.workspace_id = i.workspace_id and o.contact_id = i.contact_id
  and (o.last_at, o.conversation_id) > (i.last_at, i.conversation_id))"""
_BEFORE = "($2::double precision is null or ({0}.last_at, {0}.conversation_id) < ($2, $3::text))"
_PAGE = f"""select i.contact_id, i.last_at, i.conversation_id from inbox i where i.workspace_id = $1
  and {_BEFORE.format("i")} and {_NEWEST} order by i.last_at desc, i.conversation_id desc limit $4"""
_TAGGED = f"""select i.contact_id, i.last_at, i.conversation_id from inbox_tag t join inbox i
    on i.workspace_id = t.workspace_id and i.conversation_id = t.conversation_id
  where t.workspace_id = $1 and t.tag = $5 and {_BEFORE.format("t")} and {_NEWEST}
  order by t.last_at desc, t.conversation_id desc limit $4"""
_INBOX = f"""select {columns(InboxRow)} from inbox where workspace_id = $1 and contact_id = any($2::text[])
  order by last_at desc, conversation_id desc"""
_CONTACT = f"select {columns(ContactRow)} from contact where workspace_id = $1 and id = $2"
_ADDRESSES = f"""select {columns(AddressRow)} from address where {_CONTACTS}
  order by channel_id, value"""
_CONVERSATIONS = f"""select {columns(Conversation)} from conversation where {_CONTACTS}
  order by contact_at desc nulls last, id"""


class PostgresContactRows(Runs):
    """The ContactRows port, over what a transaction gives."""

    @abstractmethod
    async def join_facts(self, losers: Sequence[ContactKey], winner: ContactId) -> None: ...

    async def conversations_of(self, contacts: Sequence[ContactKey]) -> list[ConversationKey]:
        wanted = sorted(set(contacts))
        found = await self.run(_OF, *(list(each) for each in zip(*wanted, strict=True))) if wanted else []
        return sorted(ConversationKey(*row) for row in found)

    async def name_contact(self, contact: ContactKey, name: str | None) -> bool:
        if name is None:
            await self.run(_UNNAME, *contact)
        return bool(await self.run(_RENAME, *contact, name))

    async def join_contact(self, loser: ContactKey, winner: ContactId) -> None:
        await self.join_facts([loser], winner)
        for statement in _JOIN:
            await self.run(statement, *loser, winner)
        await self.run(_DROP, *loser)

    async def part_contact(self, key: ConversationKey, whole: ContactId, part: ContactId) -> None:
        for statement in _PART:
            await self.run(statement, *key, whole, part)
        await self.run(_PART_GIVEN, *key, whole)


class PostgresContacts(Tenants):
    """What the store reads of contacts outside transactions."""

    async def contacts_page(
        self, workspace_id: WorkspaceId, tag: str | None, after: ContactPlace | None, limit: int
    ) -> list[ContactHead]:
        asked = (workspace_id, *(after or (None, None)), limit)

        async def look(at: PooledConnection) -> list[ContactHead]:
            found = await (at.fetch(_PAGE, *asked) if tag is None else at.fetch(_TAGGED, *asked, tag))
            return [ContactHead(row[0], ContactPlace(row[1], row[2])) for row in found]

        return await self._as_tenant(workspace_id, look)

    async def rows_of_contacts(self, workspace_id: WorkspaceId, contacts: Sequence[ContactId]) -> list[InboxRow]:
        async def look(at: PooledConnection) -> list[InboxRow]:
            return [row_of(tuple(row)) for row in await at.fetch(_INBOX, workspace_id, list(contacts))]

        return await self._as_tenant(workspace_id, look)

    async def whole_contact(self, workspace_id: WorkspaceId, contact_id: ContactId) -> WholeContact | None:
        async def look(at: PooledConnection) -> WholeContact | None:
            found = await at.fetchrow(_CONTACT, workspace_id, contact_id)
            if found is None:
                return None
            return WholeContact(
                ContactRow(*found),
                [AddressRow(*row) for row in await at.fetch(_ADDRESSES, workspace_id, contact_id)],
                [Conversation(*row) for row in await at.fetch(_CONVERSATIONS, workspace_id, contact_id)],
            )

        return await self._as_tenant(workspace_id, look)
