"""What is made in the console, on SQLite."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from turnkeeper.model.configured import Configured, ConfiguredHead, ConfiguredKey
from turnkeeper.model.ids import WorkspaceId
from turnkeeper.store.configured import KEPT_VERSIONS
from turnkeeper.store.sqlite.parts import Reads, Runs, fetched
from turnkeeper.store.sqlite.statements import columns

T = TypeVar("T")

_KEY = "workspace_id = ?1 and kind = ?2 and name = ?3"
_OF_WORKSPACE = f"""select {columns(Configured)} from configured
  where workspace_id = ?1 and (?2 is null or kind = ?2) order by kind, name"""
_ONE = f"select {columns(Configured)} from configured where {_KEY}"
_ALL = f"select {columns(Configured)} from configured order by workspace_id, kind, name"
_ADD = f"""insert into configured ({columns(Configured)}) values (?1, ?2, ?3, 1, ?4, ?5, ?6)
  on conflict do nothing returning {columns(Configured)}"""
_PUT = f"""update configured set revision = revision + 1, changed_at = ?4, changed_by = ?5, document = ?6
  where {_KEY} and revision = ?7 returning {columns(Configured)}"""
_DROP = f"delete from configured where {_KEY} returning 1"
_DROP_VERSIONS = f"delete from configured_version where {_KEY} and revision <= ?4"
_KEEP = f"""insert into configured_version ({columns(Configured)})
  select {columns(Configured)} from configured where {_KEY}"""
_VERSIONS = f"select {columns(ConfiguredHead)} from configured_version where {_KEY} order by revision desc"
_VERSION = f"select {columns(Configured)} from configured_version where {_KEY} and revision = ?4"
_ALL_VERSIONS = f"""select {columns(Configured)} from configured_version
  order by workspace_id, kind, name, revision"""
_RESEAL = f"update configured_version set document = ?5 where {_KEY} and revision = ?4 and document = ?6 returning 1"
_RESEAL_NOW = f"update configured set document = ?5 where {_KEY} and revision = ?4 and document = ?6"
_RAISE = """insert into configuration (workspace_id, revision) values (?1, 1)
  on conflict do update set revision = revision + 1"""
_REVISION = "select coalesce(sum(revision), 0) from configuration"
_LAST = 2**31 - 1
"""The largest revision that there can be."""


class SqliteConfigured(Reads):
    """The ConfiguredRecords port, over what the store gives."""

    @abstractmethod
    async def _alone(self, script: Callable[[Any], Coroutine[Any, Any, T]]) -> T: ...

    async def configured(self, workspace_id: WorkspaceId, kind: str | None = None) -> list[Configured]:
        asked = (workspace_id, kind)
        return [Configured(*row) for row in await self._read(lambda at: fetched(at, _OF_WORKSPACE, asked))]

    async def configured_one(self, key: ConfiguredKey) -> Configured | None:
        found = await self._read(lambda at: fetched(at, _ONE, key))
        return Configured(*found[0]) if found else None

    async def put_configured(
        self, key: ConfiguredKey, document: bytes, expected: int | None, by: str, now: float
    ) -> Configured | None:
        async def put(rows: Runs) -> Configured | None:
            given = (*key, now, by, document)
            found = rows.run(_ADD, given) if expected is None else rows.run(_PUT, (*given, expected))
            if not found:
                return None
            made = Configured(*found[0])
            rows.run(_KEEP, key)
            rows.run(_DROP_VERSIONS, (*key, made.revision - KEPT_VERSIONS))
            rows.run(_RAISE, key[:1])
            return made

        return await self._alone(put)

    async def drop_configured(self, key: ConfiguredKey) -> bool:
        async def drop(rows: Runs) -> bool:
            if not rows.run(_DROP, key):
                return False
            rows.run(_DROP_VERSIONS, (*key, _LAST))
            rows.run(_RAISE, key[:1])
            return True

        return await self._alone(drop)

    async def configured_versions(self, key: ConfiguredKey) -> list[ConfiguredHead]:
        return [ConfiguredHead(*row) for row in await self._read(lambda at: fetched(at, _VERSIONS, key))]

    async def configured_version(self, key: ConfiguredKey, revision: int) -> Configured | None:
        found = await self._read(lambda at: fetched(at, _VERSION, (*key, revision)))
        return Configured(*found[0]) if found else None

    async def all_configured(self) -> list[Configured]:
        return [Configured(*row) for row in await self._read(lambda at: fetched(at, _ALL))]

    async def all_configured_versions(self) -> list[Configured]:
        return [Configured(*row) for row in await self._read(lambda at: fetched(at, _ALL_VERSIONS))]

    async def reseal_configured(self, before: Configured, document: bytes) -> bool:
        async def reseal(rows: Runs) -> bool:
            given = (*before.key, before.revision, document, before.document)
            if not rows.run(_RESEAL, given):
                return False
            rows.run(_RESEAL_NOW, given)
            rows.run(_RAISE, given[:1])
            return True

        return await self._alone(reseal)

    async def configuration_revision(self) -> int:
        return int(self._glance(lambda at: fetched(at, _REVISION))[0][0])
