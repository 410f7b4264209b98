"""The owner's words act in the transaction that accepts them, once, on the conversation that is meant."""

from dataclasses import replace

import msgspec
import pytest
from msgspec.structs import replace as changed

from tests.contracts.conftest import OpenWorld
from tests.contracts.world import W1, World, words
from turnkeeper.model.conversation import SessionRow
from turnkeeper.model.errors import Fenced
from turnkeeper.model.outbound import Unknown
from turnkeeper.model.policy import Channel, OwnerWords
from turnkeeper.store.base import ClaimedTurn, Dispatch
from turnkeeper.testing.events import ADA, SENDS, channel, echo, event, text

OWNER, TESTER = "60111111111", "60122222222"
WORDS = OwnerWords(
    takes="cmd",
    gives="dmc",
    numbers=frozenset({f"phone:{OWNER}"}),
    nudge="Teruskan",
    testers=frozenset({f"phone:{TESTER}"}),
    erased="Sudah Delete Data Anda",
)


def shop(words: OwnerWords = WORDS) -> Channel:
    return replace(channel(sends=replace(SENDS, on_unknown="resend_once")), owner=words)


async def running(w: World) -> ClaimedTurn:
    await w.hear("hi")
    return await w.turn()


class TestInTheChat:
    async def test_a_person_takes_over_until_it_is_given_back(self, world: OpenWorld) -> None:
        async with world(shop()) as w:
            turn = await running(w)
            taken = await w.hear(echo("cmd"))
            assert [wake.fenced for wake in taken.wakes] == [W1]
            with pytest.raises(Fenced):
                await w.commit(turn, "I am a bot")
            w.now += 1e6
            await w.hear("are you there?")
            assert await w.states() == {"person": 2, "ignored": 1}
            await w.hear(echo("dmc"))
            await w.hear("thanks")
            await w.until_idle()
            assert w.sent == ["re: thanks"]
            assert await w.states() == {"person": 2, "ignored": 2, "answered": 1}

    async def test_the_words_are_shown_and_nobody_hears_them(self, world: OpenWorld) -> None:
        async with world(shop()) as w:
            await w.hear("hi")
            await w.hear(echo("cmd"))
            key = (await w.conversation()).key
            assert [line.text for line in await w.store.history(key, 10)] == ["hi"]
            told = [(m.kind, m.detail) for m in await w.store.moments(key, 10)]
            assert ("ignored", "owner's word: a person takes over") in told

    async def test_it_acts_once_however_often_it_is_delivered(self, world: OpenWorld) -> None:
        async with world(shop()) as w:
            await w.hear("hi")
            word = echo("cmd")
            await w.hear(word)
            await w.mode("bot")
            assert (await w.hear(word)).duplicates == 1
            assert (await w.conversation()).mode == "bot"

    async def test_it_does_not_wait_for_the_send_that_it_must_stop(self, world: OpenWorld) -> None:
        """Case 5 lets echoes wait: this one cannot be the bot's."""
        async with world(shop()) as w:
            dispatch = await w.commit(await running(w), "one", "two")
            await w.hear(echo("cmd"))
            assert (await w.conversation()).mode == "human"
            await w.deliver(dispatch)
            assert w.sent == ["one"]
            assert await w.states() == {"person": 1, "ignored": 1}

    async def test_what_the_bot_itself_said_is_no_word(self, world: OpenWorld) -> None:
        async with world(shop()) as w:
            dispatch = await w.commit(await running(w), "CMD")
            await w.hear(echo("CMD", id="out.1"))
            await w.deliver(dispatch)
            await w.hear(changed(echo("CMD", id="out.1"), dedup_key="again"))
            assert (await w.conversation()).mode == "bot"
            assert await w.states() == {"answered": 1, "ignored": 2}

    async def test_nor_while_its_fate_is_unknown(self, world: OpenWorld) -> None:
        async with world(shop()) as w:
            dispatch = await w.commit(await running(w), "cmd")
            assert dispatch.send is not None
            await w.record(dispatch.send, Unknown("no answer"))
            await w.hear(echo("cmd", id="out.1"))
            assert (await w.conversation()).mode == "bot"

    async def test_what_waited_for_the_bot_is_due_when_it_is_back(self, world: OpenWorld) -> None:
        async with world(shop()) as w:
            await w.hear("hi")
            await w.hear(echo("cmd"))
            await w.hear(event("payment", "paid"))
            assert await w.store.next_due() is None
            await w.hear(echo("dmc"))
            turn = await w.turn()
            assert words(turn.events) == ["paid"]

    async def test_where_no_word_is_set_it_is_a_message(self, world: OpenWorld) -> None:
        async with world(shop(OwnerWords())) as w:
            await w.hear("hi")
            await w.hear(echo("cmd"))
            await w.until_idle()
            assert w.sent == ["re: hi"]
            assert await w.states() == {"person": 1, "answered": 1}


