"""Timers that come too late are dropped, said in the ledger; each other comes once, whatever stood still."""

import pytest

from tests.contracts.conftest import OpenWorld
from tests.contracts.world import World
from turnkeeper.model.ids import WorkerId
from turnkeeper.store.base import ClaimedTurn
from turnkeeper.testing.events import event


async def reminded(w: World, *, late: float | None) -> None:
    """A turn that set a timer for 60 s later."""
    await w.hear("remind me")
    turn = await w.turn()
    await w.deliver(await w.commit(turn, "I will", timers=[w.timer(turn, 60, late=late)]))


@pytest.mark.parametrize(("after", "told"), [(9.9, True), (10.0, False), (86_400.0, False)])
async def test_what_comes_too_late_is_dropped(world: OpenWorld, after: float, told: bool) -> None:
    async with world() as w:
        await reminded(w, late=10)
        w.now += 60 + after
        await w.fire()
        await w.until_idle()
        assert w.sent == ["I will", "re: later"] if told else ["I will"]
        assert await w.states() == ({"answered": 2} if told else {"answered": 1, "dropped: too_late": 1})


async def test_its_story_says_so(world: OpenWorld) -> None:
    async with world() as w:
        await reminded(w, late=10)
        w.now += 100
        (wake,) = await w.fire()
        assert wake.due_at is None
        assert [kind for kind, of in await w.moments() if of == "later"] == ["received", "dropped"]


async def test_one_that_may_be_as_late_as_it_likes_is_told(world: OpenWorld) -> None:
    async with world() as w:
        await reminded(w, late=None)
        w.now += 86_400 * 30
        await w.until_idle()
        assert w.sent == ["I will", "re: later"]


@pytest.mark.parametrize("late", [None, 10])
async def test_so_is_what_waited_too_long_while_a_person_answered(world: OpenWorld, late: float | None) -> None:
    async with world() as w:
        await reminded(w, late=late)
        await w.mode("human")
        w.now += 60
        await w.fire()
        w.now += 3600
        await w.mode("bot")
        await w.until_idle()
        assert w.sent == (["I will", "re: later"] if late is None else ["I will"])
        assert await w.states() == ({"answered": 2} if late is None else {"answered": 1, "dropped: too_late": 1})


async def test_what_else_waited_is_told(world: OpenWorld) -> None:
    async with world() as w:
        await reminded(w, late=10)
        await w.mode("human")
        w.now += 60
        await w.fire()
        await w.hear(event("payment", "paid"))
        w.now += 3600
        await w.mode("bot")
        await w.until_idle()
        assert w.sent == ["I will", "re: paid"]


@pytest.mark.parametrize("late", [7200.0, 600.0])
async def test_it_waits_for_a_channel_that_is_stopped(world: OpenWorld, late: float) -> None:
    async with world() as w:
        await reminded(w, late=late)
        await w.store.pause_channel(w.channel.workspace_id, w.channel.id, "the console", w.now)
        for _ in range(60):
            w.now += 61
            await w.fire()
            for turn in await w.claim():
                assert isinstance(turn, ClaimedTurn)
                await w.commit(turn, "re: later")
        await w.store.resume_channel(w.channel.workspace_id, w.channel.id, w.now)
        await w.until_idle()
        assert w.sent == (["I will", "re: later"] if late == 7200 else ["I will"])


@pytest.mark.parametrize("restarts", [1, 3])
async def test_after_an_outage_each_comes_once(world: OpenWorld, restarts: int) -> None:
    async with world() as w:
        await w.hear("hi")
        turn = await w.turn()
        timers = [
            w.timer(turn, 60 * n, known_as=str(n), name=f"t{n}", late=late) for n, late in enumerate([None, 1e6, 60.0])
        ]
        await w.deliver(await w.commit(turn, "ok", timers=timers))
        w.now += 86_400
        for n in range(restarts):  # workers that fire, claim and die
            worker = WorkerId(f"short-lived {n}")
            await w.store.register(worker, w.now)
            await w.fire()
            await w.claim(worker)
            await w.store.register(last := WorkerId(f"other {n}"), w.now)
            await w.die(other=last)
        await w.until_idle(last)
        told = " ".join(w.sent)
        assert [told.count(name) for name in ("t0", "t1", "t2")] == [1, 1, 0]
        assert await w.states() == {"answered": 3, "dropped: too_late": 1}
