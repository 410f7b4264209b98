"""The rows of consent, on SQLite."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec.structs import astuple, replace

from turnkeeper.model.consent import Consent
from turnkeeper.model.ids import ChannelId, ContactId, ConversationId, WorkspaceId
from turnkeeper.store.consents import ContactKey
from turnkeeper.store.rows import OWN_KINDS
from turnkeeper.store.sqlite.parts import Reads, Runs
from turnkeeper.store.sqlite.statements import columns, insert

_ALL = f"select {columns(Consent)} from consent where workspace_id = ? and contact_id = ? order by purpose"
_CHANGE = (
    "granted = excluded.granted, source = excluded.source, at = excluded.at, conversation_id = excluded.conversation_id"
)
_PUT = insert("consent", Consent, f"on conflict do update set {_CHANGE} where excluded.at >= at")
_JOIN = f"""insert into consent select workspace_id, ?3, {", ".join(Consent.__struct_fields__[2:])} from consent
  where workspace_id = ?1 and contact_id = ?2
  on conflict do update set {_CHANGE}
  where excluded.granted < granted or excluded.granted = granted and excluded.at > at"""
_DROP = "delete from consent where workspace_id = ? and contact_id = ?"
_CATEGORY = "select category from template where workspace_id = ? and channel_id = ? and name = ? and language = ?"
_ANSWERS = f"""select 1 from turn t join event e on e.workspace_id = t.workspace_id
    and e.conversation_id = t.conversation_id and e.seq between t.seq_from and t.seq_to and +e.turn_no = t.no
  where t.workspace_id = ? and t.conversation_id = ? and t.no = ?
    and not e.from_me and e.kind not in ({OWN_KINDS}, 'system') limit 1"""


def found(rows: Iterable[Sequence[Any]]) -> list[Consent]:
    """Records as they are read."""
    return [replace(each, granted=bool(each.granted)) for each in (Consent(*row) for row in rows)]


class SqliteConsentRows(Runs):
    """The ConsentRows port, over what a transaction gives."""

    async def consents(self, contacts: Iterable[ContactKey]) -> dict[ContactKey, list[Consent]]:
        read = {key: found(self.run(_ALL, key)) for key in contacts}
        return {key: records for key, records in read.items() if records}

    async def put_consents(self, rows: Sequence[Consent]) -> None:
        for row in rows:
            self.run(_PUT, astuple(row))

    async def join_consents(self, losers: Sequence[ContactKey], winner: ContactId) -> None:
        for key in losers:
            if key[1] != winner:
                self.run(_JOIN, (*key, winner))
                self.run(_DROP, key)

    async def template_category(
        self, workspace_id: WorkspaceId, channel_id: ChannelId, name: str, language: str
    ) -> str | None:
        rows = self.run(_CATEGORY, (workspace_id, channel_id, name, language))
        return rows[0][0] if rows else None

    async def answers_contact(self, turn: tuple[WorkspaceId, ConversationId, int]) -> bool:
        return bool(self.run(_ANSWERS, turn))


class SqliteConsents(Reads):
    """What the store reads of consent outside transactions."""

    async def consents(self, workspace_id: WorkspaceId, contact_id: ContactId) -> list[Consent]:
        return found(self._glance(lambda at: at.execute(_ALL, (workspace_id, contact_id)).fetchall()))
