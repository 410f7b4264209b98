"""What a flow says, with its marks filled in, each value as it is written in that place.

Words are Markdown: a value in them is escaped. Titles, names and what a template is given are plain. A value in an
address is quoted, so that nobody's words lead elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote

import msgspec

from turnkeeper.flows.effects import Say
from turnkeeper.flows.values import put
from turnkeeper.model.contents import Reply
from turnkeeper.text.escaping import escaped, one_line

_MARKDOWN: Final = frozenset({"body", "caption", "texts"})
_ADDRESSES: Final = frozenset({"link", "url"})
_AS_IT_IS: Final = frozenset({"type", "id", "key", "reply_to"})
"""What nobody reads: it stands as its author wrote it."""


def filled_in(say: Say) -> Reply:
    """What is sent. Raises TypeError for what is no message once it is filled in."""
    said, values = say.content, say.values
    if isinstance(said, str):
        return put(said, values, lines)
    if not values:
        return said
    plain = msgspec.to_builtins(said)
    is_template = plain.get("type") == "template"
    try:
        filled: Reply = msgspec.convert(_filled(plain, values, one_line if is_template else lines), type(said))
    except msgspec.ValidationError as error:
        raise TypeError(str(error)) from error
    return filled


def lines(words: str) -> str:
    """Words as Markdown that shows them as they are, line by line."""
    return "\n".join(line for each in words.splitlines() if (line := escaped(each)))


def _filled(value: Any, values: Mapping[str, str], words: Callable[[str], str], name: str = "") -> Any:
    match value:
        case str() if name in _AS_IT_IS:
            return value
        case str():
            return put(value, values, _writer(name, words))
        case dict():
            return {key: _filled(each, values, words, str(key)) for key, each in value.items()}
        case list() | tuple():
            return [_filled(each, values, words, name) for each in value]
    return value


def _writer(name: str, words: Callable[[str], str]) -> Callable[[str], str]:
    if name in _ADDRESSES:
        return lambda value: quote(value, safe="")
    return words if name in _MARKDOWN else one_line
