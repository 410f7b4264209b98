"""Who answers a conversation: taken over, paused, given back; and notes to colleagues."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from turnkeeper.model.colleagues import Note
from turnkeeper.model.conversation import Mode
from turnkeeper.model.people import Role
from turnkeeper.store.colleagues import Taking
from turnkeeper.web.api import telling
from turnkeeper.web.api.access import Access, Answers
from turnkeeper.web.api.backend import Backend, Behind
from turnkeeper.web.api.refusals import Refusal, Wrong
from turnkeeper.web.api.talk import NOWHERE, asked, colleague, key_of, talk_of
from turnkeeper.web.api.thread import ConversationNamed
from turnkeeper.web.api.thread_bodies import AnsweringTold

router = APIRouter(prefix="/conversations/{conversation_id}", tags=["conversations"])
LONGEST_NOTE = 10_000
_FARTHEST = 366 * 86_400.0
KNOWN_AS = r"^[A-Za-z0-9_-]{8,64}$"


class Takeover(BaseModel):
    """`until`: when the bot answers again by itself; left out: until somebody gives it back. `confirmed`: also from a
    colleague who answers."""

    until: float | None = None
    confirmed: bool = False


class Standing(BaseModel):
    """Who answers now."""

    mode: Literal["bot", "human", "paused"]
    mode_until: float | None
    answering: AnsweringTold | None


class NoteGiven(BaseModel):
    """A note; repeated under the same `id` it is the same one."""

    id: str = Field(pattern=KNOWN_AS, description="The browser's own, made once for the note.")
    text: str = Field(min_length=1, max_length=LONGEST_NOTE)


class NoteKept(BaseModel):
    """Where a note is."""

    number: int
    at: float


@router.post("/takeover")
async def take_over(conversation_id: ConversationNamed, wish: Takeover, access: Answers, behind: Behind) -> Standing:
    """Have the bot stand back, at once: what it is about to send is not sent. 409 tells which colleague answers."""
    await taken(behind, access, conversation_id, wish)
    await access.note("conversation.taken", conversation_id)
    return await _standing(behind, access, conversation_id)


@router.post("/pause")
async def pause(conversation_id: ConversationNamed, wish: Takeover, access: Answers, behind: Behind) -> Standing:
    """Have nobody answer."""
    await taken(behind, access, conversation_id, wish, Mode.PAUSED)
    await access.note("conversation.paused", conversation_id)
    return await _standing(behind, access, conversation_id)


@router.post("/give-back")
async def give_back(conversation_id: ConversationNamed, access: Answers, behind: Behind) -> Standing:
    """Have the bot answer again."""
    talk_of(behind)
    key = key_of(access, conversation_id)
    wake = await behind.store.set_mode(key, Mode.BOT, behind.now(), by=access.who)
    if wake is None:
        raise Refusal(404, NOWHERE)
    behind.publish([wake])
    await access.note("conversation.given_back", conversation_id)
    return await _standing(behind, access, conversation_id)


async def taken(behind: Backend, access: Access, conversation_id: str, wish: Takeover, mode: Mode = Mode.HUMAN) -> None:
    """Take a conversation; raises Refusal where it is a colleague's."""
    talk_of(behind)
    now = behind.now()
    if wish.until is not None and not now < wish.until <= now + _FARTHEST:
        raise Refusal(422, "`until` is a time to come, within a year, in unix seconds")
    taking = Taking(colleague(access), mode, now, wish.until, wish.confirmed)
    outcome = await behind.store.take_over(key_of(access, conversation_id), taking)
    if outcome is None:
        raise Refusal(404, NOWHERE)
    if outcome.held is not None:
        name = outcome.held.name
        raise Refusal(409, f"{name} answers this: send confirmed to take it over", [Wrong("answering", name)])
    if outcome.wake is not None:
        behind.publish([outcome.wake])


async def _standing(behind: Backend, access: Access, conversation_id: str) -> Standing:
    found = await asked(behind, access, conversation_id)
    mode: Literal["bot", "human", "paused"] = found.conversation.mode  # type: ignore[assignment]
    told = telling.who_answers(found, colleague(access), behind.now())
    return Standing(mode=mode, mode_until=found.conversation.mode_until, answering=told)


@router.post("/notes", status_code=201)
async def add_note(conversation_id: ConversationNamed, note: NoteGiven, access: Answers, behind: Behind) -> NoteKept:
    """Tell colleagues something; the contact never sees it."""
    talk_of(behind)
    me, key = colleague(access), key_of(access, conversation_id)
    kept = await behind.store.add_note(Note(*key, 0, f"{me.id}:{note.id}", behind.now(), *me, note.text))
    if kept is None:
        raise Refusal(404, NOWHERE)
    return NoteKept(number=kept.seq, at=kept.at)


@router.delete("/notes/{number}", status_code=204)
async def drop_note(
    conversation_id: ConversationNamed,
    number: Annotated[int, Path(ge=1, le=2**31)],
    access: Answers,
    behind: Behind,
) -> None:
    """Take a note away: one's own, an administrator anybody's."""
    talk_of(behind)
    author = None if access.role.includes(Role.ADMIN) else colleague(access).id
    if not await behind.store.drop_note(key_of(access, conversation_id), number, author):
        raise Refusal(404, "there is no such note, or it is not yours")
