"""The shared client: whether a call can have arrived is never guessed wrong."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx2
import pytest

from turnkeeper.channels.base import Calls, HttpCall, HttpReply, Multipart
from turnkeeper.engine.http import LARGEST_REPLY, Client
from turnkeeper.rules.addresses import InternalAddress, is_internal, public_address

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[str]:
    open_now: dict[asyncio.Task[object], asyncio.StreamWriter] = {}

    async def handled(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        open_now[task] = writer
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            await handler(reader, writer)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    server = await asyncio.start_server(handled, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.close()
        for task in open_now:
            task.cancel()
        await asyncio.gather(*open_now)


@contextlib.asynccontextmanager
async def client() -> AsyncIterator[Client]:
    one = Client()
    try:
        yield one
    finally:
        await one.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def read_request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            return head + await reader.readexactly(int(line.split(b":")[1]))
    return head


def answering(response: bytes) -> Handler:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(response)
        await writer.drain()

    return handler


def reply(body: bytes, status: str = "200 OK", more: bytes = b"") -> bytes:
    head = f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\nconnection: close\r\n"
    return head.encode() + more + b"\r\n" + body


async def test_a_reply_is_passed_as_it_came() -> None:
    response = reply(b'{"a": 1}', "418 Teapot", b"X-Some: Thing\r\n")
    async with serving(answering(response)) as base, client() as one:
        got = await one.call(HttpCall("POST", base + "/x", json={"b": "é"}), timeout=5)
    assert (got.status, got.body, got.failure) == (418, b'{"a": 1}', None)
    assert got.headers["x-some"] == "Thing"


async def test_a_redirect_is_an_answer_and_not_followed() -> None:
    async with serving(answering(reply(b"", "302 Found", b"Location: /elsewhere\r\n"))) as base, client() as one:
        assert (await one.call(HttpCall("GET", base), timeout=5)).status == 302


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)


async def half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly this")
    await writer.drain()


async def garbage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.write(b"\x00\x01 this is no HTTP\r\n\r\n")
    await writer.drain()


async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        writer.write(b"x" * 65_536)
        await writer.drain()


AFTER_SENDING = [
    ("nothing comes back", silent),
    ("closed without an answer", hang_up),
    ("closed within the answer", half),
    ("not HTTP", garbage),
    ("an endless answer", endless),
    ("an answer over the limit", answering(reply(b"x" * (LARGEST_REPLY + 1)))),
    ("gzip that is none", answering(reply(b"zzzz", more=b"content-encoding: gzip\r\n"))),
]


@pytest.mark.parametrize("label, handler", AFTER_SENDING, ids=[row[0] for row in AFTER_SENDING])
async def test_once_bytes_have_left_the_failure_is_no_answer(label: str, handler: Handler) -> None:
    async with serving(handler) as base, client() as one:
        got = await one.call(HttpCall("POST", base, json={"a": 1}), timeout=0.5)
    assert got == HttpReply(failure="no_answer")


async def test_a_closed_port_is_not_connected() -> None:
    async with client() as one:
        got = await one.call(HttpCall("POST", f"http://127.0.0.1:{free_port()}/"), timeout=5)
    assert got == HttpReply(failure="not_connected")


BEFORE_SENDING: list[tuple[str, Exception]] = [
    ("refused", httpx2.ConnectError("refused")),
    ("no such host", httpx2.ConnectError("name or service not known")),
    ("connect timeout", httpx2.ConnectTimeout("slow")),
    ("pool timeout", httpx2.PoolTimeout("full")),
    ("proxy refuses", httpx2.ProxyError("407")),
    ("certificate", httpx2.ConnectError("certificate verify failed")),
    ("socket", OSError("no buffer space")),
]


@pytest.mark.parametrize("label, error", BEFORE_SENDING, ids=[row[0] for row in BEFORE_SENDING])
async def test_before_a_byte_has_left_the_failure_is_not_connected(label: str, error: Exception) -> None:
    def raising(request: httpx2.Request) -> httpx2.Response:
        raise error

    one = Client(transport=httpx2.MockTransport(raising))
    got = await one.call(HttpCall("POST", "http://provider.example/"), timeout=5)
    assert got == HttpReply(failure="not_connected")


@pytest.mark.parametrize("url", ["", "ftp://x/", "http://", "http://[::1", "http://a:b:c/", "/x"])
async def test_an_address_that_is_none_is_not_connected(url: str) -> None:
    async with client() as one:
        got = await one.call(HttpCall("GET", url), timeout=1)
    assert got == HttpReply(failure="not_connected")


async def test_tls_that_fails_is_not_connected() -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"this is not TLS")
        await writer.drain()

    async with serving(plain) as base, client() as one:
        got = await one.call(HttpCall("GET", base.replace("http:", "https:")), timeout=5)
    assert got == HttpReply(failure="not_connected")


async def test_a_generator_gets_its_replies_and_its_result_is_returned() -> None:
    def two_calls(base: str) -> Calls[str]:
        first = yield HttpCall("GET", base + "/1")
        second = yield HttpCall("GET", base + "/2", timeout=2)
        return f"{first.status} {second.status}"

    async with serving(answering(reply(b"ok"))) as base, client() as one:
        assert await one.play(two_calls(base), timeout=5) == "200 200"


async def test_a_generator_is_closed_when_its_caller_is_cancelled() -> None:
    closed = asyncio.Event()
    connected = asyncio.Event()

    async def waiting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connected.set()
        await reader.read()

    def calls(base: str) -> Calls[None]:
        try:
            yield HttpCall("GET", base)
        finally:
            closed.set()

    async with serving(waiting) as base, client() as one:
        task = asyncio.create_task(one.play(calls(base), timeout=30))
        await connected.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert closed.is_set()


async def test_neither_tokens_nor_addresses_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    call = HttpCall("GET", "/?access_token=hush-1", {"authorization": "Bearer hush-2"})
    async with serving(answering(reply(b"ok"))) as base, client() as one:
        await one.call(HttpCall("GET", base + call.url, call.headers), timeout=5)
    assert "hush" not in caplog.text


INTERNAL = [
    ("127.0.0.1", True), ("127.8.8.8", True), ("0.0.0.0", True), ("10.1.2.3", True),
    ("172.16.0.1", True), ("192.168.1.1", True), ("169.254.169.254", True), ("100.64.0.1", True),
    ("224.0.0.1", True), ("240.0.0.1", True), ("255.255.255.255", True), ("198.18.0.1", True),
    ("::", True), ("::1", True), ("fe80::1", True), ("fe80::1%eth0", True), ("fc00::1", True),
    ("fec0::1", True),
    ("ff02::1", True), ("::ffff:127.0.0.1", True), ("::ffff:10.0.0.1", True),
    ("2002:7f00:1::", True), ("64:ff9b::7f00:1", True), ("2001:0:4136:e378::1", True),
    ("8.8.8.8", False), ("157.240.1.1", False), ("2a03:2880:f10c::1", False),
    ("::ffff:8.8.8.8", False), ("64:ff9b::808:808", False), ("172.32.0.1", False),
]  # fmt: skip


@pytest.mark.parametrize("address, internal", INTERNAL)
def test_what_is_internal(address: str, internal: bool) -> None:
    assert is_internal(address) is internal


def test_one_internal_address_of_a_name_is_enough_to_refuse_it() -> None:
    assert public_address(["8.8.8.8", "1.1.1.1"]) == "8.8.8.8"
    for addresses in (["8.8.8.8", "127.0.0.1"], []):
        with pytest.raises(InternalAddress):
            public_address(addresses)


async def test_a_guarded_call_stays_outside() -> None:
    reached: list[str] = []

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reached.append("here")

    async with serving(handler) as base, client() as one:
        for host in ("127.0.0.1", "localhost"):
            url = base.replace("127.0.0.1", host)
            got = await one.call(HttpCall("GET", url), timeout=5, guarded=True)
            assert got == HttpReply(failure="not_connected")
    assert reached == []


async def test_a_guarded_call_connects_to_the_address_that_was_checked() -> None:
    """A name that resolves to something else the second time gains nothing."""
    seen: list[httpx2.Request] = []

    def transport(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(200)

    async def resolve(host: str, port: int) -> list[str]:
        assert (host, port) == ("files.example", 443)
        return ["93.184.216.34"]

    one = Client(transport=httpx2.MockTransport(transport), resolve=resolve)
    await one.call(HttpCall("GET", "https://files.example/a?b=c"), timeout=5, guarded=True)
    assert str(seen[0].url) == "https://93.184.216.34/a?b=c"
    assert seen[0].headers["host"] == "files.example"
    assert seen[0].extensions["sni_hostname"] == "files.example"


async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Takes the beginning, and no more."""
    await reader.readuntil(b"\r\n\r\n")
    await asyncio.sleep(30)


