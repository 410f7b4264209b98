"""Case 5: what our own number sent. Ours, or typed by the owner? Undecided while a send's fate is open."""

from dataclasses import replace

import pytest
from msgspec.structs import replace as changed

from tests.contracts.conftest import OpenWorld
from tests.contracts.world import W1, W2
from turnkeeper.model.events import Inbound
from turnkeeper.model.outbound import Unknown
from turnkeeper.model.policy import Channel
from turnkeeper.testing.events import SENDS, channel, echo, event, reaction, status, text


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


def typed(inbound: Inbound) -> Inbound:
    """The same, done by the owner on the phone."""
    return changed(inbound, from_me=True)


OWNERS_KINDS = ["image", "voice", "document", "sticker", "location", "contacts", "order", "unsupported", "button_reply"]


@pytest.mark.parametrize("kind", OWNERS_KINDS)
async def test_whatever_the_owner_sends_is_a_persons_and_takes_over(world: OpenWorld, kind: str) -> None:
    async with world(shop()) as w:
        await w.hear("hi")
        await w.hear(typed(event(kind)))  # type: ignore[arg-type]
        assert await w.states() == {"person": 2}
        conversation = await w.conversation()
        assert (conversation.mode, conversation.mode_until) == ("human", w.now + 600)


@pytest.mark.parametrize("kind", ["edited", "deleted", "reaction"])
async def test_second_thoughts_and_emojis_of_the_owner_are_kept_and_take_nothing_over(
    world: OpenWorld, kind: str
) -> None:
    async with world(shop()) as w:
        await w.hear("hi")
        await w.hear(typed(reaction("👍", "m") if kind == "reaction" else event(kind)))  # type: ignore[arg-type]
        assert await w.states() == {"person": 1, "waiting": 1}
        await w.until_idle()
        assert w.sent == ["re: hi"]


async def test_the_bot_is_back_when_the_owners_time_is_over_and_knows_what_was_said(world: OpenWorld) -> None:
    async with world(shop()) as w:
        await w.hear("hi")
        await w.hear(echo("hello, Ada"))
        w.now += 599
        await w.hear("thanks")
        assert await w.states() == {"person": 3}
        w.now += 1
        await w.hear("one more thing")
        turn = await w.turn()
        lines = await w.store.history(turn.run.key, 10)
        assert [(line.role, line.text) for line in lines] == [
            ("contact", "hi"),
            ("person", "hello, Ada"),
            ("contact", "thanks"),
            ("contact", "one more thing"),
        ]


async def test_an_echo_that_comes_days_late_takes_nothing_over(world: OpenWorld) -> None:
    async with world(shop()) as w:
        await w.hear("hi")
        await w.hear(changed(echo("hello"), timestamp=int(w.now - 3 * 86_400)))
        assert await w.states() == {"person": 1, "waiting": 1}
        assert (await w.conversation()).mode == "bot"


@pytest.mark.parametrize(
    "label, correction, expected, states",
    [
        ("an edit", changed(event("edited", "eight"), target_message_id="e.1"), ["eight"], {"person": 2}),
        ("a deletion", changed(event("deleted"), target_message_id="e.1"), [], {"person": 1, "dropped: deleted": 1}),
        ("an edit to what nobody can read", changed(event("edited"), target_message_id="e.1"), ["nine"], {"person": 2}),
        ("an edit of another", changed(event("edited", "x"), target_message_id="e.2"), ["nine", "x"], {"person": 2}),
    ],
)
async def test_the_owners_second_thoughts_are_in_the_history(
    world: OpenWorld, label: str, correction: Inbound, expected: list[str], states: dict[str, int]
) -> None:
    async with world(shop(None)) as w:
        await w.hear(echo("nine", id="e.1"))
        await w.hear(typed(correction))
        lines = await w.store.history((await w.conversation()).key, 10)
        assert [line.text for line in lines] == expected
        assert await w.states() == states


@pytest.mark.parametrize(
    "target, lines",
    [
        ("in.1", ["nine", "yes", "hello?"]),
        ("in.2", ["nine", "yes", "hello?"]),
        ("out.1", ["nine", "hello?"]),
        (None, ["nine", "yes", "hello?"]),
    ],
)
async def test_the_owner_takes_back_what_the_business_said_only(
    world: OpenWorld, target: str | None, lines: list[str]
) -> None:
    async with world(shop(None)) as w:
        await w.hear(text("nine", id="in.1"))
        await w.answer("yes")
        w.now += 1
        await w.hear(echo("yes", id="out.1"))
        await w.mode("human")
        await w.hear(text("hello?", id="in.2"))
        await w.hear(typed(changed(event("deleted"), target_message_id=target)))
        assert await w.states() == {"person": 2, "answered": 1, "ignored": 1}
        told = await w.store.history((await w.conversation()).key, 10)
        assert [line.text for line in told] == lines


async def test_a_correction_that_waits_behind_a_send_counts_once_it_is_decided(world: OpenWorld) -> None:
    async with world(shop(None)) as w:
        await w.hear("hi")
        dispatch = await w.commit(await w.turn(), "hello")
        w.now += 1
        await w.hear(echo("nine", id="e.1"), typed(changed(event("edited", "eight"), target_message_id="e.1")))
        assert (await w.states())["waiting"] == 2
        await w.deliver(dispatch)
        lines = await w.store.history((await w.conversation()).key, 10)
        assert [line.text for line in lines] == ["hi", "hello", "eight"]
        assert await w.states() == {"person": 2, "answered": 1}
