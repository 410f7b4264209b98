"""The bot's own tests: `python -m pytest test_kaiwa.py`. Models answer from a script, Razorpay is a fake."""

import asyncio
import functools
import json
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import dinners
import kaiwa
import pytest
from kaiwa import A_PERSON, bot
from msgspec.structs import replace

from turnkeeper.config import load
from turnkeeper.llm.base import ModelAway
from turnkeeper.model.conversation import Mode
from turnkeeper.model.events import Inbound
from turnkeeper.model.llm import ModelChoice
from turnkeeper.testing.agents import thinking
from turnkeeper.testing.conversation import Person, conversation, in_virtual_time
from turnkeeper.testing.events import event
from turnkeeper.testing.http import Reply, Request
from turnkeeper.testing.models import ScriptedModel, Stalled, calls
from turnkeeper.testing.payment_desk import Fault
from turnkeeper.testing.payments import Till

SETTINGS = load(Path(__file__).with_name("turnkeeper.toml"), secrets=False).bots["kaiwa"]
MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
CONFIRMED, REMINDER, FEEDBACK = "[template seat_confirmed]", "[template dinner_tomorrow]", "[template how_was_it]"
WISH = json.dumps({"dinner": "supper-2027-01-23", "seats": 2, "dietary": ["vegan"]})


@pytest.fixture(autouse=True)
def no_bookings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dinners, "BOOKINGS", tmp_path / "bookings.db")


class Evening(NamedTuple):
    """Ana, who writes to Kaiwa, where she pays, and the two models that are asked."""

    ana: Person
    till: Till
    azure: ScriptedModel
    claude: ScriptedModel


@asynccontextmanager
async def evening(*azure: object, claude: tuple[object, ...] = ()) -> AsyncIterator[Evening]:
    """What each model says, line by line."""
    first, second, till = ScriptedModel(*azure), ScriptedModel(*claude), Till()
    models = thinking((ModelChoice("azure", "gpt"), first), (ModelChoice("claude", "haiku", tools=False), second))
    async with conversation(till.sells_for(bot.with_thinking(models)), turns=SETTINGS.turns, name="Ana") as ana:
        till.tells(ana)
        yield Evening(ana, till, first, second)


async def books(ana: Person) -> None:
    """All of the way to the link, by taps; it costs no question to a model."""
    await ana.says("hi")
    for title in ("Book a seat", "Sat 16 Jan, 19:30", "2", "Vegan", "Pay ₹3,000.00"):
        await ana.taps(title)


def bookings() -> list[tuple[str, int]]:
    """State and seats of all that was booked."""
    with dinners.bookings() as db:
        return db.execute("select state, seats from booking order by rowid").fetchall()


def times(ana: Person, words: str) -> int:
    """How many messages say so."""
    return sum(words in each for each in ana.heard)


@in_virtual_time
async def test_questions_are_answered_with_what_the_tools_say() -> None:
    wanted = (
        calls("get_upcoming_dinners").and_calls("get_policies").and_calls("validate_referral_code", code="friend10")
    )
    async with evening(wanted, "On **Saturday**, and your code counts.") as (ana, _, azure, _):
        await ana.says("hi")
        assert ana.heard == [kaiwa.WELCOME.replace("**", "*")]
        assert ana.offered == ["Book a seat", "Talk to a person"]
        await ana.says("What is on, and does FRIEND10 count?")
        assert ana.heard[-1] == "On *Saturday*, and your code counts."
        on, policies, code = (each.content for each in azure.results)
        assert json.loads(on)[0]["when"] == "Saturday, 16 January, 19:30"
        assert json.loads(on)[0]["seats_left"] == 12
        assert "48 hours" in policies
        assert "10 %" in code


@pytest.mark.parametrize(("pause", "asked"), [(0.3, 1), (3.0, 2)], ids=["at once", "while the model thinks"])
@in_virtual_time
async def test_two_messages_get_one_answer_to_both(pause: float, asked: int) -> None:
    both = "contact: venue in HSR Layout?\ncontact: no, Central Bengaluru"
    answer = Stalled(5.0, lambda request: "Lavelle Road." if both in request.messages[0].text else "None.")
    async with evening(answer, answer) as (ana, _, azure, _):
        await ana.says("hi")
        await ana.says("venue in HSR Layout?", "no, Central Bengaluru", pause=pause)
        assert ana.heard[1:] == ["Lavelle Road."]
        assert len(azure.asked) == asked


