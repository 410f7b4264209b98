"""Payments: written before they are asked for, told through the mailbox, each piece of news once."""

import asyncio
from collections import Counter
from dataclasses import replace as changed
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from tests.contracts.conftest import OpenWorld
from tests.contracts.world import W2, World
from turnkeeper.model.conversation import EventRow
from turnkeeper.model.errors import Fenced
from turnkeeper.model.events import Inbound
from turnkeeper.model.payments import Money, PaymentFound, PaymentRow
from turnkeeper.model.policy import OwnerWords
from turnkeeper.model.subscriptions import Subscription
from turnkeeper.store.announcements import Settled
from turnkeeper.store.base import ClaimedTurn
from turnkeeper.store.payments import PaymentTold, Within
from turnkeeper.testing.events import ADA, TURNS, channel

PRICE = Money(150_000, "INR")


def row_of(w: World, turn: ClaimedTurn, id_: str = "tk-1", name: str = "seat") -> PaymentRow:
    where = (turn.run.key.workspace_id, id_, turn.run.key.id, turn.channel.id, turn.turn.no, name)
    return PaymentRow(
        *where,
        "razorpay",
        False,
        *PRICE,
        "Dinner",
        "opening",
        w.now,
        w.now,
        expires_at=w.now + 3600,
        look_at=w.now + 60,
    )


def found(news: str, **more: object) -> PaymentFound:
    return PaymentFound(**({"news": news, "live": False, "reference": "tk-1", "money": PRICE} | more))  # type: ignore[arg-type]


OPEN = found("open", external_id="plink_1", url="https://p.test/1")


async def opened(w: World) -> ClaimedTurn:
    """A turn that has asked for money."""
    await w.hear("a seat please")
    turn = await w.turn()
    await w.store.open_payment(turn.run, row_of(w, turn))
    await tell(w, OPEN)
    return turn


async def asked(w: World) -> ClaimedTurn:
    turn = await opened(w)
    await w.deliver(await w.commit(turn, "pay here"))
    return turn


async def tell(w: World, what: PaymentFound, within: Within | None = None) -> PaymentTold:
    return await w.store.payment_found("razorpay", what, w.now, within)


async def found_in_turn(w: World) -> ClaimedTurn:
    """A turn that looked at a payment and found that it was paid."""
    await asked(w)
    await w.hear("I have paid")
    turn = await w.turn()
    await tell(w, found("paid"), Within(turn.run, turn.turn.no))
    return turn


async def kept(w: World, id_: str = "tk-1") -> PaymentRow:
    row = await w.store.payment(id_)
    assert row is not None
    return row


def news(events: list[EventRow]) -> list[object]:
    heard = [msgspec.json.decode(event.body, type=Inbound) for event in events]
    return [each.details["news"] if each.details else each.text for each in heard]


async def test_a_payment_is_an_event_once_however_often_it_is_told(world: OpenWorld) -> None:
    async with world() as w:
        await asked(w)
        paid = found("paid", charge_id="pay_1", external_id="plink_1")
        first, again = await tell(w, paid), await tell(w, paid)
        assert ([list(each.news) for each in (first, again)], [len(each.wakes) for each in (first, again)]) == (
            [["paid"], []],
            [1, 0],
        )
        turn = await w.answer("thank you")
        (event,) = [msgspec.json.decode(each.body, type=Inbound) for each in turn.events]
        assert (event.kind, event.details) == ("payment", {
            "payment": "tk-1", "name": "seat", "news": "paid", "state": "paid",
            "amount": 150_000, "currency": "INR", "refunded": 0,
        })  # fmt: skip
        row = await kept(w)
        assert (row.state, row.external_id, row.charge_id, row.paid_at) == ("paid", "plink_1", "pay_1", w.now)
        assert await w.states() == {"answered": 2}


