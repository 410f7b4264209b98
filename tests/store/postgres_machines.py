"""Several machines on one database, and what they do there."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import msgspec

from turnkeeper.model.contents import Text
from turnkeeper.model.conversation import SessionRow
from turnkeeper.model.events import Inbound
from turnkeeper.model.ids import ConversationKey, WorkerId
from turnkeeper.model.outbound import Accepted
from turnkeeper.model.policy import Channel
from turnkeeper.store.base import Arrival, Claimed, ClaimedSend, ClaimedTurn, Dispatch, Intake, Sent, TurnCommit
from turnkeeper.store.postgres.store import PostgresStore
from turnkeeper.testing.events import ADA, Channels, channel

T0 = 1_800_000_000.0
SHOP = channel()
W1 = WorkerId("w1")
W2 = WorkerId("w2")


@asynccontextmanager
async def machines(url: str, count: int = 1, *channels: Channel) -> AsyncIterator[list[PostgresStore]]:
    """Open stores on one database, migrated."""
    directory = Channels(*(channels or (SHOP,)))
    opened = [PostgresStore(url, directory) for _ in range(count)]
    for store in opened:
        await store.open()
    try:
        await opened[0].migrate()
        yield opened
    finally:
        for store in opened:
            await store.close()


@asynccontextmanager
async def session(url: str) -> AsyncIterator[Any]:
    """A connection of the test's own, to look behind the port."""
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close(timeout=5)


def webhook(*events: Inbound, at: float = T0, of: Channel = SHOP) -> Intake:
    return Intake([Arrival(of, event, at) for event in events])


async def key_of(store: PostgresStore, person: str = ADA) -> ConversationKey:
    found = await store.find(SHOP.workspace_id, SHOP.id, f"phone:{person}")
    assert found is not None
    return found.key


async def claim(store: PostgresStore, worker: WorkerId = W1, at: float = T0 + 60, limit: int = 100) -> list[Claimed]:
    return await store.claim(worker, limit, at, {"assistant": "v1"})


async def one_turn(store: PostgresStore, worker: WorkerId = W1, at: float = T0 + 60) -> ClaimedTurn:
    (claimed,) = await claim(store, worker, at)
    assert isinstance(claimed, ClaimedTurn)
    return claimed


def ending(turn: ClaimedTurn, *replies: str, at: float = T0 + 61) -> TurnCommit:
    key = turn.run.key
    contents = [msgspec.json.encode(Text(reply)) for reply in replies]
    return TurnCommit(turn.run, turn.turn.no, contents, SessionRow(key.workspace_id, key.id, saved_at=at), at)


def accepted(send: ClaimedSend, external_id: str, at: float = T0 + 62) -> Sent:
    return Sent(send.row.key, send.row.tries, Accepted(external_id), send.run, 1.0, at)


async def answer(store: PostgresStore, claimed: Claimed, reply: str, sent: list[str], at: float) -> None:
    """Commit and send whatever was claimed; `sent` is what the provider saw."""
    dispatch = Dispatch(claimed) if isinstance(claimed, ClaimedSend) else None
    if isinstance(claimed, ClaimedTurn):
        dispatch = await store.commit(ending(claimed, reply, at=at))
    while dispatch is not None and dispatch.send is not None:
        row = dispatch.send.row
        sent.append(msgspec.json.decode(row.content, type=Text).body)
        dispatch = await store.record(accepted(dispatch.send, f"{row.conversation_id}/{row.seq}", at))


def texts(turn: ClaimedTurn) -> Sequence[str]:
    return [msgspec.json.decode(event.body, type=Inbound).text or "" for event in turn.events]
