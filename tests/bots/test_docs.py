"""What docs/bots.md shows is run: each Python block by itself, and talked to."""

import re
from pathlib import Path
from typing import Any

import pytest

from turnkeeper.bots.python import load
from turnkeeper.bots.turn import Turn
from turnkeeper.testing.conversation import Person, conversation, in_virtual_time

PAGE = (Path(__file__).parents[2] / "docs/bots.md").read_text("utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
TALKS: list[tuple[str, list[str], list[str]]] = [
    (
        "assistant",
        ["Ada", "one"],
        ["Hello *Ada*! What can I do for you?", "Ada wrote 1 messages."],
    ),
    ("booking", ["two seats"], ["I am booking it …", "Table 4 is yours: receipt of table 4"]),
    (
        "patient",
        ["tea"],
        ["It is time: still there?, {'asked': 'tea'}", "It is time: report, None"],
    ),
    ("assistant", ["hi"], ["You said: hi", "Are you still there?"]),
]


def run(block: str) -> dict[str, Any]:
    """What a block defines."""
    names: dict[str, Any] = {"__name__": "a_block"}
    exec(compile(block, "docs/bots.md", "exec", dont_inherit=True), names)
    return names


def test_every_block_of_python_has_a_talk() -> None:
    assert [run(block)["bot"].name for block in BLOCKS] == [name for name, _, _ in TALKS]


@pytest.mark.parametrize("block, talk", list(zip(BLOCKS, TALKS, strict=True)))
@in_virtual_time
async def test_a_block_does_what_the_page_says(block: str, talk: tuple[str, list[str], list[str]]) -> None:
    _, said, heard = talk
    async with conversation(run(block)["bot"]) as person:
        for words in said:
            await person.says(words)
        await person.waits(3 * 3600)
        assert person.heard == heard
        assert person.raised == []


@pytest.mark.parametrize("name", [name for block in BLOCKS for name in re.findall(r"def (test_\w+)", block)])
def test_the_tests_on_the_page_pass(name: str) -> None:
    (block,) = [block for block in BLOCKS if f"def {name}(" in block]
    run(block)[name]()


@pytest.mark.parametrize("heading, shown", [("The turn", Turn), ("Testing", Person)])
def test_the_tables_name_what_there_is(heading: str, shown: type) -> None:
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    told = {name for cell in cells for name in re.findall(r"`(?:await )?(?:turn\.)?(\w+)", cell)}
    there = {name for name in vars(shown) if not name.startswith("_")}
    there |= {name for name in vars(shown)["__init__"].__code__.co_names if not name.startswith("_") and name in told}
    assert told - {"answer"} == there - {"answer", "typing_at"}


def test_the_toml_on_the_page_names_the_entry_that_load_takes(tmp_path: Path) -> None:
    (entry,) = re.findall(r'^entry = "(.*)"$', PAGE, re.MULTILINE)
    module, _, _ = entry.partition(":")
    (tmp_path / f"{module}_of_the_page.py").write_text(BLOCKS[0], "utf-8")
    assert load(f"{module}_of_the_page:bot", tmp_path).name == "assistant"
