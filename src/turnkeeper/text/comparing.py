"""What was expected of a bot beside what it said: the lines of a script that differ, so that one sees where.

Messages are compared in the order in which they came, between one thing that the person did and the next.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Final

from turnkeeper.text.scripts import Gives, Hears, Line, Note, Script, Thinks, shown, tidy

_MOST: Final = 250_000
"""Pairs of messages that are compared for the best fit; where there are more, they are compared one by one."""
_Pair = tuple[Hears | None, Hears | None]


def fits(expected: Hears, heard: Hears) -> bool:
    """Whether a message is what was expected."""
    words = tidy(heard.text) or f"[{heard.kind or 'text'}]"
    wanted = tidy(expected.text)
    if expected.kind and (expected.kind, wanted) != (heard.kind, tidy(heard.text)):
        return False
    if expected.part and wanted.casefold() not in words.casefold():
        return False
    if not expected.kind and not expected.part and wanted != words:
        return False
    return expected.offers is None or [*map(tidy, expected.offers)] == [*map(tidy, heard.offers or ())]


def difference(expected: Script, played: Script) -> list[str]:
    """Lines to read, none where all is as expected: `-` was expected and did not come, `+` came unexpected."""
    lines: list[str] = []
    differs = False
    for (deed, wanted), (_, heard) in zip_longest(_exchanges(expected), _exchanges(played), fillvalue=(None, ())):
        lines += [f"  {text}" for text in (shown(deed) if deed is not None else ())]
        for missing, came in _aligned(wanted, heard):
            if missing is not None and came is not None:
                lines += [f"  {text}" for text in shown(came)]
                continue
            differs = True
            if missing is not None:
                first, *more = shown(missing)
                lines += [f"- {first}    (line {missing.line})", *(f"- {text}" for text in more)]
            if came is not None:
                lines += [f"+ {text}" for text in shown(came)]
    return lines if differs else []


def _exchanges(script: Script) -> Iterator[tuple[Line | None, Sequence[Hears]]]:
    """Each thing that was done, and what was said upon it."""
    deed: Line | None = None
    heard: list[Hears] = []
    for line in script:
        match line:
            case Hears():
                heard.append(line)
            case Note() | Thinks() | Gives():
                continue
            case _:
                yield deed, heard
                deed, heard = line, []
    yield deed, heard


def _aligned(wanted: Sequence[Hears], heard: Sequence[Hears]) -> Iterator[_Pair]:
    """Both beside each other, with as many that fit as can be, in their order."""
    if len(wanted) * len(heard) > _MOST:
        for one, other in zip_longest(wanted, heard):
            together = one is not None and other is not None and fits(one, other)
            yield from ((one, other),) if together else ((one, None), (None, other))
        return
    best = _best(wanted, heard)
    at, to = 0, 0
    while at < len(wanted) or to < len(heard):
        if at < len(wanted) and to < len(heard) and fits(wanted[at], heard[to]) and best[at][to] > best[at + 1][to]:
            yield wanted[at], heard[to]
            at, to = at + 1, to + 1
        elif to == len(heard) or (at < len(wanted) and best[at + 1][to] >= best[at][to + 1]):
            yield wanted[at], None
            at += 1
        else:
            yield None, heard[to]
            to += 1


def _best(wanted: Sequence[Hears], heard: Sequence[Hears]) -> list[list[int]]:
    """How many fit from each place on, of both."""
    best = [[0] * (len(heard) + 1) for _ in range(len(wanted) + 1)]
    for at in range(len(wanted) - 1, -1, -1):
        for to in range(len(heard) - 1, -1, -1):
            longest = max(best[at + 1][to], best[at][to + 1])
            together = best[at + 1][to + 1] + fits(wanted[at], heard[to])
            best[at][to] = max(longest, together)
    return best
