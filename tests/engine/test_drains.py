"""A graceful stop: what can be finished is, the rest is handed over, nothing is lost or said twice."""

import asyncio
import contextlib
import dataclasses
from typing import Any

import pytest

from tests.engine.bots import Scripted, said, step
from tests.engine.rig import LEASE, SENDS, now, shop
from turnkeeper.channels.base import HttpCall, HttpReply
from turnkeeper.engine.answer import Answer, Work
from turnkeeper.engine.worker import LAST_SENDS
from turnkeeper.testing.conversation import in_virtual_time
from turnkeeper.testing.events import TURNS


async def echo(work: Work) -> str:
    return f"answer to {said(work)}"


@in_virtual_time
async def test_a_drain_finishes_what_can_be_finished() -> None:
    async def body(work: Work) -> str:
        await asyncio.sleep(3)
        return "done"

    async with shop(Scripted(body)) as place:
        await place.hear("hi")
        await asyncio.sleep(5)
        assert await place.workers["w1"].drain(10.0) == 0
        assert place.texts == ["done"]
        assert await place.states() == {"answered": 1}


@in_virtual_time
async def test_a_drain_hands_over_what_takes_too_long_and_a_new_worker_goes_on_at_once() -> None:
    runs: list[str] = []

    async def think(key: str) -> int:
        runs.append("think")
        return 1

    async def body(work: Work) -> str:
        await step(work, "think", think)
        if len(runs) == 1:
            runs.append("slow")
            await asyncio.sleep(1000)
        return f"answer to {said(work)}"

    async with shop(Scripted(body)) as place:
        await place.hear("hi")
        await asyncio.sleep(5)
        began = now()
        assert await place.workers["w1"].drain(2.0) == 1
        assert now() - began < 3.0
        await place.work("w2")
        await place.rests()
        assert now() - began < 4.0
        assert runs == ["think", "slow"]
        assert place.texts == ["answer to hi"]


@in_virtual_time
async def test_many_graceful_restarts_in_one_turn_do_not_fail_it() -> None:
    slow = True

    async def body(work: Work) -> str:
        if slow:
            await asyncio.sleep(1000)
        return f"answer to {said(work)}"

    async with shop(Scripted(body)) as place:
        await place.hear("hi")
        for number in range(1, 8):
            await asyncio.sleep(5)
            assert await place.workers.pop(f"w{number}").drain(0.1) == 1
            slow = number < 7
            await place.work(f"w{number + 1}")
        await place.rests()
        assert place.texts == ["answer to hi"]


@in_virtual_time
async def test_a_drain_claims_nothing_more() -> None:
    async with shop(Scripted(echo)) as place:
        await asyncio.sleep(1)
        await place.workers["w1"].drain(1.0)
        await place.hear("hi")
        await asyncio.sleep(30)
        assert place.called == []
        assert await place.states() == {"waiting": 1}


def deaf(lives: list[str]) -> Any:
    """A bot that swallows cancellations, the first time that it runs."""

    async def body(work: Work) -> str:
        lives.append(said(work))
        for _ in range(3):
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(100 if len(lives) == 1 else 0)
        return f"answer to {said(work)}"

    return body


@in_virtual_time
async def test_a_bot_that_cannot_be_stopped_does_not_keep_the_conversation() -> None:
    lives: list[str] = []
    async with shop(Scripted(deaf(lives)), dataclasses.replace(TURNS, turn_limit=10.0)) as place:
        await place.hear("hi")
        await asyncio.sleep(400)
        assert lives == ["hi", "hi"]
        assert [(told.text, told.at < 30.0) for told in place.told] == [("answer to hi", True)]
        assert await place.states() == {"answered": 1}


@in_virtual_time
async def test_a_bot_that_cannot_be_stopped_does_not_hold_up_a_drain() -> None:
    lives: list[str] = []
    async with shop(Scripted(deaf(lives))) as place:
        await place.hear("hi")
        await asyncio.sleep(5)
        began = now()
        handed_over = await place.workers.pop("w1").drain(1.0)
        took = now() - began
        await place.work("w2")
        await asyncio.sleep(400)
        assert (handed_over, took < 8.0) == (1, True)
        assert place.texts == ["answer to hi"]


@in_virtual_time
async def test_who_signs_off_is_not_born_again() -> None:
    async with shop(Scripted(echo)) as place:

        async def slow(call: Any) -> Any:
            done = await call()
            await asyncio.sleep(LEASE)
            return done

        place.hooks["w1", "retire"] = [slow]
        await asyncio.sleep(1)
        await place.workers.pop("w1").drain(1.0)
        assert (await place.store.vitals(place.clock.now(), 0.0)).workers == 0


@in_virtual_time
async def test_a_send_under_way_at_a_drain_is_seen_to_its_end_and_recorded() -> None:
    async with shop(Scripted(echo)) as place:

        async def late(call: Any) -> HttpReply:
            await asyncio.sleep(LAST_SENDS - 1)
            return place.takes(call.json, "w1")

        place.on_send = [late]
        await place.hear("hi")
        await asyncio.sleep(4.5)
        await place.workers["w1"].drain(0.1)
        assert await place.states() == {"answered": 1}
        await place.work("w2")
        await place.rests()
        assert place.called == place.texts == ["answer to hi"]


@pytest.mark.parametrize("where", ["a send", "the commit"])
@in_virtual_time
async def test_a_drain_in_the_middle_of_an_answer_leaves_the_rest_to_the_next_worker_at_once(where: str) -> None:
    async def body(_: Work) -> Answer:
        return Answer(["one", "two", "three"])

    async with shop(Scripted(body), sends=dataclasses.replace(SENDS, on_unknown="never_resend")) as place:

        async def slow(call: Any) -> Any:
            if isinstance(call, HttpCall):
                await asyncio.sleep(2)
                return place.takes(call.json, "w1")
            done = await call()
            await asyncio.sleep(2)
            return done

        if where == "a send":
            place.on_send = [slow]
        else:
            place.hooks["w1", "commit"] = [slow]
        await place.hear("hi")
        await asyncio.sleep(4.5)
        await place.workers.pop("w1").drain(0.1)
        began = now()
        await place.work("w2")
        await place.rests()
        assert now() - began < 3.0
        assert place.called == place.texts == ["one", "two", "three"]
        assert await place.states() == {"answered": 1}


@in_virtual_time
async def test_a_bot_that_stops_waiting_for_its_own_words_does_not_stop_them() -> None:
    async def body(work: Work) -> str:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(work.say_now("word " * 1500), 0.05)
        await asyncio.sleep(1)
        return "done"

    async with shop(Scripted(body)) as place:
        await place.hear("hi")
        await place.rests(20.0)
        assert [said[:4] for said in place.called] == ["word", "word", "done"]
        assert place.called == place.texts


@in_virtual_time
async def test_an_effect_under_way_at_a_drain_is_seen_to_its_end_and_recorded() -> None:
    booked: list[str] = []

    async def book(key: str) -> int:
        await asyncio.sleep(LAST_SENDS - 1)
        booked.append(key)
        return 1

    async def body(work: Work) -> str:
        return f"booked {await step(work, 'book', book, effect=True, on_unknown='fail')}"

    async with shop(Scripted(body)) as place:
        await place.hear("hi")
        await asyncio.sleep(4.5)
        await place.workers["w1"].drain(0.1)
        assert place.steps() == [("book", True)]
        await place.work("w2")
        await place.rests()
        assert place.texts == ["booked 1"]
        assert len(booked) == 1
