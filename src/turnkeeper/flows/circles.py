"""Circles in a graph, found in time that grows with its nodes and edges."""

from __future__ import annotations

from collections.abc import Mapping


def in_circles(leads: Mapping[str, list[str]]) -> set[str]:
    """The nodes from which some way leads back to themselves: strongly connected parts, by Tarjan, without
    recursion."""
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    open_: dict[str, None] = {}
    found: set[str] = set()
    for root in leads:
        work = [(root, iter(leads[root]))] if root not in order else []
        if work:
            order[root] = low[root] = len(order)
            open_[root] = None
        while work:
            node, ways = work[-1]
            for target in ways:
                if target not in order:
                    order[target] = low[target] = len(order)
                    open_[target] = None
                    work.append((target, iter(leads[target])))
                    break
                if target in open_:
                    low[node] = min(low[node], order[target])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == order[node]:
                    part = _closed(open_, node)
                    if len(part) > 1 or node in leads[node]:
                        found.update(part)
    return found


def _closed(open_: dict[str, None], first: str) -> list[str]:
    part: list[str] = []
    while not part or part[-1] != first:
        part.append(open_.popitem()[0])
    return part
