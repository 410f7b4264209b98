"""What the store tells of a conversation, in the words of the API."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from turnkeeper.model import contents as said
from turnkeeper.model.colleagues import Colleague
from turnkeeper.model.conversation import OutboundRow, TurnState
from turnkeeper.model.events import Choice, ContactCard, Inbound, Location, caption_of, words_heard
from turnkeeper.model.outside import outside
from turnkeeper.rules import answering, window
from turnkeeper.store.thread import Entry, SeenFile
from turnkeeper.web.api import thread_bodies as bodies
from turnkeeper.web.api.talk import Asked

_HAPPENED = frozenset({"timer", "payment", "api", "system", "error", "call", "call_permission"})
_TAGS = "tags"


def header(asked: Asked, me: Colleague, now: float) -> bodies.ConversationTold:
    """Who a conversation is with, and how it stands."""
    told, conversation = asked.header, asked.conversation
    facts = [(each, _json(each.value)) for each in told.facts if not each.name.startswith("_")]
    tags = [str(tag) for each, value in facts if each.name == _TAGS and isinstance(value, list) for tag in value]
    return bodies.ConversationTold(
        id=conversation.id,
        channel_id=conversation.channel_id,
        channel_kind="" if asked.channel is None else asked.channel.kind,
        bot_id="" if asked.channel is None else asked.channel.bot_id,
        contact_id=conversation.contact_id,
        name=told.name,
        addresses=list(dict.fromkeys((*conversation.addresses.split("\n"), *told.addresses))),
        mode=conversation.mode,  # type: ignore[arg-type]
        mode_until=conversation.mode_until,
        opted_out=conversation.opted_out,
        running=conversation.turn_state == TurnState.RUNNING,
        stage=told.stage,
        tags=list(dict.fromkeys(tags)),
        facts=[
            bodies.FactTold(bot_id=each.bot_id, name=each.name, value=value, at=each.at)
            for each, value in facts
            if each.name != _TAGS
        ],
        consents=[
            bodies.ConsentTold(purpose=each.purpose, granted=each.granted, source=each.source, at=each.at)
            for each in told.consents
        ],
        timers=[bodies.TimerTold(name=each.name, due_at=each.due_at, follow_up=each.follow_up) for each in told.timers],
        escalation=_escalation(asked),
        answering=who_answers(asked, me, now),
        watching=watching(asked, me),
        composer=composer(asked, now),
    )


def _json(value: bytes) -> Any:
    return msgspec.json.decode(value)


def _escalation(asked: Asked) -> bodies.EscalationTold | None:
    found = asked.header.escalation
    if found is None:
        return None
    return bodies.EscalationTold(
        state=found.state,
        reason=found.reason,
        opened_at=found.opened_at,
        taken_at=found.taken_at,
        closed_at=found.closed_at,
    )


def who_answers(asked: Asked, me: Colleague, now: float) -> bodies.AnsweringTold | None:
    """Which colleague has it."""
    held = answering.holder(asked.conversation, asked.header.answering)
    if held is None:
        return None
    return bodies.AnsweringTold(
        user_id=held.user_id,
        name=held.name,
        since_at=held.since_at,
        away=now - held.active_at >= answering.LEASE,
        me=held.user_id == me.id,
    )


def watching(asked: Asked, me: Colleague) -> list[bodies.WatchingTold]:
    """Who has it on the screen."""
    return [
        bodies.WatchingTold(
            user_id=each.user_id,
            name=each.name,
            doing="typing" if each.doing == "typing" else "viewing",
            me=each.user_id == me.id,
        )
        for each in asked.header.watching
    ]


def composer(asked: Asked, now: float) -> bodies.Composer:
    """What can be written there now."""
    can, channel = asked.capabilities, asked.channel
    limits = None if can is None else can.limits
    closes_at = math.inf if channel is None else window.open_until(asked.conversation, channel.sends)
    return bodies.Composer(
        reachable=channel is not None,
        markup="plain" if can is None else can.markup,
        text_limit=0 if limits is None else limits.text,
        files=[
            bodies.FileLimit(kind=kind, largest=limit.size, mimes=list(limit.mimes))
            for kind, limit in (() if limits is None else limits.media.items())
        ],
        largest_file=asked.talk.files.largest,
        templates=limits is not None and limits.templates,
        window=bodies.Window(
            limited=channel is not None and channel.sends.window is not None,
            open=now < closes_at,
            closes_at=closes_at if math.isfinite(closes_at) else None,
        ),
    )


def entries(found: Iterable[Entry], conversation_id: str, me: Colleague) -> list[bodies.EntryTold]:
    """A page of the thread."""
    return [_entry(each, conversation_id, me) for each in found]


def _entry(entry: Entry, conversation_id: str, me: Colleague) -> bodies.EntryTold:
    told = bodies.EntryTold(id=entry.id, at=entry.at, who=entry.who, name=entry.name)
    if entry.quoted is not None:
        told.quoted = bodies.QuotedTold(who=entry.quoted.who, text=entry.quoted.text)
    if entry.note is not None:
        mine = entry.note.author_id == me.id
        told.note = bodies.NoteTold(number=entry.note.seq, text=entry.note.text, mine=mine)
    elif entry.handover is not None:
        line = entry.handover
        told.handover = bodies.HandoverTold.model_validate(
            {"mode": line.mode, "until": line.until, "by": line.by, "reason": line.reason}
        )
    elif entry.event is not None and entry.inbound is not None:
        _tell_event(told, entry, conversation_id)
    elif entry.row is not None:
        _tell_row(told, entry, conversation_id)
    return told


def _tell_event(told: bodies.EntryTold, entry: Entry, conversation_id: str) -> None:
    event, inbound = entry.event, entry.inbound
    assert event is not None
    assert inbound is not None
    told.external_id, told.turn, told.state, told.reason = event.external_id, event.turn_no, event.state, event.reason
    if event.kind in _HAPPENED:
        told.happened = _happened(inbound)
        return
    told.deleted = entry.is_deleted
    if told.deleted:
        told.message = bodies.Message(kind=inbound.kind, text="")
    else:
        told.message = heard(inbound, entry.file, f"{_PATH}{conversation_id}/media/{entry.id}")


_PATH = "/api/v1/conversations/"


def _happened(inbound: Inbound) -> str:
    if inbound.kind == "payment":
        return f"payment.{(inbound.details or {}).get('news', '')}"
    known = outside(inbound)
    return (inbound.text or inbound.kind) if known is None else known.type


def heard(inbound: Inbound, file: SeenFile | None, path: str) -> bodies.Message:
    """What a contact, or the phone's owner, sent."""
    words = caption_of(inbound)
    if words is None and inbound.media is None and inbound.location is None and not inbound.cards:
        words = words_heard(inbound) if inbound.reaction is None else ""
    return bodies.Message(
        kind=inbound.kind,
        text=words or "",
        file=_their_file(inbound, file, path),
        heard=inbound.heard,
        unheard=inbound.unheard,
        place=None if inbound.location is None else _place(inbound.location),
        cards=_cards(inbound.cards),
        chosen=None if inbound.choice is None else inbound.choice.title or inbound.choice.id,
        emoji=None if inbound.reaction is None else inbound.reaction.emoji,
        about=inbound.aims_at,
        advert=None
        if inbound.ad is None
        else bodies.Advert(headline=inbound.ad.headline, body=inbound.ad.body, url=inbound.ad.source_url),
        forwarded=inbound.forwarded,
    )


