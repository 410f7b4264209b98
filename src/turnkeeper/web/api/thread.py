"""One conversation: who it is with, what was said in it, the files in it, and who has it on the screen."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response
from pydantic import BaseModel

from turnkeeper.engine.media import MEDIA_KINDS, Origin
from turnkeeper.media.base import FileGone, MediaStore
from turnkeeper.media.base import Place as FilePlace
from turnkeeper.model.contents import files_of
from turnkeeper.model.errors import MediaRefused, MediaUnavailable
from turnkeeper.model.media import FileRow, source_of
from turnkeeper.store.thread import Cursor, Entry, read_cursor
from turnkeeper.web.api import telling
from turnkeeper.web.api.access import Reads
from turnkeeper.web.api.backend import Behind
from turnkeeper.web.api.refusals import Refusal
from turnkeeper.web.api.talk import NOWHERE, Asked, asked, colleague, key_of, talk_of
from turnkeeper.web.api.thread_bodies import ConversationTold, ThreadPageTold, WatchingTold
from turnkeeper.web.asgi import Receive, Scope, Send
from turnkeeper.web.media import give

router = APIRouter(prefix="/conversations/{conversation_id}", tags=["conversations"])
ConversationNamed = Annotated[str, Path(max_length=64, description="The conversation's id.")]
_LONGEST_FETCH = 60.0
_NO_FILE = "there is no such file"


class Presence(BaseModel):
    """What somebody does at the conversation; `gone`: nothing any more. Said every 10 s, for it counts 30."""

    doing: Literal["viewing", "typing", "gone"]


@router.get("")
async def read_conversation(conversation_id: ConversationNamed, access: Reads, behind: Behind) -> ConversationTold:
    """Who it is with, how it stands, who answers, and what can be written."""
    found = await asked(behind, access, conversation_id)
    return telling.header(found, colleague(access), behind.now())


@router.get("/thread")
async def read_thread(
    conversation_id: ConversationNamed,
    access: Reads,
    behind: Behind,
    after: Annotated[str | None, Query(max_length=80, description="The `next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> ThreadPageTold:
    """All that was said and happened, the newest first."""
    talk_of(behind)
    try:
        cursor = Cursor() if after is None else read_cursor(after)
    except ValueError:
        raise Refusal(422, "where a page ends is told by its `next`; leave `after` out to begin anew") from None
    key = key_of(access, conversation_id)
    page = await behind.store.thread(key, cursor, limit)
    if not page.entries and after is None and await behind.store.header(key, 0.0) is None:
        raise Refusal(404, NOWHERE)
    return ThreadPageTold(
        items=telling.entries(page.entries, conversation_id, colleague(access)),
        next=None if page.next is None else str(page.next),
    )


@router.post("/presence")
async def say_presence(
    conversation_id: ConversationNamed, presence: Presence, access: Reads, behind: Behind
) -> list[WatchingTold]:
    """Tell colleagues that one is there; who else is."""
    talk_of(behind)
    doing = None if presence.doing == "gone" else presence.doing
    if not await behind.store.watch(key_of(access, conversation_id), colleague(access), doing, behind.now()):
        raise Refusal(404, NOWHERE)
    found = await asked(behind, access, conversation_id)
    return [each for each in telling.watching(found, colleague(access)) if not each.me]


@router.get("/media/{entry}", response_class=Response, responses={200: {"content": {"application/octet-stream": {}}}})
async def read_media(
    conversation_id: ConversationNamed,
    entry: Annotated[str, Path(pattern=r"^(in|out)-\d{1,12}$", description="The entry that the file is in.")],
    access: Reads,
    behind: Behind,
    saved: Annotated[bool, Query(description="To be saved, not shown.")] = False,
) -> Response:
    """A file of a message, or the part of it that `Range` asks for. One that nobody wanted yet is fetched now."""
    found = await asked(behind, access, conversation_id)
    told = await behind.store.message(found.key, entry)
    if told is None:
        raise Refusal(404, _NO_FILE)
    try:
        key = await _key(found, told)
        row = await behind.store.find_file(access.workspace_id, key)
        place = FilePlace(access.workspace_id, key)
        if row is None or await found.talk.files.store.size(place) != row.size:
            raise Refusal(404, "this file is no longer kept")
    except FileGone:
        raise Refusal(404, _NO_FILE) from None
    except MediaRefused as refused:
        raise Refusal(404, f"this file was not taken: {refused.detail}") from None
    except (MediaUnavailable, TimeoutError):
        raise Refusal(503, "the file cannot be had now, try again") from None
    return _File(found.talk.files.store, place, row, saved=saved)


async def _key(found: Asked, told: Entry) -> str:
    """Of the bytes that are kept. Raises Refusal, MediaRefused, MediaUnavailable, TimeoutError."""
    if told.content is not None:
        kept = [file.key for file in files_of(told.content) if file.key]
        if not kept:
            raise Refusal(404, _NO_FILE)
        return kept[0]
    event, inbound = told.event, told.inbound
    if event is None or inbound is None or inbound.media is None or told.is_deleted:
        raise Refusal(404, _NO_FILE)
    if told.file is not None and told.file.state == "kept" and told.file.size is not None and told.file.key:
        return told.file.key
    source = source_of(inbound.media, inbound.message_id)
    turn_no = event.turn_no or found.conversation.turn_no
    origin = Origin(found.reachable(), found.key.id, turn_no, source)
    async with asyncio.timeout(_LONGEST_FETCH), found.talk.fetching:
        fetched = await found.talk.files.fetch(inbound.media, MEDIA_KINDS.get(inbound.kind, "document"), origin)
    return fetched.key


class _File(Response):
    """A kept file as an answer."""

    def __init__(self, store: MediaStore, place: FilePlace, row: FileRow, *, saved: bool) -> None:
        super().__init__()
        self._store = store
        self._place = place
        self._row = row
        self._saved = saved

    async def __call__(self, scope: Scope, _: Receive, send: Send) -> None:
        """Give it."""
        await give(self._store, self._place, self._row, scope, send, saved=self._saved)
