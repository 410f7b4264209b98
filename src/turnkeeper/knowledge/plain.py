"""Plain text: paragraphs between blank lines."""

from __future__ import annotations

import codecs
import re

from turnkeeper.knowledge.base import DocumentRefused, Gathered
from turnkeeper.model.knowledge import Readable

_BLANK = re.compile(r"\n[^\S\n]*\n\s*")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_MARKED = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read(name: str, data: bytes) -> Readable:
    """A text file's paragraphs. Raises DocumentRefused."""
    gathered = Gathered()
    for paragraph in _BLANK.split(decoded(data)):
        gathered.paragraph(paragraph)
    return gathered.document(name)


def decoded(data: bytes) -> str:
    """The characters of a file, its newlines alike. Raises DocumentRefused for what is no text."""
    marked = next((encoding for mark, encoding in _MARKED if data.startswith(mark)), None)
    try:
        text = data.decode(marked or "utf-8")
    except UnicodeDecodeError:
        # Old Windows programs write so; every byte means something there, so what is no text shows by its controls.
        text = data.decode("cp1252", "replace")
    if len(_CONTROLS.findall(text[:10_000])) > len(text[:10_000]) // 100:
        raise DocumentRefused("it is not text")
    return text.replace("\r\n", "\n").replace("\r", "\n")
