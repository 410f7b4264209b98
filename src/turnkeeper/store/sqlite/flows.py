"""The rows of flows, on SQLite."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, TypeVar

from turnkeeper.model.flows import Counted, FlowCount, FlowDraft, FlowHead, FlowKey, FlowVersion, VersionHead
from turnkeeper.model.ids import BotId, WorkspaceId
from turnkeeper.store.flows import CountKey
from turnkeeper.store.sqlite.parts import Reads, Runs, fetched
from turnkeeper.store.sqlite.statements import columns

T = TypeVar("T")

_KEY = "workspace_id = ?1 and bot_id = ?2 and name = ?3"
_FLOWS = f"""select {columns(FlowHead)} from flow where workspace_id = ?1 and (?2 is null or bot_id = ?2)
  order by name, bot_id"""
_FLOW = f"select {columns(FlowDraft)} from flow where {_KEY}"
_ADD = f"""insert into flow ({columns(FlowDraft)}) values (?1, ?2, ?3, 1, ?5, ?6, null, ?4)
  on conflict do nothing returning {columns(FlowDraft)}"""
_PUT = f"""update flow set document = ?4, revision = revision + 1, changed_at = ?5, changed_by = ?6
  where {_KEY} and revision = ?7 returning {columns(FlowDraft)}"""
_DROP = f"delete from flow where {_KEY} and published is null returning 1"
_NEXT = f"""insert into flow_version ({columns(FlowVersion)})
  select workspace_id, bot_id, name,
    1 + coalesce((select max(version) from flow_version where {_KEY}), 0), ?5, ?6, ?7, ?8, document
  from flow where {_KEY} and revision = ?4 returning {columns(FlowVersion)}"""
_SHOW = f"update flow set published = ?4 where {_KEY} returning 1"
_VERSIONS = f"select {columns(VersionHead)} from flow_version where {_KEY} order by version desc"
_VERSION = f"select {columns(FlowVersion)} from flow_version where {_KEY} and version = ?4"
_THERE = f"select 1 from flow_version where {_KEY} and version = ?4"
_PUBLISHED = f"""select {columns(FlowHead)} from flow where published is not null
  order by workspace_id, bot_id, name"""
_COUNTS = """select flow, version, node, exit, sum(times) from flow_count
  where workspace_id = ?1 and bot_id = ?2 and (?3 is null or flow = ?3)
  group by flow, version, node, exit order by flow, version, node, exit"""
_ADD_COUNT = """insert into flow_count (workspace_id, bot_id, flow, version, node, exit, stripe, times)
  values (?, ?, ?, ?, ?, ?, 0, ?) on conflict do update set times = times + excluded.times"""


class SqliteFlowRows(Runs):
    """The FlowRows port, over what a transaction gives. One writer at a time: one stripe does."""

    async def add_counts(self, counts: Mapping[CountKey, int]) -> None:
        for (workspace_id, bot_id, counted), times in counts.items():
            self.run(_ADD_COUNT, (workspace_id, bot_id, *counted, times))


class SqliteFlows(Reads):
    """The FlowRecords port, over what the store gives."""

    @abstractmethod
    async def _alone(self, script: Callable[[SqliteFlowRows], Coroutine[Any, Any, T]]) -> T: ...

    async def flows(self, workspace_id: WorkspaceId, bot_id: BotId | None = None) -> list[FlowHead]:
        return [FlowHead(*row) for row in await self._read(lambda at: fetched(at, _FLOWS, (workspace_id, bot_id)))]

    async def flow(self, key: FlowKey) -> FlowDraft | None:
        found = await self._read(lambda at: fetched(at, _FLOW, key))
        return FlowDraft(*found[0]) if found else None

    async def put_flow(
        self, key: FlowKey, document: bytes, expected: int | None, by: str, now: float
    ) -> FlowDraft | None:
        async def put(rows: SqliteFlowRows) -> FlowDraft | None:
            given = (*key, document, now, by)
            found = rows.run(_ADD, given) if expected is None else rows.run(_PUT, (*given, expected))
            return FlowDraft(*found[0]) if found else None

        return await self._alone(put)

    async def drop_flow(self, key: FlowKey) -> bool:
        async def drop(rows: SqliteFlowRows) -> bool:
            return bool(rows.run(_DROP, key))

        return await self._alone(drop)

    async def publish_flow(
        self, key: FlowKey, revision: int, mapping: bytes, note: str, by: str, now: float
    ) -> FlowVersion | None:
        async def publish(rows: SqliteFlowRows) -> FlowVersion | None:
            found = rows.run(_NEXT, (*key, revision, now, by, note, mapping))
            if not found:
                return None
            version = FlowVersion(*found[0])
            rows.run(_SHOW, (*key, version.version))
            return version

        return await self._alone(publish)

    async def show_flow(self, key: FlowKey, version: int | None) -> bool:
        async def show(rows: SqliteFlowRows) -> bool:
            if version is not None and not rows.run(_THERE, (*key, version)):
                return False
            return bool(rows.run(_SHOW, (*key, version)))

        return await self._alone(show)

    async def flow_versions(self, key: FlowKey) -> list[VersionHead]:
        return [VersionHead(*row) for row in await self._read(lambda at: fetched(at, _VERSIONS, key))]

    async def flow_version(self, key: FlowKey, version: int) -> FlowVersion | None:
        found = await self._read(lambda at: fetched(at, _VERSION, (*key, version)))
        return FlowVersion(*found[0]) if found else None

    async def published_flows(self) -> Sequence[FlowHead]:
        return [FlowHead(*row) for row in self._glance(lambda at: fetched(at, _PUBLISHED))]

    async def flow_counts(self, workspace_id: WorkspaceId, bot_id: BotId, name: str | None = None) -> list[FlowCount]:
        found = await self._read(lambda at: fetched(at, _COUNTS, (workspace_id, bot_id, name)))
        return [FlowCount(Counted(*row[:4]), row[4]) for row in found]
