"""What a turn writes while it runs, guarded by owner and epoch: its steps, and words that are said at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from turnkeeper.model.agents import Spent, day_of
from turnkeeper.model.conversation import StepRow
from turnkeeper.model.errors import Fenced
from turnkeeper.model.ids import ConversationKey
from turnkeeper.model.policy import Directory
from turnkeeper.store.base import Dispatch, StepKey
from turnkeeper.store.rows import Day, Rows, StepId, TurnKey
from turnkeeper.store.runs import Run
from turnkeeper.store.transactions.desk import Desk
from turnkeeper.store.transactions.outbox import pump
from turnkeeper.store.transactions.people import carry_effects
from turnkeeper.store.transactions.queueing import dispatched, outbound_rows, queued

Finished = tuple[Run, StepRow, Spent | None]
SAYS_PER_TURN = 1000
"""Numbers `n` of a turn's rows: its commit's from 0, those of the k-th `say_now` from k times this."""


async def begin_effect(
    rows: Rows, directory: Directory, run: Run, step: StepKey, arguments: str, now: float
) -> StepRow | None:
    """Journal that an effect starts; a newer message would have fenced the run off before this."""
    desk = Desk(rows, directory)
    await desk.lock([run.key])
    conversation = desk.running(run, step.turn_no)
    known = await _step(rows, run, step)
    if known is not None:
        return known
    await rows.put_steps([_step_row(run, step, arguments, now)])
    desk.put(replace(conversation, irrevocable=True))
    await desk.save()
    return None


async def finish_steps(rows: Rows, directory: Directory, items: Sequence[Finished]) -> list[Exception | None]:
    """Keep results. An effect's counts whoever owns the conversation now: it has happened."""
    desk = Desk(rows, directory)
    await desk.lock({run.key for run, _, _ in items})
    results: list[Exception | None] = []
    kept: list[StepRow] = []
    for run, step, _ in items:
        if step.effect or desk.is_owned(run):
            kept.append(step)
            results.append(None)
        else:
            results.append(Fenced(f"step {step.name} of {run.key.id} is not wanted any more"))
    written = await rows.put_steps(kept)
    await _add_spend(rows, {_id(step): (step, spent) for _, step, spent in items if spent and _id(step) in written})
    for (run, step, _), result in zip(items, results, strict=True):
        if result is None and step.effect and not desk.is_owned(run):
            await _carry_late(desk, run.key, step)
            desk.put(desk[run.key])  # what came late may be to be erased
    await desk.save()
    return results


async def say_now(
    rows: Rows, directory: Directory, run: Run, step: StepRow, contents: Sequence[bytes], now: float
) -> Dispatch:
    """Put words into the outbox at once, as an effect step: said at most once in a turn."""
    desk = Desk(rows, directory)
    await desk.lock([run.key])
    conversation = desk.running(run, step.turn_no)
    key = StepKey(step.turn_no, step.attempt, step.name, step.occurrence)
    n = SAYS_PER_TURN * step.occurrence
    if await _step(rows, run, key) is not None:
        return await _said_before(desk, run, step.turn_no, n, now)
    await rows.put_steps([step])
    added = outbound_rows(desk, conversation, step.turn_no, n, contents, now)
    await rows.add_outbound(added)
    desk.put(replace(queued(conversation, added, now), irrevocable=True))
    marked = await pump(desk, [run.key], now)
    dispatch = dispatched(desk, run, marked.get(run.key))
    await desk.save()
    return dispatch


async def _said_before(desk: Desk, run: Run, turn_no: int, n: int, now: float) -> Dispatch:
    """Words whose answer was lost: their first row is still ours to send, if it was marked as they were stored."""
    first = (await desk.rows.first_open([(run.key, desk[run.key].out_done)])).get(run.key)
    ours = first is not None and (first.state, first.turn_no, first.n, first.sending_at) == ("sending", turn_no, n, now)
    return dispatched(desk, run, first if ours else None)


async def _step(rows: Rows, run: Run, step: StepKey) -> StepRow | None:
    turn: TurnKey = (run.key.workspace_id, run.key.id, step.turn_no)
    for row in (await rows.steps([turn])).get(turn, []):
        if (row.attempt, row.name, row.occurrence) == (step.attempt, step.name, step.occurrence):
            return row
    return None


def _step_row(run: Run, step: StepKey, arguments: str, now: float) -> StepRow:
    return StepRow(
        run.key.workspace_id,
        run.key.id,
        step.turn_no,
        step.attempt,
        step.name,
        step.occurrence,
        arguments,
        True,
        now,
    )


def _id(step: StepRow) -> StepId:
    return (step.workspace_id, step.conversation_id, step.turn_no, step.attempt, step.name, step.occurrence)


async def _add_spend(rows: Rows, spending: Mapping[StepId, tuple[StepRow, Spent]]) -> None:
    """What the steps took that were written now: a repeated write writes nothing, so it is counted once."""
    days: dict[Day, Spent] = {}
    for step, spent in spending.values():
        day = (step.workspace_id, step.conversation_id, day_of(step.done_at or step.began_at))
        before = days.get(day, Spent())
        days[day] = Spent(before.tokens + spent.tokens, before.micros + spent.micros)
    if days:
        await rows.add_spend(days)


async def _carry_late(desk: Desk, key: ConversationKey, step: StepRow) -> None:
    turn: TurnKey = (key.workspace_id, key.id, step.turn_no)
    record = (await desk.rows.turns([turn])).get(turn)
    if record is not None and record.state in ("cancelled", "failed"):
        await carry_effects(desk, key, step.turn_no, step.began_at)