@in_virtual_time
async def test_the_model_reads_ten_messages() -> None:
    async with evening(*(f"answer {n}" for n in range(8))) as (ana, _, azure, _):
        await ana.says("hi")
        for n in range(8):
            await ana.says(f"question {n}?")
            await ana.waits(60)
        lines = azure.heard[0].splitlines()
        assert len(lines) == 10
        assert lines[-1] == "contact: question 7?"


@in_virtual_time
async def test_claude_answers_without_tools_where_azure_is_down() -> None:
    async with evening(ModelAway("503"), claude=("A person can tell you.",)) as (ana, _, azure, claude):
        await ana.says("What is on?")
        assert ana.heard == ["A person can tell you."]
        assert azure.asked[0].tools
        assert claude.asked[0].tools == ()


@pytest.mark.parametrize("yes", ["tap", "yes please"])
@in_virtual_time
async def test_where_no_model_answers_a_person_is_offered(yes: str) -> None:
    async with evening(ModelAway("503"), claude=(ModelAway("529"),)) as (ana, *_):
        await ana.says("What is on?")
        assert ana.heard[-1].endswith("Shall I ask a person to get back to you?")
        await (ana.taps("Yes, please") if yes == "tap" else ana.says(yes))
        assert await ana.is_answered_by(Mode.HUMAN)


@in_virtual_time
async def test_seats_are_chosen_by_taps_without_any_model() -> None:
    async with evening() as (ana, *_):
        await ana.says("hi")
        await ana.taps("Book a seat")
        assert len(ana.offered) == 6
        await ana.taps("Sat 16 Jan, 19:30")
        await ana.taps("2")
        await ana.taps("Vegan")
        assert ana.heard[-1].endswith("16 January, 19:30, Central Bengaluru\n2 seats, vegan\n*₹3,000.00*")
        assert ana.offered == ["Pay ₹3,000.00", "Change"]
        await ana.taps("Change")
        assert len(ana.offered) == 6


@in_virtual_time
async def test_or_read_out_of_what_is_written() -> None:
    async with evening(WISH) as (ana, _, azure, _):
        await ana.says("book 2 vegan seats for saturday week")
        assert ana.offered == ["Pay ₹3,000.00", "Change"]
        assert "supper-2027-01-23: Saturday Supper Club, Saturday, 23 January" in azure.last.instructions
        assert ana.state["dinner"] == "supper-2027-01-23"


@in_virtual_time
async def test_a_question_while_booking_is_answered_and_what_is_missing_asked_again() -> None:
    async with evening('{"dinner": "supper-2027-01-16", "asks": true}', "Yes, in the yard.") as (ana, *_):
        await ana.says("hi")
        await ana.taps("Book a seat")
        await ana.says("The first one. Is there parking?")
        assert ana.heard[-2:] == ["Yes, in the yard.", "For how many people? Tap or write."]


@in_virtual_time
async def test_what_is_no_dinner_or_too_many_seats_is_asked_again() -> None:
    async with evening('{"dinner": "breakfast-2027-01-16", "seats": 40}', '{"dinner": "breakfast"}') as (ana, *_):
        await ana.says("book breakfast for 40")
        assert ana.heard[-1].startswith("Which dinner")
        assert (ana.state["dinner"], ana.state["seats"]) == (None, None)


@in_virtual_time
async def test_whoever_wants_a_person_gets_one_at_any_time() -> None:
    async with evening() as (ana, *_):
        await ana.says("hi")
        await ana.taps("Book a seat")
        await ana.says("Can I talk to a person?")
        assert ana.heard[-1] == A_PERSON
        assert await ana.is_answered_by(Mode.HUMAN)


