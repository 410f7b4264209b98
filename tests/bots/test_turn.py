"""What a bot's author is promised: stages, steps of every kind of function and result, timers, people, history."""

import asyncio
import functools
import threading
from dataclasses import dataclass
from typing import Any

import msgspec
import pydantic
import pytest

from turnkeeper import Bot, Turn
from turnkeeper.model.conversation import Mode
from turnkeeper.model.events import Inbound
from turnkeeper.testing.conversation import conversation, in_virtual_time
from turnkeeper.testing.events import event

SORRY = "Something went wrong, please try again."


@dataclass
class Plain:
    id: int
    names: list[str]


class Packed(msgspec.Struct):
    id: int
    names: list[str]


class Checked(pydantic.BaseModel):
    id: int
    names: list[str]


async def plain() -> Plain:
    return Plain(7, ["a"])


async def packed() -> Packed:
    return Packed(7, ["a"])


async def checked() -> Checked:
    return Checked(id=7, names=["a"])


async def several_checked() -> list[Checked]:
    return [Checked(id=7, names=["a"])]


async def maybe_checked() -> Checked | None:
    return Checked(id=7, names=["a"])


async def nothing() -> None:
    return None


async def unsaid():  # type: ignore[no-untyped-def]
    return Plain(7, ["a"])


async def pairs() -> tuple[int, str]:
    return 1, "a"


async def otherwise() -> int:
    return "not a number"  # type: ignore[return-value]


def in_a_thread() -> str:
    return threading.current_thread().name


class Shouting:
    async def __call__(self, text: str) -> str:
        return text.upper()


async def two(first: str, second: str) -> str:
    return first + second


def bot_of(*stages: Any) -> Bot:
    """A bot whose stages are these functions, under their names; the first is the first."""
    bot = Bot("assistant")
    for place, stage in enumerate(stages):
        bot.stage(stage.__name__, first=place == 0)(stage)
    return bot


def stepping(function: Any, *args: Any, effect: bool = False) -> tuple[Bot, list[Any]]:
    """A bot that does one step, and what came of it in each attempt; it raises in its first."""
    got: list[Any] = []

    async def only(turn: Turn) -> None:
        got.append(await turn.step("do", function, *args, effect=effect))
        if turn.attempt == 1:
            raise ValueError("once more")

    return bot_of(only), got


@pytest.mark.parametrize(
    "function, args, expected",
    [
        (plain, (), Plain(7, ["a"])),
        (packed, (), Packed(7, ["a"])),
        (checked, (), Checked(id=7, names=["a"])),
        (several_checked, (), [Checked(id=7, names=["a"])]),
        (maybe_checked, (), Checked(id=7, names=["a"])),
        (nothing, (), None),
        (unsaid, (), {"id": 7, "names": ["a"]}),
        (pairs, (), (1, "a")),
        (otherwise, (), "not a number"),
        (Shouting(), ("hi",), "HI"),
        (functools.partial(two, "a"), ("b",), "ab"),
        (lambda: asyncio.sleep(0, "awaited"), (), "awaited"),
        (str.upper, ("hi",), "HI"),
        (len, ([1, 2],), 2),
    ],
)
@in_virtual_time
async def test_a_result_comes_back_as_the_type_that_was_said_first_and_when_it_was_stored(
    function: Any, args: tuple[Any, ...], expected: Any
) -> None:
    bot, got = stepping(function, *args, effect=True)
    async with conversation(bot) as person:
        await person.says("hi")
        assert got == [expected, expected]
        assert [type(result) for result in got] == [type(expected)] * 2


@in_virtual_time
async def test_plain_functions_run_in_a_thread_and_the_loop_goes_on() -> None:
    bot, got = stepping(in_a_thread)
    async with conversation(bot) as person:
        await person.says("hi")
        assert got[0] != threading.main_thread().name


# Keys


async def keyed(text: str, key: str) -> str:
    return key


async def keyword_only(text: str, *, key: str) -> str:
    return key


async def key_of_its_own(key: str) -> str:
    return key


@pytest.mark.parametrize("function", [keyed, keyword_only])
@pytest.mark.parametrize("effect", [False, True])
@in_virtual_time
async def test_a_function_that_takes_a_key_is_given_one(function: Any, effect: bool) -> None:
    bot, got = stepping(function, "text", effect=effect)
    async with conversation(bot) as person:
        await person.says("hi")
        assert got[0].startswith("tk-")
        assert (got[0] == got[1]) is effect


