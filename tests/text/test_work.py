"""No text makes it work long: the work is counted (steps), so that the machine's speed does not matter."""

import sys
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from types import FrameType

import pytest

from benchmarks.hard_texts import HARD, TOO_MUCH
from turnkeeper.model.limits import Markup
from turnkeeper.text import markdown
from turnkeeper.text.rendering import render, render_line

OURS = str(Path(markdown.__file__).parent)


def steps(work: Callable[[], object]) -> int:
    """How many steps this takes: calls of anybody's functions, and lines of ours."""
    count = 0

    def lines(frame: FrameType, event: str, argument: object) -> object:
        nonlocal count
        count += 1
        return lines

    def functions(frame: FrameType, event: str, argument: object) -> object:
        nonlocal count
        count += 1
        return lines if OURS in frame.f_code.co_filename else None

    def builtins(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event == "c_call"

    before = sys.gettrace(), sys.getprofile()
    sys.settrace(functions)
    sys.setprofile(builtins)
    try:
        work()
    finally:
        sys.settrace(before[0])
        sys.setprofile(before[1])
    return count


@pytest.mark.parametrize("markup", ["whatsapp", "telegram"])
@pytest.mark.parametrize("label", HARD)
def test_twice_the_text_is_twice_the_work(label: str, markup: Markup) -> None:
    small, large = HARD[label](400), HARD[label](800)
    assert not markdown.is_too_much(large)
    render(small, markup, 300)  # what is made once is made
    once, twice = (steps(lambda text=text: render(text, markup, 300)) for text in (small, large))
    assert twice <= 2.4 * once + 1000


@pytest.mark.parametrize("label", HARD)
def test_one_piece_of_it_is_no_more_work(label: str) -> None:
    text = HARD[label](400)
    render_line(text, "whatsapp", 100)
    assert steps(lambda: render_line(text, "whatsapp", 100)) <= steps(lambda: render(text, "whatsapp", 100)) + 1000


@pytest.mark.parametrize("label, text", TOO_MUCH.items())
def test_a_text_that_no_answer_is_goes_as_it_came(label: str, text: str) -> None:
    assert markdown.is_too_much(text)
    parts = render(text, "whatsapp", 4096)
    assert all(0 < len(part) <= 4096 for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())
    # A bounded number of steps for each part, however it is cut.
    assert steps(lambda: render(text, "whatsapp", 4096)) <= 2000 * len(parts) + 2000


@pytest.mark.parametrize(
    "label, text",
    [
        ("a long answer", "A sentence of an answer, **bold** here [1]. " * 1500),
        ("many lines", "- an item of a list\n" * 1900),
        ("5,000 brackets", "[" * 5000),
        ("3,000 quotes", ">" * 3000),
        ("10,000 stars", "*" * 10_000),
    ],
)
def test_what_an_answer_may_be_is_read(label: str, text: str) -> None:
    assert not markdown.is_too_much(text)


def test_the_limits_are_exact() -> None:
    lines, marks = markdown.MOST_LINES, markdown.MOST_MARKS
    assert [markdown.is_too_much("a\n" * (lines + more)) for more in (0, 1)] == [False, True]
    assert [markdown.is_too_much("*a" * (marks + more)) for more in (0, 1)] == [False, True]
    assert [markdown.is_too_much("a" * (markdown.MOST_CHARACTERS + more)) for more in (0, 1)] == [False, True]


@pytest.mark.parametrize("nested", ["> ", "- ", "1. ", "> - "])
def test_what_lies_too_deep_is_still_there(nested: str) -> None:
    text = nested * 100 + "treasure"
    for markup in ("whatsapp", "telegram", "plain"):
        parts = render(text, markup, 4096)
        assert "".join(parts).endswith(("treasure", "treasure</blockquote>"))
    depths = [(block.quote, block.depth) for block in chain(markdown.parse(text))]
    assert max(quote + 2 * depth for quote, depth in depths) <= markdown.DEEPEST + 2
