"""A turn that is given up takes back what it did: once, newest first, whoever has to finish it."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from pydantic import BaseModel

from turnkeeper import Bot, MediaRefused, Turn
from turnkeeper.model.conversation import Mode
from turnkeeper.model.policy import TurnPolicy
from turnkeeper.testing.conversation import Person, conversation, in_virtual_time
from turnkeeper.testing.events import TURNS

SORRY = "Something went wrong, please try again."


class Ticket(BaseModel):
    number: int


@dataclass
class Diary:
    """A business: what was done there, what was taken back, and with which keys."""

    done: list[str] = field(default_factory=list)
    undone: list[Any] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    effects: list[list[dict[str, Any]]] = field(default_factory=list)
    undo_fails: int = 0
    held: asyncio.Event | None = None
    reached: asyncio.Event = field(default_factory=asyncio.Event)

    async def book(self, what: str, key: str) -> Ticket:
        self.done.append(what)
        self.keys.append(key)
        return Ticket(number=len(self.done))

    async def cut_off(self, key: str) -> Ticket:
        self.keys.append(key)
        raise ConnectionError("nobody knows")

    async def take_back(self, what: Any) -> None:
        if self.held is not None:
            self.reached.set()
            await self.held.wait()
        if len(self.undone) < self.undo_fails:
            self.undone.append("failed")
            raise OSError("the line is busy")
        self.undone.append(what)


def break_off(turn: Turn) -> None:
    raise ZeroDivisionError


def booker(diary: Diary, undo: bool = True, fails: Callable[[Turn], object] = break_off) -> Bot:
    """A bot that books a table and a taxi, and then fails if it is told to."""
    bot = Bot("booker")

    @bot.stage("only", first=True)
    async def only(turn: Turn) -> None:
        diary.effects.append([dict(each) for each in turn.effects])
        if turn.text == "fail":
            await turn.step("book", diary.book, "table", effect=True)
            await turn.step("book", diary.book, "taxi", effect=True)
            fails(turn)
        await turn.reply("fine")

    if undo:

        @bot.undo("book")
        async def unbook(turn: Turn, result: Ticket) -> None:
            await diary.take_back(result)

    return bot


async def traces(person: Person) -> list[str]:
    return [str(moment.detail) for moment in await person.moments() if moment.kind == "failed" and moment.seq is None]


def carried(diary: Diary) -> list[tuple[object, ...]]:
    """What the latest turn was told of the effects before it."""
    return [(one["name"], one["done"], one.get("undone", False)) for one in diary.effects[-1]]


@in_virtual_time
async def test_what_was_done_is_undone_once_after_the_last_try_the_newest_first() -> None:
    diary = Diary()
    async with conversation(booker(diary)) as person:
        await person.says("fail")
        assert diary.done == ["table", "taxi"]
        assert diary.undone == [Ticket(number=2), Ticket(number=1)]
        assert len(person.raised) == 3
        assert person.heard == [SORRY]
        (trace,) = await traces(person)
        assert "ZeroDivisionError" in trace
        assert trace.endswith("undone: step 'book'\nundone: step 'book'")
        await person.says("and now?")
        assert carried(diary) == [("book", False, True)] * 2
        await person.says("and now?")
        assert carried(diary) == []


@in_virtual_time
async def test_only_effects_are_undone() -> None:
    """Not what was only looked up under the same name."""
    diary = Diary()

    async def only(turn: Turn) -> None:
        await turn.step("book", lambda: 7)
        await turn.step("book", diary.book, "table", effect=True)
        break_off(turn)

    bot = Bot("booker")
    bot.stage("only", first=True)(only)

    @bot.undo("book")
    async def unbook(turn: Turn, result: Any) -> None:
        await diary.take_back(result)

    async with conversation(bot) as person:
        await person.says("fail")
        assert diary.undone == [{"number": 1}]


@in_virtual_time
async def test_without_an_undo_all_stays_as_it_was() -> None:
    diary = Diary()
    async with conversation(booker(diary, undo=False)) as person:
        await person.says("fail")
        (trace,) = await traces(person)
        assert trace.endswith("ZeroDivisionError\n")
        await person.says("and now?")
        assert carried(diary) == [("book", True, False)] * 2


@in_virtual_time
async def test_a_turn_that_recovers_undoes_nothing() -> None:
    diary = Diary()
    async with conversation(booker(diary, fails=lambda turn: 1 / (turn.attempt - 1))) as person:
        await person.says("fail")
        assert (person.heard, diary.undone, len(diary.done)) == (["fine"], [], 2)


def refuse(turn: Turn) -> None:
    raise MediaRefused("too_large", "no")


@in_virtual_time
async def test_a_file_that_is_refused_after_an_effect_gives_the_turn_up_too() -> None:
    diary = Diary()
    async with conversation(booker(diary, fails=refuse)) as person:
        await person.says("fail")
        assert len(diary.undone) == 2
        assert person.heard == [TURNS.media_reply]


@pytest.mark.parametrize("unknown, undone", [(True, [None]), (False, [])])
@in_virtual_time
async def test_an_effect_whose_fate_nobody_knows_is_undone_only_if_the_undo_takes_it(
    unknown: bool, undone: list[None]
) -> None:
    diary = Diary()
    keys: list[tuple[str, str]] = []
    bot = Bot("booker")

    @bot.stage("only", first=True)
    async def only(turn: Turn) -> None:
        diary.effects.append([dict(each) for each in turn.effects])
        if turn.text == "fail":
            await turn.step("book", diary.cut_off, effect=True, on_unknown="fail")

    @bot.undo("book", unknown=unknown)
    async def unbook(turn: Turn, result: Ticket | None, key: str, effect_key: str) -> None:
        keys.append((key, effect_key))
        await diary.take_back(result)

    async with conversation(bot) as person:
        await person.says("fail")
        assert diary.undone == undone
        assert [effect_key for _, effect_key in keys] == diary.keys[: len(keys)]
        assert all(key not in diary.keys for key, _ in keys)
        (trace,) = await traces(person)
        assert ("step 'book' may have happened: nobody undid it" in trace) is not unknown
        await person.says("and now?")
        assert carried(diary) == [("book", False, unknown)]


@in_virtual_time
async def test_an_undo_that_raises_is_tried_again_with_the_same_key_and_the_bot_is_not() -> None:
    diary = Diary(undo_fails=2)
    async with conversation(booker(diary)) as person:
        await person.says("fail")
        assert diary.undone == ["failed", "failed", Ticket(number=2), Ticket(number=1)]
        assert len(person.raised) == 3
        assert person.heard == [SORRY]
        assert await person.is_answered_by(Mode.BOT)


@in_virtual_time
async def test_messages_that_come_while_an_undo_is_tried_again_are_not_lost_with_the_turn() -> None:
    diary = Diary(undo_fails=2)
    async with conversation(booker(diary)) as person:
        await person.writes("fail")
        while len(diary.undone) < 1:
            await asyncio.sleep(0.1)
        await person.says("hello?")
        assert person.heard == [SORRY, "fine"]


@in_virtual_time
async def test_an_undo_that_never_works_is_shown_and_handed_to_a_person() -> None:
    diary = Diary(undo_fails=100)
    async with conversation(booker(diary), turns=TurnPolicy(turn_retries=1)) as person:
        await person.says("fail")
        assert diary.undone == ["failed"] * 4
        assert person.heard == [SORRY]
        assert await person.is_answered_by(Mode.HUMAN)
        (trace,) = await traces(person)
        assert trace.count("undoing step 'book' raised OSError: the line is busy") == 2
        await person.is_given_back()
        await person.says("and now?")
        assert carried(diary) == [("book", True, False)] * 2


@in_virtual_time
async def test_an_undo_that_a_crash_cut_off_is_finished_by_whoever_takes_over_and_the_bot_never_runs_again() -> None:
    diary = Diary(held=asyncio.Event())
    async with conversation(booker(diary)) as person:
        await person.writes("fail")
        await diary.reached.wait()
        await person.survives_a_crash()
        assert diary.held is not None
        diary.held.set()
        await person.rests()
        assert diary.undone == [Ticket(number=2), Ticket(number=1)]
        assert (diary.done, len(person.raised), person.heard) == (["table", "taxi"], 3, [SORRY])


@in_virtual_time
async def test_an_undo_that_takes_its_worker_down_each_time_ends_with_a_person() -> None:
    diary = Diary(held=asyncio.Event())
    async with conversation(booker(diary)) as person:
        await person.writes("fail")
        for _ in range(20):
            await diary.reached.wait()
            diary.reached.clear()
            await person.survives_a_crash()
            if (done := await traces(person)) or await _over(person, diary):
                break
        await person.rests()
        done = await traces(person)
        assert "undoing step 'book' takes its worker down" in done[0]
        assert await person.is_answered_by(Mode.HUMAN)


@pytest.mark.parametrize("tenths", range(35, 90, 3))
@in_virtual_time
async def test_killed_at_any_moment_each_effect_is_done_once_and_undone_once(tenths: int) -> None:
    done: dict[str, int] = {}
    undone: dict[str, int] = {}
    bot = Bot("slow")

    async def book(seat: int, key: str) -> str:
        await asyncio.sleep(0.2)
        done[key] = seat
        return key

    @bot.stage("only", first=True)
    async def only(turn: Turn) -> None:
        for seat in range(2):
            await turn.step("book", book, seat, effect=True)
        await asyncio.sleep(0.2)
        raise ZeroDivisionError

    @bot.undo("book")
    async def unbook(turn: Turn, result: str, key: str) -> None:
        await asyncio.sleep(0.2)
        undone[key] = done[result]

    async with conversation(bot) as person:
        await person.writes("fail")
        await asyncio.sleep(tenths / 10)
        await person.survives_a_crash()
        await person.rests()
        assert sorted(done.values()) == sorted(undone.values()) == [0, 1]
        assert person.heard == [SORRY]


@in_virtual_time
async def test_a_turn_that_takes_its_worker_down_each_time_is_undone_too() -> None:
    diary, here, ran = Diary(), asyncio.Event(), []
    bot = Bot("deadly")

    @bot.stage("only", first=True)
    async def only(turn: Turn) -> None:
        await turn.step("book", diary.book, "table", effect=True)
        ran.append(turn.attempt)
        here.set()
        await asyncio.sleep(200)

    @bot.undo("book")
    async def unbook(turn: Turn, result: Ticket) -> None:
        await diary.take_back(result)

    async with conversation(bot) as person:
        await person.writes("hi")
        for _ in range(5):
            await here.wait()
            here.clear()
            await person.survives_a_crash()
        await person.rests()
        assert len(ran) == 5
        assert (diary.done, diary.undone, person.heard) == (["table"], [Ticket(number=1)], [SORRY])


async def _over(person: Person, diary: Diary) -> bool:
    """Whether nobody comes to the undo any more."""
    for _ in range(200):
        if diary.reached.is_set():
            return False
        await asyncio.sleep(0.1)
    return True


@in_virtual_time
async def test_an_undo_takes_steps_of_its_own_and_cannot_speak() -> None:
    ran: list[object] = []
    diary = Diary()
    bot = booker(diary, undo=False)

    async def cancel(number: int, key: str) -> str:
        ran.append(number)
        return key

    @bot.undo("book")
    async def unbook(turn: Turn, result: Ticket) -> None:
        ran.append(await turn.step("book", cancel, result.number, effect=True) not in diary.keys)
        speaking: Sequence[Callable[[], Any]] = (
            lambda: turn.reply("sorry"),
            lambda: turn.say_now("sorry"),
            lambda: turn.after(5, "later"),
            lambda: turn.at(5, "later"),
            lambda: turn.handover("?"),
        )
        for speak in speaking:
            with pytest.raises(Exception, match="the turn is given up"):
                await speak()

    async with conversation(bot) as person:
        await person.says("fail")
        assert ran == [2, True, 1, True]
        assert person.heard == [SORRY]
        await person.says("and now?")
        assert carried(diary) == [("book", False, True)] * 2


def test_a_step_has_one_undo() -> None:
    bot = booker(Diary())
    with pytest.raises(ValueError, match="step 'book' has an undo already"):
        bot.undo("book")(Diary().take_back)
