"""Conditions: a closed model of fields, operators and values, put together by all, any and not.

Data, not an expression language: each takes at most time that grows with its length, and none can fail. A field that
is not there is empty. Words compare without case, accents and punctuation; numbers as numbers, also typed ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

import msgspec

from turnkeeper.flows.values import LONGEST, filled, looked_up, number, written
from turnkeeper.model.folding import fold

DEEPEST: Final = 6
MOST: Final = 100
"""Tests that one condition may hold, and how deep they may be put together."""

Operator = Literal[
    "is", "is_not", "contains", "not_contains", "starts_with", "ends_with", "one_of", "not_one_of",
    "empty", "not_empty", "more", "at_least", "less", "at_most", "between",
]  # fmt: skip


class Test(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One comparison. `field` is a path (`message`, `contact.city`, a variable's name); `value` may hold marks;
    `one_of` takes a list, `between` two numbers or two times of day ("09:00")."""

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
        (kind, inner), *_ = raw.items()
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
        raise BadCondition(str(error)) from error


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
        if test.op == "between" and _bounds(test.value) is None:
            yield f"between of {test.field} takes two numbers, or two times of day"
        if test.op in ("more", "at_least", "less", "at_most") and not _may_be_number(test.value):
            yield f"{test.op} of {test.field} takes a number, not {test.value!r}"
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
            return bool(said := _folded(wanted)) and _folded(found).startswith(said)
        case "ends_with":
            return bool(said := _folded(wanted)) and _folded(found).endswith(said)
        case "one_of":
            return isinstance(wanted, list) and any(_same(found, each) for each in wanted)
        case "between":
            return _between(found, wanted)
    return _ordered(found, op, wanted)


_NEGATED: Final[Mapping[str, Operator]] = {
    "is_not": "is", "not_contains": "contains", "not_one_of": "one_of", "not_empty": "empty",
}  # fmt: skip


def _ordered(found: Any, op: Operator, wanted: Any) -> bool:
    a, b = number(found), number(wanted)
    if a is None or b is None:
        return False
    return {"more": a > b, "at_least": a >= b, "less": a < b, "at_most": a <= b}[op]


def _filled(value: Any, data: Mapping[str, Any]) -> Any:
    """Marks of the author's filled in; what they stand for is not looked at again."""
    if isinstance(value, str):
        return filled(value, data) if data else value
    return [_filled(each, data) for each in value] if isinstance(value, list | tuple) else value


def _is_empty(found: Any) -> bool:
    return found is None or (isinstance(found, str | list | tuple | Mapping) and not found)


def _folded(value: Any) -> str:
    return fold(written(value)[:LONGEST])


def _same(found: Any, wanted: Any) -> bool:
    if _is_empty(found) or _is_empty(wanted):
        return _is_empty(found) and _is_empty(wanted)
    a, b = number(found), number(wanted)
    if a is not None and b is not None:
        return a == b
    plain = _folded(found)
    return plain == _folded(wanted) if plain else written(found).strip() == written(wanted).strip()


def _contains(found: Any, wanted: Any) -> bool:
    """Whole words or parts of them; of a list, one that is the same."""
    if isinstance(found, list | tuple):
        return any(_same(each, wanted) for each in found[:1000])
    said = _folded(wanted)
    return bool(said) and said in _folded(found)


def _bounds(value: Any) -> tuple[float, float] | None:
    if not isinstance(value, list | tuple) or len(value) != 2:
        return None
    low, high = (_clock(each) if _clock(each) is not None else number(each) for each in value)
    return None if low is None or high is None else (low, high)


def _clock(value: Any) -> float | None:
    """A time of day in minutes."""
    if not isinstance(value, str):
        return None
    hours, colon, minutes = value.partition(":")
    if not colon or not (hours.isdigit() and minutes.isdigit() and len(minutes) == 2):
        return None
    return int(hours) * 60.0 + int(minutes) if int(hours) < 25 and int(minutes) < 60 else None


def _between(found: Any, wanted: Any) -> bool:
    """Both ends count, but of times of day the second does not; from 22:00 to 06:00 goes over midnight."""
    bounds = _bounds(wanted)
    if bounds is None:
        return False
    low, high = bounds
    if _clock(wanted[0]) is not None:
        at = _clock(found)
        if at is None:
            return False
        return low <= at < high if low <= high else at >= low or at < high
    value = number(found)
    return value is not None and low <= value <= high


def _may_be_number(value: Any) -> bool:
    return number(value) is not None or (isinstance(value, str) and "{{" in value)
