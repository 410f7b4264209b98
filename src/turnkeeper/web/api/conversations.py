"""The inbox: conversations listed, narrowed and searched, and marked as seen.

A list goes on from where its last page ended, in the same order; who changes the order begins anew.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from turnkeeper.model.ids import ConversationId, ConversationKey
from turnkeeper.model.inbox import COUNTED_TO, InboxFilter, InboxPlace, SearchHit
from turnkeeper.store.inbox import place_of
from turnkeeper.web.api.access import Answers, Reads
from turnkeeper.web.api.backend import Behind
from turnkeeper.web.api.conversation_rows import ConversationRow, told
from turnkeeper.web.api.refusals import Refusal

router = APIRouter(prefix="/conversations", tags=["conversations"])
_LONGEST_WITHIN = 31 * 86400.0
_AFTER = "where a page ends is told by its `next`; leave `after` out to begin anew"


class ConversationPage(BaseModel):
    """Some conversations; `next`: what to give as `after` for the ones behind them, null at the end."""

    items: list[ConversationRow]
    next: str | None


class HitPlace(BaseModel):
    """Where a word stands, in code points: from `start` to before `end`."""

    start: int
    end: int


class ConversationFound(BaseModel):
    """A conversation in which all the words were found."""

    conversation: ConversationRow
    source: Literal["in", "out", "name"] = Field(description="In a message of theirs, of ours, or in name or number.")
    seq: int = Field(description="Which message; 0: none.")
    role: str
    at: float
    text: str = Field(description="What stands around the words.")
    hits: list[HitPlace] = Field(description="Where the words stand in it.")


class ConversationsFound(BaseModel):
    """What was found, names and numbers first, then messages, the newest first."""

    items: list[ConversationFound]
    next: str | None


class ConversationCounts(BaseModel):
    """How many there are of a kind. None is counted further than `most`; one more than that means: more."""

    all: int
    unread: int
    waiting: int
    escalated: int
    failed: int
    human: int
    paused: int
    most: int = COUNTED_TO


class ConversationChoices(BaseModel):
    """What conversations can be narrowed by, the first hundred of each."""

    channels: list[str]
    bots: list[str]
    stages: list[str]
    tags: list[str]


class ConversationSeen(BaseModel):
    """How much of a conversation somebody has seen."""

    messages: int | None = Field(None, ge=0, le=2**31, description="So many of the contact's; left out: all.")


class _Place(msgspec.Struct, array_like=True):
    order: str
    at: float
    conversation_id: str


def _narrowed(  # each is a parameter of the address
    behind: Behind,
    mode: Annotated[Literal["bot", "human", "paused"] | None, Query(description="Who answers.")] = None,
    channel: Annotated[str | None, Query(max_length=200)] = None,
    bot: Annotated[str | None, Query(max_length=200)] = None,
    stage: Annotated[str | None, Query(max_length=200)] = None,
    tag: Annotated[str | None, Query(max_length=200)] = None,
    unread: bool = False,
    waiting: Annotated[bool, Query(description="The contact waits for an answer.")] = False,
    escalated: Annotated[bool, Query(description="A person is wanted and none has answered.")] = False,
    failed: bool = False,
    closes_within: Annotated[
        float | None, Query(gt=0, le=_LONGEST_WITHIN, description="Seconds within which the window closes.")
    ] = None,
    order: Annotated[
        Literal["newest", "waiting", "closing"],
        Query(description="The newest first, who waits longest first, or whose window closes first."),
    ] = "newest",
) -> InboxFilter:
    now = behind.now()
    return InboxFilter(
        mode=mode,
        channel_id=channel,
        bot_id=bot,
        stage=stage,
        tag=tag,
        unread=unread,
        waiting=waiting,
        escalated=escalated,
        failed=failed,
        closing=None if closes_within is None else (now, now + closes_within),
        order=order,
    )


Narrowed = Annotated[InboxFilter, Depends(_narrowed)]
Limit = Annotated[int, Query(ge=1, le=100)]
After = Annotated[str | None, Query(max_length=400, description="A page's `next`.")]


@router.get("")
async def list_conversations(
    access: Reads, behind: Behind, wanted: Narrowed, limit: Limit = 50, after: After = None
) -> ConversationPage:
    """Conversations of the workspace, in order."""
    place = None if after is None else _read_place(after, wanted)
    rows = await behind.store.inbox_page(access.workspace_id, wanted, place, limit + 1)
    shown = rows[:limit]
    more = _written(place_of(shown[-1], wanted), wanted) if len(rows) > limit else None
    return ConversationPage(items=[told(row) for row in shown], next=more)


@router.get("/search")
async def search_conversations(
    access: Reads,
    behind: Behind,
    wanted: Narrowed,
    words: Annotated[str, Query(min_length=1, max_length=200, description="All of them; the last may be a beginning.")],
    limit: Limit = 30,
    after: After = None,
) -> ConversationsFound:
    """Conversations by what was said in them, by name or by number."""
    if after is not None and not (after.isascii() and after.isdigit() and len(after) < 19):
        raise Refusal(422, _AFTER)
    page = await behind.store.search(access.workspace_id, words, wanted, limit, after)
    return ConversationsFound(items=[_found(hit) for hit in page.hits], next=page.after)


@router.get("/counts")
async def count_conversations(access: Reads, behind: Behind) -> ConversationCounts:
    """How many conversations there are of each kind."""
    counts = await behind.store.inbox_counts(access.workspace_id)
    return ConversationCounts(**counts._asdict())


@router.get("/choices")
async def conversation_choices(access: Reads, behind: Behind) -> ConversationChoices:
    """The channels, bots, stages and tags that the workspace's conversations have."""
    choices = await behind.store.inbox_choices(access.workspace_id)
    return ConversationChoices.model_validate(choices._asdict())


@router.post("/{conversation_id}/seen", status_code=204)
async def mark_conversation_seen(access: Answers, behind: Behind, conversation_id: str, seen: ConversationSeen) -> None:
    """Somebody has looked at what the contact wrote; it is unread for nobody any more."""
    key = ConversationKey(access.workspace_id, ConversationId(conversation_id))
    if not await behind.store.mark_seen(key, seen.messages):
        raise Refusal(404, "there is no such conversation")


def _found(hit: SearchHit) -> ConversationFound:
    hits = [HitPlace(start=start, end=end) for start, end in hit.hits]
    return ConversationFound.model_validate({**hit._asdict(), "conversation": told(hit.row), "hits": hits})


def _written(place: InboxPlace, wanted: InboxFilter) -> str:
    packed = msgspec.json.encode(_Place(wanted.order, place.at, place.conversation_id))
    return urlsafe_b64encode(packed).decode().rstrip("=")


def _read_place(after: str, wanted: InboxFilter) -> InboxPlace:
    """Raises Refusal for what no page of this order has told."""
    try:
        place = msgspec.json.decode(urlsafe_b64decode(f"{after}=="), type=_Place)
    except ValueError as error:
        raise Refusal(422, _AFTER) from error
    if place.order != wanted.order:
        raise Refusal(422, _AFTER)
    return InboxPlace(place.at, place.conversation_id)
