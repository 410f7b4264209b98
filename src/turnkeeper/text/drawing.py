"""A diagram as an SVG: readable alone, in light and in dark, with every text in it escaped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from itertools import pairwise
from unicodedata import east_asian_width

from turnkeeper.text.diagram import Diagram, Edge, Node
from turnkeeper.text.layers import Layout, Point, Route, Size, laid_out

_MARGIN = 24.0
_TITLE = 30.0
_HEIGHT = 36.0
_LABEL_HEIGHT = 17.0
_LONGEST = 34
"""Characters of a node's or an arrow's words; all of them are told where the pointer rests."""
_DOT = 9.0
_LOOP = 26.0
_ARROW = 7.0
_SMALL = 15.0
"""What a line of small words adds to a node's height."""
_KINDS = frozenset({
    "start", "end", "event", "timer", "person", "choice", "unknown",
    "question", "model", "call", "payment", "sub", "quiet", "last",
})  # fmt: skip
_ROUND = frozenset({"event", "timer", "last"})
_STYLE = """
  svg { --paper: #fbfaf6; --ink: #1c2522; --soft: #5d6a66; --line: #84908b; --step: #ffffff; --edge: #0c7a6b;
    --event: #efeafb; --event-edge: #7357c9; --timer: #fcf1da; --timer-edge: #c8860d; --person: #e3eff9;
    --person-edge: #2f86c9; --choice: #e6f4ee; --question: #fdeee5; --question-edge: #cf6a35; --model: #f8e9f4;
    --model-edge: #b5468f; --call: #e9eef3; --call-edge: #56758f; --payment: #eaf4dc; --payment-edge: #5d9422 }
  @media (prefers-color-scheme: dark) {
    svg { --paper: #151b19; --ink: #e9edea; --soft: #a3aeaa; --line: #75817c; --step: #1f2825; --edge: #39b39f;
      --event: #2a2440; --event-edge: #a18bec; --timer: #362a12; --timer-edge: #dfa43a; --person: #16293a;
      --person-edge: #5ea9e4; --choice: #1a3029; --question: #3a2519; --question-edge: #e5915f; --model: #371f30;
      --model-edge: #d982ba; --call: #1f2a34; --call-edge: #86a6c2; --payment: #242f15; --payment-edge: #98c65f }
  }
  .paper { fill: var(--paper) }
  text { font: 13px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; fill: var(--ink);
    text-anchor: middle; dominant-baseline: central }
  .title { font-size: 15px; font-weight: 600; text-anchor: start }
  .label { font-size: 11px; fill: var(--soft) }
  .node > rect, .node > path { fill: var(--step); stroke: var(--edge); stroke-width: 1.5 }
  .event > rect { fill: var(--event); stroke: var(--event-edge) }
  .timer > rect { fill: var(--timer); stroke: var(--timer-edge) }
  .person > rect { fill: var(--person); stroke: var(--person-edge) }
  .choice > path { fill: var(--choice) }
  .question > rect { fill: var(--question); stroke: var(--question-edge) }
  .model > rect { fill: var(--model); stroke: var(--model-edge) }
  .call > rect { fill: var(--call); stroke: var(--call-edge) }
  .payment > rect { fill: var(--payment); stroke: var(--payment-edge) }
  .quiet > rect { fill: var(--paper); stroke: var(--line) }
  .last > rect { stroke-width: 3 }
  .above { font-size: 10px; fill: var(--soft); letter-spacing: .04em }
  .unknown > rect { stroke: var(--line); stroke-dasharray: 4 3 }
  .start > circle, .end > .inner { fill: var(--edge) }
  .end > .outer { fill: none; stroke: var(--edge); stroke-width: 1.5 }
  .arrow { fill: none; stroke: var(--line); stroke-width: 1.5 }
  .dashed { stroke-dasharray: 5 4 }
  .tip { fill: var(--line) }
"""


