"""Replies that a team has ready: written once, found by a shortcut."""

from __future__ import annotations

from secrets import token_hex
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from turnkeeper.model.colleagues import CannedReply
from turnkeeper.store.colleagues import MOST_CANNED
from turnkeeper.web.api.access import Access, Answers, Reads
from turnkeeper.web.api.backend import Backend, Behind
from turnkeeper.web.api.refusals import Refusal

router = APIRouter(prefix="/canned-replies", tags=["canned replies"])
ReplyNamed = Annotated[str, Path(pattern=r"^[0-9a-f]{16}$", description="The reply's id.")]


class CannedGiven(BaseModel):
    """`language`: as in `id` or `pt_BR`; empty: any."""

    shortcut: str = Field(pattern=r"^[^\s/]{1,40}$", description="What is typed after a slash.")
    language: str = Field("", pattern=r"^([a-z]{2,3}([_-][A-Za-z0-9]{2,8})*)?$")
    text: str = Field(min_length=1, max_length=4096)


class CannedTold(CannedGiven):
    """One that is kept."""

    id: str
    changed_at: float
    changed_by: str


class CannedPage(BaseModel):
    """All of a workspace's, by shortcut."""

    items: list[CannedTold]
    next: str | None = None


@router.get("")
async def list_canned_replies(access: Reads, behind: Behind) -> CannedPage:
    """Those of the workspace, by shortcut and language."""
    return CannedPage(items=[_told(each) for each in await behind.store.canned_replies(access.workspace_id)])


@router.post("", status_code=201)
async def add_canned_reply(given: CannedGiven, access: Answers, behind: Behind) -> CannedTold:
    """Keep a new one."""
    return await _put(behind, access, token_hex(8), given)


@router.put("/{reply_id}")
async def change_canned_reply(reply_id: ReplyNamed, given: CannedGiven, access: Answers, behind: Behind) -> CannedTold:
    """Change one."""
    if all(each.id != reply_id for each in await behind.store.canned_replies(access.workspace_id)):
        raise Refusal(404, "there is no such reply")
    return await _put(behind, access, reply_id, given)


@router.delete("/{reply_id}", status_code=204)
async def drop_canned_reply(reply_id: ReplyNamed, access: Answers, behind: Behind) -> None:
    """Forget one."""
    if not await behind.store.drop_canned_reply(access.workspace_id, reply_id):
        raise Refusal(404, "there is no such reply")
    await access.note("canned_reply.deleted", reply_id)


async def _put(behind: Backend, access: Access, reply_id: str, given: CannedGiven) -> CannedTold:
    row = CannedReply(
        access.workspace_id, reply_id, given.shortcut, given.language, given.text, behind.now(), access.who
    )
    if not await behind.store.put_canned_reply(row):
        raise Refusal(409, f"another reply has this shortcut in this language, or there are {MOST_CANNED} already")
    await access.note("canned_reply.kept", given.shortcut)
    return _told(row)


def _told(row: CannedReply) -> CannedTold:
    return CannedTold(
        id=row.id,
        shortcut=row.shortcut,
        language=row.language,
        text=row.text,
        changed_at=row.changed_at,
        changed_by=row.changed_by,
    )
