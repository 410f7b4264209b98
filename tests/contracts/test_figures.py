"""Figures: each thing is counted once, however often its conversation is looked at."""

from tests.contracts.conftest import OpenWorld
from tests.contracts.feeding import SHOP, counted, feed
from tests.contracts.world import T0, World
from turnkeeper.model.agents import Spent, day_of
from turnkeeper.model.outbound import NotSent, Rejected
from turnkeeper.model.policy import RateLimit, TurnPolicy
from turnkeeper.rules.figures import bucket_of, hour_of
from turnkeeper.testing.events import channel, echo, status, text

BOB = "15551230002"


async def test_a_turn_and_what_it_took(world: OpenWorld) -> None:
    async with world() as w:
        for step in ("heard", "turn", "said"):
            match step:
                case "heard":
                    await w.hear("one", "two")
                case "turn":
                    turn = await w.turn()
                    await w.store.finish_step(turn.run, w.step(turn, "model", b"{}"), Spent(120, 3000))
                case "said":
                    w.now += 2
                    await w.deliver(await w.commit(turn, "a", "b"))
            for _ in range(2):
                await feed(w)
        assert await counted(w) == {
            "in": 2,
            "out": 2,
            "message.answered": 2,
            "turn.answered": 1,
            "tokens": 120,
            "micros": 3000,
        }
        times = {
            each.name: each.value for each in await w.store.figures(SHOP, 0, w.now + 1) if each.name.startswith("time.")
        }
        assert times == {
            f"time.total.{bucket_of(6.0)}": 1,
            f"time.waiting.{bucket_of(4.0)}": 1,
            f"time.bot.{bucket_of(2.0)}": 1,
            "time.model.0": 1,
            "time.sending.0": 1,
        }
        await w.store.add_spend(turn.run.key, day_of(w.now), Spent(30, 0))
        await w.hear("three")
        await feed(w)
        assert (await counted(w))["tokens"] == 150


async def test_what_is_not_answered(world: OpenWorld) -> None:
    policy = TurnPolicy(adaptive=False, rate_limit=RateLimit(2, 60.0), rate_notice="")
    async with world(channel(turns=policy)) as w:
        await w.hear("one", "two", "three")
        await w.deliver(await w.commit(await w.turn()))
        w.now += 600
        await w.hear("four")
        await w.deliver(await w.commit(await w.turn(), "sorry", failed=True))
        await w.mode("human")
        await w.hear("five")
        await w.hear(echo("me"))
        await feed(w)
        await feed(w)
        figures = await counted(w)
        wanted = {"in": 5, "message.no_reply": 2, "drop.rate_limited": 1, "message.failed": 1, "message.person": 1}
        wanted |= {"turn.no_reply": 1, "turn.failed": 1}
        assert {name: figures.get(name) for name in wanted} == wanted


async def test_sends_that_failed_by_their_code(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("one")
        dispatch = await w.commit(await w.turn(), "a", "b", "c")
        assert dispatch.send is not None
        dispatch = await w.record(dispatch.send, NotSent("busy"), backoff=1.0)
        await feed(w)
        send = await w.send()
        dispatch = await w.record(send, Rejected("131026", "no such number"))
        await feed(w)
        assert dispatch.send is not None
        await w.deliver(dispatch)
        await feed(w)
        await w.report(status("failed", id="out.1", error="gone"))
        await feed(w)
        figures = await counted(w)
        assert (figures["out"], figures["send_failed.131026"]) == (2, 2)


async def test_are_summed_by_what_is_wanted(world: OpenWorld) -> None:
    cafe = channel("cafe", bot="barista")
    async with world(channel(), cafe) as w:
        await self_said(w)
        await w.hear(text("hi", of=BOB, at=w.now), channel=cafe)
        await feed(w)
        first, second = hour_of(T0), hour_of(T0 + 3600)
        named = {
            by: [
                (each.group, each.value)
                for each in await w.store.figures(SHOP, first, second + 1, by)  # type: ignore[arg-type]
                if each.name == "in"
            ]
            for by in ("hour", "channel", "bot", "total")
        }
        assert named == {
            "hour": [(str(first), 1), (str(second), 2)],
            "channel": [("cafe", 1), ("shop", 2)],
            "bot": [("assistant", 2), ("barista", 1)],
            "total": [("", 3)],
        }
        only = await w.store.figures(SHOP, second, second + 1, "day")
        assert [(each.group, each.value) for each in only if each.name == "in"] == [(str(int(T0 // 86400 * 86400)), 2)]


async def self_said(w: World) -> None:
    await w.hear("one")
    w.now += 3600
    await w.hear("two")