def svg(diagram: Diagram) -> str:
    """The picture as the text of an SVG file."""
    loops = {edge.source: edge for edge in diagram.arrows() if edge.source == edge.target}
    sizes = {node.id: _size(node, loops.get(node.id)) for node in diagram.nodes}
    labels = {edge: Size(_wide(_cut(edge.label), 11) + 10, _LABEL_HEIGHT) for edge in diagram.arrows() if edge.label}
    layout = laid_out(diagram, sizes, labels)
    ports = _ports(layout, sizes)
    body = [_arrow(layout, sizes, ports, route) for route in layout.routes]
    body += [_loop(edge, layout.places[id_], sizes[id_]) for id_, edge in loops.items()]
    body += [_node(node, layout.places[node.id], sizes[node.id]) for node in diagram.nodes]
    body += [_label(route.edge.label, route.label_at) for route in layout.routes if route.edge.label]
    width = max(layout.width, _wide(diagram.title, 15)) + 2 * _MARGIN
    height = layout.height + 2 * _MARGIN + _TITLE
    title = escape(_plain(diagram.title))
    size = f'width="{_n(width)}" height="{_n(height)}"'
    box = f'viewBox="0 0 {_n(width)} {_n(height)}" {size}'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {box} role="img" aria-label="{title}">',
            f"<title>{title}</title>",
            f"<style>{_STYLE}</style>",
            f'<rect class="paper" {size} rx="12"/>',
            f'<text class="title" x="{_n(_MARGIN)}" y="{_n(_MARGIN + 4)}">{title}</text>',
            f'<g transform="translate({_n(_MARGIN)} {_n(_MARGIN + _TITLE)})">',
            *body,
            "</g>",
            "</svg>\n",
        ]
    )


def _size(node: Node, loop: Edge | None) -> Size:
    beside = 0.0 if loop is None else _LOOP + (_wide(_cut(loop.label), 11) + 8 if loop.label else 0.0)
    if node.kind in ("start", "end"):
        return Size(2 * _DOT, 2 * _DOT, beside)
    wide = max(_wide(_cut(node.label), 13), _wide(_cut(node.above), 11), _wide(_cut(node.below), 11))
    height = _HEIGHT + _SMALL * (bool(node.above) + bool(node.below))
    room = 32.0 if node.kind != "choice" else 60.0 * (height / _HEIGHT) ** 2
    return Size(max(84.0, wide + room), height, beside)


def _wide(text: str, size: float) -> float:
    """About as wide as it will be, in any of the fonts; rather too much than too little."""
    return sum(size * (1.0 if east_asian_width(each) in "WF" else 0.58) for each in text)


