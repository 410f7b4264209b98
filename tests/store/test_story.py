"""A conversation's story from its rows: what began when, and how often it was tried."""

from typing import Any

import msgspec
import pytest

from turnkeeper.model.contents import Text
from turnkeeper.model.conversation import OutboundRow, StepRow
from turnkeeper.model.ids import ChannelId, ConversationId, WorkspaceId
from turnkeeper.store.story import moments

HERE: Any = {"workspace_id": WorkspaceId("w"), "conversation_id": ConversationId("c")}


def row(**fields: Any) -> OutboundRow:
    content = msgspec.json.encode(Text("hi"))
    return OutboundRow(**HERE, seq=1, channel_id=ChannelId("x"), turn_no=1, n=0, content=content, **fields)


def step(attempt: int, done_at: float | None) -> StepRow:
    more: Any = {"arguments": "", "effect": False, "began_at": 2.0, "done_at": done_at}
    return StepRow(**HERE, turn_no=1, attempt=attempt, name="think", occurrence=1, **more)


TAKEN = {"state": "read", "sending_at": 3.5, "accepted_at": 3.7, "settled_at": 3.7, "sent_at": 4.0, "read_at": 6.0}
ROWS: list[tuple[str, dict[str, Any], list[tuple[Any, ...]]]] = [
    ("in line", {"created_at": 3.0}, []),
    ("on its way", {"state": "sending", "tries": 1, "sending_at": 3.5}, [(3.5, "sending", None, 3.5)]),
    (
        "to be tried again",
        {"state": "queued", "tries": 2, "sending_at": 3.5, "reason": "131000"},
        [(3.5, "not_sent", "try 2: 131000", 3.5)],
    ),
    (
        "of unknown fate",
        {"state": "unknown", "tries": 1, "sending_at": 3.5, "reason": "cut off"},
        [(3.5, "unknown", "cut off", 3.5)],
    ),
    (
        "taken at the first try",
        {**TAKEN, "tries": 1},
        [(3.7, "accepted", None, 3.5), (4.0, "sent", None, None), (6.0, "read", None, None)],
    ),
    (
        "taken at the third try",
        {**TAKEN, "tries": 3},
        [(3.7, "accepted", "try 3", 3.5), (4.0, "sent", None, None), (6.0, "read", None, None)],
    ),
    (
        "taken, as its status tells",
        {**TAKEN, "tries": 2, "accepted_at": 4.0},
        [(4.0, "accepted", "try 2, told by its status", 3.5), (4.0, "sent", None, None), (6.0, "read", None, None)],
    ),
    (
        "refused",
        {"state": "failed", "tries": 1, "sending_at": 3.5, "settled_at": 3.6, "reason": "131047"},
        [(3.6, "failed", "131047", 3.5)],
    ),
    (
        "called off before it was tried",
        {"state": "cancelled", "created_at": 3.0, "settled_at": 3.6, "reason": "taken over"},
        [(3.6, "cancelled", "taken over", 3.0)],
    ),
]


@pytest.mark.parametrize("label, fields, expected", ROWS)
def test_a_part_tells_its_tries(label: str, fields: dict[str, Any], expected: list[tuple[Any, ...]]) -> None:
    told = moments([], [], [], [row(**fields)])
    assert [(each.at, each.kind, each.detail, each.began_at) for each in told] == expected


@pytest.mark.parametrize(
    "label, given, expected",
    [
        ("done", step(1, 3.5), (3.5, "1.50 s", 2.0)),
        ("under way", step(1, None), (2.0, "begun", 2.0)),
        ("done at the second attempt", step(2, 3.5), (3.5, "1.50 s, attempt 2", 2.0)),
        ("an effect", step(0, 3.5), (3.5, "1.50 s", 2.0)),
    ],
)
def test_a_step_tells_when_it_began(label: str, given: StepRow, expected: tuple[Any, ...]) -> None:
    (told,) = moments([], [], [given], [])
    assert (told.at, told.detail, told.began_at) == expected
