"""Workers live by their heartbeat: one row each, so a lease costs the same for one turn and for ten thousand."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from turnkeeper.model.conversation import Conversation, TurnState
from turnkeeper.model.ids import ConversationKey, WorkerId
from turnkeeper.model.policy import Directory
from turnkeeper.store.rows import Rows
from turnkeeper.store.transactions.desk import Desk
from turnkeeper.store.workers import Beat

_BATCH = 500


async def beat(
    rows: Rows,
    directory: Directory,
    worker_id: WorkerId,
    *,
    now: float,
    lease: float,
    holding: frozenset[ConversationKey] | None,
    reap: bool,
) -> Beat:
    """Live on. Frees what dead workers owned, and what this one owns by an answer that it never got."""
    alive = await rows.beat(worker_id, now)
    released = 0
    if reap:
        await rows.bury(now - lease)
        released += await free_dead(rows, directory, now)
    if alive and holding is not None and await rows.count_owned(worker_id) > len(holding):
        lost = [c for c in await rows.owned([worker_id], len(holding) + _BATCH) if c.key not in holding]
        released += await _free(Desk(rows, directory), lost, now)
    clock = await rows.clock()
    return Beat(alive, released, now if clock is None else clock)


async def free_dead(rows: Rows, directory: Directory, now: float) -> int:
    """Make everything due that dead workers owned."""
    dead = await rows.dead_owners()
    freed = 0
    while dead and (left := await rows.owned(dead, _BATCH)):
        freed += await _free(Desk(rows, directory), left, now)
    if dead:
        await rows.remove_workers(dead)
    return freed


async def retire(rows: Rows, directory: Directory, worker_id: WorkerId, now: float) -> int:
    """A worker that stops on purpose leaves nothing behind."""
    freed = 0
    while left := await rows.owned([worker_id], _BATCH):
        freed += await _free(Desk(rows, directory), left, now)
    await rows.remove_workers([worker_id])
    return freed


async def _free(desk: Desk, owned: Sequence[Conversation], now: float) -> int:
    desk.hold(owned)
    for conversation in owned:
        resume_at = now if conversation.turn_state != TurnState.NONE else None
        unpaused = conversation.unsent and not await desk.is_paused(conversation)
        desk.put(
            replace(
                conversation,
                owner=None,
                epoch=conversation.epoch + 1,
                resume_at=resume_at,
                send_at=now if unpaused else conversation.send_at,
            )
        )
    await desk.save()
    return len(owned)
