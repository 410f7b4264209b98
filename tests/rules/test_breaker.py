"""Whom not to ask for a while."""

from hypothesis import given
from hypothesis import strategies as st

from turnkeeper.rules.breaker import HOLD, WELL, Health, busy, failed, is_held, tried

NOW = 1_790_000_000.0
MOST = 3


def after(failures: int, now: float = NOW) -> Health:
    health = WELL
    for _ in range(failures):
        health = failed(health, now, most=MOST)
    return health


def test_one_that_failed_now_and_then_is_asked() -> None:
    assert not is_held(after(MOST - 1), NOW)


def test_one_that_failed_so_often_in_a_row_is_left_alone_for_the_hold() -> None:
    down = after(MOST)
    assert is_held(down, NOW)
    assert is_held(down, NOW + HOLD - 0.1)
    assert not is_held(down, NOW + HOLD)


def test_a_clock_that_is_set_back_holds_nobody_for_hours() -> None:
    assert is_held(busy(after(MOST), NOW, 1e9), NOW)
    assert not is_held(after(MOST), NOW - 3600)


def test_then_one_call_tries_and_the_others_wait_for_it() -> None:
    later = NOW + HOLD
    trying = tried(after(MOST), later, most=MOST)
    assert is_held(trying, later)
    assert not is_held(trying, later + HOLD)


def test_asking_one_that_is_well_holds_nobody_back() -> None:
    assert tried(after(MOST - 1), NOW, most=MOST) == after(MOST - 1)


def test_a_trial_that_fails_holds_it_again_at_once() -> None:
    later = NOW + HOLD
    assert is_held(failed(tried(after(MOST), later, most=MOST), later + 5, most=MOST), later + 5 + HOLD - 0.1)


def test_who_asks_to_be_left_alone_is_after_a_single_time() -> None:
    asked = busy(after(1), NOW, 12.0)
    assert is_held(asked, NOW + 11.9)
    assert not is_held(asked, NOW + 12.0)


def test_nobody_is_left_alone_for_a_day() -> None:
    assert not is_held(busy(WELL, NOW, 86_400.0), NOW + 301)


@given(st.lists(st.sampled_from(["failed", "answered", "busy", "wait"]), max_size=40))
def test_nobody_is_held_for_longer_than_the_longest_hold(what: list[str]) -> None:
    health, now = WELL, NOW
    for each in what:
        if each == "wait":
            now += 7.0
        elif not is_held(health, now):
            health = tried(health, now, most=MOST)
            health = WELL if each == "answered" else failed(health, now, most=MOST)
            health = busy(health, now, 1e9) if each == "busy" else health
    assert not is_held(health, now + 300.1)
