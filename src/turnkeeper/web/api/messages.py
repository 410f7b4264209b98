"""What a colleague writes to a contact: words, files, templates. Said once under its id, in order with everything else.

The bot stands back first: whoever writes, has the conversation. Outside the provider's window only templates go.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.requests import ClientDisconnect

from turnkeeper.engine.media import Origin
from turnkeeper.engine.speaking import CannotSay
from turnkeeper.engine.templates import definition_in
from turnkeeper.model import contents as said
from turnkeeper.model.contents import Reply, Template
from turnkeeper.model.errors import MediaRefused, MediaUnavailable
from turnkeeper.model.media import made_source
from turnkeeper.model.templates import TemplateDefinition
from turnkeeper.rules import window
from turnkeeper.rules.templates import check
from turnkeeper.store.speaking import Spoken
from turnkeeper.text.template_preview import preview
from turnkeeper.web.api.access import Answers, Reads
from turnkeeper.web.api.answering import KNOWN_AS, Takeover, taken
from turnkeeper.web.api.backend import Backend, Behind
from turnkeeper.web.api.limits import STREAMS
from turnkeeper.web.api.refusals import Refusal, Wrong
from turnkeeper.web.api.talk import Asked, asked, colleague
from turnkeeper.web.api.thread import ConversationNamed

router = APIRouter(prefix="/conversations/{conversation_id}", tags=["conversations"])
STREAMS.append(re.compile(r"/api/v1/conversations/[^/]+/files"))
LONGEST_TEXT = 20_000
_SLOWEST = 600.0
_KEY = r"^[0-9a-f]{64}$"
_FILE = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
Value = Annotated[str, Field(max_length=2000)]


class SentFile(BaseModel):
    """A file that was sent up before. `voice`: it was spoken for this message."""

    key: str = Field(pattern=_KEY)
    voice: bool = False


class ButtonValue(BaseModel):
    """What one of a template's buttons is given, by its place from 0."""

    index: int = Field(ge=0, le=9)
    value: Value


class TemplateGiven(BaseModel):
    """A template and its parameters, in order (`body`) or by name (`named`)."""

    name: str = Field(max_length=512)
    language: str = Field(max_length=20)
    body: list[Value] = Field([], max_length=100)
    named: dict[Annotated[str, Field(max_length=100)], Value] = Field({}, max_length=100)
    header: Value | None = None
    header_file: SentFile | None = None
    buttons: list[ButtonValue] = Field([], max_length=10)


class MessageGiven(BaseModel):
    """One message: words, a file with words below it, or a template. Repeated under the same `id` it is sent once.

    `reply_to`: the entry that it answers. `until`, `confirmed`: as for taking over, which it does.
    """

    id: str = Field(pattern=KNOWN_AS, description="The browser's own, made once for the message.")
    text: str = Field("", max_length=LONGEST_TEXT)
    file: SentFile | None = None
    template: TemplateGiven | None = None
    reply_to: str | None = Field(None, pattern=r"^(in|out)-\d{1,12}$")
    until: float | None = None
    confirmed: bool = False


class MessageTaken(BaseModel):
    """The entries that it has become, in the order of sending."""

    entries: list[str]


class FileKept(BaseModel):
    """A file that can be sent. `kind`: what it goes as."""

    key: str
    mime: str
    size: int
    filename: str
    kind: str


class ButtonDefined(BaseModel):
    """A template's button; `wants`: it has to be given a value, `may`: it can be."""

    kind: str
    text: str
    wants: bool
    may: bool


class TemplateTold(BaseModel):
    """A template of the channel. `why_not`: why it cannot be sent, empty where it can; `parameters` and
    `header_parameters` by name, or by number where they have an order instead (`named` false)."""

    name: str
    language: str
    category: str
    status: str
    why_not: str
    named: bool
    text: str
    parameters: list[str]
    header: str | None
    header_text: str
    header_parameters: list[str]
    footer: str
    buttons: list[ButtonDefined]


class TemplatePage(BaseModel):
    """Those of the conversation's channel, by name."""

    items: list[TemplateTold]
    next: str | None = None


class Previewed(BaseModel):
    """How it will look, and what is wrong with it."""

    shown: str
    wrongs: list[str]