@in_virtual_time
async def test_booked_paid_reminded_and_asked_afterwards() -> None:
    async with evening() as (ana, till, *_):
        await books(ana)
        assert bookings() == [("held", 2)]
        assert ana.received[-1]["interactive"]["action"]["parameters"]["url"] == till.links[0]["short_url"]
        await till.is_paid(ana)
        assert (ana.heard[-1], ana.stage, bookings()) == (CONFIRMED, "confirmed", [("confirmed", 2)])
        assert parameters(ana) == ["Ana", "Saturday Supper Club", "Saturday, 16 January, 19:30", "2"]
        await ana.waits(DAY)
        assert ana.heard[-1] == REMINDER
        assert parameters(ana) == ["Ana", "Saturday Supper Club", "19:30", "The Courtyard, Lavelle Road"]
        await ana.waits(DAY)
        assert ana.heard[-1] == FEEDBACK
        await ana.says("Wonderful people!")
        assert ana.heard[-1].startswith("Thank you!")
        assert ana.stage == "qa"
        assert sum((await ana.ledger()).states.values()) == (await ana.ledger()).states["answered"]


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


@in_virtual_time
async def test_whoever_has_seats_may_book_again_or_ask() -> None:
    async with evening("There is a garage.") as (ana, till, *_):
        await books(ana)
        await till.is_paid(ana)
        await ana.says("Where do I park?")
        assert ana.heard[-1] == "There is a garage."
        await ana.taps("Book again")
        for title in ("Sun 17 Jan, 13:00", "4", "None", "Pay ₹3,600.00"):
            await ana.taps(title)
        await till.is_paid(ana)
        assert bookings() == [("confirmed", 2), ("confirmed", 4)]
        await ana.waits(4 * DAY)
        assert (times(ana, REMINDER), times(ana, FEEDBACK)) == (2, 2)


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


@in_virtual_time
async def test_whoever_books_on_the_day_before_is_not_reminded() -> None:
    async with evening() as (ana, till, *_):
        await ana.waits(7 * HOUR)
        await books(ana)
        await till.is_paid(ana)
        await ana.waits(3 * DAY)
        assert (times(ana, REMINDER), times(ana, FEEDBACK)) == (0, 1)


@in_virtual_time
async def test_whoever_is_booking_again_is_asked_later_how_it_was() -> None:
    async with evening('{"asks": false}') as (ana, till, *_):
        await books(ana)
        await till.is_paid(ana)
        await ana.waits(32 * HOUR)
        await ana.says("book again, please")
        await ana.waits(2 * HOUR)
        assert times(ana, FEEDBACK) == 0
        await ana.waits(6 * HOUR)
        assert times(ana, FEEDBACK) == 1


@in_virtual_time
async def test_nobody_is_reminded_after_stop() -> None:
    async with evening() as (ana, till, *_):
        await books(ana)
        await till.is_paid(ana)
        await ana.says("STOP")
        said = list(ana.heard)
        await ana.waits(5 * DAY)
        assert ana.heard == said


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


@in_virtual_time
async def test_what_is_said_days_after_the_dinner_is_still_feedback() -> None:
    async with evening() as (ana, till, *_):
        await books(ana)
        await till.is_paid(ana)
        await ana.waits(6 * DAY)
        await ana.says("Wonderful people!")
        assert ana.heard[-1].startswith("Thank you!")
        with dinners.bookings() as db:
            assert db.execute("select feedback from booking").fetchall() == [("Wonderful people!",)]


def test_the_picture_shows_every_stage() -> None:
    picture = Path(__file__).with_name("kaiwa.svg").read_text("utf-8")
    for stage in bot.stages:
        assert f">{stage}<" in picture, "draw it again: turnkeeper bot draw kaiwa -o kaiwa.svg"


def outside(kind: str, data: dict[str, object]) -> Inbound:
    """What another system tells."""
    return replace(event("api"), details={"type": kind, "id": "1", "data": data})


def held() -> str:
    """The id of the only booking."""
    with dinners.bookings() as db:
        return str(db.execute("select id from booking").fetchone()[0])


def parameters(ana: Person) -> list[str]:
    """What the last template was given."""
    (body,) = ana.received[-1]["template"]["components"]
    return [each["text"] for each in body["parameters"]]
