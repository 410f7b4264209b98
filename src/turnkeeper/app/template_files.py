"""Files that hold templates to submit: TOML of our own, or JSON in the Graph API's form."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from turnkeeper.channels.whatsapp_cloud import drafts
from turnkeeper.model.errors import ConfigurationError
from turnkeeper.model.templates import DraftButton, TemplateButtonKind, TemplateDraft, TemplateHeader


class _Button(msgspec.Struct, forbid_unknown_fields=True):
    kind: TemplateButtonKind
    text: str = ""
    opens: str = ""
    example: str = ""


class _Written(msgspec.Struct, forbid_unknown_fields=True):
    """A template as it is written in TOML."""

    name: str
    language: str
    category: str
    body: str
    examples: dict[str, str] | list[str] = []
    header_kind: TemplateHeader | None = None
    header: str = ""
    header_example: str = ""
    footer: str = ""
    buttons: list[_Button] = []


def read_drafts(path: Path) -> list[TemplateDraft]:
    """Every template of a file: one, or several under `templates`. Raises ConfigurationError."""
    try:
        text = path.read_text("utf-8")
        content = json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
    except FileNotFoundError:
        raise ConfigurationError(str(path), "there is no such file", "Name another.") from None
    except (OSError, ValueError) as error:
        kind = "JSON" if path.suffix.lower() == ".json" else "TOML"
        raise ConfigurationError(str(path), f"is not {kind} ({error})", "Mend that line.") from None
    return [_draft(each, path) for each in _several(content, path)]


def _several(content: object, path: Path) -> Sequence[object]:
    found = content
    if isinstance(content, Mapping):
        found = content.get("templates", content.get("data", [content]))
    if not isinstance(found, list) or not found:
        raise ConfigurationError(str(path), "holds no template", "Write name, language, category and body.")
    return found


def _draft(item: object, path: Path) -> TemplateDraft:
    if isinstance(item, dict) and drafts.is_graph_form(item):
        return drafts.draft_of(item)
    try:
        written = msgspec.convert(item, _Written)
    except msgspec.ValidationError as error:
        known = ", ".join(_Written.__struct_fields__)
        raise ConfigurationError(str(path), f"is no template: {error}", f"A template has: {known}.") from None
    return _of(written)


def _of(written: _Written) -> TemplateDraft:
    given: Any = written.examples
    examples = {str(place): each for place, each in enumerate(given, 1)} if isinstance(given, list) else dict(given)
    return TemplateDraft(
        written.name,
        written.language,
        written.category,
        written.body,
        examples,
        written.header_kind or ("text" if written.header else None),
        written.header,
        written.header_example,
        written.footer,
        tuple(DraftButton(each.kind, each.text, each.opens, each.example) for each in written.buttons),
    )
