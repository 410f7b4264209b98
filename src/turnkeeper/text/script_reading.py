"""A script from its text: every line that cannot be read is told, with what to write instead."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

import msgspec

from turnkeeper.text.scripts import (
    FILES,
    HEARD,
    UNITS,
    Colleague,
    Gives,
    Happens,
    Hears,
    Line,
    Note,
    Passes,
    Pays,
    Script,
    Sends,
    SendsCard,
    SendsFile,
    SendsPlace,
    Taps,
    Thinks,
    Writes,
)

LARGEST: Final = 1_000_000
"""Characters of a script."""
LONGEST_WAIT: Final = 400 * 86_400.0
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
    raise ValueError(f"{_short(raw)} begins with none of > < ~ ! = $ @ * #")


def _said(rest: str, example: str) -> str:
    if not rest.strip():
        raise ValueError(f"says nothing: write it like {example!r}")
    return rest.strip()


def _person(rest: str) -> Line:
    if not rest.startswith(">"):
        return _sent(rest)
    line = _sent(rest[1:])
    if isinstance(line, Taps):
        raise ValueError("a tap waits until its button is there: write it like '>button Yes'")
    return replace(line, at_once=True)


def _sent(rest: str) -> Sends | Taps:
    kind = _KIND.match(rest)
    if kind is None:
        return Writes(_said(rest, "> hello"))
    what, rest = kind[0], rest[kind.end() :].strip()
    if what in ("button", "list", "row"):
        return Taps(_said(rest, ">button Yes"))
    if what in FILES:
        return SendsFile(FILES[what], *_file(rest))
    if what == "ad":
        ad, *more = re.split(r"[ \n]", rest, maxsplit=1)
        return Writes(_said(more[0] if more else "", ">ad 120208 I saw your ad"), ad=ad)
    if what == "location":
        return _place(rest)
    if what == "contact":
        phone, _, name = _said(rest, ">contact +6281234567890 Sari").partition(" ")
        return SendsCard(phone, name.strip())
    known = ", ".join(f">{each}" for each in ("button", *FILES, "location", "contact", "ad"))
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


def _model(rest: str) -> Thinks:
    if rest.startswith("!"):
        return Thinks(rest[1:].strip(), fails=True)
    if not (kind := _KIND.match(rest)):
        return Thinks(rest.strip())
    if kind[0] != "way":
        raise ValueError(f"{_short('!' + kind[0])} is no !way; before words comes a space: '! {kind[0]}'")
    way, *more = re.split(r"[ \n]", _said(rest[kind.end() :], "!way buy Very well."), maxsplit=1)
    return Thinks(more[0].strip() if more else "", way)


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
    total = sum(float(count) * unit for count, unit in zip(found.groups(), UNITS.values(), strict=True) if count)
    if not 0 < total <= LONGEST_WAIT:
        raise ValueError("the time that passes is more than nothing and at most 400 days")
    return total


def _pays(rest: str) -> Pays:
    for news in ("paid", "failed", "expired"):
        if rest.strip() == news:
            return Pays(news)
    raise ValueError("a payment is '$ paid', '$ failed' or '$ expired'")


def _colleague(rest: str) -> Colleague:
    for does in ("takes over", "gives back"):
        if rest.strip() == does:
            return Colleague(does)
    raise ValueError("a colleague '* takes over' or '* gives back'")


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
    "!": _model,
    "==": lambda rest: Gives(rest.strip(), fails=True),
    "=": lambda rest: Gives(rest.strip()),
    "$": _pays,
    "*": _colleague,
    "@": _happens,
}


def _short(text: str) -> str:
    first = text.split("\n")[0]
    return repr(first if len(first) <= 40 else first[:39] + "…")
