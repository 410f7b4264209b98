"""Timers wait in their own table and reach the bot through the mailbox, each once."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from msgspec.structs import replace as replace_event

from tests.contracts.conftest import OpenWorld
from tests.contracts.world import World, words
from turnkeeper.model.conversation import TimerRow
from turnkeeper.model.ids import ChannelId, WorkspaceId
from turnkeeper.model.policy import RateLimit
from turnkeeper.testing.events import ADA, TURNS, channel, event, text

BOB = "15551230002"


async def asked(w: World, seconds: float = 60.0, *, follow_up: bool = False) -> None:
    """A turn that set a timer."""
    await w.hear("remind me")
    turn = await w.turn()
    await w.deliver(await w.commit(turn, "I will", timers=[w.timer(turn, seconds, follow_up=follow_up)]))


async def test_a_timer_is_an_event_when_it_is_due_and_not_before(world: OpenWorld) -> None:
    async with world() as w:
        await asked(w)
        assert await w.states() == {"answered": 1}
        assert await w.store.next_due() == w.now + 60
        w.now += 59.9
        assert await w.fire() == []
        w.now += 0.1
        (wake,) = await w.fire()
        assert wake.due_at == w.now
        assert await w.fire() == []
        turn = await w.turn()
        assert [(e.kind, *words([e]), e.settled_at) for e in turn.events] == [("timer", "later", None)]
        await w.deliver(await w.commit(turn, "now"))
        assert await w.states() == {"answered": 2}


async def test_case_12_a_timer_joins_a_turn_that_waits_for_quiet(world: OpenWorld) -> None:
    async with world() as w:
        await asked(w, 60)
        w.now += 58
        await w.hear("one")
        due = (await w.conversation()).due_at
        w.now += 2
        (wake,) = await w.fire()
        assert wake.due_at == due == w.now + 2
        await w.hear("two")
        assert words((await w.turn()).events) == ["one", "later", "two"]


async def test_a_timer_that_fires_while_a_turn_runs_is_the_next_turns(world: OpenWorld) -> None:
    async with world() as w:
        await asked(w, 60)
        w.now += 50
        await w.hear("hi")
        turn = await w.turn()
        w.now += 6
        assert (await w.fire())[0].due_at is None
        assert await w.deliver(await w.commit(turn, "hello")) == w.now
        assert words((await w.turn()).events) == ["later"]


async def test_case_19_a_timer_waits_while_a_person_answers(world: OpenWorld) -> None:
    async with world() as w:
        await asked(w)
        await w.mode("human")
        w.now += 60
        assert (await w.fire())[0].due_at is None
        assert await w.states() == {"answered": 1, "waiting": 1}
        await w.mode("bot")
        assert words((await w.turn()).events) == ["later"]


class TestFollowUps:
    async def test_case_12_a_reply_deletes_them(self, world: OpenWorld) -> None:
        async with world() as w:
            await asked(w, follow_up=True)
            await w.hear("I am back")
            await w.answer("good")
            assert await w.store.next_due() is None

    async def test_without_a_reply_they_fire(self, world: OpenWorld) -> None:
        async with world() as w:
            await asked(w, follow_up=True)
            await w.until_idle()
            assert w.sent == ["I will", "re: later"]

    async def test_other_timers_stay(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("remind me")
            turn = await w.turn()
            timers = [w.timer(turn, 60, name="alarm"), w.timer(turn, 30, name="nudge", follow_up=True)]
            await w.deliver(await w.commit(turn, "I will", timers=timers))
            await w.hear("ok")
            await w.until_idle()
            assert w.sent == ["I will", "re: ok", "re: alarm"]

    @pytest.mark.parametrize("how", ["in human mode", "over the limit", "stale", "stop"])
    async def test_a_reply_that_is_not_the_bots_deletes_them_too(self, world: OpenWorld, how: str) -> None:
        async with world(channel(turns=replace(TURNS, rate_limit=RateLimit(1, 600.0)))) as w:
            await asked(w, 60, follow_up=True)
            if how == "in human mode":
                await w.mode("human")
            reply = text("stop" if how == "stop" else "hi", at=w.now - (100_000 if how == "stale" else 0))
            await w.hear(reply)
            w.now += 60
            assert await w.fire() == []

    async def test_what_says_nothing_leaves_them(self, world: OpenWorld) -> None:
        async with world() as w:
            await asked(w, 60, follow_up=True)
            await w.hear(event("reaction"), event("typing"), event("payment", "paid"))
            w.now += 60
            assert len(await w.fire()) == 1

    async def test_one_set_by_a_turn_during_which_the_contact_wrote_is_void(self, world: OpenWorld) -> None:
        async with world(channel(turns=replace(TURNS, overlap="queue"))) as w:
            await w.hear("hi")
            turn = await w.turn()
            await w.hear("I am here")
            timers = [w.timer(turn, 60, follow_up=True), w.timer(turn, 90, name="alarm")]
            await w.deliver(await w.commit(turn, "are you there?", timers=timers))
            await w.until_idle()
            assert w.sent == ["are you there?", "re: I am here", "re: alarm"]

    async def test_a_turn_may_take_them_back(self, world: OpenWorld) -> None:
        async with world() as w:
            await asked(w, 60, follow_up=True)
            await w.hear(event("payment", "paid"))
            turn = await w.turn()
            timers = [w.timer(turn, 90, name="other", follow_up=True)]
            await w.deliver(await w.commit(turn, "thanks", follow_ups_cancelled=True, timers=timers))
            await w.until_idle()
            assert w.sent == ["I will", "thanks", "re: other"]


@pytest.mark.parametrize("when", ["before it fires", "before its turn", "during its turn"])
async def test_nobody_is_reminded_after_a_stop(world: OpenWorld, when: str) -> None:
    async with world() as w:
        await asked(w, 60)
        if when != "before it fires":
            w.now += 60
            await w.fire()
        if when == "during its turn":
            await w.turn()
        await w.hear("stop", event("payment", "paid"))
        await w.until_idle()
        assert w.sent == ["I will", TURNS.opt_out_notice, "re: paid"]
        assert await w.states() == {"answered": 2, "dropped: opted_out": 2}


async def test_a_timer_set_again_under_its_name_is_moved(world: OpenWorld) -> None:
    async with world() as w:
        await asked(w, 60, follow_up=False)
        await w.hear("later please")
        turn = await w.turn()
        await w.deliver(await w.commit(turn, "fine", timers=[w.timer(turn, 300, follow_up=True)]))
        assert await w.store.next_due() == w.now + 300
        await w.hear("never mind")
        await w.answer("ok")
        assert await w.store.next_due() is None


async def test_the_same_timer_may_be_set_and_fire_again(world: OpenWorld) -> None:
    async with world() as w:
        for _ in range(3):
            await asked(w, 60)
            await w.until_idle()
        assert await w.states() == {"answered": 6}


async def test_timers_of_many_conversations_fire_in_order_and_in_batches(world: OpenWorld) -> None:
    async with world() as w:
        for n, of in enumerate((ADA, BOB, "3")):
            await w.hear(text("hi", of=of))
            turn = await w.turn()
            await w.deliver(await w.commit(turn, "ok", timers=[w.timer(turn, 100 - 10 * n)]))
        w.now += 1000
        fired = [await w.store.fire_timers(w.now, 2), await w.store.fire_timers(w.now, 2)]
        assert [len(wakes) for wakes in fired] == [2, 1]
        assert fired[1][0].conversation_id == (await w.conversation(ADA)).id


async def test_a_turn_that_is_not_committed_sets_no_timer(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("hi")
        turn = await w.turn()
        await w.mode("human")
        with pytest.raises(Exception, match="no longer"):
            await w.commit(turn, "x", timers=[w.timer(turn, 60)])
        assert await w.store.next_due() is None


async def test_a_timer_of_a_channel_that_left_the_configuration_waits_for_it(world: OpenWorld) -> None:
    async with world() as w:
        await asked(w, 60)
        w.directory.remove(w.channel)
        w.now += 60
        assert await w.fire() == []
        w.directory.put(w.channel)
        await w.until_idle()
        assert w.sent == ["I will", "re: later"]


@pytest.mark.parametrize("why", ["stop", "unreachable"])
async def test_sequences_end_for_good_when_nobody_may_be_written_to(world: OpenWorld, why: str) -> None:
    async with world() as w:
        await w.hear("hi")
        turn = await w.turn()
        names = ("sequence.tips", "appointment")
        await w.deliver(await w.commit(turn, "ok", timers=[w.timer(turn, 600, name=name) for name in names]))
        if why == "stop":
            await w.hear("stop", "start")
        else:
            await w.hear(replace_event(event("system"), details={"type": "unreachable"}))
        w.now += 600
        await w.until_idle()
        assert [said for said in w.sent if said.startswith("re: ")] == ["re: appointment"]


async def test_one_set_again_under_its_id_is_replaced_whole(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("hi")
        turn = await w.turn()
        first = w.timer(turn, 60, known_as="session", name="first", follow_up=True, late=5)
        await w.deliver(await w.commit(turn, "ok", timers=[first]))
        await w.hear(event("payment", "paid"))
        turn = await w.turn()
        await w.deliver(await w.commit(turn, "ok", timers=[w.timer(turn, 30, known_as="session", name="second")]))
        await w.hear("it is no follow-up any more")
        await w.answer("indeed")
        w.now += 1000
        assert len(await w.fire()) == 1
        assert words((await w.turn()).events) == ["second"]


async def test_what_is_to_come_is_shown_the_next_first(world: OpenWorld) -> None:
    async with world() as w:
        keys = []
        for n, of in enumerate((ADA, BOB)):
            await w.hear(text("hi", of=of))
            turn = await w.turn()
            timers = [w.timer(turn, 100 - 10 * n - k, name=f"t{k}", known_as=f"{k}", follow_up=k == 1) for k in (0, 1)]
            await w.deliver(await w.commit(turn, "ok", timers=timers))
            keys.append(turn.run.key)
        ada, bob = keys
        home, here = ada.workspace_id, w.channel.id

        def told(rows: Sequence[TimerRow]) -> list[tuple[bool, str]]:
            return [(row.conversation_id == ada.id, row.name) for row in rows]

        order = [(False, "t1"), (False, "t0"), (True, "t1"), (True, "t0")]
        assert told(await w.store.timers(home, 10)) == told(await w.store.timers(home, 10, here)) == order
        assert told(await w.store.timers(home, 2)) == order[:2]
        assert await w.store.timers(home, 10, ChannelId("nowhere")) == []
        assert await w.store.timers(WorkspaceId("elsewhere"), 10) == []
        rows = await w.store.timers_of(ada, 10)
        assert [(row.name, row.follow_up) for row in rows] == [("t1", True), ("t0", False)]
        assert len(await w.store.timers_of(ada, 1)) == 1
        assert await w.store.cancel_timers(ada, "nobody knows it") == 0
        assert await w.store.cancel_timers(ada, "t1") == 1
        assert await w.store.cancel_timers(bob) == 2
        assert told(await w.store.timers(home, 10)) == [(True, "t0")]
