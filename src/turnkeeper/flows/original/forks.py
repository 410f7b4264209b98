"""The original's conditions: one that answers yes or no, and the older one whose lines carry the tests.

As the original has it: a yes or a no without a line of its own goes by the first line; the older one takes the first
line that fits, else the one marked `default`, else the first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from turnkeeper.flows.model import NEXT
from turnkeeper.flows.nodes.condition import ELSE
from turnkeeper.flows.original.boxes import SAID, Given, Made, Unfolding, placeholder
from turnkeeper.flows.original.shapes import NO, YES, Box, Line, Names, text_of
from turnkeeper.flows.values import number
from turnkeeper.model.folding import fold

FORKS: Final = frozenset({"condition", "conditions"})
_OPERATORS: Final[Mapping[str, str]] = {
    "equals": "is", "equal": "is", "not_equals": "is_not", "contains": "contains", "greater_than": "more",
    "less_than": "less",
}  # fmt: skip
_NEVER: Final[Mapping[str, Any]] = {"any": []}
"""A condition that never holds."""
_PATTERN: Final = re.compile(r"[\\^$.*+?()\[\]{}|]")
_PLAIN: Final = re.compile(r"(\^?)([^\\^$.*+?()\[\]{}|]+)(\$?)")


@dataclass(frozen=True, slots=True)
class Fork:
    """A condition of ours, and the lines that its exits go along, by exit."""

    made: Made
    ways: Mapping[str, Line]


def fork(box: Box, lines: Sequence[Line], unfolding: Unfolding) -> Fork:
    """A condition with its lines."""
    given = Given(box, unfolding)
    older = box.type.casefold() == "conditions" or (not box.fields and any(line.kind for line in lines))
    found = _by_lines(given, lines) if older else _yes_or_no(given, lines)
    if not found.made.why:
        for name in given.rest():
            given.note(f"its {name!r} is not imported", "See what it was for, and draw it here.")
    taken = {line.id for line in found.ways.values()}
    for line in lines:
        if line.id not in taken:
            given.note(f"its edge to {line.target!r} is never taken: left out", "")
    return found


def _yes_or_no(given: Given, lines: Sequence[Line]) -> Fork:
    when = _test(given)
    if when is None:
        kind = given.text("conditionType")
        why = f"{kind!r} is no kind of condition here" if kind else "it has no condition"
        return Fork(placeholder(given.box, why), {NEXT: lines[0]} if lines else {})
    ways: dict[str, Line] = {}
    for exit_, words in (("true", YES), (ELSE, NO)):
        marked = next((line for line in lines if line.handle in words), None)
        if marked is None and lines:
            given.note(
                f"it has no edge for {'yes' if exit_ == 'true' else 'no'}: it goes to {lines[0].target!r}, its first",
                f"Draw the exit {exit_!r} where it belongs.",
            )
        if lines:
            ways[exit_] = marked or lines[0]
    return Fork(Made("condition", {"branches": [{"exit": "true", "when": when}]}, exits=("true", ELSE)), ways)


def _test(given: Given) -> Any:
    kind = given.text("conditionType").casefold()
    keyword, name, value = given.text("keyword"), given.text("variable"), given.marked("value")
    if kind == "message_contains" or (not kind and keyword):
        keyword = keyword or value
        given.unfolding.said = True
        return _words("contains", keyword, given)
    if kind == "variable_check" or (not kind and name):
        return _compared(given, name, value)
    return None


def _compared(given: Given, name: str, value: str) -> Any:
    operator = given.text("operator").casefold() or "equals"
    op = _OPERATORS.get(operator)
    field = given.unfolding.name(name) if name else ""
    if op is None or not field:
        given.note(
            f"{operator!r} is no comparison here: it never holds" if field else "it names no variable: it never holds",
            "Write the condition anew.",
        )
        return _NEVER
    if op in ("more", "less") and "{{" not in value and number(value) is None:
        given.note(f"{operator} of {value!r}, which is no number: it never holds", "Write a number.")
        return _NEVER
    return {"field": field, "op": op, "value": value}


def _words(op: str, wanted: str, given: Given) -> Any:
    """What the person wrote, compared without case."""
    if not fold(wanted) and not (op == "is" and wanted.strip()):
        given.note(f"it looks for {wanted!r}, which holds no word: it never holds", "Write a word.")
        return _NEVER
    return {"field": SAID, "op": op, "value": wanted.strip()}


def _by_lines(given: Given, lines: Sequence[Line]) -> Fork:
    branches: list[dict[str, Any]] = []
    ways: dict[str, Line] = {}
    names = Names(ELSE, NEXT)
    for line in lines:
        if line.kind in ("", "default"):
            continue
        given.unfolding.said = True
        name = names.free(_exit(line.value))
        branches.append({"exit": name, "when": _by_kind(line, given)})
        ways[name] = line
    if not branches:
        return Fork(placeholder(given.box, "its edges carry no conditions"), {NEXT: lines[0]} if lines else {})
    otherwise = next((line for line in lines if line.kind == "default"), lines[0])
    if otherwise.kind != "default":
        given.note(
            f"it has no default: what fits none goes to {otherwise.target!r}, its first", "Draw the exit 'else'."
        )
    ways[ELSE] = otherwise
    return Fork(Made("condition", {"branches": branches}, exits=(*ways,)), ways)


def _exit(value: str) -> str:
    return " ".join(text_of(value).split())[:40] or "empty"


def _by_kind(line: Line, given: Given) -> Any:
    value = given.unfolding.marked(line.value, given.box.id)
    match line.kind:
        case "equal" | "equals":
            return _words("is", value, given)
        case "contains":
            return _words("contains", value, given)
        case "match":
            return _pattern(value, given)
    given.note(f"{line.kind!r} is no condition here: it never holds", "Write the condition anew.")
    return _NEVER


def _pattern(value: str, given: Given) -> Any:
    """A pattern, as far as words and `|`, `^`, `$` go: expressions can hang whoever evaluates them."""
    if not _PATTERN.search(value):
        return _words("contains", value, given)
    several = list(_alternatives(value))
    if any(each is None for each in several):
        given.note(f"the pattern {value[:80]!r} is none that is known here: it never holds", "Write its words instead.")
        return _NEVER
    tests = [_words(op, words, given) for op, words in filter(None, several)]
    return tests[0] if len(tests) == 1 else {"any": tests}


def _alternatives(value: str) -> Iterator[tuple[str, str] | None]:
    plain = value.strip()
    if plain.startswith("(") and plain.endswith(")"):
        plain = plain[1:-1]
    for each in plain.split("|"):
        found = _PLAIN.fullmatch(each.strip())
        if found is None:
            yield None
            continue
        yield (
            {(True, True): "is", (True, False): "starts_with", (False, True): "ends_with"}.get(
                (bool(found[1]), bool(found[3])), "contains"
            ),
            found[2],
        )
