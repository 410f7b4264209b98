"""Files over the wire: streamed, decoded with a bound, never from inside the operator's network."""

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.engine.test_http import answering, client, free_port, half, hang_up, read_request, reply, serving
from turnkeeper.channels.base import HttpCall, Located, Multipart
from turnkeeper.engine.downloads import decoded
from turnkeeper.engine.http import Client
from turnkeeper.model.errors import MediaRefused, MediaUnavailable


class Sink:
    """Takes so much, and no more at a time than `longest`."""

    def __init__(self, largest: int = 10**9) -> None:
        self._largest = largest
        self.data = bytearray()
        self.announced: int | None = None
        self.longest = 0

    def expects(self, size: int | None) -> None:
        self.announced = size
        if size is not None and size > self._largest:
            raise MediaRefused("too_large", "announced")

    async def write(self, chunk: bytes) -> None:
        self.data += chunk
        self.longest = max(self.longest, len(chunk))
        if len(self.data) > self._largest:
            raise MediaRefused("too_large", "sent")


def here(url: str) -> Located:
    return Located(url, {"authorization": "Bearer token"}, trusted=True)


async def test_a_body_is_poured_as_it_comes() -> None:
    data = bytes(range(256)) * 20_000
    async with serving(answering(reply(data, more=b"content-type: image/jpeg\r\n"))) as base, client() as one:
        sink = Sink()
        got = await one.download(here(base + "/x"), sink, timeout=10)
    assert (got.status, got.mime, got.failure) == (200, "image/jpeg", None)
    assert bytes(sink.data) == data
    assert sink.announced == len(data)
    assert sink.longest <= 1024 * 1024


async def test_what_is_asked_is_the_bytes_as_they_are() -> None:
    asked: list[bytes] = []

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await read_request(reader))
        writer.write(reply(b"x"))
        await writer.drain()

    async with serving(handler) as base, client() as one:
        await one.download(here(base + "/x"), Sink(), timeout=10)
    (head,) = asked
    assert b"accept-encoding: identity\r\n" in head.lower()
    assert b"authorization: bearer token\r\n" in head.lower()


async def test_too_much_is_not_waited_for() -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(bytes(65_536))
            await writer.drain()

    async with serving(handler) as base, client() as one:
        sink = Sink(1_000_000)
        with pytest.raises(MediaRefused, match="sent"):
            await one.download(here(base), sink, timeout=10)
        assert len(sink.data) < 2_000_000


async def test_a_length_that_is_too_large_is_enough() -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 209715200\r\n\r\n")
        await reader.read()

    async with serving(handler) as base, client() as one:
        with pytest.raises(MediaRefused, match="announced"):
            await one.download(here(base), Sink(1_000_000), timeout=10)


@pytest.mark.parametrize(("label", "handler"), [("it hangs up", hang_up), ("it breaks off", half)])
async def test_what_breaks_off_is_no_file(label: str, handler: Any) -> None:
    async with serving(handler) as base, client() as one:
        got = await one.download(here(base), Sink(), timeout=10)
    assert got.failure


async def test_nobody_there_and_nobody_who_answers() -> None:
    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with serving(silent) as base, client() as one:
        assert (await one.download(here(base), Sink(), timeout=0.2)).failure == "TimeoutError"
        assert (await one.download(here(f"http://127.0.0.1:{free_port()}"), Sink(), timeout=5)).failure


async def test_a_refusal_pours_nothing() -> None:
    async with serving(answering(reply(b"an error page", "404 Not Found"))) as base, client() as one:
        sink = Sink()
        assert (await one.download(here(base), sink, timeout=10)).status == 404
        assert not sink.data


async def test_a_redirect_within_the_same_place_is_followed() -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await read_request(reader)
        moved = reply(b"", "302 Found", b"location: /there\r\n")
        writer.write(reply(b"found") if asked.startswith(b"GET /there ") else moved)
        await writer.drain()

    async with serving(handler) as base, client() as one:
        sink = Sink()
        assert (await one.download(here(base + "/x"), sink, timeout=10)).status == 200
        assert bytes(sink.data) == b"found"


async def test_a_circle_of_redirects_ends() -> None:
    async with serving(answering(reply(b"", "302 Found", b"location: /x\r\n"))) as base, client() as one:
        with pytest.raises(MediaRefused) as refused:
            await one.download(here(base + "/x"), Sink(), timeout=10)
    assert refused.value.reason == "unsafe_link"


async def resolved(host: str, _: int) -> list[str]:
    return {"public.example.com": ["93.184.216.34"], "both.example.com": ["93.184.216.34", "10.0.0.1"]}.get(
        host, [host]
    )


INSIDE = [
    ("this machine", "http://127.0.0.1:1/x"),
    ("this machine, in another way of writing", "http://[::ffff:127.0.0.1]/x"),
    ("the cloud's own data", "http://169.254.169.254/latest/meta-data/"),
    ("a name with an address inside", "https://both.example.com/x"),
    ("everybody's", "https://0.0.0.0/x"),
]


