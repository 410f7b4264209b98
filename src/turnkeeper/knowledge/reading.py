"""A file of any kind that is read -> its passages. Slow, and open to what files do: see `apart`."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import PurePath
from typing import Final

import msgspec

from turnkeeper.knowledge.base import LARGEST, DocumentRefused
from turnkeeper.model.knowledge import Passage, Readable
from turnkeeper.text.passages import passages
from turnkeeper.text.words import VERSION

READ_BY: Final = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".txt": "plain",
    ".text": "plain",
    ".html": "html",
    ".htm": "html",
    ".pdf": "pdf",
    ".docx": "docx",
}
READING: Final = f"{VERSION}.1"
"""Changes when the same file would be read or cut in another way."""


class ReadDocument(msgspec.Struct, frozen=True):
    """A file as it is to be kept."""

    title: str
    passages: list[Passage]


def is_readable(name: str) -> bool:
    """Whether files of that name are read at all."""
    return PurePath(name).suffix.lower() in READ_BY


def read(name: str, data: bytes) -> ReadDocument:
    """The passages of a file. Raises DocumentRefused."""
    document = _reader(name)(PurePath(name).stem, within_limits(data))
    return ReadDocument(document.title, list(passages(document)))


def within_limits(data: bytes) -> bytes:
    """The data, unless there is none or too much of it; then raises DocumentRefused."""
    if not data:
        raise DocumentRefused("it is empty")
    if len(data) > LARGEST:
        raise DocumentRefused(f"it is larger than {LARGEST // 1024**2} MB")
    return data


def _reader(name: str) -> Callable[[str, bytes], Readable]:
    kind = READ_BY.get(PurePath(name).suffix.lower())
    if kind is None:
        raise DocumentRefused(f"files of this kind are not read; those are: {', '.join(READ_BY)}")
    reader: Callable[[str, bytes], Readable] = import_module(f"turnkeeper.knowledge.{kind}").read
    return reader
