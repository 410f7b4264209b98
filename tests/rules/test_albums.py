"""What was sent at once is answered at once, also where nothing else waits."""

from typing import Any

import msgspec
import pytest

from turnkeeper.model.conversation import EventRow
from turnkeeper.model.events import Inbound
from turnkeeper.rules import albums


def row(seq: int, album: str | None, text: str | None = None) -> EventRow:
    event = Inbound(kind="image", album=album, text=text)
    body: Any = msgspec.json.encode(event)
    known: Any = ("w", "c", seq, "shop", b"", str(seq), "image", False, body, 100.0 + seq, "waiting")
    return EventRow(*known)


@pytest.mark.parametrize(
    "label, waiting, taken",
    [
        ("nothing", [], 0),
        ("alone", [None], 1),
        ("no album", [None, None], 1),
        ("an album", ["a", "a", "a"], 3),
        ("an album, then a text", ["a", "a", None], 2),
        ("a text, then an album", [None, "a", "a"], 1),
        ("two albums", ["a", "b", "a"], 1),
    ],
)
def test_what_one_turn_takes(label: str, waiting: list[str | None], taken: int) -> None:
    rows = [row(seq, album) for seq, album in enumerate(waiting, 1)]
    assert albums.together(rows) == rows[:taken]


def test_a_text_that_speaks_of_an_album_is_none() -> None:
    assert albums.album_of(row(1, None, '"album":"a"')) is None


@pytest.mark.parametrize(
    "label, album, due, expected",
    [("no album", None, 50.0, 50.0), ("the next may come", "a", 50.0, 51.0), ("they wait anyway", "a", 54.0, 54.0)],
)
def test_an_item_waits_for_the_next(label: str, album: str | None, due: float, expected: float) -> None:
    assert albums.due_at(Inbound(kind="image", album=album), due, 50.0) == expected


@pytest.mark.parametrize(
    "label, left, now, expected",
    [
        ("nothing is left", [], 105.0, None),
        ("a message", [row(1, None)], 105.0, 105.0),
        ("an album that still comes", [row(1, "a"), row(5, "a")], 105.0, 106.0),
        ("an album that came long ago", [row(1, "a")], 105.0, 105.0),
        ("a message before an album", [row(1, None), row(5, "a")], 105.0, 105.0),
    ],
)
def test_when_the_rest_is_due(label: str, left: Any, now: float, expected: float | None) -> None:
    assert albums.left_due_at(left, now) == expected