@pytest.mark.parametrize("effect", [False, True])
@in_virtual_time
async def test_a_parameter_key_that_is_given_is_left_alone(effect: bool) -> None:
    bot, got = stepping(key_of_its_own, "mine", effect=effect)
    async with conversation(bot) as person:
        await person.says("hi")
        assert got == ["mine", "mine"]


# What cannot be kept


async def unkept() -> object:
    return threading.Lock()


async def takes_anything(value: object) -> None: ...


@pytest.mark.parametrize(
    "function, args, message",
    [
        (unkept, (), "step unkept: its result cannot be kept as JSON: it holds a lock"),
        (takes_anything, (object(),), "step takes_anything: an argument cannot be kept as JSON: it holds a object"),
    ],
)
@in_virtual_time
async def test_what_json_cannot_hold_is_an_error_that_says_so(
    function: Any, args: tuple[Any, ...], message: str
) -> None:
    bot, _ = stepping(function, *args)
    async with conversation(bot) as person:
        await person.says("hi")
        assert {str(error) for error in person.raised} == {message}
        assert person.heard == [SORRY]


@in_virtual_time
async def test_an_effect_whose_result_cannot_be_kept_has_happened_all_the_same() -> None:
    runs: list[str] = []

    async def book() -> object:
        runs.append("booked")
        return object()

    bot, _ = stepping(book, effect=True)
    async with conversation(bot) as person:
        await person.says("hi")
        assert runs == ["booked"]
        assert {str(error) for error in person.raised} == {
            "step book: its result cannot be kept as JSON: it holds a object"
        }


@pytest.mark.parametrize(
    "label, misuse, message",
    [
        ("reply", lambda turn: turn.reply(None), "text and contents can be said, not a NoneType"),
        ("say_now", lambda turn: turn.say_now(5), "text and contents can be said, not a int"),
        ("stage", lambda turn: setattr(turn, "stage", print), "turn.stage is a stage's name"),
        ("state", lambda turn: turn.state.update(x=object()), "object"),
        ("a time in the past", lambda turn: turn.after(-1, "nudge"), "a timer fires 0 to"),
        ("no time at all", lambda turn: turn.after(float("nan"), "nudge"), "a timer fires 0 to"),
        ("a time after all", lambda turn: turn.after(float("inf"), "nudge"), "a timer fires 0 to"),
    ],
)
@in_virtual_time
async def test_what_a_bot_does_wrong_is_its_error_and_the_next_message_is_answered(
    label: str, misuse: Any, message: str
) -> None:
    traces: list[str] = []

    async def only(turn: Turn) -> None:
        if turn.text == "fine":
            return await turn.reply("yes")
        done = misuse(turn)
        if done is not None:
            await done
        return None

    async with conversation(bot_of(only)) as person:
        await person.says("hi")
        await person.says("fine")
        assert person.heard == [SORRY, "yes"]
        traces = [str(moment.detail) for moment in await person.moments() if moment.kind == "failed"]
        assert message in traces[0]


# Stages and sessions


@in_virtual_time
async def test_a_session_goes_from_stage_to_stage_with_its_state() -> None:
    async def welcome(turn: Turn) -> None:
        turn.state["name"] = turn.text
        turn.stage = "listening"
        await turn.reply("Hello!")

    async def listening(turn: Turn) -> None:
        await turn.reply(f"{turn.state['name']} says {turn.text}, turn {turn.number}")

    async with conversation(bot_of(welcome, listening)) as person:
        await person.says("Ada")
        assert (person.stage, person.state) == ("listening", {"name": "Ada"})
        await person.says("one", "two")
        await person.says("three")
        assert person.heard == ["Hello!", "Ada says one\ntwo, turn 2", "Ada says three, turn 3"]


@in_virtual_time
async def test_a_stage_that_is_gone_is_set_aside_and_shown() -> None:
    async def welcome(turn: Turn) -> None:
        await turn.reply(f"welcome {turn.state.get('kept')}")
        turn.stage = None if turn.state else "gone"
        turn.state["kept"] = "yes"

    bot = bot_of(welcome)
    bot.stage("gone")(takes_anything)
    async with conversation(bot) as person:
        await person.says("hi")
        del bot._stages["gone"]
        await person.says("hi")
        assert person.heard == ["welcome None", "welcome yes"]
        told = [moment.detail for moment in await person.moments() if moment.kind == "committed"]
        assert told == [None, "stage 'gone' set aside: the bot has welcome"]


