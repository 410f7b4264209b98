"""Scripts: a conversation as plain text, what a person does and what a bot is to answer, line by line.

    > hello                     the person writes; a line that begins with two spaces goes on with the one above it
    >> and                      at once after what stands above, without waiting for an answer
    >button Yes                 taps a button or a row of a list
    >image shop.jpg a caption   sends a file (image, video, audio, voice, document, sticker)
    < Hi!                       the bot answers exactly this
    <~ welcome                  something that contains this
    ~ 3h                        time passes
    ! It costs 10 dollars.      what the next call of a model will answer; `!way buy …`: and the way that it chooses
    = {"total": 12}             what the next call of an address or a tool will give
    $ paid                      what becomes of the payment
    @ order_paid {"order": 7}   an event from outside
    * takes over                a colleague takes the conversation from the bot, or `gives back`
    # a comment

What was played is told in the same lines, so a transcript is a script.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import msgspec

FileKind = Literal["image", "video", "audio", "voice", "document", "sticker"]
FILES: Final[Mapping[str, FileKind]] = {
    kind: kind for kind in ("image", "video", "audio", "voice", "document", "sticker")
}
HEARD: Final = ("image", "video", "audio", "document", "sticker", "location", "contacts", "template", "reaction")
"""What a message of a bot may be, besides words."""
UNITS: Final = {"d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0}


@dataclass(frozen=True, slots=True)
class _Line:
    line: int = field(default=0, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Note(_Line):
    """A comment; nothing at all: an empty line."""

    text: str = ""


@dataclass(frozen=True, slots=True)
class Writes(_Line):
    """The person writes. `at_once`: without waiting for an answer to what they did before; `ad`: the id of the ad that
    they came by."""

    text: str
    at_once: bool = False
    ad: str = ""


@dataclass(frozen=True, slots=True)
class Taps(_Line):
    """The person taps what was offered with this title."""

    title: str


@dataclass(frozen=True, slots=True)
class SendsFile(_Line):
    """The person sends a file. `name`: of a file beside the script, "" for one that is made up."""

    kind: FileKind
    name: str = ""
    caption: str = ""
    at_once: bool = False


@dataclass(frozen=True, slots=True)
class SendsPlace(_Line):
    """The person says where they are, in degrees."""

    latitude: float
    longitude: float
    name: str = ""
    at_once: bool = False


@dataclass(frozen=True, slots=True)
class SendsCard(_Line):
    """The person sends a contact card."""

    phone: str
    name: str = ""
    at_once: bool = False


@dataclass(frozen=True, slots=True)
class Passes(_Line):
    """So many seconds pass."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Happens(_Line):
    """Something happens elsewhere: an event from outside, with its data."""

    type: str
    data: Any = None


@dataclass(frozen=True, slots=True)
class Thinks(_Line):
    """What the next call of a model will answer. `way`: the exit that it chooses; `fails`: it fails, and why."""

    text: str
    way: str = ""
    fails: bool = False


@dataclass(frozen=True, slots=True)
class Gives(_Line):
    """What the next call of an address, or the next use of a tool, will give: JSON, or words. `fails`: it fails; of an
    address words that are a number are the status."""

    text: str
    fails: bool = False


@dataclass(frozen=True, slots=True)
class Pays(_Line):
    """What becomes of the payment that was asked for last."""

    news: Literal["paid", "failed", "expired"] = "paid"


@dataclass(frozen=True, slots=True)
class Colleague(_Line):
    """What somebody of the team does with the conversation."""

    does: Literal["takes over", "gives back"]


@dataclass(frozen=True, slots=True)
class Hears(_Line):
    """The person gets a message with these words. `part`: that contains them, whatever the case; `kind`: "" where it
    does not matter; `offers`: the titles of its choices, None where they do not matter."""

    text: str
    part: bool = False
    kind: str = ""
    offers: tuple[str, ...] | None = None


Sends = Writes | SendsFile | SendsPlace | SendsCard
"""What the person sends."""
Deed = Sends | Taps | Passes | Happens | Pays | Colleague
"""What happens; between one and the next the bot comes to rest, unless something is sent at once."""
Cue = Thinks | Gives
"""What is prepared for what the bot will ask."""
Line = Note | Deed | Cue | Hears
Script = tuple[Line, ...]


def duration(span: float) -> str:
    """Seconds as they are written in a script."""
    parts: list[str] = []
    rest = round(span, 3)
    for letter, unit in UNITS.items():
        count = rest // unit if letter != "s" else rest
        rest = round(rest - count * unit, 3)
        if count:
            parts.append(f"{count:.3f}".rstrip("0").rstrip(".") + letter)
    return " ".join(parts) or "0s"


def written(script: Sequence[Line]) -> str:
    """The script as text; what `parse` makes of it is the same again."""
    return "".join(f"{line}\n" for each in script for line in shown(each))


def shown(line: Line) -> list[str]:
    """The lines of text that one line of a script is written as."""
    match line:
        case Note(text=""):
            return [""]
        case Note(text=text):
            return _several("#", text)
        case Hears(offers=offers):
            return [*_several(_message(line), line.text), *(f"<button {_flat(title)}" for title in offers or ())]
        case Thinks(text=text, way=way):
            return _several("!!" if line.fails else f"!way {way}" if way else "!", text)
        case Gives(text=text):
            return _several("==" if line.fails else "=", text)
        case Writes() | SendsFile() | SendsPlace() | SendsCard():
            return _sending(line)
        case Taps(title=title):
            return [f">button {_flat(title)}"]
        case Pays(news=news):
            return [f"$ {news}"]
        case Colleague(does=does):
            return [f"* {does}"]
        case Passes(seconds=span):
            return [f"~ {duration(span)}"]
        case Happens(type=type_, data=data):
            told = "" if data is None else " " + msgspec.json.encode(data).decode()
            return [f"@ {type_}{told}"]
    raise TypeError(f"a script holds no {type(line).__name__}")


def _sending(line: Sends) -> list[str]:
    begins = ">>" if line.at_once else ">"
    match line:
        case Writes(text=text, ad=ad):
            return _several(f"{begins}ad {ad}" if ad else begins, text)
        case SendsFile(kind=kind, name=name, caption=caption):
            named = f'"{name}"' if " " in name or (caption and not name) else name
            return _several(f"{begins}{kind} {named}".rstrip(), caption)
        case SendsPlace(latitude=latitude, longitude=longitude, name=name):
            return _several(f"{begins}location {_degrees(latitude)},{_degrees(longitude)}", name)
    return _several(f"{begins}contact {line.phone}", line.name)


def _degrees(value: float) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".")


def _message(said: Hears) -> str:
    return "<~" if said.part else f"<{said.kind}"


def _several(begins: str, text: str) -> list[str]:
    first, *more = tidy(text).split("\n")
    return [f"{begins} {first}".rstrip(), *(f"  {line}" if line else "" for line in more)]


def _flat(text: str) -> str:
    return " ".join(text.split())


def tidy(text: str) -> str:
    """Words as a script can hold them: nothing blank at their beginning and their end, nor at the end of a line."""
    return "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").strip().split("\n"))
