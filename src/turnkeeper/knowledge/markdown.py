"""Markdown: its headings, and its paragraphs as they are written, for they may be sent as they are."""

from __future__ import annotations

import re

from turnkeeper.knowledge.base import DEEPEST_HEADING, Gathered
from turnkeeper.knowledge.plain import decoded
from turnkeeper.model.knowledge import Readable

_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*")
_UNDERLINE = re.compile(r" {0,3}(=+|-{2,})[ \t]*")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_TITLE = re.compile(r"title:\s*[\"']?(.*?)[\"']?\s*", re.IGNORECASE)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*(?:\s[^()]*)?\)")
_MARKS = re.compile(r"[*_`~]+(?=\w)|(?<=\w)[*_`~]+(?=\W|$)|(?<=\W)[*`~]+|^[*_`~]+|[*_`~]+$")
_LONGEST_FRONT = 100
"""Lines of what may stand before the text."""


def read(name: str, data: bytes) -> Readable:
    """A Markdown file's sections. Raises DocumentRefused."""
    text = decoded(data)
    lines = (_COMMENT.sub("", text) if text.count("<!--") < 1_000 else text).split("\n")
    gathered = Gathered()
    start = _front(lines, gathered)
    held: list[str] = []
    fence = ""
    for line in lines[start:]:
        if fence or (found := _FENCE.match(line)):
            held.append(line)
            fence = _fence_after(fence, line) if fence else found[1]  # type: ignore[index]
        elif heading := _HEADING.fullmatch(line):
            _flush(held, gathered)
            gathered.heading(len(heading[1]), without_marks(heading[2]))
        elif len(held) == 1 and (under := _UNDERLINE.fullmatch(line)):
            gathered.heading(1 if under[1][0] == "=" else 2, without_marks(held.pop()))
        elif not line.strip():
            _flush(held, gathered)
        else:
            held.append(line)
    _flush(held, gathered)
    return gathered.document(name)


def without_marks(text: str) -> str:
    """A line's words."""
    return _MARKS.sub("", _LINK.sub(r"\1", text)).strip()


def _flush(held: list[str], gathered: Gathered) -> None:
    gathered.paragraph("\n".join(held))
    held.clear()


def _fence_after(fence: str, line: str) -> str:
    closed = line.strip()
    return "" if closed.startswith(fence) and not closed.strip(fence[0]) else fence


def _front(lines: list[str], gathered: Gathered) -> int:
    """Where the text begins, behind a block of settings between lines of three hyphens."""
    if not lines or lines[0].rstrip() != "---":
        return 0
    for at, line in enumerate(lines[1:_LONGEST_FRONT], 1):
        if line.rstrip() in ("---", "..."):
            title = next((found[1] for each in lines[1:at] if (found := _TITLE.fullmatch(each))), "")
            gathered.heading(DEEPEST_HEADING, title)
            return at + 1
    return 0
