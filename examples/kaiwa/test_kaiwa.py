"""The bot's own tests: `python -m pytest`. Models answer from a script, Razorpay is a fake."""

import json
from pathlib import Path

import dinners
import kaiwa
import pytest
from evening import CONFIRMED, DAY, FEEDBACK, HOUR, REMINDER, WISH, bookings, books, evening, parameters, times
from kaiwa import A_PERSON, bot

from turnkeeper.llm.base import ModelAway
from turnkeeper.model.conversation import Mode
from turnkeeper.testing.conversation import in_virtual_time
from turnkeeper.testing.models import Stalled, calls


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
