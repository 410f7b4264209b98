"""Replies of providers and tool servers, unpacked within a bound: what is packed may be a thousand times larger."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Iterator
from typing import Final, cast

import httpx2

LARGEST: Final = 32 * 1024 * 1024
"""Bytes of a body, packed or unpacked."""
ACCEPTED: Final = "gzip"
"""What clients of these replies ask for as `accept-encoding`."""
_PACKED: Final = ("gzip", "x-gzip")
_PIECE: Final = 256 * 1024


async def limited(response: httpx2.Response) -> None:
    """A response's hook: a body that is too large, or cannot be unpacked, ends with an error where that shows."""
    packed = response.headers.get("content-encoding", "").strip().lower() in _PACKED
    if packed:
        del response.headers["content-encoding"]
    response.stream = _Limited(cast(httpx2.AsyncByteStream, response.stream), packed=packed)


class _Limited(httpx2.AsyncByteStream):
    """A body as it is read."""

    def __init__(self, stream: httpx2.AsyncByteStream, *, packed: bool) -> None:
        self._stream = stream
        self._unpacking = zlib.decompressobj(zlib.MAX_WBITS | 16) if packed else None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for piece in self._stream:
            for part in self._unpacked(piece):
                size += len(part)
                if size > LARGEST:
                    raise httpx2.RemoteProtocolError(f"the reply is larger than {LARGEST} bytes")
                yield part

    def _unpacked(self, piece: bytes) -> Iterator[bytes]:
        if self._unpacking is None:
            yield piece
            return
        left = piece
        while left and not self._unpacking.eof:
            try:
                yield self._unpacking.decompress(left, _PIECE)
            except zlib.error:
                raise httpx2.DecodingError("the reply cannot be unpacked") from None
            left = self._unpacking.unconsumed_tail

    async def aclose(self) -> None:
        """Close what it is read from."""
        await self._stream.aclose()
