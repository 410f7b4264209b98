"""What reports make of a delivery, in whatever order they come."""

from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnkeeper.rules.delivery import advance, is_settled, settle_events

STATES = [
    "queued", "sending", "unknown", "accepted", "sent", "delivered", "read", "played", "failed", "expired",
    "cancelled",
]  # fmt: skip
REPORTS = ["pending", "accepted", "sent", "delivered", "read", "played", "failed"]

ADVANCES = [
    ("one step", "sent", "delivered", "delivered"),
    ("delivered may be missing", "sent", "read", "read"),
    ("never backwards", "delivered", "sent", "delivered"),
    ("read before delivered", "read", "delivered", "read"),
    ("a voice note that was played", "read", "played", "played"),
    ("the same again", "sent", "sent", "sent"),
    ("an echo finds an unknown send", "unknown", "sent", "sent"),
    ("the status comes before the answer to the send", "sending", "delivered", "delivered"),
    ("the answer to the send comes after the status", "delivered", "accepted", "delivered"),
    ("failed", "sent", "failed", "failed"),
    ("failed is terminal", "failed", "delivered", "failed"),
    ("failed is terminal, also for the last state", "failed", "played", "failed"),
    ("taken by the provider before we gave up", "expired", "accepted", "accepted"),
    ("proof that it left before we gave up", "expired", "delivered", "delivered"),
    ("proof that it left before the takeover", "cancelled", "sent", "sent"),
    ("pending: the provider has it", "unknown", "pending", "accepted"),
    ("pending after more", "read", "pending", "read"),
    ("a word we do not know", "sent", "warning", "sent"),
]


@pytest.mark.parametrize(("label", "current", "reported", "expected"), ADVANCES, ids=[row[0] for row in ADVANCES])
def test_advance(label: str, current: str, reported: str, expected: str) -> None:
    assert advance(current, reported) == expected


@given(st.sampled_from(STATES), st.lists(st.sampled_from(REPORTS), max_size=8), st.randoms())
def test_the_order_of_reports_and_their_repetition_change_nothing(start: str, reports: list[str], random) -> None:
    shuffled = reports + reports[:3]
    random.shuffle(shuffled)
    assert reduce(advance, shuffled, start) == reduce(advance, reports, start)


@given(st.sampled_from(STATES), st.sampled_from(STATES), st.sampled_from(REPORTS))
def test_what_was_reached_is_not_left_again(start: str, earlier: str, report: str) -> None:
    state = advance(start, report)
    assert advance(state, start) == state
    assert advance(state, report) == state
    assert not is_settled(start) or is_settled(state)


def test_which_states_ask_for_nothing_more() -> None:
    assert {state for state in STATES if not is_settled(state)} == {"queued", "sending", "unknown"}


ENDS = [
    ("all parts accepted", ["accepted", "sent", "read"], "answered"),
    ("a voice note", ["played"], "answered"),
    ("cancelled by a takeover", ["delivered", "cancelled"], "person"),
    ("cancelled and failed", ["failed", "cancelled"], "person"),
    ("one part failed", ["delivered", "failed"], "failed"),
    ("one part expired", ["accepted", "expired"], "failed"),
    ("a final unknown", ["accepted", "unknown"], "failed"),
]


@pytest.mark.parametrize(("label", "states", "expected"), ENDS, ids=[row[0] for row in ENDS])
def test_how_a_turns_events_end(label: str, states: list[str], expected: str) -> None:
    assert settle_events(states) == expected


def test_a_turn_without_rows_has_nothing_to_settle() -> None:
    with pytest.raises(ValueError, match="without rows"):
        settle_events([])


@given(st.lists(st.sampled_from(STATES), min_size=1), st.randoms())
def test_the_order_of_rows_does_not_count(states: list[str], random) -> None:
    shuffled = list(states)
    random.shuffle(shuffled)
    assert settle_events(shuffled) == settle_events(states)
