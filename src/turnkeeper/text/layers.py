"""Where the nodes and arrows of a diagram go: in rows from above, arrows around nodes, with few crossings.

Every arrow spans two rows at least, and its label stands in a row between its ends, so that no label covers a node.
The same diagram always gives the same places.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from turnkeeper.text.diagram import Diagram, Edge

_SPAN = 2
"""Rows between the ends of an arrow at least: the one between them is for its label."""
_SWEEPS = 12
_SETTLING = 80
_MANY = 4000
"""Vertices from which on they are looked at less often, so that large diagrams take seconds."""
_GAP_X = 30.0
_GAP_Y = 24.0
_CLEAR = 14.0
_STRAIGHT = 6.0
"""How much straighter an arrow should be between its bends than where it meets a node."""


class Point(NamedTuple):
    """From the left, from above."""

    x: float
    y: float


class Size(NamedTuple):
    """Of a node or a label; `beside`: room kept free to the right of it."""

    width: float
    height: float
    beside: float = 0.0


@dataclass(slots=True)
class Vertex:
    """A node, or a bend of an arrow. `x`, `y`: its middle."""

    size: Size
    rank: int = 0
    x: float = 0.0
    y: float = 0.0
    above: list[int] = field(default_factory=list)
    below: list[int] = field(default_factory=list)
    is_bend: bool = False


class Route(NamedTuple):
    """An arrow's way: its bends from its source to its target, and where its label stands."""

    edge: Edge
    bends: tuple[Point, ...]
    label_at: Point
    upwards: bool


class Layout(NamedTuple):
    """Every node's middle by its id, every arrow's way; arrows of a node to itself have none."""

    width: float
    height: float
    places: Mapping[str, Point]
    routes: Sequence[Route]


def laid_out(diagram: Diagram, sizes: Mapping[str, Size], labels: Mapping[Edge, Size]) -> Layout:
    """The places of everything; `sizes` by the nodes' ids, `labels` of the edges that have one."""
    ids = [node.id for node in diagram.nodes]
    edges = [edge for edge in diagram.arrows() if edge.source != edge.target]
    down = _downwards(ids, edges)
    ranks = _ranks(ids, [(down[edge], edge) for edge in edges])
    vertices = [Vertex(sizes[id_], ranks[id_]) for id_ in ids]
    bends = {edge: _bent(vertices, [ids.index(end) for end in down[edge]], labels.get(edge)) for edge in edges}
    rows = _ordered(vertices)
    _place(vertices, rows)
    width, height = _fitted(vertices)
    busy = [[vertices[place] for place in row if vertices[place].size.height] for row in rows]
    places = {id_: Point(vertices[place].x, vertices[place].y) for place, id_ in enumerate(ids)}
    return Layout(width, height, places, [_route(vertices, edge, bends[edge], down[edge], busy) for edge in edges])


def _downwards(ids: Sequence[str], edges: Sequence[Edge]) -> dict[Edge, tuple[str, str]]:
    """Each edge's ends in the direction in which rows count; those that would close a circle the other way round."""
    onward: dict[str, list[str]] = {id_: [] for id_ in ids}
    for edge in edges:
        onward[edge.source].append(edge.target)
    back: set[tuple[str, str]] = set()
    done: set[str] = set()
    for root in ids:
        path: list[tuple[str, int]] = [] if root in done else [(root, 0)]
        open_ = {root} if path else set()
        while path:
            id_, place = path.pop()
            if place == len(onward[id_]):
                done.add(id_)
                open_.discard(id_)
                continue
            path.append((id_, place + 1))
            found = onward[id_][place]
            if found in open_:
                back.add((id_, found))
            elif found not in done:
                open_.add(found)
                path.append((found, 0))
    return {
        edge: (edge.target, edge.source) if (edge.source, edge.target) in back else (edge.source, edge.target)
        for edge in edges
    }


def _ranks(ids: Sequence[str], edges: Sequence[tuple[tuple[str, str], Edge]]) -> dict[str, int]:
    """Rows as near to the top as arrows allow; what nothing leads to stands right above what it leads to."""
    above: dict[str, list[str]] = {id_: [] for id_ in ids}
    below: dict[str, list[str]] = {id_: [] for id_ in ids}
    for (upper, lower), _ in edges:
        above[lower].append(upper)
        below[upper].append(lower)
    ranks = dict.fromkeys(ids, 0)
    waiting = {id_: len(above[id_]) for id_ in ids}
    ready = [id_ for id_ in ids if not waiting[id_]]
    for id_ in ready:  # grows while it is read
        for lower in below[id_]:
            ranks[lower] = max(ranks[lower], ranks[id_] + _SPAN)
            waiting[lower] -= 1
            if not waiting[lower]:
                ready.append(lower)
    for id_ in ids[1:]:
        if not above[id_] and below[id_]:
            ranks[id_] = max(0, min(ranks[lower] for lower in below[id_]) - _SPAN)
    return ranks


