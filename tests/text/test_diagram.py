"""Diagrams: everything has a place of its own, nothing is cut, every word is escaped, and the same comes out again."""

import re
from itertools import combinations, pairwise
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnkeeper.text.diagram import Diagram, Edge, Node, mermaid
from turnkeeper.text.drawing import svg
from turnkeeper.text.layers import Layout, Route, Size, laid_out

NAMES = "abcdefgh"
SVG = "{http://www.w3.org/2000/svg}"
KINDS = ("step", "start", "end", "event", "timer", "person", "choice", "unknown", "other")
BOX = Size(80.0, 36.0)
LABEL = Size(60.0, 17.0)


def of(edges: str, nodes: str = NAMES) -> Diagram:
    """`ab bc`: an arrow from a to b, one from b to c."""
    return Diagram("d", [Node(each, each) for each in nodes], [Edge(*each) for each in edges.split()])


def placed(diagram: Diagram) -> Layout:
    labels = {edge: LABEL for edge in diagram.arrows() if edge.label}
    return laid_out(diagram, {node.id: BOX for node in diagram.nodes}, labels)


def rows(layout: Layout) -> list[str]:
    """The nodes of each row, from the left."""
    found: dict[float, list[tuple[float, str]]] = {}
    for id_, at in layout.places.items():
        found.setdefault(at.y, []).append((at.x, id_))
    return ["".join(id_ for _, id_ in sorted(row)) for _, row in sorted(found.items())]


@pytest.mark.parametrize(
    "label, edges, nodes, expected",
    [
        ("a line", "ab bc", "abc", ["a", "b", "c"]),
        ("the order in which they are told does not count", "cb ba", "abc", ["c", "b", "a"]),
        ("two ways that meet", "ab ac bd cd", "abcd", ["a", "bc", "d"]),
        ("the longest way counts", "ab bc ac", "abc", ["a", "b", "c"]),
        ("a way back is drawn up", "ab bc ca", "abc", ["a", "b", "c"]),
        ("to itself", "ab bb", "ab", ["a", "b"]),
        ("what comes in from outside stands right above", "ab bc dc", "abcd", ["a", "bd", "c"]),
        ("no crossing that need not be", "ac ad bd be", "abcde", ["ab", "cde"]),
        ("crossed, as it was told", "ad bc", "abcd", ["ab", "dc"]),
        ("nothing leads anywhere", "", "abc", ["abc"]),
        ("nobody there", "", "", []),
        ("two circles", "ab ba cd dc", "abcd", ["ac", "bd"]),
    ],
)
def test_rows(label: str, edges: str, nodes: str, expected: list[str]) -> None:
    assert rows(placed(of(edges, nodes))) == expected


def test_a_straight_line_is_drawn_straight() -> None:
    layout = placed(of("ab bc cd"))
    assert len({round(layout.places[each].x, 1) for each in "abcd"}) == 1


def test_an_arrow_goes_around_what_stands_between_and_straight_where_nothing_does() -> None:
    bends = {route.edge.source + route.edge.target: route.bends for route in placed(of("ab bc ac", "abc")).routes}
    assert bends["ac"]
    assert not bends["ab"]


def test_an_arrow_to_what_is_not_there_is_left_out_and_one_told_twice_is_drawn_once() -> None:
    assert len(placed(of("ab ab az", "ab")).routes) == 1


edge_lists = st.lists(
    st.builds(Edge, st.sampled_from(NAMES), st.sampled_from(NAMES), st.sampled_from(["", "label"])), max_size=24
)


@given(edge_lists)
def test_nothing_covers_anything_and_all_is_inside(edges: list[Edge]) -> None:
    layout = placed(Diagram("d", [Node(each, each) for each in NAMES], edges))
    boxes = [(at, BOX) for at in layout.places.values()]
    boxes += [(route.label_at, LABEL) for route in layout.routes if route.edge.label]
    for (one, size), (other, room) in combinations(boxes, 2):
        apart_x = abs(one.x - other.x) - (size.width + room.width) / 2
        apart_y = abs(one.y - other.y) - (size.height + room.height) / 2
        assert max(apart_x, apart_y) > 5
    for at, size in boxes:
        assert at.x - size.width / 2 >= -0.01
        assert at.x + size.width / 2 <= layout.width + 0.01
        assert size.height / 2 - 0.01 <= at.y <= layout.height - size.height / 2 + 0.01


