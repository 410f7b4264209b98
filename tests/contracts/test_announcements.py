"""Our own events on their way out: written with what they tell, each subscription in order per conversation."""

import asyncio
import json
import re
from dataclasses import replace
from typing import Any

import pytest

from tests.contracts.conftest import OpenWorld
from tests.contracts.world import World
from turnkeeper.model.conversation import Mode
from turnkeeper.model.errors import Fenced
from turnkeeper.model.events import Inbound
from turnkeeper.model.ids import WorkspaceId
from turnkeeper.model.outbound import Rejected
from turnkeeper.model.policy import TurnPolicy
from turnkeeper.model.subscriptions import EVENTS, Announcement, Subscription, meant
from turnkeeper.store.announcements import Settled
from turnkeeper.testing.events import ADA, TURNS, channel, echo, happened, text

MINE = WorkspaceId("default")
ALL = Subscription(MINE, "crm", "webhook", EVENTS)
BOB = "15551230002"


def subscribe(w: World, *subscriptions: Subscription) -> None:
    w.directory.subscriptions = subscriptions or (ALL,)


async def taken(w: World, name: str = "crm", limit: int = 100) -> list[Announcement]:
    return await w.store.take_announcements(MINE, name, w.now, w.now + 60, limit)


async def settle(w: World, each: Announcement, *, again: float | None = None, state: Any = "sent") -> None:
    await w.store.settle_announcement(Settled(each, "waiting" if again else state, w.now, again, None))


async def told(w: World, name: str = "crm") -> list[str]:
    """All that a subscription is told, each after the one before it."""
    events = []
    while due := await taken(w, name):
        for each in due:
            events.append(each.event)
            await settle(w, each)
    return events


def data(each: Announcement) -> Any:
    return json.loads(each.body)["data"]


def operator(said: str, *, takes_over: bool = True) -> Inbound:
    return Inbound(
        kind="operator",
        text=said,
        addresses=(f"phone:{ADA}",),
        dedup_key=f"op:{said}",
        details={"takes_over": takes_over},
    )


