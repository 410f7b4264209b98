"""Statuses: onto the row that they speak of, in any order, before or after the provider's answer."""

import itertools

import pytest

from tests.contracts.conftest import OpenWorld
from tests.contracts.world import World
from turnkeeper.model.events import Status
from turnkeeper.model.ids import OutboundKey, WorkspaceId, tracker_for
from turnkeeper.model.outbound import Accepted, NotSent, Unknown
from turnkeeper.store.base import ClaimedSend
from turnkeeper.testing.events import channel, status

FORWARD: tuple[Status, ...] = ("sent", "delivered", "read")


async def marked(w: World, *replies: str) -> ClaimedSend:
    await w.hear("hi")
    dispatch = await w.commit(await w.turn(), *(replies or ("hello",)))
    assert dispatch.send is not None
    return dispatch.send


async def kinds(w: World) -> list[str]:
    return [kind for kind, said in await w.moments() if said == "hello"]


@pytest.mark.parametrize("order", list(itertools.permutations(FORWARD)), ids="-".join)
async def test_in_any_order_the_ticks_only_move_forward(world: OpenWorld, order: tuple[Status, ...]) -> None:
    async with world() as w:
        await w.record(await marked(w), Accepted("x"))
        for word in order:
            await w.report(status(word, id="x", at=w.now + 1 + FORWARD.index(word)))
        assert await kinds(w) == ["accepted", "sent", "delivered", "read"]
        assert await w.states() == {"answered": 1}


@pytest.mark.parametrize("by", ["id", "tracker", "both"])
@pytest.mark.parametrize("early", [False, True])
async def test_by_whatever_names_it_before_or_after_the_answer(world: OpenWorld, by: str, early: bool) -> None:
    async with world() as w:
        send = await marked(w)
        update = status(
            "delivered",
            id=None if by == "tracker" else "x",
            tracker=None if by == "id" else w.tracker(send),
            at=w.now + 1,
        )
        if early:
            await w.report(update)
            await w.record(send, Accepted("x"))
        else:
            await w.record(send, Accepted("x"))
            await w.report(update)
        assert await kinds(w) == ["accepted", "delivered"]
        assert await w.states() == {"answered": 1}
        assert await w.store.next_due() is None


async def test_several_that_came_early_are_all_kept(world: OpenWorld) -> None:
    async with world() as w:
        send = await marked(w)
        for n, word in enumerate(("read", "sent", "delivered")):
            await w.report(status(word, id="x", at=w.now + 10 + n))  # type: ignore[arg-type]
        await w.record(send, Accepted("x"))
        assert sorted(await kinds(w)) == ["accepted", "delivered", "read", "sent"]


async def test_one_that_comes_before_the_answer_settles_the_row_and_the_next_goes_in_order(world: OpenWorld) -> None:
    async with world() as w:
        send = await marked(w, "hello", "two")
        await w.report(status("sent", id="x", tracker=w.tracker(send)))
        assert await w.claim() == []
        await w.deliver(await w.record(send))
        assert w.sent == ["hello", "two"]
        assert await w.states() == {"answered": 1}


async def test_a_message_that_is_reported_failed_after_it_was_accepted_was_no_answer(world: OpenWorld) -> None:
    async with world() as w:
        await w.record(await marked(w), Accepted("x"))
        assert await w.states() == {"answered": 1}
        await w.report(status("failed", id="x", error="not on WhatsApp"))
        assert await w.states() == {"failed": 1}
        moments = await w.store.moments((await w.conversation()).key, 100)
        assert [m.detail for m in moments if m.kind == "failed" and m.seq == 1 and m.text == "hello"] == [
            "not on WhatsApp"
        ]
        await w.report(status("delivered", id="x"))
        assert await w.states() == {"failed": 1}


