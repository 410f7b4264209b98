"""Text in parts that a channel takes: cut between paragraphs, else lines, sentences, words, else anywhere.

Nothing but the white space at a cut is lost.
"""

from __future__ import annotations

_CUTS = ("\n\n", "\n", ". ", " ")


def split(text: str, limit: int) -> list[str]:
    """The parts of a text, each at most `limit` characters (from 1); none for an empty text."""
    parts: list[str] = []
    rest = text.strip()
    while len(rest) > limit:
        cut = _cut(rest, limit)
        parts.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    if rest:
        parts.append(rest)
    return [part for part in parts if part]


def _cut(text: str, limit: int) -> int:
    """Where to cut: at the best boundary that keeps the part at least half full."""
    for boundary in _CUTS:
        at = text.rfind(boundary, limit // 2, limit + 1 - len(boundary.rstrip(" \n")))
        if at > 0:
            return at + len(boundary.rstrip())
    return limit
