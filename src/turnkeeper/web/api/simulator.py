"""`/api/v1/simulator`: writing to any bot as a person would, on a channel of any kind, with no provider.

It goes the way of every message: through the mailbox, to the worker, by the real engine. The channel is simulated, so
nothing leaves; what is said there counts nowhere and can be cleared.
"""

import re
from collections.abc import AsyncIterator, Sequence
from secrets import randbelow, token_hex
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Header, Path, Query, Request
from msgspec.structs import replace

from turnkeeper.engine.media import MEDIA_KINDS, Origin
from turnkeeper.model.contents import Buttons, List
from turnkeeper.model.conversation import Conversation
from turnkeeper.model.errors import MediaRefused
from turnkeeper.model.events import (
    Choice,
    ContactCard,
    DeliveryUpdate,
    EventKind,
    Inbound,
    Location,
    Media,
    Phone,
    Reaction,
    Status,
)
from turnkeeper.model.ids import BotId, WorkspaceId
from turnkeeper.model.media import source_of
from turnkeeper.model.policy import Channel
from turnkeeper.model.simulated import Simulated, simulated
from turnkeeper.rules import window
from turnkeeper.store.base import Arrival, Intake, Report
from turnkeeper.store.thread import Cursor
from turnkeeper.web.api import telling
from turnkeeper.web.api.access import Access, Answers, Reads
from turnkeeper.web.api.backend import Backend, Behind
from turnkeeper.web.api.limits import STREAMS
from turnkeeper.web.api.refusals import Refusal
from turnkeeper.web.api.simulator_bodies import (
    ActTaken,
    Deletes,
    Edits,
    FileAs,
    NewTalk,
    PersonsAct,
    Reacts,
    SendsCard,
    SendsPlace,
    SimulatedBot,
    SimulatedTalk,
    Simulators,
    TalkTold,
    TapsChoice,
    TimePasses,
    WritesText,
)
from turnkeeper.web.api.talk import colleague, talk_of
from turnkeeper.web.api.thread_bodies import Window

router = APIRouter(prefix="/simulator", tags=["simulator"])
_TALK = re.compile(r"([a-z_]{1,40})\.([A-Za-z0-9][A-Za-z0-9_-]{0,62})\.(\d{6,12})")
_SHOWN = 60
LARGEST_FILE = 16 * 1024 * 1024
"""Bytes of a file that somebody sends here."""
STREAMS.append(re.compile(r"/api/v1/simulator/talks/[^/]+/files"))
TalkNamed = Annotated[str, Path(max_length=120, description="The talk's id.")]


class Tried(NamedTuple):
    """A bot that can be tried, and what it is."""

    id: str
    kind: str


class _Talk(NamedTuple):
    """Somebody who writes: on which channel, and as whom."""

    id: str
    of: Simulated
    channel: Channel
    address: str
    conversation: Conversation | None


@router.get("")
async def list_simulators(access: Reads, behind: Behind) -> Simulators:
    """The bots that can be tried, the kinds of channels, and who writes to whom."""
    bots = _bots(behind, access.workspace_id)
    found = await behind.store.simulated(access.workspace_id)
    return Simulators(
        bots=[SimulatedBot(id=each.id, kind=each.kind) for each in bots],
        kinds=list(behind.simulated_kinds),
        talks=[told for each in found if (told := _listed(each)) is not None],
    )


def _bots(behind: Backend, workspace_id: WorkspaceId) -> Sequence[Tried]:
    return [] if behind.tried is None else [Tried(*each) for each in behind.tried(workspace_id)]


def _listed(conversation: Conversation) -> SimulatedTalk | None:
    of = simulated(conversation.channel_id)
    number = conversation.addresses.split("\n")[0].rpartition(":")[2]
    if of is None:
        return None
    return SimulatedTalk(
        id=f"{of.kind}.{of.bot_id}.{number}",
        bot=of.bot_id,
        kind=of.kind,
        conversation=conversation.id,
        last_at=conversation.contact_at,
    )


@router.post("/talks", status_code=201)
async def begin_talk(access: Answers, behind: Behind, body: NewTalk) -> SimulatedTalk:
    """Somebody new, who has written nothing yet. There is a conversation once they have."""
    if body.bot not in {each.id for each in _bots(behind, access.workspace_id)}:
        raise Refusal(404, "there is no such bot here")
    if body.kind not in behind.simulated_kinds:
        raise Refusal(404, "there is no such kind of channel")
    number = 100_000_000 + randbelow(900_000_000)
    return SimulatedTalk(
        id=f"{body.kind}.{body.bot}.{number}", bot=body.bot, kind=body.kind, conversation=None, last_at=None
    )


