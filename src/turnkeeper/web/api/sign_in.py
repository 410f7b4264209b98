"""`/api/v1/sign-in`, `/api/v1/sign-out`: coming in by a password or a link that works once, and going out.

Whoever comes in gets a new cookie, whatever cookie they had. Links are told from each other by their tokens alone,
which travel in bodies: an address ends up in logs.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from turnkeeper.model.people import Account, Actor, User, UserId
from turnkeeper.rules.signing_in import password_problem
from turnkeeper.web.api import sign_in_bodies as bodies
from turnkeeper.web.api.access import Anybody, Identity, Somebody
from turnkeeper.web.api.backend import Backend, Behind, Door
from turnkeeper.web.api.doorkeeper import Doorkeeper, Entry, digest_of, new_user_id
from turnkeeper.web.api.refusals import Refusal, Wrong

router = APIRouter(tags=["signing in"])
_GONE = "this link does not work any more: ask for a new one"


async def insisted(request: Request, door: Door) -> Doorkeeper:
    """The doorkeeper, who has looked at who comes."""
    door.insist(request.scope)
    return door


Entering = Annotated[Doorkeeper, Depends(insisted)]


@router.get("/sign-in")
async def read_ways_in(behind: Behind) -> bodies.WaysBody:
    """How one signs in here."""
    provider = behind.provider.client.name if behind.provider else None
    return bodies.WaysBody(begun=await behind.store.has_users(), provider=provider)


@router.post("/sign-in")
async def sign_in(
    given: bodies.SignInBody, request: Request, response: Response, behind: Behind, door: Entering
) -> bodies.UserBody:
    """Sign in with e-mail and password."""
    account = await door.proven(given.email, given.password)
    entry = await door.enter(request.scope, account.id)
    return await _entered(behind, response, entry, account.user, "signed_in")


@router.post("/sign-in/link")
async def read_link(given: bodies.LinkBody, behind: Behind, door: Entering) -> bodies.FoundLinkBody:
    """What a link is for; it still works afterwards."""
    digest, now = digest_of(given.token), door.now()
    linked = await behind.store.linked(digest, now)
    if linked is not None:
        link, user = linked
        if link.user_id is not None:
            return bodies.FoundLinkBody(kind="password", email=user.email if user else None)
        if not await behind.store.has_users():
            return bodies.FoundLinkBody(kind="first")
    invited = await behind.store.invited(digest, now)
    if invited is None:
        raise Refusal(404, _GONE)
    invitation, workspace = invited
    known = await behind.store.account(invitation.email)
    return bodies.FoundLinkBody(
        kind="invitation",
        email=invitation.email,
        workspace=workspace.name,
        role=invitation.role,
        invited_by=invitation.invited_by,
        known=known is not None,
    )


@router.post("/sign-in/first", status_code=201)
async def make_first_owner(
    given: bodies.FirstOwnerBody, request: Request, response: Response, behind: Behind, door: Entering
) -> bodies.UserBody:
    """Make the first user of this server, who owns it, by the link that it printed."""
    bodies.insist_on(password_problem(given.password, given.email))
    digest = digest_of(given.token)
    if await behind.store.linked(digest, door.now()) is None:
        raise Refusal(404, _GONE)
    kept = await door.passwords.hashed(given.password)
    now = door.now()
    owner = Account(new_user_id(), given.email, given.name, given.language, now, password=kept, proven_at=now)
    entry = door.entry(request.scope, owner.id)
    if not await behind.store.begin(digest, owner, entry.sign_in):
        raise Refusal(404, _GONE)
    return await _entered(behind, response, entry, owner.user, "began")


@router.post("/sign-in/invitation", status_code=201)
async def accept_invitation(
    given: bodies.AcceptBody,
    request: Request,
    response: Response,
    behind: Behind,
    door: Entering,
    identity: Anybody,
) -> bodies.UserBody:
    """Become a member of a workspace, by the link of an invitation."""
    digest, now = digest_of(given.token), door.now()
    invited = await behind.store.invited(digest, now)
    if invited is None:
        raise Refusal(404, _GONE)
    email = invited[0].email
    known = await behind.store.account(email)
    already = known is not None and identity is not None and identity.user_id == known.id
    account = known if already and known is not None else await _proven_or_new(door, given, email, known)
    entry = None if already else door.entry(request.scope, account.id)
    joined = await behind.store.accept(digest, account, entry.sign_in if entry else None, now)
    if joined is None:
        raise Refusal(404, _GONE)
    details = {"role": invited[0].role.value}
    actor = Actor("user", joined.id, joined.name)
    await behind.note(invited[0].workspace_id, actor, "member.joined", joined.email, details)
    if entry is not None:
        response.headers.append("set-cookie", entry.cookie)
    return bodies.user_body(joined)


async def _proven_or_new(door: Doorkeeper, given: bodies.AcceptBody, email: str, known: Account | None) -> Account:
    """Who has the invited e-mail shows that it is they; anybody else gets a user made for it, who may be somebody else:
    whoever invites sees the link too."""
    if known is not None:
        return await door.proven(email, given.password or "")
    if given.name is None or given.password is None:
        missing = [Wrong(each, "is missing") for each in ("name", "password") if getattr(given, each) is None]
        raise Refusal(422, "a name and a password are needed", missing)
    bodies.insist_on(password_problem(given.password, email))
    kept = await door.passwords.hashed(given.password)
    return Account(new_user_id(), email, given.name, given.language, door.now(), password=kept)


@router.post("/sign-in/password")
async def set_new_password(
    given: bodies.NewPasswordBody, request: Request, response: Response, behind: Behind, door: Entering
) -> bodies.UserBody:
    """Set a new password by a link, which ends every other sign-in."""
    digest = digest_of(given.token)
    linked = await behind.store.linked(digest, door.now())
    if linked is None or linked[1] is None:
        raise Refusal(404, _GONE)
    bodies.insist_on(password_problem(given.password, linked[1].email))
    entry = door.entry(request.scope, linked[1].id)
    user = await behind.store.reset_password(digest, await door.passwords.hashed(given.password), entry.sign_in)
    if user is None:
        raise Refusal(404, _GONE)
    return await _entered(behind, response, entry, user, "password_set")


@router.post("/sign-out", status_code=204)
async def sign_out(request: Request, response: Response, behind: Behind, door: Door, identity: Anybody) -> None:
    """Sign out in this browser."""
    if not door.is_ours(request.scope):  # what another site posts comes without the cookie, and would take it back
        raise Refusal(403, "this was sent by a page of another site")
    if identity is not None and identity.by_cookie:
        await behind.store.sign_out(identity.sign_in)
    response.headers.append("set-cookie", door.no_cookie)


@router.post("/sign-out/everywhere")
async def sign_out_everywhere(response: Response, behind: Behind, door: Door, identity: Somebody) -> bodies.EndedBody:
    """Sign out in every browser, this one too."""
    ended = await behind.store.sign_out_everywhere(person(identity))
    response.headers.append("set-cookie", door.no_cookie)
    return bodies.EndedBody(ended=ended)


async def _entered(behind: Backend, response: Response, entry: Entry, user: User, what: str) -> bodies.UserBody:
    """Give the cookie, and write it down wherever they are members."""
    response.headers.append("set-cookie", entry.cookie)
    await noted(behind, entry.sign_in.digest, user, what)
    return bodies.user_body(user)


async def noted(behind: Backend, digest: bytes, user: User, what: str) -> None:
    """Write into the audit log of each workspace of a user what they did."""
    signed_in = await behind.store.signed_in(digest)
    for each in signed_in.memberships[:_MOST_NOTED] if signed_in else ():
        actor = Actor("user", user.id, user.name)
        await behind.note(each.workspace.workspace_id, actor, f"user.{what}", user.email, {})


def person(identity: Identity) -> UserId:
    """The user; raises Refusal for a program."""
    if identity.user_id is None:
        raise Refusal(403, "this is for people, not for programs")
    return identity.user_id


_MOST_NOTED = 20
"""Workspaces; whoever is in more signs in without a line in each."""
