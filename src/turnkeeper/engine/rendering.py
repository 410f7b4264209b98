"""From what a bot says to what a channel can carry: Markdown into the channel's markup, then into its limits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec
from msgspec.structs import replace

from turnkeeper.channels.base import Capabilities
from turnkeeper.model.contents import (
    Buttons,
    Content,
    Document,
    Image,
    List,
    LocationRequest,
    Refused,
    Reply,
    Sayable,
    Sections,
    Template,
    Text,
    UrlButton,
    Video,
    words_of,
)
from turnkeeper.model.limits import Markup
from turnkeeper.model.templates import TemplateDefinition
from turnkeeper.rules.templates import misfits, problems
from turnkeeper.text.fitting import body_limit, fit
from turnkeeper.text.rendering import render, typed
from turnkeeper.text.template_preview import preview

_encode = msgspec.json.Encoder().encode
_NONE: Mapping[tuple[str, str], TemplateDefinition] = {}


@dataclass(frozen=True, slots=True)
class Rendered:
    """Encoded contents, in order, and what was changed to fit in (shown among the moments)."""

    contents: list[bytes]
    notes: list[str]


def rendered(
    replies: Sequence[Reply],
    capabilities: Capabilities,
    *,
    numbered: bool = False,
    templates: Mapping[tuple[str, str], TemplateDefinition] = _NONE,
    by_hand: bool = False,
) -> Rendered:
    """Each reply as one or more encoded contents. What cannot be said is a row that fails with its reason.

    `numbered`: the parts of a long text end in "(1/3)". `templates`: those that are known, by name and language.
    `by_hand`: a person typed it, so it is no Markdown.
    """
    contents: list[bytes] = []
    notes: list[str] = []
    for reply in replies:
        said = Text(reply) if isinstance(reply, str) else reply
        if by_hand and isinstance(said, Text | Image | Video | Document):
            made: Iterator[Content] = iter([_typed(said, capabilities.markup)])
        else:
            made = _marked_up(said, capabilities, numbered, notes)
        if isinstance(said, Template):
            made = iter([_shown(said, templates.get((said.name, said.language)))])
        for content in made:
            fitted = fit(content, capabilities.limits, capabilities.markup)
            contents += map(_encode, fitted.contents)
            notes += fitted.notes
            notes += [f"not sent: {each.reason}" for each in fitted.contents if isinstance(each, Refused)]
    return Rendered(contents, notes)


def _typed(said: Text | Image | Video | Document, markup: Markup) -> Content:
    if isinstance(said, Text):
        return replace(said, body=typed(said.body, markup))
    return replace(said, caption=typed(said.caption, markup)) if said.caption else said


def _shown(said: Template, definition: TemplateDefinition | None) -> Template | Refused:
    """With what the person will see of it, where the definition is known."""
    if wrong := problems(said) if definition is None else misfits(said, definition):
        return Refused(words_of(said), "; ".join(wrong))
    return said if definition is None else replace(said, shown=preview(said, definition))


def _marked_up(
    said: Sayable | Sections, capabilities: Capabilities, numbered: bool, notes: list[str]
) -> Iterator[Content]:
    """In the channel's markup, what is too long split before; the first part quotes what the whole did."""
    if isinstance(said, Sections):
        parts = render(said, capabilities.markup, capabilities.limits.text, numbered=numbered)
        yield from _texts(Text("", reply_to=said.reply_to), parts, notes)
        return
    limit = body_limit(said, capabilities.limits, capabilities.markup)
    match said:
        case Text():
            parts = render(said.body, capabilities.markup, limit, numbered=numbered)
            yield from _texts(said, parts, notes)
        case Buttons() | List() | UrlButton() | LocationRequest():
            parts = _parts(said.body, limit, capabilities) or [""]
            quoted = said.reply_to
            if len(parts) > 1:
                notes.append(f"{len(parts) - 1} of {len(parts)} parts of a long text went before")
            for part in parts[:-1]:
                yield Text(part, reply_to=quoted)
                quoted = None
            yield replace(said, body=parts[-1], reply_to=quoted)
        case Image() | Video() | Document() if said.caption:
            first, *rest = _parts(said.caption, limit, capabilities) or [""]
            yield replace(said, caption=first)
            if rest:
                notes.append("what was too long of a caption followed as text")
            for part in rest:
                yield Text(part)
        case _:
            yield said


def _texts(said: Text, parts: Sequence[str], notes: list[str]) -> Iterator[Text]:
    if not parts:
        notes.append("an empty text was left out")
    for place, part in enumerate(parts):
        yield replace(said, body=part, reply_to=None if place else said.reply_to)


def _parts(markdown: str, limit: int, capabilities: Capabilities) -> list[str]:
    return render(markdown, capabilities.markup, limit)
