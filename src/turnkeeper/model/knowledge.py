"""What bots may look things up in: documents, cut into passages, kept in bases by name.

A form is one way to write a word for the index (as it stands, its stem); `terms` are the words of a passage in order,
with a space between words and a bar between the forms of one. Struct field order is column order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import msgspec

from turnkeeper.model.ids import WorkspaceId

DocumentState = Literal["kept", "refused"]
Origin = Literal["folder", "upload"]


class BaseKey(NamedTuple):
    """A base: a workspace's documents under one name."""

    workspace_id: WorkspaceId
    base: str


class Paragraph(msgspec.Struct, frozen=True, omit_defaults=True):
    """A piece of a document that belongs together, under its headings from the outermost on. `page` counts from 1."""

    text: str
    headings: tuple[str, ...] = ()
    page: int | None = None


class Readable(msgspec.Struct, frozen=True, omit_defaults=True):
    """A document as every reader gives it, whatever it was written in."""

    title: str
    paragraphs: tuple[Paragraph, ...]


class Passage(msgspec.Struct, frozen=True, omit_defaults=True):
    """Some paragraphs that are found together. `head`: how many of its terms, at the beginning, are its headings'."""

    text: str
    heading: str
    terms: str
    head: int
    length: int
    page: int | None = None


class DocumentRow(msgspec.Struct, frozen=True):
    """One document of a base. `key`: its path in the folder, or its file's name; `digest`: of what was read, and how.

    A refused one has a `reason` for the operator, and no passages.
    """

    workspace_id: WorkspaceId
    base: str
    key: str
    title: str
    origin: Origin
    digest: str
    state: DocumentState
    reason: str | None
    size: int
    passages: int
    updated_at: float


class DocumentUpload(msgspec.Struct, frozen=True):
    """A document that was uploaded, and is kept to be read again. `file`: its key among the files; `due_at`: since when
    it is to be read, None once it is."""

    workspace_id: WorkspaceId
    base: str
    key: str
    file: str
    size: int
    uploaded_at: float
    due_at: float | None = None


class FoundPassage(msgspec.Struct, frozen=True):
    """A passage as it is kept. `id` means something to its store alone; `n` counts from 1 in its document."""

    id: int
    key: str
    title: str
    n: int
    heading: str
    page: int | None
    text: str
    terms: str
    head: int
    length: int
    vector: bytes | None = None


Forms = tuple[str, ...]
"""A word in its forms, as it was written first."""


class Postings(msgspec.Struct, frozen=True):
    """Which passages of a base hold which form, each up to a bound; and how much there is in all.

    `changes` counts up with each change of a passage or of a vector."""

    passages: int
    words: int
    changes: int
    found: Mapping[str, Sequence[int]]


class Ranked(NamedTuple):
    """A passage and how well it answers. `covered`: the share of what was asked that is in it, 0 to 1."""

    passage: FoundPassage
    score: float
    covered: float