def _cut(text: str) -> str:
    text = _plain(text)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _plain(text: str) -> str:
    """In one line, without what an XML file cannot hold."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


def _n(number: float) -> str:
    return f"{number:.1f}".rstrip("0").rstrip(".")


Ports = Mapping[tuple[Edge, str], float]


def _ports(layout: Layout, sizes: Mapping[str, Size]) -> Ports:
    """Where arrows meet a node, so that several do not meet it in one point: by edge and end, from its middle."""
    sides: dict[tuple[str, bool], list[tuple[float, Edge]]] = {}
    for route in layout.routes:
        source, target = route.edge.source, route.edge.target
        onward = (*route.bends, layout.places[target])[0]
        before = (layout.places[source], *route.bends)[-1]
        sides.setdefault((source, route.upwards), []).append((onward.x, route.edge))
        sides.setdefault((target, not route.upwards), []).append((before.x, route.edge))
    ports: dict[tuple[Edge, str], float] = {}
    for (id_, _), arrows in sides.items():
        room = sizes[id_].width * 0.6 if len(arrows) > 1 and sizes[id_].width > 2 * _DOT else 0.0
        step = min(room / max(len(arrows) - 1, 1), 22.0)
        for place, (_, edge) in enumerate(sorted(arrows, key=lambda arrow: arrow[0])):
            ports[edge, id_] = (place - (len(arrows) - 1) / 2) * step
    return ports


def _arrow(layout: Layout, sizes: Mapping[str, Size], ports: Ports, route: Route) -> str:
    edge, up = route.edge, -1 if route.upwards else 1
    begin, end = layout.places[edge.source], layout.places[edge.target]
    first = Point(begin.x + ports[edge, edge.source], begin.y + up * sizes[edge.source].height / 2)
    tip = Point(end.x + ports[edge, edge.target], end.y - up * sizes[edge.target].height / 2)
    last = Point(tip.x, tip.y - up * _ARROW)
    return _line(edge, _curve((first, *route.bends, last))) + _tip(last, tip)


def _curve(points: Sequence[Point]) -> str:
    """Through all points, upright in each."""
    path = [f"M{_n(points[0].x)} {_n(points[0].y)}"]
    for one, other in pairwise(points):
        middle = _n((one.y + other.y) / 2)
        path.append(f"C{_n(one.x)} {middle} {_n(other.x)} {middle} {_n(other.x)} {_n(other.y)}")
    return "".join(path)


def _line(edge: Edge, path: str) -> str:
    dashed = " dashed" if edge.kind == "dashed" else ""
    return f'<path class="arrow{dashed}" d="{path}"/>'


def _tip(base: Point, tip: Point) -> str:
    across = Point((tip.y - base.y) * 0.6, (base.x - tip.x) * 0.6)
    corners = (tip, Point(base.x + across.x, base.y + across.y), Point(base.x - across.x, base.y - across.y))
    return f'<path class="tip" d="M{"L".join(f"{_n(each.x)} {_n(each.y)}" for each in corners)}z"/>'


def _loop(edge: Edge, at: Point, size: Size) -> str:
    right, far = at.x + size.width / 2, at.x + size.width / 2 + _LOOP
    base = Point(right + _ARROW, at.y + 8)
    path = f"M{_n(right)} {_n(at.y - 8)}C{_n(far)} {_n(at.y - 14)} {_n(far)} {_n(at.y + 10)} {_n(base.x)} {_n(base.y)}"
    drawn = _line(edge, path) + _tip(base, Point(right, at.y + 8))
    if not edge.label:
        return drawn
    return drawn + _words(edge.label, Point(far + _wide(_cut(edge.label), 11) / 2, at.y), "label")


def _node(node: Node, at: Point, size: Size) -> str:
    kind = node.kind if node.kind in _KINDS else "step"
    return f'<g class="node {kind}">{_shape(kind, at, size)}{_named(node, kind, at)}</g>'


def _named(node: Node, kind: str, at: Point) -> str:
    if kind in ("start", "end"):
        return f"<title>{escape(_plain(node.label))}</title>" if node.label else ""
    middle = at.y + _SMALL / 2 * (bool(node.above) - bool(node.below))
    words = _words(node.label, Point(at.x, middle))
    for text, away, style in ((node.above, -1, "above"), (node.below, 1, "label")):
        if text:
            words += _words(text, Point(at.x, middle + away * (_SMALL + 2)), style)
    return words


def _shape(kind: str, at: Point, size: Size) -> str:
    x, y = at
    if kind == "start":
        return f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(_DOT - 2)}"/>'
    if kind == "end":
        inner = f'<circle class="inner" cx="{_n(x)}" cy="{_n(y)}" r="{_n(_DOT - 4)}"/>'
        return f'<circle class="outer" cx="{_n(x)}" cy="{_n(y)}" r="{_n(_DOT)}"/>{inner}'
    half, tall = size.width / 2, size.height / 2
    if kind == "choice":
        return (
            f'<path d="M{_n(x - half)} {_n(y)}L{_n(x)} {_n(y - tall)}L{_n(x + half)} {_n(y)}L{_n(x)} {_n(y + tall)}z"/>'
        )
    round_ = min(tall, _HEIGHT / 2 + 4) if kind in _ROUND else 8.0
    box = _box(x, y, half, tall, round_)
    return box + _box(x, y, half - 5, tall, 0.0) if kind == "sub" else box


def _box(x: float, y: float, half: float, tall: float, round_: float) -> str:
    size = f'width="{_n(2 * half)}" height="{_n(2 * tall)}" rx="{_n(round_)}"'
    return f'<rect x="{_n(x - half)}" y="{_n(y - tall)}" {size}/>'


def _label(text: str, at: Point) -> str:
    half = _wide(_cut(text), 11) / 2 + 4
    box = (
        f'<rect class="paper" x="{_n(at.x - half)}" y="{_n(at.y - _LABEL_HEIGHT / 2)}" width="{_n(2 * half)}" '
        f'height="{_n(_LABEL_HEIGHT)}" rx="3"/>'
    )
    return box + _words(text, at, "label")


def _words(text: str, at: Point, style: str = "") -> str:
    shown, whole = _cut(text), _plain(text)
    classed = f' class="{style}"' if style else ""
    more = f"<title>{escape(whole)}</title>" if shown != whole else ""
    return f'<text{classed} x="{_n(at.x)}" y="{_n(at.y)}">{more}{escape(shown)}</text>'
