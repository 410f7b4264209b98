"""What a flow says, with its marks filled in, each value as it is written in that place.

Words are Markdown: a value in them is escaped (text.placing). Titles, names and what a template is given are plain. A
value in an address is quoted, so that nobody's words lead elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

import msgspec

from turnkeeper.flows.effects import Say
from turnkeeper.flows.values import MARK, inside, put
from turnkeeper.model.contents import Reply
from turnkeeper.text.escaping import one_line
from turnkeeper.text.placing import placed

_MARKDOWN: Final = frozenset({"body", "caption", "texts"})
_ADDRESSES: Final = frozenset({"link", "url"})
_AS_IT_IS: Final = frozenset({"type", "id", "key", "reply_to"})
"""What nobody reads: it stands as its author wrote it."""
_STANDS_FOR: Final = "\ue000"
_NOTHING: Final = "…"
"""Above what can be tapped, where nothing is known of what was to be said there."""


def filled_in(say: Say) -> Reply:
    """What is sent. Raises TypeError for what is no message once it is filled in."""
    said, values = say.content, say.values
    if isinstance(said, str):
        return _markdown(said, values)
    if not values:
        return said
    plain = msgspec.to_builtins(said)
    is_template = plain.get("type") == "template"
    try:
        filled: Reply = msgspec.convert(_filled(plain, values, is_markdown=not is_template), type(said))
    except msgspec.ValidationError as error:
        raise TypeError(str(error)) from error
    return filled


def _markdown(text: str, values: Mapping[str, str]) -> str:
    """Each value as its place wants it; what stands for the marks before it is not looked at."""
    if not values or "{{" not in text:
        return text

    def written(mark: re.Match[str]) -> str:
        value = values.get(inside(mark))
        if value is None:
            return mark[0]
        return placed(value, MARK.sub(_STANDS_FOR, text[: mark.start()]), text[mark.end() :])

    return MARK.sub(written, text)


def _filled(value: Any, values: Mapping[str, str], *, is_markdown: bool, name: str = "") -> Any:
    match value:
        case str() if name in _AS_IT_IS:
            return value
        case str() if name in _MARKDOWN and is_markdown:
            filled = _markdown(value, values)
            return filled if filled.strip() or name != "body" else _NOTHING
        case str():
            return put(value, values, _quoted if name in _ADDRESSES else one_line)
        case dict():
            return {key: _filled(each, values, is_markdown=is_markdown, name=str(key)) for key, each in value.items()}
        case list() | tuple():
            return [_filled(each, values, is_markdown=is_markdown, name=name) for each in value]
    return value


def _quoted(value: str) -> str:
    return quote(value, safe="")
