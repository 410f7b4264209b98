"""What has to do with money: seats are paid once, or given back; webhooks come twice, early, late or never."""

import asyncio
import functools
import threading

import dinners
import kaiwa
import pytest
from evening import (
    CONFIRMED,
    DAY,
    HOUR,
    MINUTE,
    bookings,
    books,
    evening,
    held,
    outside,
    parameters,
    times,
)

from turnkeeper.model.conversation import Mode
from turnkeeper.testing.conversation import in_virtual_time
from turnkeeper.testing.http import Reply, Request
from turnkeeper.testing.payment_desk import Fault


@in_virtual_time
async def test_a_double_tap_on_pay_is_one_booking_and_one_link() -> None:
    async with evening() as (ana, till, *_):
        await books(ana)
        ana.received.append(ana.received[-2])
        await ana.taps("Pay ₹3,000.00")
        assert ana.heard[-2].startswith("I have not got your payment yet.")
        assert (len(till.links), bookings()) == (1, [("held", 2)])


@in_virtual_time
async def test_a_webhook_that_comes_twice_counts_once() -> None:
    async with evening() as (ana, till, *_):
        await books(ana)
        await till.is_paid(ana)
        await till.tells_again(ana)
        assert times(ana, CONFIRMED) == 1


@in_virtual_time
async def test_a_webhook_that_comes_before_the_link_is_told_counts_once() -> None:
    async with evening() as (ana, till, *_):
        till.razorpay.pays_at_once = "upi"
        await books(ana)
        await till.tells_again(ana)
        assert times(ana, CONFIRMED) == 1
        assert bookings() == [("confirmed", 2)]


@in_virtual_time
async def test_a_webhook_that_never_comes_is_found_when_the_person_writes() -> None:
    async with evening() as (ana, till, *_):
        await books(ana)
        await ana.says("how do I pay?")
        assert ana.heard[-2].startswith("I have not got your payment yet.")
        await till.is_paid(ana, told=False)
        await ana.says("done")
        assert ana.heard[-1] == CONFIRMED
        await till.tells_again(ana)
        assert times(ana, CONFIRMED) == 1


@in_virtual_time
async def test_or_by_asking_in_the_background() -> None:
    async with evening() as (ana, till, *_):
        await books(ana)
        await till.is_paid(ana, told=False)
        await ana.waits(2 * MINUTE)
        assert await till.is_asked(ana) == 1
        assert ana.heard[-1] == CONFIRMED


@in_virtual_time
async def test_whoever_does_not_pay_within_the_hour_holds_no_seats() -> None:
    async with evening() as (ana, till, *_):
        await books(ana)
        await ana.waits(HOUR / 2)
        await till.expires(ana)
        assert ana.heard[-1].startswith("Your seats are free again")
        assert (ana.stage, bookings()) == ("qa", [("cancelled", 2)])


@in_virtual_time
async def test_cancel_instead_of_paying_takes_the_link_back() -> None:
    async with evening() as (ana, till, *_):
        await books(ana)
        await ana.says("Cancel!")
        assert ana.heard[-1].startswith("Your seats are free again")
        assert (till.links[0]["status"], bookings()) == ("cancelled", [("cancelled", 2)])


@in_virtual_time
async def test_whoever_pays_at_the_moment_of_cancelling_has_paid() -> None:
    async with evening() as (ana, till, *_):
        await books(ana)
        await till.is_paid(ana, told=False)
        await ana.says("cancel")
        assert (ana.heard[-1], bookings()) == (CONFIRMED, [("confirmed", 2)])


@in_virtual_time
async def test_money_that_comes_too_late_goes_back() -> None:
    async with evening() as (ana, till, *_):
        await books(ana)
        dinners.cancel(held())
        others = dinners.book("supper-2027-01-16", 11, "Somebody", [], "key")
        assert others is not None
        await till.is_paid(ana)
        assert ana.heard[-1] == kaiwa.TOO_LATE
        assert [each["amount"] for each in till.razorpay.refunds.values()] == [300_000]
        assert await ana.is_answered_by(Mode.HUMAN)


@in_virtual_time
async def test_a_dinner_that_is_sold_out_meanwhile_is_not_charged() -> None:
    async with evening() as (ana, till, *_):
        assert dinners.book("supper-2027-01-16", 11, "Somebody", [], "key") is not None
        await books(ana)
        assert ana.heard[-2] == kaiwa.SOLD_OUT
        assert till.links == []
        await ana.taps("Sat 23 Jan, 19:30")
        assert "23 January" in ana.heard[-1]


