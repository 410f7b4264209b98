"""`/api/v1/audit`: who did what in a workspace, the newest first."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from turnkeeper.model.people import AuditLine
from turnkeeper.store.people import AuditWanted
from turnkeeper.web.api.access import Administers
from turnkeeper.web.api.backend import Behind

router = APIRouter(prefix="/audit", tags=["audit"])
After = Annotated[str | None, Query(pattern=r"^[0-9]{1,18}$", description="`next` of the page before.")]


class AuditLineBody(BaseModel):
    """One thing that somebody did. `who_kind`: user, token or server; `who`: their id; `name`: as they were called
    then."""

    id: str
    at: float
    who_kind: str
    who: str
    name: str
    what: str = Field(description="Area and verb, as in member.invited.")
    about: str
    details: dict[str, Any]


class AuditList(BaseModel):
    """A page of the log. `next`: what `after` is for the page after it."""

    items: list[AuditLineBody]
    next: str | None


@router.get("")
async def list_audit(
    access: Administers,
    behind: Behind,
    after: After = None,
    who: Annotated[str | None, Query(max_length=250, description="A user's id, or a token's name.")] = None,
    area: Annotated[str | None, Query(max_length=100, description="What it concerned: member, bot, token …")] = None,
    about: Annotated[str | None, Query(max_length=250, description="The thing's name or id.")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> AuditList:
    """Who did what."""
    wanted = AuditWanted(None if after is None else int(after), who, area, about)
    found = await behind.store.audit(access.workspace_id, wanted, limit + 1)
    shown = found[:limit]
    return AuditList(items=[_line(each) for each in shown], next=str(shown[-1].seq) if len(found) > limit else None)


def _line(found: AuditLine) -> AuditLineBody:
    kind, who, name = found.actor
    return AuditLineBody(
        id=str(found.seq),
        at=found.at,
        who_kind=kind,
        who=who,
        name=name,
        what=found.what,
        about=found.about,
        details=msgspec.json.decode(found.details),
    )