async def test_where_nobody_wants_to_know_nothing_is_kept(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("hi")
        await w.answer("hello")
        assert await w.store.waiting_announcements() == []
        assert await w.store.next_announcement(MINE, "crm") is None


async def test_what_happens_is_told_in_its_order(world: OpenWorld) -> None:
    async with world() as w:
        subscribe(w)
        await w.hear("hi")
        await w.answer("hello")
        await w.hear("a person, please")
        await w.until_due()
        turn = await w.turn()
        await w.deliver(await w.commit(turn, "one moment", handover="wants a person"))
        await w.hear(operator("here I am"))
        await w.mode(Mode.BOT)
        await w.hear("STOP", "start")
        assert await told(w) == [
            *("message.received", "message.answered", "message.received"),
            *("conversation.escalated", "conversation.handed_over", "message.answered"),
            *("conversation.returned", "message.received", "contact.opted_out"),
            *("message.received", "contact.opted_in"),
        ]


async def test_a_subscription_gets_what_it_wants_of_its_workspace(world: OpenWorld) -> None:
    async with world() as w:
        subscribe(
            w,
            Subscription(MINE, "crm", "webhook", ("message.answered",)),
            Subscription(WorkspaceId("other"), "theirs", "webhook", EVENTS),
        )
        await w.hear("hi")
        await w.answer("hello")
        assert await told(w) == ["message.answered"]
        assert [each.subscription for each in await w.store.waiting_announcements()] == []


async def test_texts_are_for_those_who_may_see_them_only(world: OpenWorld) -> None:
    async with world() as w:
        subscribe(w, ALL, Subscription(MINE, "open", "webhook", EVENTS, texts=True))
        await w.hear("my secret")
        (closed,), (open_,) = await taken(w), await taken(w, "open")
        assert (b"my secret" in closed.body, data(open_)["text"]) == (False, "my secret")
        contact = json.loads(closed.body)["contact"]
        assert (contact["addresses"], json.loads(closed.body)["channel"]) == ([f"phone:{ADA}"], "shop")


async def test_a_bot_that_keeps_nothing_tells_no_texts(world: OpenWorld) -> None:
    async with world(channel(turns=TurnPolicy(keep="nothing"))) as w:
        subscribe(w, Subscription(MINE, "open", "webhook", EVENTS, texts=True))
        await w.hear("my secret")
        (each,) = await taken(w, "open")
        assert b"my secret" not in each.body


async def test_one_that_fails_holds_back_its_conversation_and_no_other(world: OpenWorld) -> None:
    async with world() as w:
        subscribe(w, Subscription(MINE, "crm", "webhook", ("message.received",)))
        await w.hear(text("a1"), text("b1", of=BOB), text("a2"))
        first, of_bob = await taken(w)
        assert await taken(w) == []
        await settle(w, first, again=w.now + 10)
        await settle(w, of_bob)
        w.now += 9
        assert await taken(w) == []
        w.now += 1
        (again,) = await taken(w)
        assert (again.seq, again.tries) == (first.seq, 2)
        await w.hear(text("a3"))
        await settle(w, again, state="failed")
        (second,) = await taken(w)
        await settle(w, second)
        (third,) = await taken(w)
        assert first.seq < second.seq < third.seq


async def test_what_a_dead_worker_took_is_given_to_another_whose_word_counts(world: OpenWorld) -> None:
    async with world() as w:
        subscribe(w)
        await w.hear("one", "two")
        (lost,) = await taken(w)
        w.now += 60
        (again,) = await taken(w)
        assert (again.seq, again.tries) == (lost.seq, 2)
        await settle(w, lost)
        assert await taken(w) == []
        await settle(w, again)
        (second,) = await taken(w)
        await settle(w, again)
        assert second.seq > again.seq
        assert await taken(w) == []


async def test_what_is_settled_keeps_no_words_and_is_forgotten_in_time(world: OpenWorld) -> None:
    async with world() as w:
        subscribe(w)
        await w.hear("one", "two")
        (waiting,) = await w.store.waiting_announcements()
        assert waiting == (MINE, "crm", 2, w.now)
        assert len(await told(w)) == 2
        assert await w.store.waiting_announcements() == []
        assert await w.store.forget_announcements(w.now, 10) == 0
        assert await w.store.forget_announcements(w.now + 1, 1) == 1
        assert await w.store.forget_announcements(w.now + 1, 10) == 1


async def test_what_waited_behind_one_that_is_forgotten_is_told(world: OpenWorld) -> None:
    async with world() as w:
        subscribe(w)
        await w.hear("first")
        began = w.now
        w.now += 60
        await w.hear("second")
        await w.store.forget_announcements(began + 30, 10)
        w.now += 60
        await w.hear("third")
        for _ in range(2):
            (each,) = await taken(w)
            assert each.created_at > began
            await settle(w, each)
        assert await w.store.waiting_announcements() == []


async def test_a_failed_delivery_and_a_failed_turn_are_told(world: OpenWorld) -> None:
    async with world() as w:
        subscribe(w, Subscription(MINE, "crm", "webhook", meant(["delivery.*", "turn.*", "message.answered"])))
        await w.hear("hi")
        await w.until_due()
        turn = await w.turn()
        dispatch = await w.commit(turn, "sorry", failed=True)
        assert dispatch.send is not None
        await w.record(dispatch.send, Rejected("131026", "nobody there"))
        (failed,) = await taken(w)
        assert (failed.event, data(failed)) == ("turn.failed", {"turn": 1})
        await settle(w, failed)
        (undelivered,) = await taken(w)
        assert (undelivered.event, data(undelivered)["code"]) == ("delivery.failed", "131026")
        await settle(w, undelivered)
        assert await told(w) == []


async def test_an_escalation_is_open_until_somebody_answers_and_closed_when_it_is_given_back(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("a person, please")
        await w.until_due()
        await w.deliver(await w.commit(await w.turn(), handover="wants a person"))
        key = (await w.conversation()).key
        opened = await w.store.escalation(key)
        assert opened is not None
        assert (opened.state, opened.reason, opened.turn_no, opened.opened_at) == ("open", "wants a person", 1, w.now)
        w.now += 5
        await w.hear(operator("a notice", takes_over=False), "hello?")
        assert [each.state for each in await w.store.escalations(MINE, 10)] == ["open"]
        assert await w.store.open_escalations_count() == [(MINE, "open", 1)]
        await w.hear(operator("here I am"))
        (held,) = await w.store.escalations(None, 10)
        assert (held.state, held.taken_at) == ("taken", w.now)
        assert await w.store.escalations(WorkspaceId("other"), 10) == []
        w.now += 5
        await w.mode(Mode.BOT)
        closed = await w.store.escalation(key)
        assert closed is not None
        assert (closed.state, closed.closed_at) == ("closed", w.now)
        assert await w.store.escalations(MINE, 10) == []
        await w.until_idle()
        await w.hear("again, please")
        await w.until_due()
        await w.deliver(await w.commit(await w.turn(), handover="again"))
        (newest,) = await w.store.escalations(MINE, 10)
        assert (newest.state, newest.reason, newest.taken_at, newest.closed_at) == ("open", "again", None, None)


ANSWERS = [("on the phone", echo("here I am")), ("by a command", None)]


@pytest.mark.parametrize("label, said", ANSWERS, ids=[case[0] for case in ANSWERS])
async def test_whoever_answers_takes_it(world: OpenWorld, label: str, said: Inbound | None) -> None:
    async with world() as w:
        await w.hear("a person, please")
        await w.until_due()
        await w.deliver(await w.commit(await w.turn(), handover="wants a person"))
        await (w.hear(said) if said is not None else w.mode(Mode.HUMAN))
        (held,) = await w.store.escalations(MINE, 10)
        assert held.state == "taken"


async def test_another_system_may_want_a_person(world: OpenWorld) -> None:
    async with world() as w:
        subscribe(w)
        await w.hear("hi")
        await w.until_due()
        turn = await w.turn()
        taken_ = await w.hear(happened("fraud.suspected", escalate="looks like fraud"))
        assert [wake.fenced for wake in taken_.wakes] == [turn.run.worker_id]
        assert (await w.conversation()).mode == Mode.HUMAN
        (held,) = await w.store.escalations(MINE, 10)
        assert (held.state, held.reason) == ("open", "looks like fraud")
        assert (await w.states())["person"] == 2
        with pytest.raises(Fenced):
            await w.commit(turn, "too late")
        await w.hear(happened("fraud.proven", escalate="it is fraud"))
        (newer,) = await w.store.escalations(MINE, 10)
        assert newer.reason == "it is fraud"
        escalated = ["conversation.escalated", "conversation.handed_over", "conversation.escalated"]
        assert await told(w) == ["message.received", *escalated]


async def test_nothing_that_is_added_while_another_is_settled_is_left_behind(two_stores: Any) -> None:
    async with two_stores() as (w, other):
        subscribe(w)
        for n in range(15):
            await w.hear(f"{n}a")
            (each,) = await taken(w)
            settled = Settled(each, "sent", w.now)
            await asyncio.gather(other.settle_announcement(settled), w.hear(f"{n}b"))
            (behind,) = await taken(w)
            await settle(w, behind)
        assert await w.store.waiting_announcements() == []


@pytest.mark.parametrize("keep", ["all", "nothing"])
async def test_why_a_person_was_wanted_is_forgotten_with_the_words(world: OpenWorld, keep: Any) -> None:
    async with world(channel(turns=replace(TURNS, keep=keep))) as w:
        await w.hear("my secret")
        turn = await w.turn()
        await w.deliver(await w.commit(turn, "one moment", handover="they told a secret"))
        await w.store.erase(turn.run.key, w.now)
        escalation = await w.store.escalation(turn.run.key)
        assert escalation is not None
        assert escalation.reason == "they told a secret", "somebody is still to answer"
        await w.store.set_mode(turn.run.key, Mode.BOT, w.now)
        if keep == "nothing":
            await w.store.erase(turn.run.key, w.now)
        else:
            await w.store._alone(lambda rows: rows.erase(turn.run.key, w.now))  # type: ignore[attr-defined]
        escalation = await w.store.escalation(turn.run.key)
        assert escalation is not None
        assert (escalation.reason, escalation.state) == ("", "closed")


async def test_what_waits_of_an_erased_conversation_is_gone(world: OpenWorld) -> None:
    async with world() as w:
        subscribe(w, Subscription(MINE, "open", "webhook", EVENTS, texts=True))
        await w.hear("my secret", text("of another", of=BOB))
        key = (await w.conversation()).key
        await w.store._alone(lambda rows: rows.erase(key, w.now))  # type: ignore[attr-defined]
        (left,) = await taken(w, "open")
        assert b"of another" in left.body


def test_patterns() -> None:
    assert meant(["payment.*", "turn.failed"])[0] == "turn.failed"
    assert meant(["*"]) == EVENTS
    assert "payment.paid" in meant(["payment.*"])
    for wrong in ("payment", "pay*", "nothing.*", "", "message.receive"):
        with pytest.raises(ValueError, match=f"^{re.escape(wrong)}$"):
            meant([wrong])
