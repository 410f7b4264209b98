"""HTTP calls as tools: what a model fills in stays in its place, and what comes back is words."""

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from turnkeeper.llm.calls import ToolReply
from turnkeeper.llm.toolbox import NotBegun, ToolContext, WrongArguments
from turnkeeper.llm.tools.declared import HttpToolConfig, Parameter, complaint
from turnkeeper.llm.tools.http import LARGEST_REPLY, HttpTool

CITY = {"city": Parameter(), "days": Parameter("integer", optional=True)}
Answering = Callable[[httpx2.Request], httpx2.Response]


def called(
    answering: Answering, arguments: dict[str, Any], url: str = "http://api.test/v1/{city}", **config: Any
) -> ToolReply:
    """What a call comes to against a service that answers so."""

    async def main() -> ToolReply:
        async with httpx2.AsyncClient(transport=httpx2.MockTransport(answering)) as client:
            tool = HttpTool(HttpToolConfig("weather", url, "The weather.", **{"parameters": CITY, **config}), client)
            tool.check(arguments)
            return await tool.call(arguments, ToolContext(key="the-key"))

    return asyncio.run(main())


def asked(arguments: dict[str, Any], **config: Any) -> httpx2.Request:
    """The request that a call makes."""
    seen: list[httpx2.Request] = []

    def answering(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(200, text="ok")

    called(answering, arguments, **config)
    return seen[0]


REQUESTS: list[tuple[str, dict[str, Any], dict[str, Any], str, str, bytes]] = [
    ("in the path", {"city": "Bern"}, {}, "GET", "http://api.test/v1/Bern", b""),
    ("the rest in the query", {"city": "Bern", "days": 2}, {}, "GET", "http://api.test/v1/Bern?days=2", b""),
    ("beside a query", {"city": "Bern", "days": 2}, {"url": "http://api.test/v1?u=m&q={city}"}, "GET",
     "http://api.test/v1?u=m&q=Bern&days=2", b""),
    ("the rest in the body", {"city": "Bern", "days": 2}, {"method": "POST"}, "POST", "http://api.test/v1/Bern",
     b'{"days":2}'),
    ("as a form", {"city": "Bern", "days": 2}, {"method": "PUT", "body": "form"}, "PUT", "http://api.test/v1/Bern",
     b"days=2"),
    ("another path", {"city": "../admin?x=1#y"}, {}, "GET", "http://api.test/v1/..%2Fadmin%3Fx%3D1%23y", b""),
    ("another host", {"city": "@evil.test/"}, {}, "GET", "http://api.test/v1/%40evil.test%2F", b""),
    ("another value", {"city": "a&admin=1"}, {"url": "http://api.test/?q={city}"}, "GET",
     "http://api.test/?q=a%26admin%3D1", b""),
    ("a line break", {"city": "a\r\nX: y"}, {}, "GET", "http://api.test/v1/a%0D%0AX%3A%20y", b""),
    ("nothing optional", {"city": "Bern", "days": None}, {}, "GET", "http://api.test/v1/Bern", b""),
]  # fmt: skip


@pytest.mark.parametrize(
    ("label", "arguments", "config", "method", "url", "body"), REQUESTS, ids=[row[0] for row in REQUESTS]
)
def test_what_a_model_fills_in_stays_in_its_place(
    label: str, arguments: dict[str, Any], config: dict[str, Any], method: str, url: str, body: bytes
) -> None:
    request = asked(arguments, **config)
    assert (request.method, str(request.url), request.content) == (method, url, body)


@settings(max_examples=60, deadline=None)
@given(st.text(min_size=1, max_size=40))
def test_whatever_it_is(city: str) -> None:
    try:
        request = asked({"city": city})
    except WrongArguments:
        return
    assert request.url.host == "api.test"
    assert request.url.raw_path.startswith(b"/v1/")
    assert request.url.raw_path.count(b"/") == 2
    assert b"?" not in request.url.raw_path


def test_headers_are_the_operators_and_an_effect_carries_its_key() -> None:
    request = asked({"city": "Bern"}, headers={"authorization": "Bearer x"}, effect=True)
    assert request.headers["authorization"] == "Bearer x"
    assert request.headers["idempotency-key"] == "the-key"
    assert "idempotency-key" not in asked({"city": "Bern"}).headers


REFUSED = [
    ("missing", {}, "city: is missing"),
    ("unknown", {"city": "Bern", "host": "x"}, "host: there is no such parameter, only city, days"),
    ("another type", {"city": "Bern", "days": "two"}, "days: a value of type integer is needed"),
    ("a truth value", {"city": "Bern", "days": True}, "days: a value of type integer is needed"),
    ("the folder above", {"city": ".."}, "city: cannot be .."),
    ("empty", {"city": " "}, "city: is empty"),
    ("too long", {"city": "x" * 2_001}, "city: is longer than 2000 characters"),
]


@pytest.mark.parametrize(("label", "arguments", "problem"), REFUSED, ids=[row[0] for row in REFUSED])
def test_what_is_refused_before_anything_is_called(label: str, arguments: dict[str, Any], problem: str) -> None:
    with pytest.raises(WrongArguments, match=problem):
        asked(arguments)


def test_only_the_choices_are_taken() -> None:
    units = {"city": Parameter(), "unit": Parameter(choices=("km", "miles"))}
    with pytest.raises(WrongArguments, match="unit: one of km, miles is needed"):
        asked({"city": "Bern", "unit": "ells"}, parameters=units)


def redirecting(to: str, status: int = 307) -> Answering:
    def answering(request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/v1/Bern":
            return httpx2.Response(status, headers={"location": to})
        return httpx2.Response(200, text=f"from {request.url.host}")

    return answering


def answering_with(status: int = 200, **what: Any) -> Answering:
    return lambda _: httpx2.Response(status, **what)


def broken(request: httpx2.Request) -> httpx2.Response:
    raise httpx2.ConnectError("no route to 10.0.0.1", request=request)


REPLIES: list[tuple[str, Answering, str, bool]] = [
    ("JSON", answering_with(json={"sun": True}), '{"sun":true}', False),
    ("text", answering_with(text="sunny"), "sunny", False),
    ("nothing", answering_with(204), "Done.", False),
    ("no JSON", answering_with(content=b"{oops", headers={"content-type": "application/json"}), "{oops", False),
    ("a picture", answering_with(content=b"\x89PNG", headers={"content-type": "image/png"}),
     "weather answered with something that is no text (image/png).", True),
    ("a refusal", answering_with(404, text="no such city"), "weather answered with status 404: no such city", True),
    ("an error page", answering_with(500, content=b"x", headers={"content-type": "image/png"}),
     "weather answered with status 500.", True),
    ("unreachable", broken, "weather cannot be reached now.", True),
    ("within its origin", redirecting("/v2/Bern"), "from api.test", False),
    ("to another host", redirecting("http://169.254.169.254/"), "weather failed: it redirects elsewhere.", True),
    ("to another port", redirecting("http://api.test:8080/"), "weather failed: it redirects elsewhere.", True),
    ("in circles", redirecting("/v1/Bern"), "weather failed: it redirects again and again.", True),
]  # fmt: skip


@pytest.mark.parametrize(("label", "answering", "content", "failed"), REPLIES, ids=[row[0] for row in REPLIES])
def test_what_comes_back(label: str, answering: Answering, content: str, failed: bool) -> None:
    reply = called(answering, {"city": "Bern"})
    assert (reply.content, reply.failed) == (content, failed)


async def test_an_effect_whose_connection_is_refused_did_not_begin() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens
        config = HttpToolConfig(
            "book", f"http://127.0.0.1:{taken.getsockname()[1]}/", "Book.", method="POST", effect=True
        )
        async with httpx2.AsyncClient() as client:
            with pytest.raises(NotBegun, match="book cannot be reached now"):
                await HttpTool(config, client).call({}, ToolContext(key="k"))


def lost_on_the_way(request: httpx2.Request) -> httpx2.Response:
    raise httpx2.ReadError("reset", request=request)


def lost_after_a_redirect(request: httpx2.Request) -> httpx2.Response:
    if request.url.path == "/v2":
        raise httpx2.ConnectError("refused", request=request)
    return httpx2.Response(307, headers={"location": "/v2"})


@pytest.mark.parametrize("answering", [lost_on_the_way, lost_after_a_redirect])
def test_one_that_left_may_have_happened(answering: Answering) -> None:
    reply = called(answering, {"city": "Bern"}, effect=True, method="POST")
    assert (reply.content, reply.failed) == ("weather cannot be reached now.", True)


def test_a_reply_is_read_up_to_a_limit() -> None:
    read = 0

    async def endless() -> Any:
        nonlocal read
        while True:
            read += 65_536
            yield b"x" * 65_536

    reply = called(answering_with(content=endless(), headers={"content-type": "text/plain"}), {"city": "Bern"})
    assert not reply.failed
    assert LARGEST_REPLY <= read <= LARGEST_REPLY + 2 * 65_536


def test_a_reply_that_trickles_is_given_up_in_time() -> None:
    async def trickle() -> Any:
        for _ in range(20):
            await asyncio.sleep(0.02)
            yield b"."

    answering = answering_with(content=trickle(), headers={"content-type": "text/plain"})
    reply = called(answering, {"city": "Bern"}, timeout=0.1)
    assert (reply.content, reply.failed) == ("weather did not answer within 0.1 s.", True)


ADDRESSES = [
    ("http://api.test/{city}", None),
    ("https://api.test:8443/a/{b}/c?d={e}&f=g", None),
    ("http://localhost:8000/", None),
    ("http://{host}/", "lets a model choose the host"),
    ("http://api.{zone}.test/", "lets a model choose the host"),
    ("http://api.test:{port}/", "is not an address"),
    ("ftp://api.test/", "is not an http address"),
    ("/v1", "is not an http address"),
    ("http://user:secret@api.test/", "holds a user or a fragment"),
    ("http://api.test/#x", "holds a user or a fragment"),
    ("http://api.test/{}", "has a brace that names nothing"),
    ("http://api.test/a b", "holds a space or a control character"),
]


@pytest.mark.parametrize(("url", "problem"), ADDRESSES)
def test_addresses(url: str, problem: str | None) -> None:
    assert complaint(url) == problem


def test_what_the_address_needs_is_declared() -> None:
    with pytest.raises(ValueError, match=r"\{city\} in the address is no parameter that is always given"):
        asked({}, parameters={"city": Parameter(optional=True)})


def test_what_a_model_is_told() -> None:
    parameters = {"city": Parameter(description="Its name."), "unit": Parameter(optional=True, choices=("km", "mi"))}
    config = HttpToolConfig("weather", "http://api.test/{city}", "The weather.", parameters=parameters)
    assert HttpTool(config, httpx2.AsyncClient()).spec.parameters == {
        "type": "object",
        "properties": {
            "city": {"type": "string", "description": "Its name."},
            "unit": {"type": "string", "enum": ["km", "mi"]},
        },
        "required": ["city"],
        "additionalProperties": False,
    }
