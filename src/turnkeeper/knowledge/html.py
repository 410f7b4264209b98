"""HTML pages: what is read aloud of them. Nothing is fetched, no entity of a document's own is filled in."""

from __future__ import annotations

from typing import Any, Final

from turnkeeper.knowledge.base import DEEPEST_HEADING, DocumentRefused, Gathered, rows
from turnkeeper.model.knowledge import Readable

_SKIPPED: Final = {
    "script", "style", "noscript", "template", "svg", "math", "nav", "footer", "form", "button", "select", "textarea",
    "iframe", "object", "head", "title",
}  # fmt: skip
_BLOCKS: Final = {
    "p", "li", "dt", "dd", "blockquote", "pre", "td", "th", "tr", "div", "section", "article", "main", "aside",
    "figure", "figcaption", "ul", "ol", "dl", "table", "tbody", "thead", "header", "address", "details", "summary",
    "body", "hr",
}  # fmt: skip
_BREAK: Final = "\x0b"
"""A new line, among the newlines of the source that mean none; no page has it."""
_HEADINGS: Final = {f"h{level}": level for level in range(1, DEEPEST_HEADING + 1)}


def read(name: str, data: bytes) -> Readable:
    """A page's text. Raises DocumentRefused."""
    from lxml import etree, html  # type: ignore[import-untyped]

    parser = html.HTMLParser(no_network=True, remove_comments=True, remove_pis=True, encoding=_encoding(data))
    try:
        root = html.document_fromstring(data, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as error:
        raise DocumentRefused(f"it is not HTML ({type(error).__name__})") from None
    page = _Page()
    for event, element in etree.iterwalk(root, events=("start", "end")):
        page.opened(element) if event == "start" else page.closed(element)
    title = next(iter(root.xpath("//head/title/text()")), "").strip()
    found = page.gathered.document(name)
    return Readable(title, found.paragraphs) if title and not page.gathered.title else found


class _Page:
    """A walk over the elements, gathering words until a block ends."""

    def __init__(self) -> None:
        self.gathered = Gathered()
        self._words: list[str] = []
        self._cells: list[str] | None = None
        self._skipping = 0

    def opened(self, element: Any) -> None:
        tag = element.tag if isinstance(element.tag, str) else "?"
        if self._skipping or tag in _SKIPPED:
            self._skipping += 1
            return
        if tag == "tr":
            self._flush()
            self._cells = []
        elif tag in _BLOCKS or tag in _HEADINGS:
            self._flush()
        if tag == "br":
            self._words.append(_BREAK)
        if tag == "li":
            self._words.append("- ")
        self._words.append(element.text or "")

    def closed(self, element: Any) -> None:
        tag = element.tag if isinstance(element.tag, str) else "?"
        if self._skipping:
            self._skipping -= 1
        elif tag in _HEADINGS:
            self.gathered.heading(_HEADINGS[tag], self._taken())
        elif tag == "tr":
            self._flush()
            cells, self._cells = self._cells or [], None
            self.gathered.paragraph(rows(cells))
        elif tag in _BLOCKS:
            self._flush()
        if not self._skipping:
            self._words.append(element.tail or "")

    def _taken(self) -> str:
        lines = "".join(self._words).split(_BREAK)
        self._words.clear()
        return "\n".join(line for each in lines if (line := " ".join(each.split())))

    def _flush(self) -> None:
        text = self._taken()
        if text in ("", "-"):
            return
        if self._cells is not None:
            self._cells.append(text)
        else:
            self.gathered.paragraph(text)


def _encoding(data: bytes) -> str | None:
    """UTF-8 where it is: pages forget to say so. None: as the page says."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return "utf-8"
