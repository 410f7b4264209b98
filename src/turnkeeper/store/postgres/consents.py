"""The rows of consent, on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import astuple

from turnkeeper.model.consent import Consent
from turnkeeper.model.ids import ChannelId, ContactId, ConversationId, WorkspaceId
from turnkeeper.store.consents import ContactKey
from turnkeeper.store.postgres.parts import Reads, Runs
from turnkeeper.store.postgres.statements import columns
from turnkeeper.store.rows import OWN_KINDS

_LISTED = columns(Consent)
_ALL = f"select {_LISTED} from consent where workspace_id = $1 and contact_id = $2 order by purpose"
_OF = f"""select {columns(Consent, "r")} from unnest($1::text[], $2::text[]) as k(w, c)
  cross join lateral (
    select * from consent r where r.workspace_id = k.w and r.contact_id = k.c order by purpose offset 0
  ) r"""
_CHANGE = (
    "granted = excluded.granted, source = excluded.source, at = excluded.at, conversation_id = excluded.conversation_id"
)
_CONFLICT = "on conflict (workspace_id, contact_id, purpose) do update set"
_PUT = f"""insert into consent ({_LISTED}) values ($1, $2, $3, $4, $5, $6, $7)
  {_CONFLICT} {_CHANGE} where excluded.at >= consent.at"""
_JOIN = f"""insert into consent ({_LISTED}) select workspace_id, $3, {", ".join(Consent.__struct_fields__[2:])}
    from consent where workspace_id = $1 and contact_id = $2
  {_CONFLICT} {_CHANGE}
  where excluded.granted < consent.granted or excluded.granted = consent.granted and excluded.at > consent.at"""
_DROP = "delete from consent where workspace_id = $1 and contact_id = $2"
_CATEGORY = "select category from template where workspace_id = $1 and channel_id = $2 and name = $3 and language = $4"
_ANSWERS = f"""select 1 from turn t join event e on e.workspace_id = t.workspace_id
    and e.conversation_id = t.conversation_id and e.seq between t.seq_from and t.seq_to and e.turn_no = t.no
  where t.workspace_id = $1 and t.conversation_id = $2 and t.no = $3
    and not e.from_me and e.kind not in ({OWN_KINDS}, 'system') limit 1"""


class PostgresConsentRows(Runs):
    """The ConsentRows port, over what a transaction gives."""

    async def consents(self, contacts: Iterable[ContactKey]) -> dict[ContactKey, list[Consent]]:
        wanted = sorted(set(contacts))
        if not wanted:
            return {}
        found: dict[ContactKey, list[Consent]] = {}
        for row in await self.run(_OF, *(list(each) for each in zip(*wanted, strict=True))):
            each = Consent(*row)
            found.setdefault((each.workspace_id, each.contact_id), []).append(each)
        return found

    async def put_consents(self, rows: Sequence[Consent]) -> None:
        for row in rows:
            await self.run(_PUT, *astuple(row))

    async def join_consents(self, losers: Sequence[ContactKey], winner: ContactId) -> None:
        for key in losers:
            if key[1] != winner:
                await self.run(_JOIN, *key, winner)
                await self.run(_DROP, *key)

    async def template_category(
        self, workspace_id: WorkspaceId, channel_id: ChannelId, name: str, language: str
    ) -> str | None:
        rows = await self.run(_CATEGORY, workspace_id, channel_id, name, language)
        return rows[0][0] if rows else None

    async def answers_contact(self, turn: tuple[WorkspaceId, ConversationId, int]) -> bool:
        return bool(await self.run(_ANSWERS, *turn))


class PostgresConsents(Reads):
    """What the store reads of consent outside transactions."""

    async def consents(self, workspace_id: WorkspaceId, contact_id: ContactId) -> list[Consent]:
        return [Consent(*row) for row in await self._read(lambda at: at.fetch(_ALL, workspace_id, contact_id))]
