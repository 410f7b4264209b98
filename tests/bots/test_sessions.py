"""A session that ends: what the bot knows of it, what is said, and who may take it back."""

from dataclasses import replace
from typing import Any

import msgspec
import pydantic
import pytest

from turnkeeper import Bot, Event, Turn
from turnkeeper.engine.answer import Answer, Work
from turnkeeper.model.events import Inbound
from turnkeeper.model.policy import Keep
from turnkeeper.testing.conversation import Person, conversation, in_virtual_time
from turnkeeper.testing.events import TURNS, event
from turnkeeper.testing.virtual_time import VirtualClock

HOUR = 3600.0
SHORT = replace(TURNS, session_ttl=HOUR)
BYE = "I close this for now."
ENDING = replace(SHORT, farewell=BYE)


class State(pydantic.BaseModel):
    seats: int = 1


def booking(seen: list[Any], state: Any = State) -> Bot[Any]:
    """A bot that books seats, and takes an old session back when it is asked to."""
    bot: Bot[Any] = Bot("kaiwa", state=state)

    @bot.stage("welcome", first=True, to=())
    async def welcome(turn: Turn[Any]) -> None:
        seen.append(turn.expired)
        if turn.text == "resume":
            await turn.reply(f"back: {turn.resume()}")
        elif turn.text == "person":
            turn.handover("wanted")
        elif turn.text != "quiet":
            await turn.reply("welcome")

    @bot.stage("booking")
    async def in_booking(turn: Turn[Any]) -> None:
        await turn.reply(f"{turn.state.seats} seats")

    @bot.on("timer.seat")
    async def seat(turn: Turn[Any], event: Event) -> None:
        turn.state.seats, turn.stage = 4, "booking"

    return bot


def timer(name: str, number: int = 0) -> Inbound:
    return msgspec.structs.replace(event("timer", id=f"{name}.{number}"), details={"name": name})


async def fires(person: Person, name: str, number: int = 0) -> None:
    await person.does(timer(name, number))
    await person.rests()


async def committed(person: Person) -> list[str | None]:
    return [moment.detail for moment in await person.moments() if moment.kind == "committed"]


@in_virtual_time
async def test_a_session_that_expired_is_told_and_taken_back_whole() -> None:
    seen: list[Any] = []
    async with conversation(booking(seen), turns=SHORT) as person:
        await person.says("hi")
        await fires(person, "seat")
        left_at = VirtualClock().now()
        await person.waits(HOUR + 60)
        await person.says("resume")
        assert person.heard == ["welcome", "back: True"]
        assert (seen[0], seen[-1].state, seen[-1].stage) == (None, State(seats=4), "booking")
        assert abs(seen[-1].at - left_at - HOUR) < 5
        await person.says("how many?")
        assert person.heard[-1] == "4 seats"


@in_virtual_time
async def test_a_session_that_is_not_taken_back_is_gone_with_the_next_turn() -> None:
    seen: list[Any] = []
    async with conversation(booking(seen), turns=SHORT) as person:
        await person.says("hi")
        await fires(person, "seat")
        await person.waits(HOUR + 60)
        await person.says("hi again", "quiet")
        await person.says("resume")
        assert person.heard[-1] == "back: False"
        assert seen[-1] is None


@in_virtual_time
async def test_a_state_of_other_code_is_no_session_to_take_back() -> None:
    class Other(pydantic.BaseModel):
        seats: list[int] = []

    seen: list[Any] = []
    bot = booking(seen)
    async with conversation(bot, turns=SHORT) as person:
        await fires(person, "seat")
        await person.waits(HOUR + 60)
        bot._states = booking([], Other)._states
        await person.says("resume")
        assert person.heard == ["back: False"]


@pytest.mark.parametrize(
    "label, said, heard",
    [
        ("it had begun", ["hi"], ["welcome", BYE]),
        ("nobody said anything", ["quiet"], []),
        ("a turn without words keeps it", ["hi", "quiet"], ["welcome", BYE]),
        ("a stage, without words", ["quiet", "seat"], [BYE]),
        ("a person has it", ["hi", "person"], ["welcome"]),
    ],
)
@in_virtual_time
async def test_a_farewell_is_said_once_when_the_session_ends(label: str, said: list[str], heard: list[str]) -> None:
    seen: list[Any] = []
    async with conversation(booking(seen), turns=ENDING) as person:
        for each in said:
            await (fires(person, each) if each == "seat" else person.says(each))
        await person.waits(HOUR - 30)
        assert BYE not in person.heard
        await person.waits(5 * HOUR)
        assert person.heard == heard
        if BYE in heard:
            assert (await committed(person))[-1] == "the session has expired: farewell"
            assert person.stage is None
            await person.says("resume")
            assert person.heard[-1] == "back: True"
            await person.says("resume")
            assert person.heard[-1] == ("4 seats" if "seat" in said else "back: False")


@in_virtual_time
async def test_each_turn_puts_the_farewell_off() -> None:
    async with conversation(booking([]), turns=ENDING) as person:
        for _ in range(4):
            await person.says("hi")
            await person.waits(0.6 * HOUR)
        assert person.heard == ["welcome"] * 4
        await person.waits(HOUR)
        assert person.heard == ["welcome"] * 4 + [BYE]
        await person.says("hi")
        await person.waits(2 * HOUR)
        assert person.heard[5:] == ["welcome", BYE]


