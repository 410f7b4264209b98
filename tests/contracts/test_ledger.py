"""The ledger: every accepted event in exactly one state, whatever happens, and after it was forgotten."""

from dataclasses import replace

import pytest

from tests.contracts.conftest import OpenWorld
from tests.contracts.world import World
from turnkeeper.model.events import SessionStatus
from turnkeeper.model.ids import ChannelId, WorkspaceId
from turnkeeper.model.outbound import NotSent, Rejected
from turnkeeper.model.policy import Channel, RateLimit
from turnkeeper.store.base import Intake, SessionReport, Stray
from turnkeeper.store.channels import ChannelStanding, Traffic
from turnkeeper.testing.events import TURNS, channel, echo, event, text

DAY = 86_400.0


class TestCase21:
    async def test_events_run_until_all_rows_of_their_turn_settle(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("one", "two")
            dispatch = await w.commit(await w.turn(), "a", "b")
            while dispatch.send is not None:
                assert await w.states() == {"running": 2}
                dispatch = await w.record(dispatch.send)
            assert await w.states() == {"answered": 2}

    @pytest.mark.parametrize("first", [True, False])
    async def test_one_part_refused_is_no_answer(self, world: OpenWorld, first: bool) -> None:
        async with world() as w:
            await w.hear("hi")
            dispatch = await w.commit(await w.turn(), "a", "b")
            for refused in (first, not first):
                assert dispatch.send is not None
                dispatch = await w.record(dispatch.send, Rejected("1", "no") if refused else None)
            assert await w.states() == {"failed": 1}

    async def test_cancelled_by_a_takeover_they_are_a_persons(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("hi")
            dispatch = await w.commit(await w.turn(), "a", "b")
            assert dispatch.send is not None
            await w.mode("human")
            assert await w.states() == {"running": 1}
            await w.record(dispatch.send)
            assert await w.states() == {"person": 1}

    async def test_a_failed_turn_is_failed_though_its_error_reply_arrives(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("hi")
            await w.deliver(await w.commit(await w.turn(), "sorry", failed=True))
            assert w.sent == ["sorry"]
            assert await w.states() == {"failed": 1}

    async def test_each_turn_settles_by_itself(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("one")
            await w.answer("a")
            await w.hear("two")
            await w.answer()
            await w.hear("three")
            dispatch = await w.commit(await w.turn(), "c")
            assert dispatch.send is not None
            await w.record(dispatch.send, Rejected("1", "no"))
            assert await w.states() == {"answered": 1, "no_reply": 1, "failed": 1}

    async def test_an_echo_between_two_messages_keeps_its_own_state(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("one", echo("typed on the phone"), "two")
            await w.until_idle()
            assert await w.states() == {"answered": 2, "person": 1}


async def everything(w: World) -> None:
    """Events in every state that there is."""
    await w.hear(text("hi", of="answered"))
    await w.answer("hello")
    await w.hear(text("hi", of="silent"), text("hi", of="silent", id="twice"), text("hi", of="silent", id="twice"))
    await w.answer()
    await w.hear(text("hi", of="failed"))
    await w.deliver(await w.commit(await w.turn(), "sorry", failed=True, trace="boom"))
    await w.hear(text("hi", of="person"))
    await w.mode("human", of="person")
    await w.hear(text("stop", of="stopped"), text("old", of="stale", at=w.now - 2 * DAY))
    await w.hear(text("1", of="fast"), text("2", of="fast"), text("3", of="fast"))
    bad = Stray(WorkspaceId("default"), "shop", "unreadable", "no type", "s1", b"{}", w.now)
    foreign = Stray(WorkspaceId("default"), "", "ignored", "not ours", "s2", b"{}", w.now)
    for _ in range(3):
        await w.store.take(Intake(strays=[bad, foreign]))
    await w.until_idle()


EVERYTHING = {
    "answered": 3,
    "no_reply": 2,
    "failed": 1,
    "person": 1,
    "unreadable": 1,
    "ignored": 1,
    "dropped: opted_out": 1,
    "dropped: stale": 1,
    "dropped: rate_limited": 1,
}


def limited() -> Channel:
    return channel(turns=replace(TURNS, rate_limit=RateLimit(2, 60.0)))


class TestRetention:
    async def test_what_is_forgotten_still_counts(self, world: OpenWorld) -> None:
        async with world(limited()) as w:
            await everything(w)
            assert await w.states() == EVERYTHING
            before = await w.ledger()
            assert before.duplicates == 5
            w.now += 30 * DAY
            assert await w.store.retain(w.now - 10 * DAY, 1000) > 0
            assert await w.ledger() == before
            assert await w.store.retain(w.now - 10 * DAY, 1000) == 0
            for conversation in await w.store.recent(100):
                assert await w.store.moments(conversation.key, 100) == []

    async def test_what_belonged_to_no_conversation_is_forgotten_too(self, world: OpenWorld) -> None:
        async with world() as w:
            stray = Stray(WorkspaceId("default"), "", "ignored", "not ours", "s1", b"{}", w.now)
            for _ in range(3):
                await w.store.take(Intake(strays=[stray]))
            before = await w.ledger()
            assert (before.accepted, before.duplicates) == (1, 2)
            w.now += 30 * DAY
            assert await w.store.retain(w.now - 10 * DAY, 1000) == 1
            assert await w.ledger() == before
            assert (await w.store.take(Intake(strays=[stray]))).duplicates == 0
            assert (await w.ledger()).accepted == 2

    async def test_it_goes_in_small_batches(self, world: OpenWorld) -> None:
        async with world(limited()) as w:
            await everything(w)
            w.now += 30 * DAY
            passes = 0
            while await w.store.retain(w.now - 10 * DAY, 2):
                passes += 1
                assert await w.states() == EVERYTHING
            assert passes >= 3

    async def test_what_is_young_stays(self, world: OpenWorld) -> None:
        async with world(limited()) as w:
            await everything(w)
            assert await w.store.retain(w.now - 10 * DAY, 1000) == 0

    async def test_what_is_not_settled_stays_whatever_its_age(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.store.pause_channel(w.channel.workspace_id, w.channel.id, "token", w.now)
            await w.hear(text("hi", of="unsent"))
            await w.commit(await w.turn(), "hello")
            await w.hear(text("hi", of="waiting"))
            await w.mode("human", of="waiting")
            await w.hear(event("payment", "paid", of="waiting"))
            w.now += 30 * DAY
            await w.store.retain(w.now - 10 * DAY, 1000)
            assert await w.states() == {"running": 1, "person": 1, "waiting": 1}
            await w.store.resume_channel(w.channel.workspace_id, w.channel.id, w.now)
            await w.mode("bot", of="waiting")
            await w.until_idle()
            assert w.sent == ["re: paid"]
            assert await w.states() == {"failed": 1, "person": 1, "answered": 1}

    async def test_the_steps_of_a_turn_that_is_not_committed_stay(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("book it")
            turn = await w.turn()
            await w.begin(turn, "book")
            await w.finish(turn, "book", b"1", effect=True)
            await w.put_off(turn, 30 * DAY)
            w.now += 30 * DAY
            await w.store.retain(w.now - 10 * DAY, 1000)
            assert [step.name for step in (await w.turn()).steps] == ["book"]

    async def test_a_conversation_goes_on_after_it(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("hi")
            await w.answer("hello")
            w.now += 30 * DAY
            await w.store.retain(w.now - 10 * DAY, 1000)
            await w.hear("again")
            await w.until_idle()
            assert w.sent == ["hello", "re: again"]
            assert await w.states() == {"answered": 2}

    async def test_a_redelivery_within_the_kept_time_is_still_a_duplicate(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear(text("hi", id="m1"))
            await w.answer("hello")
            w.now += 8 * DAY
            await w.store.retain(w.now - 8 * DAY - 60, 1000)
            assert (await w.hear(text("hi", id="m1"))).duplicates == 1


async def test_moments_tell_the_story_of_a_turn_in_order(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("hi")
        turn = await w.turn()
        w.now += 1
        await w.finish(turn, "ask", b"1")
        w.now += 1
        dispatch = await w.commit(turn, "hello")
        w.now += 1
        await w.deliver(dispatch)
        assert await w.moments() == [
            ("received", "hi"),
            ("waiting", ""),
            ("claimed", "turn 1"),
            ("step", "ask"),
            ("committed", "turn 1"),
            ("accepted", "hello"),
        ]


async def test_moments_tell_why_something_was_dropped(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear(text("old", at=w.now - 2 * DAY))
        moments = await w.store.moments((await w.conversation()).key, 10)
        assert [(m.kind, m.detail) for m in moments] == [("received", None), ("dropped", "stale")]


async def test_recent_conversations_come_newest_first(world: OpenWorld) -> None:
    async with world() as w:
        for of in ("a", "b", "c"):
            await w.hear(text("hi", of=of))
            w.now += 1
        await w.hear(text("again", of="a"))
        assert [c.addresses for c in await w.store.recent(2)] == ["phone:a", "phone:c"]


async def test_nobody_is_found_where_nobody_wrote(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("hi")
        assert await w.store.find(w.channel.workspace_id, w.channel.id, "phone:nobody") is None
        assert await w.store.find(WorkspaceId("theirs"), w.channel.id, "phone:15551230001") is None


async def test_a_queue_that_cannot_be_sent_for_a_month_ends(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("hi")
        dispatch = await w.commit(await w.turn(), "a", "b", "c")
        for _ in range(60):
            if dispatch.send is None:
                if (due := await w.store.next_due()) is None:
                    break
                w.now = max(w.now, due)
                for claimed in await w.claim():
                    dispatch = type(dispatch)(claimed)  # type: ignore[arg-type]
                continue
            dispatch = await w.record(dispatch.send, NotSent("down"), backoff=DAY / 4)
        assert await w.states() == {"failed": 1}
        assert (await w.conversation()).unsent == 0


async def test_how_the_channels_of_a_workspace_stand(world: OpenWorld) -> None:
    shop, desk, other = channel(), channel("desk"), channel(workspace="other")
    async with world(shop, desk, other) as w:
        await w.hear("hi")
        await w.commit(await w.turn(), "one", "two")
        await w.hear(text("hi", of="15551230002"))
        await w.hear(text("hi"), channel=desk)
        await w.hear(text("hi"), channel=other)
        await w.store.take(
            Intake(sessions=[SessionReport(desk, SessionStatus(status="SCAN_QR_CODE", works=False), w.now)])
        )
        stands = await w.store.channel_standings(shop.workspace_id, [desk.id, shop.id, ChannelId("new")])
        assert [each.channel_id for each in stands] == [desk.id, shop.id, "new"]
        at_desk, at_shop, new = stands
        assert (at_desk.unsent, at_desk.waiting, at_desk.account, at_desk.works) == (0, 1, "SCAN_QR_CODE", False)
        assert at_desk.paused is not None
        assert (at_shop.unsent, at_shop.waiting, at_shop.paused, at_shop.account) == (2, 1, None, None)
        assert new == ChannelStanding(ChannelId("new"))
        assert await w.store.channel_standings(WorkspaceId("none"), [shop.id]) == [ChannelStanding(shop.id)]


async def test_the_traffic_of_each_channel_is_told(world: OpenWorld) -> None:
    shop, desk, other = channel(), channel("desk"), channel(workspace="other")
    async with world(shop, desk, other) as w:
        assert await w.store.traffic() == []
        await w.store.pause_channel(shop.workspace_id, shop.id, "token", w.now)
        await w.hear("hi")
        await w.commit(await w.turn(), "one", "two")
        heard_at = w.now = w.now + 5
        await w.hear(text("hi", of="15551230002"))
        w.now += 5
        await w.hear(text("hi"), channel=desk)
        await w.hear(text("hi"), channel=other)
        assert await w.store.traffic() == [
            Traffic(desk.workspace_id, desk.id, 1, w.now, 0),
            Traffic(shop.workspace_id, shop.id, 2, heard_at, 2),
            Traffic(other.workspace_id, other.id, 1, w.now, 0),
        ]
