"""Events of a running turn are told anew: what a voice note says is known only once somebody has listened."""

from __future__ import annotations

from collections.abc import Sequence

from turnkeeper.model.conversation import TurnState
from turnkeeper.model.errors import Fenced
from turnkeeper.model.policy import Directory
from turnkeeper.store.base import Retold
from turnkeeper.store.rows import Rows
from turnkeeper.store.runs import Run
from turnkeeper.store.transactions.desk import Desk


async def retell(rows: Rows, directory: Directory, run: Run, turn_no: int, told: Sequence[Retold]) -> None:
    """Write the new bodies. One that is not what the turn was given any more was erased: nothing brings it back."""
    desk = Desk(rows, directory)
    await desk.lock([run.key])
    conversation = desk.owned(run)
    if conversation.turn_state != TurnState.RUNNING or conversation.turn_no != turn_no:
        raise Fenced(f"turn {turn_no} of {run.key.id} is not running any more")
    opened = (await rows.open_events([(run.key, conversation.done_to)])).get(run.key, [])
    stand = {event.seq: event.body for event in opened}
    kept = [(run.key, each.seq, each.after) for each in told if stand.get(each.seq) == each.before]
    if kept:
        await rows.rewrite_events(kept)
