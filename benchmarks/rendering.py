"""What it costs to read an answer's Markdown, write it in a platform's markup and cut it into parts.

Times are of this process's processor: others on the machine slow it, but do not count.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import get_args

from benchmarks.hard_texts import HARD, TOO_MUCH
from benchmarks.report import Line, at_most, told
from benchmarks.servers import Places
from turnkeeper.model.limits import Markup
from turnkeeper.text import markdown
from turnkeeper.text.rendering import render

ANSWER = (Path(__file__).parent / "answer.md").read_text("utf-8")
_ROUNDS = 20
# What the parser of blocks is given to show what is its share.
_HARD_SIZES = {"a table": 1_900, "tables": 900, "numbers": 900, "a list": 1_900, "headings": 1_900, "rules": 1_900,
               "fences": 1_900, "a wide table": 4_000, "quotes": 3_000, "opening brackets": 5_000}  # fmt: skip
_HARD_SIZE = 3_000


def run(places: Places, *, quick: bool) -> Iterator[Line]:  # noqa: ARG001 - needs no place
    """Every line of this benchmark."""
    rounds = _ROUNDS // 4 if quick else _ROUNDS
    characters = f"{len(ANSWER):,} characters"
    parser = markdown.parser()
    blocks = _milliseconds(lambda: parser.parse(ANSWER), rounds)
    yield told("text", f"{characters}: markdown-it's blocks alone", f"{blocks:.2f} ms", milliseconds=blocks)
    for markup in get_args(Markup):
        cost = _milliseconds(lambda markup=markup: render(ANSWER, markup, 4096), rounds)
        yield at_most("text", f"{characters}: render and split, {markup}", cost, 1, "ms", ratio=cost / blocks)
    for limit in (1024, 100):
        cost = _milliseconds(lambda limit=limit: render(ANSWER, "whatsapp", limit), rounds)
        yield told("text", f"the same in parts of {limit}, whatsapp", f"{cost:.2f} ms", milliseconds=cost)
    per_character = _milliseconds(lambda: render(ANSWER, "whatsapp", 4096), rounds) / len(ANSWER)
    texts = {label: make(_HARD_SIZES.get(label, _HARD_SIZE)) for label, make in HARD.items()} | TOO_MUCH
    costs = {
        label: max(_milliseconds(lambda: render(text, markup, 4096), 2) for markup in ("whatsapp", "telegram"))  # noqa: B023
        for label, text in texts.items()
    }
    for label, cost in sorted(costs.items(), key=lambda item: -item[1])[: 3 if quick else 8]:
        ratio = cost / len(texts[label]) / per_character
        shown = f"slow for parsers: {label} ({len(texts[label]):,}; {ratio:.2g} times an answer's a character)"
        yield told("text", shown[:58] if quick else shown, f"{cost:.0f} ms", milliseconds=cost, ratio=ratio)
    yield at_most("text", f"the slowest of {len(texts)} hard texts", max(costs.values()), 200, "ms")


def _milliseconds(work: Callable[[], object], rounds: int) -> float:
    """The median of the rounds, each as often as takes some milliseconds."""
    began = time.process_time()
    work()
    once = time.process_time() - began
    times = max(1, min(20, int(0.01 / max(once, 1e-6))))
    found: list[float] = []
    for _ in range(rounds):
        began = time.process_time()
        for _ in range(times):
            work()
        found.append((time.process_time() - began) / times * 1000)
    return median(found)
