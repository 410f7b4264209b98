"""Accounts that may be logged out: late news, what was missed, and when somebody looks again."""

import pytest
from msgspec.structs import replace

from turnkeeper.model.account import AccountState
from turnkeeper.model.events import SessionStatus
from turnkeeper.model.ids import ChannelId, WorkspaceId
from turnkeeper.rules import account
from turnkeeper.rules.account import LONGEST, LOOK_EVERY, OVERLAP

FINE = AccountState(WorkspaceId("default"), ChannelId("shop"), "WORKING", works=True, told_at=100.0, known_at=10.0)
LOST = replace(FINE, status="FAILED", works=False, since_at=90.0, look_at=130.0)
UP = SessionStatus(status="WORKING", works=True)
DOWN = SessionStatus(status="SCAN_QR_CODE", works=False, mend="Scan the code with the phone.")


@pytest.mark.parametrize(
    "label, state, status, at, expected",
    [
        ("later", FINE, DOWN, 101.0, False),
        ("earlier", FINE, DOWN, 99.0, True),
        ("earlier, of the other kind", LOST, UP, 99.0, True),
        ("of the same instant: that it works counts", FINE, DOWN, 100.0, True),
        ("of the same instant, the other way round", LOST, UP, 100.0, False),
        ("the same again", LOST, DOWN, 100.0, False),
    ],
)
def test_what_is_late(label: str, state: AccountState, status: SessionStatus, at: float, expected: bool) -> None:
    assert account.is_late(state, status, at) is expected


@pytest.mark.parametrize(
    "label, state, status, seen_at, since_at, look_at",
    [
        ("it stops: what comes after the last event is missed", FINE, DOWN, 95.0, 95.0, 200 + LOOK_EVERY),
        ("it stops, and nothing has ever come", FINE, DOWN, None, 10.0, 200 + LOOK_EVERY),
        ("another word: the first loss counts", LOST, DOWN, 95.0, 90.0, 200 + LOOK_EVERY),
        ("it is back: read at once what was missed", LOST, UP, None, 90.0, 200.0),
        ("it works as before", FINE, UP, None, None, None),
        ("it works, and somebody reads already", replace(FINE, since_at=90.0, look_at=260.0), UP, None, 90.0, 260.0),
    ],
)
def test_what_news_make_of_it(
    label: str, state: AccountState, status: SessionStatus, seen_at: float, since_at: float, look_at: float
) -> None:
    after = account.told(state, status, 150.0, seen_at=seen_at, now=200.0)
    assert (after.status, after.works, after.told_at) == (status.status, status.works, 150.0)
    assert (after.since_at, after.look_at) == (since_at, look_at)


def test_an_absence_of_our_own_is_read_from_the_last_event() -> None:
    assert account.away(FINE, seen_at=80.0, now=200.0) == replace(FINE, since_at=80.0, look_at=200.0)
    assert account.away(LOST, seen_at=95.0, now=200.0).since_at == 90.0


@pytest.mark.parametrize(
    "label, since_at, now, expected",
    [
        ("a little before the last event", 1000.0, 2000.0, 1000.0 - OVERLAP),
        ("never longer than what is known to have been here", 0.0, 2 * LONGEST, LONGEST),
    ],
)
def test_from_when_is_read(label: str, since_at: float, now: float, expected: float) -> None:
    assert account.reads_from(since_at, now) == expected


READ = replace(FINE, since_at=50.0, look_at=300.0)


@pytest.mark.parametrize(
    "label, state, expected",
    [
        ("nothing more was missed", READ, (None, None)),
        ("it was lost meanwhile", replace(LOST, look_at=300.0), (90.0, 300.0)),
        ("it was lost and is back: once more", replace(READ, look_at=210.0), (50.0, 210.0)),
    ],
)
def test_what_was_read_is_missed_no_more(label: str, state: AccountState, expected: tuple[float, float]) -> None:
    after = account.looked_at(state, READ, None)
    assert (after.since_at, after.look_at) == expected


def test_what_could_not_be_read_is_tried_again_unless_more_happened() -> None:
    assert account.looked_at(READ, READ, 500.0) == replace(READ, look_at=500.0)
    assert account.looked_at(LOST, READ, 500.0) == LOST


def test_a_pause_says_whose_it_is_and_what_to_do() -> None:
    assert account.pause_reason(DOWN) == "session SCAN_QR_CODE: Scan the code with the phone."
    assert account.pause_reason(SessionStatus(status="STARTING", works=False)) == "session STARTING"
    assert account.ends_by_itself(account.pause_reason(DOWN))
    for reason in ("stopped by hand", "190: session has expired", "restored from a backup"):
        assert not account.ends_by_itself(reason)
