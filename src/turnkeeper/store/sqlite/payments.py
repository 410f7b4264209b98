"""The rows of payments, on SQLite."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import apsw
import msgspec
from msgspec.structs import astuple, replace

from turnkeeper.model.ids import ConversationId, ConversationKey, WorkspaceId
from turnkeeper.model.payments import PaymentFound, PaymentRow
from turnkeeper.store.sqlite.parts import Reads, Runs
from turnkeeper.store.sqlite.statements import columns, insert

_ROW = columns(PaymentRow)
_BY_REFERENCE = f"select {_ROW} from payment where id = ?2 and provider = ?1"
_BY_LINK = f"select {_ROW} from payment where provider = ? and external_id = ? order by created_at desc limit 1"
_BY_CHARGE = f"select {_ROW} from payment where provider = ? and charge_id = ? order by created_at desc limit 1"
_GET = f"select {_ROW} from payment where workspace_id = ? and id = ?"
_CHANGES = ", ".join(f"{field} = excluded.{field}" for field in PaymentRow.__struct_fields__[2:])
_PUT = insert("payment", PaymentRow, f"on conflict do update set {_CHANGES}")
_VOID = """update payment set void_at = ?4, look_at = ?4
  where workspace_id = ?1 and conversation_id = ?2 and turn_no = ?3 and state in ('opening', 'open')"""
_LOOK = """update payment set look_at = ?3
  where workspace_id = ?1 and id = ?2 and look_at is ?4 and state in ('opening', 'open')"""
_DUE = f"""update payment set look_at = ?3 where (workspace_id, id) in
    (select workspace_id, id from payment where look_at <= ?1 order by look_at limit ?2) returning {_ROW}"""
_BLANK = """update payment set description = '', url = null
  where workspace_id = ? and conversation_id = ? and state not in ('opening', 'open')
  and (description <> '' or url is not null)"""
_OF = f"select {_ROW} from payment where workspace_id = ? and conversation_id = ? order by created_at desc, id"
_LATEST = f"""select {_ROW} from payment where (?1 is null or workspace_id = ?1)
  and (?3 or state in (select value from json_each(?4))) order by created_at desc, id limit ?2"""
_ANY = f"""select {_ROW} from payment where id = ?1 or external_id = ?1 or charge_id = ?1
  order by id = ?1 desc, created_at desc limit 1"""


def _rows(found: Sequence[tuple[Any, ...]]) -> list[PaymentRow]:
    return [_row(values) for values in found]


def _row(values: tuple[Any, ...]) -> PaymentRow:
    row = PaymentRow(*values)
    return replace(row, live=bool(row.live))


def payments_of(connection: apsw.Connection, key: ConversationKey) -> list[PaymentRow]:
    """A conversation's, the newest first."""
    return _rows(connection.execute(_OF, key).fetchall())


class SqlitePaymentRows(Runs):
    """The PaymentRows port, over what a transaction gives."""

    async def find_payment(self, provider: str, found: PaymentFound) -> PaymentRow | None:
        for sql, by in ((_BY_REFERENCE, found.reference), (_BY_LINK, found.external_id), (_BY_CHARGE, found.charge_id)):
            rows = _rows(self.run(sql, (provider, by))) if by else []
            if rows:
                return rows[0]
        return None

    async def lock_payment(self, workspace_id: WorkspaceId, payment_id: str) -> PaymentRow | None:
        found = self.run(_GET, (workspace_id, payment_id))
        return _row(found[0]) if found else None

    async def put_payment(self, row: PaymentRow) -> None:
        self.run(_PUT, astuple(row))

    async def void_payments(self, turns: Sequence[tuple[WorkspaceId, ConversationId, int]], now: float) -> None:
        for turn in turns:
            self.run(_VOID, (*turn, now))

    async def look_at_payment(self, row: PaymentRow, at: float | None) -> None:
        self.run(_LOOK, (row.workspace_id, row.id, at, row.look_at))

    async def due_payments(self, now: float, limit: int, until: float) -> list[PaymentRow]:
        return _rows(self.run(_DUE, (now, limit, until)))

    async def blank_payments(self, key: ConversationKey) -> None:
        self.run(_BLANK, key)


class SqlitePayments(Reads):
    """The reads of the PaymentRecords port, over what the store gives."""

    async def payments_of(self, key: ConversationKey) -> list[PaymentRow]:
        return self._glance(lambda at: payments_of(at, key))

    async def payments(
        self, workspace_id: WorkspaceId | None, limit: int, states: Sequence[str] = ()
    ) -> list[PaymentRow]:
        asked = (workspace_id, limit, not states, msgspec.json.encode(list(states)).decode())
        return await self._read(lambda at: _rows(at.execute(_LATEST, asked).fetchall()))

    async def payment(self, payment_id: str) -> PaymentRow | None:
        found = await self._read(lambda at: _rows(at.execute(_ANY, (payment_id,)).fetchall()))
        return found[0] if found else None
