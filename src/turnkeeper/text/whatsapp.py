"""Bold and strike as WhatsApp writes them; everything else of Markdown is left as it came.

Source: WhatsApp's formatting has one mark (`*bold*`, `~strike~`) where Markdown has two.
"""

from __future__ import annotations

import re

_BOLD = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*")
_STRIKE = re.compile(r"~~(?=\S)(.+?)(?<=\S)~~")
_CODE = re.compile(r"(```.*?```|`[^`\n]*`)", re.DOTALL)


def render(markdown: str) -> str:
    """The text in WhatsApp's markup; code stays as it is."""
    pieces = _CODE.split(markdown)
    return "".join(
        piece if place % 2 else _STRIKE.sub(r"~\1~", _BOLD.sub(r"*\1*", piece)) for place, piece in enumerate(pieces)
    )