@router.post("/messages", status_code=202)
async def say_message(
    conversation_id: ConversationNamed, given: MessageGiven, access: Answers, behind: Behind
) -> MessageTaken:
    """Say it: the bot stands back, then it is in the outbox. 409 tells which colleague answers, or that the window is
    closed."""
    found = await asked(behind, access, conversation_id)
    channel = found.reachable()
    known_as = f"{found.key.id}:{colleague(access).id}:{given.id}"
    before = await found.talk.speaker.spoken(channel, known_as)
    if before is not None:
        return _told(before)
    reply = await _reply(behind, found, given)
    if given.template is None and not window.is_open(found.conversation, channel.sends, behind.now()):
        raise Refusal(409, "the window is closed: only templates can be sent", [Wrong("window", "closed")])
    mode_until = found.conversation.mode_until if given.until is None and found.conversation.mode == "human" else None
    wish = Takeover(until=given.until or mode_until, confirmed=given.confirmed)
    await taken(behind, access, conversation_id, wish)
    try:
        address = found.conversation.addresses.split("\n")[0]
        speech = await found.talk.speaker.say(
            channel, address, [reply], known_as=known_as, takes_over=True, by=access.who, by_hand=True
        )
    except CannotSay as wrong:
        raise Refusal(422, str(wrong)) from None
    return _told(Spoken(speech.key, speech.rows))


def _told(spoken: Spoken) -> MessageTaken:
    return MessageTaken(entries=[f"out-{row.seq}" for row in spoken.rows])


async def _reply(behind: Backend, found: Asked, given: MessageGiven) -> Reply:
    """What is to be sent; raises Refusal."""
    if given.template is not None:
        if given.text or given.file is not None:
            raise Refusal(422, "a template goes alone: send words and files as messages of their own")
        return await _checked(behind, found, given.template)
    quoted = None if given.reply_to is None else await _external_id(behind, found, given.reply_to)
    if given.file is None:
        if not given.text.strip():
            raise Refusal(422, "there is nothing to say")
        return said.Text(given.text, reply_to=quoted)
    file = await _file(behind, found, given.file.key)
    return _with_file(file, given, quoted)


async def _external_id(behind: Backend, found: Asked, entry: str) -> str | None:
    """The provider's id of a message; None where it has none (any more): then nothing is quoted."""
    told = await behind.store.message(found.key, entry)
    if told is None:
        return None
    return told.event.external_id if told.event is not None else told.row.external_id if told.row is not None else None


async def _file(behind: Backend, found: Asked, key: str) -> said.File:
    """A file that was sent up for this conversation; raises Refusal."""
    workspace_id, conversation_id = found.key
    channel_id = found.conversation.channel_id
    known = await behind.store.find_media(workspace_id, channel_id, made_source(conversation_id, key))
    row = None if known is None else await behind.store.find_file(workspace_id, key)
    if known is None or row is None:
        raise Refusal(422, "there is no such file: send it up first")
    await behind.store.need_files(workspace_id, [key], behind.now())
    return said.File(key=key, mime=row.mime, filename=known.filename or row.filename, size=row.size)


def _with_file(file: said.File, given: MessageGiven, quoted: str | None) -> Reply:
    words = given.text.strip() or None
    match kind_of(file.mime or "", voice=given.file is not None and given.file.voice):
        case "image":
            return said.Image(file, words, quoted)
        case "video":
            return said.Video(file, words, quoted)
        case ("audio" | "voice") as kind:
            if words:
                raise Refusal(422, "sound has no words below it: send them as a message of their own")
            return said.Audio(file, quoted) if kind == "audio" else said.VoiceNote(file, quoted)
    return said.Document(file, words, quoted)


def kind_of(mime: str, *, voice: bool = False) -> str:
    """What a file goes as."""
    family = mime.partition("/")[0]
    if family == "audio":
        return "voice" if voice and mime == "audio/ogg" else "audio"
    return family if family in ("image", "video") and "svg" not in mime else "document"