@given(edge_lists)
def test_no_bend_lies_in_a_node_and_bends_go_one_way(edges: list[Edge]) -> None:
    layout = placed(Diagram("d", [Node(each, each) for each in NAMES], edges))
    for route in layout.routes:
        for bend in route.bends:
            for at in layout.places.values():
                assert abs(bend.x - at.x) > BOX.width / 2 or abs(bend.y - at.y) > BOX.height / 2
        ends = [layout.places[route.edge.source], *route.bends, layout.places[route.edge.target]]
        x, y = route.label_at
        passed = [one for one, other in pairwise(route.bends) if one.x == other.x == x and one.y != other.y]
        runs = [abs(one.y - y) <= BOX.height / 2 for one in passed]
        assert not route.edge.label or route.label_at in route.bends or any(runs), "it stands on its arrow"
        heights = [point.y for point in ends]
        assert heights == sorted(heights, reverse=route.upwards)


def strikes(layout: Layout, route: Route) -> list[str]:
    """The nodes that an arrow goes through besides those that it joins, as the picture draws it."""
    edge, up = route.edge, -1 if route.upwards else 1
    begin, end = layout.places[edge.source], layout.places[edge.target]
    first, last = (begin.x, begin.y + up * BOX.height / 2), (end.x, end.y - up * BOX.height / 2)
    found = []
    for (x, y), (to_x, to_y) in pairwise([first, *route.bends, last]):
        for step in range(1, 30):
            t = step / 30
            at_x = x + (to_x - x) * (3 * t**2 - 2 * t**3)
            at_y = y + (to_y - y) * (1.5 * t * (1 - t) ** 2 + 1.5 * t * t * (1 - t) + t**3)
            found += [
                id_
                for id_, at in layout.places.items()
                if id_ not in (edge.source, edge.target)
                and abs(at.x - at_x) < BOX.width / 2
                and abs(at.y - at_y) < BOX.height / 2
            ]
    return found


@given(edge_lists)
def test_no_arrow_goes_through_a_node(edges: list[Edge]) -> None:
    layout = placed(Diagram("d", [Node(each, each) for each in NAMES], edges))
    assert [strikes(layout, route) for route in layout.routes if strikes(layout, route)] == []


@given(st.text(max_size=60), st.text(max_size=60), st.sampled_from(KINDS), st.booleans())
def test_whatever_is_written_the_picture_is_sound_and_says_it(label: str, name: str, kind: str, loops: bool) -> None:
    nodes = [Node("a", label, kind), Node("b", name)]
    edges = [Edge("a", "b", label, "dashed"), *([Edge("a", "a", name)] if loops else [])]
    root = ET.fromstring(svg(Diagram(name, nodes, edges)))
    assert root.tag == f"{SVG}svg"
    words = [each.text or "" for each in root.iter(f"{SVG}text")]
    assert all(len(each) <= 60 for each in words)
    assert len(root.findall(f".//{SVG}g[@class]")) == 2
    # "undefined" is a word that somebody may write, too.
    plain = [Node("a", "x", kind), Node("b", "y")]
    assert "undefined" not in svg(
        Diagram("d", plain, [Edge(each.source, each.target, "z", each.kind) for each in edges])
    )


def test_words_are_escaped_and_what_is_cut_is_told_whole() -> None:
    said = 'say "<b>now</b>" & then ' + "on and " * 10
    drawn = svg(Diagram("<t>", [Node("a", said), Node("b", "b")], [Edge("a", "b", "x < y")]))
    root = ET.fromstring(drawn)
    texts = [each for each in root.iter(f"{SVG}text") if each.find(f"{SVG}title") is not None]
    assert [each.findtext(f"{SVG}title") for each in texts] == [" ".join(said.split())]
    assert "<b>" not in drawn
    assert root.findtext(f"{SVG}title") == "<t>"
    assert "x < y" in [each.text for each in root.iter(f"{SVG}text")]


def test_a_picture_is_the_same_each_time_and_as_large_as_it_says() -> None:
    diagram = of("ab bc ca ad dd")
    assert svg(diagram) == svg(diagram)
    root = ET.fromstring(svg(diagram))
    assert root.get("viewBox") == f"0 0 {root.get('width')} {root.get('height')}"
    numbers = [float(each) for each in re.findall(r'[xy]="([-\d.]+)"', svg(diagram))]
    assert min(numbers) >= 0


def test_mermaid() -> None:
    nodes = [Node("s", "", "start"), Node("a b", 'say "hi"', "event"), Node("c", "[x]"), Node("d", "d", "person")]
    edges = [Edge("s", "a b"), Edge("a b", "c", "if x > 1"), Edge("c", "d", kind="dashed"), Edge("c", "gone")]
    assert mermaid(Diagram('a "bot"', nodes, edges)) == (
        '---\ntitle: "a \\"bot\\""\n---\n'
        "flowchart TD\n"
        '    n0_s((" "))\n'
        '    n1_a_b(["say &quot;hi&quot;"])\n'
        '    n2_c["[x]"]\n'
        '    n3_d[["d"]]\n'
        "    n0_s --> n1_a_b\n"
        '    n1_a_b -->|"if x &gt; 1"| n2_c\n'
        "    n2_c -.-> n3_d\n"
    )
