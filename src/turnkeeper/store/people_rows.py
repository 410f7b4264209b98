"""The rows of users, once for both databases: `$1` stands for a parameter, and the words of SQL are those that both
have."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

import msgspec
from msgspec.structs import astuple, replace

from turnkeeper.model.ids import DEFAULT_WORKSPACE, WorkspaceId
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
from turnkeeper.store.people import AuditWanted

T = TypeVar("T")
Row = Sequence[Any]


class Statements(Protocol):
    """An open transaction."""

    async def run(self, statement: str, *given: Any) -> list[Row]:
        """All rows of a statement."""

    async def one_at_a_time(self, name: str) -> None:
        """Wait until no other transaction that named this is under way."""


def _columns(row: type[msgspec.Struct], of: str = "") -> str:
    return ", ".join(f"{of}{each}" for each in row.__struct_fields__)


def _insert(table: str, row: type[msgspec.Struct], clause: str = "") -> str:
    marks = ", ".join(f"${n + 1}" for n in range(len(row.__struct_fields__)))
    return f"insert into {table} ({_columns(row)}) values ({marks}) {clause}"


_ADD_USER = _insert("console_user", Account, "on conflict do nothing returning id")
_ACCOUNT = f"select {_columns(Account)} from console_user where "
_PROVE = "update console_user set proven_at = $2 where id = $1 and proven_at is null returning id"
_ADD_SIGN_IN = _insert("sign_in", SignIn)
_ADD_LINK = _insert("link", Link)
_ADD_MEMBER = _insert("member", Member, "on conflict do nothing")
_ADD_INVITATION = _insert("invitation", Invitation)
_LINK = f"select {_columns(Link)} from link where digest = $1 and expires_at > $2"
_SIGNED_IN = f"""select {_columns(User, "u.")}, {_columns(SignIn, "s.")}
  from sign_in s join console_user u on u.id = s.user_id where s.digest = $1 and u.disabled_at is null"""
_HOME_FIRST = "case when w.workspace_id = 'default' then 0 else 1 end, w.name, w.workspace_id"
_MEMBERSHIPS = f"""select m.user_id, {_columns(Workspace, "w.")}, m.role
  from member m join workspace w on w.workspace_id = m.workspace_id
  where (cast($1 as text) is null or m.user_id = $1) order by m.user_id, {_HOME_FIRST}"""
_ADOPT = """insert into member (workspace_id, user_id, role, joined_at)
  select w.workspace_id, o.user_id, o.role, cast($1 as double precision)
  from workspace w join member o on o.workspace_id = 'default' and o.role = 'owner'
  where not exists (select 1 from member m where m.workspace_id = w.workspace_id)"""
_COLLEAGUES = """select u.id, u.name, u.email, m.role, m.joined_at, u.disabled_at
  from member m join console_user u on u.id = m.user_id where m.workspace_id = $1 order by u.name, u.email"""
_INVITATION = f"select {_columns(Invitation)} from invitation where "
_TOKEN = f"select {_columns(IssuedToken)} from api_token where "
_NOTE = """insert into audit (workspace_id, at, kind, who, name, what, about, details)
  values ($1, $2, $3, $4, $5, $6, $7, $8)"""
_AUDIT = """select workspace_id, seq, at, kind, who, name, what, about, details from audit
  where workspace_id = $1 and seq < $2 and (cast($3 as text) is null or who = $3)
  and (cast($4 as text) is null or what = $4 or substr(what, 1, length($4) + 1) = $4 || '.')
  and (cast($5 as text) is null or about = $5) order by seq desc limit $6"""
_LAST = 2**62
_BY_DIGEST, _BY_NAME = "digest = $1 and expires_at > $2", "workspace_id = $1 and email = $2"


class PeopleRows(ABC):
    """The PeopleRecords port, over what each store gives. A workspace that is named is the tenant that the statements
    run for; None: the server itself."""

    @abstractmethod
    async def _rows_of(self, workspace_id: WorkspaceId | None, statement: str, *given: Any) -> list[Row]:
        """All rows of a query."""

    @abstractmethod
    async def _transacted(self, workspace_id: WorkspaceId | None, script: Callable[[Statements], Awaitable[T]]) -> T:
        """Play a script in one transaction."""

    async def _do(self, workspace_id: WorkspaceId | None, statement: str, *given: Any) -> list[Row]:
        async def one(at: Statements) -> list[Row]:
            return await at.run(statement, *given)

        return await self._transacted(workspace_id, one)

    # Users, and how they sign in.

    async def has_users(self) -> bool:
        return bool(await self._rows_of(None, "select 1 from console_user limit 1"))

    async def users(self) -> list[tuple[User, tuple[Membership, ...]]]:
        found = await self._rows_of(None, f"select {_columns(User)} from console_user order by email")
        homes = _by_user(await self._rows_of(None, _MEMBERSHIPS, None))
        return [(User(*row), homes.get(row[0], ())) for row in found]

    async def account(self, email: str) -> Account | None:
        return _account(await self._rows_of(None, f"{_ACCOUNT} email = $1", email))

    async def account_of(self, user_id: UserId) -> Account | None:
        return _account(await self._rows_of(None, f"{_ACCOUNT} id = $1", user_id))

    async def put_link(self, link: Link) -> None:
        async def put(at: Statements) -> None:
            await at.run("delete from link where expires_at <= $1 or user_id = $2", link.created_at, link.user_id)
            await at.run(_ADD_LINK, *astuple(link))

        await self._transacted(None, put)

    async def linked(self, digest: bytes, now: float) -> tuple[Link, User | None] | None:
        found = await self._rows_of(None, _LINK, digest, now)
        if not found:
            return None
        link = Link(*found[0])
        account = None if link.user_id is None else await self.account_of(link.user_id)
        return link, None if account is None else account.user

    async def begin(self, digest: bytes, owner: Account, sign_in: SignIn) -> bool:
        async def make(at: Statements) -> bool:
            await at.one_at_a_time("users")
            link = await at.run(f"{_LINK} and user_id is null", digest, sign_in.created_at)
            if not link or await at.run("select 1 from console_user limit 1"):
                return False
            await at.run("delete from link where user_id is null")
            await at.run(_ADD_USER, *astuple(owner))
            await at.run(_ADD_MEMBER, DEFAULT_WORKSPACE, owner.id, Role.OWNER.value, owner.created_at)
            await at.run(_ADOPT, owner.created_at)
            await at.run(_ADD_SIGN_IN, *astuple(sign_in))
            return True

        return await self._transacted(None, make)

    async def reset_password(self, digest: bytes, password: str, sign_in: SignIn) -> User | None:
        async def reset(at: Statements) -> User | None:
            link = await at.run("delete from link where digest = $1 and user_id is not null returning *", digest)
            if not link or link[0][3] <= sign_in.created_at:
                return None
            account = _account(await at.run(f"{_ACCOUNT} id = $1", link[0][1]))
            if account is None or account.disabled_at is not None:
                return None
            await self._set_password(at, account.id, password, None)
            await at.run(_PROVE, account.id, sign_in.created_at)
            await at.run(_ADD_SIGN_IN, *astuple(replace(sign_in, user_id=account.id)))
            return account.user

        return await self._transacted(None, reset)

    async def set_password(self, user_id: UserId, password: str, keep: bytes | None) -> None:
        await self._transacted(None, lambda at: self._set_password(at, user_id, password, keep))

    async def _set_password(self, at: Statements, user_id: UserId, password: str, keep: bytes | None) -> None:
        await at.run("update console_user set password = $2 where id = $1", user_id, password)
        await self._end(at, user_id, keep)

    async def _end(self, at: Statements, user_id: UserId, keep: bytes | None) -> int:
        """What stands for a user no longer does."""
        await at.run("delete from link where user_id = $1", user_id)
        if keep is None:
            return len(await at.run("delete from sign_in where user_id = $1 returning digest", user_id))
        return len(
            await at.run("delete from sign_in where user_id = $1 and digest <> $2 returning digest", user_id, keep)
        )

    async def prove(self, user_id: UserId, at: float) -> bool:
        async def take_over(on: Statements) -> bool:
            if not await on.run(_PROVE, user_id, at):
                return False
            await on.run("update console_user set password = null where id = $1", user_id)
            await self._end(on, user_id, None)
            return True

        return await self._transacted(None, take_over)

    async def rehash_password(self, user_id: UserId, before: str, after: str) -> None:
        await self._do(
            None, "update console_user set password = $3 where id = $1 and password = $2", user_id, before, after
        )

    async def set_profile(self, user_id: UserId, name: str, language: str) -> None:
        await self._do(None, "update console_user set name = $2, language = $3 where id = $1", user_id, name, language)

    async def disable(self, user_id: UserId, at: float | None) -> None:
        async def end(on: Statements) -> None:
            await on.run("update console_user set disabled_at = $2 where id = $1", user_id, at)
            if at is not None:
                await self._end(on, user_id, None)

        await self._transacted(None, end)

    async def add_user(self, user: Account) -> bool:
        return bool(await self._do(None, _ADD_USER, *astuple(user)))

    async def sign_in(self, sign_in: SignIn, instead_of: bytes | None = None) -> None:
        async def begin(at: Statements) -> None:
            await at.run("delete from sign_in where digest = $1 or expires_at <= $2", instead_of, sign_in.created_at)
            await at.run(_ADD_SIGN_IN, *astuple(sign_in))

        await self._transacted(None, begin)

    async def signed_in(self, digest: bytes) -> SignedIn | None:
        found = await self._rows_of(None, _SIGNED_IN, digest)
        if not found:
            return None
        row, width = found[0], len(User.__struct_fields__)
        user = User(*row[:width])
        homes = _by_user(await self._rows_of(None, _MEMBERSHIPS, user.id))
        return SignedIn(user, SignIn(*row[width:]), homes.get(user.id, ()))

    async def seen(self, digest: bytes, at: float) -> None:
        await self._do(None, "update sign_in set seen_at = $2 where digest = $1 and seen_at < $2", digest, at)

    async def sign_ins(self, user_id: UserId) -> list[SignIn]:
        statement = f"select {_columns(SignIn)} from sign_in where user_id = $1 order by seen_at desc, created_at desc"
        return [SignIn(*row) for row in await self._rows_of(None, statement, user_id)]

    async def sign_out(self, digest: bytes) -> None:
        await self._do(None, "delete from sign_in where digest = $1", digest)

    async def sign_out_everywhere(self, user_id: UserId, keep: bytes | None = None) -> int:
        return await self._transacted(None, lambda at: self._end(at, user_id, keep))

    # Workspaces and their members.

    async def put_workspaces(self, named: Mapping[WorkspaceId, str], now: float) -> None:
        async def put(at: Statements) -> None:
            await at.one_at_a_time("users")
            for workspace_id in sorted(named):
                row = Workspace(workspace_id, named[workspace_id], now)
                await at.run(_insert("workspace", Workspace, "on conflict do nothing"), *astuple(row))
            await at.run(_ADOPT, now)

        await self._transacted(None, put)

    async def add_workspace(self, workspace: Workspace, owner: UserId) -> bool:
        async def add(at: Statements) -> bool:
            clause = "on conflict do nothing returning workspace_id"
            if not await at.run(_insert("workspace", Workspace, clause), *astuple(workspace)):
                return False
            await at.run(_ADD_MEMBER, workspace.workspace_id, owner, Role.OWNER.value, workspace.created_at)
            return True

        return await self._transacted(None, add)

    async def rename_workspace(self, workspace_id: WorkspaceId, name: str) -> None:
        statement = "update workspace set name = $2 where workspace_id = $1"
        await self._do(workspace_id, statement, workspace_id, name)

    async def workspaces(self) -> list[Workspace]:
        found = await self._rows_of(None, f"select {_columns(Workspace)} from workspace w order by {_HOME_FIRST}")
        return [Workspace(*row) for row in found]

    async def members(self, workspace_id: WorkspaceId) -> list[Colleague]:
        found = await self._rows_of(workspace_id, _COLLEAGUES, workspace_id)
        return [Colleague(row[0], row[1], row[2], Role(row[3]), row[4], row[5]) for row in found]

    async def put_member(self, member: Member) -> None:
        await self._do(None, _ADD_MEMBER, *astuple(member))

    async def set_role(self, workspace_id: WorkspaceId, user_id: UserId, role: Role | None) -> bool:
        async def change(at: Statements) -> bool:
            await at.one_at_a_time(f"members of {workspace_id}")
            others = "select 1 from member where workspace_id = $1 and user_id <> $2 and role = 'owner' limit 1"
            if role is not Role.OWNER and not await at.run(others, workspace_id, user_id):
                return False
            if role is None:
                statement = "delete from member where workspace_id = $1 and user_id = $2 returning 1"
                return bool(await at.run(statement, workspace_id, user_id))
            statement = "update member set role = $3 where workspace_id = $1 and user_id = $2 returning 1"
            return bool(await at.run(statement, workspace_id, user_id, role.value))

        return await self._transacted(workspace_id, change)

    async def put_invitation(self, invitation: Invitation) -> None:
        async def put(at: Statements) -> None:
            await at.one_at_a_time(f"members of {invitation.workspace_id}")
            await at.run(f"delete from invitation where {_BY_NAME}", invitation.workspace_id, invitation.email)
            await at.run(_ADD_INVITATION, *astuple(invitation))

        await self._transacted(invitation.workspace_id, put)

    async def invitations(self, workspace_id: WorkspaceId) -> list[Invitation]:
        statement = f"{_INVITATION} workspace_id = $1 order by created_at desc, email"
        return _invitations(await self._rows_of(workspace_id, statement, workspace_id))

    async def drop_invitation(self, workspace_id: WorkspaceId, email: str) -> bool:
        statement = f"delete from invitation where {_BY_NAME} returning 1"
        return bool(await self._do(workspace_id, statement, workspace_id, email))

    async def invited(self, digest: bytes, now: float) -> tuple[Invitation, Workspace] | None:
        found = _invitations(await self._rows_of(None, f"{_INVITATION} {_BY_DIGEST}", digest, now))
        if not found:
            return None
        statement = f"select {_columns(Workspace)} from workspace where workspace_id = $1"
        where = await self._rows_of(None, statement, found[0].workspace_id)
        return (found[0], Workspace(*where[0])) if where else None

    async def invitations_of(self, email: str, now: float) -> list[Invitation]:
        statement = f"{_INVITATION} email = $1 and expires_at > $2 order by workspace_id"
        return _invitations(await self._rows_of(None, statement, email, now))

    async def accept(self, digest: bytes, user: Account, sign_in: SignIn | None, now: float) -> User | None:
        async def join(at: Statements) -> User | None:
            await at.one_at_a_time("users")
            found = _invitations(await at.run(f"{_INVITATION} {_BY_DIGEST}", digest, now))
            if not found or found[0].email != user.email:
                return None
            there = _account(await at.run(f"{_ACCOUNT} email = $1", user.email))
            if there is not None and (there.id != user.id or there.disabled_at is not None):
                return None
            if not await at.run("delete from invitation where digest = $1 returning 1", digest):
                return None
            if there is None:
                await at.run(_ADD_USER, *astuple(user))
            await at.run(_ADD_MEMBER, found[0].workspace_id, user.id, found[0].role.value, now)
            if sign_in is not None:
                await at.run(_ADD_SIGN_IN, *astuple(replace(sign_in, user_id=user.id)))
            return (there or user).user

        return await self._transacted(None, join)

    # Tokens of programs, and the audit log.

    async def api_tokens(self, workspace_id: WorkspaceId) -> list[IssuedToken]:
        statement = f"{_TOKEN} workspace_id = $1 order by created_at desc, id"
        return [_token(row) for row in await self._rows_of(workspace_id, statement, workspace_id)]

    async def add_api_token(self, token: IssuedToken) -> None:
        row = (each if not isinstance(each, tuple) else " ".join(each) for each in astuple(token))
        await self._do(token.workspace_id, _insert("api_token", IssuedToken), *row)

    async def drop_api_token(self, workspace_id: WorkspaceId, token_id: TokenId) -> IssuedToken | None:
        statement = f"delete from api_token where workspace_id = $1 and id = $2 returning {_columns(IssuedToken)}"
        found = await self._do(workspace_id, statement, workspace_id, token_id)
        return _token(found[0]) if found else None

    async def api_token(self, digest: bytes) -> IssuedToken | None:
        found = await self._rows_of(None, f"{_TOKEN} digest = $1", digest)
        return _token(found[0]) if found else None

    async def used_api_token(self, workspace_id: WorkspaceId, token_id: TokenId, at: float) -> None:
        statement = "update api_token set used_at = $3 where workspace_id = $1 and id = $2"
        await self._do(workspace_id, statement, workspace_id, token_id, at)

    async def note(
        self, workspace_id: WorkspaceId, actor: Actor, what: str, about: str, details: bytes, now: float
    ) -> None:
        await self._do(workspace_id, _NOTE, workspace_id, now, *actor, what, about, details)

    async def audit(self, workspace_id: WorkspaceId, wanted: AuditWanted, limit: int) -> Sequence[AuditLine]:
        before = _LAST if wanted.before is None else wanted.before
        given = (workspace_id, before, wanted.who, wanted.area, wanted.about, limit)
        return [
            AuditLine(row[0], row[1], row[2], Actor(*row[3:6]), row[6], row[7], row[8])
            for row in await self._rows_of(workspace_id, _AUDIT, *given)
        ]


def _account(found: Sequence[Row]) -> Account | None:
    # The hash and whose e-mail it is are keywords of its class, and the last columns.
    return Account(*found[0][:-2], password=found[0][-2], proven_at=found[0][-1]) if found else None


def _by_user(found: Iterable[Row]) -> dict[str, tuple[Membership, ...]]:
    homes: dict[str, tuple[Membership, ...]] = {}
    for user_id, *workspace, role in found:
        homes[user_id] = (*homes.get(user_id, ()), Membership(Workspace(*workspace), Role(role)))
    return homes


def _invitations(found: Sequence[Row]) -> list[Invitation]:
    return [Invitation(row[0], row[1], Role(row[2]), row[3], row[4], row[5], row[6]) for row in found]


def _token(row: Row) -> IssuedToken:
    scopes = tuple(row[4].split())
    return IssuedToken(row[0], row[1], row[2], row[3], scopes, row[5], row[6], row[7], row[8], row[9])
