"""The rows of payments, on PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from msgspec.structs import astuple

from turnkeeper.model.ids import ConversationId, ConversationKey, WorkspaceId
from turnkeeper.model.payments import PaymentFound, PaymentRow
from turnkeeper.store.postgres.characters import without_nul
from turnkeeper.store.postgres.parts import Reads, Runs
from turnkeeper.store.postgres.statements import columns

if TYPE_CHECKING:
    from turnkeeper.store.postgres.pooled import PooledConnection


_ROW = columns(PaymentRow)
_BY_REFERENCE = f"select {_ROW} from payment where provider = $1 and id = $2"
_BY_LINK = f"select {_ROW} from payment where provider = $1 and external_id = $2 order by created_at desc limit 1"
_BY_CHARGE = f"select {_ROW} from payment where provider = $1 and charge_id = $2 order by created_at desc limit 1"
_LOCK = f"select {_ROW} from payment where workspace_id = $1 and id = $2 for update"
_PUT = f"""insert into payment ({_ROW})
  values ({", ".join(f"${place + 1}" for place in range(len(PaymentRow.__struct_fields__)))})
  on conflict (workspace_id, id) do update set
  {", ".join(f"{field} = excluded.{field}" for field in PaymentRow.__struct_fields__[2:])}"""
# The expression is the one that the index leads with.
_MINE = r"workspace_id || e'\x1f' || conversation_id = $1::text || e'\x1f' || $2::text"
_VOID = f"""update payment set void_at = $4, look_at = $4
  where {_MINE} and turn_no = $3 and state in ('opening', 'open')"""
_LOOK = """update payment set look_at = $3
  where workspace_id = $1 and id = $2 and look_at is not distinct from $4 and state in ('opening', 'open')"""
_DUE = f"""update payment set look_at = $3 where ctid = any(array(
    select ctid from payment where look_at <= $1 order by look_at limit $2 for update skip locked
  )) returning {_ROW}"""
_BLANK = f"""update payment set description = '', url = null
  where {_MINE} and state not in ('opening', 'open') and (description <> '' or url is not null)"""
_OF = f"select {_ROW} from payment where {_MINE} order by created_at desc, id"
_LATEST = f"""select {_ROW} from payment where ($1::text is null or workspace_id = $1)
  and (cardinality($3::text[]) = 0 or state = any($3::text[])) order by created_at desc, id limit $2"""
_ANY = f"""select {_ROW} from payment where id = $1 or external_id = $1 or charge_id = $1
  order by (id = $1) desc, created_at desc limit 1"""


def _rows(found: Sequence[Any]) -> list[PaymentRow]:
    return [PaymentRow(*values) for values in found]


async def payments_of(connection: PooledConnection, key: ConversationKey) -> list[PaymentRow]:
    """A conversation's, the newest first."""
    return _rows(await connection.fetch(_OF, *key))


class PostgresPaymentRows(Runs):
    """The PaymentRows port, over what a transaction gives."""

    async def find_payment(self, provider: str, found: PaymentFound) -> PaymentRow | None:
        for sql, by in ((_BY_REFERENCE, found.reference), (_BY_LINK, found.external_id), (_BY_CHARGE, found.charge_id)):
            rows = _rows(await self.run(sql, provider, without_nul(by))) if by else []
            if rows:
                return rows[0]
        return None

    async def lock_payment(self, workspace_id: WorkspaceId, payment_id: str) -> PaymentRow | None:
        found = _rows(await self.run(_LOCK, workspace_id, payment_id))
        return found[0] if found else None

    async def put_payment(self, row: PaymentRow) -> None:
        await self.run(_PUT, *astuple(without_nul(row)))

    async def void_payments(self, turns: Sequence[tuple[WorkspaceId, ConversationId, int]], now: float) -> None:
        for turn in sorted(turns):
            await self.run(_VOID, *turn, now)

    async def look_at_payment(self, row: PaymentRow, at: float | None) -> None:
        await self.run(_LOOK, row.workspace_id, row.id, at, row.look_at)

    async def due_payments(self, now: float, limit: int, until: float) -> list[PaymentRow]:
        """Passes over what somebody changes at this moment: it is looked at anew after that."""
        return _rows(await self.run(_DUE, now, limit, until))

    async def blank_payments(self, key: ConversationKey) -> None:
        await self.run(_BLANK, *key)


class PostgresPayments(Reads):
    """The reads of the PaymentRecords port, over what the store gives."""

    async def payments_of(self, key: ConversationKey) -> list[PaymentRow]:
        return await self._read(lambda at: payments_of(at, key))

    async def payments(
        self, workspace_id: WorkspaceId | None, limit: int, states: Sequence[str] = ()
    ) -> list[PaymentRow]:
        return _rows(await self._read(lambda at: at.fetch(_LATEST, workspace_id, limit, list(states))))

    async def payment(self, payment_id: str) -> PaymentRow | None:
        found = _rows(await self._read(lambda at: at.fetch(_ANY, without_nul(payment_id))))
        return found[0] if found else None
