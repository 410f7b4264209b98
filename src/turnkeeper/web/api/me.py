"""`/api/v1/me`: who asks, their name and password, and where they are signed in."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

import turnkeeper
from turnkeeper.model.ids import DEFAULT_WORKSPACE
from turnkeeper.model.people import Role, SignedIn
from turnkeeper.rules.signing_in import password_problem
from turnkeeper.web.api import sign_in_bodies as bodies
from turnkeeper.web.api.access import Anybody, Identity, Somebody
from turnkeeper.web.api.backend import Backend, Behind, Door
from turnkeeper.web.api.refusals import Refusal
from turnkeeper.web.api.sign_in import noted, person

router = APIRouter(prefix="/me", tags=["signing in"])


@router.get("")
async def read_me(request: Request, response: Response, behind: Behind, door: Door, identity: Anybody) -> bodies.MeBody:
    """Who asks, and where they are members. In the demo, a browser on its machine is signed in by this."""
    digest = b"" if identity is None else identity.sign_in
    if identity is None:
        entry = await door.enter_demo(request.scope)
        if entry is None:
            raise Refusal(401, "sign in, or send Authorization: Bearer TOKEN")
        response.headers.append("set-cookie", entry.cookie)
        digest = entry.sign_in.digest
    if not digest and identity is not None:
        return _program(behind, identity)
    signed_in = await behind.store.signed_in(digest)
    if signed_in is None:  # signed out this very moment
        raise Refusal(401, "sign in")
    return await _told(behind, signed_in)


def _program(behind: Backend, identity: Identity) -> bodies.MeBody:
    homes = [bodies.HomeBody(id=each, name=each, role=role) for each, role in identity.roles.items()]
    return bodies.MeBody(
        user=None, token=identity.name, workspaces=homes, demo=behind.demo, version=turnkeeper.__version__
    )


async def _told(behind: Backend, signed_in: SignedIn) -> bodies.MeBody:
    account = await behind.store.account_of(signed_in.user.id)
    homes = [bodies.home_body(each) for each in signed_in.memberships]
    owns = any(each.id == DEFAULT_WORKSPACE and each.role is Role.OWNER for each in homes)
    return bodies.MeBody(
        user=bodies.user_body(signed_in.user),
        workspaces=homes,
        demo=behind.demo,
        version=turnkeeper.__version__,
        has_password=account is not None and account.password is not None,
        creates_workspaces=owns,
    )


@router.put("")
async def change_me(given: bodies.ProfileBody, behind: Behind, identity: Somebody) -> bodies.UserBody:
    """Change one's name and language."""
    user_id = person(identity)
    await behind.store.set_profile(user_id, given.name, given.language)
    account = await behind.store.account_of(user_id)
    if account is None:
        raise Refusal(404, "there is no such user")
    return bodies.user_body(account.user)


@router.put("/password", status_code=204)
async def change_password(given: bodies.PasswordChangeBody, behind: Behind, door: Door, identity: Somebody) -> None:
    """Change one's password, which ends every other sign-in."""
    account = await behind.store.account_of(person(identity))
    if account is None:
        raise Refusal(404, "there is no such user")
    if account.password is not None:
        await door.proven(account.email, given.current or "", status=403)
    bodies.insist_on(password_problem(given.password, account.email))
    kept = await door.passwords.hashed(given.password)
    await behind.store.set_password(account.id, kept, identity.sign_in)
    await noted(behind, identity.sign_in, account.user, "password_changed")


@router.get("/sign-ins")
async def list_sign_ins(behind: Behind, identity: Somebody) -> bodies.SignInList:
    """Where one is signed in."""
    found = await behind.store.sign_ins(person(identity))
    return bodies.SignInList(
        items=[
            bodies.SignInListed(
                id=_id(each.digest),
                created_at=each.created_at,
                seen_at=each.seen_at,
                address=each.address,
                agent=each.agent,
                current=each.digest == identity.sign_in,
            )
            for each in found
        ]
    )


@router.delete("/sign-ins/{sign_in_id}", status_code=204)
async def end_sign_in(sign_in_id: Annotated[str, Path(max_length=64)], behind: Behind, identity: Somebody) -> None:
    """Sign out in another browser."""
    for each in await behind.store.sign_ins(person(identity)):
        if _id(each.digest) == sign_in_id:
            await behind.store.sign_out(each.digest)
            return
    raise Refusal(404, "there is no such sign-in")


def _id(digest: bytes) -> str:
    return digest[:8].hex()
