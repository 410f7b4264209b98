"""Form bodies as RFC 7578 has them, strictly: whatever is odd is refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

MOST_PARTS: Final = 16
HEADER_LIMIT: Final = 4096
BOUNDARY: Final = re.compile(r"""[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]""")
PARAMETER: Final = re.compile(r';\s*([A-Za-z*]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))')


class BadForm(ValueError):
    """The body is not a form that can be read; the text says why."""


@dataclass(frozen=True, slots=True)
class Part:
    """One field; a file has a `filename`."""

    name: str
    data: bytes
    filename: str | None = None
    content_type: str | None = None

    @property
    def text(self) -> str:
        """The value of a plain field."""
        return self.data.decode("utf-8", "replace")


def parse_form(content_type: str, body: bytes) -> dict[str, Part]:
    """Return the fields by name.

    Raises:
        BadForm: the type, the boundaries or a part's headers are not as they have to be, or a field comes twice.
    """
    fields: dict[str, Part] = {}
    for part in parse_parts(content_type, body):
        if part.name in fields:
            raise BadForm(f"the field {part.name} comes twice")
        fields[part.name] = part
    return fields


def parse_parts(content_type: str, body: bytes) -> list[Part]:
    """Return the fields in their order, where one may come several times.

    Raises:
        BadForm: the type, the boundaries or a part's headers are not as they have to be.
    """
    kind, _, rest = content_type.partition(";")
    if kind.strip().lower() != "multipart/form-data":
        raise BadForm("the content type is not multipart/form-data")
    boundary = _parameters(";" + rest).get("boundary", "")
    if not BOUNDARY.fullmatch(boundary):
        raise BadForm("the boundary is missing or malformed")
    mark = b"--" + boundary.encode("ascii")
    if not body.startswith(mark + b"\r\n"):
        raise BadForm("the body does not begin with the boundary")
    pieces = (b"\r\n" + body).split(b"\r\n" + mark)[1:]
    last = pieces.pop()
    if last not in (b"--", b"--\r\n"):
        raise BadForm("the closing boundary is missing")
    if not 1 <= len(pieces) <= MOST_PARTS:
        raise BadForm(f"the form does not have 1 to {MOST_PARTS} parts")
    return [_part(piece) for piece in pieces]


def _part(piece: bytes) -> Part:
    if not piece.startswith(b"\r\n"):
        raise BadForm("a boundary does not end its line")
    head, found, data = piece[2:].partition(b"\r\n\r\n")
    if not found or len(head) > HEADER_LIMIT:
        raise BadForm("a part's headers do not end")
    headers: dict[str, str] = {}
    for line in head.decode("utf-8", "replace").split("\r\n"):
        name, colon, value = line.partition(":")
        if not colon:
            raise BadForm("a part's header has no colon")
        headers[name.strip().lower()] = value.strip()
    disposition = headers.get("content-disposition", "")
    fields = _parameters(disposition.removeprefix("form-data"))
    if not disposition.startswith("form-data") or not fields.get("name"):
        raise BadForm("a part has no name")
    return Part(fields["name"], data, fields.get("filename"), headers.get("content-type"))


def _parameters(text: str) -> dict[str, str]:
    return {match[1].lower(): _unquoted(match[2], match[3]) for match in PARAMETER.finditer(text)}


def _unquoted(quoted: str | None, bare: str) -> str:
    """Browsers write %22 for a quote in a name, others a backslash before it."""
    return bare if quoted is None else re.sub(r"\\(.)", r"\1", quoted).replace("%22", '"')
