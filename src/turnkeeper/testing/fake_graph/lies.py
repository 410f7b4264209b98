"""Ways in which a medium may differ from what is said of it, for tests of those who fetch it."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

CHUNK: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Endless:
    """`size` bytes of zeros in place of the data, without a length."""

    size: int = 200 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class GzipBomb:
    """`Content-Encoding: gzip`, a thousandth of what it unpacks to; sent whether it was asked for or not."""

    size: int = 200 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Redirect:
    """A redirect to `location` in place of the bytes."""

    location: str = "http://169.254.169.254/latest/meta-data/"
    status: int = 302


@dataclass(frozen=True, slots=True)
class Slow:
    """`chunk` bytes, then `pause` seconds on the fake's clock, and so on."""

    chunk: int = 1
    pause: float = 1.0


@dataclass(frozen=True, slots=True)
class Cut:
    """The connection ends after so many bytes of the length that was promised."""

    after: int = 0


Body = Endless | GzipBomb | Redirect | Slow | Cut


@dataclass(frozen=True, slots=True, kw_only=True)
class Lie:
    """What is said instead of the truth; None: the truth."""

    mime: str | None = None
    """Of webhooks and of `GET /{media id}`."""
    sha256: str | None = None
    """Hexadecimal."""
    file_size: int | None = None
    content_type: str | None = None
    """Of the bytes themselves."""
    body: Body | None = None
    """How the bytes are served."""


def zeros(size: int) -> Iterator[bytes]:
    """`size` zeros in pieces."""
    piece = bytes(CHUNK)
    for _ in range(size // CHUNK):
        yield piece
    yield piece[: size % CHUNK]


def gzipped_zeros(size: int) -> Iterator[bytes]:
    """`size` zeros as gzip packs them, about a thousandth in length."""
    packer = zlib.compressobj(9, wbits=31)
    for piece in zeros(size):
        if packed := packer.compress(piece):
            yield packed
    yield packer.flush()
