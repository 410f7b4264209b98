"""Where a webhook goes while the database is away."""

import pytest

from turnkeeper.rules.spool import MOST_BYTES_TOGETHER, MOST_TOGETHER, is_full, place

PLACES = [
    ("all is well", 0, False, 0, 10, 100, "store"),
    ("all is well, and the spool has no room", 0, False, 0, 10, 0, "store"),
    ("the store has just refused", 0, True, 0, 10, 100, "spool"),
    ("others wait, though the store is back", 3, False, 30, 10, 100, "spool"),
    ("the last that fits", 9, True, 90, 10, 100, "spool"),
    ("one that fits no more", 9, True, 91, 10, 100, "nowhere"),
    ("full, though the store is back", 9, False, 100, 1, 100, "nowhere"),
]


@pytest.mark.parametrize("label, waiting, away, held, size, limit, expected", PLACES, ids=[row[0] for row in PLACES])
def test_place(label: str, waiting: int, away: bool, held: int, size: int, limit: int, expected: str) -> None:
    assert place(waiting=waiting, away=away, held=held, size=size, limit=limit) == expected


@pytest.mark.parametrize(
    "label, entries, size, expected",
    [
        ("few and small", 1, 100, False),
        ("almost", MOST_TOGETHER - 1, MOST_BYTES_TOGETHER - 1, False),
        ("many", MOST_TOGETHER, 1, True),
        ("large", 1, MOST_BYTES_TOGETHER, True),
    ],
)
def test_what_is_moved_on_together(label: str, entries: int, size: int, expected: bool) -> None:
    assert is_full(entries, size) is expected
