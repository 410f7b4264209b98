"""`/api/v1/sign-in/provider`: signing in at an identity provider, where one is configured.

What a sign-in needs is in a cookie of the browser that began it. Whoever comes back is a user with that e-mail, else
somebody who was invited by it, else somebody of a domain that is let in; whatever goes wrong is said on the page. A
user whom somebody else may have made for that e-mail is theirs from then on, and nobody else's.
"""

import logging
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response

from turnkeeper.model.people import Account, Actor, Member, User
from turnkeeper.web.api.backend import Backend, Behind, Door
from turnkeeper.web.api.doorkeeper import Doorkeeper, new_user_id
from turnkeeper.web.api.oidc import NotLetIn, Pending, Person, Provider
from turnkeeper.web.api.origins import client_address, cookie_in, counted_as
from turnkeeper.web.api.refusals import Refusal
from turnkeeper.web.api.sign_in import noted

log = logging.getLogger("turnkeeper.web")
router = APIRouter(prefix="/sign-in/provider", tags=["signing in"])
PATH = "/api/v1/sign-in/provider"
COOKIE = "turnkeeper_provider"
_PATIENCE = 600
"""Seconds that one may take at the provider."""
_LONGEST = 500


@router.get("", status_code=303)
async def begin_at_provider(
    request: Request,
    behind: Behind,
    door: Door,
    next: Annotated[str, Query(max_length=_LONGEST, description="The page to go to afterwards.")] = "/",  # noqa: A002
) -> Response:
    """Send a person to the identity provider."""
    provider = _provider(behind)
    _count(request, door)
    try:
        address, pending = await provider.begin(_back(behind))
    except NotLetIn as error:
        return _not_let_in(door, error)
    return _to(address, _cookie(door, "~".join([*pending, _page(next).encode().hex()]), _PATIENCE))


@router.get("/callback", status_code=303)
async def come_back_from_provider(request: Request, behind: Behind, door: Door) -> Response:
    """Let in whoever the identity provider sends back."""
    provider = _provider(behind)
    _count(request, door)  # whoever makes up a cookie can have the provider asked, too
    kept = cookie_in(request.scope, COOKIE).split("~")
    try:
        if len(kept) != 4:
            raise NotLetIn("state", "no sign-in was begun in this browser, or too long ago")
        person = await provider.finish(request.query_params, Pending(*kept[:3]), _back(behind))
        user, taken_over = await _user(behind, provider, person)
    except NotLetIn as error:
        return _not_let_in(door, error)
    entry = await door.enter(request.scope, user.id)
    if taken_over:
        await noted(behind, entry.sign_in.digest, user, "proven")
    await noted(behind, entry.sign_in.digest, user, "signed_in")
    return _to(_page(_unhex(kept[3])), _cookie(door, "", 0), entry.cookie)


async def _user(behind: Backend, provider: Provider, person: Person) -> tuple[User, bool]:
    """Whose e-mail it is, and whether the user had to be taken over; a new user, where they were invited or are of a
    domain that is let in. Raises NotLetIn."""
    store, now, client = behind.store, behind.now(), provider.client
    known = await store.account(person.email)
    if known is not None and known.disabled_at is not None:
        raise NotLetIn("disabled", "the user is disabled")
    taken_over = known is not None and await store.prove(known.id, now)  # before they become a member anywhere
    account = known or Account(new_user_id(), person.email, person.name, "en", now, proven_at=now)
    for each in await store.invitations_of(person.email, now):
        joined = await store.accept(each.digest, account, None, now)
        if joined is not None:
            known = account
            actor = Actor("user", joined.id, joined.name)
            await behind.note(each.workspace_id, actor, "member.joined", joined.email, {"role": each.role.value})
    if known is not None:
        return known.user, taken_over
    if person.email.rpartition("@")[2] not in client.domains:
        raise NotLetIn("uninvited", "nobody invited them")
    if not await store.add_user(account):
        raise NotLetIn("state", "somebody signed up with this e-mail meanwhile")
    await store.put_member(Member(client.workspace_id, account.id, client.role, now))
    actor = Actor("user", account.id, account.name)
    await behind.note(client.workspace_id, actor, "member.joined", account.email, {"role": client.role.value})
    return account.user, False


def _provider(behind: Backend) -> Provider:
    if behind.provider is None:
        raise Refusal(404, "no identity provider is configured")
    return behind.provider


def _count(request: Request, door: Doorkeeper) -> None:
    if not door.by_address.take(counted_as(client_address(request.scope))):
        raise Refusal(429, "too many tries: wait a few minutes")


def _back(behind: Backend) -> str:
    return f"{behind.public_url}{PATH}/callback"


def _page(wanted: str) -> str:
    """A page of ours: a path, and nothing that a browser takes for another host."""
    fine = wanted.startswith("/") and not wanted.startswith("//") and "\\" not in wanted and wanted.isprintable()
    return wanted if fine else "/"


def _unhex(text: str) -> str:
    try:
        return bytes.fromhex(text).decode()
    except ValueError:
        return "/"


def _not_let_in(door: Doorkeeper, error: NotLetIn) -> Response:
    log.warning("nobody was let in by the identity provider: %s", error)
    return _to(f"/sign-in?{urlencode({'refused': error.why})}", _cookie(door, "", 0))


def _to(address: str, *cookies: str) -> Response:
    response = Response(status_code=303, headers={"location": address, "cache-control": "no-store"})
    for each in cookies:
        response.headers.append("set-cookie", each)
    return response


def _cookie(door: Doorkeeper, value: str, seconds: int) -> str:
    secure = "; Secure" if door.is_secure else ""
    return f"{COOKIE}={value}; Path={PATH}; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"