@router.post("/files", status_code=201, openapi_extra=_FILE)
async def upload_file(
    conversation_id: ConversationNamed,
    request: Request,
    access: Answers,
    behind: Behind,
    filename: Annotated[str, Query(max_length=200)] = "",
) -> FileKept:
    """Send a file up, as the body, to be sent with a message."""
    found = await asked(behind, access, conversation_id)
    origin = Origin(found.reachable(), found.key.id, found.conversation.turn_no, "")
    mime = (request.headers.get("content-type") or "").partition(";")[0].strip().lower()
    try:
        async with asyncio.timeout(_SLOWEST):
            kept = await found.talk.files.keep(_stream(request), filename or None, mime or None, origin)
    except MediaRefused as refused:
        status = 413 if refused.reason == "too_large" else 422
        raise Refusal(status, f"this file is not taken: {refused.detail}") from None
    except MediaUnavailable:
        raise Refusal(503, "no file can be kept now, try again") from None
    except (TimeoutError, ClientDisconnect):
        raise Refusal(408, "the file came too slowly, or not whole") from None
    return FileKept(key=kept.key, mime=kept.mime, size=kept.size, filename=kept.filename, kind=kind_of(kept.mime))


async def _stream(request: Request) -> AsyncIterator[bytes]:
    async for chunk in request.stream():
        yield chunk


@router.get("/templates")
async def list_sendable_templates(conversation_id: ConversationNamed, access: Reads, behind: Behind) -> TemplatePage:
    """The templates of the conversation's channel, and why some of them cannot be sent."""
    found = await asked(behind, access, conversation_id)
    rows = await behind.store.templates(access.workspace_id, found.conversation.channel_id)
    adapter = found.talk.adapters[found.channel.kind] if found.channel is not None else None
    why_not = getattr(adapter, "why_not", lambda *_: "")
    return TemplatePage(items=[_template(definition_in(row), str(why_not(row.status, row.reason))) for row in rows])


def _template(found: TemplateDefinition, why_not: str) -> TemplateTold:
    return TemplateTold(
        name=found.name,
        language=found.language,
        category=found.category,
        status=found.status,
        why_not=why_not,
        named=found.named,
        text=found.text,
        parameters=list(found.body),
        header=found.header,
        header_text=found.header_text,
        header_parameters=list(found.header_values),
        footer=found.footer,
        buttons=[
            ButtonDefined(kind=each.kind, text=each.text, wants=each.wants, may=each.may) for each in found.buttons
        ],
    )


@router.post("/templates/preview")
async def preview_template(
    conversation_id: ConversationNamed, given: TemplateGiven, access: Reads, behind: Behind
) -> Previewed:
    """How a template will look with these parameters, and what is wrong with them."""
    found = await asked(behind, access, conversation_id)
    definition = await _definition(behind, found, given)
    template = await _built(behind, found, given, definition)
    return Previewed(shown=preview(template, definition), wrongs=check(template, definition))


async def _checked(behind: Backend, found: Asked, given: TemplateGiven) -> Template:
    """Raises Refusal for one that would not be taken."""
    definition = await _definition(behind, found, given)
    template = await _built(behind, found, given, definition)
    if wrongs := check(template, definition):
        raise Refusal(422, "; ".join(wrongs), [Wrong("template", each) for each in wrongs])
    return template


async def _definition(behind: Backend, found: Asked, given: TemplateGiven) -> TemplateDefinition:
    key = (found.key.workspace_id, found.conversation.channel_id)
    row = await behind.store.template(*key, given.name, given.language)
    if row is None:
        raise Refusal(422, f"the channel has no template {given.name} in {given.language}")
    return definition_in(row)


async def _built(behind: Backend, found: Asked, given: TemplateGiven, definition: TemplateDefinition) -> Template:
    kinds: Mapping[int, str] = {index: each.kind for index, each in enumerate(definition.buttons)}
    file = None if given.header_file is None else await _file(behind, found, given.header_file.key)
    header = definition.header
    wrong = [each.index for each in given.buttons if each.index not in kinds]
    if wrong:
        raise Refusal(422, f"it has {len(kinds)} buttons, none at {wrong[0]}")
    buttons = [{"kind": kinds[each.index], "value": each.value, "index": each.index} for each in given.buttons]
    named = definition.header_values[0] if definition.named and definition.header_values else None
    try:
        values = msgspec.convert(buttons, tuple[said.TemplateButton, ...])
    except msgspec.ValidationError:
        raise Refusal(422, "one of these buttons takes no value") from None
    return Template(
        given.name,
        given.language,
        body=tuple(given.body),
        named=given.named,
        header=given.header,
        header_name=named if given.header is not None else None,
        header_file=file,
        header_kind=header if file is not None and header in ("image", "video", "document") else None,
        buttons=values,
    )
