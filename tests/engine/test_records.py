"""What a turn learns, reads and leaves to be done: by the engine, under virtual time."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from tests.engine.bots import Scripted
from tests.engine.rig import Hold, Shop, answer_lost, away, now, shop
from turnkeeper.engine.afterwards import AT_ONCE, LIMIT
from turnkeeper.engine.answer import Answer, Work
from turnkeeper.engine.watching import Watch
from turnkeeper.model.agents import Spent, Summary
from turnkeeper.model.policy import Channel
from turnkeeper.testing.conversation import in_virtual_time


async def known(place: Shop) -> dict[str, bytes]:
    found = await place.conversation()
    return {fact.name: fact.value for fact in await place.store.facts(found.workspace_id, found.contact_id)}


class Alarm:
    """Hears what went wrong."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def raised(self, channel: Channel, error: BaseException) -> None:
        self.heard.append(f"{channel.id} {type(error).__name__}")


async def heard(call: Callable[[], Awaitable[Any]]) -> Any:
    return await call()


@in_virtual_time
async def test_what_a_turn_learned_the_next_one_knows() -> None:
    knew: list[dict[str, Any]] = []

    async def body(work: Work) -> Answer:
        knew.append(await work.records.facts())
        knew[-1]["scribbled"] = "on a copy"
        assert "scribbled" not in await work.records.facts()
        learned: dict[str, object] = {"name": "Ad\u00e1", "children": [1, {"of": None}]} if not knew[0:-1] else {}
        return Answer(["ok"], facts=learned or {"name": None, "gone": None})

    async with shop(Scripted(body)) as place:
        place.hooks["w1", "facts"] = [away, answer_lost, *[heard] * 10]
        for said in ("one", "two", "three"):
            await place.hear(said)
            await place.rests()
        assert knew == [
            {"scribbled": "on a copy"},
            {"name": "Ad\u00e1", "children": [1, {"of": None}], "scribbled": "on a copy"},
            {"children": [1, {"of": None}], "scribbled": "on a copy"},
        ]
        assert len(place.hooks["w1", "facts"]) == 7, "they are read once a turn"


@pytest.mark.parametrize("learned", [{"name": object()}, {7: "seven"}])
@in_virtual_time
async def test_what_cannot_be_kept_fails_the_turn(learned: dict[Any, object]) -> None:
    async def body(_: Work) -> Answer:
        return Answer(["ok"], facts={"fine": 1, **learned})

    async with shop(Scripted(body)) as place:
        await place.hear("hi")
        await place.rests()
        assert await place.states() == {"failed": 1}
        assert await known(place) == {}
        assert "ok" not in place.texts


@in_virtual_time
async def test_a_failed_turn_learns_nothing_and_leaves_nothing() -> None:
    ran: list[int] = []

    async def later() -> None:
        ran.append(1)

    async def body(_: Work) -> Answer:
        return Answer(["ok"], state={"x": object()}, facts={"name": "Ada"}, afterwards=[later])

    async with shop(Scripted(body)) as place:
        await place.hear("hi")
        await place.rests()
        assert (await place.states(), await known(place), ran) == ({"failed": 1}, {}, [])


@in_virtual_time
async def test_a_turn_knows_where_and_since_when_it_is() -> None:
    told: list[tuple[object, ...]] = []
    hold = Hold()

    async def body(work: Work) -> str:
        told.append((work.attempt, work.channel.id, work.key.workspace_id, work.began_at, work.now()))
        if work.attempt == 1:
            raise ValueError
        if not hold.go.is_set():
            await hold.here()
        return "ok"

    async with shop(Scripted(body)) as place:
        place.clock.now()
        await place.hear("hi")
        await place.dies_at(hold)
        (began,) = {tell[3] for tell in told}
        assert [tell[0] for tell in told] == [1, 2, 2]
        assert told[0] == (1, "shop", "default", began, began)
        assert told[2][4] > told[1][4] > began  # type: ignore[operator]


@in_virtual_time
async def test_what_a_step_took_is_counted_once_and_read_within_the_turn() -> None:
    read: list[Spent] = []

    async def body(work: Work) -> str:
        async def ask(_: str) -> bytes:
            return b"12"

        for name in ("model", "model", "tool"):
            spent = None if name == "tool" else lambda result: Spent(int(result), 3)
            await work.step(name, ask, b"", effect=name == "tool", on_unknown="retry", spent=spent)
        read.append(await work.records.spent_today())
        if work.attempt == 1:
            raise ValueError
        return "ok"

    async with shop(Scripted(body)) as place:
        place.hooks["w1", "finish_step"] = [away, answer_lost]
        await place.hear("hi")
        await place.rests()
        assert read == [Spent(24, 6), Spent(48, 12)]


