"""People answer: taking over at every moment, giving back, operators' words, and contacts that turn out to be one."""

from dataclasses import replace

import msgspec
import pytest

from tests.contracts.conftest import OpenWorld
from tests.contracts.world import W1, World, words
from turnkeeper.model.events import EventKind
from turnkeeper.model.outbound import Accepted, NotSent, Unknown
from turnkeeper.store.base import ClaimedSend, ClaimedTurn
from turnkeeper.testing.events import SENDS, TURNS, channel, echo, event, text

BOB = "15551230002"


async def waiting(w: World) -> None:
    await w.hear("one")


async def running(w: World) -> ClaimedTurn:
    await w.hear("one")
    return await w.turn()


async def interrupted(w: World) -> None:
    await running(w)
    await w.hear("two")


async def backing_off(w: World) -> None:
    await w.put_off(await running(w), 5)


async def effect_begun(w: World) -> None:
    await w.begin(await running(w), "book")


async def said_now(w: World) -> None:
    turn = await running(w)
    dispatch = await w.say_now(turn, "one moment")
    assert dispatch.send is not None
    await w.record(dispatch.send, NotSent("busy"), backoff=5, in_turn=True)


async def queued(w: World) -> None:
    dispatch = await w.commit(await running(w), "never", "said")
    assert dispatch.send is not None
    await w.record(dispatch.send, NotSent("busy"), backoff=5)


async def queued_while_paused(w: World) -> None:
    await w.store.pause_channel(w.channel.workspace_id, w.channel.id, "token", w.now)
    await w.commit(await running(w), "never", "said")


MOMENTS = (waiting, running, interrupted, backing_off, effect_begun, said_now, queued, queued_while_paused)


@pytest.mark.parametrize("mode", ["human", "paused"])
@pytest.mark.parametrize("moment", MOMENTS, ids=lambda m: m.__name__)
async def test_case_18_taking_over_ends_everything_at_every_moment(world: OpenWorld, moment, mode: str) -> None:  # type: ignore[no-untyped-def]
    async with world() as w:
        await moment(w)
        owner, epoch = (await w.conversation()).owner, (await w.conversation()).epoch
        wake = await w.mode(mode)
        assert wake is not None
        assert wake.fenced == owner
        after = await w.conversation()
        assert (after.mode, after.owner, after.unsent, after.due_at) == (mode, None, 0, None)
        assert after.epoch > epoch
        assert set(await w.states()) == {"person"}
        await w.hear("hello?")
        assert await w.store.next_due() is None
        assert set(await w.states()) == {"person"}
        await w.mode("bot")
        await w.store.resume_channel(w.channel.workspace_id, w.channel.id, w.now)
        await w.hear("and now?")
        await w.until_idle()
        assert w.sent == ["re: and now?"]


@pytest.mark.parametrize("then", [Accepted("x"), NotSent("busy"), Unknown("no answer")])
async def test_case_18_a_call_that_is_under_way_ends_and_nothing_after_it(world: OpenWorld, then) -> None:  # type: ignore[no-untyped-def]
    async with world() as w:
        dispatch = await w.commit(await running(w), "one", "two")
        assert dispatch.send is not None
        await w.mode("human")
        assert (await w.states()) == {"running": 1}
        assert (await w.record(dispatch.send, then)).send is None
        await w.until_idle()
        assert "two" not in w.sent
        assert (await w.conversation()).unsent == 0
        assert await w.states() == {"person": 1}


async def test_case_18_a_row_put_back_after_the_takeover_is_not_sent(world: OpenWorld) -> None:
    """The person answers now; the bot's words must not follow theirs."""
    async with world() as w:
        dispatch = await w.commit(await running(w), "one")
        assert dispatch.send is not None
        await w.mode("human")
        await w.record(dispatch.send, NotSent("busy"), backoff=5)
        await w.until_idle()
        assert w.sent == []
        assert await w.states() == {"person": 1}