@in_virtual_time
async def test_where_the_window_is_closed_the_session_ends_without_a_word() -> None:
    async with conversation(booking([]), turns=replace(TURNS, farewell=BYE)) as person:
        await person.says("hi")
        await person.waits(30 * HOUR)
        assert person.heard == ["welcome"]
        assert (await committed(person))[-1] == "the session has expired: no farewell, the window is closed"


@in_virtual_time
async def test_a_farewell_that_waited_for_a_person_is_too_late() -> None:
    async with conversation(booking([]), turns=ENDING) as person:
        await person.says("hi")
        await person.is_taken_over()
        await person.waits(5 * HOUR)
        await person.is_given_back()
        await person.rests()
        assert person.heard == ["welcome"]


@in_virtual_time
async def test_a_session_that_was_handed_over_has_no_farewell() -> None:
    async with conversation(booking([]), turns=ENDING) as person:
        await person.says("hi")
        await person.says("person")
        await person.is_given_back()
        await person.waits(5 * HOUR)
        assert person.heard == ["welcome"]


@in_virtual_time
async def test_what_is_kept_for_whoever_comes_back_is_in_no_bots_state() -> None:
    states: list[dict[str, Any]] = []
    bot = Bot("plain")

    @bot.stage("only", first=True)
    async def only(turn: Turn) -> None:
        states.append(dict(turn.state))
        turn.state["said"] = turn.text
        await turn.reply(str(turn.expired and turn.expired.state))

    async with conversation(bot, turns=ENDING) as person:
        await person.says("one")
        await person.waits(1.5 * HOUR)
        await person.says("two")
        assert person.heard == ["None", BYE, "{'said': 'one'}"]
        assert states == [{}, {}]


@in_virtual_time
async def test_a_farewell_that_comes_with_a_message_is_not_said_and_the_message_is_answered() -> None:
    seen: list[Any] = []
    async with conversation(booking(seen), turns=ENDING) as person:
        await person.says("hi")
        await person.does(timer("session.expired"))
        await person.says("resume")
        await fires(person, "session.expired", 2)
        assert BYE not in person.heard
        assert (await committed(person))[-1] == "the session has not expired: no farewell yet"
        await person.waits(HOUR + 60)
        assert person.heard[-1] == BYE


@in_virtual_time
async def test_a_bot_may_handle_the_end_itself_and_then_nothing_else_is_said() -> None:
    seen: list[Any] = []
    bot = booking([])

    @bot.on("timer.session.expired")
    async def ended(turn: Turn[Any], event: Event) -> None:
        seen.append((turn.expired and turn.expired.stage, turn.expired and turn.expired.state.seats, turn.stage))
        await turn.reply("bye then")

    async with conversation(bot, turns=ENDING) as person:
        await person.says("hi")
        await fires(person, "seat")
        await person.waits(5 * HOUR)
        assert person.heard == ["welcome", "bye then"]
        assert seen == [("booking", 4, "welcome")]
        await person.says("resume")
        await person.says("how many?")
        assert person.heard[-2:] == ["back: True", "4 seats"]


class Beside:
    """Says something by itself when a timer fires, without the bot, as sequences do."""

    def __init__(self, bot: Any) -> None:
        self.bot = bot
        self.version = "1"

    async def answer(self, work: Work) -> Answer:
        if work.events[0].kind == "timer":
            return Answer(["by the way"], work.state, work.stage, asked=False)
        answer: Answer = await self.bot.answer(work)
        return answer


@in_virtual_time
async def test_what_is_said_beside_the_bot_does_not_take_an_expired_session_from_it() -> None:
    seen: list[Any] = []
    async with conversation(Beside(booking(seen)), turns=SHORT) as person:
        await person.says("hi")
        await person.waits(1.5 * HOUR)
        await fires(person, "aside", 1)
        await fires(person, "aside", 2)
        await person.says("resume")
        assert person.heard[1:] == ["by the way", "by the way", "back: True"]
        assert seen[-1].stage == "welcome"


class Parrot:
    """A bot without stages, that keeps nothing in its session, as agents do."""

    version = "1"

    async def answer(self, work: Work) -> Answer:
        return Answer([f"{work.events[0].text} {work.state}"])


@pytest.mark.parametrize("keep, heard", [("all", ["hi {}", BYE, "hi {}", BYE]), ("nothing", ["hi {}", "hi {}"])])
@in_virtual_time
async def test_a_bot_without_stages_says_goodbye_too_unless_it_keeps_no_session(keep: Keep, heard: list[str]) -> None:
    async with conversation(Parrot(), turns=replace(ENDING, keep=keep)) as person:
        for _ in range(2):
            await person.says("hi")
            await person.waits(5 * HOUR)
        assert person.heard == heard


@in_virtual_time
async def test_a_timer_that_finds_no_session_is_set_no_more() -> None:
    async with conversation(Parrot(), turns=replace(ENDING, keep="nothing")) as person:
        await person.says("hi")
        await fires(person, "session.expired")
        await person.waits(5 * HOUR)
        assert await committed(person) == [None, "the session has not expired: no farewell yet"]