def _bent(vertices: list[Vertex], ends: Sequence[int], label: Size | None) -> list[int]:
    """Add a bend for each row between the ends; the one in the middle has the label's size."""
    upper, lower = ends
    between = range(vertices[upper].rank + 1, vertices[lower].rank)
    middle = between[len(between) // 2]
    chain = [upper]
    for rank in between:
        size = label if label is not None and rank == middle else Size(2.0, 0.0)
        vertices.append(Vertex(size, rank, is_bend=True))
        chain.append(len(vertices) - 1)
    chain.append(lower)
    for one, other in pairwise(chain):
        vertices[one].below.append(other)
        vertices[other].above.append(one)
    return chain[1:-1]


def _ordered(vertices: Sequence[Vertex]) -> list[list[int]]:
    """The rows, each from left to right, with as few crossings as some sweeps find."""
    rows: list[list[int]] = [[] for _ in range(max((vertex.rank for vertex in vertices), default=-1) + 1)]
    for place, vertex in enumerate(vertices):
        rows[vertex.rank].append(place)
    best, fewest = [list(row) for row in rows], _crossings(vertices, rows)
    for sweep in range(_rounds(_SWEEPS, vertices)):
        downwards = sweep % 2 == 0
        for rank in range(1, len(rows)) if downwards else range(len(rows) - 2, -1, -1):
            fixed = {place: at for at, place in enumerate(rows[rank - 1 if downwards else rank + 1])}
            _sort(vertices, rows[rank], fixed, downwards)
        crossings = _crossings(vertices, rows)
        if crossings < fewest:
            best, fewest = [list(row) for row in rows], crossings
    return best


def _rounds(most: int, vertices: Sequence[Vertex]) -> int:
    """Of very many vertices each is looked at less often."""
    return max(2, min(most, most * _MANY // (len(vertices) + 1)))


def _sort(vertices: Sequence[Vertex], row: list[int], fixed: Mapping[int, int], downwards: bool) -> None:
    def wanted(item: tuple[int, int]) -> tuple[float, int]:
        at, place = item
        found = [fixed[each] for each in (vertices[place].above if downwards else vertices[place].below)]
        return (sum(found) / len(found) if found else float(at), at)

    row[:] = [place for _, place in sorted(enumerate(row), key=wanted)]


def _crossings(vertices: Sequence[Vertex], rows: Sequence[Sequence[int]]) -> int:
    crossings = 0
    for upper, lower in pairwise(rows):
        at = {place: position for position, place in enumerate(lower)}
        seen: list[int] = []
        for place in upper:
            ends = sorted(at[each] for each in vertices[place].below)
            crossings += sum(len(seen) - bisect_left(seen, end + 1) for end in ends)
            for end in ends:
                insort(seen, end)
    return crossings


def _place(vertices: Sequence[Vertex], rows: Sequence[Sequence[int]]) -> None:
    """Rows under each other; in them everything as near as may be below and above what it is joined to."""
    y = 0.0
    for row in rows:
        height = max((vertices[place].size.height for place in row), default=0.0)
        for place in row:
            vertices[place].y = y + height / 2
        y += height + _GAP_Y
        _spread(vertices, row, [0.0] * len(row))
    for turn in range(_rounds(_SETTLING, vertices)):
        for row in rows if turn % 2 == 0 else reversed(rows):
            _spread(vertices, row, [_drawn_to(vertices, place) for place in row])


def _drawn_to(vertices: Sequence[Vertex], place: int) -> float:
    vertex = vertices[place]
    total = weight = 0.0
    for each in (*vertex.above, *vertex.below):
        pull = _STRAIGHT if vertex.is_bend and vertices[each].is_bend else 1.0
        total += pull * vertices[each].x
        weight += pull
    return total / weight if weight else vertex.x


def _spread(vertices: Sequence[Vertex], row: Sequence[int], wanted: Sequence[float]) -> None:
    """The places nearest to those that are wanted that keep order and distance (pooling adjacent violators)."""
    offsets = [0.0]
    for one, other in pairwise(row):
        left, right = vertices[one].size, vertices[other].size
        offsets.append(offsets[-1] + left.width / 2 + left.beside + _GAP_X + right.width / 2)
    pools: list[tuple[float, int]] = []
    for want, offset in zip(wanted, offsets, strict=False):
        mean, count = want - offset, 1
        while pools and pools[-1][0] > mean:
            before, many = pools.pop()
            mean, count = (mean * count + before * many) / (count + many), count + many
        pools.append((mean, count))
    found = [mean for mean, count in pools for _ in range(count)]
    for place, base, offset in zip(row, found, offsets, strict=False):
        vertices[place].x = base + offset


def _fitted(vertices: Sequence[Vertex]) -> tuple[float, float]:
    """Move everything to begin at 0, 0; the size of it all."""
    left = min((vertex.x - vertex.size.width / 2 for vertex in vertices), default=0.0)
    for vertex in vertices:
        vertex.x -= left
    width = max((vertex.x + vertex.size.width / 2 + vertex.size.beside for vertex in vertices), default=0.0)
    return width, max((vertex.y + vertex.size.height / 2 for vertex in vertices), default=0.0)


def _route(
    vertices: Sequence[Vertex],
    edge: Edge,
    bends: Sequence[int],
    down: tuple[str, str],
    busy: Sequence[Sequence[Vertex]],
) -> Route:
    upwards = down[0] == edge.target
    label_at = vertices[bends[len(bends) // 2]]
    chain = [vertices[bends[0]].above[0], *bends, vertices[bends[-1]].below[0]]
    kept: list[Vertex] = []
    for place, after in pairwise(chain[1:]):
        before = kept[-1] if kept else vertices[chain[0]]
        if not _is_free(vertices[place], before, vertices[after], busy):
            kept.append(vertices[place])
    points = tuple(point for bend in _around(chain, kept, vertices, busy) for point in _passed(bend, busy))
    return Route(edge, points[::-1] if upwards else points, Point(label_at.x, label_at.y), upwards)


def _around(
    chain: Sequence[int], kept: Sequence[Vertex], vertices: Sequence[Vertex], busy: Sequence[Sequence[Vertex]]
) -> list[Vertex]:
    """The bends that are kept, and those that are needed besides, since the curve without them would strike a node."""
    line = [vertices[place] for place in chain]
    stays = {id(vertex) for vertex in kept}
    at = [0, *(place for place in range(1, len(line) - 1) if id(line[place]) in stays), len(line) - 1]
    found: list[int] = []
    open_ = list(pairwise(at))[::-1]
    while open_:
        first, last = open_.pop()
        struck = next((at for at in range(first + 1, last) if _strikes(line, first, last, at, busy)), None)
        if struck is None:
            found.append(last)
        else:
            open_ += [(struck, last), (first, struck)]
    return [line[place] for place in found[:-1]]


def _passed(bend: Vertex, busy: Sequence[Sequence[Vertex]]) -> list[Point]:
    """An arrow passes a row of nodes upright, so that it strikes none of those beside it."""
    half = _half(bend, busy)
    return [Point(bend.x, bend.y)] if not half else [Point(bend.x, bend.y - half), Point(bend.x, bend.y + half)]


def _half(vertex: Vertex, busy: Sequence[Sequence[Vertex]]) -> float:
    """How far from its middle a curve ends: at a node's edge, at the edge of the row that it passes, at a label."""
    if not vertex.is_bend:
        return vertex.size.height / 2
    return max((each.size.height for each in busy[vertex.rank] if not each.is_bend), default=0.0) / 2


def _strikes(line: Sequence[Vertex], first: int, last: int, at: int, busy: Sequence[Sequence[Vertex]]) -> bool:
    """Whether the curve from one point to another strikes a node of the row at `at`."""
    begin, end = line[first], line[last]
    top, bottom = begin.y + _half(begin, busy), end.y - _half(end, busy)
    for each in busy[line[at].rank]:
        half = each.size.height / 2
        ends = sorted(_across(begin.x, end.x, top, bottom, y) for y in (each.y - half, each.y + half))
        left, right = each.x - each.size.width / 2, each.x + each.size.width / 2 + each.size.beside
        if left < ends[1] + _CLEAR / 2 and right > ends[0] - _CLEAR / 2:
            return True
    return False


def _across(x: float, to_x: float, top: float, bottom: float, y: float) -> float:
    """How far to the right the curve is at a height; it is upright at both ends."""
    low, high = 0.0, 1.0
    for _ in range(20):
        t = (low + high) / 2
        down = 1.5 * t * (1 - t) ** 2 + 1.5 * t * t * (1 - t) + t**3
        low, high = (t, high) if top + (bottom - top) * down < y else (low, t)
    return x + (to_x - x) * (3 * low**2 - 2 * low**3)


def _is_free(bend: Vertex, before: Vertex, after: Vertex, busy: Sequence[Sequence[Vertex]]) -> bool:
    """Whether the arrow may pass the row anywhere between its neighbours, instead of in the bend."""
    if bend.size.height:
        return False
    left, right = min(before.x, after.x), max(before.x, after.x)
    return not any(
        each.x - each.size.width / 2 < right + _CLEAR
        and each.x + each.size.width / 2 + each.size.beside > left - _CLEAR
        for each in busy[bend.rank]
    )
