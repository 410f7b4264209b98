"""The tools that a configuration declares, made once a worker and shared by its bots."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from turnkeeper.config.tools import HttpToolKeys, McpToolKeys
from turnkeeper.llm.toolbox import Toolbox
from turnkeeper.llm.tools.builtin import Handover
from turnkeeper.model.errors import ConfigurationError

if TYPE_CHECKING:
    import httpx2

    from turnkeeper.llm.toolbox import Tool
    from turnkeeper.llm.tools.mcp import McpServer


class BotTools(NamedTuple):
    """What one bot's models may use: tools, and servers that offer more."""

    tools: tuple[Tool, ...] = ()
    servers: tuple[McpServer, ...] = ()


class ConfiguredTools:
    """Tools by the names that bots call them by. `close` ends their connections."""

    def __init__(
        self,
        tables: Mapping[str, Any],
        folder: Path,
        now: Callable[[], float],
        built_in: Mapping[str, Tool] | None = None,
    ) -> None:
        """`tables`: the [tools] of the configuration; `built_in`: others besides `handover`."""
        self._tables = tables
        self._folder = folder
        self._now = now
        self._built_in: dict[str, Tool] = {"handover": Handover(), **(built_in or {})}
        self._servers: dict[str, McpServer] = {}
        self._client: httpx2.AsyncClient | None = None

    def of(self, names: Sequence[str], key: str) -> BotTools:
        """The tools of a bot that names them so. Raises ConfigurationError; built-in ones that are not there are left
        to whoever makes them."""
        tools: dict[str, Tool] = {}
        servers: dict[str, McpServer] = {}
        for name in names:
            if isinstance(self._tables.get(name), McpToolKeys):
                servers[name] = self._server(name, self._tables[name])
            elif (tool := self._tool(name, key)) is not None:
                if tool.spec.name in tools:
                    problem = f"{name!r} is the second tool called {tool.spec.name!r}"
                    raise ConfigurationError(key, problem, "Name each tool once.")
                tools[tool.spec.name] = tool
        try:
            Toolbox(tuple(tools.values()))
        except ValueError as error:
            raise ConfigurationError(key, str(error), "Use letters, digits, _ and -, 64 at most.") from error
        return BotTools(tuple(tools.values()), tuple(servers.values()))

    async def close(self) -> None:
        """End every connection and every program."""
        for server in self._servers.values():
            await server.close()
        if self._client is not None:
            await self._client.aclose()

    def _tool(self, name: str, key: str) -> Tool | None:
        if ":" in name:
            from turnkeeper.bots.tools import load_tool

            return load_tool(name, self._folder, key)
        keys = self._tables.get(name)
        if not isinstance(keys, HttpToolKeys):
            return self._built_in.get(name)
        from turnkeeper.llm.tools.http import HttpTool

        return HttpTool(keys.config(name), self._http())

    def _server(self, name: str, keys: McpToolKeys) -> McpServer:
        if find_spec("mcp") is None:
            raise ConfigurationError(f"tools.{name}.kind", "needs the extra mcp", 'Install "turnkeeper[mcp]".')
        from turnkeeper.llm.tools.mcp import McpServer

        if name not in self._servers:
            self._servers[name] = McpServer(replace(keys.config(name), folder=str(self._folder)), self._now)
        return self._servers[name]

    def _http(self) -> httpx2.AsyncClient:
        """One pool of connections, which follows no redirects by itself."""
        import httpx2

        if self._client is None:
            self._client = httpx2.AsyncClient(follow_redirects=False, headers={"user-agent": "turnkeeper"})
        return self._client
