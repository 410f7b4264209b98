"""Messages as the lines of a script: words as they are read, and the titles of what can be chosen."""

from __future__ import annotations

from turnkeeper.model.contents import (
    Buttons,
    Contacts,
    Content,
    List,
    Location,
    LocationRequest,
    Reaction,
    Refused,
    Template,
    Text,
    UrlButton,
    words_of,
)
from turnkeeper.text.scripts import HEARD, Hears
from turnkeeper.text.whatsapp import BREAK


def hears(content: Content) -> Hears:
    """What the person gets of a message, as a script says it."""
    match content:
        case Buttons(choices=choices):
            return Hears(_seen(words_of(content)), offers=tuple(choice.title or choice.id for choice in choices))
        case List(sections=sections):
            titles = tuple(row.title or row.id for section in sections for row in section.rows)
            return Hears(_seen(words_of(content)), offers=titles)
        case Template(name=name):
            return Hears(name, kind="template")
        case Location(name=name):
            return Hears(name or "", kind="location")
        case Contacts(cards=cards):
            return Hears(", ".join(card.name for card in cards), kind="contacts")
        case Reaction(emoji=emoji):
            return Hears(emoji, kind="reaction")
        case Text() | UrlButton() | LocationRequest() | Refused():
            return Hears(_seen(words_of(content)))
    kind = str(content.__struct_config__.tag)
    kind = {"voice": "audio", "voice_note": "audio"}.get(kind, kind)
    return Hears(_seen(getattr(content, "caption", None) or ""), kind=kind if kind in HEARD else "")


def _seen(text: str) -> str:
    """As it is read: without the marks that keep signs from being markup."""
    return text.replace(BREAK, "")
