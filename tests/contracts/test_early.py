"""What comes before the message that it is about waits for it, shown, and acts then."""

from dataclasses import replace

import pytest
from msgspec.structs import replace as changed

from tests.contracts.conftest import OpenWorld
from tests.contracts.world import words
from turnkeeper.model.events import Reaction
from turnkeeper.model.policy import Channel
from turnkeeper.store.story import AWAITS, MET
from turnkeeper.testing.events import SENDS, TURNS, channel, deleted, echo, edited, event, reaction, text

HI = text("helo", id="m1")


def curious() -> Channel:
    return channel(turns=replace(TURNS, reactions=True))


async def test_an_edit(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear(edited(HI, "hello"))
        assert await w.states() == {"no_reply": 1}
        key = (await w.conversation()).key
        assert AWAITS in [moment.detail for moment in await w.store.moments(key, 10)]
        w.now += 1
        await w.hear(HI)
        assert [m.detail for m in await w.store.moments(key, 10) if m.kind == "no_reply"] == [MET]
        await w.until_idle()
        assert w.sent == ["re: hello"]
        assert await w.states() == {"no_reply": 1, "answered": 1}
        assert [line.text for line in await w.store.history(key, 10)] == ["hello", "re: hello"]
        assert (await w.conversation()).early == 0


async def test_the_last_of_several_edits_counts_and_other_messages_are_left_alone(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear(edited(HI, "one"), edited(HI, "two"), edited(text("x", id="other"), "never"))
        await w.hear("first")
        await w.hear(HI)
        assert words((await w.turn()).events) == ["first", "two"]
        assert (await w.conversation()).early == 1


async def test_a_deletion(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear(deleted(HI))
        await w.hear(HI)
        assert await w.states() == {"no_reply": 1, "dropped: deleted": 1}
        assert await w.store.next_due() is None
        assert await w.store.history((await w.conversation()).key, 10) == []


async def test_a_deletion_among_messages_that_wait(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("first")
        await w.hear(deleted(HI))
        await w.hear(HI, "last")
        await w.until_idle()
        assert w.sent == ["re: first last"]


async def test_all_in_one_webhook_in_the_wrong_order(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear(edited(HI, "hello"), HI)
        await w.until_idle()
        assert w.sent == ["re: hello"]


async def test_it_acts_once(world: OpenWorld) -> None:
    async with world() as w:
        edit = edited(HI, "hello")
        await w.hear(edit)
        await w.hear(HI)
        assert (await w.hear(edit, HI)).duplicates == 2
        await w.until_idle()
        assert w.sent == ["re: hello"]


async def test_an_edit_that_says_stop(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear(edited(HI, "STOP"))
        await w.hear(HI)
        assert (await w.conversation()).opted_out


async def test_what_was_answered_long_ago_is_not_waited_for(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear(HI)
        await w.answer("hello")
        await w.hear(edited(HI, "hello"), deleted(HI), reaction("👍", "m1"), reaction("👍", "out.1"))
        assert (await w.conversation()).early == 0


async def test_a_reaction_that_nobody_asks_for_is_shown_with_its_message(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear(reaction("👍", "m1"))
        await w.hear(HI)
        await w.until_idle()
        assert w.sent == ["re: helo"]
        told = await w.store.moments((await w.conversation()).key, 10)
        assert [moment.detail for moment in told if moment.kind == "no_reply"] == [MET]


async def test_a_reaction_that_is_asked_for_starts_its_turn_then(world: OpenWorld) -> None:
    async with world(curious()) as w:
        await w.hear("first")
        await w.answer("hello")
        await w.hear(reaction("👍", "m1"))
        assert await w.store.next_due() is None
        w.now += 1
        await w.hear(HI)
        turn = await w.turn()
        assert [row.kind for row in turn.events] == ["reaction", "text"]
        await w.deliver(await w.commit(turn, "thanks"))
        assert await w.states() == {"answered": 3}


async def test_a_reaction_to_what_is_being_sent_is_taken_as_it_comes(world: OpenWorld) -> None:
    async with world(curious()) as w:
        await w.hear("first")
        dispatch = await w.commit(await w.turn(), "hello")
        await w.hear(reaction("👍", "out.1"))
        await w.deliver(dispatch)
        turn = await w.turn()
        assert [row.kind for row in turn.events] == ["reaction"]


@pytest.mark.parametrize("mode", ["human", "paused"])
async def test_a_reaction_whose_message_comes_while_a_person_answers(world: OpenWorld, mode: str) -> None:
    async with world(curious()) as w:
        await w.hear(reaction("👍", "m1"))
        await w.mode(mode)
        await w.hear(HI)
        assert await w.states() == {"person": 2}


async def test_an_edit_by_the_owner_is_about_the_owners_words(world: OpenWorld) -> None:
    async with world(channel(sends=replace(SENDS, echo_takes_over=600.0))) as w:
        await w.hear("hi")
        mine = echo("hello Ad", id="e1")
        await w.hear(changed(edited(mine, "hello Ada"), from_me=True))
        await w.hear(changed(text("not yours", id="e1"), dedup_key="another"))
        await w.hear(mine)
        lines = await w.store.history((await w.conversation()).key, 10)
        assert [line.text for line in lines] == ["hi", "not yours", "hello Ada"]
        assert (await w.conversation()).mode == "human"


async def test_a_deletion_by_the_owner_takes_nothing_over(world: OpenWorld) -> None:
    async with world(channel(sends=replace(SENDS, echo_takes_over=600.0))) as w:
        await w.hear("hi")
        mine = echo("oops", id="e1")
        await w.hear(changed(deleted(mine), from_me=True))
        await w.hear(mine)
        assert (await w.conversation()).mode == "bot"
        await w.until_idle()
        assert w.sent == ["re: hi"]


async def test_ids_are_compared_by_their_part_that_stays_the_same(world: OpenWorld) -> None:
    async with world() as w:
        whole = changed(HI, message_id="false_1@c.us_KEY", message_key="KEY")
        await w.hear(changed(edited(whole, "hello"), target_message_id=None, target_message_key="KEY"))
        await w.hear(
            changed(reaction("👍", "KEY"), reaction=Reaction("false_1@lid_KEY", "👍"), target_message_key="KEY")
        )
        await w.hear(whole)
        assert (await w.conversation()).early == 0
        await w.until_idle()
        assert w.sent == ["re: hello"]


async def test_it_is_waited_for_a_while_only(world: OpenWorld) -> None:
    async with world(curious()) as w:
        await w.hear(edited(HI, "hello"))
        await w.mode("human")
        for _ in range(4):
            await w.hear(*(event("text", "x") for _ in range(50)))
        assert (await w.conversation()).early == 1
        await w.hear(HI)
        assert (await w.conversation()).early == 0
        lines = await w.store.history((await w.conversation()).key, 1)
        assert [line.text for line in lines] == ["helo"]
