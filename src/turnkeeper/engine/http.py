"""The one client that makes every adapter's calls.

What matters to the engine is whether a call can have arrived: until the first byte of the request
is written, the failure is `not_connected` (safe to repeat); from there on it is `no_answer`.
"""

import asyncio
import ipaddress
import logging
import socket
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

import httpx2

from turnkeeper.channels.base import Calls, HttpCall, HttpReply
from turnkeeper.engine.addresses import InternalAddress, public_address
from turnkeeper.model.errors import TurnkeeperError

T = TypeVar("T")
Resolve = Callable[[str, int], Awaitable[list[str]]]

LARGEST_REPLY = 1024 * 1024
"""Bytes; a longer one counts as no answer."""
_CONNECT = 5.0


class ReplyTooLarge(TurnkeeperError):
    """A provider answered with more than 1 MB."""


class Client:
    """Plays an adapter's calls over one pool of connections.

    `guarded` calls (their addresses come from users or messages, not from configuration) reach
    nothing inside the operator's network, and connect to the very address that was checked.
    """

    def __init__(
        self,
        *,
        transport: httpx2.AsyncBaseTransport | None = None,
        resolve: Resolve | None = None,
        connections: int = 200,
    ) -> None:
        for name in ("httpx2", "httpcore2"):  # their lines show whole addresses, tokens and all
            logging.getLogger(name).setLevel(logging.WARNING)
        limits = httpx2.Limits(max_connections=connections, max_keepalive_connections=50)
        self._client = httpx2.AsyncClient(
            transport=transport,
            limits=limits,
            follow_redirects=False,
            headers={"user-agent": "turnkeeper"},
        )
        self._resolve = resolve or _resolved

    async def play(
        self,
        calls: Calls[T],
        *,
        timeout: float,  # noqa: ASYNC109 - of each call, not of the whole
        guarded: bool = False,
    ) -> T:
        """Drive a generator to its result; `timeout` in seconds for each call that names none."""
        try:
            call = next(calls)
            while True:
                call = calls.send(await self.call(call, timeout=timeout, guarded=guarded))
        except StopIteration as done:
            result: T = done.value
            return result
        finally:
            calls.close()

    async def call(
        self,
        call: HttpCall,
        *,
        timeout: float,  # noqa: ASYNC109 - a call may have one of its own
        guarded: bool = False,
    ) -> HttpReply:
        """Make one call. Never raises for what the network or the other side does."""
        limit = timeout if call.timeout is None else min(timeout, call.timeout)
        leaving = _Leaving()
        try:
            async with asyncio.timeout(limit):
                return await self._exchange(call, limit, leaving, guarded)
        except (
            httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError,
        ):  # fmt: skip
            return HttpReply(failure="not_connected")
        except (
            TimeoutError, OSError, ValueError,
            httpx2.HTTPError, httpx2.InvalidURL, InternalAddress, ReplyTooLarge,
        ):  # fmt: skip
            return HttpReply(failure="no_answer" if leaving.begun else "not_connected")

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def _exchange(self, call: HttpCall, limit: float, leaving: "_Leaving", guarded: bool) -> HttpReply:
        url, headers, extensions = call.url, dict(call.headers), {"trace": leaving.trace}
        if guarded:
            url, host, extra = await self._pinned(call.url)
            headers["host"] = host
            extensions |= extra
        request = self._client.build_request(
            call.method,
            url,
            headers=headers,
            json=call.json,
            timeout=httpx2.Timeout(limit, connect=min(limit, _CONNECT)),
            extensions=extensions,
        )
        response = await self._client.send(request, stream=True)
        try:
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > LARGEST_REPLY:
                    raise ReplyTooLarge(f"more than {LARGEST_REPLY} bytes")
        finally:
            await response.aclose()
        return HttpReply(response.status_code, bytes(body), _lower(response.headers))

    async def _pinned(self, address: str) -> tuple[str, str, dict[str, Any]]:
        """The address with the checked IP for its host, what to say as host, and TLS's name."""
        url = httpx2.URL(address)
        port = url.port or (443 if url.scheme == "https" else 80)
        checked = public_address(await self._resolve(url.host, port))
        host = url.netloc.decode("ascii")
        return str(url.copy_with(host=checked)), host, {"sni_hostname": url.host}


class _Leaving:
    """Notes when the first byte of a request may have left."""

    __slots__ = ("begun",)

    def __init__(self) -> None:
        self.begun = False

    async def trace(self, name: str, _: Mapping[str, object]) -> None:
        if name.endswith("send_request_headers.started"):
            self.begun = True


def _lower(headers: httpx2.Headers) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


async def _resolved(host: str, port: int) -> list[str]:
    """The addresses of a host; OSError if it has none."""
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return [str(entry[4][0]) for entry in found]
