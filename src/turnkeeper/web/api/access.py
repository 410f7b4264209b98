"""Who a request is from, which workspace it is about, and whether that allows what it wants.

A router asks by its parameters' types: `access: Reads`, `Answers`, `Administers` or `Owns`. People say the workspace
in `?workspace=`; a program's token has its own. What is not theirs is answered like what is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Protocol

from fastapi import Depends, Query, Request
from fastapi.security import APIKeyCookie, HTTPBearer

from turnkeeper.model.ids import WorkspaceId
from turnkeeper.model.people import Actor, Role, UserId
from turnkeeper.web.api.refusals import Refusal
from turnkeeper.web.asgi import Scope

COOKIE = "turnkeeper_session"
_SAFE = ("GET", "HEAD", "OPTIONS")
_SIGNED_IN = (
    Depends(APIKeyCookie(name=COOKIE, auto_error=False, scheme_name="session", description="A person, signed in.")),
    Depends(HTTPBearer(auto_error=False, scheme_name="token", description="A program, by its API token.")),
)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a request is from. `user_id`: a person; None: a program. `roles` by workspace, the first one first.
    `home`, `scopes`: a token's workspace, and what it may do there. `sign_in`: the digest of the person's sign-in."""

    name: str
    roles: Mapping[WorkspaceId, Role]
    user_id: UserId | None = None
    home: WorkspaceId | None = None
    scopes: frozenset[str] = frozenset()
    sign_in: bytes = field(default=b"", repr=False)

    @property
    def actor(self) -> Actor:
        """As the audit log keeps it."""
        if self.user_id is not None:
            return Actor("user", self.user_id, self.name)
        return Actor("token", self.name, self.name)

    @property
    def by_cookie(self) -> bool:
        """Whether a browser sends this by itself, so that another site's page could make it do so."""
        return bool(self.sign_in)


class Authenticator(Protocol):
    """Finds who a request is from."""

    async def identify(self, scope: Scope, /) -> Identity | None:
        """By its cookie or its token; None where it shows neither. Raises Refusal for a wrong one (401, 429)."""

    def is_ours(self, _: Scope, /) -> bool:
        """Whether a browser says that a page of ours sends this (Origin, Sec-Fetch-Site)."""


class Notebook(Protocol):
    """Where the audit log is written."""

    async def note(
        self, workspace_id: WorkspaceId, actor: Actor, what: str, about: str, details: Mapping[str, object]
    ) -> None:
        """Write a line. Raises StoreError."""


@dataclass(frozen=True, slots=True)
class Access:
    """What a request may do: `role` in one workspace."""

    workspace_id: WorkspaceId
    role: Role
    identity: Identity
    notebook: Notebook | None = field(default=None, repr=False, compare=False)

    @property
    def who(self) -> str:
        """As the audit log and colleagues are told."""
        return self.identity.name

    async def note(self, what: str, about: str = "", details: Mapping[str, object] | None = None) -> None:
        """Write into the workspace's audit log what was just done: `what` is area and verb (`bot.published`), `about`
        names the thing, `details` are a few words of JSON, never a secret. Raises StoreError."""
        if self.notebook is not None:
            await self.notebook.note(self.workspace_id, self.identity.actor, what, about, details or {})


async def identified(request: Request) -> Identity:
    """Who it is; raises Refusal where nobody is signed in, or another site's page sends it."""
    found = await perhaps_identified(request)
    if found is None:
        raise Refusal(401, "sign in, or send Authorization: Bearer TOKEN")
    return found


async def perhaps_identified(request: Request) -> Identity | None:
    """The same where nobody need be signed in."""
    authenticator: Authenticator = request.app.state.backend.authenticator
    found = await authenticator.identify(request.scope)
    if (
        found is not None
        and found.by_cookie
        and request.method not in _SAFE
        and not authenticator.is_ours(request.scope)
    ):
        raise Refusal(403, "this was sent by a page of another site")
    return found


def granted(identity: Identity, workspace: str | None, wanted: Role) -> Access:
    """What somebody may do in a workspace (None: their first); raises Refusal where that is not enough."""
    workspace_id = next(iter(identity.roles), None) if workspace is None else WorkspaceId(workspace)
    role = None if workspace_id is None else identity.roles.get(workspace_id)
    if workspace_id is None or role is None:
        if identity.user_id is None and workspace is None:
            raise Refusal(403, f"this token is not good for that: it needs the scope {_scope_for(wanted)}")
        raise Refusal(404, "there is no such workspace, or you are no member of it")
    if not role.includes(wanted):
        needed = f"the scope {_scope_for(wanted)}" if identity.user_id is None else f"the role {wanted}"
        raise Refusal(403, f"that needs {needed}; you have {role}")
    return Access(workspace_id, role, identity)


def _scope_for(role: Role) -> str:
    return {Role.VIEWER: "read", Role.AGENT: "answer"}.get(role, "admin")


def permitted(identity: Identity, workspace: str | None, scope: str, wanted: Role) -> Access:
    """The same for a part of the API that has a scope of its own; raises Refusal."""
    home = identity.home
    if home is None or not {scope, "admin"} & identity.scopes:
        if identity.user_id is None and wanted not in identity.roles.values():
            raise Refusal(403, f"this token is not good for that: it needs the scope {scope}")
        return granted(identity, workspace, wanted)
    if workspace not in (None, home):
        raise Refusal(404, "there is no such workspace, or you are no member of it")
    return Access(home, wanted, identity)


Workspace = Annotated[
    str | None, Query(description="The workspace; left out: your first, or the token's.", max_length=64)
]


def _at_least(wanted: Role) -> Callable[..., Coroutine[Any, Any, Access]]:
    async def access(
        request: Request, identity: Annotated[Identity, Depends(identified)], workspace: Workspace = None
    ) -> Access:
        return replace(granted(identity, workspace, wanted), notebook=request.app.state.backend)

    return access


def _with_scope(scope: str, wanted: Role) -> Callable[..., Coroutine[Any, Any, Access]]:
    async def access(
        request: Request, identity: Annotated[Identity, Depends(identified)], workspace: Workspace = None
    ) -> Access:
        return replace(permitted(identity, workspace, scope, wanted), notebook=request.app.state.backend)

    return access


SIGNED_IN = _SIGNED_IN
"""What makes the description say how one is known; every router's `dependencies`."""
Somebody = Annotated[Identity, Depends(identified)]
Anybody = Annotated[Identity | None, Depends(perhaps_identified)]
Reads = Annotated[Access, Depends(_at_least(Role.VIEWER))]
Answers = Annotated[Access, Depends(_at_least(Role.AGENT))]
Administers = Annotated[Access, Depends(_at_least(Role.ADMIN))]
Owns = Annotated[Access, Depends(_at_least(Role.OWNER))]
Draws = Annotated[Access, Depends(_with_scope("flows", Role.ADMIN))]
"""An administrator, or a token for flows."""
