"""What was sent at once is answered at once, also where nothing else waits."""

from typing import Any

import msgspec
import pytest

from turnkeeper.model.conversation import EventRow
from turnkeeper.model.events import Inbound
from turnkeeper.model.policy import TurnPolicy
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


QUIET, AT_ONCE, ALONE = TurnPolicy(), TurnPolicy(quiet=0.0), TurnPolicy(gather=False)


@pytest.mark.parametrize(
    "label, turns, album, due, before, expected",
    [
        ("no album", ALONE, None, 50.0, None, 50.0),
        ("the next may come", ALONE, "a", 50.0, None, 51.0),
        ("they wait anyway", QUIET, "a", 54.0, None, 54.0),
        ("a text behind an album", ALONE, None, 50.0, 50.8, 50.8),
        ("and where nothing waits", AT_ONCE, None, 50.0, 50.8, 50.8),
        ("the next of it", ALONE, "a", 50.0, 50.8, 51.0),
        ("a text that looks complete", QUIET, None, 51.0, 54.0, 51.0),
        ("what is due already", ALONE, None, 50.0, 49.0, 50.0),
    ],
)
def test_an_item_waits_for_the_next(
    label: str, turns: TurnPolicy, album: str | None, due: float, before: float | None, expected: float
) -> None:
    assert albums.due_at(Inbound(kind="image", album=album), due, before, turns, 50.0) == expected