async def test_each_attempt_that_fails_is_told_once_and_the_link_stays(world: OpenWorld) -> None:
    async with world() as w:
        await asked(w)
        for charge in ("pay_0", "pay_0", "pay_1", "pay_0"):
            await tell(w, found("attempt_failed", charge_id=charge, reason="declined"))
        assert news(list((await w.answer("try again")).events)) == ["attempt_failed", "attempt_failed"]
        assert ((await kept(w)).state, (await kept(w)).reason) == ("open", "declined")


@pytest.mark.parametrize(
    ("label", "what"),
    [
        ("our reference", found("paid", charge_id="pay_1")),
        ("the link", found("paid", reference=None, external_id="plink_1")),
        ("a reference of somebody else's, and the link", found("paid", reference="other", external_id="plink_1")),
    ],
)
async def test_it_is_known_by(world: OpenWorld, label: str, what: PaymentFound) -> None:
    async with world() as w:
        await asked(w)
        assert list((await tell(w, what)).news) == ["paid"], label


async def test_a_refund_is_known_by_what_was_paid(world: OpenWorld) -> None:
    async with world() as w:
        await asked(w)
        await tell(w, found("paid", charge_id="pay_1"))
        half = found("part_refunded", reference=None, charge_id="pay_1", refunded=50_000, money=None)
        assert list((await tell(w, half)).news) == ["part_refunded"]
        assert (await kept(w)).refunded == 50_000


async def test_what_is_not_known_or_another_providers_changes_nothing(world: OpenWorld) -> None:
    async with world() as w:
        await asked(w)
        assert await tell(w, found("paid", reference="tk-2")) == PaymentTold(None)
        assert (await w.store.payment_found("stripe", found("paid"), w.now)).row is None
        assert (await kept(w)).state == "open"


async def test_what_does_not_fit_is_shown_to_the_operator_only(world: OpenWorld) -> None:
    async with world() as w:
        await asked(w)
        told = await tell(w, found("paid", money=Money(1, "INR")))
        assert (told.news, told.misfit) == ([], "told of 1 INR, asked for 150000 INR")
        assert (await kept(w)).reason == told.misfit
        assert await w.store.next_due() is None


