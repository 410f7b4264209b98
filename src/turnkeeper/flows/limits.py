"""How much a flow may hold, so that whoever draws one takes neither the time nor the memory of everybody's turns.

A value that stands for a mark has up to 4,096 characters, or 64 kB where the mark stands alone; folding what somebody
wrote takes a millisecond. So marks and comparisons are counted, before a flow is published.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from turnkeeper.flows import conditions
from turnkeeper.flows.model import Flow, Node
from turnkeeper.flows.nodes.condition import ConditionNode
from turnkeeper.flows.problems import Problem
from turnkeeper.flows.values import MARK

LONGEST_NAME: Final = 100
"""Characters of a flow's name."""
LONGEST_SAID: Final = 16_384
"""Characters of what one node says."""
LONGEST_TEXT: Final = 100_000
"""Characters of any text, such as a prompt."""
MARKS_IN_TEXT: Final = 50
MARKS_IN_NODE: Final = 500
TESTS_IN_NODE: Final = 300
TESTS_IN_FLOW: Final = 5000
"""Comparisons; each entry of a list is one."""
_UNSEEN: Final = re.compile(r"[\x00-\x1f\x7f]")


def too_much(flow: Flow) -> Iterator[Problem]:
    """What is more than a turn can bear."""
    if len(flow.name) > LONGEST_NAME or _UNSEEN.search(flow.name):
        yield Problem("", f"the flow's name has {LONGEST_NAME} characters at most, all of which can be shown")
    whole = msgspec.to_builtins([flow.words, flow.fallback])
    yield from _of_texts("", whole, LONGEST_SAID)
    tests = 0
    for node in flow.nodes.values():
        yield from _of_texts(node.id, msgspec.to_builtins(node.data), LONGEST_TEXT)
        for name, texts in node.data.texts():
            for text in (texts,) if isinstance(texts, str) else texts.values():
                if len(text) > LONGEST_SAID:
                    yield Problem(node.id, f"{name} has {len(text)} characters, at most {LONGEST_SAID} are said")
        several = _tests_in(node)
        tests += several
        if several > TESTS_IN_NODE:
            mend = "Make several conditions of it."
            yield Problem(node.id, f"it makes {several} comparisons, at most {TESTS_IN_NODE} are allowed", mend)
    if tests > TESTS_IN_FLOW:
        mend = "Make several flows of it."
        yield Problem("", f"its conditions make {tests} comparisons, at most {TESTS_IN_FLOW} are allowed", mend)


def _of_texts(where: str, data: Any, longest: int) -> Iterator[Problem]:
    marks = 0
    for text in _texts_in(data):
        if len(text) > longest:
            yield Problem(where, f"a text of {len(text)} characters is too long, at most {longest} are allowed")
        several = sum(1 for _ in MARK.finditer(text)) if "{{" in text else 0
        marks += several
        if several > MARKS_IN_TEXT:
            yield Problem(where, f"a text holds {several} marks, at most {MARKS_IN_TEXT} are allowed")
    if marks > MARKS_IN_NODE:
        yield Problem(where, f"its texts hold {marks} marks in all, at most {MARKS_IN_NODE} are allowed")


def _texts_in(data: Any) -> Iterator[str]:
    layers = [data]
    while layers:
        each = layers.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, dict):
            layers += each.values()
        elif isinstance(each, list | tuple):
            layers += each


def _tests_in(node: Node) -> int:
    if not isinstance(node.data, ConditionNode):
        return 0
    tests = (test for condition in node.data.conditions() for test in conditions.tests_of(condition))
    return sum(len(test.value) if isinstance(test.value, list) else 1 for test in tests)