def _their_file(inbound: Inbound, file: SeenFile | None, path: str) -> bodies.FileTold | None:
    media = inbound.media
    if media is None:
        return None
    refused = file is not None and file.state == "refused"
    return bodies.FileTold(
        kind=inbound.kind,
        path=None if refused or inbound.media_unavailable else path,
        link=None,
        mime=(None if file is None else file.mime) or media.mime,
        filename=(None if file is None else file.filename) or media.filename,
        size=(None if file is None else file.size) or media.size,
        reason=file.reason if file is not None and refused else "gone" if inbound.media_unavailable else None,
    )


def _place(place: Location | said.Location) -> bodies.Place:
    return bodies.Place(latitude=place.latitude, longitude=place.longitude, name=place.name, address=place.address)


def _cards(cards: Sequence[ContactCard]) -> list[bodies.Card]:
    return [
        bodies.Card(
            name=each.name,
            phones=[phone.number for phone in each.phones],
            emails=list(each.emails),
            organization=each.organization,
        )
        for each in cards
    ]


def _tell_row(told: bodies.EntryTold, entry: Entry, conversation_id: str) -> None:
    row, content = entry.row, entry.content
    assert row is not None
    assert content is not None
    told.external_id = row.external_id
    told.turn = row.turn_no if row.turn_no > 0 else None
    told.delivery = _delivery(row)
    told.message = sent(content, f"{_PATH}{conversation_id}/media/{entry.id}")


def _delivery(row: OutboundRow) -> bodies.Delivery:
    return bodies.Delivery(
        state=row.state,
        tries=row.tries,
        hold_until=row.hold_until,
        accepted_at=row.accepted_at,
        sent_at=row.sent_at,
        delivered_at=row.delivered_at,
        read_at=row.read_at,
        code=row.code,
        reason=row.reason,
    )


def sent(content: said.Content, path: str) -> bodies.Message:
    """What we said."""
    told = bodies.Message(kind=str(content.__struct_config__.tag), text=_words(content))
    for file in said.files_of(content)[:1]:
        told.file = _our_file(file, told.kind, path)
    match content:
        case said.Location():
            told.place = _place(content)
        case said.Contacts(cards=cards):
            told.cards = _cards(cards)
        case said.Buttons() | said.List() | said.UrlButton():
            told.offered = _offered(content)
        case said.Reaction(message_id=about, emoji=emoji):
            told.emoji, told.about = emoji, about
        case said.Template(name=name):
            told.template = name
    return told


def _words(content: said.Content) -> str:
    match content:
        case said.Image(caption=caption) | said.Video(caption=caption) | said.Document(caption=caption):
            return caption or ""
        case said.Audio() | said.VoiceNote() | said.Sticker() | said.Location() | said.Contacts() | said.Reaction():
            return ""
    return said.words_of(content)


def _our_file(file: said.File, kind: str, path: str) -> bodies.FileTold:
    link = file.link if file.key is None and (file.link or "").startswith("https://") else None
    return bodies.FileTold(
        kind=said.shown_as(file) if kind in ("buttons", "template") else kind,
        path=path if file.key else None,
        link=link,
        mime=file.mime,
        filename=file.filename,
        size=file.size,
        reason=None,
    )


def _offered(content: said.Buttons | said.List | said.UrlButton) -> bodies.Offered:
    told = bodies.Offered(buttons=[], button=None, groups=[], url=None, header=content.header, footer=content.footer)
    match content:
        case said.Buttons(choices=choices):
            told.buttons = _options(choices)
        case said.List(button=button, sections=sections):
            told.button = button
            told.groups = [bodies.OptionGroup(title=each.title, rows=_options(each.rows)) for each in sections]
        case said.UrlButton(label=label, url=url):
            told.buttons, told.url = [bodies.Option(title=label)], url
    return told


def _options(choices: Iterable[Choice]) -> list[bodies.Option]:
    return [bodies.Option(title=each.title or each.id, description=each.description) for each in choices]
