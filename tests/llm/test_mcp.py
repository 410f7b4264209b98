"""Tools of a real MCP server: over HTTP on this machine, and as a program."""

import os
import signal
import socket
import sys
import time
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.llm import mcp_shop
from turnkeeper.llm.calls import ToolReply
from turnkeeper.llm.toolbox import ToolContext
from turnkeeper.llm.tools import mcp
from turnkeeper.llm.tools.builtin import Handover
from turnkeeper.llm.tools.declared import McpConfig
from turnkeeper.llm.tools.gathering import gathered
from turnkeeper.llm.tools.mcp import McpServer, McpTool, ServerAway, _can_be_told

SHOP = Path(mcp_shop.__file__)
NOWHERE = "http://127.0.0.1:9/mcp"


async def offered(server: McpServer) -> dict[str, McpTool]:
    return {tool.spec.name: tool for tool in await server.tools()}


async def used(tool: McpTool, **arguments: Any) -> ToolReply:
    return await tool.call(arguments, ToolContext())


async def test_a_server_over_http() -> None:
    async with mcp_shop.serving(token="hush") as url:
        stranger = McpServer(McpConfig("shop", url), time.monotonic)
        _, told = await gathered([], [stranger])
        assert len(told) == 1
        only = frozenset({"find", "clear", "breaks", "sleeps"})
        config = McpConfig("shop", url, headers={"Authorization": "hush"}, only=only, timeout=0.3)
        server = McpServer(config, time.monotonic)
        tools = await offered(server)
        assert list(tools) == ["shop_find", "shop_clear", "shop_breaks", "shop_sleeps"]
        find = tools["shop_find"].spec
        assert (find.description, list(find.parameters["properties"])) == ("Find something in the shop.", ["word"])
        assert [tool.effect for tool in tools.values()] == [False, True, False, False]
        assert (await used(tools["shop_find"], word="tea")).content == "found tea"
        broken = await used(tools["shop_breaks"])
        assert broken.failed
        wrong = await used(tools["shop_find"], words="tea")
        assert wrong.failed
        late = await used(tools["shop_sleeps"])
        assert (late.failed, late.content) == (True, "sleeps failed: no answer in time")
        await server.close()


async def test_it_is_connected_again_after_it_was_gone() -> None:
    async with mcp_shop.serving() as url:
        port = int(url.rpartition(":")[2].partition("/")[0])
        server = McpServer(McpConfig("shop", url), time.monotonic)
        with capture_logs() as logged:
            tools = await offered(server)
        assert "shop_absurd" not in tools
        assert [line["tools"] for line in logged] == [["absurd"]]
        assert (await used(tools["shop_find"], word="tea")).content == "found tea"
    gone = await used(tools["shop_find"], word="tea")
    assert (gone.failed, gone.content) == (True, "find cannot be reached now.")
    clock = [0.0]
    later = McpServer(McpConfig("shop", url), lambda: clock[0])
    with capture_logs() as logs:
        await gathered([], [later])
    async with mcp_shop.serving(port):
        clock[0] = 31.0
        with capture_logs() as back:
            await gathered([], [later])
            assert later._looking is not None
            await later._looking
        assert "shop_find" in await offered(later)
        assert [each["event"] for each in (*logs, *back)][::2] == ["a tool server is away", "a tool server is back"]
        await later.close()
        assert (await used(tools["shop_find"], word="tea")).content == "found tea"
        await server.close()


SCHEMAS: list[tuple[str, Any, bool]] = [
    ("nothing to fill in", {"type": "object"}, True),
    ("something", {"type": "object", "properties": {"word": {"type": "string"}}}, True),
    ("no object", {"type": "string"}, False),
    ("of no type", {}, False),
    ("properties that are none", {"type": "object", "properties": ["word"]}, False),
    ("long", {"type": "object", "description": "a" * 10_000}, False),
    ("deep", {"type": "object", "not": reduce(lambda inner, _: {"not": inner}, range(5_000), {})}, False),
]


@pytest.mark.parametrize(("label", "schema", "expected"), SCHEMAS)
def test_what_no_model_takes_is_left_out(label: str, schema: Any, expected: bool) -> None:
    assert _can_be_told(schema) is expected


async def test_who_is_known_to_be_away_is_looked_for_beside_the_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that takes connections and says nothing: one turn waits for it, in all."""
    monkeypatch.setattr(mcp, "_CONNECT", 0.05)
    silence = socket.create_server(("127.0.0.1", 0))
    clock = [10_000.0]
    port = silence.getsockname()[1]
    server = McpServer(McpConfig("shop", f"http://127.0.0.1:{port}/mcp"), lambda: clock[0])
    _, told = await gathered([], [server])
    assert told == ("tools left out, their server is away: shop: no answer in time",)
    for at, looked in [(10_029.0, False), (10_030.0, True), (10_031.0, False), (1_000.0, True)]:
        clock[0] = at
        with pytest.raises(ServerAway):
            server.tools().send(None)  # raised at once, before anything is waited for
        assert (server._looking is not None and not server._looking.done()) is looked
        if server._looking is not None:
            await server._looking
    await server.close()
    silence.close()


async def test_a_server_that_is_away_takes_its_tools_and_nothing_else() -> None:
    away = McpServer(McpConfig("shop", NOWHERE), time.monotonic)
    tools, told = await gathered([Handover()], [away])
    assert [tool.spec.name for tool in tools] == ["handover"]
    assert len(told) == 1
    assert told[0].startswith("tools left out, their server is away: shop: ConnectError")


async def test_a_program_has_its_own_environment_is_started_again_and_ends_with_the_worker() -> None:
    command = (sys.executable, str(SHOP))
    config = McpConfig("shop", command=command, env={"SHELF": "below"}, only=frozenset({"find", "who"}))
    server = McpServer(config, time.monotonic)
    tools = await offered(server)
    assert (await used(tools["shop_find"], word="tea")).content == "found tea below"
    os.kill(int((await used(tools["shop_who"])).content), signal.SIGKILL)
    assert (await used(tools["shop_find"], word="tea")).content == "found tea below"
    assert server._line is not None
    holder = server._line.holder
    await server.close()
    assert holder.done()


async def test_a_program_that_there_is_not_is_away() -> None:
    server = McpServer(McpConfig("shop", command=("/nowhere/at-all",)), time.monotonic)
    with capture_logs() as logs:
        _, told = await gathered([], [server])
        await gathered([], [server])
    assert "FileNotFoundError" in told[0]
    assert [(each["event"], each["error"]) for each in logs] == [("a tool server is away", "FileNotFoundError")]


class Fixed:
    """A server that offers a tool by a name that is taken."""

    async def tools(self) -> list[Any]:
        return [Handover()]


async def test_a_name_that_is_taken_stays_with_whom_has_it() -> None:
    ours = Handover()
    tools, told = await gathered([ours], [Fixed()])
    assert tools == (ours,)
    assert told == ("handover: left out, the name is taken",)
