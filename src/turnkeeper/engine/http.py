"""The one client that makes every adapter's calls.

What matters to the engine is whether a call can have arrived: until the first byte of the request
is written, the failure is `not_connected` (safe to repeat); from there on it is `no_answer`.
"""

import asyncio
import ipaddress
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from secrets import token_hex
from typing import Any, NamedTuple, Protocol, TypeVar

import httpx2

from turnkeeper.channels.base import Calls, HttpCall, HttpReply, Located, Multipart, StreamLimits
from turnkeeper.engine.calling import played
from turnkeeper.engine.downloads import decoded
from turnkeeper.engine.streaming import Streamed
from turnkeeper.model.errors import MediaRefused, MediaUnavailable, TurnkeeperError
from turnkeeper.rules.addresses import InternalAddress, public_address

T = TypeVar("T")
Resolve = Callable[[str, int], Awaitable[list[str]]]

LARGEST_REPLY = 1024 * 1024
"""Bytes; a longer one counts as no answer."""
_CONNECT = 5.0
_SILENCE = 30.0
"""Seconds in which a download brings nothing."""
_MOST_REDIRECTS = 3
Content = Callable[[str], AsyncIterator[bytes]]
"""The bytes of a kept file, by its key."""


class Sink(Protocol):
    """Where a download goes; raises MediaRefused for what is too much."""

    def expects(self, size: int | None) -> None:
        """The size that is announced."""

    async def write(self, chunk: bytes) -> None:
        """The next bytes."""


class Downloaded(NamedTuple):
    """What came of a download: a whole body went into the sink if `status` is 2xx and nothing failed."""

    status: int = 0
    mime: str | None = None
    failure: str | None = None


class ReplyTooLarge(TurnkeeperError):
    """A provider answered with more than 1 MB."""


_NEVER_LEFT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError)
_UNANSWERED = (
    TimeoutError, OSError, ValueError, httpx2.HTTPError, httpx2.InvalidURL, InternalAddress, ReplyTooLarge,
    ExceptionGroup,  # of a connection that was tried in several ways, such as to a port that there is not
)  # fmt: skip


