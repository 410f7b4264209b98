"""Conditions: a closed model of fields, operators and values, put together by all, any and not.

Data, not an expression language: each takes at most time that grows with its length, and none can fail. A field that
is not there is empty. Words compare without case, accents and punctuation; numbers as numbers, also typed ones; days
(2026-12-05) and times of day (09:00) with their like.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from functools import lru_cache
from typing import Any, Final, Literal, NamedTuple

import msgspec

from turnkeeper.flows.fitting import in_words
from turnkeeper.flows.values import LONGEST, filled, looked_up, number, written
from turnkeeper.model.folding import fold

DEEPEST: Final = 6
MOST: Final = 100
"""Tests that one condition may hold, and how deep they may be put together."""
_COMPARED: Final = 1000
"""Characters by which texts are the same, and which one text may be sought in another by."""
_LISTED: Final = 200
"""Entries of a list that are looked through."""
NAMED: Final = re.compile(r"[A-Za-z_][\w.-]{0,199}")
"""How a field may be called."""

Operator = Literal[
    "is", "is_not", "contains", "not_contains", "starts_with", "ends_with", "one_of", "not_one_of",
    "empty", "not_empty", "more", "at_least", "less", "at_most", "between",
]  # fmt: skip


_ORDERS: Final = ("more", "at_least", "less", "at_most")


class Test(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One comparison. `field` is a path (`message`, `contact.city`, a variable's name); `value` may hold marks;
    `one_of` takes a list, `between` two numbers, two days or two times of day ("09:00")."""

    field: str
    op: Operator = "is"
    value: Any = None


