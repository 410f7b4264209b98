"""Providers that write one message's id in several ways: what is told later is matched on the part that stays."""

from dataclasses import replace

from msgspec.structs import replace as changed

from tests.contracts.conftest import OpenWorld
from turnkeeper.model.policy import Channel
from turnkeeper.testing.events import SENDS, channel, echo, event, status, text


def shop() -> Channel:
    return channel(sends=replace(SENDS, echo_takes_over=600.0))


async def test_a_status_finds_its_row_by_the_key(world: OpenWorld) -> None:
    async with world(shop()) as w:
        await w.hear("hi")
        await w.answer("hello")
        await w.report(changed(status("read", id="true_7@lid_out.1"), message_key="out.1"))
        assert ("read", "hello") in await w.moments()


async def test_a_status_that_comes_first_waits_under_the_key(world: OpenWorld) -> None:
    async with world(shop()) as w:
        await w.hear("hi")
        dispatch = await w.commit(await w.turn(), "hello")
        await w.report(changed(status("delivered", id="true_7@lid_out.1"), message_key="out.1"))
        await w.deliver(dispatch)
        assert ("delivered", "hello") in await w.moments()


async def test_an_echo_is_ours_by_the_key(world: OpenWorld) -> None:
    async with world(shop()) as w:
        await w.hear("hi")
        await w.answer("hello")
        await w.hear(changed(echo("hello", id="true_7@lid_out.1"), message_key="out.1"))
        assert await w.states() == {"answered": 1, "ignored": 1}


async def test_what_a_program_sent_is_nobodys_words_even_while_a_send_is_open(world: OpenWorld) -> None:
    async with world(shop()) as w:
        await w.hear("hi")
        dispatch = await w.commit(await w.turn(), "hello")
        await w.hear(changed(echo("a reminder of the calendar's"), by_program=True))
        assert (await w.states())["ignored"] == 1
        await w.deliver(dispatch)
        assert (await w.conversation()).mode == "bot"
        assert await w.states() == {"answered": 1, "ignored": 1}


async def test_a_deletion_finds_its_message_by_the_key(world: OpenWorld) -> None:
    async with world(shop()) as w:
        await w.hear(changed(text("forget it", id="false_7@c.us_K1"), message_key="K1"))
        await w.hear(changed(event("deleted"), target_message_key="K1"))
        assert await w.states() == {"dropped: deleted": 1, "no_reply": 1}


async def test_an_edit_finds_its_message_by_the_key(world: OpenWorld) -> None:
    async with world(shop()) as w:
        await w.hear(changed(text("egiht", id="false_7@c.us_K1"), message_key="K1"))
        await w.hear(changed(event("edited", "eight"), target_message_key="K1"))
        await w.until_idle()
        assert w.sent == ["re: eight"]
