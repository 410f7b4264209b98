"""The fake over real loopback sockets: alone, mounted, in a thread; and the phone's own API."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from tests.testing.business import TOKEN, Business, HandClock, message
from turnkeeper.testing.fake_graph import (
    Behaviour,
    Cut,
    FakeGraph,
    FakeGraphTransport,
    FakeNumber,
    GzipBomb,
    Lie,
    PhoneOwner,
    close,
    hold,
    running_fake_graph,
    serve_in_thread,
)

AUTH = {"Authorization": f"Bearer {TOKEN}"}
MESSAGES = "/v25.0/1000000001/messages"
NUMBER = FakeNumber("1000000001", verified_name="Corner shop")


def make(business: Business, **more: Any) -> FakeGraph:
    client = httpx2.AsyncClient(transport=httpx2.MockTransport(business.handle), timeout=None)
    return FakeGraph("s", "v", TOKEN, "http://127.0.0.1:1/hook", [NUMBER], webhook_client=client, **more)


@contextlib.asynccontextmanager
async def served(**more: Any) -> AsyncIterator[tuple[FakeGraph, httpx2.AsyncClient, Business]]:
    business = Business()
    fake = make(business, **more)
    async with (
        running_fake_graph(fake) as running,
        httpx2.AsyncClient(base_url=running.base_url, trust_env=False, timeout=5) as client,
    ):
        yield fake, client, business


async def test_a_message_there_and_back() -> None:
    async with served() as (fake, client, business):
        ada = await fake.person("15551234567")
        await ada.write("hello")
        await fake.drained()
        assert business.messages()[0]["text"]["body"] == "hello"
        reply = await client.post(MESSAGES, headers=AUTH, json=message())
        assert reply.status_code == 200
        assert (await ada.next_message()).text == "hi"
        await fake.wait_until(lambda: len(business.statuses()) == 3)


@pytest.mark.parametrize(
    "label, fault, raised, reached",
    [
        ("held", hold(), httpx2.ReadTimeout, 1),
        ("closed before", close(taken=False), httpx2.RemoteProtocolError, 0),
        ("closed after", close(taken=True), httpx2.RemoteProtocolError, 1),
    ],
)
async def test_faults_on_the_wire(label: str, fault: Any, raised: type[Exception], reached: int) -> None:
    async with served() as (fake, client, _):
        ada = await fake.person("15551234567")
        await ada.write("hello")
        fake.fail_next(fault)
        with pytest.raises((raised, httpx2.ReadError)):
            await client.post(MESSAGES, headers=AUTH, json=message(), timeout=0.2)
        assert len(ada.received) == reached
        assert (await client.post(MESSAGES, headers=AUTH, json=message())).status_code == 200


async def test_in_process_paths_are_what_they_are_over_a_socket() -> None:
    fake = make(Business())
    ada = await fake.person("15551234567")
    await ada.write("hello")
    async with httpx2.AsyncClient(transport=FakeGraphTransport(fake, "/deep"), base_url="http://graph.test") as client:
        reply = await client.post("/deep" + MESSAGES.replace("1", "%31"), headers=AUTH, json=message())
    assert reply.status_code == 200
    await fake.aclose()


async def test_bodies_are_bounded() -> None:
    async with served() as (_, client, __):
        reply = await client.post(MESSAGES, headers=AUTH, content=b"x" * (3 * 1024 * 1024 + 1))
        assert reply.status_code == 413


@pytest.mark.parametrize("stripped", [False, True])
async def test_mounted_under_a_prefix(stripped: bool) -> None:
    fake = make(Business())

    async def host(scope: Any, receive: Any, send: Any) -> None:
        path = scope["path"].removeprefix("/deep/phone") if stripped else scope["path"]
        await fake({**scope, "root_path": "/deep/phone", "path": path}, receive, send)

    transport = httpx2.ASGITransport(app=host)
    async with httpx2.AsyncClient(transport=transport, base_url="http://x") as client:
        assert (await client.get("/deep/phone/api/state")).status_code == 200
        reply = await client.get("/deep/phone/v25.0/1000000001", headers=AUTH)
        assert reply.json()["id"] == "1000000001"
    await fake.aclose()


def test_in_a_thread() -> None:
    fake = make(Business())
    with serve_in_thread(fake) as running:
        ada = running.call(fake.person("15551234567"))
        running.call(ada.write("hello"))
        with httpx2.Client(base_url=running.base_url, trust_env=False) as client:
            assert client.post(MESSAGES, headers=AUTH, json=message()).status_code == 200
        assert running.call(ada.next_message()).text == "hi"


async def test_the_phone_shows_both_sides() -> None:
    clock = HandClock()
    owner = PhoneOwner("4915112345678", "Zoë", "DE.1")
    behaviour = Behaviour(sent_after=1.0, delivered_after=2.0, read_after=3.0)
    async with served(clock=clock, phone=owner, behaviour=behaviour) as (fake, client, _):
        state = (await client.get("/api/state")).json()
        assert len(state.pop("switches")) > 5
        assert state.pop("seen")["sends"] == 0
        zoe = {"id": "DE.1", "phone": "4915112345678", "name": "Zoë", "user_id": "DE.1"}
        assert state == {
            "person": zoe,
            "people": [zoe | {"received": 0}],
            "window": {"closes_at": clock.now(), "now": clock.now()},
            "business": {"name": "Corner shop", "display_phone_number": "15550001111"},
            "failed_tries": [],
            "messages": [],
            "typing": False,
            "webhook": {"url": "http://127.0.0.1:1/hook", "last_status": None, "pending": 0},
        }
        fake.behaviour.outage = True
        reply = await client.post("/api/messages", json={"text": "hello"})
        assert reply.status_code == 202
        state = (await client.get("/api/state")).json()
        assert state["webhook"]["pending"] == 1
        (shown,) = state["messages"]
        assert shown == {
            "id": reply.json()["id"],
            "from": "person",
            "kind": "text",
            "text": "hello",
            "at": clock.now(),
            "ticks": "clock",
        }
        fake.behaviour.outage = False
        await clock.advance(1)
        state = (await client.get("/api/state")).json()
        assert state["messages"][0]["ticks"] == "sent"
        assert state["webhook"]["last_status"] == 200
        typing = {
            "messaging_product": "whatsapp",
            "status": "read",
            "message_id": shown["id"],
            "typing_indicator": {"type": "text"},
        }
        await client.post(MESSAGES, headers=AUTH, json=typing)
        state = (await client.get("/api/state")).json()
        assert state["typing"]
        assert state["messages"][0]["ticks"] == "read"
        await client.post(MESSAGES, headers=AUTH, json=message(to="+4915112345678"))
        ticks = []
        for _ in range(4):
            state = (await client.get("/api/state")).json()
            ticks.append(state["messages"][1]["ticks"])
            await clock.advance(1)
        assert not state["typing"]
        assert [m["from"] for m in state["messages"]] == ["person", "business"]
        assert ticks == ["clock", "sent", "delivered", "read"]


@pytest.mark.parametrize(
    "label, content_type, body, status",
    [
        ("a form of another site", "text/plain", b'{"text": "x"}', 415),
        ("not JSON", "application/json", b"{", 400),
        ("deep", "application/json", b"[" * 100_000, 400),
        ("no text", "application/json", b"{}", 422),
        ("blank", "application/json", b'{"text": "  "}', 422),
        ("a number", "application/json", b'{"text": 1}', 422),
        ("too long", "application/json", b'{"text": "%s"}' % (b"x" * 4097), 422),
        ("longest", "application/json", b'{"text": "%s"}' % (b"x" * 4096), 202),
    ],
)
async def test_the_phone_refuses(label: str, content_type: str, body: bytes, status: int) -> None:
    async with served() as (_, client, __):
        headers = {"Content-Type": content_type}
        reply = await client.post("/api/messages", content=body, headers=headers)
        assert reply.status_code == status


async def test_unknown_paths_of_the_phone() -> None:
    async with served() as (_, client, __):
        assert (await client.get("/api/nothing")).status_code == 404
        assert (await client.get("/api/messages")).status_code == 405


async def next_state(lines: AsyncIterator[str]) -> Any:
    async for line in lines:
        if line.startswith("data: "):
            return json.loads(line.removeprefix("data: "))
    raise AssertionError("the stream ended")


async def test_the_event_stream_tells_every_change_and_ends_with_the_fake() -> None:
    async with served() as (fake, client, _), client.stream("GET", "/api/events") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        lines = stream.aiter_lines()
        assert (await next_state(lines))["messages"] == []
        await client.post("/api/messages", json={"text": "hello"})
        ticks = ""
        while ticks != "sent":
            state = await next_state(lines)
            ticks = state["messages"][0]["ticks"]
        await fake.aclose()
        async with asyncio.timeout(5):
            assert [line async for line in lines if line] == []


async def test_typing_dots_go_out_on_the_stream_by_themselves() -> None:
    async with served() as (fake, client, _), client.stream("GET", "/api/events") as stream:
        lines = stream.aiter_lines()
        await next_state(lines)
        thread = (await fake.phone.person()).thread()
        # Shown long ago: 50 ms of the 25 s are left.
        thread.show_typing(fake.clock.now() - 24.95)
        fake.changes.happened()
        assert (await next_state(lines))["typing"]
        assert not (await next_state(lines))["typing"]


async def test_streams_are_bounded() -> None:
    async with served() as (fake, client, _), contextlib.AsyncExitStack() as stack:
        open_streams = []
        for _ in range(32):
            stream = await stack.enter_async_context(client.stream("GET", "/api/events"))
            open_streams.append(stream.aiter_lines())
            await next_state(open_streams[-1])
        assert (await client.get("/api/events")).status_code == 503
        await stack.aclose()
        await fake.wait_until(lambda: not fake.phone.full)
        async with client.stream("GET", "/api/events") as again:
            assert again.status_code == 200


@pytest.mark.parametrize("root", ["", "/deep/phone"])
async def test_media_on_the_wire(root: str) -> None:
    fake = make(Business())

    async def host(scope: Any, receive: Any, send: Any) -> None:
        await fake({**scope, "root_path": root}, receive, send)

    transport = httpx2.ASGITransport(app=host)
    async with httpx2.AsyncClient(transport=transport, base_url=f"http://x{root}", headers=AUTH) as client:
        data = b"%PDF-" + bytes(4 * 1024 * 1024)
        form = {"messaging_product": "whatsapp", "type": "application/pdf"}
        files = {"file": ("a.pdf", data, "application/pdf")}
        uploaded = await client.post("/v25.0/1000000001/media", data=form, files=files)
        found = (await client.get(f"/v25.0/{uploaded.json()['id']}")).json()
        assert found["url"].startswith(f"http://x{root}/whatsapp_business/attachments/?")
        assert (await client.get(found["url"])).content == data
    await fake.aclose()


async def test_bodies_that_break_off_on_the_wire() -> None:
    async with served() as (fake, client, _):
        media_id = fake.media.put(b"x" * 1000, "text/plain", lie=Lie(body=Cut(after=10)))
        assert fake.media.webhook(media_id)["url"].startswith(str(client.base_url))
        url = fake.media.webhook(media_id)["url"]
        got = b""
        with pytest.raises((httpx2.RemoteProtocolError, httpx2.ReadError)):
            async with client.stream("GET", url, headers=AUTH) as stream:
                assert stream.headers["content-length"] == "1000"
                async for piece in stream.aiter_raw():
                    got += piece
        assert len(got) <= 10
        fake.media.lie(media_id, Lie(body=GzipBomb(5_000_000)))
        assert (await client.get(url, headers=AUTH)).content == bytes(5_000_000)
