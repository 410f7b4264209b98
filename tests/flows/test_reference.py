"""docs/flows.md is as true as the nodes' own structs, the picture in it as the flow, and its scripts can be read."""

import inspect
import re
from pathlib import Path

import pytest
from msgspec import inspect as kinds

from turnkeeper.app.flow_drawing import drawn
from turnkeeper.flows.checking import check
from turnkeeper.flows.nodes import TYPES
from turnkeeper.flows.reading import read
from turnkeeper.flows.reference import as_markdown, structs_in
from turnkeeper.text.script_reading import parse
from turnkeeper.text.scripts import written

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "flows.md").read_text("utf-8")
WELCOME = ROOT / "examples" / "welcome"


def test_the_page_tells_every_node() -> None:
    _, _, after = PAGE.partition("<!-- what turnkeeper flow nodes prints -->\n\n")
    assert after.partition("<!-- so far -->")[0] == as_markdown(), "put what turnkeeper flow nodes prints there"


@pytest.mark.parametrize("name", TYPES)
def test_a_node_says_what_each_of_its_fields_is_for(name: str) -> None:
    for struct in (TYPES[name], *structs_in(TYPES[name])):
        said = inspect.getdoc(struct) or ""
        info = kinds.type_info(struct)
        assert isinstance(info, kinds.StructType)
        assert [each.encode_name for each in info.fields if f"`{each.encode_name}`" not in said] == [], struct


def test_the_picture_is_the_flow() -> None:
    flow = read((WELCOME / "welcome.json").read_bytes())
    assert (WELCOME / "welcome.svg").read_text("utf-8") == drawn(flow, "svg"), "draw it anew"


def test_the_first_flow_of_the_page_is_right() -> None:
    document = re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert document is not None
    assert check(read(document[1])) == []


def test_the_script_of_the_page_can_be_read() -> None:
    script = re.search(r"```\n(# a comment\n.*?)```", PAGE, re.DOTALL)
    assert script is not None
    assert written(parse(script[1])) == script[1]


def test_every_line_of_the_page_can_be_written_in_a_script() -> None:
    table = PAGE.partition("| line | |\n|---|---|\n")[2].partition("\n\n")[0]
    lines = [row.split("`")[1] for row in table.splitlines()]
    assert len(lines) > 15
    for line in lines:
        assert parse(f"< above\n{line}"), line


def test_some_nodes_alone() -> None:
    assert as_markdown("end").splitlines()[0] == "### End: `end`"
    assert "**Option**" in as_markdown("ask")
    with pytest.raises(KeyError):
        as_markdown("dance")


def test_kinds_of_fields_in_words() -> None:
    told = as_markdown()
    assert "anything |  |" in told
    assert "| `text` | text, or one for each language | required |" in told
    assert "| `variables` | names, and for each text |  |" in told
    assert "| `tries` | whole number | `3` |" in told
    assert "None" not in told.replace("Exits: None", "")
