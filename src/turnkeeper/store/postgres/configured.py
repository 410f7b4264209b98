"""What is made in the console, on PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from turnkeeper.model.configured import Configured, ConfiguredHead, ConfiguredKey
from turnkeeper.model.ids import WorkspaceId
from turnkeeper.store.configured import KEPT_VERSIONS
from turnkeeper.store.postgres.characters import without_nul
from turnkeeper.store.postgres.statements import columns
from turnkeeper.store.postgres.tenant import Tenants

if TYPE_CHECKING:
    from turnkeeper.store.postgres.pooled import PooledConnection

_KEY = "workspace_id = $1 and kind = $2 and name = $3"
_OF_WORKSPACE = f"""select {columns(Configured)} from configured
  where workspace_id = $1 and ($2::text is null or kind = $2) order by kind, name"""
_ONE = f"select {columns(Configured)} from configured where {_KEY}"
_ALL = f"select {columns(Configured)} from configured order by workspace_id, kind, name"
_ADD = f"""insert into configured ({columns(Configured)}) values ($1, $2, $3, 1, $4, $5, $6)
  on conflict do nothing returning {columns(Configured)}"""
_PUT = f"""update configured set revision = revision + 1, changed_at = $4, changed_by = $5, document = $6
  where {_KEY} and revision = $7 returning {columns(Configured)}"""
_DROP = f"delete from configured where {_KEY} returning 1"
_DROP_VERSIONS = f"delete from configured_version where {_KEY} and revision <= $4"
_KEEP = f"""insert into configured_version ({columns(Configured)})
  select {columns(Configured)} from configured where {_KEY}"""
_VERSIONS = f"select {columns(ConfiguredHead)} from configured_version where {_KEY} order by revision desc"
_VERSION = f"select {columns(Configured)} from configured_version where {_KEY} and revision = $4"
_ALL_VERSIONS = f"""select {columns(Configured)} from configured_version
  order by workspace_id, kind, name, revision"""
_RESEAL = f"update configured_version set document = $5 where {_KEY} and revision = $4 and document = $6 returning 1"
_RESEAL_NOW = f"update configured set document = $5 where {_KEY} and revision = $4 and document = $6"
_RAISE = """insert into configuration (workspace_id, revision) values ($1, 1)
  on conflict (workspace_id) do update set revision = configuration.revision + 1"""
_REVISION = "select coalesce(sum(revision), 0)::bigint from configuration"
_LAST = 2**31 - 1
"""The largest revision that there can be."""


class PostgresConfigured(Tenants):
    """The ConfiguredRecords port, over what the store gives."""

    async def configured(self, workspace_id: WorkspaceId, kind: str | None = None) -> list[Configured]:
        asked = without_nul((workspace_id, kind))
        found = await self._as_tenant(asked[0], lambda at: at.fetch(_OF_WORKSPACE, *asked))
        return [Configured(*row) for row in found]

    async def configured_one(self, key: ConfiguredKey) -> Configured | None:
        found = await self._as_tenant(key.workspace_id, lambda at: at.fetchrow(_ONE, *without_nul(key)))
        return None if found is None else Configured(*found)

    async def put_configured(
        self, key: ConfiguredKey, document: bytes, expected: int | None, by: str, now: float
    ) -> Configured | None:
        named = without_nul(key)
        given = (*named, now, without_nul(by), document)

        async def put(at: PooledConnection) -> Configured | None:
            found = await (at.fetch(_ADD, *given) if expected is None else at.fetch(_PUT, *given, expected))
            if not found:
                return None
            made = Configured(*found[0])
            await at.execute(_KEEP, *named)
            await at.execute(_DROP_VERSIONS, *named, made.revision - KEPT_VERSIONS)
            await at.execute(_RAISE, named[0])
            return made

        return await self._as_tenant(named[0], put)

    async def drop_configured(self, key: ConfiguredKey) -> bool:
        named = without_nul(key)

        async def drop(at: PooledConnection) -> bool:
            if not await at.fetch(_DROP, *named):
                return False
            await at.execute(_DROP_VERSIONS, *named, _LAST)
            await at.execute(_RAISE, named[0])
            return True

        return await self._as_tenant(named[0], drop)

    async def configured_versions(self, key: ConfiguredKey) -> list[ConfiguredHead]:
        found = await self._as_tenant(key.workspace_id, lambda at: at.fetch(_VERSIONS, *without_nul(key)))
        return [ConfiguredHead(*row) for row in found]

    async def configured_version(self, key: ConfiguredKey, revision: int) -> Configured | None:
        if not 0 < revision <= _LAST:
            return None
        found = await self._as_tenant(key.workspace_id, lambda at: at.fetchrow(_VERSION, *without_nul(key), revision))
        return None if found is None else Configured(*found)

    async def all_configured(self) -> list[Configured]:
        return [Configured(*row) for row in await self._read(lambda at: at.fetch(_ALL))]

    async def all_configured_versions(self) -> list[Configured]:
        return [Configured(*row) for row in await self._read(lambda at: at.fetch(_ALL_VERSIONS))]

    async def reseal_configured(self, before: Configured, document: bytes) -> bool:
        given = (*before.key, before.revision, document, before.document)

        async def reseal(at: PooledConnection) -> bool:
            if not await at.fetch(_RESEAL, *given):
                return False
            await at.execute(_RESEAL_NOW, *given)
            await at.execute(_RAISE, given[0])
            return True

        return await self._as_tenant(before.workspace_id, reseal)

    async def configuration_revision(self) -> int:
        found = await self._read(lambda at: at.fetchrow(_REVISION))
        return 0 if found is None else int(found[0])