class Client:
    """Plays an adapter's calls over one pool of connections.

    `guarded` calls (their addresses come from users, messages or tenants, not from the operator's file) reach
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
        content: Content | None = None,
    ) -> T:
        """Drive a generator to its result; `timeout` in seconds for each call that names none.

        `content` gives the files that its forms name.
        """
        return await played(calls, lambda call: self.call(call, timeout=timeout, guarded=guarded, content=content))

    async def call(
        self,
        call: HttpCall,
        *,
        timeout: float,  # noqa: ASYNC109 - a call may have one of its own
        guarded: bool = False,
        content: Content | None = None,
    ) -> HttpReply:
        """Make one call. Never raises for what the network or the other side does; what `content` raises, it does."""
        limit = timeout if call.timeout is None else min(timeout, call.timeout)
        leaving = _Leaving(whole=call.multipart is not None)
        try:
            async with asyncio.timeout(limit):
                return await self._exchange(call, limit, leaving, guarded, content)
        except _NEVER_LEFT:
            return HttpReply(failure="not_connected")
        except _UNANSWERED:
            return HttpReply(failure="no_answer" if leaving.begun else "not_connected")

    @asynccontextmanager
    async def stream(self, call: HttpCall, limits: StreamLimits, *, guarded: bool = False) -> AsyncIterator[Streamed]:
        """Make a call whose answer is read while it comes; never raises for what the network or the other side does."""
        leaving = _Leaving(whole=False)
        began_at = asyncio.get_running_loop().time()
        response: httpx2.Response | None = None
        try:
            try:
                async with asyncio.timeout(min(limits.first, limits.whole)):
                    request = await self._request(call, limits.whole, leaving, guarded, None)
                    response = await self._client.send(request, stream=True)
                streamed = Streamed(response, _lower(response.headers), limits, began_at)
            except _NEVER_LEFT:
                streamed = Streamed.failed("not_connected", limits)
            except _UNANSWERED:
                streamed = Streamed.failed("no_answer" if leaving.begun else "not_connected", limits)
            yield streamed
        finally:
            if response is not None:
                await response.aclose()

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def download(self, located: Located, sink: Sink, *, timeout: float) -> Downloaded:  # noqa: ASYNC109
        """Stream a file into a sink; never raises for what the network does.

        Raises MediaRefused for an address, also a redirect's, that is not to be called, and what the sink raises.
        """
        try:
            async with asyncio.timeout(timeout):
                return await self._downloaded(located, sink)
        except InternalAddress:
            raise MediaRefused("internal_address", "the file's address leads into our own network") from None
        except httpx2.InvalidURL:
            raise MediaRefused("unsafe_link", "the file's address is not one of the web") from None
        except (TimeoutError, OSError, ValueError, httpx2.HTTPError) as error:
            return Downloaded(failure=type(error).__name__)

    async def _downloaded(self, located: Located, sink: Sink) -> Downloaded:
        first = url = httpx2.URL(located.url)
        for _ in range(_MOST_REDIRECTS + 1):
            at_home = _origin(url) == _origin(first)
            headers = {"accept-encoding": "identity"} | (dict(located.headers) if at_home else {})
            trusted = located.trusted and at_home
            response = await self._get(url, headers, trusted=trusted, guarded=located.guarded or not trusted)
            try:
                if response.status_code not in (301, 302, 303, 307, 308):
                    return await _poured(response, sink)
                url = url.join(response.headers.get("location", ""))
            finally:
                await response.aclose()
        raise MediaRefused("unsafe_link", "the file's address leads from one to the next without end")

    async def _get(self, url: httpx2.URL, headers: dict[str, str], *, trusted: bool, guarded: bool) -> httpx2.Response:
        target = str(url)
        extensions: dict[str, Any] = {}
        if url.scheme not in ("http", "https") or not url.host:
            raise MediaRefused("unsafe_link", "the file's address is not one of the web")
        if guarded:
            target, headers["host"], extensions = await self._pinned(target)
        if not trusted and url.scheme != "https":
            raise MediaRefused("unsafe_link", "the file's address is not https")
        timeout = httpx2.Timeout(_SILENCE, connect=_CONNECT)
        request = self._client.build_request("GET", target, headers=headers, timeout=timeout, extensions=extensions)
        return await self._client.send(request, stream=True)

    async def refuse_internal(self, address: str) -> None:
        """Raises InternalAddress for a link that leads into the operator's network, OSError for an unknown host,
        ValueError for what is no address."""
        try:
            await self._pinned(address)
        except httpx2.InvalidURL:
            raise ValueError("not an address") from None

    async def _request(
        self, call: HttpCall, limit: float, leaving: "_Leaving", guarded: bool, content: Content | None
    ) -> httpx2.Request:
        url, headers, extensions = call.url, dict(call.headers), {"trace": leaving.trace}
        if guarded or call.guarded:
            url, host, extra = await self._pinned(call.url)
            headers["host"] = host
            extensions |= extra
        sent: dict[str, Any] = {"json": call.json} if call.form is None else {"data": dict(call.form)}
        if call.body is not None:
            sent = {"content": call.body}
        if call.multipart is not None and content is not None:
            form = _Form(call.multipart, content, leaving)
            headers |= form.headers
            sent = {"content": form.pieces()}
        return self._client.build_request(
            call.method,
            url,
            headers={name.encode("ascii"): value.encode() for name, value in headers.items()},
            timeout=httpx2.Timeout(limit, connect=min(limit, _CONNECT)),
            extensions=extensions,
            **sent,
        )

    async def _exchange(
        self, call: HttpCall, limit: float, leaving: "_Leaving", guarded: bool, content: Content | None
    ) -> HttpReply:
        request = await self._request(call, limit, leaving, guarded, content)
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
    """Notes when enough of a request may have left to be acted upon.

    That is its first byte; of a form, whose length is told before, its last (`whole`).
    """

    __slots__ = ("_whole", "begun")

    def __init__(self, *, whole: bool) -> None:
        self._whole = whole
        self.begun = False

    async def trace(self, name: str, _: Mapping[str, object]) -> None:
        if not self._whole and name.endswith("send_request_headers.started"):
            self.begun = True


class _Form:
    """A form whose length is known before its file is read."""

    def __init__(self, multipart: Multipart, content: Content, leaving: _Leaving) -> None:
        self._leaving = leaving
        self._file = content(multipart.key)
        self._size = multipart.size
        boundary = f"turnkeeper-{token_hex(16)}"
        parts = [
            f'--{boundary}\r\ncontent-disposition: form-data; name="{_quoted(name)}"\r\n\r\n{value}\r\n'
            for name, values in multipart.fields.items()
            for value in ((values,) if isinstance(values, str) else values)
        ]
        name, filename = _quoted(multipart.name), _quoted(multipart.filename)
        parts.append(
            f'--{boundary}\r\ncontent-disposition: form-data; name="{name}"; filename="{filename}"\r\n'
            f"content-type: {multipart.mime}\r\n\r\n"
        )
        self._before, self._after = "".join(parts).encode(), f"\r\n--{boundary}--\r\n".encode()
        self.headers = {
            "content-type": f"multipart/form-data; boundary={boundary}",
            "content-length": str(len(self._before) + multipart.size + len(self._after)),
        }

    async def pieces(self) -> AsyncIterator[bytes]:
        yield self._before
        left = self._size
        async for piece in self._file:
            left -= len(piece)
            if left < 0:
                break
            yield piece
        if left:  # its length is on the wire already
            raise MediaUnavailable("the file is not as long as it was said to be")
        self._leaving.begun = True
        yield self._after


def _quoted(text: str) -> str:
    """As browsers write names in forms."""
    return text.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")


async def _poured(response: httpx2.Response, sink: Sink) -> Downloaded:
    mime = response.headers.get("content-type")
    if not 200 <= response.status_code < 300:
        return Downloaded(response.status_code, mime)
    encoding = response.headers.get("content-encoding", "").strip().lower()
    length = response.headers.get("content-length", "")
    if not encoding and length.isascii() and length.isdigit():
        sink.expects(int(length))
    async for piece in decoded(response.aiter_raw(), encoding):
        await sink.write(piece)
    return Downloaded(response.status_code, mime)


def _origin(url: httpx2.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


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
