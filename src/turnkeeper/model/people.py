"""Who may do what: the roles of a workspace's members, each of which includes those before it."""

from __future__ import annotations

from enum import StrEnum
from typing import NewType

UserId = NewType("UserId", str)


class Role(StrEnum):
    """What a member of a workspace may do."""

    VIEWER = "viewer"
    """Sees everything that is said, and why."""
    AGENT = "agent"
    """Also answers: takes over, writes, notes, tags."""
    ADMIN = "admin"
    """Also changes channels, bots, members and tokens."""
    OWNER = "owner"
    """Also makes owners, and ends the workspace."""

    def includes(self, other: Role) -> bool:
        """Whether this role may do what the other may."""
        order = list(Role)
        return order.index(self) >= order.index(other)


SCOPES = {"read": Role.VIEWER, "answer": Role.AGENT, "admin": Role.ADMIN}
"""What a token's scopes stand for; its other scopes open parts of the API of their own."""


def role_of(scopes: frozenset[str]) -> Role | None:
    """The role of a token; None where it has none."""
    roles = [role for scope, role in SCOPES.items() if scope in scopes]
    return roles[-1] if roles else None
