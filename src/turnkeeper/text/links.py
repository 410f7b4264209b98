"""Addresses in a text: where one ends, and how it is shown to a reader."""

from __future__ import annotations

import re
from typing import Final

_ADDRESS: Final = re.compile(r"[^\s<>`\[\]|\"\\،؛؟。，、！？；：「」『』【】《》（）\u200b]+")
_CLOSERS: Final = frozenset(".,;:!?'\"*_~…’”»")


def bare_url_end(text: str, start: int) -> int:
    """Where an address ends that stands in a text: not at the comma after it, nor at a bracket around it."""
    found = _ADDRESS.match(text, start)
    end = found.end() if found else start + 1
    opened, closed = text.count("(", start, end), text.count(")", start, end)
    while end > start + 1:
        last = text[end - 1]
        if last == ")" and closed > opened:
            closed -= 1
        elif last not in _CLOSERS:
            break
        end -= 1
    return end


def spoken(address: str) -> str:
    """An address as it is written for people: mail addresses and telephone numbers without their scheme."""
    scheme, _, rest = address.partition(":")
    return rest.partition("?")[0] if scheme.lower() in ("mailto", "tel") and rest else address


def same_place(label: str, url: str) -> bool:
    """Whether a label says nothing but the address that it leads to."""
    return _bare(label) == _bare(url)


def _bare(address: str) -> str:
    lower = address.strip().lower()
    return lower.removeprefix("https://").removeprefix("http://").removeprefix("www.").removesuffix("/")
