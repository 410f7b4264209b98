"""Functions and objects that a configuration names as tools, `module:name`."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from turnkeeper.bots.python import named
from turnkeeper.llm.toolbox import Tool
from turnkeeper.llm.tools.functions import FunctionTool, ToolMisdeclared
from turnkeeper.model.errors import ConfigurationError


def load_tool(entry: str, folder: Path, key: str = "tools") -> Tool:
    """The tool that `module:name` names, looked for as bots are: a function, or a Tool. Raises ConfigurationError."""
    found = named(entry, folder, key, 'write, for example, "my_tools:search"')
    if hasattr(found, "spec") and hasattr(found, "call"):
        return cast(Tool, found)
    if not callable(found) or isinstance(found, type):
        what = "nothing" if found is None else f"a {type(found).__name__}"
        raise ConfigurationError(key, f"{entry!r} is {what}", "Name a function.")
    try:
        return FunctionTool(found)
    except ToolMisdeclared as error:
        raise ConfigurationError(key, f"{entry!r} is no tool: {error}", "Mend the function.") from error