@in_virtual_time
async def test_seats_are_given_back_where_there_is_no_link_to_pay_them_by() -> None:
    async with evening() as (ana, till, *_):
        till.razorpay.fail_next(*(Fault(status=400, on="POST /v1/payment_links"),) * 3)
        await books(ana)
        await ana.waits(MINUTE)
        assert (bookings(), till.links) == ([("cancelled", 2)], [])
        assert ana.heard[-1].startswith("Something went wrong")


@pytest.mark.parametrize(("early", "refunds"), [(True, 1), (False, 0)])
@in_virtual_time
async def test_cancelling_follows_the_policy(early: bool, refunds: int) -> None:
    async with evening() as (ana, till, *_):
        await ana.says("hi")
        taps = ("Sat 23 Jan, 19:30", "2", "Vegan", "Pay ₹3,000.00") if early else ("Sat 16 Jan, 19:30", "2", "Vegan")
        for title in ("Book a seat", *taps):
            await ana.taps(title)
        if not early:
            await ana.taps("Pay ₹3,000.00")
        await till.is_paid(ana)
        await ana.says("I have to cancel")
        assert ("all of your money back" in ana.heard[-1]) is early
        await ana.taps("Yes, cancel")
        assert bookings() == [("cancelled", 2)]
        assert len(till.razorpay.refunds) == refunds
        await ana.waits(14 * DAY)
        assert ana.heard[-1].startswith("Your seats are cancelled."), "nobody is reminded"


@pytest.mark.parametrize("step", ["book", "confirm"])
@in_virtual_time
async def test_killed_after_it_happened_and_before_it_was_kept(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    happened, killed, really = asyncio.Event(), threading.Event(), getattr(dinners, step)
    loop = asyncio.get_running_loop()

    @functools.wraps(really)
    def told(*args: object, **named: object) -> object:
        found = really(*args, **named)
        loop.call_soon_threadsafe(happened.set)
        killed.wait(10)
        return found

    async with evening() as (ana, till, *_):
        monkeypatch.setattr(dinners, step, told)
        going = asyncio.create_task(books(ana))
        if step == "confirm":
            await going
            going = asyncio.create_task(till.is_paid(ana))
        await asyncio.wait_for(happened.wait(), HOUR)
        another = asyncio.create_task(ana.survives_a_crash())
        await asyncio.sleep(0)
        killed.set()
        await another
        await going
        await ana.rests()
        if step == "book":
            await till.is_paid(ana)
        assert (times(ana, CONFIRMED), bookings(), len(till.links)) == (1, [("confirmed", 2)], 1)


@in_virtual_time
async def test_a_webhook_that_comes_while_it_is_asked_counts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async with evening() as (ana, till, *_):
        await books(ana)
        answers = till.razorpay.told

        async def paid_meanwhile(request: Request) -> Reply:
            monkeypatch.setattr(till.razorpay, "told", answers)
            await till.razorpay.pay(till.links[0]["id"])
            return await answers(request)

        monkeypatch.setattr(till.razorpay, "told", paid_meanwhile)
        await ana.says("done")
        assert times(ana, CONFIRMED) == 1


@in_virtual_time
async def test_a_payment_that_does_not_go_through_may_be_tried_again() -> None:
    async with evening() as (ana, till, *_):
        await books(ana)
        await till.fails(ana)
        assert ana.heard[-1].startswith("Your payment did not go through.")
        await till.is_paid(ana)
        assert ana.heard[-1] == CONFIRMED


@pytest.mark.parametrize("days", [0, 2])
@in_virtual_time
async def test_seats_that_were_chosen_on_the_website_are_paid_here(days: int) -> None:
    async with evening() as (ana, till, *_):
        await ana.says("hi")
        await ana.waits(days * DAY)
        chosen = {"dinner": "supper-2027-01-30", "seats": 3, "dietary": [], "name": "Ana Rao"}
        await ana.does(outside("seats.reserved", chosen))
        await ana.rests()
        if days:
            assert ana.heard[-1] == "[template please_pay]"
            assert parameters(ana)[1:3] == ["3 × Saturday Supper Club", "₹4,500.00"]
        else:
            assert ana.heard[-1].endswith("Please pay ₹4,500.00.")
        await till.is_paid(ana)
        assert (ana.heard[-1], parameters(ana)[0]) == (CONFIRMED, "Ana Rao")
