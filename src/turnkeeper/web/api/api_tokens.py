"""`/api/v1/api-tokens`: what programs show to use a workspace, made by people and shown once."""

from secrets import token_hex, token_urlsafe
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from turnkeeper.model.people import IssuedToken, TokenId
from turnkeeper.rules.roles import may_issue
from turnkeeper.rules.signing_in import DAY
from turnkeeper.web.api.access import Administers
from turnkeeper.web.api.backend import Behind, Door
from turnkeeper.web.api.doorkeeper import digest_of
from turnkeeper.web.api.refusals import Refusal
from turnkeeper.web.api.sign_in import person
from turnkeeper.web.api.sign_in_bodies import Given, Name

router = APIRouter(prefix="/api-tokens", tags=["API tokens"])
MOST = 100
"""Tokens of a workspace."""
PREFIX = "tk_"
"""Begins every token that is made here, so that scanners of source code know it."""
Scope = Literal["read", "answer", "admin", "flows"]


class ApiTokenBody(BaseModel):
    """A token without itself. `configured`: it stands in turnkeeper.toml, and is changed there."""

    id: str | None
    name: str
    scopes: list[str]
    created_by: str | None = None
    created_at: float | None = None
    used_at: float | None = None
    expires_at: float | None = None
    configured: bool = False


class ApiTokenList(BaseModel):
    """The newest first, then those of the configuration file."""

    items: list[ApiTokenBody]


class NewApiTokenBody(Given):
    """A token that is to be made."""

    name: Name
    scopes: list[Scope] = Field(min_length=1, max_length=4, description="`answer` reads too, `admin` does all.")
    days: int | None = Field(None, ge=1, le=3650, description="After so many it expires; left out: never.")


class MadeApiTokenBody(ApiTokenBody):
    """A token that was made."""

    token: str = Field(description="Shown this once: send it as Authorization: Bearer TOKEN.")


@router.get("")
async def list_api_tokens(access: Administers, behind: Behind, door: Door) -> ApiTokenList:
    """The tokens of a workspace."""
    made = [ApiTokenBody(**_told(each)) for each in await behind.store.api_tokens(access.workspace_id)]
    configured = [
        ApiTokenBody(id=None, name=each.name, scopes=sorted(each.scopes), configured=True)
        for each in door.configured.of(access.workspace_id)
    ]
    return ApiTokenList(items=[*made, *configured])


@router.post("", status_code=201)
async def create_api_token(given: NewApiTokenBody, access: Administers, behind: Behind) -> MadeApiTokenBody:
    """Make a token; it is told once."""
    maker = person(access.identity)
    if not may_issue(access.role, given.scopes):
        raise Refusal(403, "a token may do no more than whoever makes it")
    if len(await behind.store.api_tokens(access.workspace_id)) >= MOST:
        raise Refusal(409, f"the workspace has {MOST} tokens already: delete some")
    token, now = f"{PREFIX}{token_urlsafe(32)}", behind.now()
    made = IssuedToken(
        access.workspace_id,
        TokenId(f"t{token_hex(6)}"),
        digest_of(token),
        given.name,
        tuple(dict.fromkeys(given.scopes)),
        access.who,
        now,
        None,
        None if given.days is None else now + given.days * DAY,
        maker,
    )
    await behind.store.add_api_token(made)
    await access.note("token.created", given.name, {"scopes": list(made.scopes), "expires_at": made.expires_at})
    return MadeApiTokenBody(**_told(made), token=token)


@router.delete("/{token_id}", status_code=204)
async def delete_api_token(token_id: Annotated[str, Path(max_length=64)], access: Administers, behind: Behind) -> None:
    """Let a token work no more."""
    dropped = await behind.store.drop_api_token(access.workspace_id, TokenId(token_id))
    if dropped is None:
        raise Refusal(404, "there is no such token")
    await access.note("token.deleted", dropped.name)


def _told(found: IssuedToken) -> dict[str, Any]:
    return {
        "id": found.id,
        "name": found.name,
        "scopes": list(found.scopes),
        "created_by": found.created_by,
        "created_at": found.created_at,
        "used_at": found.used_at,
        "expires_at": found.expires_at,
    }
