"""Words, emphasis, code and links within one paragraph of Markdown.

Rule: what a person would read as plain characters stays so. Stricter than CommonMark, because models write sums
and names: a `*` between two letters or digits (`2*3*4`), a lone `~`, and `__init__` are literal. More lenient where
no spaces are written between words: `**重点：**正文` is bold. One pass; nothing here looks back further than a stack.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import deque
from html import unescape
from typing import Final, NamedTuple

from turnkeeper.text.blocks import BOLD, CODE, ITALIC, STRIKE, Span, joined
from turnkeeper.text.links import bare_url_end, spoken

# Where something may begin: a set of characters is searched several times as fast as alternatives.
_STOP: Final = re.compile(r"[\\`*_~\[\]<&:]")
_STOP_AT_W: Final = re.compile(r"[\\`*_~\[\]<&:w]")
_MARK: Final = re.compile(r"[\\`*_~\[\]<&]")
"""Where something may begin that is no address: a lone colon is in every other sentence."""
_TOKEN: Final = re.compile(
    r"""\\(?P<escaped>[!-/:-@\[-`{-~\n])
    |(?P<ticks>`+)
    |(?P<run>\*+|_+|~+)
    |(?P<open>\[)
    |(?P<close>\])
    |<(?P<auto>(?:https?://|mailto:|tel:|tg://)[^\s<>]*|[\w.+-]{1,64}@[\w.-]{1,255})>
    |(?P<entity>&(?:\#[0-9]{1,7}|\#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});)
    |(?P<scheme>:)//(?=\S)
    |(?P<www>(?<!\w)www\.(?=\w))""",
    re.VERBOSE,
)
_DESTINATION: Final = re.compile(
    r"""\(\s*+(?:<(?P<angled>[^<>\n]*+)>|(?P<plain>[^\s()<]*+(?:\([^\s()]*+\)[^\s()]*+)*+))
    (?:\s++(?:"[^"]*+"|'[^']*+'))?+\s*+\)""",
    re.VERBOSE,
)
_ESCAPED: Final = re.compile(r"\\([!-/:-@\[-`{-~])")
_NUMBER: Final = re.compile(r"\d{1,3}")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Names that Python puts between double underscores; other single words there are emphasized.
_DUNDERS: Final = _words(
    """
    abs add aenter aexit aiter all and anext annotations await bases bool builtins bytes call ceil class
    contains copy debug deepcopy del delattr delete delitem dict dir doc enter eq exit file float floor floordiv
    format future ge get getattr getattribute getitem getstate gt hash iadd iand imul import index init int
    invert isub iter le len loader lshift lt main matmul missing mod module mro mul name ne neg new next or
    package path pos pow prepare qualname radd rand reduce repr reversed rmul ror round rshift rsub set setattr
    setitem setstate sizeof slots spec str sub subclasses truediv trunc version weakref xor
    """
)
_LONGEST_NAME: Final = 40
_OPEN_BRACKETS: Final = 32
_ATTACHES: Final = re.compile(
    "[\u0590-\u08ff\u0e00-\u0eff\u1000-\u10ff\u1780-\u17ff\u2e80-\u9fff\ua000-\ua4cf\uac00-\ud7ff\uf900-\ufdff\ufe70-\uffef]"
    "|[\U00020000-\U0003ffff]"
)
# Emphasis never begins behind these, nor around so few signs: faces do, `(^_^)`, `*_*`.
_NO_OPENING: Final = frozenset(")]}^")
_SIGNS: Final = "*_~-.^'`\"<>()/|\\"


class _Opener(NamedTuple):
    """A run of marks that may open: the piece that it is, and where its inside begins in the source."""

    piece: int
    inside_at: int


def read(text: str) -> tuple[Span, ...]:
    """The spans of one paragraph; a line break is a newline."""
    if "\n" in text:
        text = "\n".join([line.strip(" \t") for line in text.split("\n")])
    if _MARK.search(text) is None and "://" not in text and "www." not in text:
        return (Span(text),) if text else ()
    return _Reader(text).spans()


class _Reader:
    """One pass over one paragraph: pieces of text, and where a style begins and ends among them."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._texts: list[str] = []
        self._urls: list[str] = []
        self._code: set[int] = set()
        self._bare: set[int] = set()
        self._turns: list[tuple[int, int, int]] = []  # piece, style, +1 or -1
        self._openers: dict[str, list[_Opener]] = {"*": [], "_": [], "~": []}
        self._brackets: deque[tuple[int, bool]] = deque(maxlen=_OPEN_BRACKETS)
        self._ticks: dict[int, list[int]] | None = None

    def spans(self) -> tuple[Span, ...]:
        """Read it all."""
        source, at, seen = self._source, 0, 0
        stop = _STOP_AT_W if "www." in source else _STOP
        while (next_stop := stop.search(source, seen)) is not None:
            found = _TOKEN.match(source, next_stop.start())
            start = found.start() if found is not None else 0
            if found is not None and found.lastgroup == "scheme":
                start = _scheme_at(source, start)
            elif found is not None and found.lastgroup == "open" and start > at and source[start - 1] == "!":
                start -= 1
            if found is None or start < at:
                seen = next_stop.end()
                continue
            if start > at:
                self._add(source[at:start])
            at = seen = self._take(found, start)
        self._add(source[at:])
        return self._styled()

    def _take(self, found: re.Match[str], start: int) -> int:
        """Read one token; where to go on."""
        kind, end = found.lastgroup, found.end()
        if kind == "run":
            self._run(found[0], start, end)
        elif kind == "escaped":
            self._add(found["escaped"])
        elif kind == "ticks":
            return self._backticks(found[0], end)
        elif kind == "open":
            marks = self._source[start:end]
            self._brackets.append((self._add(marks), marks == "!["))
        elif kind == "close":
            return self._close(end)
        elif kind == "auto":
            self._auto(found["auto"])
        elif kind == "entity":
            self._add(unescape(found[0]))
        else:
            return self._url(start)
        return end

    def _add(self, text: str, url: str = "") -> int:
        self._texts.append(text)
        self._urls.append(url)
        return len(self._texts) - 1

    def _auto(self, address: str) -> None:
        shown = spoken(address)
        url = address if ":" in address else f"mailto:{address}"
        self._bare.add(self._add(shown, url if shown == address else ""))

    def _url(self, start: int) -> int:
        end = bare_url_end(self._source, start)
        self._bare.add(self._add(self._source[start:end]))
        return end

    def _backticks(self, marks: str, end: int) -> int:
        if self._ticks is None:
            self._ticks = {}
            for run in re.finditer("`+", self._source):
                self._ticks.setdefault(len(run[0]), []).append(run.start())
        same = self._ticks.get(len(marks), [])
        place = bisect_left(same, end)
        if place == len(same):
            self._add(marks)
            return end
        inside = self._source[end : same[place]].replace("\n", " ")
        if core := inside.strip():
            self._code.add(self._add(core))
        else:
            self._add(inside)
        return same[place] + len(marks)

    def _run(self, marks: str, start: int, end: int) -> None:
        """A run of one mark: closes what it can, then may open."""
        mark, piece = marks[0], self._add(marks)
        if mark == "~" and len(marks) != 2:
            return
        before = self._source[start - 1] if start else " "
        after = self._source[end] if end < len(self._source) else " "
        if not before.isspace() and _may_close(mark, len(marks), before, after):
            self._close_run(mark, piece, start)
        if self._texts[piece] and not after.isspace() and not _joins(before, mark) and before not in _NO_OPENING:
            self._openers[mark].append(_Opener(piece, end))

    def _close_run(self, mark: str, piece: int, start: int) -> None:
        openers = self._openers[mark]
        while openers and (left := len(self._texts[piece])):
            opener = openers[-1]
            had = len(self._texts[opener.piece])
            used = 2 if min(left, had) >= 2 else 1
            if mark == "_" and used == 2 and _is_name(self._source[opener.inside_at : start][: _LONGEST_NAME + 1]):
                openers.pop()
                return
            if start - opener.inside_at <= 2 and not self._source[opener.inside_at : start].strip(_SIGNS):
                return
            style = STRIKE if mark == "~" else BOLD if used == 2 else ITALIC
            self._turns += ((opener.piece + 1, style, 1), (piece, style, -1))
            self._texts[piece] = self._texts[piece][used:]
            self._texts[opener.piece] = self._texts[opener.piece][used:]
            for stack in self._openers.values():
                while stack and stack[-1].piece > opener.piece:
                    stack.pop()
            if not self._texts[opener.piece]:
                openers.pop()

    def _close(self, end: int) -> int:
        """A closing bracket: a link or image if an address follows, else itself."""
        found = _DESTINATION.match(self._source, end) if self._brackets and self._source[end : end + 1] == "(" else None
        if found is None:
            if self._brackets:
                self._brackets.pop()
            self._add("]")
            return end
        opened, is_image = self._brackets.pop()
        address = unescape(_ESCAPED.sub(r"\1", found["angled"] or found["plain"] or "")).strip().replace(" ", "%20")
        self._link(opened, address)
        if not is_image:
            self._brackets.clear()
        for stack in self._openers.values():
            while stack and stack[-1].piece > opened:
                stack.pop()
        return found.end()

    def _link(self, opened: int, address: str) -> None:
        label = "".join(self._texts[opened + 1 :])
        is_number = _NUMBER.fullmatch(label) is not None
        self._texts[opened] = "[" if is_number else ""
        if is_number:
            self._add("]")
        shown = spoken(address)
        if not label.strip():
            self._bare.add(self._add(shown))
        elif shown == address and address.lower().startswith(("http", "tg:")):
            for piece in range(opened, len(self._texts)):
                self._urls[piece] = address  # also that of an image within the link
        elif shown and shown != label and not address.lower().startswith("data:"):
            self._add(" (")
            self._bare.add(self._add(shown))
            self._add(")")

    def _styled(self) -> tuple[Span, ...]:
        turns = sorted(self._turns)
        counts = {BOLD: 0, ITALIC: 0, STRIKE: 0}
        spans: list[Span] = []
        place = style = 0
        for piece, text in enumerate(self._texts):
            while place < len(turns) and turns[place][0] <= piece:
                counts[turns[place][1]] += turns[place][2]
                place += 1
                style = sum([bit for bit, count in counts.items() if count > 0])
            url = self._urls[piece]
            if piece in self._code:
                spans.append(Span(text, style if url else CODE, url))
            else:
                spans.append(Span(text, style, url, piece in self._bare))
        return joined(spans)


def _scheme_at(source: str, colon: int) -> int:
    """Where the address begins whose scheme ends at this colon; -1 if that is not http(s)."""
    for scheme in ("https", "http"):
        start = colon - len(scheme)
        if start >= 0 and source[start:colon].lower() == scheme:
            return start
    return -1


def _may_close(mark: str, length: int, before: str, after: str) -> bool:
    if mark == "~" or not _joins(after, mark):
        return after != "^"
    return mark == "*" and length >= 2 and not after.isdigit() and not before.isdigit()


def _joins(char: str, mark: str) -> bool:
    """Whether this neighbour makes a mark part of a word.

    Scripts without spaces between words never do, nor Arabic and Hebrew, where "and" is written as one with the next.
    """
    return char.isalnum() and mark != "~" and _ATTACHES.match(char) is None


def _is_name(inside: str) -> bool:
    """Whether this stands between double underscores as the name of something in a program."""
    return inside in _DUNDERS or (
        "_" in inside and len(inside) <= _LONGEST_NAME and inside.replace("_", "").isalnum() and inside.isascii()
    )
