"""What docs/bots.md and docs/stages.md show is run: each Python block by itself, and talked to."""

import re
from dataclasses import replace as replace_policy
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from tests.bots.agents import scripted, thinking
from turnkeeper.bots.drawn import diagram
from turnkeeper.bots.python import load
from turnkeeper.bots.sketch import sketch
from turnkeeper.bots.turn import Turn
from turnkeeper.model.events import ContactCard, Inbound, Location, Order, OrderItem, Referral
from turnkeeper.testing.conversation import Person, conversation, in_virtual_time
from turnkeeper.testing.events import TURNS, chosen, event, reaction, text
from turnkeeper.testing.models import calls
from turnkeeper.text.diagram import mermaid

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "bots.md").read_text("utf-8")
PAGES = PAGE + (DOCS / "stages.md").read_text("utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGES, re.DOTALL | re.MULTILINE)
Said = str | Inbound
TALKS: list[tuple[str, list[Said], list[str]]] = [
    (
        "assistant",
        ["Ada", "one"],
        ["Hello *Ada*! What can I do for you?", "Ada wrote 1 messages."],
    ),
    (
        "lamps",
        [
            replace(text("hi"), ad=Referral("ad-1")),
            chosen("brass", "Brass"),
            replace(text("bigger"), reply_to="wamid.out.1"),
            replace(event("location"), location=Location(1.5, 2.5)),
            replace(event("order"), order=Order((OrderItem("sku-1", 2), OrderItem("sku-2", 1)))),
            replace(event("flow_reply"), flow_response_json='{"stars": 5}'),
            replace(event("contacts"), cards=(ContactCard("Omar"),)),
            reaction("👍", "wamid.out.1"),
        ],
        [
            "You chose brass.",
            "'bigger', about 'You chose brass.' of the bot.",
            "It is dark at 1.5, 2.5.",
            "2 times sku-1\n1 times sku-2",
            "5 stars, thank you!",
            "I shall write to Omar.",
            "👍 to you too.",
        ],
    ),
    ("barber", ["hi", "Monday"], ["👋", "This is *us*.", "Which day?", "Monday: when?"]),
    ("booking", ["two seats"], ["I am booking it …", "Table 4 is yours: receipt of table 4"]),
    ("shop", ["On Sunday?"], ["We are *closed*."]),
    (
        "patient",
        ["tea"],
        ["It is time: still there?, {'asked': 'tea'}", "It is time: report, None"],
    ),
    ("assistant", ["hi"], ["You said: hi", "Are you still there?"]),
    (
        "dinners",
        ["hi", "3", replace(event("payment"), details={"payment": "p1", "news": "paid"}), "and now?"],
        [
            "Hello! How many seats?",
            "3 seats. Please pay at the door, or by the link that I send.",
            "Thank you! 3 seats are yours.",
            "You are on the list.",
        ],
    ),
    ("returning", ["hi", "milk"], ["What do you need?"]),
    ("tables", ["two"], ["Table 4 is yours."]),
]


def run(block: str) -> dict[str, Any]:
    """What a block defines."""
    names: dict[str, Any] = {"__name__": "a_block"}
    exec(compile(block, "docs", "exec", dont_inherit=True), names)
    return names


def test_every_block_of_python_has_a_talk() -> None:
    assert [run(block)["bot"].name for block in BLOCKS] == [name for name, _, _ in TALKS]


@pytest.mark.parametrize("block, talk", list(zip(BLOCKS, TALKS, strict=True)))
@in_virtual_time
async def test_a_block_does_what_the_page_says(block: str, talk: tuple[str, list[Said], list[str]]) -> None:
    _, said, heard = talk
    model = scripted(calls("opening_hours", day="Sunday"), "We are **closed**.")
    bot = run(block)["bot"].with_thinking(thinking(model))
    async with conversation(bot, turns=replace_policy(TURNS, reactions=True)) as person:
        for words in said:
            if isinstance(words, str):
                await person.says(words)
            else:
                await person.does(words)
                await person.rests()
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
    parts = [part for part in shown.__mro__ if part is not object]
    there = {name for part in parts for name in vars(part) if not name.startswith("_")}
    made = {name for part in parts if "__init__" in vars(part) for name in vars(part)["__init__"].__code__.co_names}
    there |= {name for name in made if not name.startswith("_") and name in told}
    assert told - {"answer"} == there - {"answer", "typing_at"}


def test_the_toml_on_the_page_names_the_entry_that_load_takes(tmp_path: Path) -> None:
    (entry,) = re.findall(r'^entry = "(.*)"$', PAGE, re.MULTILINE)
    module, _, _ = entry.partition(":")
    (tmp_path / f"{module}_of_the_page.py").write_text(BLOCKS[0], "utf-8")
    assert load(f"{module}_of_the_page:bot", tmp_path).name == "assistant"


def test_the_picture_on_the_page_is_the_one_that_is_drawn(tmp_path: Path) -> None:
    (block,) = [block for block in BLOCKS if 'Bot("dinners"' in block]
    (tmp_path / "dinners_of_the_page.py").write_text(block, "utf-8")
    drawn = mermaid(diagram(sketch(load("dinners_of_the_page:bot", tmp_path))))
    assert f"```mermaid\n{drawn}```" in PAGES, drawn
