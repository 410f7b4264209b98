"""An answer that is read while it comes, within limits: whole, or cut and then never taken for whole."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, aclosing
from typing import Literal, Protocol

import httpx2

from turnkeeper.channels.base import HttpCall, StreamLimits

Failure = Literal["not_connected", "no_answer", "cut", "stalled", "too_slow", "too_large"]


class Streamed:
    """The answer to a call. Iterate over its bytes, then look at `failure`.

    `not_connected`: the call never left; `no_answer`: it may have arrived; with a status, the answer was `cut`
    by the other side, or given up since it `stalled`, was `too_slow` or `too_large`.
    """

    def __init__(
        self, response: httpx2.Response | None, headers: Mapping[str, str], limits: StreamLimits, began_at: float
    ) -> None:
        """`began_at`: the loop's time when the call was made."""
        self.status = response.status_code if response is not None else 0
        self.headers = headers
        self.failure: Failure | None = None
        self._response = response
        self._limits = limits
        self._began_at = began_at

    @classmethod
    def failed(cls, failure: Failure, limits: StreamLimits) -> Streamed:
        """One that brought nothing."""
        streamed = cls(None, {}, limits, 0.0)
        streamed.failure = failure
        return streamed

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self._response is None:
            return
        limits, size = self._limits, 0
        over_at = self._began_at + limits.whole
        next_at = self._began_at + limits.first
        loop = asyncio.get_running_loop()
        async with aclosing(self._response.aiter_bytes()) as pieces:
            while (piece := await self._next(pieces, next_at, over_at)) is not None:
                size += len(piece)
                if size > limits.size:
                    self.failure = "too_large"
                    return
                yield piece
                next_at = loop.time() + limits.stall

    async def _next(self, pieces: AsyncIterator[bytes], next_at: float, over_at: float) -> bytes | None:
        """The next piece; None at the end, also at one that is none."""
        try:
            async with asyncio.timeout_at(min(next_at, over_at)):
                return await anext(pieces, None)
        except TimeoutError:
            self.failure = "stalled" if next_at < over_at else "too_slow"
        except (OSError, ValueError, httpx2.HTTPError):
            self.failure = "cut"
        return None


class Streaming(Protocol):
    """Who makes calls whose answers are read while they come: the shared client."""

    def stream(
        self, call: HttpCall, limits: StreamLimits, *, guarded: bool = False
    ) -> AbstractAsyncContextManager[Streamed]:
        """Make one; never raises for what the network or the other side does."""


class Guarded:
    """The same for calls whose addresses a tenant says: none leads into the operator's network."""

    def __init__(self, client: Streaming) -> None:
        self._client = client

    def stream(
        self,
        call: HttpCall,
        limits: StreamLimits,
        *,
        guarded: bool = True,  # noqa: ARG002 - it always is
    ) -> AbstractAsyncContextManager[Streamed]:
        """Make one, guarded."""
        return self._client.stream(call, limits, guarded=True)
