"""Effects that outlive their turn."""

import msgspec
import pytest

from turnkeeper.model.conversation import StepRow
from turnkeeper.model.ids import DEFAULT_WORKSPACE, ConversationId
from turnkeeper.rules.effects import GIVEN_UP, UNDO, still_carried, to_undo, undone_in, with_carried

BOOKED = {"turn": 1, "name": "book", "occurrence": 1, "done": True, "result": 7}
PAID = {"turn": 2, "name": "pay", "occurrence": 1, "done": False, "result": None}


def step(result: bytes | None, name: str = "book", occurrence: int = 1, began_at: float = 0.0) -> StepRow:
    return StepRow(DEFAULT_WORKSPACE, ConversationId("c"), 1, 0, name, occurrence, "", True, began_at, result)


def test_an_effect_is_carried_once_and_brought_up_to_date() -> None:
    begun = with_carried(b"[]", [step(None)])
    assert [entry["done"] for entry in msgspec.json.decode(begun)] == [False]
    assert msgspec.json.decode(with_carried(begun, [step(b"7")])) == [BOOKED]


GAVE_UP = step(b"{}", GIVEN_UP)
TWO = [step(b"1", began_at=1.0), step(b"2", occurrence=2, began_at=2.0)]


@pytest.mark.parametrize(
    "label, effects, standing, undone",
    [
        ("nothing", [], [], []),
        ("the newest first", TWO, [2, 1], []),
        ("one that may have happened stands", [step(None)], [1], []),
        ("one is undone", [*TWO, GAVE_UP, step(b"null", UNDO + "book", 2)], [1], [("book", 2)]),
        ("its undo was begun", [*TWO, GAVE_UP, step(None, UNDO + "book", 2)], [2, 1], []),
        ("steps of an undo are no effects", [GAVE_UP, step(b"1", UNDO + "book 1: refund")], [], []),
        ("a bot's own word for it", [step(b"1"), step(b"1", "undo book", 3)], [3, 1], []),
    ],
)
def test_what_stands_and_what_was_taken_back(
    label: str, effects: list[StepRow], standing: list[int], undone: list[tuple[str, int]]
) -> None:
    assert [each.occurrence for each in to_undo(effects)] == standing
    assert sorted(undone_in(effects)) == undone
    carried = msgspec.json.decode(with_carried(b"[]", effects))
    assert [(one["name"], one["occurrence"]) for one in carried if one.get("undone")] == undone
    assert not any(one["name"].startswith("turn.") or (one.get("undone") and one["done"]) for one in carried)


@pytest.mark.parametrize(
    "label, left, given, now, expected",
    [
        ("nothing anywhere", [], [], [], []),
        ("what the turn knew is done with", [], [BOOKED], [BOOKED], []),
        ("what came while it ran stays", [], [BOOKED], [BOOKED, PAID], [PAID]),
        ("so it does beside what the turn leaves itself", [BOOKED], [], [PAID], [BOOKED, PAID]),
        (
            "what was brought up to date while it ran stays",
            [],
            [{**PAID}],
            [{**PAID, "done": True}],
            [{**PAID, "done": True}],
        ),
    ],
)
def test_what_a_commit_leaves(label: str, left: object, given: object, now: object, expected: object) -> None:
    encode = msgspec.json.encode
    assert msgspec.json.decode(still_carried(encode(left), encode(given), encode(now))) == expected
