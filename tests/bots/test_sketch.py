"""What a bot's code says that it does is read from its source, as far as it stands there."""

from enum import StrEnum
from typing import Any

import pytest

from turnkeeper import Bot, Event, Turn
from turnkeeper.bots.drawn import diagram
from turnkeeper.bots.sketch import UNKNOWN, Doings, Move, Sketch, sketch
from turnkeeper.text.diagram import Edge

BOOKING = "booking"
HOW = {"x": "qa"}


class Stage(StrEnum):
    PAYMENT = "payment"


def to_person(why: str, turn: Turn) -> None:
    turn.handover(why)
    turn.stage = "waiting"


async def ask_to_pay(turn: Turn, *, at_once: bool = True) -> None:
    if at_once:
        await turn.step("link", str)
    remind(turn=turn)


def remind(turn: Turn) -> None:
    turn.after(5, "remind")
    turn.after(5, name="late")


async def plainly(turn: Turn) -> None:
    turn.stage = "qa"


async def by_constants(turn: Turn) -> None:
    turn.stage = BOOKING
    turn.stage = Stage.PAYMENT


async def by_condition(turn: Turn) -> None:
    if turn.text == "a":
        turn.stage = "qa"
    elif turn.text == "b":
        turn.stage = BOOKING
    else:
        turn.stage = "end"


async def in_one_line(turn: Turn) -> None:
    turn.stage = "qa" if turn.choice else None


async def together(turn: Turn) -> None:
    turn.state, turn.stage = {}, "qa"


async def reckoned(turn: Turn) -> None:
    turn.stage = HOW[turn.text]


async def by_match(turn: Turn) -> None:
    match turn.text:
        case "a":
            turn.stage = "qa"


async def by_others(turn: Turn) -> None:
    to_person("asked", turn)
    await ask_to_pay(turn)


async def circle(turn: Turn) -> None:
    turn.stage = "qa"
    await in_circles(turn)


async def in_circles(turn: Turn) -> None:
    await circle(turn)
    await itself(turn)


async def itself(turn: Turn) -> None:
    turn.stage = "booking"
    await itself(turn)


async def of_somebody_else(turn: Turn, other: Any) -> None:
    other.stage = "qa"
    str(turn)


async def resumes(turn: Turn) -> None:
    turn.resume()


@pytest.mark.parametrize(
    "function, goes",
    [
        (plainly, [("qa", "")]),
        (by_constants, [("booking", ""), ("payment", "")]),
        (
            by_condition,
            [("qa", "turn.text == 'a'"), ("booking", "turn.text == 'b'"), ("end", "not (turn.text == 'b')")],
        ),
        (in_one_line, [("qa", "turn.choice"), (None, "not (turn.choice)")]),
        (together, [("qa", "")]),
        (reckoned, [(UNKNOWN, "")]),
        (by_match, [("qa", "'a'")]),
        (by_others, [("waiting", "")]),
        (in_circles, [("qa", ""), ("booking", "")]),
        (of_somebody_else, []),
        (resumes, [(UNKNOWN, "resume")]),
        (len, [(UNKNOWN, "")]),
    ],
)
def test_where_a_stage_goes(function: Any, goes: list[tuple[str | None, str]]) -> None:
    bot = Bot("read")
    bot.stage("only", first=True)(function)
    assert sketch(bot).doings["only"].goes == goes


def test_what_else_a_stage_does() -> None:
    bot = Bot("read")
    bot.stage("only", first=True)(by_others)
    doings = sketch(bot).doings["only"]
    assert (doings.timers, doings.steps, doings.hands_over) == (["remind", "late"], ["link"], True)


def dinners() -> Bot:
    bot = Bot("dinners")

    @bot.stage("welcome", first=True, to=("booking", "qa"))
    async def welcome(turn: Turn) -> None:
        turn.stage = "booking"
        await booking(turn)

    @bot.stage("booking", to=("paid", "welcome"))
    async def booking(turn: Turn) -> None:
        await turn.payment_link(None, "", name="seat")  # type: ignore[arg-type]
        turn.after(60, "remind")
        turn.stage = "paid"

    @bot.stage("qa", to=())
    async def qa(turn: Turn) -> None:
        turn.stage = "booking"

    @bot.stage("paid")
    async def paid(turn: Turn) -> None:
        turn.stage = "gone" if turn.text else None

    @bot.on("payment.paid")
    async def is_paid(turn: Turn, event: Event) -> None:
        turn.stage = "paid"

    @bot.on("payment.failed")
    async def failed(turn: Turn, event: Event) -> None: ...

    @bot.on("payment.expired")
    async def expired(turn: Turn, event: Event) -> None: ...

    @bot.undo("boook")
    async def unbook(turn: Turn, result: object) -> None: ...

    return bot


def test_moves_are_those_of_the_code_and_of_to() -> None:
    found = [(move.source, move.target, move.written) for move in sketch(dinners()).moves()]
    assert found == [
        ("welcome", "booking", True),
        ("booking", "paid", True),
        ("qa", "booking", True),
        ("paid", "gone", True),
        ("paid", None, True),
        ("payment.paid", "paid", True),
        ("welcome", "qa", False),
        ("booking", "welcome", False),
    ]


def test_what_would_fail_is_found_and_what_is_allowed_by_way_of_another_stage_is_not() -> None:
    found = sketch(dinners())
    assert found.forbidden() == [Move("qa", "booking"), Move("paid", "gone", "turn.text")]
    assert found.undos_of_nothing() == ["boook"]


@pytest.mark.parametrize("steps, expected", [([], ["book"]), (["book"], []), ([UNKNOWN], [])])
def test_an_undo_of_a_step_that_may_be_there_is_not_blamed(steps: list[str], expected: list[str]) -> None:
    found = Sketch("b", None, (), {}, (), ("book",), {"only": Doings(steps=steps)})
    assert found.undos_of_nothing() == expected


def test_the_picture_shows_it_all() -> None:
    drawn = diagram(sketch(dinners()))
    assert [(node.label, node.kind) for node in drawn.nodes] == [
        ("a session begins", "start"),
        *((name, "step") for name in ("welcome", "booking", "qa", "paid")),
        ("payment.paid", "event"),
        ("timer.remind", "timer"),
        ("payment.failed and 1 more", "event"),
        ("gone: no such stage", "unknown"),
        ("the session starts anew", "end"),
    ]
    assert {
        Edge("start", "stage welcome"),
        Edge("stage welcome", "stage booking"),
        Edge("stage booking", "on payment.paid", kind="dashed"),
        Edge("stage booking", "on payment.failed", kind="dashed"),
        Edge("stage booking", "on timer.remind", kind="dashed"),
        Edge("on payment.paid", "stage paid"),
        Edge("stage paid", "stage gone", "turn.text"),
        Edge("stage paid", "end", "not (turn.text)"),
    } <= set(drawn.edges)
    assert len(drawn.arrows()) == len(drawn.edges)