async def content(_: str) -> AsyncIterator[bytes]:
    for _ in range(64):
        yield b"x" * 65_536


@pytest.mark.parametrize(
    "label, handler, failure",
    [
        ("it stops half-way", deaf, "not_connected"),
        ("it was whole, and nothing comes back", silent, "no_answer"),
        ("it was whole, and then closed", hang_up, "no_answer"),
    ],
)
async def test_a_form_can_be_acted_on_only_when_it_is_whole(label: str, handler: Handler, failure: str) -> None:
    form = Multipart("key", 64 * 65_536, "image/png", "a.png", {"caption": "A cat"}, "photo")
    async with serving(handler) as base, client() as one:
        got = await one.call(HttpCall("POST", base, multipart=form), timeout=0.5, content=content)
    assert got.failure == failure


async def test_a_header_may_hold_any_name() -> None:
    """Without an accent it would have left: a contact's name stands in a header of a flow's call."""
    got: list[bytes] = []

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        got.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        await writer.drain()

    async with serving(handler) as address, client() as one:
        reply = await one.call(HttpCall("GET", address, {"x-name": "Zo\u00eb \u674e"}), timeout=5)
    assert reply.status == 204
    assert "Zo\u00eb \u674e".encode() in got[0]


async def test_a_port_that_there_is_not_raises_nothing() -> None:
    async with client() as one:
        reply = await one.call(HttpCall("GET", "http://127.0.0.1:99999/"), timeout=5)
    assert reply == HttpReply(failure="not_connected")
