"""PDF files: the text of each page. What is only pictures of words has none."""

from __future__ import annotations

import logging
import re
import unicodedata
from io import BytesIO

from turnkeeper.knowledge.base import MOST_PAGES, DocumentRefused, Gathered
from turnkeeper.model.knowledge import Readable

_BLANK = re.compile(r"\n[^\S\n]*\n\s*")
_DRAWN = re.compile("[\ufb00-\ufb4f\ufb50-\ufdff\ufe70-\ufefe]+")
_SPACES = re.compile(r"[^\S\n]{2,}")
_BROKEN_WORD = re.compile(r"(?<=[^\W\d_])[-\u00ad]\n(?=[^\W\d_])")


def read(name: str, data: bytes) -> Readable:
    """A PDF's paragraphs by page. Raises DocumentRefused."""
    import pypdf
    from pypdf.errors import PyPdfError

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it tells of each small fault of a file
    gathered = Gathered()
    try:
        reader = pypdf.PdfReader(BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise DocumentRefused("it is encrypted: save it without a password")
        if len(reader.pages) > MOST_PAGES:
            raise DocumentRefused(f"it has more than {MOST_PAGES:,} pages: split it")
        title = (reader.metadata.title if reader.metadata else None) or ""
        gathered.heading(1, title)
        for number, page in enumerate(reader.pages, 1):
            for paragraph in _BLANK.split(page.extract_text()):
                gathered.paragraph(plain(paragraph), number)
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, OSError, ArithmeticError) as error:
        # The parser meets a broken file in many ways of Python's.
        raise DocumentRefused(f"it is broken, or no PDF ({type(error).__name__})") from None
    return gathered.document(name)


def plain(text: str) -> str:
    """A page's words as they are written: letters where the page has their drawn shapes (ligatures, Arabic joined
    forms), and words whole that it has at the ends of two lines."""
    letters = _DRAWN.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text)
    return _BROKEN_WORD.sub("", _SPACES.sub(" ", letters))
