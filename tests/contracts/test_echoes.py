"""Case 5: what our own number sent. Ours, or typed by the owner? Undecided while a send's fate is open."""

from dataclasses import replace

import pytest

from tests.contracts.conftest import OpenWorld
from tests.contracts.world import W1, W2
from turnkeeper.model.outbound import Unknown
from turnkeeper.model.policy import Channel
from turnkeeper.testing.events import SENDS, channel, echo, status


def shop(takes_over: float | None = 600.0) -> Channel:
    return channel(sends=replace(SENDS, echo_takes_over=takes_over, on_unknown="resend_once"))


async def test_case_05_an_echo_waits_while_a_send_is_open_and_then_is_ours(world: OpenWorld) -> None:
    async with world(shop()) as w:
        await w.hear("hi")
        dispatch = await w.commit(await w.turn(), "hello")
        await w.hear(echo("hello", id="out.1"))
        assert (await w.states())["waiting"] == 1
        await w.deliver(dispatch)
        assert await w.states() == {"answered": 1, "ignored": 1}
        assert (await w.conversation()).mode == "bot"


async def test_case_05_an_echo_waits_and_then_is_the_owners(world: OpenWorld) -> None:
    async with world(shop()) as w:
        await w.hear("hi")
        dispatch = await w.commit(await w.turn(), "one", "two")
        await w.hear(echo("I am here myself"))
        await w.deliver(dispatch)
        assert w.sent == ["one"]
        assert await w.states() == {"person": 2}
        assert (await w.conversation()).mode == "human"


@pytest.mark.parametrize("ours", [True, False])
async def test_case_05_an_echo_waits_while_a_sends_fate_is_unknown(world: OpenWorld, ours: bool) -> None:
    async with world(shop()) as w:
        await w.hear("hi")
        dispatch = await w.commit(await w.turn(), "hello")
        assert dispatch.send is not None
        await w.record(dispatch.send, Unknown("no answer"))
        await w.hear(echo("hello", id="out.1" if ours else "other"))
        assert (await w.states())["waiting"] == 1
        await w.report(status("sent", id="out.1", tracker=w.tracker(dispatch.send)))
        assert await w.states() == ({"answered": 1, "ignored": 1} if ours else {"answered": 1, "person": 1})


async def test_case_05_an_echo_of_a_known_send_is_ours_at_once(world: OpenWorld) -> None:
    async with world(shop()) as w:
        await w.hear("hi")
        await w.answer("hello")
        await w.hear(echo("hello", id="out.1"))
        assert await w.states() == {"answered": 1, "ignored": 1}


async def test_case_05_the_owners_words_stop_the_turn(world: OpenWorld) -> None:
    async with world(shop()) as w:
        await w.hear("hi")
        turn = await w.turn()
        taken = await w.hear(echo("hello, Ada"))
        assert [wake.fenced for wake in taken.wakes] == [W1]
        with pytest.raises(Exception, match="no longer"):
            await w.commit(turn, "I am a bot")
        assert await w.states() == {"person": 2}


async def test_case_05_the_owners_words_change_nothing_where_the_channel_says_so(world: OpenWorld) -> None:
    async with world(shop(None)) as w:
        await w.hear("hi")
        await w.hear(echo("hello, Ada"))
        await w.until_idle()
        assert w.sent == ["re: hi"]
        assert await w.states() == {"person": 1, "answered": 1}


async def test_case_05_an_echo_held_by_a_send_that_is_given_up_is_decided_then(world: OpenWorld) -> None:
    """The row settles at a claim, with nobody there to record anything."""
    async with world(shop()) as w:
        await w.hear("hi")
        await w.commit(await w.turn(), "hello")
        await w.hear(echo("it is me"))
        await w.mode("human")
        await w.die()
        w.now += 5_000
        while (due := await w.store.next_due()) is not None:
            w.now = max(w.now, due)
            assert await w.claim(W2) == []
        assert "waiting" not in await w.states()
