"""Webhooks through a real server: sizes, speeds and senders as they come over a wire."""

import asyncio
import contextlib

from tests.web.provider import Site, envelope, message, signed
from tests.web.serving import exchange, request, serving
from turnkeeper.web import bodies
from turnkeeper.web.bodies import LARGEST_BODY, Bodies

GOOD = envelope(message("hello"))


async def test_a_webhook_is_answered() -> None:
    site = Site()
    async with serving(site.app) as port:
        whole = request("POST", "/webhooks/shop", GOOD, signed(GOOD))
        assert await exchange(port, whole) == (200, b"")
        shouted = request("POST", "/webhooks/shop", GOOD, {"X-HUB-Signature-256": signed(GOOD)["x-hub-signature-256"]})
        assert await exchange(port, shouted) == (200, b"")
        assert (await exchange(port, request("POST", "/webhooks/shop", GOOD)))[0] == 401
        verified = "/webhooks/shop?hub.mode=subscribe&hub.verify_token=v&hub.challenge=42"
        assert await exchange(port, request("GET", verified)) == (200, b"42")
    assert site.store.texts == ["hello", "hello"]


async def test_a_body_over_the_limit_hears_413() -> None:
    site = Site()
    body = b" " * (LARGEST_BODY + 1)
    async with serving(site.app) as port:
        whole = request("POST", "/webhooks/shop", body, signed(body))
        assert (await exchange(port, whole))[0] == 413
        exact = GOOD + b" " * (LARGEST_BODY - len(GOOD))
        whole = request("POST", "/webhooks/shop", exact, signed(exact))
        assert (await exchange(port, whole))[0] == 200
    assert site.store.texts == ["hello"]


async def test_a_body_in_chunks_is_read_and_limited() -> None:
    def chunked(*parts: bytes) -> bytes:
        head = request("POST", "/webhooks/shop", b"", signed(b"".join(parts)))
        head = head.replace(b"content-length: 0", b"transfer-encoding: chunked")
        return head + b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (*parts, b""))

    site = Site()
    async with serving(site.app) as port:
        assert (await exchange(port, chunked(GOOD[:10], GOOD[10:])))[0] == 200
        assert (await exchange(port, chunked(*[b" " * 100_000] * 40)))[0] == 413
    assert site.store.texts == ["hello"]


async def test_a_slow_sender_hears_408_and_holds_nobody_up() -> None:
    site = Site()
    site.app._bodies = Bodies(slowest=0.2)
    whole = request("POST", "/webhooks/shop", GOOD, signed(GOOD))
    async with serving(site.app) as port:
        slow = asyncio.create_task(exchange(port, whole[:-5]))
        assert (await exchange(port, whole))[0] == 200
        assert (await slow)[0] == 408
    assert site.counters.outcomes == {"accepted": 1, "too_slow": 1}
    assert bodies.SLOWEST_BODY == 10.0


async def test_a_sender_that_hangs_up_leaves_the_server_well() -> None:
    site = Site()
    whole = request("POST", "/webhooks/shop", GOOD, signed(GOOD))
    async with serving(site.app) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(whole[:-5])
        await writer.drain()
        writer.transport.abort()
        assert (await exchange(port, whole))[0] == 200
    assert site.store.texts == ["hello"]


async def test_what_is_not_http_gets_400() -> None:
    site = Site()
    async with serving(site.app) as port:
        for garbage in (b"\x16\x03\x01 hello\r\n\r\n", b"POST\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n"):
            assert (await exchange(port, garbage))[0] in (400, 0)
        wrong = request("POST", "/webhooks/shop", GOOD).replace(b"content-length: ", b"content-length: x")
        assert (await exchange(port, wrong))[0] == 400


async def test_many_at_once_are_each_taken() -> None:
    site = Site()
    async with serving(site.app) as port:
        sent = [envelope(message(f"m{n}", id=f"wamid.{n}")) for n in range(60)]
        answers = await asyncio.gather(
            *(exchange(port, request("POST", "/webhooks/shop", body, signed(body))) for body in sent)
        )
    assert {status for status, _ in answers} == {200}
    assert sorted(str(text) for text in site.store.texts) == sorted(f"m{n}" for n in range(60))


async def test_a_connection_that_never_says_what_it_wants_is_ended() -> None:
    site = Site()
    whole = request("POST", "/webhooks/shop", GOOD, signed(GOOD))
    async with serving(site.app, slowest_headers=0.2) as port:
        silent = asyncio.create_task(exchange(port))
        slow = asyncio.create_task(exchange(port, b"POST /webhooks/shop HTTP/1.1\r\nhost: x\r\n"))
        kept = whole.replace(b"connection: close", b"connection: keep-alive")
        second = asyncio.create_task(exchange(port, kept + b"POST /web"))
        assert (await exchange(port, whole))[0] == 200
        assert await silent == (0, b"")
        assert await slow == (0, b"")
        status, answer = await second
        assert (status, answer[:2]) == (200, b"")
    assert site.store.texts == ["hello", "hello"]


async def test_headers_without_end_are_cut_off() -> None:
    site = Site()
    whole = request("POST", "/webhooks/shop", GOOD, signed(GOOD))
    async with serving(site.app) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST /webhooks/shop HTTP/1.1\r\n" + b"x-a: " + b"y" * 200_000)
        with contextlib.suppress(ConnectionError):
            async with asyncio.timeout(5):  # at once, not when the time for headers is over
                assert await reader.read() == b""
        writer.close()
        assert (await exchange(port, whole))[0] == 200
        large = request("POST", "/webhooks/shop", GOOD, signed(GOOD) | {"x-a": "y" * 30_000})
        assert (await exchange(port, large))[0] == 200


async def test_paths_that_are_none_are_refused_politely() -> None:
    site = Site()
    async with serving(site.app) as port:
        for path in ("/webhooks/\xff", "/webhooks/%ff%00", "//", "http://x", "*", "/webhooks/../shop"):
            raw = request("POST", "/webhooks/PATH", GOOD).replace(b"/webhooks/PATH", path.encode("latin-1"))
            assert (await exchange(port, raw))[0] in (400, 404)
