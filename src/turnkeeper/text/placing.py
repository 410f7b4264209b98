"""Words put into somebody's Markdown, written as the place wants them: escaped, quoted in an address, plain in code."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

from turnkeeper.text.escaping import escaped, one_line

_FENCE: Final = re.compile(r"^ {0,3}(?:```|~~~)", re.MULTILINE)
_ENDS_ADDRESS: Final = re.compile(r"[()<>\"]")
_BEHIND_HOST: Final = re.compile(r"[^/?#]+[/?#]")


def placed(words: str, before: str, after: str) -> str:
    """What is to stand between `before` and `after` for the words to be seen as they are.

    In an address, behind its host, they are quoted, so that they lead nowhere else and end it nowhere.
    """
    if len(_FENCE.findall(before)) % 2:
        return "\n".join(map(_unticked, words.splitlines()))
    line, rest = before.rpartition("\n")[2], after.partition("\n")[0]
    if line.count("`") % 2 and "`" in rest:
        return _unticked(words)
    if _is_in_address(line):
        return quote(words, safe="")
    return "\n".join(shown for each in words.splitlines() if (shown := escaped(each)))


def _unticked(words: str) -> str:
    """Code shows everything as it is, but for what would end it."""
    return one_line(words).replace("`", "'")


def _is_in_address(line: str) -> bool:
    """Whether a line ends within an address, where its host is over."""
    scheme, found, rest = line.rpartition("://")
    if not found or not scheme.lower().endswith(("http", "https")) or any(map(str.isspace, rest)):
        return False
    return _BEHIND_HOST.match(rest) is not None and _ENDS_ADDRESS.search(rest) is None
