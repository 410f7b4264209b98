"""Who may give and take which role, and make which token."""

from __future__ import annotations

from collections.abc import Iterable

from turnkeeper.model.people import SCOPES, Role, role_of

ISSUED = (*SCOPES, "flows")
"""What a token that is made in the console may be good for."""


def may_change(changer: Role, before: Role | None, after: Role | None) -> bool:
    """Whether somebody may turn a member of one role (None: nobody yet) into another (None: out).

    Administrators and owners may, and nobody gives or takes more than they are themselves.
    """
    return changer.includes(Role.ADMIN) and all(each is None or changer.includes(each) for each in (before, after))


def may_issue(maker: Role, scopes: Iterable[str]) -> bool:
    """Whether somebody may make a token with these scopes, which must all be known."""
    wanted = frozenset(scopes)
    like = role_of(wanted)
    known = bool(wanted) and wanted <= {*ISSUED}
    return known and maker.includes(Role.ADMIN) and (like is None or maker.includes(like))
