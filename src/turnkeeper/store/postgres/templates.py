"""The rows of templates, on PostgreSQL."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from msgspec.structs import astuple

from turnkeeper.model.ids import ChannelId, WorkspaceId
from turnkeeper.model.templates import TemplateNews, TemplateRow, TemplateSync
from turnkeeper.store.channels import ChannelKey
from turnkeeper.store.postgres.characters import without_nul
from turnkeeper.store.postgres.parts import Reads
from turnkeeper.store.postgres.rows import PostgresRows
from turnkeeper.store.postgres.statements import columns
from turnkeeper.store.templates import SOON

T = TypeVar("T")

_ALL = f"""select {columns(TemplateRow)} from template where workspace_id = $1 and channel_id = $2
  order by name, language"""
_ONE = f"""select {columns(TemplateRow)} from template
  where workspace_id = $1 and channel_id = $2 and name = $3 and language = $4"""
_SYNCS = f"select {columns(TemplateSync)} from template_sync order by workspace_id, channel_id"
_NEW = """insert into template_sync (workspace_id, channel_id, look_at) select k.w, k.c, $3
  from unnest($1::text[], $2::text[]) as k(w, c) on conflict (workspace_id, channel_id) do nothing"""
_DUE = f"""update template_sync set look_at = $4 where ctid = any(array(
    select r.ctid from unnest($1::text[], $2::text[]) as k(w, c)
    cross join lateral (select ctid from template_sync r
      where r.workspace_id = k.w and r.channel_id = k.c and r.look_at <= $3 for update skip locked) r
  )) returning {columns(TemplateSync)}"""
_MINE = "where workspace_id = $1 and channel_id = $2"
_DROP = f"delete from template {_MINE}"
_MARKS = ", ".join(f"${place}" for place, _ in enumerate(TemplateRow.__struct_fields__, 1))
_CHANGES = ", ".join(f"{field} = excluded.{field}" for field in TemplateRow.__struct_fields__[4:])
_PUT = f"""insert into template ({columns(TemplateRow)}) values ({_MARKS})
  on conflict (workspace_id, channel_id, name, language) do update set {_CHANGES}"""
_LATER = "look_at = case when look_at = $3 then $4 else look_at end"
_SYNCED = f"update template_sync set synced_at = $5, problem = null, {_LATER} {_MINE}"
_NOT_HAD = f"update template_sync set problem = $5, {_LATER} {_MINE}"
_TELL = """update template set status = coalesce($3, status), quality = coalesce($4, quality),
    category = coalesce($5, category), reason = case when $6::text is null then reason else nullif($6, '') end
  where workspace_id = $1 and external_id = $2 returning channel_id"""
_SOON = """update template_sync set look_at = least(look_at, $3)
  where workspace_id = $1 and ($2::text[] = '{}' or channel_id = any($2))"""


class PostgresTemplates(Reads):
    """The TemplateRecords port, over what the store gives."""

    @abstractmethod
    async def _alone(self, script: Callable[[PostgresRows], Coroutine[Any, Any, T]]) -> T: ...

    async def templates(self, workspace_id: WorkspaceId, channel_id: ChannelId) -> list[TemplateRow]:
        return [TemplateRow(*row) for row in await self._read(lambda at: at.fetch(_ALL, workspace_id, channel_id))]

    async def template(
        self, workspace_id: WorkspaceId, channel_id: ChannelId, name: str, language: str
    ) -> TemplateRow | None:
        wanted = without_nul((name, language))
        found = await self._read(lambda at: at.fetchrow(_ONE, workspace_id, channel_id, *wanted))
        return None if found is None else TemplateRow(*found)

    async def template_syncs(self) -> list[TemplateSync]:
        return [TemplateSync(*row) for row in await self._read(lambda at: at.fetch(_SYNCS))]

    async def templates_due(self, channels: Sequence[ChannelKey], now: float, until: float) -> list[TemplateSync]:
        if not channels:
            return []
        named = [list(each) for each in zip(*sorted(channels), strict=True)]

        async def due(rows: PostgresRows) -> list[TemplateSync]:
            await rows.run(_NEW, *named, now)
            return [TemplateSync(*row) for row in await rows.run(_DUE, *named, now, until)]

        return await self._alone(due)

    async def put_templates(self, due: TemplateSync, rows: Sequence[TemplateRow], now: float, again_at: float) -> None:
        kept = without_nul(list(rows))

        async def put(at: PostgresRows) -> None:
            # First, so that two who put the same channel's wait for each other here.
            await at.run(_SYNCED, due.workspace_id, due.channel_id, due.look_at, again_at, now)
            await at.run(_DROP, due.workspace_id, due.channel_id)
            for row in kept:
                await at.run(_PUT, *astuple(row))

        await self._alone(put)

    async def templates_not_had(self, due: TemplateSync, problem: str, again_at: float) -> None:
        why = without_nul(problem)

        async def put(at: PostgresRows) -> None:
            await at.run(_NOT_HAD, due.workspace_id, due.channel_id, due.look_at, again_at, why)

        await self._alone(put)

    async def put_template(self, row: TemplateRow) -> None:
        kept = without_nul(row)

        async def put(at: PostgresRows) -> None:
            await at.run(_PUT, *astuple(kept))

        await self._alone(put)

    async def tell_template(self, news: TemplateNews) -> int:
        told = without_nul(news.report)

        async def tell(at: PostgresRows) -> int:
            values = (told.status, told.quality, told.category, told.reason)
            found = await at.run(_TELL, news.workspace_id, told.external_id, *values)
            await at.run(_SOON, news.workspace_id, [row[0] for row in found], news.received_at + SOON)
            return len(found)

        return await self._alone(tell)
