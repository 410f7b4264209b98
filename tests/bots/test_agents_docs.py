"""What docs/testing.md and docs/tools.md show of agents is run."""

import re
from pathlib import Path
from typing import Any

from turnkeeper.llm.toolbox import ToolContext
from turnkeeper.llm.tools.functions import FunctionTool

DOCS = Path(__file__).parents[2] / "docs"


def shown(page: str, heading: str) -> dict[str, Any]:
    """What the first block of Python below a heading defines."""
    section = (DOCS / page).read_text("utf-8").partition(f"\n## {heading}\n")[2]
    block = re.search(r"^```python\n(.*?)^```", section, re.DOTALL | re.MULTILINE)
    assert block is not None
    names: dict[str, Any] = {"__name__": "a_block"}
    exec(compile(block[1], page, "exec", dont_inherit=True), names)
    return names


def test_the_tests_that_are_shown_pass() -> None:
    names = shown("testing.md", "Agents")
    tests = [name for name in names if name.startswith("test_")]
    assert len(tests) == 2
    for name in tests:
        names[name]()


async def test_the_tools_that_are_shown_are_some() -> None:
    names = shown("tools.md", "Functions")
    search, book = FunctionTool(names["search_events"]), FunctionTool(names["book"])
    assert search.spec.description == "Find events in the city on a day. Use it before you say what is on."
    assert search.spec.parameters["properties"]["kind"]["description"] == "concert, fair or market."
    assert (search.effect, book.effect) == (False, True)
    assert (await book.call({"seats": 2}, ToolContext())).content == "2 seats are booked"
