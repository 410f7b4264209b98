"""Whatever a bot says, as a channel can carry it: within its limits, and otherwise said in another way.

Rule: nothing is lost without a note, and what cannot be said at all becomes `Refused`, with the reason. Bodies and
captions come in the channel's own markup; all other words are literal.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from msgspec.structs import replace

from turnkeeper.model.contents import (
    Buttons,
    ContactCard,
    Contacts,
    Content,
    List,
    Location,
    LocationRequest,
    Reaction,
    Refused,
    Sayable,
    Template,
    Text,
    UrlButton,
    words_of,
)
from turnkeeper.model.events import Choice
from turnkeeper.model.limits import ContentLimits, Markup
from turnkeeper.text import choices
from turnkeeper.text.files import MEDIA, fit_media, header_apart
from turnkeeper.text.room import Room

_LONGEST_NAME = 1000
"""Characters of what a place, its address or a person may be called."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """Contents within the limits, in order, and what was changed, for whoever looks after the bot."""

    contents: tuple[Content, ...]
    notes: tuple[str, ...] = ()


def fit(content: Content, limits: ContentLimits, markup: Markup) -> Fitted:
    """What to send for a content; the first of several keeps its quote. Never raises for what a content holds."""
    if isinstance(content, Refused):
        return Fitted((content,))
    room = Room(limits, markup)
    quoted = None if isinstance(content, Reaction) else content.reply_to
    if isinstance(content, Reaction):
        found = _reaction(content, room)
    else:
        found = _fitted(replace(content, reply_to=None), room)
    if quoted:
        found = _quoting(found, quoted)
    return Fitted(tuple(found), tuple(dict.fromkeys(room.notes)))


def body_limit(content: Sayable, limits: ContentLimits, markup: Markup) -> int:
    """How long a part of the body or caption may be, once it is known what the content becomes."""
    room = Room(limits, markup)
    match content:
        case Buttons() | List():
            shape = choices.shape_of(choices.mended(content, room), room)
            if shape == "buttons" and limits.buttons is not None:
                return limits.buttons.body
            return limits.list.body if shape == "list" and limits.list is not None else limits.text
        case UrlButton() if limits.url_button is not None:
            return limits.url_button.body
        case LocationRequest() if limits.location_request is not None:
            return limits.location_request
        case _ if isinstance(content, MEDIA):
            return limits.caption or limits.text
    return limits.text


def _fitted(content: Sayable, room: Room) -> list[Content]:
    match content:
        case Text():
            return _texts(content, room)
        case Buttons() | List():
            return _choices(content, room)
        case UrlButton():
            return _url_button(content, room)
        case LocationRequest():
            return _location_request(content, room)
        case Location():
            return _location(content, room)
        case Contacts():
            return _contacts(content, room)
        case Template():
            return [content] if room.limits.templates else [_refused(content, "the channel has no templates")]
        case Reaction():
            return _reaction(content, room)
    return fit_media(content, room)


def _refused(content: Sayable, reason: str) -> Refused:
    return Refused(words_of(content), reason)


def _quoting(found: list[Content], quoted: str) -> list[Content]:
    """The first that goes out quotes."""
    for place, content in enumerate(found):
        if not isinstance(content, Refused | Reaction):
            return [*found[:place], replace(content, reply_to=quoted), *found[place + 1 :]]
    return found


def _texts(content: Text, room: Room) -> list[Content]:
    parts = room.parts(content.body, room.limits.text)
    if not parts:
        room.notes.append("an empty text was left out")
    if len(parts) > 1:
        room.notes.append(f"a text went in {len(parts)} parts")
    return [replace(content, body=part) for part in parts]


def _headed(body: str, limit: int, room: Room) -> tuple[list[Content], str]:
    """What goes before as text, and the last part, under which buttons can stand."""
    parts = room.parts(body, limit)
    if len(parts) > 1:
        room.notes.append(f"{len(parts) - 1} of {len(parts)} parts of a long text went before")
    return [Text(part) for part in parts[:-1]], parts[-1]


def _choices(content: Buttons | List, room: Room) -> list[Content]:
    if not content.body.strip():
        return [_refused(content, "choices need words above them")]
    content = choices.mended(content, room)
    before: list[Content] = []
    shape = choices.shape_of(content, room) if choices.rows_of(content) else "words"
    if isinstance(content, Buttons) and content.header_file is not None:
        content, before = header_apart(content, room, stays=shape == "buttons")
    limits = room.limits
    if shape == "words":
        room.notes.append("there was nothing to choose from")
        return before + _plain(content, room)
    if shape == "buttons" and limits.buttons is not None and isinstance(content, Buttons):
        heads, body = _headed(content.body, limits.buttons.body, room)
        return [*before, *heads, choices.as_buttons(replace(content, body=body), limits.buttons, room)]
    if shape == "list" and limits.list is not None:
        rows = choices.listed(content) if isinstance(content, Buttons) else content
        heads, body = _headed(rows.body, limits.list.body, room)
        return [*before, *heads, choices.as_list(replace(rows, body=body), limits.list, room)]
    return before + _plain(content, room, choices.numbered(content, room), choices.rows_of(content))


def _plain(
    content: Buttons | List | UrlButton, room: Room, more: str = "", offered: tuple[Choice, ...] = ()
) -> list[Content]:
    """Its words as text; together where they fit, else the body and what follows it apart. The last knows the offer."""
    header, footer = (room.literal(" ".join((line or "").split())) for line in (content.header, content.footer))
    blocks = [block for block in (header, content.body, more, footer) if block.strip()]
    whole = "\n\n".join(blocks)
    if room.length(whole) <= room.limits.text:
        return [Text(whole, choices=offered)]
    parts = [part for block in blocks for part in room.parts(block, room.limits.text)]
    return [*(Text(part) for part in parts[:-1]), *(Text(part, choices=offered) for part in parts[-1:])]


def _url_button(content: UrlButton, room: Room) -> list[Content]:
    url = content.url.strip()
    if not is_web_address(url):
        return [_refused(content, "a button opens an http or https address")]
    if not content.body.strip():
        return [_refused(content, "a button needs words above it")]
    label = " ".join(content.label.split()) or urlsplit(url).hostname or url
    limits = room.limits.url_button
    if limits is None or room.length(url) > limits.url:
        why = "the channel has none" if limits is None else f"its address is longer than {limits.url} characters"
        room.notes.append(f"a url button became text: {why}")
        return _plain(content, room, f"{room.literal(label)}: {room.address(url)}")
    heads, body = _headed(content.body, limits.body, room)
    button = replace(
        content,
        body=body,
        url=url,
        label=room.line(label, limits.label, "the button's label"),
        header=room.line(content.header or "", limits.header, "the header") or None,
        footer=room.line(content.footer or "", limits.footer, "the footer") or None,
    )
    return [*heads, button]


def is_web_address(url: str) -> bool:
    """Whether it is one that a phone opens in its browser."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and not any(c.isspace() for c in url)
    except ValueError:
        return False


