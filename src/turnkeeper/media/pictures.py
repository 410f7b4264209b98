"""How large a picture is when it is unpacked, read from its head: a few bytes may declare billions of pixels."""

from __future__ import annotations

import struct

from turnkeeper.model.errors import MediaRefused

MOST_PIXELS = 200_000_000
"""What the largest cameras of phones make."""
LONGEST_SIDE = 50_000


def refuse_absurd(mime: str, head: bytes) -> None:
    """Raises MediaRefused for a picture that nobody could unpack."""
    found = _SIZES[mime](head) if mime in _SIZES else None
    if found is None:
        return
    width, height = found
    if width * height > MOST_PIXELS or max(width, height) > LONGEST_SIDE:
        raise MediaRefused("image_bomb", f"the picture declares {width:,} by {height:,} pixels")


def _png(head: bytes) -> tuple[int, int] | None:
    return struct.unpack_from(">II", head, 16) if len(head) >= 24 and head[12:16] == b"IHDR" else None


def _gif(head: bytes) -> tuple[int, int] | None:
    return struct.unpack_from("<HH", head, 6) if len(head) >= 10 else None


def _bmp(head: bytes) -> tuple[int, int] | None:
    if len(head) < 26:
        return None
    width, height = struct.unpack_from("<ii", head, 18)
    return abs(width), abs(height)


def _webp(head: bytes) -> tuple[int, int] | None:
    if len(head) < 30:
        return None
    if head[12:16] == b"VP8X":
        width, height = (int.from_bytes(head[at : at + 3], "little") + 1 for at in (24, 27))
        return width, height
    if head[12:16] == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = struct.unpack_from("<HH", head, 26)
    return width & 0x3FFF, height & 0x3FFF


def _jpeg(head: bytes) -> tuple[int, int] | None:
    """The first frame header; it may lie behind a large preview, then nothing is known."""
    at = 2
    while at + 9 <= len(head) and head[at] == 0xFF:
        marker = head[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", head, at + 5)
            return width, height
        if marker == 0xFF:
            at += 1
            continue
        at += 2 + int.from_bytes(head[at + 2 : at + 4], "big")
    return None


_SIZES = {"image/png": _png, "image/gif": _gif, "image/bmp": _bmp, "image/webp": _webp, "image/jpeg": _jpeg}
