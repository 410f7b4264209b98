"""Words that are no Markdown -> Markdown that shows them as they are, on one line.

Whatever a person or a model wrote: no mark of theirs becomes a style, a heading or a list. Addresses stay whole.
"""

from __future__ import annotations

import re
from typing import Final

from turnkeeper.text import markdown
from turnkeeper.text.links import bare_url_end

_MARK: Final = re.compile(r"[\\`*_~\[\]<&|]")
_BEGINNING: Final = re.compile(r"[#>+=-]")
_NUMBERED: Final = re.compile(r"(\d{1,9})([.)])")
_ADDRESS: Final = re.compile(r"https?://(?=\S)|(?<!\w)www\.(?=\w)", re.IGNORECASE)
_UNSEEN: Final = re.compile("[\x01-\x08\x0e-\x1f\x7f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Controls, and marks of direction: an open one would turn the words that follow."""


def one_line(words: str) -> str:
    """The words with a single space between them, without what nobody sees."""
    return " ".join(_UNSEEN.sub("", markdown.clean(words)).split())


def escaped(words: str) -> str:
    """The words on one line, as Markdown in which none of them is a mark."""
    text = one_line(words)
    pieces: list[str] = []
    at = 0
    for found in _ADDRESS.finditer(text):
        if found.start() >= at:
            pieces.append(_escaped(text[at : found.start()]))
            at = bare_url_end(text, found.start())
            pieces.append(text[found.start() : at])
    line = "".join((*pieces, _escaped(text[at:])))
    return _NUMBERED.sub(r"\1\\\2", line, count=1) if _NUMBERED.match(line) else _BEGINNING.sub(_marked, line, 1)


def _escaped(text: str) -> str:
    return _MARK.sub(_marked, text)


def _marked(found: re.Match[str]) -> str:
    return f"\\{found[0]}"
