"""Who uses the console and the API: users, where they are members and as what, their sign-ins, and what they did.

(Those who write to a channel are contacts; these are the ones who answer them.)
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, NamedTuple, NewType

import msgspec

from turnkeeper.model.ids import WorkspaceId

UserId = NewType("UserId", str)
TokenId = NewType("TokenId", str)


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


class User(msgspec.Struct, frozen=True):
    """A person who signs in. `email` is in lower case and nobody else's; `disabled_at`: may not sign in since."""

    id: UserId
    email: str
    name: str
    language: str
    created_at: float
    disabled_at: float | None = None


class Account(User, frozen=True, kw_only=True):
    """A user with the hash of their password; None: they sign in elsewhere (OIDC), or have not set one. `proven_at`: it
    is known since that the e-mail is theirs; None: whoever had the link of an invitation may have made the user."""

    password: str | None = None
    proven_at: float | None = None

    @property
    def user(self) -> User:
        """The same without the hash."""
        return User(self.id, self.email, self.name, self.language, self.created_at, self.disabled_at)


class SignIn(msgspec.Struct, frozen=True):
    """A browser in which a user is signed in. `digest` is the SHA-256 of its cookie; `expires_at` is final, `seen_at`
    moves on as it is used; `address` and `agent` are what it said of itself."""

    digest: bytes
    user_id: UserId
    created_at: float
    seen_at: float
    expires_at: float
    address: str
    agent: str


class Link(msgspec.Struct, frozen=True):
    """A link that works once. `user_id`: who may set a new password with it; None: it makes the first owner."""

    digest: bytes
    user_id: UserId | None
    created_at: float
    expires_at: float


class Workspace(msgspec.Struct, frozen=True):
    """A tenant, as the console shows it."""

    workspace_id: WorkspaceId
    name: str
    created_at: float


class Member(msgspec.Struct, frozen=True):
    """A user in a workspace."""

    workspace_id: WorkspaceId
    user_id: UserId
    role: Role
    joined_at: float


class Colleague(msgspec.Struct, frozen=True):
    """A member, as the others of the workspace see them."""

    user_id: UserId
    name: str
    email: str
    role: Role
    joined_at: float
    disabled_at: float | None


class Invitation(msgspec.Struct, frozen=True):
    """Somebody who may become a member, by a link that works once. `digest` is the SHA-256 of its token."""

    workspace_id: WorkspaceId
    email: str
    role: Role
    digest: bytes
    invited_by: str
    created_at: float
    expires_at: float


class IssuedToken(msgspec.Struct, frozen=True):
    """A program's token, made in the console. `digest` is the SHA-256 of it: the token itself is kept nowhere.
    `created_by` is what its maker was called then, `user_id` who that is."""

    workspace_id: WorkspaceId
    id: TokenId
    digest: bytes
    name: str
    scopes: tuple[str, ...]
    created_by: str
    created_at: float
    used_at: float | None
    expires_at: float | None
    user_id: UserId | None = None


class Actor(NamedTuple):
    """Who did something. `id`: a user's, a token's, or a command's name; `name`: as they were called then."""

    kind: Literal["user", "token", "server"]
    id: str
    name: str


class AuditLine(msgspec.Struct, frozen=True):
    """One thing that somebody did. `what` is a verb with its area (`member.invited`), `about` names the thing,
    `details` is JSON that holds no secret."""

    workspace_id: WorkspaceId
    seq: int
    at: float
    actor: Actor
    what: str
    about: str
    details: bytes


class Membership(NamedTuple):
    """Where a user is a member, and as what."""

    workspace: Workspace
    role: Role


class SignedIn(NamedTuple):
    """Who a cookie stands for, and where they are members, `default` first."""

    user: User
    sign_in: SignIn
    memberships: tuple[Membership, ...]
