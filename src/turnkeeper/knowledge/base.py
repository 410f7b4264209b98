"""What every reader takes and gives, and the limits of a document.

DocumentRefused             this file is left out, the rest goes on; the operator is told why
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from turnkeeper.model.errors import TurnkeeperError
from turnkeeper.model.knowledge import Paragraph, Readable

LARGEST: Final = 32 * 1024**2
"""Bytes of a file."""
MOST_CHARACTERS: Final = 1_500_000
MOST_PARAGRAPHS: Final = 50_000
MOST_PAGES: Final = 2_000
DEEPEST_HEADING: Final = 6
_LONGEST_TITLE: Final = 200


class DocumentRefused(TurnkeeperError):
    """A file that cannot be read; says why, in words for the operator."""


class Gathered:
    """Paragraphs as a reader comes upon them, under the headings that are open."""

    def __init__(self) -> None:
        self.title = ""
        self._open: list[tuple[int, str]] = []
        self._paragraphs: list[Paragraph] = []
        self._characters = 0

    def heading(self, level: int, text: str) -> None:
        """A heading: 1 is the outermost. The first of all is the title."""
        text = " ".join(text.split())[:_LONGEST_TITLE]
        if not text:
            return
        self._open = [each for each in self._open if each[0] < level]
        if not self.title:
            self.title = text
        else:
            self._open.append((level, text))

    def paragraph(self, text: str, page: int | None = None) -> None:
        """Some words; blank ones are left out. Raises DocumentRefused for more than a document has."""
        text = _clean(text)
        if not text:
            return
        self._characters += len(text)
        if self._characters > MOST_CHARACTERS or len(self._paragraphs) >= MOST_PARAGRAPHS:
            raise DocumentRefused(f"it holds more than {MOST_CHARACTERS:,} characters: split it")
        self._paragraphs.append(Paragraph(text, tuple(heading for _, heading in self._open), page))

    def document(self, name: str) -> Readable:
        """All of it; without a title, `name` is it. Raises DocumentRefused where there are no words."""
        if not self._paragraphs:
            raise DocumentRefused("there are no words in it (a scan holds pictures of words)")
        return Readable(self.title or name, tuple(self._paragraphs))


def _clean(text: str) -> str:
    """Without what no database keeps, and without space around."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8").strip()


def rows(cells: Iterable[str]) -> str:
    """One row of a table as a line."""
    return " | ".join(" ".join(cell.split()) for cell in cells if cell.strip())
