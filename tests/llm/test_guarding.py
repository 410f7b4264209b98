"""A provider whose address a tenant wrote reaches nothing inside the operator's network, whatever its name hides."""

import asyncio
from collections.abc import Sequence

import httpx2
import pytest

from turnkeeper.llm.base import ModelAway
from turnkeeper.llm.providers.config import CompatibleConfig
from turnkeeper.llm.providers.guarding import Guarded
from turnkeeper.llm.providers.registry import open_provider


async def reached(*addresses: str) -> list[httpx2.Request]:
    """What comes through where the name `models.example` has these addresses."""
    came: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        came.append(request)
        return httpx2.Response(200)

    async def resolve(_: str, port: int) -> Sequence[str]:
        assert port == 443
        return list(addresses)

    async with httpx2.AsyncClient(transport=Guarded(httpx2.MockTransport(answer), resolve)) as client:  # type: ignore[arg-type]
        await client.get("https://models.example/v1")
    return came


@pytest.mark.parametrize("inside", ["127.0.0.1", "169.254.169.254", "10.0.0.7", "::1", "::ffff:192.168.1.1"])
async def test_a_name_that_stands_for_an_internal_address_is_not_called(inside: str) -> None:
    for addresses in ((inside,), ("8.8.8.8", inside)):
        with pytest.raises(httpx2.ConnectError, match="not a public one"):
            await reached(*addresses)


async def test_the_address_that_was_checked_is_connected_to() -> None:
    (request,) = await reached("8.8.8.8")
    assert request.url.host == "8.8.8.8"
    assert request.headers["host"] == "models.example"
    assert request.extensions["sni_hostname"] == "models.example"


@pytest.mark.parametrize("guarded", [True, False])
async def test_a_providers_calls_are_guarded_where_a_tenant_wrote_its_address(guarded: bool) -> None:
    heard = asyncio.Event()

    async def hear(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.set()
        writer.close()

    server = await asyncio.start_server(hear, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    config = CompatibleConfig(kind="openai_compatible", base_url=f"http://localhost:{port}/v1", guarded=guarded)
    provider = await asyncio.to_thread(open_provider, config)
    with pytest.raises(ModelAway):
        await provider.models()
    assert heard.is_set() is not guarded
    await provider.close()
    server.close()
    await server.wait_closed()