async def _talk(behind: Backend, access: Access, talk_id: str) -> _Talk:
    """Raises Refusal for one that cannot be."""
    read = _TALK.fullmatch(talk_id)
    if read is None:
        raise Refusal(404, "there is no such talk")
    of = Simulated(read[1], BotId(read[2]))
    channel = talk_of(behind).channel(access.workspace_id, of.channel_id)
    if channel is None:
        raise Refusal(404, "there is no such bot or kind of channel any more")
    prefix = "chat" if of.kind == "telegram" else "phone"
    address = f"{prefix}:{read[3]}"
    return _Talk(talk_id, of, channel, address, await behind.store.find(access.workspace_id, channel.id, address))


def _there(talk: _Talk) -> Conversation:
    if talk.conversation is None:
        raise Refusal(409, "they have written nothing yet")
    return talk.conversation


@router.get("/talks/{talk_id}")
async def read_talk(access: Reads, behind: Behind, talk_id: TalkNamed) -> TalkTold:
    """What the person sees on their phone."""
    talk = await _talk(behind, access, talk_id)
    now, found = behind.now(), talk.conversation
    entries = []
    due_at = None
    if found is not None:
        page = await behind.store.thread(found.key, Cursor(), _SHOWN)
        entries = telling.entries(page.entries, found.id, colleague(access))
        header = await behind.store.header(found.key, now)
        due_at = min((each.due_at for each in header.timers), default=None) if header is not None else None
    closes_at = now if found is None else window.open_until(found, talk.channel.sends)
    limited = talk.channel.sends.window is not None
    return TalkTold(
        id=talk.id,
        bot=talk.of.bot_id,
        kind=talk.of.kind,
        name="",
        conversation=None if found is None else found.id,
        mode="bot" if found is None else found.mode,  # type: ignore[arg-type]
        typing=found is not None and found.turn_state == "running",
        window=Window(limited=limited, open=not limited or now < closes_at, closes_at=closes_at if limited else None),
        now=now,
        due_at=due_at,
        entries=entries,
    )


@router.post("/talks/{talk_id}/acts", status_code=202)
async def act_in_talk(access: Answers, behind: Behind, talk_id: TalkNamed, body: PersonsAct) -> ActTaken:
    """The person writes, taps, or sends a place or a card."""
    talk = await _talk(behind, access, talk_id)
    event = _event(talk, behind.now(), body.name)
    match body:
        case WritesText():
            event = replace(event, kind="text", text=body.text, reply_to=body.quote)
        case TapsChoice():
            event = await _tapped(behind, talk, event, body)
        case SendsPlace():
            place = Location(body.latitude, body.longitude, body.label or None)
            event = replace(event, kind="location", location=place)
        case SendsCard():
            card = ContactCard(body.card, (Phone(body.phone),))
            event = replace(event, kind="contacts", cards=(card,), contacts_count=1, contact_name=body.card)
        case Edits():
            event = replace(event, kind="edited", text=body.text, target_message_id=body.to)
        case Deletes():
            event = replace(event, kind="deleted", target_message_id=body.to)
        case Reacts():
            event = replace(event, kind="reaction", reaction=Reaction(body.to, body.emoji))
    return await _taken(behind, talk, event)


def _event(talk: _Talk, now: float, name: str) -> Inbound:
    known_as = f"simulated.{token_hex(12)}"
    number = talk.address.partition(":")[2]
    return Inbound(
        kind="text",
        message_id=known_as,
        chat_id=number,
        sender_id=number,
        sender_phone=number if talk.address.startswith("phone:") else None,
        sender_name=name,
        timestamp=int(now),
        addresses=(talk.address,),
        dedup_key=known_as,
    )


async def _tapped(behind: Backend, talk: _Talk, event: Inbound, body: TapsChoice) -> Inbound:
    entry = await behind.store.message(_there(talk).key, body.entry)
    content = None if entry is None else entry.content
    found: Choice | None = None
    match content:
        case Buttons(choices=choices):
            found = next((each for each in choices if (each.title or each.id) == body.title), None)
        case List(sections=sections):
            rows = (row for section in sections for row in section.rows)
            found = next((row for row in rows if (row.title or row.id) == body.title), None)
    if found is None:
        raise Refusal(409, "that message does not offer it")
    answered = None if entry is None or entry.row is None else entry.row.external_id
    kind: EventKind = "list_reply" if isinstance(content, List) else "button_reply"
    return replace(event, kind=kind, text=body.title, choice=found, reply_to=answered)