class TestFromTheOwnersNumber:
    async def test_the_named_customer_is_taken_over(self, world: OpenWorld) -> None:
        async with world(shop()) as w:
            turn = await running(w)
            taken = await w.hear(text(f"/{ADA}", of=OWNER))
            assert [wake.fenced for wake in taken.wakes if wake.conversation_id == turn.run.key.id] == [W1]
            assert await w.states() == {"person": 1, "ignored": 1}
            assert (await w.conversation()).mode == "human"
            assert (await w.conversation(OWNER)).mode == "bot"
            assert await w.store.next_due() is None

    async def test_and_given_back(self, world: OpenWorld) -> None:
        async with world(shop()) as w:
            await w.hear("hi")
            await w.mode("human")
            taken = await w.hear(text(f"?{ADA}", of=OWNER), "anybody?")
            assert taken.accepted == 2
            await w.until_idle()
            assert w.sent == ["re: anybody?"]

    async def test_a_nudge_lets_the_bot_go_on(self, world: OpenWorld) -> None:
        async with world(shop()) as w:
            await w.hear("hi")
            await w.answer("hello")
            nudge = text(f"#{ADA}", of=OWNER)
            taken = await w.hear(nudge)
            assert (taken.accepted, len(taken.wakes)) == (1, 2)
            assert (await w.hear(nudge)).duplicates == 1
            turn = await w.turn()
            assert (turn.run.key, words(turn.events)) == ((await w.conversation()).key, ["Teruskan"])
            await w.commit(turn)
            assert await w.states() == {"answered": 1, "no_reply": 1, "ignored": 1}

    async def test_a_nudge_waits_while_a_person_answers(self, world: OpenWorld) -> None:
        async with world(shop()) as w:
            await w.hear("hi")
            await w.mode("human")
            await w.hear(text(f"#{ADA}", of=OWNER))
            assert await w.store.next_due() is None
            await w.hear(text(f"?{ADA}", of=OWNER))
            assert words((await w.turn()).events) == ["Teruskan"]

    async def test_a_number_that_nobody_has_is_shown(self, world: OpenWorld) -> None:
        async with world(shop()) as w:
            for sign in "/?#":
                await w.hear(text(f"{sign}60999999999", of=OWNER))
            assert await w.states() == {"ignored": 3}
            told = [
                m.detail for m in await w.store.moments((await w.conversation(OWNER)).key, 10) if m.kind == "ignored"
            ]
            assert told == ["owner's word: nobody has that number"] * 3
            assert len(await w.store.recent(10)) == 1

    async def test_the_owners_own_number(self, world: OpenWorld) -> None:
        async with world(shop()) as w:
            await w.hear(text("hi", of=OWNER))
            await w.hear(text(f"/{OWNER}", of=OWNER))
            assert (await w.conversation(OWNER)).mode == "human"
            assert await w.states() == {"person": 1, "ignored": 1}

    async def test_several_in_one_webhook(self, world: OpenWorld) -> None:
        async with world(shop()) as w:
            await w.hear("one", text(f"/{ADA}", of=OWNER), "two", text(f"?{ADA}", of=OWNER), "three")
            assert await w.states() == {"person": 2, "ignored": 2, "waiting": 1}

    async def test_another_channels_customer_is_another(self, world: OpenWorld) -> None:
        desk = replace(shop(), id="desk")
        async with world(shop(), desk) as w:  # type: ignore[arg-type]
            await w.hear("hi")
            await w.hear(text(f"/{ADA}", of=OWNER), channel=desk)  # type: ignore[arg-type]
            assert (await w.conversation()).mode == "bot"


