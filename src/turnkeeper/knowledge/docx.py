"""Word files (DOCX): headings by their styles, paragraphs, the rows of tables."""

from __future__ import annotations

import re
import zipfile
from io import BytesIO
from typing import Any

from turnkeeper.knowledge.base import DEEPEST_HEADING, DocumentRefused, Gathered, rows
from turnkeeper.model.knowledge import Readable

LARGEST_WHOLE = 256 * 1024**2
"""Bytes that all members may unpack to. A member that is larger than it says is cut off there when it is read."""
_MOST_MEMBERS = 10_000
_HEADING = re.compile(r"heading ?([1-9])", re.IGNORECASE)


def read(name: str, data: bytes) -> Readable:
    """A Word file's sections. Raises DocumentRefused."""
    _refuse_bomb(data)
    import docx
    from docx.opc.exceptions import OpcError
    from docx.table import Table
    from docx.text.paragraph import Paragraph
    from lxml.etree import LxmlError  # type: ignore[import-untyped]

    gathered = Gathered()
    try:
        document = docx.Document(BytesIO(data))  # its parser fills in no entities
        for block in document.iter_inner_content():
            if isinstance(block, Paragraph):
                _paragraph(block, gathered)
            elif isinstance(block, Table):
                for row in block.rows:
                    gathered.paragraph(rows(_cells(row)))
        title = document.core_properties.title or ""
    except (OpcError, LxmlError, zipfile.BadZipFile, KeyError, ValueError, AttributeError, OSError) as error:
        raise DocumentRefused(f"it is broken, or no DOCX ({type(error).__name__})") from None
    found = gathered.document(name)
    return Readable(title.strip(), found.paragraphs) if title.strip() and not gathered.title else found


def _paragraph(block: Any, gathered: Gathered) -> None:
    style = block.style.name if block.style is not None else ""
    heading = _HEADING.fullmatch(style or "")
    if style == "Title":
        gathered.heading(1, block.text)
    elif heading:
        gathered.heading(min(int(heading[1]), DEEPEST_HEADING) + 1, block.text)
    else:
        listed = "- " if (style or "").startswith("List") and block.text.strip() else ""
        gathered.paragraph(f"{listed}{block.text}")


def _cells(row: Any) -> list[str]:
    """The texts of a row; cells that were joined are there once."""
    return [cell.text for cell in {id(cell._tc): cell for cell in row.cells}.values()]


def _refuse_bomb(data: bytes) -> None:
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        raise DocumentRefused("it is broken, or no DOCX") from None
    if any(each.flag_bits & 1 for each in members):
        raise DocumentRefused("it is encrypted: save it without a password")
    if len(members) > _MOST_MEMBERS or sum(each.file_size for each in members) > LARGEST_WHOLE:
        raise DocumentRefused("it unpacks to an absurd size")
