"""`/api/v1/conversations/{id}/turns`: turns told whole; and turns run again, which sends nothing.

The web process runs no turn: what is asked for waits until a worker takes it.
"""

import json
from collections.abc import Iterable
from secrets import token_hex
from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, ConfigDict, TypeAdapter

from turnkeeper.model.ids import ConversationId, ConversationKey
from turnkeeper.model.rehearsed import Rehearsed, WrittenScript
from turnkeeper.model.traces import Rehearsal
from turnkeeper.model.turn_told import ToldTurn
from turnkeeper.rules.turn_told import told
from turnkeeper.web.api.access import Answers, Reads
from turnkeeper.web.api.backend import Behind
from turnkeeper.web.api.refusals import Refusal

router = APIRouter(tags=["turns"])
_HIDDEN = "[hidden]"
_result: TypeAdapter[Rehearsed | WrittenScript] = TypeAdapter(Rehearsed | WrittenScript)
_SHORTEST_SECRET = 6
MOST_OPEN = 3
"""Rehearsals of a workspace that wait or run at once."""
OPEN_FOR = 600.0
"""Seconds after which one that has not ended counts no more."""
ConversationPath = Annotated[str, Path(max_length=64, description="The conversation's id.")]
NumberPath = Annotated[int, Path(ge=1, lt=2**31, description="The turn's number, from 1.")]


class TurnHead(BaseModel):
    """A turn in a list."""

    no: int
    state: str
    attempt: int
    bot: str
    started_at: float
    committed_at: float | None


class TurnPage(BaseModel):
    """Turns, the newest first. `next`: what `after` says to go on; None: these are the last."""

    items: list[TurnHead]
    next: str | None


class WantedRehearsal(BaseModel):
    """How a turn is to be run again. `models`: really asked, or answering what they answered then; `what`: the turn
    itself, or a script of the conversation up to it, to be kept as a test."""

    model_config = ConfigDict(extra="forbid", strict=True)
    models: Literal["asked", "recorded"] = "asked"
    what: Literal["turn", "script"] = "turn"


class RehearsalBody(BaseModel):
    """How far it is; `progress`: what it does now, or why it failed; `result` once it is done."""

    id: str
    state: Literal["waiting", "running", "done", "failed"]
    progress: str
    asked_at: float
    began_at: float | None
    ended_at: float | None
    result: Rehearsed | WrittenScript | None = None


@router.get("/conversations/{conversation_id}/turns")
async def list_turns(
    access: Reads,
    behind: Behind,
    conversation_id: ConversationPath,
    after: Annotated[str | None, Query(max_length=20, pattern=r"^\d{1,10}$", description="`next` of a page.")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> TurnPage:
    """The turns of a conversation, the newest first."""
    key = ConversationKey(access.workspace_id, ConversationId(conversation_id))
    found = await behind.store.turns_of(key, None if after is None else int(after), limit + 1)
    items = [
        TurnHead(
            no=turn.no,
            state=turn.state,
            attempt=turn.attempt,
            bot=turn.bot_id,
            started_at=turn.started_at,
            committed_at=turn.committed_at,
        )
        for turn in found[:limit]
    ]
    return TurnPage(items=items, next=str(items[-1].no) if len(found) > limit else None)


@router.get("/conversations/{conversation_id}/turns/{no}", response_model=ToldTurn)
async def turn(
    access: Reads,
    behind: Behind,
    conversation_id: ConversationPath,
    no: NumberPath,
    *,
    download: Annotated[bool, Query(description="As a file.")] = False,
) -> Response:
    """A turn told whole: what was heard, what each attempt asked and got, what it took, what was sent, and why.

    It holds what people wrote; secrets of the configuration are left out wherever they stand."""
    key = ConversationKey(access.workspace_id, ConversationId(conversation_id))
    found = await behind.store.traced_turn(key, no)
    if found is None:
        raise Refusal(404, "there is no such turn, or it has been forgotten since")
    body = hidden(msgspec.json.encode(told(found)), behind.secrets())
    headers = {"cache-control": "no-store"}
    if download:
        headers["content-disposition"] = f'attachment; filename="turn-{no}.json"'
    return Response(body, media_type="application/json", headers=headers)


def hidden(body: bytes, secrets: Iterable[str]) -> bytes:
    """JSON without the secrets, as they stand in its strings."""
    for secret in sorted({each for each in secrets if len(each) >= _SHORTEST_SECRET}, key=len, reverse=True):
        for written in {msgspec.json.encode(secret)[1:-1], json.dumps(secret).encode()[1:-1]}:
            body = body.replace(written, _HIDDEN.encode())
    return body


@router.post("/conversations/{conversation_id}/turns/{no}/rehearsals", status_code=202)
async def rehearse_turn(
    access: Answers, behind: Behind, conversation_id: ConversationPath, no: NumberPath, body: WantedRehearsal
) -> RehearsalBody:
    """Run a turn again with its bot's draft. Nothing is sent and no effect happens; models are really asked unless the
    body says otherwise. What came of it: `GET /rehearsals/{id}`."""
    key = ConversationKey(access.workspace_id, ConversationId(conversation_id))
    if not any(each.no == no for each in await behind.store.turns_of(key, no + 1, 1)):
        raise Refusal(404, "there is no such turn, or it has been forgotten since")
    now = behind.now()
    asked = Rehearsal(access.workspace_id, token_hex(12), key.id, no, body.model_dump_json(), access.who, now)
    if not await behind.store.ask_rehearsal(asked, MOST_OPEN, now - OPEN_FOR):
        raise Refusal(429, f"{MOST_OPEN} turns are being run again already: wait until one has ended")
    return _body(asked, ())


@router.get("/rehearsals/{rehearsal_id}")
async def rehearsal(access: Reads, behind: Behind, rehearsal_id: Annotated[str, Path(max_length=64)]) -> RehearsalBody:
    """How far a turn is that is run again, and what came of it. Kept for a day."""
    found = await behind.store.rehearsal(access.workspace_id, rehearsal_id)
    if found is None:
        raise Refusal(404, "there is no such rehearsal, or it has been forgotten since")
    return _body(found, behind.secrets())


def _body(found: Rehearsal, secrets: Iterable[str]) -> RehearsalBody:
    result = None if found.result is None else _result.validate_json(hidden(found.result, secrets))
    return RehearsalBody(
        id=found.id,
        state=found.state,
        progress=found.progress,
        asked_at=found.asked_at,
        began_at=found.began_at,
        ended_at=found.ended_at,
        result=result,
    )