class TestErasing:
    async def said_much(self, w: World) -> None:
        await w.hear(text("my name is Ada", of=TESTER))
        turn = await w.turn()
        await w.finish(turn, "think", b'"Ada"')
        state = SessionRow(turn.run.key.workspace_id, turn.run.key.id, b'{"name":"Ada"}', "named", saved_at=w.now)
        timers = [w.timer(turn, 60.0)]
        await w.deliver(await w.commit(turn, "hello Ada", session=state, timers=timers, trace="Ada"))
        w.now += 1

    async def test_nothing_is_left_and_the_tester_is_told(self, world: OpenWorld) -> None:
        async with world(shop()) as w:
            await self.said_much(w)
            await w.hear(text("DELETE", of=TESTER))
            await w.until_idle()
            assert w.sent == ["hello Ada", "Sudah Delete Data Anda"]
            key = (await w.conversation(TESTER)).key
            assert await w.store.history(key, 10) == []
            assert "Ada" not in str(await w.store.moments(key, 100))
            w.now += 1000
            assert await w.fire() == []
            w.now += 1
            await w.hear(text("hi", of=TESTER))
            turn = await w.turn()
            assert (turn.session, turn.steps, words(turn.events)) == (None, [], ["hi"])
            assert [line.text for line in await w.store.history(key, 10)] == ["hi"]

    async def test_what_was_under_way_ends(self, world: OpenWorld) -> None:
        async with world(shop()) as w:
            await self.said_much(w)
            await w.hear(text("again", of=TESTER))
            turn = await w.turn()
            await w.hear(text("DELETE", of=TESTER))
            with pytest.raises(Fenced):
                await w.commit(turn, "hello again")
            await w.until_idle()
            assert w.sent == ["hello Ada", "Sudah Delete Data Anda"]
            assert await w.states() == {"answered": 1, "dropped: deleted": 1, "ignored": 1}

    async def test_what_is_on_its_way_is_forgotten_too(self, world: OpenWorld) -> None:
        async with world(shop()) as w:
            await w.hear(text("Ada", of=TESTER))
            dispatch = await w.commit(await w.turn(), "hello Ada", "how are you, Ada?")
            await w.hear(text("DELETE", of=TESTER))
            assert dispatch.send is not None
            following = await w.record(dispatch.send)
            await w.deliver(following)
            await w.until_idle()
            assert w.sent == ["hello Ada", "Sudah Delete Data Anda"]
            key = (await w.conversation(TESTER)).key
            assert await w.store.history(key, 10) == []

    async def test_it_is_done_once(self, world: OpenWorld) -> None:
        async with world(shop()) as w:
            word = text("DELETE", of=TESTER)
            await w.hear(word)
            w.now += 1
            await w.hear(text("hi", of=TESTER))
            assert (await w.hear(word)).duplicates == 1
            await w.until_idle()
            assert w.sent == ["Sudah Delete Data Anda", "re: hi"]

    async def test_others_keep_theirs(self, world: OpenWorld) -> None:
        async with world(shop()) as w:
            await self.said_much(w)
            await w.hear("hi")
            await w.hear("DELETE")
            await w.hear(text("DELETE", of=TESTER))
            lines = await w.store.history((await w.conversation()).key, 10)
            assert [line.text for line in lines] == ["hi", "DELETE"]

    async def test_who_opted_out_stays_so_and_hears_nothing(self, world: OpenWorld) -> None:
        async with world(shop()) as w:
            await w.hear(text("stop", of=TESTER))
            await w.until_idle()
            await w.hear(text("DELETE", of=TESTER))
            await w.hear(text("hi", of=TESTER))
            await w.until_idle()
            assert len(w.sent) == 1
            assert await w.states() == {"dropped: opted_out": 2, "ignored": 1}

    async def test_nobody_is_reminded_of_what_was_erased(self, world: OpenWorld) -> None:
        async with world(shop()) as w:
            await self.said_much(w)
            await w.mode("human", of=TESTER)
            w.now += 60
            await w.fire()
            await w.hear(text("DELETE", of=TESTER))
            await w.until_idle()
            assert w.sent == ["hello Ada", "Sudah Delete Data Anda"]
            assert (await w.conversation(TESTER)).mode == "bot"
            assert await w.states() == {"answered": 1, "dropped: deleted": 1, "ignored": 1}

    async def test_a_payment_that_waits_is_not_forgotten(self, world: OpenWorld) -> None:
        async with world(shop()) as w:
            await w.hear(text("hi", of=TESTER))
            await w.hear(event("payment", "paid", of=TESTER))
            await w.hear(text("DELETE", of=TESTER))
            await w.deliver(Dispatch(await w.send()))
            turn = await w.turn()
            assert words(turn.events) == ["paid"]

    async def test_messages_and_answers_hold_nothing_any_more(self, world: OpenWorld) -> None:
        async with world(shop()) as w:
            await self.said_much(w)
            await w.hear(text("DELETE", of=TESTER))
            found = await w.conversation(TESTER)
            known = await w.store.quoted(found.key, w.channel.id, ["out.1"])
            assert known == {}
            assert msgspec.structs.asdict(found)["offered"] == 0
