"""The owner's words, as a table: who may say what, and what it is taken for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from turnkeeper.model.events import Inbound
from turnkeeper.model.policy import OwnerWords
from turnkeeper.rules.owner_words import Asked, addresses_of, read
from turnkeeper.testing.events import echo, event, text

OWNER, TESTER = "60111111111", "60122222222"
WORDS = OwnerWords(
    takes="cmd",
    gives="dmc",
    numbers=frozenset({f"phone:{OWNER}"}),
    nudge="Teruskan",
    testers=frozenset({f"phone:{TESTER}"}),
    erased="Sudah Delete Data Anda",
)
TAKE, GIVE, NUDGE = (Asked(wish, "60123456789") for wish in ("take", "give", "nudge"))  # type: ignore[arg-type]


def from_owner(said: str) -> Inbound:
    return text(said, of=OWNER)


@pytest.mark.parametrize(
    "label, inbound, expected",
    [
        ("taking over in the chat", echo("cmd"), Asked("take")),
        ("as a phone writes it", echo(" Cmd\n"), Asked("take")),
        ("giving back", echo("dmc"), Asked("give")),
        ("a word more", echo("cmd please"), None),
        ("a caption", replace(event("image", "cmd"), from_me=True), None),
        ("by the customer", text("cmd"), None),
        ("the owner's own message to a customer", echo("hello"), None),
        ("nothing said", replace(echo("cmd"), text=None), None),
        ("taking over by number", from_owner("/60123456789"), TAKE),
        ("giving back by number", from_owner("?60123456789"), GIVE),
        ("going on", from_owner("#60123456789"), NUDGE),
        ("as numbers are written", from_owner("/ +60 12-345 6789"), TAKE),
        ("by someone else", text("/60123456789"), None),
        ("by a tester", text("/60123456789", of=TESTER), None),
        ("typed to a customer", replace(echo("/60123456789"), addresses=(f"phone:{OWNER}",)), None),
        ("too short for a number", from_owner("/601"), None),
        ("a command of a bot", from_owner("/start"), None),
        ("a question", from_owner("?"), None),
        ("a number and words", from_owner("/60123456789 please"), None),
        ("the owner in a group", replace(from_owner("/60123456789"), is_group=True), None),
        ("the owner asks the bot", from_owner("hello"), None),
        ("erasing", text(" DELETE ", of=TESTER), Asked("erase")),
        ("in small letters", text("delete", of=TESTER), None),
        ("by a customer", text("DELETE"), None),
        ("by the owner, who is no tester", from_owner("DELETE"), None),
        ("in a group", replace(text("DELETE", of=TESTER), is_group=True), None),
    ],
)
def test_what_is_asked(label: str, inbound: Inbound, expected: Asked | None) -> None:
    assert read(inbound, WORDS) == expected


@given(st.text(max_size=20), st.booleans())
def test_nothing_is_a_word_where_none_is_set(said: str, from_me: bool) -> None:
    assert read(replace(from_owner(said), from_me=from_me), OwnerWords()) is None


def test_signs_and_words_are_a_matter_of_taste() -> None:
    words = OwnerWords(numbers=WORDS.numbers, signs="!<>", testers=WORDS.testers, erases="Stop")
    assert read(from_owner("<60123456789"), words) == GIVE
    assert read(from_owner("/60123456789"), words) is None
    assert read(text("Stop", of=TESTER), words) is None  # who says so means it


def test_a_customer_is_found_by_whatever_the_number_may_be() -> None:
    assert addresses_of("601")[0] == "phone:601"