@pytest.mark.parametrize(("label", "url"), INSIDE, ids=[row[0] for row in INSIDE])
async def test_nothing_inside_is_called(label: str, url: str) -> None:
    one = Client(resolve=resolved)
    with pytest.raises(MediaRefused) as refused:
        await one.download(Located(url), Sink(), timeout=5)
    assert refused.value.reason == "internal_address"
    await one.close()


async def test_a_place_of_ours_that_leads_to_another_inside_is_not_followed() -> None:
    """Only the configured one is exempt, to the port."""
    async with serving(answering(reply(b"secret"))) as other:
        moved = reply(b"", "307 Moved", f"location: {other}/x\r\n".encode())
        async with serving(answering(moved)) as base, client() as one:
            with pytest.raises(MediaRefused) as refused:
                await one.download(here(base + "/x"), Sink(), timeout=10)
    assert refused.value.reason == "internal_address"


OTHERS = ["http://public.example.com/x", "ftp://public.example.com/x", "file:///etc/passwd", "https:///x", "x"]


@pytest.mark.parametrize("url", OTHERS)
async def test_only_https_is_fetched_from_others(url: str) -> None:
    one = Client(resolve=resolved)
    with pytest.raises(MediaRefused) as refused:
        await one.download(Located(url), Sink(), timeout=5)
    assert refused.value.reason == "unsafe_link"
    await one.close()


async def pieces(data: bytes, size: int = 1000) -> AsyncIterator[bytes]:
    for at in range(0, len(data), size):
        yield data[at : at + size]


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [("", b"words" * 999), ("identity", b"words" * 999), ("gzip", gzip.compress(b"words" * 999, mtime=0)),
     ("deflate", zlib.compress(b"words" * 999))],
)  # fmt: skip
async def test_what_is_packed_is_unpacked(encoding: str, packed: bytes) -> None:
    assert b"".join([piece async for piece in decoded(pieces(packed), encoding)]) == b"words" * 999


async def test_a_bomb_comes_in_small_pieces() -> None:
    packed = gzip.compress(bytes(50_000_000), mtime=0)
    taken, longest = 0, 0
    async for piece in decoded(pieces(packed, 65_536), "gzip"):
        taken, longest = taken + len(piece), max(longest, len(piece))
        if taken > 5_000_000:
            break
    assert longest <= 256 * 1024


@pytest.mark.parametrize(("encoding", "data"), [("br", b"x"), ("gzip, gzip", b"x"), ("gzip", b"not packed")])
async def test_what_cannot_be_unpacked_is_refused(encoding: str, data: bytes) -> None:
    with pytest.raises(MediaRefused):
        [piece async for piece in decoded(pieces(data), encoding)]


FORM = Multipart("ab" * 32, 10, "text/plain", 'a "b"\r\n.txt', {"type": "text/plain"})


async def test_a_form_is_streamed_with_its_length() -> None:
    asked: list[bytes] = []

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await read_request(reader))
        writer.write(reply(b'{"id": "1"}'))
        await writer.drain()

    def content(key: str) -> AsyncIterator[bytes]:
        assert key == FORM.key
        return pieces(b"0123456789", 3)

    async with serving(handler) as base, client() as one:
        got = await one.call(HttpCall("POST", base, multipart=FORM), timeout=5, content=content)
    assert got.body == b'{"id": "1"}'
    head, _, body = asked[0].partition(b"\r\n\r\n")
    boundary = head.lower().split(b"boundary=")[1].split(b"\r\n")[0]
    assert b"transfer-encoding" not in head.lower()
    assert body == b"\r\n".join(
        [b"--" + boundary, b'content-disposition: form-data; name="type"', b"", b"text/plain", b"--" + boundary,
         b'content-disposition: form-data; name="file"; filename="a %22b%22%0D%0A.txt"',
         b"content-type: text/plain", b"", b"0123456789", b"--" + boundary + b"--", b""]
    )  # fmt: skip


@pytest.mark.parametrize("data", [b"short", b"", b"longer than it says"])
async def test_a_file_that_is_not_as_long_as_it_says_is_no_upload(data: bytes) -> None:
    async with serving(answering(reply(b"{}"))) as base, client() as one:
        with pytest.raises(MediaUnavailable):
            await one.call(HttpCall("POST", base, multipart=FORM), timeout=5, content=lambda _: pieces(data))


async def test_what_the_place_of_files_raises_is_passed_on() -> None:
    async def broken(_: str) -> AsyncIterator[bytes]:
        raise MediaUnavailable("away")
        yield b""

    async with serving(answering(reply(b"{}"))) as base, client() as one:
        with pytest.raises(MediaUnavailable):
            await one.call(HttpCall("POST", base, multipart=FORM), timeout=5, content=broken)