async def _taken(behind: Backend, talk: _Talk, event: Inbound) -> ActTaken:
    now = behind.now()
    taken = await behind.store.take(Intake([Arrival(talk.channel, event, now)]))
    behind.publish(taken.wakes)
    ((conversation_id, _),) = taken.homes
    return ActTaken(conversation=conversation_id, new=taken.accepted > 0)


@router.post("/talks/{talk_id}/files", status_code=202)
async def send_file_in_talk(
    request: Request,
    access: Answers,
    behind: Behind,
    talk_id: TalkNamed,
    sent_as: Annotated[FileAs, Query(alias="as", description="How the phone sends it.")],
    filename: Annotated[str, Query(max_length=200)] = "",
    caption: Annotated[str, Query(max_length=4096)] = "",
    name: Annotated[str, Query(min_length=1, max_length=100)] = "Ada",
    content_type: Annotated[str, Header(max_length=200)] = "application/octet-stream",
) -> ActTaken:
    """The person sends a file: the body, of at most 16 MB. What is no file of that kind is refused as on a real
    channel, and the bot is told so."""
    talk = await _talk(behind, access, talk_id)
    mime = content_type.partition(";")[0].strip().lower()
    event = _event(talk, behind.now(), name)
    media = Media(id=event.message_id, mime=mime, filename=filename or None)
    event = replace(event, kind=sent_as, text=caption or None, media=media)
    now = behind.now()
    taken = await behind.store.take(Intake([Arrival(talk.channel, event, now)]))
    ((conversation_id, _),) = taken.homes
    origin = Origin(talk.channel, conversation_id, 0, source_of(media, event.message_id))
    try:
        await talk_of(behind).files.take_in(
            _body(request), MEDIA_KINDS.get(sent_as, "document"), filename or None, mime, origin
        )
    except MediaRefused:
        pass  # it is noted, and the bot's turn will say so
    finally:
        behind.publish(taken.wakes)
    return ActTaken(conversation=conversation_id, new=True)


async def _body(request: Request) -> AsyncIterator[bytes]:
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > LARGEST_FILE:
            raise MediaRefused("too_large", f"it is larger than {LARGEST_FILE} bytes")
        yield chunk


@router.post("/talks/{talk_id}/repeat", status_code=202)
async def repeat_in_talk(access: Answers, behind: Behind, talk_id: TalkNamed) -> ActTaken:
    """Deliver the newest message once more, as providers do whose answer was lost: it counts once."""
    talk = await _talk(behind, access, talk_id)
    page = await behind.store.thread(_there(talk).key, Cursor(), _SHOWN)
    newest = next((entry for entry in page.entries if entry.who == "contact" and entry.inbound is not None), None)
    if newest is None or newest.inbound is None:
        raise Refusal(409, "they have written nothing yet")
    return await _taken(behind, talk, newest.inbound)


@router.post("/talks/{talk_id}/time", status_code=204)
async def let_time_pass_in_talk(access: Answers, behind: Behind, talk_id: TalkNamed, body: TimePasses) -> None:
    """So many seconds pass for this talk alone: timers, sessions and the window are as much older."""
    talk = await _talk(behind, access, talk_id)
    wake = await behind.store.let_time_pass(_there(talk).key, body.seconds, behind.now())
    if wake is None:
        raise Refusal(409, "the bot is at work: wait until it has answered")
    behind.publish([wake])


@router.post("/talks/{talk_id}/seen", status_code=204)
async def see_talk(access: Answers, behind: Behind, talk_id: TalkNamed) -> None:
    """The person has read what is there."""
    talk = await _talk(behind, access, talk_id)
    page = await behind.store.thread(_there(talk).key, Cursor(), _SHOWN)
    now = behind.now()
    ids = [row.external_id for entry in page.entries if (row := entry.row) is not None and _unread(row)]
    stages: tuple[Status, ...] = ("delivered", "read")
    reports = [
        Report(talk.channel, DeliveryUpdate(status=status, message_id=known_as, timestamp=int(now)), now)
        for known_as in ids
        for status in stages
    ]
    if reports:
        behind.publish((await behind.store.take(Intake(reports=reports))).wakes)


def _unread(row: Any) -> bool:
    return row.external_id is not None and row.state in ("accepted", "sent", "delivered") and row.read_at is None


@router.delete("/talks/{talk_id}", status_code=204)
async def clear_talk(access: Answers, behind: Behind, talk_id: TalkNamed) -> None:
    """Delete it, with all that is known of the person."""
    talk = await _talk(behind, access, talk_id)
    await behind.store.clear_simulated(_there(talk).key)
