"""Bytes as they come over the wire, decoded with a bound: what is packed may be a thousand times larger."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Iterator

from turnkeeper.model.errors import MediaRefused

_PIECE = 256 * 1024


async def decoded(pieces: AsyncIterator[bytes], encoding: str) -> AsyncIterator[bytes]:
    """The content of a body, in pieces of bounded size; raises MediaRefused for what cannot be decoded."""
    if encoding in ("", "identity"):
        async for piece in pieces:
            yield piece
        return
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise MediaRefused("type_mismatch", "the file comes in an encoding that was not asked for")
    unpacking = zlib.decompressobj(zlib.MAX_WBITS | 32)
    async for piece in pieces:
        for part in _unpacked(unpacking, piece):
            yield part


def _unpacked(unpacking: zlib._Decompress, piece: bytes) -> Iterator[bytes]:
    left = piece
    while left:
        try:
            part = unpacking.decompress(left, _PIECE)
        except zlib.error:
            raise MediaRefused("type_mismatch", "the file cannot be decoded") from None
        left = unpacking.unconsumed_tail
        if part:
            yield part
        elif unpacking.eof:
            return
