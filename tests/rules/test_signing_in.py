"""How long sign-ins hold, and what may be a password or an e-mail address."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnkeeper.model.people import SignIn, UserId
from turnkeeper.rules.signing_in import (
    DAY,
    IDLE,
    LONGEST,
    SEEN_EVERY,
    email_in,
    holds,
    password_problem,
    seen_anew,
)

T0 = 1_800_000_000.0


def used(seen_at: float) -> SignIn:
    return SignIn(b"", UserId("u"), T0, seen_at, T0 + LONGEST, "", "")


@pytest.mark.parametrize(
    "label, seen_at, now, there",
    [
        ("at once", T0, T0, True),
        ("within the week", T0, T0 + IDLE - 1, True),
        ("unused for a week", T0, T0 + IDLE, False),
        ("used meanwhile", T0 + 6 * DAY, T0 + 12 * DAY, True),
        ("used every day, for a month", T0 + LONGEST - 1, T0 + LONGEST, False),
    ],
)
def test_how_long_a_sign_in_holds(label: str, seen_at: float, now: float, there: bool) -> None:
    assert holds(used(seen_at), now) is there


def test_its_use_is_written_down_now_and_then() -> None:
    assert not seen_anew(used(T0), T0 + SEEN_EVERY - 1)
    assert seen_anew(used(T0), T0 + SEEN_EVERY)
    assert SEEN_EVERY < IDLE


@pytest.mark.parametrize(
    "password, problem",
    [
        ("ninechars", "short"),
        ("ten chars!", None),
        ("zehn Wörter", None),
        ("          ", None),
        ("x" * 500, None),
        ("x" * 501, "long"),
        ("Long.Enough@Example.com", "email"),
        ("LONG.ENOUGH", "email"),
        (" long.enough ", "email"),
        ("long.enough1", None),
    ],
)
def test_what_may_be_a_password(password: str, problem: str | None) -> None:
    assert password_problem(password, "long.enough@example.com") == problem


@pytest.mark.parametrize(
    "text, email",
    [
        (" Ada@Example.COM ", "ada@example.com"),
        ("ada+turnkeeper@example.com", "ada+turnkeeper@example.com"),
        ("ü@exämple.de", "ü@exämple.de"),
        ("ada", None),
        ("ada@", None),
        ("@example.com", None),
        ("ada@b@c", None),
        ("ada @example.com", None),
        ("<ada@example.com>", None),
        ("ada@example.com\nbcc:eve@example.com", None),
        ("ada\u200b@example.com", None),
        ("", None),
    ],
)
def test_what_is_an_email_address(text: str, email: str | None) -> None:
    assert email_in(text) == email


@given(st.text())
def test_an_address_is_compared_as_it_is_kept(text: str) -> None:
    found = email_in(text)
    if found is not None:
        assert email_in(found.upper().lower()) in (found, found.upper().lower())
        assert email_in(found) == found
