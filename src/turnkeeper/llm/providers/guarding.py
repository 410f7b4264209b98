"""Calls to an address that a tenant wrote: none leads into the operator's network, whatever its name stands for.

The name is looked up once, and the address that was checked is the one that is connected to.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable

import httpx2

from turnkeeper.rules.addresses import InternalAddress, public_address

Resolve = Callable[[str, int], Awaitable[list[str]]]


class Guarded(httpx2.AsyncBaseTransport):
    """A transport over another one, which `resolve` gives the addresses of a host to."""

    def __init__(self, within: httpx2.AsyncBaseTransport, resolve: Resolve | None = None) -> None:
        self._within = within
        self._resolve = resolve or _resolved

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Pass a request on. Raises ConnectError for one that may not be made: nothing has left."""
        url = request.url
        port = url.port or (443 if url.scheme == "https" else 80)
        try:
            checked = public_address(await self._resolve(url.host, port))
        except (InternalAddress, OSError, ValueError) as error:
            raise httpx2.ConnectError(str(error), request=request) from None
        request.url = url.copy_with(host=checked)
        request.extensions = {**request.extensions, "sni_hostname": url.host}
        return await self._within.handle_async_request(request)

    async def aclose(self) -> None:
        """Close what is within."""
        await self._within.aclose()


async def _resolved(host: str, port: int) -> list[str]:
    """OSError for a host that has none."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(each[4][0]) for each in found]
