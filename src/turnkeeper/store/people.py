"""What a store keeps of those who use the console and the API. Every method is one transaction.

Users, sign-ins and links belong to no workspace; whatever names a workspace sees and changes that one alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from turnkeeper.model.ids import WorkspaceId
from turnkeeper.model.people import (
    Account,
    Actor,
    AuditLine,
    Colleague,
    Invitation,
    IssuedToken,
    Link,
    Member,
    Membership,
    Role,
    SignedIn,
    SignIn,
    TokenId,
    User,
    UserId,
    Workspace,
)


class AuditWanted(NamedTuple):
    """Which lines of an audit log: before a line, of one who, of an area (`member`), about one thing."""

    before: int | None = None
    who: str | None = None
    area: str | None = None
    about: str | None = None


class PeopleRecords(Protocol):
    """The part of the store that signing in needs."""

    async def has_users(self) -> bool:
        """Whether anybody has ever signed up."""

    async def users(self) -> list[tuple[User, tuple[Membership, ...]]]:
        """Everybody, by e-mail, with where they are members."""

    async def account(self, email: str) -> Account | None:
        """The user with this e-mail, with the hash of their password."""

    async def account_of(self, user_id: UserId) -> Account | None:
        """The user of this id, with the hash of their password."""

    async def put_link(self, link: Link) -> None:
        """Keep a link that works once; those that have expired go, and those of the same user."""

    async def linked(self, digest: bytes, now: float) -> tuple[Link, User | None] | None:
        """A link that still works, and whose it is."""

    async def begin(self, digest: bytes, owner: Account, sign_in: SignIn) -> bool:
        """Make the first owner by their link, in every workspace that has no member. False: there is a user already,
        or the link does not work (any more)."""

    async def reset_password(self, digest: bytes, password: str, sign_in: SignIn) -> User | None:
        """Set the password of a link's user and end their sign-ins; `sign_in` is begun for them, whatever user it
        names. Their e-mail counts as theirs from then on. None: the link does not work (any more), or the user is
        disabled."""

    async def set_password(self, user_id: UserId, password: str, keep: bytes | None) -> None:
        """Set a password and end every other sign-in, and links."""

    async def prove(self, user_id: UserId, at: float) -> bool:
        """A user's e-mail has turned out to be theirs. Where that was not known, nothing that stood for them before
        does: their password, sign-ins and links go. False: it was known."""

    async def rehash_password(self, user_id: UserId, before: str, after: str) -> None:
        """Replace the hash of a password by a stronger one of the same."""

    async def set_profile(self, user_id: UserId, name: str, language: str) -> None:
        """What a user is called, and in which language they read."""

    async def disable(self, user_id: UserId, at: float | None) -> None:
        """Let a user sign in no more, ending their sign-ins and links; None: again."""

    async def add_user(self, user: Account) -> bool:
        """Make a user who is a member nowhere yet; False: somebody has their e-mail."""

    async def sign_in(self, sign_in: SignIn, instead_of: bytes | None = None) -> None:
        """Keep a sign-in, and end the one that the same browser had; what has expired goes."""

    async def signed_in(self, digest: bytes) -> SignedIn | None:
        """Who a cookie stands for, unless they are disabled. Whether it still holds is for the caller to say."""

    async def seen(self, digest: bytes, at: float) -> None:
        """A sign-in was used."""

    async def sign_ins(self, user_id: UserId) -> list[SignIn]:
        """Where a user is signed in, last used first."""

    async def sign_out(self, digest: bytes) -> None:
        """End a sign-in."""

    async def sign_out_everywhere(self, user_id: UserId, keep: bytes | None = None) -> int:
        """End every sign-in of a user but `keep`; how many."""

    async def put_workspaces(self, named: Mapping[WorkspaceId, str], now: float) -> None:
        """Make the workspaces that are not there. The owners of `default` own those that nobody is a member of."""

    async def add_workspace(self, workspace: Workspace, owner: UserId) -> bool:
        """Make a workspace; False: there is one with this id."""

    async def rename_workspace(self, workspace_id: WorkspaceId, name: str) -> None:
        """What a workspace is called."""

    async def workspaces(self) -> list[Workspace]:
        """All of them, `default` first, then by name."""

    async def members(self, workspace_id: WorkspaceId) -> list[Colleague]:
        """The members of a workspace, by name."""

    async def put_member(self, member: Member) -> None:
        """Make a user a member; one who is there keeps their role."""

    async def set_role(self, workspace_id: WorkspaceId, user_id: UserId, role: Role | None) -> bool:
        """Give a member another role, or take them out. False: nobody would own the workspace, or they are none."""

    async def put_invitation(self, invitation: Invitation) -> None:
        """Invite somebody; an older invitation of theirs to the same workspace works no more."""

    async def invitations(self, workspace_id: WorkspaceId) -> list[Invitation]:
        """Who is invited to a workspace, the newest first; also those that have expired."""

    async def drop_invitation(self, workspace_id: WorkspaceId, email: str) -> bool:
        """Take an invitation back; False: there is none."""

    async def invited(self, digest: bytes, now: float) -> tuple[Invitation, Workspace] | None:
        """An invitation that still works, by its link."""

    async def invitations_of(self, email: str, now: float) -> list[Invitation]:
        """Every invitation of an e-mail that still works, over all workspaces: for whoever proves that it is theirs."""

    async def accept(self, digest: bytes, user: Account, sign_in: SignIn | None, now: float) -> User | None:
        """Make a member by an invitation, and of its e-mail a user if there is none, whose id and e-mail `user` then
        has to be. `sign_in` is begun for them. None: it does not work (any more), or the user is disabled."""

    async def api_tokens(self, workspace_id: WorkspaceId) -> list[IssuedToken]:
        """The tokens that were made in a workspace, the newest first."""

    async def add_api_token(self, token: IssuedToken) -> None:
        """Keep a token."""

    async def drop_api_token(self, workspace_id: WorkspaceId, token_id: TokenId) -> IssuedToken | None:
        """Let a token work no more; None: there is none."""

    async def api_token(self, digest: bytes) -> IssuedToken | None:
        """The token that a program shows. Whether it has expired is for the caller to say."""

    async def used_api_token(self, workspace_id: WorkspaceId, token_id: TokenId, at: float) -> None:
        """A token was used."""

    async def note(
        self, workspace_id: WorkspaceId, actor: Actor, what: str, about: str, details: bytes, now: float
    ) -> None:
        """Write a line of the audit log."""

    async def audit(self, workspace_id: WorkspaceId, wanted: AuditWanted, limit: int) -> Sequence[AuditLine]:
        """Lines of the audit log, the newest first."""