class All(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every one holds; so does none at all."""

    all: tuple[Condition, ...]


class Any_(msgspec.Struct, frozen=True, forbid_unknown_fields=True):  # noqa: N801 - `any` is what it is called
    """One at least holds."""

    any: tuple[Condition, ...]


class Not(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """It does not hold."""

    not_: Condition = msgspec.field(name="not")


Condition = Test | All | Any_ | Not


class BadCondition(ValueError):
    """What is no condition; the text says why."""


def read(raw: Any, depth: int = 0) -> Condition:
    """A condition from JSON. Raises BadCondition."""
    if depth > DEEPEST:
        raise BadCondition(f"conditions are put together at most {DEEPEST} deep")
    if not isinstance(raw, Mapping):
        raise BadCondition("a condition is a table with field, op and value, or all, any, not")
    if len(raw) == 1:
        ((kind, inner),) = raw.items()
        if kind in ("all", "any"):
            if not isinstance(inner, list | tuple):
                raise BadCondition(f"{kind} takes a list of conditions")
            several = tuple(read(each, depth + 1) for each in inner)
            return All(several) if kind == "all" else Any_(several)
        if kind == "not":
            return Not(read(inner, depth + 1))
    try:
        return msgspec.convert(raw, Test)
    except msgspec.ValidationError as error:
        raise BadCondition(in_words(error, Test)) from error


def raw_of(condition: Condition) -> Any:
    """A condition as JSON."""
    match condition:
        case All(all=several):
            return {"all": [raw_of(each) for each in several]}
        case Any_(any=several):
            return {"any": [raw_of(each) for each in several]}
        case Not(not_=inner):
            return {"not": raw_of(inner)}
    return msgspec.to_builtins(condition)


def tests_of(condition: Condition) -> Iterator[Test]:
    """Every comparison in it."""
    match condition:
        case All(all=several) | Any_(any=several):
            for each in several:
                yield from tests_of(each)
        case Not(not_=inner):
            yield from tests_of(inner)
        case Test():
            yield condition


def problems(condition: Condition) -> Iterator[str]:
    """What is wrong with one that could be read."""
    tests = list(tests_of(condition))
    if len(tests) > MOST:
        yield f"it holds {len(tests)} tests, at most {MOST} are allowed"
    for test in tests:
        if test.op in ("one_of", "not_one_of") and not isinstance(test.value, list):
            yield f"{test.op} of {test.field} takes a list"
        if test.op == "between" and _bounds(test.value) is None and not _is_marked(test.value):
            yield f"between of {test.field} takes two numbers, two days or two times of day"
        if test.op in _ORDERS and _measure(test.value) is None and not _is_marked(test.value):
            yield f"{test.op} of {test.field} takes a number, a day or a time of day, not {test.value!r}"
        if not NAMED.fullmatch(test.field):
            yield f"{test.field[:100]!r} is not a field: write it like contact.city"
        if test.op not in ("empty", "not_empty") and test.value is None:
            yield f"{test.op} of {test.field} takes a value"


def holds(condition: Condition, data: Mapping[str, Any]) -> bool:
    """Whether it does."""
    match condition:
        case All(all=several):
            return all(holds(each, data) for each in several)
        case Any_(any=several):
            return any(holds(each, data) for each in several)
        case Not(not_=inner):
            return not holds(inner, data)
    return _compared(looked_up(data, condition.field), condition.op, condition.value, data)


def _compared(found: Any, op: Operator, value: Any, data: Mapping[str, Any]) -> bool:
    wanted = _filled(value, data)
    if op in _NEGATED:
        return not _compared(found, _NEGATED[op], wanted, {})
    match op:
        case "empty":
            return _is_empty(found)
        case "is":
            return _same(found, wanted)
        case "contains":
            return _contains(found, wanted)
        case "starts_with":
            return bool(said := _folded_start(wanted)) and _folded(found).startswith(said)
        case "ends_with":
            return bool(said := _folded_start(wanted)) and _folded(found).endswith(said)
        case "one_of":
            return isinstance(wanted, list) and any(_same(found, each) for each in wanted)
        case "between":
            return _between(found, wanted)
    return _ordered(found, op, wanted)


_NEGATED: Final[Mapping[str, Operator]] = {
    "is_not": "is", "not_contains": "contains", "not_one_of": "one_of", "not_empty": "empty",
}  # fmt: skip


def _ordered(found: Any, op: Operator, wanted: Any) -> bool:
    a, b = _measure(found), _measure(wanted)
    if a is None or b is None or a.kind != b.kind:
        return False
    return {"more": a.size > b.size, "at_least": a.size >= b.size, "less": a.size < b.size}.get(op, a.size <= b.size)


def _filled(value: Any, data: Mapping[str, Any]) -> Any:
    """Marks of the author's filled in; what they stand for is not looked at again."""
    if isinstance(value, str):
        return filled(value, data) if data else value
    return [_filled(each, data) for each in value] if isinstance(value, list | tuple) else value


def _is_empty(found: Any) -> bool:
    return found is None or (isinstance(found, str | list | tuple | Mapping) and not found)


def _folded(value: Any) -> str:
    return _fold(written(value)[:LONGEST])


def _folded_start(value: Any) -> str:
    return _fold(written(value)[:_COMPARED])


# What somebody wrote is compared with many words, and each word with what many people write.
_fold: Final = lru_cache(maxsize=1024)(fold)


def _same(found: Any, wanted: Any) -> bool:
    if _is_empty(found) or _is_empty(wanted):
        return _is_empty(found) and _is_empty(wanted)
    a, b = number(found), number(wanted)
    if a is not None and b is not None:
        return a == b
    plain = _folded_start(found)
    return plain == _folded_start(wanted) if plain else written(found).strip() == written(wanted).strip()


def _contains(found: Any, wanted: Any) -> bool:
    """Whole words or parts of them; of a list, one that is the same."""
    if isinstance(found, list | tuple):
        return any(_same(each, wanted) for each in found[:_LISTED])
    said = _folded_start(wanted)
    return bool(said) and said in _folded(found)


class _Measure(NamedTuple):
    """Something that can be more or less: a number, a day, a time of day in minutes."""

    kind: Literal["number", "day", "time"]
    size: float


def _measure(value: Any) -> _Measure | None:
    if isinstance(value, str):
        if found := _CLOCK.fullmatch(value.strip()):
            return _Measure("time", int(found[1]) * 60.0 + int(found[2]))
        if _DAY.fullmatch(value.strip()):
            return _day(value.strip())
    size = number(value)
    return None if size is None else _Measure("number", size)


_CLOCK: Final = re.compile(r"([01]?[0-9]|2[0-4]):([0-5][0-9])")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _day(text: str) -> _Measure | None:
    try:
        return _Measure("day", date.fromisoformat(text).toordinal())
    except ValueError:
        return None


def _bounds(value: Any) -> tuple[_Measure, _Measure] | None:
    if not isinstance(value, list | tuple) or len(value) != 2:
        return None
    low, high = _measure(value[0]), _measure(value[1])
    return None if low is None or high is None or low.kind != high.kind else (low, high)


def _between(found: Any, wanted: Any) -> bool:
    """Both ends count, but of times of day the second does not; from 22:00 to 06:00 goes over midnight."""
    bounds, at = _bounds(wanted), _measure(found)
    if bounds is None or at is None or at.kind != bounds[0].kind:
        return False
    low, high = bounds
    if at.kind != "time":
        return low.size <= at.size <= high.size
    if low.size <= high.size:
        return low.size <= at.size < high.size
    return at.size >= low.size or at.size < high.size


def _is_marked(value: Any) -> bool:
    """A mark of which nobody knows yet what it stands for."""
    return any(isinstance(each, str) and "{{" in each for each in (value if isinstance(value, list) else [value]))
