"""Timers that a turn takes back: all of a name, in its commit, also one that has fired and waits."""

import pytest
from msgspec.structs import replace

from tests.contracts.conftest import OpenWorld
from tests.contracts.test_timers import BOB, asked
from turnkeeper.store.base import ClaimedTurn
from turnkeeper.testing.events import text


async def test_all_timers_of_a_name_are_taken_back_and_no_others(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("hi")
        turn = await w.turn()
        timers = [w.timer(turn, 60, known_as=f"1.{n}", name=name) for n, name in enumerate(["a", "b", "a"])]
        await w.deliver(await w.commit(turn, "ok", timers=timers))
        await w.hear("never mind", text("hi", of=BOB))
        w.now += 10
        one, two = [each for each in await w.claim() if isinstance(each, ClaimedTurn)]
        if one.run.key != turn.run.key:
            one, two = two, one
        await w.deliver(await w.commit(two, "yes?", timers=[w.timer(two, 60, name="a")]))
        await w.deliver(await w.commit(one, "fine", cancelled=["a", "nobody knows it"]))
        w.now += 100
        fired = {wake.conversation_id for wake in await w.fire()}
        assert fired == {one.run.key.id, two.run.key.id}
        assert (await w.states())["waiting"] == 2


async def test_what_a_turn_takes_back_it_may_set_again(world: OpenWorld) -> None:
    async with world() as w:
        await asked(w, 60)
        await w.hear("a little later")
        turn = await w.turn()
        await w.deliver(await w.commit(turn, "fine", cancelled=["later"], timers=[w.timer(turn, 300, known_as="2.0")]))
        assert await w.store.next_due() == w.now + 300


async def test_one_of_a_release_that_named_them_in_their_event_only(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("hi")
        turn = await w.turn()
        names = ["a", 'a"', "ab", "", "b"]
        timers = [w.timer(turn, 60, known_as=f"1.{n}", name=name) for n, name in enumerate(names)]
        old = [replace(timer, name="") for timer in timers]
        await w.deliver(await w.commit(turn, "ok", timers=[*old, w.timer(turn, 60, name="b")]))
        await w.hear("never mind")
        turn = await w.turn()
        await w.deliver(await w.commit(turn, "fine", cancelled=["a", ""]))
        left = await w.store.timers_of(turn.run.key, 10)
        assert sorted(timer.id for timer in left) == ["1.1", "1.2", "1.4", "b"]
        assert await w.store.cancel_timers(turn.run.key, "b") == 2
        assert await w.store.cancel_timers(turn.run.key, 'a"') == 1
        assert await w.store.cancel_timers(turn.run.key) == 1


async def test_one_that_has_fired_and_waits_is_dropped(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("hi")
        turn = await w.turn()
        timers = [w.timer(turn, 10), w.timer(turn, 10, name="other")]
        await w.deliver(await w.commit(turn, "ok", timers=timers))
        w.now += 6
        await w.hear("stop that")
        turn = await w.turn()
        w.now += 5
        assert len(await w.fire()) == 1
        await w.deliver(await w.commit(turn, "fine", cancelled=["later"]))
        await w.until_idle()
        assert w.sent == ["ok", "fine", "re: other"]
        assert await w.states() == {"answered": 3, "dropped: cancelled": 1}


async def test_with_nothing_else_waiting_no_turn_follows(world: OpenWorld) -> None:
    async with world() as w:
        await asked(w, 10)
        w.now += 6
        await w.hear("stop that")
        turn = await w.turn()
        w.now += 5
        await w.fire()
        await w.deliver(await w.commit(turn, "fine", cancelled=["later"]))
        await w.until_idle()
        assert w.sent == ["I will", "fine"]


async def test_a_turn_that_is_not_committed_takes_nothing_back(world: OpenWorld) -> None:
    async with world() as w:
        await asked(w, 60)
        await w.hear("hi")
        turn = await w.turn()
        await w.mode("human")
        with pytest.raises(Exception, match="no longer"):
            await w.commit(turn, "x", cancelled=["later"])
        w.now += 100
        assert len(await w.fire()) == 1
