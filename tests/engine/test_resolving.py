"""A send whose answer was lost: the provider is asked before anything is sent again, and what it says counts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Literal

import pytest

from tests.engine.bots import Scripted, said
from tests.engine.gateway import Gateway
from tests.engine.rig import SENDS, Shop, shop
from turnkeeper.channels.base import HttpCall, HttpReply
from turnkeeper.engine.answer import Work
from turnkeeper.engine.resolving import LOOKS
from turnkeeper.model.outbound import Accepted, NotSent, Outcome, Rejected, Unknown
from turnkeeper.testing.conversation import in_virtual_time

AT = 4.0
"""When the first send begins: the bot's quiet is over."""
FIRST, SECOND = AT + LOOKS[0], AT + sum(LOOKS)
CAN_ASK = replace(SENDS, resolves=True)
GONE = NotSent("not among the chat's messages", retry_after=0.0)
THERE = Accepted("known")
AWAY = Unknown("the chat cannot be read now")


async def echo(work: Work) -> str:
    return f"answer to {said(work)}"


@asynccontextmanager
async def gateway(
    *fates: Outcome | None, policy: Literal["wait_then_resend", "resend_once", "never_resend"] = "resend_once"
) -> AsyncIterator[tuple[Shop, Gateway]]:
    """A shop whose first send gets no answer."""

    async def lost(call: HttpCall) -> HttpReply:
        return HttpReply(failure="no_answer")

    adapter = Gateway(*fates)
    async with shop(Scripted(echo), sends=replace(CAN_ASK, on_unknown=policy), adapter=adapter) as place:
        place.on_send.append(lost)
        await place.hear("hi")
        yield place, adapter


@pytest.mark.parametrize(
    "label, fates, policy, asked, sent, state",
    [
        ("it arrived", (THERE,), "resend_once", [(FIRST, 1)], 1, "answered"),
        ("it is seen at the second look", (None, THERE), "resend_once", [(FIRST, 1), (SECOND, 1)], 1, "answered"),
        ("it never arrived", (GONE,), "resend_once", [(FIRST, 1)], 2, "answered"),
        ("it never arrived, and may not be guessed", (GONE,), "never_resend", [(FIRST, 1)], 2, "answered"),
        ("it was refused", (Rejected("463", "no"),), "resend_once", [(FIRST, 1)], 1, "failed"),
        ("it cannot be asked for a while", (AWAY, AWAY, AWAY, AWAY, THERE), "resend_once", 5, 1, "answered"),
        ("it can never be asked", (AWAY,), "resend_once", 6, 2, "answered"),
        ("it can never be asked, and it may not be repeated", (AWAY,), "never_resend", 6, 1, "failed"),
        ("nobody knows until its wait is over", (None, None, THERE), "resend_once", 3, 1, "answered"),
        ("nobody ever knows", (None,), "resend_once", 3, 2, "answered"),
        ("nobody ever knows, and echoes are waited for", (None,), "wait_then_resend", 3, 2, "answered"),
        ("nobody ever knows, and it may not be repeated", (None,), "never_resend", 3, 1, "failed"),
    ],
)
def test_what_the_provider_says_counts(
    label: str,
    fates: tuple[Outcome | None, ...],
    policy: Literal["wait_then_resend", "resend_once", "never_resend"],
    asked: list[tuple[float, int]] | int,
    sent: int,
    state: str,
) -> None:
    @in_virtual_time
    async def play() -> None:
        async with gateway(*fates, policy=policy) as (place, adapter):
            await asyncio.sleep(1.0)
            await place.rests()
            assert len(place.called) == sent
            assert await place.states() == {state: 1}
            if isinstance(asked, int):
                assert len(adapter.asked) == asked
                assert adapter.asked[2] == (pytest.approx(SECOND + SENDS.unknown_wait, abs=1.0), 2)
            else:
                assert adapter.asked == asked

    play()


@in_virtual_time
async def test_a_worker_that_dies_while_it_sends_is_followed_by_one_that_asks() -> None:
    async with gateway(THERE) as (place, adapter):
        reached = asyncio.Event()

        async def taken(call: HttpCall) -> HttpReply:
            place.takes(call.json, "w1")
            reached.set()
            await asyncio.Event().wait()
            raise AssertionError

        place.on_send[:] = [taken]
        await reached.wait()
        place.kill()
        await place.work("w2")
        await place.rests()
        assert place.texts == ["answer to hi"]
        assert [tried for _, tried in adapter.asked] == [2]
        assert await place.states() == {"answered": 1}


@in_virtual_time
async def test_whoever_is_stopped_asks_no_more_and_the_next_one_does() -> None:
    async with gateway(THERE) as (place, adapter):
        await asyncio.sleep(AT + LOOKS[0] / 2)
        await place.workers["w1"].drain(0.1)
        assert adapter.asked == []
        place.kill()
        await place.work("w2")
        await place.rests()
        assert (len(place.called), [tried for _, tried in adapter.asked]) == (1, [2])
        assert await place.states() == {"answered": 1}
