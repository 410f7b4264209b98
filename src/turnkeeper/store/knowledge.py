"""What a store keeps of documents and their passages. Every method is one transaction.

The index is the database's own; it is asked only which passages hold a form. What answers best is decided in
`rules/relevance`, so that every store gives the same.
"""

from __future__ import annotations

from base64 import b32encode
from collections.abc import Sequence
from hashlib import blake2b
from typing import NamedTuple, Protocol

from turnkeeper.model.knowledge import BaseKey, DocumentRow, FoundPassage, Passage, Postings

MOST_SIGNS = 50_000
"""Passages of a base whose vectors are compared with a question's."""
_SCOPE = 6


class BaseRow(NamedTuple):
    """A base as it stands. `changes` counts up with each change of a passage or of a vector."""

    passages: int = 0
    words: int = 0
    changes: int = 0
    embeddings: str = ""
    without_vector: int = 0


class Unembedded(NamedTuple):
    """A passage that has no vector yet."""

    id: int
    title: str
    heading: str
    text: str


class Vector(NamedTuple):
    """The vector of a passage with this text, as float32, and the sign of each number as one bit."""

    id: int
    text: str
    signs: bytes
    vector: bytes


class KnowledgeRecords(Protocol):
    """The part of the store that knows documents. A base comes to be with its first document."""

    async def bases(self) -> list[BaseKey]:
        """Every base that there is."""

    async def find_base(self, base: BaseKey) -> BaseRow:
        """What there is of a base."""

    async def documents(self, base: BaseKey) -> list[DocumentRow]:
        """Its documents, by key."""

    async def put_document(self, row: DocumentRow, passages: Sequence[Passage], after: int = 0) -> None:
        """Keep a document with these passages instead of what it was. `after`: the first so many of it stay, and these
        follow them; a long one is kept in several transactions, so that none holds up others."""

    async def remove_documents(self, base: BaseKey, keys: Sequence[str]) -> int:
        """Forget documents, and that they were uploaded; how many there were."""

    async def postings(self, base: BaseKey, forms: Sequence[str], most: int) -> Postings:
        """Which passages hold these forms, at most `most` of each."""

    async def holding(self, base: BaseKey, words: Sequence[Sequence[str]], most: int) -> list[int]:
        """Passages that hold every one of these words, each in any of its forms."""

    async def passages(self, base: BaseKey, ids: Sequence[int], *, vectors: bool = False) -> list[FoundPassage]:
        """Those of these passages that are still there."""

    async def begin_vectors(self, base: BaseKey, embeddings: str) -> None:
        """Name the model whose vectors are kept; another one's are forgotten."""

    async def unembedded(self, base: BaseKey, most: int) -> list[Unembedded]:
        """Passages without a vector."""

    async def keep_vectors(self, base: BaseKey, embeddings: str, vectors: Sequence[Vector]) -> int:
        """Keep vectors of that model for passages that are still there, as they were; how many."""

    async def signs(self, base: BaseKey, embeddings: str) -> list[tuple[int, bytes]]:
        """The signs of that model's vectors, of MOST_SIGNS passages at most."""


def scope(base: BaseKey) -> str:
    """What the words of a base begin with in the index: six letters and digits.

    Two bases with the same would be listed together and cost time; whose passages are read is asked by name."""
    digest = blake2b("\x1f".join(base).encode(), digest_size=4).digest()
    return b32encode(digest).decode().lower()[:_SCOPE]


def indexed(prefix: str, passage: Passage) -> list[str]:
    """The words of a passage as they stand in the index, each once."""
    return sorted({f"{prefix}{form}" for forms in passage.terms.split(" ") for form in forms.split("|")})
