"""Simulated conversations: time passes in them, they are cleared whole, and nothing of it touches real ones."""

from dataclasses import replace

import msgspec

from tests.contracts.conftest import OpenWorld
from tests.contracts.feeding import counted, feed
from tests.contracts.world import T0, World, words
from turnkeeper.model.conversation import SessionRow, TimerRow
from turnkeeper.model.ids import ConversationKey, WorkspaceId
from turnkeeper.model.simulated import Simulated, is_simulated, simulated
from turnkeeper.store.base import ClaimedTurn
from turnkeeper.testing.events import channel

TRY = replace(channel(), id=Simulated("telegram", channel().bot_id).channel_id)
HOUR = 3600.0
TIMER = b'{"kind":"timer","details":{"name":"remind"}}'


def test_a_channels_id_says_what_it_is() -> None:
    assert TRY.id == "simulator.telegram.assistant"
    assert simulated(TRY.id) == Simulated("telegram", channel().bot_id)
    assert not is_simulated(channel().id)
    assert [simulated(each) for each in ("shop", "simulator.", "simulator.a", "simulator..b", "simulator.a.b.c")] == [
        None
    ] * 5


async def talked(w: World, state: bytes = b"{}") -> ClaimedTurn:
    await w.hear("hi")
    turn = await w.turn()
    key = turn.run.key
    timer = TimerRow(*key, "t1", w.channel.id, w.now + 2 * HOUR, True, TIMER, "remind")
    session = SessionRow(*key, state, saved_at=w.now)
    await w.deliver(await w.commit(turn, "hello", session=session, timers=[timer], facts={"size": b'"M"'}))
    return turn


async def test_hours_pass_at_once(world: OpenWorld) -> None:
    async with world(TRY) as w:
        turn = await talked(w, b'{"flow_until":%d,"n":1}' % (w.now + 2 * HOUR))
        key, before = turn.run.key, await w.conversation()
        wake = await w.store.let_time_pass(key, 3 * HOUR, w.now)
        assert wake is not None
        assert wake.due_at == w.now
        after = await w.conversation()
        assert after.contact_at == (before.contact_at or 0) - 3 * HOUR
        (fired,) = await w.store.fire_timers(w.now, 10)
        assert fired.conversation_id == key.id
        told = await w.turn()
        assert told.events[0].kind == "timer"
        assert told.session is not None
        assert msgspec.json.decode(told.session.state) == {"flow_until": T0 - HOUR, "n": 1}
        line, *_ = await w.store.history(key, 10)
        assert line.at == turn.events[0].received_at - 3 * HOUR


async def test_no_time_passes_while_the_bot_is_at_work(world: OpenWorld) -> None:
    async with world(TRY) as w:
        await w.hear("hi")
        turn = await w.turn()
        assert await w.store.let_time_pass(turn.run.key, HOUR, w.now) is None
        await w.deliver(await w.commit(turn, "hello"))
        assert await w.store.let_time_pass(turn.run.key, HOUR, w.now) is not None


async def test_a_real_conversation_is_left_alone(world: OpenWorld) -> None:
    async with world() as w:
        turn = await talked(w)
        before = await w.conversation()
        assert await w.store.let_time_pass(turn.run.key, HOUR, w.now) is None
        assert not await w.store.clear_simulated(turn.run.key)
        assert await w.conversation() == before
        assert await w.store.simulated(WorkspaceId("default")) == []


async def test_it_is_cleared_whole(world: OpenWorld) -> None:
    async with world(TRY) as w:
        turn = await talked(w)
        key, contact = turn.run.key, (await w.conversation()).contact_id
        assert [each.key for each in await w.store.simulated(key.workspace_id)] == [key]
        assert await w.store.simulated(WorkspaceId("cafe")) == []
        assert not await w.store.clear_simulated(ConversationKey(WorkspaceId("cafe"), key.id))
        assert await w.store.clear_simulated(key)
        assert await w.store.conversation(key) is None
        assert await w.store.traced_turn(key) is None
        assert await w.store.history(key, 10) == []
        assert await w.store.facts(key.workspace_id, contact) == []
        assert await w.store.next_due() is None
        assert await w.store.simulated(key.workspace_id) == []
        assert not await w.store.clear_simulated(key)
        await w.hear("anew")
        again = await w.turn()
        assert (again.run.key.id != key.id, again.turn.no, words(again.events)) == (True, 1, ["anew"])


async def test_it_stands_in_no_inbox_and_counts_nowhere(world: OpenWorld) -> None:
    async with world(TRY) as w:
        turn = await talked(w)
        await feed(w)
        assert await w.store.inbox_row(turn.run.key) is None
        assert await counted(w) == {}
    async with world() as w:
        turn = await talked(w)
        await feed(w)
        assert await w.store.inbox_row(turn.run.key) is not None
