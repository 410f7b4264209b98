"""The rows of flows, on PostgreSQL."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, TypeVar

from turnkeeper.model.flows import Counted, FlowCount, FlowDraft, FlowHead, FlowKey, FlowVersion, VersionHead
from turnkeeper.model.ids import BotId, WorkspaceId
from turnkeeper.store.flows import STRIPES, CountKey
from turnkeeper.store.postgres.characters import without_nul
from turnkeeper.store.postgres.parts import Reads, Runs
from turnkeeper.store.postgres.statements import columns

T = TypeVar("T")

_KEY = "workspace_id = $1 and bot_id = $2 and name = $3"
_FLOWS = f"""select {columns(FlowHead)} from flow where workspace_id = $1 and ($2::text is null or bot_id = $2)
  order by name, bot_id"""
_FLOW = f"select {columns(FlowDraft)} from flow where {_KEY}"
_ADD = f"""insert into flow ({columns(FlowDraft)}) values ($1, $2, $3, 1, $5, $6, null, $4)
  on conflict (workspace_id, bot_id, name) do nothing returning {columns(FlowDraft)}"""
_PUT = f"""update flow set document = $4, revision = revision + 1, changed_at = $5, changed_by = $6
  where {_KEY} and revision = $7 returning {columns(FlowDraft)}"""
_DROP = f"delete from flow where {_KEY} and published is null returning 1"
# Whoever publishes waits for the flow's row first: a statement after that sees every version that there is.
_LOCK = f"select 1 from flow where {_KEY} and revision = $4 for update"
_NEXT = f"""insert into flow_version ({columns(FlowVersion)})
  select workspace_id, bot_id, name,
    1 + coalesce((select max(version) from flow_version where {_KEY}), 0),
    $4::double precision, $5::text, $6::text, $7::bytea, document
  from flow where {_KEY} returning {columns(FlowVersion)}"""
_SHOW = f"update flow set published = $4::integer where {_KEY} returning 1"
_VERSIONS = f"select {columns(VersionHead)} from flow_version where {_KEY} order by version desc"
_VERSION = f"select {columns(FlowVersion)} from flow_version where {_KEY} and version = $4"
_THERE = f"select 1 from flow_version where {_KEY} and version = $4"
_PUBLISHED = f"""select {columns(FlowHead)} from flow where published is not null
  order by workspace_id, bot_id, name"""
_COUNTS = """select flow, version, node, exit, sum(times)::bigint from flow_count
  where workspace_id = $1 and bot_id = $2 and ($3::text is null or flow = $3)
  group by flow, version, node, exit order by flow, version, node, exit"""
# Each connection has a stripe, so that the transactions of two wait for each other only if theirs is the same.
_ADD_COUNTS = f"""insert into flow_count (workspace_id, bot_id, flow, version, node, exit, stripe, times)
  select w, b, f, v, n, e, pg_backend_pid() % {STRIPES}, t
  from unnest($1::text[], $2::text[], $3::text[], $4::integer[], $5::text[], $6::text[], $7::bigint[])
    as k(w, b, f, v, n, e, t)
  on conflict (workspace_id, bot_id, flow, version, node, exit, stripe)
    do update set times = flow_count.times + excluded.times"""


class PostgresFlowRows(Runs):
    """The FlowRows port, over what a transaction gives."""

    async def add_counts(self, counts: Mapping[CountKey, int]) -> None:
        """In order of their keys, for other turns add to the same."""
        rows = [(*key[:2], *key[2], counts[key]) for key in sorted(counts)]
        if rows:
            await self.run(_ADD_COUNTS, *(list(each) for each in zip(*rows, strict=True)))


class PostgresFlows(Reads):
    """The FlowRecords port, over what the store gives."""

    @abstractmethod
    async def _alone(self, script: Callable[[PostgresFlowRows], Coroutine[Any, Any, T]]) -> T: ...

    async def flows(self, workspace_id: WorkspaceId, bot_id: BotId | None = None) -> list[FlowHead]:
        asked = without_nul((workspace_id, bot_id))
        return [FlowHead(*row) for row in await self._read(lambda at: at.fetch(_FLOWS, *asked))]

    async def flow(self, key: FlowKey) -> FlowDraft | None:
        found = await self._read(lambda at: at.fetchrow(_FLOW, *without_nul(key)))
        return None if found is None else FlowDraft(*found)

    async def put_flow(
        self, key: FlowKey, document: bytes, expected: int | None, by: str, now: float
    ) -> FlowDraft | None:
        given = (*without_nul(key), document, now, by)

        async def put(rows: PostgresFlowRows) -> FlowDraft | None:
            found = await (rows.run(_ADD, *given) if expected is None else rows.run(_PUT, *given, expected))
            return FlowDraft(*found[0]) if found else None

        return await self._alone(put)

    async def drop_flow(self, key: FlowKey) -> bool:
        async def drop(rows: PostgresFlowRows) -> bool:
            return bool(await rows.run(_DROP, *without_nul(key)))

        return await self._alone(drop)

    async def publish_flow(
        self, key: FlowKey, revision: int, mapping: bytes, note: str, by: str, now: float
    ) -> FlowVersion | None:
        named = without_nul(key)

        async def publish(rows: PostgresFlowRows) -> FlowVersion | None:
            if not await rows.run(_LOCK, *named, revision):
                return None
            version = FlowVersion(*(await rows.run(_NEXT, *named, now, by, without_nul(note), mapping))[0])
            await rows.run(_SHOW, *named, version.version)
            return version

        return await self._alone(publish)

    async def show_flow(self, key: FlowKey, version: int | None) -> bool:
        named = without_nul(key)

        async def show(rows: PostgresFlowRows) -> bool:
            if version is not None and not await rows.run(_THERE, *named, version):
                return False
            return bool(await rows.run(_SHOW, *named, version))

        return await self._alone(show)

    async def flow_versions(self, key: FlowKey) -> list[VersionHead]:
        found = await self._read(lambda at: at.fetch(_VERSIONS, *without_nul(key)))
        return [VersionHead(*row) for row in found]

    async def flow_version(self, key: FlowKey, version: int) -> FlowVersion | None:
        found = await self._read(lambda at: at.fetchrow(_VERSION, *without_nul(key), version))
        return None if found is None else FlowVersion(*found)

    async def published_flows(self) -> Sequence[FlowHead]:
        return [FlowHead(*row) for row in await self._read(lambda at: at.fetch(_PUBLISHED))]

    async def flow_counts(self, workspace_id: WorkspaceId, bot_id: BotId, name: str | None = None) -> list[FlowCount]:
        asked = without_nul((workspace_id, bot_id, name))
        found = await self._read(lambda at: at.fetch(_COUNTS, *asked))
        return [FlowCount(Counted(*row[:4]), row[4]) for row in found]
