"""Prompts with stages, and what models answer to them: the format of the platform that these prompts were written for.

A prompt marks its stages as `!!Stage Welcome Message!!`. The model answers JSON,
`{"Stage": "…", "Detail": "%%NAME: …%%", "Response": [{"type": "text", "content": "…", "Jenis": "onemessage"}, …]}`,
or text with the same marks. Rule: whatever comes, no word that is meant for the person is lost, and no mark is shown:
what cannot be read as JSON is text. Prose around JSON is the model's own talk, and is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from turnkeeper.model.contents import Audio, Document, File, Image, Reply, Video
from turnkeeper.text.broken_json import read_object, read_value
from turnkeeper.text.unmarked import whatsapp

_MARK: Final = re.compile(
    r"!!\s{0,3}Stage(?:[ \t]{0,3}:)?[ \t]{1,3}(?=\S)([^!\n]{1,120}?)[ \t]{0,3}(?:!!|$)", re.IGNORECASE | re.MULTILINE
)
_IN_PROMPT: Final = re.compile(r"!!\s{0,3}Stage\s{1,3}(?=\S)([^!\n]{1,120}?)[ \t]{0,3}!!", re.IGNORECASE)
_DETAIL: Final = re.compile(r"(?<!\d)%%(?!%)(.{1,4000}?)%%", re.DOTALL)
_OLD: Final = re.compile(
    r"^[ \t]{0,8}Stage[ \t]{0,3}:[ \t]{0,3}([^\n]{1,120})\n\s{0,8}Response[ \t]{0,3}:\s{0,8}\[",
    re.IGNORECASE | re.MULTILINE,
)
_WORDLESS: Final = re.compile(r"""\s*(?:```\w*\s*)?\{\s*["']?Stage["']?\s*:""", re.IGNORECASE)
"""An answer that is an object but ends before it comes to its words: nothing of it is for the person."""
_BLANKS: Final = re.compile(r"\n{3,}")
_KINDS: Final[Mapping[str, type[Image | Video | Audio | Document]]] = {
    "image": Image, "gambar": Image, "photo": Image, "video": Video, "audio": Audio, "voice": Audio,
    "document": Document, "file": Document,
}  # fmt: skip

INSTRUCTIONS: Final = """\
Answer with one JSON object and nothing else:
{"Stage": "the stage that the conversation is in now", "Detail": "", "Response": [{"type": "text", "content": "…"}]}
- Stage is one of: %s. A new conversation begins with the first of them.
- Response holds what the person gets, in order: texts, and {"type": "image", "content": "https://…"} (image, video or \
audio) for files that are named above. Consecutive texts with "Jenis": "onemessage" arrive as one message.
- Detail holds what the person told of themselves and was asked for above, between double percent signs, one a line: \
"%%%%NAME: …\\nADDRESS: …%%%%"; else it is empty.
The person sees neither Stage nor Detail."""


@dataclass(frozen=True, slots=True)
class Staged:
    """An answer, read. `stage` and `detail` are None where the answer names none."""

    contents: tuple[Reply, ...]
    stage: str | None = None
    detail: str | None = None


def stages(prompt: str) -> tuple[str, ...]:
    """The stages that a prompt marks, in order; a prompt with none is no prompt of this format."""
    return tuple(dict.fromkeys(found[1].strip() for found in _IN_PROMPT.finditer(prompt)))


def instructions(prompt: str) -> str:
    """What a model is told of the format, after the prompt."""
    return INSTRUCTIONS % ", ".join(f'"{stage}"' for stage in stages(prompt))


def read(answer: str, known: Sequence[str] = ()) -> Staged:
    """What a model answered. `known`: the prompt's stages; one that is written otherwise is taken as written there."""
    return _read(answer, known, nested=False)


def _read(answer: str, known: Sequence[str], *, nested: bool) -> Staged:
    old = _OLD.search(answer)
    if old is not None:
        items = read_value(answer[old.end() - 1 :], "[", lambda value: isinstance(value, list) and bool(value))
        if items is not None:
            return _from_json({"stage": old[1], "response": items}, known, nested=nested)
    found = read_object(answer, lambda value: _has(value, "response"))
    if found is None and _WORDLESS.match(answer):
        found = read_object(answer, lambda value: _has(value, "stage"))
    found = found or read_object(answer, lambda value: _has(value, "type", "content"))
    return _from_text(answer, known) if found is None else _from_json(found, known, nested=nested)


def _has(value: Mapping[str, Any], *names: str) -> bool:
    return set(names) <= {str(name).strip().lower() for name in value}


def _from_json(value: Mapping[str, Any], known: Sequence[str], *, nested: bool) -> Staged:
    fields = {str(name).strip().lower(): each for name, each in value.items()}
    response = fields.get("response", value)
    items = response if isinstance(response, list) else [response]
    only = items[0] if len(items) == 1 else None
    inner = _content(only) if only is not None else ""
    if not nested and _begins_json(inner):
        again = _read(inner, known, nested=True)
        if again.stage is not None:
            return again
    stage, details = _stage(_plain(fields.get("stage")), known), [_detail(fields.get("detail"))]
    contents: list[Reply] = []
    for text_or_file in _joined(items):
        if not isinstance(text_or_file, str):
            contents.append(text_or_file)
            continue
        read_text = _from_text(text_or_file, known)
        contents += read_text.contents
        stage = stage or read_text.stage
        details.append(read_text.detail or "")
    return Staged(tuple(contents), stage, "\n".join(filter(None, details)) or None)


def _from_text(answer: str, known: Sequence[str]) -> Staged:
    """Words with marks among them: the first stage counts, all details do."""
    named = _MARK.search(answer)
    details = [found[1].strip() for found in _DETAIL.finditer(answer)]
    words = _DETAIL.sub("", _MARK.sub("", answer))
    words = whatsapp(_BLANKS.sub("\n\n", words).strip())
    stage = _stage(named[1], known) if named else None
    return Staged((words,) if words else (), stage, "\n".join(filter(None, details)) or None)


def _stage(named: str, known: Sequence[str]) -> str | None:
    """A stage's name, as the prompt writes it."""
    found = _MARK.fullmatch(named.strip())
    name = (found[1] if found else named).strip().strip("!").strip()[:120]
    same = {each.casefold(): each for each in known}
    short = name[len("stage ") :] if name.casefold().startswith("stage ") else name
    return same.get(name.casefold()) or same.get(short.casefold()) or name or None


def _detail(value: Any) -> str:
    if isinstance(value, Mapping):
        value = "\n".join(f"{name}: {_plain(each)}" for name, each in value.items())
    elif isinstance(value, list):
        value = "\n".join(map(_plain, value))
    return _plain(value).replace("%%", "").replace("\\n", "\n").strip()


def _plain(value: Any) -> str:
    return "" if value is None else str(value)


def _joined(items: Sequence[Any]) -> Iterator[Reply]:
    """Texts and files in order; neighbours that are one message as one text."""
    together: list[str] = []
    for item in items:
        said = _item(item)
        if isinstance(said, str) and _is_one_message(item):
            together.append(said)
            continue
        if together:
            yield "\n".join(together)
            together = []
        yield said
    if together:
        yield "\n".join(together)


def _item(item: Any) -> Reply:
    """One item of the response; a file without an address that can be fetched is told in its words."""
    content = _content(item)
    if not isinstance(item, Mapping):
        return content
    fields = {str(name).lower(): each for name, each in item.items()}
    kind = _KINDS.get(_plain(fields.get("type")).strip().lower())
    link, caption = content.strip(), _plain(fields.get("caption")).strip()
    if kind is None:
        return content
    if not _is_address(link):
        return "\n".join(filter(None, (content, caption)))
    file = File(link=link)
    return Audio(file) if kind is Audio else kind(file, whatsapp(caption) or None)


def _content(item: Any) -> str:
    if not isinstance(item, Mapping):
        return _plain(item)
    fields = {str(name).lower(): each for name, each in item.items()}
    found = next((fields[name] for name in ("content", "url", "text", "message") if fields.get(name)), "")
    return "\n".join(map(_plain, found)) if isinstance(found, list) else _plain(found)


def _is_one_message(item: Any) -> bool:
    if not isinstance(item, Mapping):
        return False
    return any(str(name).lower() == "jenis" and str(each).lower() == "onemessage" for name, each in item.items())


def _begins_json(text: str) -> bool:
    return text.lstrip().startswith("{") and "esponse" in text


def _is_address(text: str) -> bool:
    if any(char.isspace() for char in text):
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)
