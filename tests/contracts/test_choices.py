"""Numbered text: what is typed back is read as the choice, and it is the same whoever runs the turn."""

from dataclasses import replace

import msgspec
import pytest

from tests.contracts.conftest import OpenWorld
from tests.contracts.world import W2, World
from turnkeeper.model.contents import Buttons, Content, Text
from turnkeeper.model.events import Choice, Inbound
from turnkeeper.model.outbound import Accepted, Rejected
from turnkeeper.store.base import ClaimedTurn
from turnkeeper.testing.events import TURNS, channel, deleted, edited, text

MONDAY, TUESDAY = DAYS = (Choice("mo", "Monday"), Choice("tu", "Tuesday"))
QUESTION = Text("Which day?\n\n1. Monday\n2. Tuesday", choices=DAYS)
OTHER = Text("Which size?\n\n1. Small", choices=(Choice("s", "Small"),))


async def say(w: World, turn: ClaimedTurn, *said: Content, failed: bool = False) -> None:
    contents = [msgspec.json.encode(content) for content in said]
    dispatch = await w.store.commit(replace(w.ending(turn, failed=failed), contents=contents))
    while dispatch.send is not None:
        dispatch = await w.record(dispatch.send, Accepted(f"out.{dispatch.send.row.seq}"))


async def asked(w: World, *said: Content) -> None:
    await w.hear("hi")
    await say(w, await w.turn(), *(said or (QUESTION,)))
    w.now += 1


def chosen(turn: ClaimedTurn) -> list[Choice | None]:
    return [msgspec.json.decode(event.body, type=Inbound).choice for event in turn.events]


async def typed(w: World, *said: str) -> list[Choice | None]:
    await w.hear(*said)
    return chosen(await w.turn())


@pytest.mark.parametrize(
    "label, said, expected",
    [("a number", "2", TUESDAY), ("a label", " TUESDAY. ", TUESDAY), ("neither", "what is the weather?", None)],
)
async def test_a_number_or_a_label_is_the_choice(
    world: OpenWorld, label: str, said: str, expected: Choice | None
) -> None:
    async with world() as w:
        await asked(w)
        assert await typed(w, said) == [expected]


async def test_it_is_a_text_all_the_same_and_stored_with_the_event(world: OpenWorld) -> None:
    async with world() as w:
        await asked(w)
        await w.hear("2")
        turn = await w.turn()
        assert [event.kind for event in turn.events] == ["text"]
        await w.die()
        resumed = await w.turn(W2)
        assert (resumed.turn.no, resumed.turn.attempt, chosen(resumed)) == (turn.turn.no, 1, [TUESDAY])


async def test_a_turn_that_starts_over_has_all_that_was_typed(world: OpenWorld) -> None:
    async with world() as w:
        await asked(w)
        await w.hear("2")
        await w.turn()
        assert await typed(w, "no: monday") == [TUESDAY, None]
        assert await typed(w, "Monday") == [TUESDAY, None, MONDAY]


async def test_an_edit_counts_as_it_is_now(world: OpenWorld) -> None:
    async with world() as w:
        await asked(w)
        two = text("2")
        await w.hear(two)
        await w.turn()
        await w.hear(edited(two, "1"))
        assert chosen(await w.turn()) == [MONDAY]
        await w.hear(edited(two, "never mind"))
        turn = await w.turn()
        assert chosen(turn) == [None]
        await say(w, turn, Text("well"))
        w.now += 1
        assert await typed(w, "1") == [MONDAY]


async def test_a_question_that_was_answered_is_over(world: OpenWorld) -> None:
    async with world() as w:
        await asked(w)
        await w.hear("2")
        await say(w, await w.turn(), Text("How many?"))
        w.now += 1
        assert await typed(w, "1") == [None]


async def test_it_stands_through_talk_that_offers_nothing(world: OpenWorld) -> None:
    async with world() as w:
        await asked(w)
        await w.hear("do you open on Sunday?")
        await say(w, await w.turn(), Text("No."))
        w.now += 1
        assert await typed(w, "1") == [MONDAY]


async def test_a_turn_that_failed_answered_nothing(world: OpenWorld) -> None:
    async with world() as w:
        await asked(w)
        await w.hear("2")
        await say(w, await w.turn(), Text("Something went wrong."), failed=True)
        w.now += 1
        assert await typed(w, "2") == [TUESDAY]


@pytest.mark.parametrize("other, expected", [(OTHER, OTHER.choices[0]), (Buttons("Well?", ("A",)), None)])
async def test_the_newest_question_counts(world: OpenWorld, other: Content, expected: Choice | None) -> None:
    async with world() as w:
        await asked(w, QUESTION, other)
        assert await typed(w, "1") == [expected]


async def test_what_was_written_before_it_was_asked_answers_something_else(world: OpenWorld) -> None:
    async with world(channel(turns=replace(TURNS, overlap="queue"))) as w:
        await w.hear("hi")
        turn = await w.turn()
        w.now += 1
        await w.hear("2")
        w.now += 1
        await say(w, turn, QUESTION)
        assert chosen(await w.turn()) == [None]


async def test_words_said_at_once_ask_too_and_are_answered_in_the_next_turn(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("hi")
        turn = await w.turn()
        step = w.step(turn, "say_now", b"null", effect=True)
        dispatch = await w.store.say_now(turn.run, step, [msgspec.json.encode(QUESTION)], w.now)
        assert dispatch.send is not None
        await w.record(dispatch.send, Accepted("out.1"), in_turn=True)
        w.now += 1
        await w.hear("2")
        await w.die()
        resumed = await w.turn(W2)
        assert chosen(resumed) == [None]
        await say(w, resumed)
        assert chosen(await w.turn(W2)) == [TUESDAY]


async def test_a_question_that_was_refused_was_never_asked(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("hi")
        dispatch = await w.store.commit(replace(w.ending(await w.turn()), contents=[msgspec.json.encode(QUESTION)]))
        assert dispatch.send is not None
        await w.record(dispatch.send, Rejected("131026", "not on WhatsApp"))
        assert await typed(w, "2") == [None]


async def test_after_a_person_has_answered_old_questions_are_over(world: OpenWorld) -> None:
    async with world() as w:
        await asked(w)
        await w.mode("human")
        await w.mode("bot")
        assert await typed(w, "2") == [None]


async def test_after_a_choice_that_was_deleted_it_stands(world: OpenWorld) -> None:
    async with world() as w:
        await asked(w)
        two = text("2")
        await w.hear(two)
        await w.turn()
        await w.hear(deleted(two))
        assert await typed(w, "1") == [MONDAY]
