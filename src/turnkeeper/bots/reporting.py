"""A voice note -> a report: its values are extracted by a model, or measured by code, and laid out in sections.

A schema is a pydantic model; its docstring tells models what they read. It may say more of itself, as attributes:

- `layout`, a turnkeeper.text.report.ReportLayout: what the report looks like; else its fields stand in one section.
- `measured`, a function of the transcript: values that no model has to guess.

The words go to the model, never the sound; so does the second question, about an answer that could not be read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol, get_args, get_origin

from turnkeeper.model.voice import UNAVAILABLE, Transcript
from turnkeeper.text.report import ReportField, ReportLayout, ReportSection, is_empty
from turnkeeper.text.transcripts import section, spoken_by

if TYPE_CHECKING:
    from pydantic import BaseModel

    from turnkeeper.llm.extraction import Extracted

_INSTRUCTIONS: Final = (
    "What you are given is the transcript of a voice note, after what else is known of it. Where the transcript was "
    "unavailable, fill only what is known without it."
)
_LISTS: Final = (list, tuple, set, frozenset)


class Extract(Protocol):
    """`Turn.extract`, or whatever else fills a schema."""

    async def __call__(self, model: type[Any], text: str, *, instructions: str = "") -> Extracted[Any]:
        """What a text says."""


@dataclass(frozen=True, slots=True)
class Reported:
    """What came of a note. `values`: JSON values by name; `texts`: sections in Markdown, the transcript last.

    `texts` is empty where there was neither a transcript nor an answer of a model. `read`: a model found values in it;
    `problems`: why others are missing.
    """

    values: Mapping[str, Any]
    texts: tuple[str, ...]
    read: bool
    problems: tuple[str, ...] = ()


async def report(
    schema: type[BaseModel],
    transcript: Transcript | None,
    extract: Extract,
    *,
    known: Mapping[str, str] | None = None,
    written: str = "",
    what: str = "visit",
) -> Reported:
    """Fill a schema from a note, as far as that works. Raises what `extract` raises.

    `transcript` None: nobody could hear the note. `known`: what is known without it, by the names of fields, as far as
    the report shows it; models are told. `written`: words that came with the note, for models. `what` was
    spoken about, in a word.
    """
    given = {name: value for name, value in (known or {}).items() if value}
    extracted = await extract(schema, _told(given, written, transcript), instructions=_INSTRUCTIONS)
    found = {name: value for name, value in extracted.partial.items() if not is_empty(value)}
    if transcript is None and extracted.value is None and not found:
        return Reported(given, (), False, extracted.problems)
    measure = getattr(schema, "measured", None)
    measured = measure(transcript) if measure is not None and transcript is not None else {}
    values = {**found, **given, **measured}
    texts = (*layout_of(schema).texts(values), section(transcript, what=what))
    return Reported(values, texts, bool(found), extracted.problems)


def layout_of(schema: type[BaseModel]) -> ReportLayout:
    """How a schema wants to be shown."""
    own = getattr(schema, "layout", None)
    if isinstance(own, ReportLayout):
        return own
    fields = [
        ReportField(
            field.title or name.replace("_", " ").capitalize(), name, "list" if _is_list(field.annotation) else "text"
        )
        for name, field in schema.model_fields.items()
    ]
    return ReportLayout((ReportSection(str(schema.model_config.get("title") or schema.__name__), "📋", tuple(fields)),))


def _told(known: Mapping[str, str], written: str, transcript: Transcript | None) -> str:
    lines = [f"{name.replace('_', ' ').capitalize()}: {value}" for name, value in known.items()]
    words = UNAVAILABLE if transcript is None else spoken_by(transcript)
    parts = ("\n".join(lines), written and f"Written with it:\n{written}", f"Transcript:\n{words}")
    return "\n\n".join(filter(None, parts))


def _is_list(annotation: object) -> bool:
    """Also of what may be absent: `list[str] | None`."""
    return any(get_origin(each) in _LISTS or each in _LISTS for each in (annotation, *get_args(annotation)))
