"""Answers that are read while they come: whole, or told as cut."""

import asyncio
from collections.abc import AsyncGenerator, Callable

import httpx2
import pytest

from tests.engine.test_http import free_port, serving
from turnkeeper.channels.base import HttpCall, StreamLimits
from turnkeeper.engine.http import Client
from turnkeeper.testing.conversation import in_virtual_time
from turnkeeper.testing.http import NoReply, Reply, Request
from turnkeeper.testing.loopback import InProcess

CALL = HttpCall("POST", "http://backend.test/ask", json={"a": 1})
LIMITS = StreamLimits(first=10, stall=5, whole=30, size=20)
Pieces = Callable[[], AsyncGenerator[bytes, None]]


class Server:
    """Answers everything with one stream, after a while."""

    base_url = ""

    def __init__(self, pieces: Pieces, *, status: int = 200, after: float = 0.0) -> None:
        self.pieces, self.status, self.after = pieces, status, after

    async def answer(self, _: Request) -> Reply:
        await asyncio.sleep(self.after)
        return Reply(self.status, b"", "text/plain", (("x-some", "Thing"),), self.pieces)

    async def aclose(self) -> None: ...


def saying(*pieces: bytes, pause: float = 1.0, then: BaseException | None = None) -> Pieces:
    async def said() -> AsyncGenerator[bytes, None]:
        for piece in pieces:
            yield piece
            await asyncio.sleep(pause)
        if then is not None:
            raise then

    return said


def late() -> Pieces:
    async def said() -> AsyncGenerator[bytes, None]:
        await asyncio.sleep(11)
        yield b"late"

    return said


async def streamed(server: Server, limits: StreamLimits = LIMITS) -> tuple[int, bytes, str | None]:
    client = Client(transport=InProcess(server))
    try:
        async with client.stream(CALL, limits) as reply:
            body = b"".join([piece async for piece in reply])
        return reply.status, body, reply.failure
    finally:
        await client.close()


STREAMS = [
    ("whole", Server(saying(b"one ", b"two")), (200, b"one two", None)),
    ("nothing in it", Server(saying()), (200, b"", None)),
    ("a status that is none of success", Server(saying(b"no"), status=503), (503, b"no", None)),
    ("longer than two stalls, piece by piece", Server(saying(*[b"x"] * 5, pause=4)), (200, b"xxxxx", None)),
    ("broken off", Server(saying(b"half", then=NoReply(closed=True))), (200, b"half", "cut")),
    ("silent in the middle", Server(saying(b"half", b"more", pause=6)), (200, b"half", "stalled")),
    ("no first byte", Server(late()), (200, b"", "stalled")),
    ("slow in all", Server(saying(*[b"x"] * 20, pause=4)), (200, b"xxxxxxxx", "too_slow")),
    ("too much", Server(saying(b"0123456789", b"0123456789", b"x")), (200, b"0123456789" * 2, "too_large")),
    ("no answer at all", Server(saying(b"x"), after=11), (0, b"", "no_answer")),
]


@pytest.mark.parametrize("label, server, expected", STREAMS, ids=[row[0] for row in STREAMS])
def test_an_answer_is_whole_or_says_why_not(label: str, server: Server, expected: tuple[int, bytes, str]) -> None:
    @in_virtual_time
    async def played() -> tuple[int, bytes, str | None]:
        return await streamed(server)

    assert played() == expected


async def test_a_closed_port_is_not_connected() -> None:
    client = Client()
    async with client.stream(HttpCall("GET", f"http://127.0.0.1:{free_port()}/"), LIMITS) as reply:
        assert [piece async for piece in reply] == []
    await client.close()
    assert (reply.status, reply.failure) == (0, "not_connected")


async def test_over_a_socket_half_a_body_is_cut() -> None:
    async def half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nx-some: Thing\r\n\r\n4\r\nhalf\r\n")
        await writer.drain()

    client = Client()
    async with serving(half) as base, client.stream(HttpCall("GET", base), LIMITS) as reply:
        body = b"".join([piece async for piece in reply])
    await client.close()
    assert (reply.status, body, reply.failure, reply.headers["x-some"]) == (200, b"half", "cut", "Thing")


async def test_an_internal_address_is_called_only_where_it_is_not_guarded() -> None:
    calls: list[httpx2.Request] = []

    def handle(request: httpx2.Request) -> httpx2.Response:
        calls.append(request)
        return httpx2.Response(200, content=b"ok")

    client = Client(transport=httpx2.MockTransport(handle))
    call = HttpCall("GET", "http://127.0.0.1:1/")
    async with client.stream(call, LIMITS, guarded=True) as guarded:
        pass
    async with client.stream(call, LIMITS) as free:
        pass
    await client.close()
    assert (guarded.failure, free.status, len(calls)) == ("not_connected", 200, 1)


async def test_who_leaves_in_the_middle_closes_the_connection() -> None:
    left = asyncio.Event()

    async def talks(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n")
        assert await reader.read() == b""
        left.set()
        writer.close()

    client = Client()
    server = await asyncio.start_server(talks, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        async with client.stream(HttpCall("GET", f"http://127.0.0.1:{port}/"), LIMITS) as reply:
            async for _ in reply:
                break
        await left.wait()
    await client.close()
