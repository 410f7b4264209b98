"""What the start and the commands do about those who use the console: the first owner's link, and everybody's."""

from __future__ import annotations

from hashlib import sha256
from secrets import token_urlsafe
from typing import Any

from turnkeeper.app.database import existing
from turnkeeper.app.people import NotThere
from turnkeeper.config import Settings
from turnkeeper.model.ids import DEFAULT_WORKSPACE, WorkspaceId
from turnkeeper.model.people import Account, Actor, Invitation, Link, Membership, Role, User
from turnkeeper.rules.signing_in import FIRST_LINK, INVITATION, PASSWORD_LINK, email_in
from turnkeeper.store.base import Store

_COMMAND = Actor("server", "cli", "the command line")


async def make_workspaces(settings: Settings, now: float) -> str | None:
    """Make the workspaces that the configuration names; while nobody has signed up, also a link for the first owner,
    of which this is the token. Raises StoreError."""
    async with existing(settings) as store:
        await store.put_workspaces({each: _called(each) for each in workspaces_in(settings)}, now)
        if await store.has_users():
            return None
        token = token_urlsafe(32)
        await store.put_link(Link(_digest(token), None, now, now + FIRST_LINK))
        return token


def workspaces_in(settings: Settings) -> frozenset[WorkspaceId]:
    """Every workspace that something in the configuration belongs to, and `default`."""
    found = {DEFAULT_WORKSPACE, *(each.workspace_id for each in settings.channels)}
    for table in (settings.knowledge, settings.event_sources, settings.subscriptions, settings.api_tokens):
        found |= {WorkspaceId(each.workspace) for each in table.values()}
    return frozenset(found)


def first_link(settings: Settings, token: str) -> str:
    """Where the first owner begins; `{url}` stands for where this listens, if nobody said how it is reached."""
    return f"{settings.server.public_url.rstrip('/') or '{url}'}/sign-in#first={token}"


async def listed(settings: Settings) -> list[dict[str, Any]]:
    """Everybody, for JSON. Raises StoreError."""
    async with existing(settings) as store:
        return [_told(user, homes) for user, homes in await store.users()]


async def invite(settings: Settings, email: str, role: Role, workspace: str, now: float) -> dict[str, Any]:
    """Invite somebody; what is told holds the link. Raises NotThere, StoreError."""
    named = _email(email)
    async with existing(settings) as store:
        if workspace not in {each.workspace_id for each in await store.workspaces()}:
            raise NotThere(f"there is no workspace {workspace!r}: `turnkeeper serve` makes those of the configuration.")
        workspace_id, token = WorkspaceId(workspace), token_urlsafe(32)
        until = now + INVITATION
        await store.put_invitation(Invitation(workspace_id, named, role, _digest(token), _COMMAND.name, now, until))
        await store.note(workspace_id, _COMMAND, "member.invited", named, b'{"role":"%s"}' % role.encode(), now)
    link = _address(settings, f"invitation={token}")
    return {"email": named, "role": role.value, "workspace": workspace, "link": link, "expires_at": until}


async def link(settings: Settings, email: str, now: float) -> dict[str, Any]:
    """A link by which a user sets a new password. Raises NotThere, StoreError."""
    async with existing(settings) as store:
        account = await _account(store, email)
        if account.disabled_at is not None:
            raise NotThere(f"{account.email} is disabled: `turnkeeper user enable {account.email}` first.")
        token = token_urlsafe(32)
        await store.put_link(Link(_digest(token), account.id, now, now + PASSWORD_LINK))
        await _note(store, account, "user.link_made", now)
    return {
        "email": account.email, "link": _address(settings, f"password={token}"), "expires_at": now + PASSWORD_LINK,
    }  # fmt: skip


async def disable(settings: Settings, email: str, now: float, *, disabled: bool) -> dict[str, Any]:
    """Let a user sign in no more, or again. Raises NotThere, StoreError."""
    async with existing(settings) as store:
        account = await _account(store, email)
        await store.disable(account.id, now if disabled else None)
        await _note(store, account, "user.disabled" if disabled else "user.enabled", now)
        return next(_told(user, homes) for user, homes in await store.users() if user.id == account.id)


async def _account(store: Store, email: str) -> Account:
    account = await store.account(_email(email))
    if account is None:
        raise NotThere(f"there is no user {email!r}: `turnkeeper user list` shows who is there.")
    return account


async def _note(store: Store, account: Account, what: str, now: float) -> None:
    for user, homes in await store.users():
        for each in homes if user.id == account.id else ():
            await store.note(each.workspace.workspace_id, _COMMAND, what, account.email, b"{}", now)


def _email(text: str) -> str:
    found = email_in(text)
    if found is None:
        raise NotThere(f"{text!r} is not an e-mail address.")
    return found


def _address(settings: Settings, what: str) -> str:
    server = settings.server
    host = f"[{server.host}]" if ":" in server.host else server.host
    return f"{server.public_url.rstrip('/') or f'http://{host}:{server.port}'}/sign-in#{what}"


def _told(user: User, homes: tuple[Membership, ...]) -> dict[str, Any]:
    return {
        "email": user.email,
        "name": user.name,
        "workspaces": {each.workspace.workspace_id: each.role.value for each in homes},
        "created_at": user.created_at,
        "disabled_at": user.disabled_at,
    }


def _called(workspace: str) -> str:
    return workspace.replace("-", " ").replace("_", " ").capitalize()


def _digest(token: str) -> bytes:
    return sha256(token.encode()).digest()