async def test_failed_settles_an_unknown_send(world: OpenWorld) -> None:
    async with world() as w:
        send = await marked(w)
        await w.record(send, Unknown("no answer"))
        await w.report(status("failed", tracker=w.tracker(send), error="no"))
        assert await w.states() == {"failed": 1}
        assert await w.store.next_due() is None


async def test_case_21_a_late_echo_corrects_a_final_unknown(world: OpenWorld) -> None:
    async with world() as w:
        send = await marked(w)
        await w.record(send, Unknown("no answer"))
        again = await w.send()
        await w.record(again, Unknown("no answer"))
        await w.until_due()
        assert await w.claim() == []
        assert await w.states() == {"failed": 1}
        await w.report(status("delivered", id="x", tracker=w.tracker(send)))
        assert await w.states() == {"answered": 1}


async def test_a_row_that_was_put_back_and_arrived_after_all_is_not_sent_again(world: OpenWorld) -> None:
    async with world() as w:
        send = await marked(w)
        await w.record(send, NotSent("we thought"), backoff=60)
        await w.report(status("delivered", id="x", tracker=w.tracker(send)))
        assert await w.store.next_due() is None
        assert await w.states() == {"answered": 1}


async def test_another_workspaces_tracker_is_foreign(world: OpenWorld) -> None:
    ours, theirs = channel(), channel(workspace="theirs")
    async with world(ours, theirs) as w:
        send = await marked(w)
        await w.record(send, Unknown("no answer"))
        await w.report(status("failed", id="y", tracker=w.tracker(send)), channel=theirs)
        assert await w.states() == {"running": 1}


async def test_another_channels_status_is_foreign(world: OpenWorld) -> None:
    shop, desk = channel("shop"), channel("desk")
    async with world(shop, desk) as w:
        send = await marked(w)
        await w.record(send, Unknown("no answer"))
        await w.report(status("failed", id="y", tracker=w.tracker(send)), channel=desk)
        await w.report(status("failed", id="x"), channel=desk)
        assert await w.states() == {"running": 1}


@pytest.mark.parametrize(
    "tracker",
    [
        "",
        "tk1|default|nobody|1",
        "tk1|default",
        "hello|a|b|1",
        tracker_for(OutboundKey(WorkspaceId("default"), "gone", 999_999_999_999)),  # type: ignore[arg-type]
    ],
)
async def test_a_tracker_that_names_nothing_changes_nothing(world: OpenWorld, tracker: str) -> None:
    async with world() as w:
        await w.record(await marked(w), Accepted("x"))
        await w.report(status("delivered", tracker=tracker), status("delivered", id="y", tracker=tracker))
        assert await kinds(w) == ["accepted"]


async def test_a_status_with_a_strangers_tracker_is_known_by_its_id(world: OpenWorld) -> None:
    async with world() as w:
        await w.record(await marked(w), Accepted("x"))
        await w.report(status("delivered", id="x", tracker="a campaign of theirs"))
        assert await kinds(w) == ["accepted", "delivered"]


async def test_a_batch_of_statuses_and_messages_is_one_webhook(world: OpenWorld) -> None:
    from turnkeeper.store.base import Arrival, Intake, Report
    from turnkeeper.testing.events import text

    async with world() as w:
        await w.record(await marked(w), Accepted("x"))
        words: tuple[Status, ...] = ("sent", "delivered", "read")
        reports = [Report(w.channel, status(word, id="x"), w.now) for word in words]
        await w.store.take(Intake([Arrival(w.channel, text("thanks"), w.now)], reports))
        assert await kinds(w) == ["accepted", "sent", "delivered", "read"]
        assert await w.states() == {"answered": 1, "waiting": 1}


async def test_the_same_status_twice_changes_nothing(world: OpenWorld) -> None:
    async with world() as w:
        await w.record(await marked(w), Accepted("x"))
        await w.report(status("delivered", id="x", at=w.now))
        before = await w.moments()
        await w.report(status("delivered", id="x", at=w.now + 50))
        assert await w.moments() == before
