"""Who may give and take which role, and make which token."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnkeeper.model.people import Role
from turnkeeper.rules.roles import ISSUED, may_change, may_issue

V, G, A, BOSS = Role.VIEWER, Role.AGENT, Role.ADMIN, Role.OWNER
ROLES = st.sampled_from(list(Role))


@pytest.mark.parametrize(
    "changer, before, after, may",
    [
        (BOSS, None, BOSS, True),
        (BOSS, BOSS, V, True),
        (BOSS, BOSS, None, True),
        (A, None, A, True),
        (A, A, V, True),
        (A, A, None, True),
        (A, None, BOSS, False),
        (A, G, BOSS, False),
        (A, BOSS, A, False),
        (A, BOSS, None, False),
        (G, None, V, False),
        (G, V, None, False),
        (V, V, V, False),
    ],
)
def test_who_changes_whom(changer: Role, before: Role | None, after: Role | None, may: bool) -> None:
    assert may_change(changer, before, after) is may


@given(ROLES, st.none() | ROLES, st.none() | ROLES)
def test_nobody_gives_or_takes_more_than_they_are(changer: Role, before: Role | None, after: Role | None) -> None:
    if may_change(changer, before, after):
        assert changer.includes(Role.ADMIN)
        assert all(each is None or changer.includes(each) for each in (before, after))


@pytest.mark.parametrize(
    "maker, scopes, may",
    [
        (BOSS, ISSUED, True),
        (A, ("admin",), True),
        (A, ("read", "flows"), True),
        (A, (), False),
        (A, ("everything",), False),
        (A, ("read", "everything"), False),
        (G, ("read",), False),
        (V, ("flows",), False),
    ],
)
def test_who_makes_which_token(maker: Role, scopes: tuple[str, ...], may: bool) -> None:
    assert may_issue(maker, scopes) is may
