"""The tools of an MCP server, over HTTP or as a program of ours: connected when first needed, once a worker.

A server that is away takes its tools with it and nothing else: the turn goes on without them. What it says of its
tools is the operator's choice of server; `only` narrows it, and no answer of a tool changes it within a turn.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import httpx2
import msgspec
import structlog

from turnkeeper.llm.calls import ToolReply
from turnkeeper.llm.replies import ACCEPTED, limited
from turnkeeper.llm.toolbox import ToolContext
from turnkeeper.llm.toolbox import failed as failing
from turnkeeper.llm.tools.declared import McpConfig
from turnkeeper.model.errors import TurnkeeperError
from turnkeeper.model.llm import ToolSpec

if TYPE_CHECKING:
    from mcp.client import Client
    from mcp_types import CallToolResult
    from mcp_types import Tool as Offered

_log = structlog.get_logger("turnkeeper.tools")
_CONNECT = 10.0
"""Seconds for connecting and asking which tools there are."""
_KEPT = 60.0
"""Seconds for which what it offers is not asked for again."""
_AWAY = 30.0
"""Seconds for which a server that is away is not tried again."""
_CLOSING = 10.0
_MOST_TOOLS = 64
_MOST_PAGES = 10
_LONGEST_DESCRIPTION = 1_000
_LONGEST_NAME = 64
_LONGEST_SCHEMA = 10_000
_DEEPEST_SCHEMA = 32
_ODD = re.compile(r"[^A-Za-z0-9_-]")


class ServerAway(TurnkeeperError):
    """An MCP server that does not answer, told for operators."""


@dataclass(slots=True)
class _Line:
    """An open connection, held by a task of its own, since it must end where it began."""

    holder: asyncio.Task[None]
    hang_up: asyncio.Event
    client: Client | None = None


class McpServer:
    """A connection that is made when it is needed, and again after it broke."""

    def __init__(self, config: McpConfig, now: Callable[[], float]) -> None:
        self.config = config
        self._now = now
        self._line: _Line | None = None
        self._lock = asyncio.Lock()
        self._offered: tuple[McpTool, ...] = ()
        self._asked_at = -_KEPT
        self._away: tuple[float, str] | None = None
        self._looking: asyncio.Task[None] | None = None
        self._ending: set[asyncio.Task[None]] = set()

    async def tools(self) -> tuple[McpTool, ...]:
        """What it offers now. Raises ServerAway: at once where that is known, since no turn waits for it twice."""
        away = self._away
        if away is not None:
            self._look_again(away[0])
            raise ServerAway(away[1])
        async with self._lock:
            if self._away is not None:  # as whoever came before has found
                raise ServerAway(self._away[1])
            if self._line is not None and not self._line.holder.done() and 0 <= self._now() - self._asked_at < _KEPT:
                return self._offered
            return await self._look()

    async def _look(self) -> tuple[McpTool, ...]:
        try:
            self._offered = await self._offers()
        except Exception as error:  # noqa: BLE001 - whatever a server or its program does
            self._hang_up()
            shown = f"{self.config.name}: {_innermost(error)}"
            if self._away is None:
                _log.warning("a tool server is away", server=self.config.name, error=type(_cause(error)).__name__)
            self._away = self._now() + _AWAY, shown
            raise ServerAway(shown) from None
        if self._away is not None:
            _log.info("a tool server is back", server=self.config.name)
        self._asked_at, self._away = self._now(), None
        return self._offered

    def _look_again(self, until: float) -> None:
        """Once the time is over, and beside the turn."""
        now = self._now()  # a clock that is set back makes nothing longer
        if not now < until <= now + _AWAY and (self._looking is None or self._looking.done()):
            self._looking = asyncio.create_task(self._looked_again())

    async def _looked_again(self) -> None:
        async with self._lock:
            with suppress(ServerAway):
                await self._look()

    async def call(self, name: str, arguments: Mapping[str, Any], *, again: bool) -> ToolReply:
        """Use a tool. `again`: a broken connection is made anew and the call repeated once."""
        client: Client | None = None
        try:
            client = await self._connected()
            return _reply(await client.call_tool(name, dict(arguments), read_timeout_seconds=self.config.timeout))
        except Exception as error:  # noqa: BLE001 - whatever a server or its program does
            refused = _protocol_error(error)
            if refused is not None:
                return failing(f"{name} failed: {refused}", refused)
            await self._broke(client)
            if again:
                return await self.call(name, arguments, again=False)
            return failing(f"{name} cannot be reached now.", _innermost(error))

    async def close(self) -> None:
        """End the connection, and the program if there is one."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.wait([self._looking])
        async with self._lock:
            self._hang_up()
        await asyncio.gather(*self._ending)

    async def _broke(self, client: Client | None) -> None:
        """Give up a connection, unless somebody else has made it anew."""
        async with self._lock:
            if self._line is not None and self._line.client is client:
                self._hang_up()

    async def _connected(self) -> Client:
        async with self._lock:
            return await self._open()

    async def _open(self) -> Client:
        line = self._line
        if line is not None and line.client is not None and not line.holder.done():
            return line.client
        ready: asyncio.Future[Client] = asyncio.get_running_loop().create_future()
        hang_up = asyncio.Event()
        holder = asyncio.create_task(self._hold(ready, hang_up), name=f"mcp {self.config.name}")
        self._line = line = _Line(holder, hang_up)
        try:
            async with asyncio.timeout(_CONNECT):
                line.client = await ready
        except BaseException:
            self._hang_up()
            raise
        return line.client

    async def _hold(self, ready: asyncio.Future[Client], hang_up: asyncio.Event) -> None:
        try:
            async with _client(self.config) as client:
                if not ready.done():
                    ready.set_result(client)
                await hang_up.wait()
        except Exception as error:  # noqa: BLE001 - told where somebody waits for it
            if not ready.done():
                ready.set_exception(error)
        finally:
            if not ready.done():
                ready.cancel()

    def _hang_up(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            ending = asyncio.create_task(_ended(line))  # what hangs there holds nobody up
            self._ending.add(ending)
            ending.add_done_callback(self._ending.discard)

    async def _offers(self) -> tuple[McpTool, ...]:
        async with asyncio.timeout(_CONNECT):
            client = await self._open()
            found: list[Offered] = []
            cursor: str | None = None
            for _ in range(_MOST_PAGES):
                page = await client.list_tools(cursor=cursor, cache_mode="refresh")
                found += page.tools
                cursor = page.next_cursor
                if cursor is None:
                    break
        wanted = [each for each in found if not self.config.only or each.name in self.config.only]
        odd = [each.name[:_LONGEST_NAME] for each in wanted if not _can_be_told(each.input_schema)]
        if odd:
            _log.warning("tools left out: no model takes their parameters", server=self.config.name, tools=odd[:10])
        wanted = [each for each in wanted if _can_be_told(each.input_schema)]
        named = {tool.spec.name: tool for each in wanted[:_MOST_TOOLS] for tool in (McpTool(self, each),)}
        return tuple(named.values())


async def _ended(line: _Line) -> None:
    """A connection that ends, by itself if it is one already."""
    line.hang_up.set()
    if line.client is not None:
        await asyncio.wait([line.holder], timeout=_CLOSING)
    line.holder.cancel()
    await asyncio.wait([line.holder], timeout=_CLOSING)


class McpTool:
    """One tool of a server; models know it as `SERVER_TOOL`."""

    def __init__(self, server: McpServer, offered: Offered) -> None:
        self._server = server
        self.name = offered.name
        hints = offered.annotations
        undoing = hints is not None and (hints.read_only_hint is False or hints.destructive_hint is True)
        self.effect: bool = offered.name in server.config.effects or undoing
        self.repeatable = hints is not None and hints.idempotent_hint is True
        description = (offered.description or offered.title or offered.name)[:_LONGEST_DESCRIPTION]
        self.spec = ToolSpec(_named(server.config.name, offered.name), description, offered.input_schema)

    async def call(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolReply:  # noqa: ARG002 - the port's
        """Use it; an effect is never repeated by ourselves."""
        return await self._server.call(self.name, arguments, again=not self.effect)


def _can_be_told(schema: Any, deepest: int = _DEEPEST_SCHEMA) -> bool:
    """Whether models take it: one that they refuse would take the answer with it, not the tool alone."""
    if not isinstance(schema, dict) or schema.get("type") != "object" or not _is_shallow(schema, deepest):
        return False
    return isinstance(schema.get("properties", {}), dict) and len(msgspec.json.encode(schema)) <= _LONGEST_SCHEMA


def _is_shallow(value: Any, most: int) -> bool:
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return most > 0 and all(_is_shallow(each, most - 1) for each in inside)


def _named(server: str, tool: str) -> str:
    return _ODD.sub("_", f"{server}_{tool}")[:_LONGEST_NAME]


@asynccontextmanager
async def _client(config: McpConfig) -> AsyncIterator[Client]:
    await asyncio.to_thread(import_module, "mcp.client")  # a second that nobody else has to wait for
    from mcp.client import Client
    from mcp.client.stdio import StdioServerParameters, stdio_client
    from mcp.client.streamable_http import streamable_http_client

    async with AsyncExitStack() as stack:
        if config.command:
            program, *args = config.command
            server = StdioServerParameters(command=program, args=args, env=dict(config.env), cwd=config.folder)
            transport = stdio_client(server, sys.__stderr__ or sys.stderr)
        else:
            timeout = httpx2.Timeout(config.timeout, connect=_CONNECT)
            headers = {"accept-encoding": ACCEPTED, **config.headers}
            client = httpx2.AsyncClient(headers=headers, timeout=timeout, event_hooks={"response": [limited]})
            http = await stack.enter_async_context(client)
            transport = streamable_http_client(config.url, http_client=http)
        yield await stack.enter_async_context(Client(transport, read_timeout_seconds=config.timeout, cache=None))


def _protocol_error(error: BaseException) -> str | None:
    """What a server that is there says against a call, or that it takes too long; None: the connection failed."""
    from mcp.shared.exceptions import MCPError
    from mcp_types import CONNECTION_CLOSED, REQUEST_TIMEOUT

    if not isinstance(error, MCPError) or error.code == CONNECTION_CLOSED:
        return None
    return "no answer in time" if error.code == REQUEST_TIMEOUT else error.message[:500]


def _reply(result: CallToolResult) -> ToolReply:
    """Its words; pictures and sounds are named only."""
    parts = [_words(block) for block in result.content]
    if not parts and result.structured_content is not None:
        parts = [msgspec.json.encode(result.structured_content).decode()]
    return ToolReply("\n".join(parts) or "Done.", failed=result.is_error)


def _words(block: Any) -> str:
    if block.type == "text":
        return str(block.text)
    if block.type == "resource" and getattr(block.resource, "text", None):
        return str(block.resource.text)
    return f"[{block.type}]"


def _cause(error: BaseException) -> BaseException:
    """The first real cause in a group of errors."""
    while isinstance(error, BaseExceptionGroup) and error.exceptions:
        error = error.exceptions[0]
    return error


def _innermost(error: BaseException) -> str:
    """The first real cause in words."""
    error = _cause(error)
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return f"{type(error).__name__}: {error}"[:300]