@in_virtual_time
async def test_a_resumed_step_is_not_counted_again() -> None:
    hold = Hold()
    read: list[Spent] = []

    async def body(work: Work) -> str:
        async def ask(_: str) -> bytes:
            return b"12"

        await work.step("model", ask, b"", effect=False, on_unknown="retry", spent=lambda took: Spent(int(took)))
        if not hold.go.is_set():
            await hold.here()
        read.append(await work.records.spent_today())
        return "ok"

    async with shop(Scripted(body)) as place:
        await place.hear("hi")
        await place.dies_at(hold)
        assert read == [Spent(12)]


@in_virtual_time
async def test_work_afterwards_begins_when_the_replies_are_out_and_holds_nothing_up() -> None:
    began: list[tuple[float, int]] = []
    kept: list[bool] = []
    summaries: list[Summary | None] = []
    spent: list[Spent] = []

    async def body(work: Work) -> Answer:
        summaries.append(await work.records.summary())
        spent.append(await work.records.spent_today())

        async def summarise() -> None:
            began.append((now(), len(place.told)))
            await asyncio.sleep(30)
            kept.append(await work.records.keep_summary("They said hi.", 5.0, None))
            await work.records.spend(Spent(7, 2))

        return Answer(["one", "two"], afterwards=[summarise])

    async with shop(Scripted(body)) as place:
        await place.hear("hi")
        await place.rests()
        assert [sends for _, sends in began] == [2]
        await place.hear("are you there?")
        await place.rests()
        assert now() < began[0][0] + 20
        await asyncio.sleep(60)
        assert kept == [True, False]
        await place.hear("and now?")
        await place.rests()
        assert summaries[:2] == [None, None]
        assert spent == [Spent(), Spent(), Spent(14, 4)]
        assert summaries[2] is not None
        assert (summaries[2].text, summaries[2].up_to) == ("They said hi.", 5.0)


@in_virtual_time
async def test_whatever_work_afterwards_raises_harms_nobody() -> None:
    alarm = Alarm()
    done: list[float] = []

    async def raises() -> None:
        raise KeyError

    async def leaves() -> None:
        raise SystemExit

    async def stalls() -> None:
        try:
            await asyncio.sleep(10 * LIMIT)
        finally:
            done.append(now())

    async def body(_: Work) -> Answer:
        return Answer(["ok"], afterwards=[raises, leaves, stalls])

    async with shop(Scripted(body), workers=0) as place:
        await place.work(watch=Watch(place.clock, alarm=alarm))
        await place.hear("hi")
        await place.rests()
        began = now()
        await asyncio.sleep(2 * LIMIT)
        assert alarm.heard == ["shop KeyError", "shop SystemExit", "shop TimeoutError"]
        assert done[0] == pytest.approx(began + LIMIT, abs=1)
        assert await place.states() == {"answered": 1}


@in_virtual_time
async def test_only_so_many_run_at_once() -> None:
    running: list[int] = []
    most: list[int] = []

    async def busy() -> None:
        running.append(1)
        most.append(len(running))
        await asyncio.sleep(10)
        running.pop()

    def many(_: object) -> Sequence[Any]:
        return [busy] * (AT_ONCE + 5)

    async def body(work: Work) -> Answer:
        return Answer(["ok"], afterwards=many(work))

    async with shop(Scripted(body)) as place:
        await place.hear("hi")
        await place.rests()
        await asyncio.sleep(30)
        assert (max(most), len(most)) == (AT_ONCE, AT_ONCE + 5)


@in_virtual_time
async def test_a_stop_does_not_wait_for_it() -> None:
    ended: list[str] = []
    hold = Hold()

    async def later() -> None:
        ended.append("begun")
        try:
            await asyncio.sleep(100)
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise

    async def body(work: Work) -> Answer:
        if work.number == 2:
            await hold.here()
        return Answer(["ok"], afterwards=[later])

    async with shop(Scripted(body)) as place:
        await place.hear("hi")
        await place.rests()
        await place.hear("and?")
        await hold.reached.wait()
        began = now()
        stopping = asyncio.ensure_future(place.workers.pop("w1").drain(60))
        await asyncio.sleep(1)
        hold.go.set()
        assert await stopping == 0
        assert now() - began < 5
        assert ended == ["begun", "cancelled"]  # what the second turn left is not begun
        assert place.texts == ["ok", "ok"]