def _location_request(content: LocationRequest, room: Room) -> list[Content]:
    if not content.body.strip():
        return [_refused(content, "a request for a location needs words")]
    limit = room.limits.location_request
    if limit is None:
        room.notes.append("a request for a location became text: the channel has none")
        return [Text(part) for part in room.parts(content.body, room.limits.text)]
    heads, body = _headed(content.body, limit, room)
    return [*heads, replace(content, body=body)]


def _location(content: Location, room: Room) -> list[Content]:
    if not (abs(content.latitude) <= 90 and abs(content.longitude) <= 180):
        return [_refused(content, "there is no such place: latitude -90 to 90, longitude -180 to 180")]
    if room.limits.location:
        name, address = (room.line(said or "", _LONGEST_NAME, "a place's name") or None for said in _named(content))
        return [replace(content, name=name, address=address)]
    room.notes.append("a location became text: the channel has none")
    link = f"https://maps.google.com/?q={content.latitude:.6f},{content.longitude:.6f}"
    names = [room.literal(line) for line in _named(content) if line and line.strip()]
    return [Text(part) for part in room.parts("\n".join([*names, room.address(link)]), room.limits.text)]


def _named(place: Location) -> tuple[str | None, str | None]:
    return place.name, place.address


def _contacts(content: Contacts, room: Room) -> list[Content]:
    cards = tuple(_card(card, room) for card in content.cards if card.name.strip())
    if len(cards) < len(content.cards):
        room.notes.append("a contact card without a name was left out")
    if not cards:
        return [_refused(content, "contact cards need names")]
    if room.limits.contacts:
        at_once = room.limits.cards or len(cards)
        return [replace(content, cards=cards[at : at + at_once]) for at in range(0, len(cards), at_once)]
    room.notes.append("contact cards became text: the channel has none")
    told: list[str] = []
    for card in cards:
        names = [room.literal(line) for line in (card.name, card.organization) if line]
        addresses = [*[phone.number for phone in card.phones], *card.emails, card.url]
        told.append("\n".join([*names, *[room.address(line) for line in addresses if line]]))
    return [Text(part) for part in room.parts("\n\n".join(told), room.limits.text)]


def _card(card: ContactCard, room: Room) -> ContactCard:
    """Without what is blank, and what nobody could use if it were cut."""

    def usable(detail: str | None) -> bool:
        if detail and len(detail) > _LONGEST_NAME:
            room.notes.append(f"a detail longer than {_LONGEST_NAME} characters was left out of a contact card")
            return False
        return bool(detail and detail.strip())

    return replace(
        card,
        name=room.line(card.name, _LONGEST_NAME, "a contact's name"),
        phones=tuple(phone for phone in card.phones if usable(phone.number)),
        emails=tuple(email for email in card.emails if usable(email)),
        organization=card.organization if usable(card.organization) else None,
        url=card.url if usable(card.url) else None,
    )


def _reaction(content: Reaction, room: Room) -> list[Content]:
    emojis, emoji = room.limits.emojis, content.emoji.replace("\ufe0f", "")
    if room.limits.reactions and emojis and emoji and emoji not in emojis:
        room.notes.append(f"a reaction was left out: the channel has no {content.emoji}")
        return []
    if room.limits.reactions:
        return [content]
    room.notes.append("a reaction was left out: the channel has none")
    return []
