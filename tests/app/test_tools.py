"""Tools that a configuration declares, by the names that bots call them by."""

from pathlib import Path

import pytest

from turnkeeper.app.tools import ConfiguredTools
from turnkeeper.config.tools import HttpToolKeys, McpToolKeys
from turnkeeper.llm.tools.functions import FunctionTool
from turnkeeper.llm.tools.http import HttpTool
from turnkeeper.model.errors import ConfigurationError

WEATHER = HttpToolKeys(kind="http", url="http://api.test/{city}", description="Weather.", parameters={"city": "string"})
FILES = McpToolKeys(kind="mcp", url="http://127.0.0.1:9/mcp")
MODULE = '''
from turnkeeper import tool

@tool(effect=True)
def book(seats: int, key: str) -> str:
    """Book seats."""

def silent(seats: int) -> str: ...

def grüße(name: str) -> str:
    """A name that no provider takes."""

nothing = 3

def weather(city: str) -> str:
    """Another one."""
'''


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / f"tools_of_{tmp_path.name}.py").write_text(MODULE, "utf-8")
    return tmp_path


def made(folder: Path) -> ConfiguredTools:
    return ConfiguredTools({"weather": WEATHER, "files": FILES}, folder, lambda: 0.0)


async def test_functions_http_calls_and_servers(folder: Path) -> None:
    tools = made(folder)
    names = (f"tools_of_{folder.name}:book", "weather", "files", "handover", "knowledge")
    found, servers = tools.of(names, "bots.x.tools")
    assert [each.spec.name for each in found] == ["book", "weather", "handover"]
    assert (type(found[0]), found[0].effect, type(found[1])) == (FunctionTool, True, HttpTool)
    assert tools.of(["files"], "bots.y.tools").servers == servers
    await tools.close()


WRONG = [
    ("silent", "silent needs a docstring"),
    ("nothing", "is a int"),
    ("absent", "is nothing"),
    ("grüße", "is no tool's name"),
]


@pytest.mark.parametrize(("name", "problem"), WRONG)
def test_what_is_no_tool_stops_the_start(folder: Path, name: str, problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem) as raised:
        made(folder).of([f"tools_of_{folder.name}:{name}"], "bots.x.tools")
    assert raised.value.key == "bots.x.tools"


def test_so_do_two_of_a_name(folder: Path) -> None:
    with pytest.raises(ConfigurationError, match="is the second tool called 'weather'"):
        made(folder).of(["weather", f"tools_of_{folder.name}:weather"], "bots.x.tools")
