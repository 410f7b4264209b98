"""Effects that outlive their turn."""

import msgspec
import pytest

from turnkeeper.model.conversation import StepRow
from turnkeeper.model.ids import DEFAULT_WORKSPACE, ConversationId
from turnkeeper.rules.effects import still_carried, with_carried

BOOKED = {"turn": 1, "name": "book", "occurrence": 1, "done": True, "result": 7}
PAID = {"turn": 2, "name": "pay", "occurrence": 1, "done": False, "result": None}


def step(result: bytes | None) -> StepRow:
    return StepRow(DEFAULT_WORKSPACE, ConversationId("c"), 1, 0, "book", 1, "", True, 0.0, result)


def test_an_effect_is_carried_once_and_brought_up_to_date() -> None:
    begun = with_carried(b"[]", [step(None)])
    assert [entry["done"] for entry in msgspec.json.decode(begun)] == [False]
    assert msgspec.json.decode(with_carried(begun, [step(b"7")])) == [BOOKED]


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
