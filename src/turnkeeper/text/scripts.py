"""Scripts: a conversation as plain text, what a person does and what a bot is to answer, line by line.

    > hello                     the person writes; a line that begins with two spaces goes on with the one above it
    >button Yes                 taps a button or a row of a list
    >image shop.jpg a caption   sends a file (image, video, audio, voice, document, sticker)
    < Hi!                       the bot answers exactly this
    <~ welcome                  something that contains this
    ~ 3h                        time passes
    ! It costs 10 dollars.      what the next call of a model will answer
    # a comment

What was played is told in the same lines, so a transcript is a script.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, NamedTuple, TypeVar

import msgspec

LARGEST: Final = 1_000_000
"""Characters of a script."""
LONGEST_WAIT: Final = 400 * 86_400.0
FileKind = Literal["image", "video", "audio", "voice", "document", "sticker"]
FILES: Final[Mapping[str, FileKind]] = {
    kind: kind for kind in ("image", "video", "audio", "voice", "document", "sticker")
}
HEARD: Final = ("image", "video", "audio", "document", "sticker", "location", "contacts", "template", "reaction")
"""What a message of a bot may be, besides words."""
_UNITS: Final = {"d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0}
_WAIT: Final = re.compile(r"(?=\d)(?:(\d{1,6}(?:\.\d{1,3})?) ?d ?)?(?:(\d{1,6}(?:\.\d{1,3})?) ?h ?)?"
                          r"(?:(\d{1,6}(?:\.\d{1,3})?) ?m(?:in)? ?)?(?:(\d{1,9}(?:\.\d{1,3})?) ?s)?")  # fmt: skip
_KIND: Final = re.compile(r"[a-z_]+")
_PLACE: Final = re.compile(r"([+-]?\d{1,2}(?:\.\d+)?) ?, ?([+-]?\d{1,3}(?:\.\d+)?)(?: (.*))?", re.DOTALL)


class Wrong(NamedTuple):
    """Something in a script that cannot be read."""

    line: int
    what: str


class ScriptUnreadable(ValueError):
    """A text that is no script, with all that is wrong in it."""

    def __init__(self, wrongs: Sequence[Wrong]) -> None:
        super().__init__("; ".join(f"line {each.line}: {each.what}" for each in wrongs))
        self.wrongs = tuple(wrongs)


@dataclass(frozen=True, slots=True)
class _Line:
    line: int = field(default=0, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Note(_Line):
    """A comment; nothing at all: an empty line."""

    text: str = ""


@dataclass(frozen=True, slots=True)
class Writes(_Line):
    """The person writes."""

    text: str


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


@dataclass(frozen=True, slots=True)
class SendsPlace(_Line):
    """The person says where they are, in degrees."""

    latitude: float
    longitude: float
    name: str = ""


@dataclass(frozen=True, slots=True)
class SendsCard(_Line):
    """The person sends a contact card."""

    phone: str
    name: str = ""


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
    """What the next call of a model will answer; `fails`: it fails, for that reason."""

    text: str
    fails: bool = False


@dataclass(frozen=True, slots=True)
class Hears(_Line):
    """The person gets a message with these words. `part`: that contains them, whatever the case; `kind`: "" where it
    does not matter; `offers`: the titles of its choices, None where they do not matter."""

    text: str
    part: bool = False
    kind: str = ""
    offers: tuple[str, ...] | None = None


Deed = Writes | Taps | SendsFile | SendsPlace | SendsCard
"""What the person does."""
Line = Note | Deed | Passes | Happens | Thinks | Hears
Script = tuple[Line, ...]
Made = TypeVar("Made", bound=Line)


def parse(text: str) -> Script:
    """The lines of a script. Raises ScriptUnreadable with everything that is wrong."""
    if len(text) > LARGEST:
        raise ScriptUnreadable([Wrong(1, f"a script has at most {LARGEST} characters")])
    found: list[Line] = []
    wrongs: list[Wrong] = []
    for number, raw in _joined(text):
        try:
            line = _read(raw)
            if isinstance(line, _Offered):
                found.append(_offered(found, line.title))
            else:
                found.append(replace(line, line=number))
        except ValueError as error:
            wrongs.append(Wrong(number, str(error)))
    if wrongs:
        raise ScriptUnreadable(wrongs)
    while found and found[-1] == Note():
        found.pop()
    return tuple(found)


class _Offered(NamedTuple):
    title: str


def _joined(text: str) -> Iterator[tuple[int, str]]:
    """Lines, each with those that go on with it; empty lines between these belong to it."""
    lines = [line.rstrip() for line in text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")]
    place = 0
    while place < len(lines):
        number, whole = place + 1, lines[place]
        place += 1
        after = place
        while whole and after < len(lines) and (not lines[after] or lines[after].startswith("  ")):
            after += 1
            if lines[after - 1]:
                whole += "".join(f"\n{line[2:]}" for line in lines[place:after])
                place = after
        yield number, whole


def _read(raw: str) -> Line | _Offered:
    """One line. Raises ValueError in words."""
    if not raw:
        return Note()
    if raw.startswith("  "):
        raise ValueError("goes on with nothing: two spaces at its beginning join a line to the one above")
    for begins, reader in _READERS.items():
        if raw.startswith(begins):
            return reader(raw.removeprefix(begins))
    raise ValueError(f"{_short(raw)} begins with none of > < ~ ! @ #")


def _said(rest: str, example: str) -> str:
    if not rest.strip():
        raise ValueError(f"says nothing: write it like {example!r}")
    return rest.strip()


def _person(rest: str) -> Line:
    kind = _KIND.match(rest)
    if kind is None:
        return Writes(_said(rest, "> hello"))
    what, rest = kind[0], rest[kind.end() :].strip()
    if what in ("button", "list", "row"):
        return Taps(_said(rest, ">button Yes"))
    if what in FILES:
        return SendsFile(FILES[what], *_file(rest))
    if what == "location":
        return _place(rest)
    if what == "contact":
        phone, _, name = _said(rest, ">contact +6281234567890 Sari").partition(" ")
        return SendsCard(phone, name.strip())
    known = ", ".join(f">{each}" for each in ("button", *FILES, "location", "contact"))
    raise ValueError(f"{_short('>' + what)} is none of {known}; before words comes a space: '> {what}'")


def _file(rest: str) -> tuple[str, str]:
    if rest.startswith('"') and '"' in rest[1:]:
        name, _, caption = rest[1:].partition('"')
        return name, caption.strip()
    name, *more = re.split(r"[ \n]", rest, maxsplit=1)
    return name, more[0].strip() if more else ""


def _place(rest: str) -> SendsPlace:
    found = _PLACE.fullmatch(rest)
    if found is None or abs(float(found[1])) > 90 or abs(float(found[2])) > 180:
        raise ValueError("a place is written like '>location -6.2,106.8 Monas'")
    return SendsPlace(float(found[1]), float(found[2]), found[3] or "")


def _bot(rest: str) -> Line | _Offered:
    kind = _KIND.match(rest)
    if kind is None:
        return Hears(_said(rest, "< Hello!"))
    what, rest = kind[0], rest[kind.end() :].strip()
    if what == "button":
        return _Offered(_said(rest, "<button Yes"))
    if what in HEARD:
        return Hears(rest, kind=what)
    known = ", ".join(f"<{each}" for each in ("button", *HEARD))
    raise ValueError(f"{_short('<' + what)} is none of {known}; before words comes a space: '< {what}'")


def _offered(found: list[Line], title: str) -> Hears:
    """A choice joins the message above it."""
    said = found[-1] if found else None
    if not isinstance(said, Hears):
        raise ValueError("a button stands below the message that offers it")
    del found[-1]
    return replace(said, offers=(*(said.offers or ()), title))


def seconds(text: str) -> float:
    """A time that passes, in seconds: "90s", "3h", "2d 4h", "1.5h". Raises ValueError in words."""
    found = _WAIT.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{_short(text.strip())} is no time: write it like '~ 90s', '~ 3h' or '~ 2d 4h'")
    total = sum(float(count) * unit for count, unit in zip(found.groups(), _UNITS.values(), strict=True) if count)
    if not 0 < total <= LONGEST_WAIT:
        raise ValueError("the time that passes is more than nothing and at most 400 days")
    return total


def duration(span: float) -> str:
    """Seconds as they are written in a script."""
    parts: list[str] = []
    rest = round(span, 3)
    for letter, unit in _UNITS.items():
        count = rest // unit if letter != "s" else rest
        rest = round(rest - count * unit, 3)
        if count:
            parts.append(f"{count:.3f}".rstrip("0").rstrip(".") + letter)
    return " ".join(parts) or "0s"


def _happens(rest: str) -> Happens:
    type_, _, data = _said(rest, '@ order_paid {"order": 7}').partition(" ")
    try:
        return Happens(type_, msgspec.json.decode(data) if data.strip() else None)
    except msgspec.DecodeError as error:
        raise ValueError(f"the data of the event {type_} is not JSON: {error}") from error


_READERS: Final[Mapping[str, Callable[[str], Line | _Offered]]] = {
    "#": lambda rest: Note(rest.strip() or "#"),
    ">": _person,
    "<~": lambda rest: Hears(_said(rest, "<~ welcome"), part=True),
    "<": _bot,
    "~": lambda rest: Passes(seconds(rest)),
    "!!": lambda rest: Thinks(rest.strip(), fails=True),
    "!": lambda rest: Thinks(rest.strip()),
    "@": _happens,
}


def _short(text: str) -> str:
    first = text.split("\n")[0]
    return repr(first if len(first) <= 40 else first[:39] + "…")


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
        case Writes(text=text):
            return _several(">", text)
        case Thinks(text=text):
            return _several("!!" if line.fails else "!", text)
    return _deed(line)


def _deed(line: Line) -> list[str]:
    match line:
        case Taps(title=title):
            return [f">button {_flat(title)}"]
        case SendsFile(kind=kind, name=name, caption=caption):
            named = f'"{name}"' if " " in name or (caption and not name) else name
            return _several(f">{kind} {named}".rstrip(), caption)
        case SendsPlace(latitude=latitude, longitude=longitude, name=name):
            return _several(f">location {_degrees(latitude)},{_degrees(longitude)}", name)
        case SendsCard(phone=phone, name=name):
            return _several(f">contact {phone}", name)
        case Passes(seconds=span):
            return [f"~ {duration(span)}"]
        case Happens(type=type_, data=data):
            told = "" if data is None else " " + msgspec.json.encode(data).decode()
            return [f"@ {type_}{told}"]
    raise TypeError(f"a script holds no {type(line).__name__}")


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
