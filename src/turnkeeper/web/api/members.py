"""`/api/v1/members`, `/api/v1/invitations`: who is in a workspace, as what, and who may come."""

from secrets import token_urlsafe
from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from turnkeeper.model.people import Colleague, Invitation, Role, UserId
from turnkeeper.rules.roles import may_change
from turnkeeper.rules.signing_in import INVITATION
from turnkeeper.web.api.access import Access, Administers, Reads
from turnkeeper.web.api.backend import Backend, Behind
from turnkeeper.web.api.doorkeeper import digest_of
from turnkeeper.web.api.refusals import Refusal
from turnkeeper.web.api.sign_in_bodies import Email, Given

router = APIRouter(tags=["members"])
MOST_INVITED = 200
"""Open invitations of a workspace."""
_MORE_THAN_YOU = "you cannot give or take a role above your own"
Who = Annotated[str, Path(max_length=64, description="The member's user id.")]
_LINK = Field(description="Shown this once. Whoever has it may join with the e-mail that is invited.")


class MemberBody(BaseModel):
    """A colleague. `disabled`: may not sign in."""

    user_id: str
    name: str
    email: str
    role: Role
    joined_at: float
    disabled: bool


class MemberList(BaseModel):
    """The members of a workspace, by name."""

    items: list[MemberBody]


class RoleBody(Given):
    """A member's role."""

    role: Role


class InvitingBody(RoleBody):
    """Who is to be invited, and as what."""

    email: Email


class InvitationBody(BaseModel):
    """Somebody who may join until it expires."""

    email: str
    role: Role
    invited_by: str
    created_at: float
    expires_at: float
    expired: bool


class InvitationList(BaseModel):
    """The newest first."""

    items: list[InvitationBody]


class NewInvitationBody(InvitationBody):
    """An invitation with its link."""

    link: str = _LINK


@router.get("/members")
async def list_members(access: Reads, behind: Behind) -> MemberList:
    """The members of a workspace."""
    return MemberList(items=[_member(each) for each in await behind.store.members(access.workspace_id)])


@router.put("/members/{user_id}", status_code=204)
async def change_role(user_id: Who, given: RoleBody, access: Administers, behind: Behind) -> None:
    """Give a member another role. Tokens that they made end where it is below admin."""
    member = await _changeable(behind, access, user_id, given.role)
    if member.role is not given.role:
        await _set(behind, access, member, given.role)
        await access.note("member.changed", member.email, {"from": member.role.value, "to": given.role.value})
        if not given.role.includes(Role.ADMIN):
            await _end_tokens(behind, access, member)


@router.delete("/members/{user_id}", status_code=204)
async def remove_member(user_id: Who, access: Reads, behind: Behind) -> None:
    """Take a member out of the workspace, and end the tokens that they made; everybody may leave."""
    if user_id == access.identity.user_id:
        member = await _member_of(behind, access, user_id)
    else:
        member = await _changeable(behind, access, user_id, None)
    await _set(behind, access, member, None)
    await access.note("member.removed", member.email, {"role": member.role.value})
    await _end_tokens(behind, access, member)


@router.get("/invitations")
async def list_invitations(access: Administers, behind: Behind) -> InvitationList:
    """Who is invited; those that have expired are shown too."""
    now = behind.now()
    found = await behind.store.invitations(access.workspace_id)
    return InvitationList(items=[InvitationBody(**_invited(each, now)) for each in found])


@router.post("/invitations", status_code=201)
async def invite_member(given: InvitingBody, access: Administers, behind: Behind) -> NewInvitationBody:
    """Invite somebody by e-mail. The link is told once, for you to pass on; an older one of theirs works no more."""
    invited = {each.email: each for each in await behind.store.invitations(access.workspace_id)}
    before = invited.pop(given.email, None)
    if not may_change(access.role, before.role if before else None, given.role):
        raise Refusal(403, _MORE_THAN_YOU)
    if any(each.email == given.email for each in await behind.store.members(access.workspace_id)):
        raise Refusal(409, f"{given.email} is a member already")
    if len(invited) >= MOST_INVITED:
        raise Refusal(409, f"{MOST_INVITED} are invited already: take some back")
    token, now = token_urlsafe(32), behind.now()
    invitation = Invitation(
        access.workspace_id, given.email, given.role, digest_of(token), access.who, now, now + INVITATION
    )
    await behind.store.put_invitation(invitation)
    await access.note("member.invited", given.email, {"role": given.role.value})
    link = f"{behind.public_url}/sign-in#invitation={token}"
    return NewInvitationBody(**_invited(invitation, now), link=link)


@router.delete("/invitations/{email}", status_code=204)
async def take_invitation_back(
    email: Annotated[str, Path(max_length=250)], access: Administers, behind: Behind
) -> None:
    """Let an invitation work no more."""
    found = [each for each in await behind.store.invitations(access.workspace_id) if each.email == email.lower()]
    if found and not may_change(access.role, found[0].role, None):
        raise Refusal(403, _MORE_THAN_YOU)
    if not await behind.store.drop_invitation(access.workspace_id, email.lower()):
        raise Refusal(404, "there is no such invitation")
    await access.note("member.uninvited", email.lower())


async def _member_of(behind: Backend, access: Access, user_id: str) -> Colleague:
    for each in await behind.store.members(access.workspace_id):
        if each.user_id == user_id:
            return each
    raise Refusal(404, "there is no such member")


async def _changeable(behind: Backend, access: Access, user_id: str, role: Role | None) -> Colleague:
    """A member whom this one may change so. Raises Refusal."""
    if not access.role.includes(Role.ADMIN):
        raise Refusal(403, f"that needs the role {Role.ADMIN}; you have {access.role}")
    member = await _member_of(behind, access, user_id)
    if not may_change(access.role, member.role, role):
        raise Refusal(403, _MORE_THAN_YOU)
    return member


async def _set(behind: Backend, access: Access, member: Colleague, role: Role | None) -> None:
    if not await behind.store.set_role(access.workspace_id, UserId(member.user_id), role):
        raise Refusal(409, "a workspace keeps an owner: make somebody else one first")


async def _end_tokens(behind: Backend, access: Access, member: Colleague) -> None:
    """Whoever may make no tokens any more has none left that they know."""
    for each in await behind.store.api_tokens(access.workspace_id):
        if each.user_id == member.user_id and await behind.store.drop_api_token(access.workspace_id, each.id):
            await access.note("token.deleted", each.name, {"made_by": member.email})


def _member(found: Colleague) -> MemberBody:
    return MemberBody(
        user_id=found.user_id,
        name=found.name,
        email=found.email,
        role=found.role,
        joined_at=found.joined_at,
        disabled=found.disabled_at is not None,
    )


def _invited(found: Invitation, now: float) -> dict[str, Any]:
    return {
        "email": found.email,
        "role": found.role,
        "invited_by": found.invited_by,
        "created_at": found.created_at,
        "expires_at": found.expires_at,
        "expired": found.expires_at <= now,
    }