async def test_a_webhook_before_the_providers_answer_is_not_undone_by_it(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("a seat please")
        turn = await w.turn()
        await w.store.open_payment(turn.run, row_of(w, turn))
        assert list((await tell(w, found("paid", charge_id="pay_1"))).news) == ["paid"]
        row = (await tell(w, OPEN, Within(turn.run, turn.turn.no))).row
        assert row is not None
        assert (row.state, row.url) == ("paid", "https://p.test/1")
        await w.deliver(await w.commit(turn, "pay here"))
        assert news(list((await w.answer("thanks")).events)) == ["paid"]


async def test_only_a_turn_that_runs_may_ask_for_money_and_the_first_write_counts(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("a seat please")
        turn = await w.turn()
        row = row_of(w, turn)
        assert await w.store.open_payment(turn.run, row) == row
        assert await w.store.open_payment(turn.run, replace(row, description="again")) == row
        await w.mode("human")
        with pytest.raises(Fenced):
            await w.store.open_payment(turn.run, replace(row, id="tk-2"))
        assert await w.store.payment("tk-2") is None


class TestInTheTurnThatAsked:
    async def test_what_it_finds_is_its_own_event_and_a_webhook_has_no_news(self, world: OpenWorld) -> None:
        async with world() as w:
            await asked(w)
            await w.hear("I have paid")
            turn = await w.turn()
            told = await tell(w, found("paid"), Within(turn.run, turn.turn.no))
            assert list(told.news) == ["paid"]
            assert not (await tell(w, found("paid"))).news
            await w.deliver(await w.commit(turn, "so you have"))
            assert await w.states() == {"answered": 3}
            assert await w.store.next_due() is None

    async def test_whoever_takes_the_turn_over_goes_the_same_way(self, world: OpenWorld) -> None:
        """Exactly the events that were fixed: what the turn found is found again in the payment."""
        async with world() as w:
            await found_in_turn(w)
            await w.die()
            (claimed,) = await w.claim(W2)
            assert isinstance(claimed, ClaimedTurn)
            assert news(list(claimed.events)) == ["I have paid"]
            await w.deliver(await w.commit(claimed, "so you have"))
            assert await w.states() == {"answered": 3}

    async def test_an_attempt_that_starts_over_is_told(self, world: OpenWorld) -> None:
        async with world() as w:
            await found_in_turn(w)
            await w.hear("see?")
            assert news(list((await w.answer("yes")).events)) == ["I have paid", "paid", "see?"]
            assert await w.states() == {"answered": 4}

    async def test_one_that_has_done_something_goes_the_same_way(self, world: OpenWorld) -> None:
        async with world() as w:
            turn = await found_in_turn(w)
            await w.begin(turn, "book")
            await w.put_off(turn, 1.0)
            w.now += 1
            assert news(list((await w.answer("booked")).events)) == ["I have paid"]
            assert await w.states() == {"answered": 3}

    @pytest.mark.parametrize("said", [(), ("sorry",)])
    async def test_the_next_turn_is_told_where_it_fails(self, world: OpenWorld, said: tuple[str, ...]) -> None:
        async with world() as w:
            turn = await found_in_turn(w)
            await w.deliver(await w.commit(turn, *said, failed=True))
            assert news(list((await w.answer("thank you")).events)) == ["paid"]
            assert await w.states() == {"answered": 2, "failed": 1}
            assert await w.store.next_due() is None

    async def test_it_waits_for_the_bot_where_a_person_took_over(self, world: OpenWorld) -> None:
        async with world() as w:
            await asked(w)
            await w.hear("I have paid")
            turn = await w.turn()
            await tell(w, found("paid"), Within(turn.run, turn.turn.no))
            await w.mode("human")
            await w.mode("bot")
            assert news(list((await w.turn()).events)) == ["paid"]

    async def test_a_turn_that_is_over_gets_it_by_the_mailbox(self, world: OpenWorld) -> None:
        async with world() as w:
            await asked(w)
            await w.hear("I have paid")
            turn = await w.turn()
            await w.mode("human")
            await tell(w, found("paid"), Within(turn.run, turn.turn.no))
            await w.mode("bot")
            assert news(list((await w.turn()).events)) == ["paid"]

    async def test_what_it_did_itself_is_no_event_but_money_that_came_is(self, world: OpenWorld) -> None:
        async with world() as w:
            turn = await opened(w)
            within = Within(turn.run, turn.turn.no, own=True)
            assert not (await tell(w, found("cancelled"), within)).news
            assert list((await tell(w, found("paid"), within)).news) == ["paid"]


@pytest.mark.parametrize("how", ["human", "paused", "opted out"])
async def test_it_waits_for_the_bot_and_is_not_dropped(world: OpenWorld, how: str) -> None:
    async with world() as w:
        await asked(w)
        if how == "opted out":
            await w.hear("stop")
            await w.until_idle()
        else:
            await w.mode(how)
        await tell(w, found("paid"))
        if how != "opted out":
            assert await w.claim() == []
            await w.mode("bot")
        assert news(list((await w.turn()).events)) == ["paid"]


async def test_whoever_subscribed_is_told_once_of_what_the_bot_did_too(world: OpenWorld) -> None:
    async with world() as w:
        turn = await opened(w)
        where = turn.run.key.workspace_id
        w.directory.subscriptions = (Subscription(where, "crm", "webhook", ("payment.paid", "payment.refunded")),)
        all_of_it = found("refunded", charge_id="pay_1", refunded=150_000)
        for what in (found("paid", charge_id="pay_1"), all_of_it, all_of_it):
            await tell(w, what, Within(turn.run, turn.turn.no, own=True))
        told = []
        while due := await w.store.take_announcements(where, "crm", w.now, w.now + 60, 10):
            told += due
            for each in due:
                await w.store.settle_announcement(Settled(each, "sent", w.now, None, None))
        assert [each.event for each in told] == ["payment.paid", "payment.refunded"]
        assert msgspec.json.decode(told[1].body)["data"] == {
            "payment": "tk-1", "name": "seat", "amount": 150_000, "currency": "INR", "refunded": 150_000,
        }  # fmt: skip


class TestGivenUp:
    async def test_what_a_failed_turn_asked_for_is_due_to_be_taken_back(self, world: OpenWorld) -> None:
        async with world() as w:
            turn = await opened(w)
            await w.deliver(await w.commit(turn, "sorry", failed=True))
            assert (await kept(w)).void_at == w.now
            (due,) = await w.store.payments_due(w.now, 10, w.now + 60)
            assert due.id == "tk-1"
            assert not (await tell(w, found("cancelled"))).news
            assert (await kept(w)).state == "cancelled"

    async def test_what_was_paid_or_asked_for_before_is_left(self, world: OpenWorld) -> None:
        async with world() as w:
            await asked(w)
            await w.hear("another")
            turn = await w.turn()
            await w.store.open_payment(turn.run, row_of(w, turn, "tk-2"))
            await tell(w, found("paid", reference="tk-2"))
            await w.deliver(await w.commit(turn, "sorry", failed=True))
            assert [(await kept(w, id_)).void_at for id_ in ("tk-1", "tk-2")] == [None, None]


class TestLooking:
    async def test_it_is_due_for_one_worker_at_a_time(self, world: OpenWorld) -> None:
        async with world() as w:
            await asked(w)
            assert await w.store.payments_due(w.now + 59, 10, 0.0) == []
            w.now += 60
            assert [each.id for each in await w.store.payments_due(w.now, 10, w.now + 30)] == ["tk-1"]
            assert await w.store.payments_due(w.now, 10, w.now + 30) == []
            assert len(await w.store.payments_due(w.now + 30, 10, w.now + 60)) == 1

    async def test_it_is_over_once_the_payment_is_settled(self, world: OpenWorld) -> None:
        async with world() as w:
            await asked(w)
            await w.store.payment_looked(await kept(w), w.now + 5)
            assert (await kept(w)).look_at == w.now + 5
            before = await kept(w)
            await tell(w, found("paid"))
            await w.store.payment_looked(before, w.now + 5)
            assert (await kept(w)).look_at is None

    async def test_whoever_took_it_does_not_put_off_what_was_taken_back_meanwhile(self, world: OpenWorld) -> None:
        async with world() as w:
            turn = await asked(w)
            w.now += 60
            (taken,) = await w.store.payments_due(w.now, 10, w.now + 30)
            await w.store.void_payment(turn.run.key, "tk-1", w.now + 1)
            await w.store.payment_looked(taken, w.now + 3600)
            assert (await kept(w)).look_at == w.now + 1

    async def test_of_a_channel_that_left_the_configuration_it_is_asked_again(self, world: OpenWorld) -> None:
        async with world() as w:
            await asked(w)
            w.directory.remove(w.channel)
            w.now += 30
            assert not (await tell(w, found("paid"))).news
            assert (await kept(w)).look_at == w.now + 60
            w.directory.put(w.channel)
            w.now += 60
            assert len(await w.store.payments_due(w.now, 10, w.now + 30)) == 1
            assert list((await tell(w, found("paid"))).news) == ["paid"]


async def test_two_processes_that_hear_the_same_tell_it_once(two_stores: Any) -> None:
    """Webhooks on one machine, asking on another, and a turn that moves the conversation on all the while."""
    async with two_stores() as (w, other):
        turn = await opened(w)
        stores = [w.store, other] * 4
        heard = [found("attempt_failed", charge_id="pay_0"), found("paid", charge_id="pay_1"), found("expired")]
        told = await asyncio.gather(
            *(store.payment_found("razorpay", what, w.now) for store in stores for what in heard),
            w.commit(turn, "pay here"),
            *(store.payments_due(w.now + 60, 10, w.now + 90) for store in stores),
        )
        fresh = [each for what in told if isinstance(what, PaymentTold) for each in what.news]
        assert Counter(fresh)["paid"] == 1
        assert max(Counter(fresh).values()) == 1
        assert sum(len(due) for due in told if isinstance(due, list)) <= 1
        assert (await kept(w)).state == "paid"


async def test_a_link_that_never_was(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("a seat please")
        turn = await w.turn()
        await w.store.open_payment(turn.run, row_of(w, turn))
        assert await w.store.payment_failed(turn.run.key, "tk-1", "nothing known", w.now) == await kept(w)
        assert (await kept(w)).state == "opening", "its turn is not over, and may ask again"
        row = await w.store.payment_failed(turn.run.key, "tk-1", "amount too small", w.now, turn.run)
        assert row is not None
        assert (row.state, row.reason, row.look_at) == ("failed", "amount too small", None)
        await tell(w, found("paid"))
        assert (await w.store.payment_failed(turn.run.key, "tk-1", "x", w.now)) == await kept(w)
        assert (await kept(w)).state == "paid"


@pytest.mark.parametrize("begins", [False, True])
async def test_a_link_that_never_was_of_a_turn_that_is_over(world: OpenWorld, begins: bool) -> None:
    async with world() as w:
        await w.hear("a seat please")
        turn = await w.turn()
        await w.store.open_payment(turn.run, row_of(w, turn))
        await w.deliver(await w.commit(turn, "one moment"))
        if begins:
            await w.hear("hello?")
            await w.turn()
        row = await w.store.payment_failed(turn.run.key, "tk-1", "nothing known", w.now)
        assert row is not None
        assert (row.state, row.look_at) == ("failed", None)


async def test_they_are_listed_the_newest_first(world: OpenWorld) -> None:
    async with world() as w:
        turn = await opened(w)
        w.now += 1
        await w.store.open_payment(turn.run, row_of(w, turn, "tk-2", "tip"))
        assert [each.name for each in await w.store.payments_of(turn.run.key)] == ["tip", "seat"]
        assert [each.id for each in await w.store.payments(None, 10)] == ["tk-2", "tk-1"]
        assert [each.id for each in await w.store.payments(turn.run.key.workspace_id, 10, ["open"])] == ["tk-1"]
        assert await w.store.payments(turn.run.key.workspace_id, 10, ["paid"]) == []
        assert ("payment_asked", "seat: 150000 INR") in await w.moments()
        await tell(w, found("paid"))
        assert {("payment_paid", "seat: 150000 INR"), ("received", "payment.paid")} <= set(await w.moments())


async def test_a_bot_that_keeps_nothing_keeps_the_sum_and_not_what_it_was_for(world: OpenWorld) -> None:
    async with world(channel(turns=changed(TURNS, keep="nothing"))) as w:
        turn = await asked(w)
        await w.store.erase(turn.run.key, w.now)
        assert (await kept(w)).description == "Dinner", "its link is still to be paid"
        await tell(w, found("paid", charge_id="pay_1"))
        await w.answer("thank you")
        await w.store.erase(turn.run.key, w.now)
        row = await kept(w)
        assert (row.description, row.url, row.amount, row.state, row.charge_id) == ("", None, 150_000, "paid", "pay_1")


async def test_who_is_erased_leaves_the_sum_and_is_still_told(world: OpenWorld) -> None:
    async with world(changed(channel(), owner=OwnerWords(testers=frozenset({f"phone:{ADA}"})))) as w:
        await asked(w)
        await w.hear("DELETE")
        row = await kept(w)
        assert (row.description, row.url, row.amount, row.state) == ("", None, 150_000, "open")
        assert list((await tell(w, found("paid"))).news) == ["paid"]
