"""The doctor's links of tool servers (MCP): is each there, and does it offer what the file names."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from importlib.util import find_spec
from typing import TYPE_CHECKING

from turnkeeper.app.link import Link
from turnkeeper.config.tools import McpToolKeys
from turnkeeper.model.errors import TurnkeeperError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from turnkeeper.config import Settings

_SHOWN = 10


async def examine_servers(settings: Settings) -> list[Link]:
    """Every server of `[tools]`; a program is started and ended again."""
    tables = [(name, keys) for name, keys in settings.tools.items() if isinstance(keys, McpToolKeys)]
    return list(await asyncio.gather(*(_examined(name, keys, str(settings.folder)) for name, keys in tables)))


async def _examined(name: str, keys: McpToolKeys, folder: str) -> Link:
    link, of = f"tools {name}", f"tools.{name}"
    if find_spec("mcp") is None:
        return Link(link, "broken", "the extra mcp is not installed", 'Install "turnkeeper[mcp]".')
    from turnkeeper.llm.tools.mcp import McpServer

    server = McpServer(replace(keys.config(name), folder=folder, only=frozenset()), time.monotonic)
    try:
        offered = [tool.name for tool in await server.tools()]
    except TurnkeeperError as error:
        mend = f"Mend {of}.{'command' if keys.command else 'url'}, or start the server."
        return Link(link, "broken", f"cannot be reached: {str(error).removeprefix(f'{name}: ')}", mend)
    finally:
        await server.close()
    missing = [each for each in (*keys.only, *keys.effects) if each not in offered]
    if missing:
        mend = f"Mend {of}.only and {of}.effects. Known: {_listed(offered)}."
        return Link(link, "broken", f"does not offer {_listed(missing)}", mend)
    return Link(link, "ok", f"offers {_listed([each for each in offered if not keys.only or each in keys.only])}")


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return (", ".join(names[:_SHOWN]) or "nothing") + more