async def test_taking_over_an_unknown_conversation_is_told(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("hi")
        key = (await w.conversation()).key
        assert await w.store.set_mode(key._replace(id="nobody"), "human", w.now) is None  # type: ignore[arg-type]


class TestCase19OutsideEvents:
    @pytest.mark.parametrize("mode", ["human", "paused"])
    async def test_they_wait_until_the_bot_returns(self, world: OpenWorld, mode: str) -> None:
        async with world() as w:
            await w.hear("hi")
            await w.mode(mode)
            await w.hear(event("payment", "paid"), event("api", "called"))
            assert await w.store.next_due() is None
            assert await w.states() == {"person": 1, "waiting": 2}
            wake = await w.mode("bot")
            assert wake is not None
            assert wake.due_at == w.now
            assert words((await w.turn()).events) == ["paid", "called"]

    @pytest.mark.parametrize("running", [False, True])
    async def test_those_that_waited_or_ran_already_wait_on(self, world: OpenWorld, running: bool) -> None:
        async with world() as w:
            await w.hear("hi", event("payment", "paid"))
            if running:
                await w.turn()
            await w.mode("human")
            assert await w.states() == {"person": 1, "waiting": 1}
            await w.mode("bot")
            await w.until_idle()
            assert w.sent == ["re: paid"]
            assert await w.states() == {"person": 1, "answered": 1}

    async def test_they_join_a_burst_instead_of_splitting_it(self, world: OpenWorld) -> None:
        """Case 12: what comes from outside waits for the contact's quiet too."""
        async with world() as w:
            await w.hear("one")
            w.now += 1
            await w.hear(event("payment", "paid"))
            w.now += 1
            await w.hear("two")
            await w.until_idle()
            assert w.sent == ["re: one paid two"]

    async def test_alone_they_are_due_at_once(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("hi")
            await w.answer("hello")
            await w.hear(event("payment", "paid"))
            assert await w.store.next_due() == w.now

    async def test_giving_back_what_is_the_bots_changes_nothing(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("one", event("payment", "paid"))
            due = await w.store.next_due()
            await w.mode("bot")
            assert await w.store.next_due() == due
            turn = await w.turn()
            await w.mode("bot")
            await w.deliver(await w.commit(turn, "fine"))
            assert await w.states() == {"answered": 2}


class TestUntil:
    """A takeover may be for a set time; then the bot answers again without being asked."""

    async def test_the_contacts_next_message_is_the_bots_again(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("one")
            await w.mode("human", until=w.now + 600)
            w.now += 599
            await w.hear("two")
            w.now += 1
            await w.hear("three")
            await w.until_idle()
            assert w.sent == ["re: three"]
            assert await w.states() == {"person": 2, "answered": 1}
            assert (await w.conversation()).mode == "bot"

    async def test_what_waited_for_the_bot_is_due_then(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("one")
            until = w.now + 600
            await w.mode("human", until=until)
            await w.hear(event("payment", "paid"))
            assert await w.store.next_due() == until
            turn = await w.turn()
            assert words(turn.events) == ["paid"]
            assert (await w.conversation()).mode == "bot"

    async def test_without_an_end_it_lasts(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("one")
            await w.mode("human")
            w.now += 1e7
            await w.hear("two")
            assert await w.states() == {"person": 2}

    async def test_the_owners_reply_on_the_phone_takes_over_for_the_channels_time(self, world: OpenWorld) -> None:
        async with world(channel(sends=replace(SENDS, echo_takes_over=600.0))) as w:
            await w.hear("one")
            await w.hear(echo("I am here"))
            w.now += 500
            await w.hear(echo("still here"))
            w.now += 500
            await w.hear("two")
            assert await w.states() == {"person": 4}
            w.now += 101
            await w.hear("three")
            await w.until_idle()
            assert w.sent == ["re: three"]


class TestOperators:
    async def test_an_operators_message_is_sent_and_takes_over(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("hi")
            await w.turn()
            taken = await w.hear(event("operator", "hello, Ada here"))
            assert [wake.fenced for wake in taken.wakes] == [W1]
            await w.until_idle()
            assert w.sent == ["hello, Ada here"]
            assert await w.states() == {"person": 2}
            assert (await w.conversation()).mode == "human"

    async def test_one_that_does_not_take_over_leaves_the_turn_alone(self, world: OpenWorld) -> None:
        async with world() as w:
            turn = await running(w)
            template = {"type": "template", "name": "hello", "language": "en"}
            details: dict[str, object] = {"takes_over": False, "content": template}
            await w.hear(msgspec.structs.replace(event("operator", "[template hello]"), details=details))
            after = await w.conversation()
            assert (after.mode, after.owner, after.unsent) == ("bot", W1, 1)
            assert await w.states() == {"running": 1, "person": 1}
            dispatch = await w.commit(turn, "and the answer")
            assert dispatch.send is not None
            assert msgspec.json.decode(dispatch.send.row.content) == template
            following = await w.record(dispatch.send, Accepted("out.0"))
            await w.deliver(following)
            assert w.sent == ["and the answer"]

    async def test_several_are_all_sent_in_order(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("hi")
            await w.hear(event("operator", "one"))
            await w.hear(event("operator", "two"))
            await w.mode("human")
            await w.hear(event("operator", "three"))
            await w.until_idle()
            assert w.sent == ["one", "two", "three"]

    async def test_what_the_bot_had_queued_is_not_sent_after_it(self, world: OpenWorld) -> None:
        async with world() as w:
            await queued(w)
            await w.hear(event("operator", "I do"))
            await w.until_idle()
            assert w.sent == ["I do"]


class TestCase20Merging:
    async def test_both_addresses_lead_to_one_conversation(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear(text("hi", addresses=("user:u1", "phone:1")))
            await w.hear(text("again", addresses=("user:u1",)), text("and", addresses=("phone:1",)))
            await w.until_idle()
            assert w.sent == ["re: hi again and"]
            assert len(await w.store.recent(10)) == 1

    async def test_new_events_follow_the_conversation_with_unfinished_work(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear(text("by phone", addresses=("phone:1",)))
            phone = await w.conversation("phone:1")
            await w.turn()
            w.now += 1
            await w.hear(text("by user", addresses=("user:u1",)))
            await w.answer("hello")
            await w.hear(text("both", addresses=("user:u1", "phone:1")))
            assert (await w.conversation("user:u1")).id == phone.id
            turn = await w.turn()
            assert words(turn.events) == ["by phone", "both"]

    async def test_else_the_latest(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear(text("by user", addresses=("user:u1",)))
            await w.answer("hello")
            w.now += 100
            await w.hear(text("by phone", addresses=("phone:1",)))
            await w.answer("hello")
            phone = await w.conversation("phone:1")
            w.now += 100
            await w.hear(text("both", addresses=("user:u1", "phone:1")))
            user = await w.conversation("user:u1")
            assert (user.id, user.contact_id) == (phone.id, phone.contact_id)
            assert {c.contact_id for c in await w.store.recent(10)} == {phone.contact_id}
            await w.until_idle()
            assert await w.states() == {"answered": 3}

    async def test_mode_human_wins(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear(text("by user", addresses=("user:u1",)))
            await w.mode("human", of="user:u1")
            w.now += 100
            await w.hear(text("by phone", addresses=("phone:1",)))
            turn = await w.turn()
            taken = await w.hear(text("both", addresses=("user:u1", "phone:1")))
            assert taken.accepted == 1
            joined = await w.conversation("phone:1")
            assert (joined.mode, joined.owner) == ("human", None)
            assert await w.states() == {"person": 3}
            assert turn.run.key == joined.key

    async def test_who_opted_out_under_one_address_stays_so(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear(text("stop", addresses=("user:u1",)))
            await w.until_idle()
            w.now += 100
            await w.hear(text("hi", addresses=("phone:1",)))
            await w.hear(text("both", addresses=("user:u1", "phone:1")))
            assert await w.states() == {"dropped: opted_out": 2, "waiting": 1}

    async def test_strangers_that_are_one_by_the_end_of_their_first_webhook(self, world: OpenWorld) -> None:
        async with world() as w:
            taken = await w.hear(
                text("by user", addresses=("user:u1",)),
                text("by phone", addresses=("phone:1",)),
                text("both", addresses=("user:u1", "phone:1")),
            )
            assert taken.accepted == 3
            assert (await w.conversation("user:u1")).id == (await w.conversation("phone:1")).id
            await w.until_idle()
            assert await w.states() == {"answered": 3}

    async def test_a_new_address_is_learned_and_answered(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear(text("hi", addresses=("user:old", "phone:1")))
            await w.answer("hello")
            await w.hear(text("new id", addresses=("user:new", "phone:1")))
            turn = await w.turn()
            assert turn.conversation.addresses == "user:new\nphone:1"
            assert (await w.conversation("user:new")).id == (await w.conversation("user:old")).id

    @pytest.mark.parametrize("kind", ["payment", "api", "operator"])
    async def test_who_speaks_of_a_person_by_one_address_does_not_change_where_they_are_answered(
        self, kind: EventKind, world: OpenWorld
    ) -> None:
        async with world() as w:
            await w.hear(text("hi", addresses=("user:u1", "phone:1")))
            await w.hear(event(kind, "paid", addresses=("phone:1",)))
            assert (await w.conversation("phone:1")).addresses == "user:u1\nphone:1"

    async def test_another_channels_contact_is_another(self, world: OpenWorld) -> None:
        shop, desk = channel("shop"), channel("desk")
        async with world(shop, desk) as w:
            await w.hear(text("hi"))
            await w.hear(text("hi"), channel=desk)
            assert len({c.contact_id for c in await w.store.recent(10)}) == 2


async def test_the_bot_knows_what_was_said_by_whom_when_it_comes_back(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("hi")
        await w.answer("hello")
        w.now += 1
        await w.hear(event("operator", "I take this"))
        await w.until_idle()
        w.now += 1
        await w.hear("thanks")
        w.now += 1
        await w.hear(echo("see you"))
        lines = await w.store.history((await w.conversation()).key, 10)
        assert [(line.role, line.text) for line in lines] == [
            ("contact", "hi"),
            ("bot", "hello"),
            ("person", "I take this"),
            ("contact", "thanks"),
            ("person", "see you"),
        ]


async def test_history_leaves_out_what_was_never_said(world: OpenWorld) -> None:
    async with world(channel(turns=replace(TURNS, overlap="drop"))) as w:
        await queued(w)
        await w.mode("human")
        await w.mode("bot")
        w.now += 10
        await w.hear("two")
        await w.turn()
        await w.hear("dropped")
        lines = await w.store.history((await w.conversation()).key, 10)
        assert [line.text for line in lines] == ["one", "two"]
        assert [line.text for line in await w.store.history((await w.conversation()).key, 1)] == ["two"]


async def test_a_send_claim_of_a_person_is_sent_whatever_the_mode(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("hi")
        await w.mode("paused")
        await w.hear(event("operator", "hello"))
        assert isinstance(await w.send(), ClaimedSend)
