"""The rows of templates, on SQLite."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from msgspec.structs import astuple

from turnkeeper.model.ids import ChannelId, WorkspaceId
from turnkeeper.model.templates import TemplateNews, TemplateRow, TemplateSync
from turnkeeper.store.channels import ChannelKey
from turnkeeper.store.sqlite.parts import Reads, fetched
from turnkeeper.store.sqlite.rows import SqliteRows
from turnkeeper.store.sqlite.statements import columns, insert
from turnkeeper.store.templates import SOON

T = TypeVar("T")

_ALL = f"""select {columns(TemplateRow)} from template where workspace_id = ? and channel_id = ?
  order by name, language"""
_ONE = f"""select {columns(TemplateRow)} from template
  where workspace_id = ? and channel_id = ? and name = ? and language = ?"""
_SYNCS = f"select {columns(TemplateSync)} from template_sync order by workspace_id, channel_id"
_NEW = "insert into template_sync (workspace_id, channel_id, look_at) values (?, ?, ?) on conflict do nothing"
_DUE = f"""update template_sync set look_at = ?4 where workspace_id = ?1 and channel_id = ?2 and look_at <= ?3
  returning {columns(TemplateSync)}"""
_DROP = "delete from template where workspace_id = ? and channel_id = ?"
_PUT = insert(
    "template",
    TemplateRow,
    "on conflict do update set "
    + ", ".join(f"{field} = excluded.{field}" for field in TemplateRow.__struct_fields__[4:]),
)
_LATER = "look_at = iif(look_at = ?3, ?4, look_at)"
_SYNCED = f"""update template_sync set synced_at = ?5, problem = null, {_LATER}
  where workspace_id = ?1 and channel_id = ?2"""
_NOT_HAD = f"update template_sync set problem = ?5, {_LATER} where workspace_id = ?1 and channel_id = ?2"
_TELL = """update template set status = coalesce(?3, status), quality = coalesce(?4, quality),
    category = coalesce(?5, category), reason = iif(?6 is null, reason, nullif(?6, ''))
  where workspace_id = ?1 and external_id = ?2 returning channel_id"""
_SOON = (
    "update template_sync set look_at = min(look_at, ?3) where workspace_id = ?1 and (?2 is null or channel_id = ?2)"
)


class SqliteTemplates(Reads):
    """The TemplateRecords port, over what the store gives."""

    @abstractmethod
    async def _alone(self, script: Callable[[SqliteRows], Coroutine[Any, Any, T]]) -> T: ...

    async def templates(self, workspace_id: WorkspaceId, channel_id: ChannelId) -> list[TemplateRow]:
        return [TemplateRow(*row) for row in self._glance(lambda at: fetched(at, _ALL, (workspace_id, channel_id)))]

    async def template(
        self, workspace_id: WorkspaceId, channel_id: ChannelId, name: str, language: str
    ) -> TemplateRow | None:
        found = self._glance(lambda at: fetched(at, _ONE, (workspace_id, channel_id, name, language)))
        return TemplateRow(*found[0]) if found else None

    async def template_syncs(self) -> list[TemplateSync]:
        return [TemplateSync(*row) for row in await self._read(lambda at: fetched(at, _SYNCS))]

    async def templates_due(self, channels: Sequence[ChannelKey], now: float, until: float) -> list[TemplateSync]:
        async def due(rows: SqliteRows) -> list[TemplateSync]:
            for key in channels:
                rows.run(_NEW, (*key, now))
            return [TemplateSync(*row) for key in channels for row in rows.run(_DUE, (*key, now, until))]

        return await self._alone(due)

    async def put_templates(self, due: TemplateSync, rows: Sequence[TemplateRow], now: float, again_at: float) -> None:
        async def put(at: SqliteRows) -> None:
            at.run(_DROP, (due.workspace_id, due.channel_id))
            for row in rows:
                at.run(_PUT, astuple(row))
            at.run(_SYNCED, (due.workspace_id, due.channel_id, due.look_at, again_at, now))

        await self._alone(put)

    async def templates_not_had(self, due: TemplateSync, problem: str, again_at: float) -> None:
        async def put(at: SqliteRows) -> None:
            at.run(_NOT_HAD, (due.workspace_id, due.channel_id, due.look_at, again_at, problem))

        await self._alone(put)

    async def put_template(self, row: TemplateRow) -> None:
        async def put(at: SqliteRows) -> None:
            at.run(_PUT, astuple(row))

        await self._alone(put)

    async def tell_template(self, news: TemplateNews) -> int:
        told = news.report

        async def tell(at: SqliteRows) -> int:
            values = (told.status, told.quality, told.category, told.reason)
            found = at.run(_TELL, (news.workspace_id, told.external_id, *values))
            for channel in [row[0] for row in found] or [None]:
                at.run(_SOON, (news.workspace_id, channel, news.received_at + SOON))
            return len(found)

        return await self._alone(tell)
