"""Groups: one conversation of many; what is not to us is only counted."""

from dataclasses import replace

from msgspec.structs import replace as changed

from tests.contracts.conftest import OpenWorld
from tests.contracts.world import World
from turnkeeper.model.events import Inbound
from turnkeeper.model.policy import Channel, Groups, RateLimit
from turnkeeper.testing.events import SENDS, TURNS, channel, echo, edited, text

GROUP = "group:g1"


def shop(groups: Groups, **more: object) -> Channel:
    return replace(channel(sends=replace(SENDS, echo_takes_over=600.0)), groups=groups, **more)  # type: ignore[arg-type]


def said(words: str, by: str = "Ada", **more: object) -> Inbound:
    inbound = text(words, of=by.encode().hex())
    return changed(inbound, is_group=True, chat_id="g1", sender_name=by, **more)


async def lines(w: World) -> list[str]:
    return [line.text for line in await w.store.history((await w.conversation(GROUP)).key, 10)]


async def test_they_are_ignored_where_nobody_asks_for_them(world: OpenWorld) -> None:
    async with world(shop("ignore")) as w:
        await w.hear(said("hi"), said("you there", mentions_us=True), changed(echo("yes"), is_group=True, chat_id="g1"))
        assert await w.states() == {"ignored": 3}
        assert await w.store.find(w.channel.workspace_id, w.channel.id, GROUP) is None


async def test_all_who_speak_are_in_one_conversation_and_answered_together(world: OpenWorld) -> None:
    async with world(shop("all")) as w:
        await w.hear(said("hello"), said("hi", by="Bob"))
        await w.answer("good morning")
        assert await lines(w) == ["Ada: hello", "Bob: hi", "good morning"]
        assert (await w.conversation(GROUP)).addresses == GROUP
        assert await w.states() == {"answered": 2}


async def test_who_speaks_in_private_is_somewhere_else(world: OpenWorld) -> None:
    async with world(shop("all")) as w:
        await w.hear(said("hello"))
        await w.hear(text("hi", of=b"Ada".hex()))
        assert len(await w.store.recent(10)) == 2


async def test_only_what_is_said_to_us_is_heard(world: OpenWorld) -> None:
    async with world(shop("mention")) as w:
        await w.hear(said("hello all"), said("@bot hi", mentions_us=True))
        await w.answer("good morning")
        w.now += 1
        await w.hear(said("thanks", reply_to="out.1"), said("to you", reply_to="m.1", by="Bob"))
        await w.answer("bye")
        assert await w.states() == {"answered": 2, "ignored": 2}
        assert await lines(w) == ["Ada: @bot hi", "good morning", "Ada: thanks", "bye"]


async def test_ids_of_messages_may_be_those_of_another_chat(world: OpenWorld) -> None:
    async with world(shop("mention")) as w:
        await w.hear(text("hi"))
        await w.answer("hello")
        await w.hear(said("yes", reply_to="out.1"))
        assert await w.states() == {"answered": 1, "ignored": 1}


async def test_an_edit_of_what_was_said_to_us_counts(world: OpenWorld) -> None:
    async with world(shop("mention")) as w:
        hello = said("@bot helo", mentions_us=True)
        await w.hear(hello)
        await w.hear(changed(edited(hello, "@bot hello"), is_group=True, chat_id="g1", sender_name="Ada"))
        await w.until_idle()
        assert w.sent == ["re: @bot hello"]


async def test_the_owners_words_in_a_group_take_it_over(world: OpenWorld) -> None:
    async with world(shop("all")) as w:
        await w.hear(said("hello"))
        await w.hear(changed(echo("I take this"), is_group=True, chat_id="g1"))
        assert (await w.conversation(GROUP)).mode == "human"
        assert await w.states() == {"person": 2}


async def test_one_of_many_stops_nothing(world: OpenWorld) -> None:
    async with world(shop("all")) as w:
        await w.hear(said("stop"))
        assert await w.states() == {"waiting": 1}
        assert not (await w.conversation(GROUP)).opted_out


async def test_a_group_may_write_as_much_as_a_few_people_and_is_told_nothing(world: OpenWorld) -> None:
    turns = replace(TURNS, rate_limit=RateLimit(2, 60.0))
    async with world(shop("all", turns=turns)) as w:
        await w.hear(*(said(f"{n}") for n in range(12)))
        assert await w.states() == {"waiting": 10, "dropped: rate_limited": 2}
        await w.until_idle()
        assert len(w.sent) == 1


async def test_a_group_is_sent_less_than_a_person(world: OpenWorld) -> None:
    own = shop("all")
    sends = replace(own.sends, pair=RateLimit(3, 3.0), group=RateLimit(2, 8.0))
    async with world(replace(own, sends=sends)) as w:
        for event in (said("hi"), text("hi", of="ada")):
            await w.hear(event)
            turn = await w.turn()
            began = w.now
            await w.deliver(await w.commit(turn, *"abcd"))
            await w.until_idle()
            waits = [at - began for at in w.calls[-4:]]
            assert waits == ([0, 0, 4, 8] if event.is_group else [0, 0, 0, 1])


async def test_a_group_is_no_contact_with_a_name(world: OpenWorld) -> None:
    async with world(shop("all")) as w:
        await w.hear(said("hello", by="Ada"))
        turn = await w.turn()
        assert turn.conversation.addresses == GROUP
