"""Signed links: only ours, only until they expire."""

import pytest

from turnkeeper.media.base import Place
from turnkeeper.media.links import LinkExpired, LinkForged, read_token, token_for

SECRET = b"a secret"
KEY = "ab" * 32
PLACE = Place("default", KEY)
TOKEN = token_for(SECRET, PLACE, 1000.9)


def test_a_token_stands_for_its_file_until_it_expires() -> None:
    assert read_token(SECRET, TOKEN, 999.9) == PLACE
    with pytest.raises(LinkExpired):
        read_token(SECRET, TOKEN, 1000.0)


def test_a_place_that_cannot_be_is_read_as_it_was_written() -> None:
    """Whoever looks there finds nothing."""
    place = Place("a.b", KEY)
    assert read_token(SECRET, token_for(SECRET, place, 1000), 0.0) == place


FORGED = [
    ("another secret's", token_for(b"another", PLACE, 1000)),
    ("for longer", TOKEN.replace(".1000.", ".9999.")),
    ("for another file", TOKEN.replace("ab" * 32, "cd" * 32)),
    ("for another workspace", TOKEN.replace("default", "another")),
    ("cut off", TOKEN[:-1]),
    ("with more", TOKEN + "x"),
    ("without a signature", TOKEN.rpartition(".")[0] + "."),
    ("empty", ""),
    ("dots", "..."),
    ("half a character", "\ud800.a.1.b"),
    ("not ASCII", "é" * 10),
]


@pytest.mark.parametrize(("label", "token"), FORGED, ids=[row[0] for row in FORGED])
def test_what_is_not_ours_is_refused(label: str, token: str) -> None:
    with pytest.raises(LinkForged):
        read_token(SECRET, token, 0.0)