def test_two_stages_of_one_name_or_two_first_ones_are_refused() -> None:
    bot = Bot("assistant")
    bot.stage("a", first=True)(takes_anything)
    with pytest.raises(ValueError, match="'a' is defined twice"):
        bot.stage("a")(takes_anything)
    with pytest.raises(ValueError, match="'a' is the first stage already, 'b' cannot be too"):
        bot.stage("b", first=True)(takes_anything)
    assert bot.stages == ("a",)


# Everything else of the turn


@in_virtual_time
async def test_a_turn_knows_who_wrote_what() -> None:
    seen: list[Any] = []

    async def only(turn: Turn) -> None:
        seen.append((turn.text, [each.kind for each in turn.events], turn.contact, turn.attempt))

    photo = Inbound(
        kind="image",
        message_id="photo",
        text="my lamp",
        addresses=("user:US.1", "phone:15551230001"),
        dedup_key="photo",
        sender_name="Ada L.",
    )
    async with conversation(bot_of(only)) as person:
        await person.writes("look")
        await person.does(event("location"))
        await person.does(photo)
        await person.rests()
        ((text, kinds, contact, attempt),) = seen
        assert (text, kinds, attempt) == ("look\nmy lamp", ["text", "location", "image"], 1)
        assert (contact.name, contact.phone, contact.user_id) == ("Ada L.", "15551230001", "US.1")
        assert contact.addresses == ("user:US.1", "phone:15551230001")
        assert person.heard == []
        assert (await person.ledger()).states["no_reply"] == 3


@in_virtual_time
async def test_timers_wake_the_conversation_with_their_data() -> None:
    fired: list[Any] = []

    async def only(turn: Turn) -> None:
        fired.append((turn.text, turn.timers))
        if not turn.timers:
            turn.after(3600, "nudge", {"cart": 3})
            turn.after(60, "check", follow_up=False)

    async with conversation(bot_of(only)) as person:
        await person.says("hi")
        await person.waits(3500)
        await person.waits(3600)
        assert fired == [("hi", ()), ("", (("check", None),)), ("", (("nudge", {"cart": 3}),))]


@in_virtual_time
async def test_a_handover_and_back() -> None:
    async def only(turn: Turn) -> None:
        await turn.reply("One of us will write.")
        turn.handover("asks for a person")

    async with conversation(bot_of(only)) as person:
        await person.says("help")
        assert await person.is_answered_by(Mode.HUMAN)
        await person.says("hello?")
        assert len(person.heard) == 1
        await person.is_given_back()
        await person.says("hello?")
        assert len(person.heard) == 2


@in_virtual_time
async def test_history_has_who_said_it() -> None:
    seen: list[Any] = []

    async def only(turn: Turn) -> None:
        seen.append([(line.role, line.text) for line in await turn.history()])
        await turn.reply("**yes**")

    async with conversation(bot_of(only)) as person:
        await person.says("one")
        await person.says("two")
        assert seen == [[("contact", "one")], [("contact", "one"), ("bot", "*yes*"), ("contact", "two")]]


@in_virtual_time
async def test_effects_of_a_turn_that_a_person_cut_off_are_told() -> None:
    seen: list[Any] = []

    async def book() -> str:
        return "table 4"

    async def only(turn: Turn) -> None:
        seen.append([(one["name"], one["done"], one["result"]) for one in turn.effects])
        if turn.number == 1:
            await turn.step("book", book, effect=True)
            await asyncio.sleep(10)

    async with conversation(bot_of(only)) as person:
        await person.writes("hi")
        await asyncio.sleep(8)
        await person.is_taken_over()
        await person.is_given_back()
        await person.says("so?")
        assert seen == [[], [("book", True, "table 4")]]


@in_virtual_time
async def test_every_attempt_is_told_the_same_beginning() -> None:
    seen: list[float] = []

    async def only(turn: Turn) -> None:
        seen.append(turn.began_at)
        await asyncio.sleep(10)

    async with conversation(bot_of(only)) as person:
        await person.writes("hi")
        await asyncio.sleep(8)
        await person.survives_a_crash()
        await person.rests()
        assert len(seen) == 2
        assert seen[0] == seen[1] > 1_800_000_000
