"""What is wrong in a flow, where; circles and reachability as a search without any cleverness finds them."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.flow_cases import flow_of
from turnkeeper.flows.checking import check
from turnkeeper.flows.circles import in_circles
from turnkeeper.flows.problems import Checking, Problem

START = ("start", {})
SAY = ("message", {"text": "x"})
ASK = ("ask", {"text": "x", "save": "answer"})
END = ("end", {})
TWO = {"text": "x", "buttons": [{"id": "a", "title": "A"}, {"id": "b", "title": "B"}]}
MENU = ("message", TWO)
LINE: dict[str, Any] = {"s": START, "m": SAY, "e": END}
DRAWN = ["s -> m", "m -> e"]


def found(nodes: Any, edges: Any, around: Checking | None = None, **settings: Any) -> list[str]:
    problems = check(flow_of(nodes, edges, **settings), around)
    assert [each.level for each in problems] == sorted(each.level for each in problems)
    return [f"{each.level} {each.where}: {each.what}" for each in problems]


NOWHERE = "leads nowhere: the flow ends there"
CIRCLE = "stands in a circle in which nothing waits for the person"
WORDS = [{"words": ["Cancel", "stop"], "does": "cancel"}]


@pytest.mark.parametrize(
    "label, nodes, edges, settings, expected",
    [
        ("right", LINE, DRAWN, {}, []),
        (
            "no start",
            {"m": SAY, "e": END},
            ["m -> e"],
            {},
            [
                "error : the flow has no start",
                "warning m: nothing leads here",
                "warning e: nobody comes here: nobody comes to 'm' before it",
            ],
        ),
        (
            "two starts",
            {**LINE, "t": START, "o": END},
            [*DRAWN, "t -> o"],
            {},
            ["error t: is a second start", "warning o: nobody comes here: nobody comes to 't' before it"],
        ),
        ("no name", LINE, DRAWN, {"name": " "}, ["error : the flow has no name"]),
        ("a start of nothing", {"s": START}, [], {}, ["error s: its exit 'next' leads nowhere"]),
        (
            "a split of nothing",
            {"s": START, "p": ("split", {"shares": [{"exit": "a"}, {"exit": "b"}]}), "e": END},
            ["s -> p", "p:a -> e"],
            {},
            ["error p: its exit 'b' leads nowhere"],
        ),
        ("a dead end", {"s": START, "m": SAY}, ["s -> m"], {}, [f"warning m: its exit 'next' {NOWHERE}"]),
        (
            "a condition half drawn",
            {
                "s": START,
                "c": ("condition", {"branches": [{"exit": "a", "when": {"field": "message", "value": 1}}]}),
                "e": END,
            },
            ["s -> c", "c:a -> e"],
            {},
            [f"warning c: its exit 'else' {NOWHERE}"],
        ),
        ("every choice drawn", {"s": START, "m": MENU, "e": END}, ["s -> m", "m:a -> e", "m:b -> e"], {}, []),
        (
            "a choice left out",
            {"s": START, "m": MENU, "e": END},
            ["s -> m", "m:a -> e"],
            {},
            [f"warning m: its exit 'next' {NOWHERE}"],
        ),
        (
            "unreachable",
            {**LINE, "x": END, "y": SAY},
            [*DRAWN, "y -> x"],
            {},
            ["warning x: nobody comes here: nobody comes to 'y' before it", "warning y: nothing leads here"],
        ),
        ("reached by the fallback", {**LINE, "x": END}, DRAWN, {"fallback": {"node": "x"}}, []),
        ("reached by a word", {**LINE, "x": END}, DRAWN, {"words": [{"words": ["x"], "does": "go", "node": "x"}]}, []),
        (
            "a fallback to nowhere",
            LINE,
            DRAWN,
            {"fallback": {"node": "x"}},
            ["error : the fallback leads to 'x', which is not there"],
        ),
        (
            "two fallbacks",
            LINE,
            DRAWN,
            {"fallback": {"node": "m", "person": True}},
            ["error : the fallback is a node, a flow or a person, one of them"],
        ),
        (
            "a word to nowhere",
            LINE,
            DRAWN,
            {"words": [{"words": ["x"], "does": "go", "node": "x"}]},
            ["error : the word 'x' leads to 'x', not there"],
        ),
        (
            "no words",
            LINE,
            DRAWN,
            {"words": [{"words": [" "], "does": "person"}]},
            ["error : words that person are missing"],
        ),
        (
            "two meanings",
            LINE,
            DRAWN,
            {"words": [*WORDS, {"words": ["STOP!"], "does": "person"}]},
            ["error : the word 'stop' means two things: the first counts"],
        ),
        (
            "help of nothing",
            LINE,
            DRAWN,
            {"words": [{"words": ["help"], "does": "help"}]},
            ["warning : the word for help has no text"],
        ),
        (
            "two edges from one exit",
            LINE,
            [*DRAWN, "m -> s"],
            {},
            ["error edge e2: m has two edges from its exit 'next': this one is never taken"],
        ),
        (
            "an exit for nobody",
            {**LINE, "m": ASK},
            [*DRAWN, "m:cancel -> e"],
            {},
            ["warning m: its exit 'cancel' is never taken: no word cancels"],
        ),
        ("an exit for cancel", {**LINE, "m": ASK}, [*DRAWN, "m:cancel -> e"], {"words": WORDS}, []),
        (
            "a circle",
            {"s": START, "a": SAY, "b": SAY},
            ["s -> a", "a -> b", "b -> a"],
            {},
            [f"error a: {CIRCLE}", f"error b: {CIRCLE}"],
        ),
        ("to itself", {"s": START, "a": SAY}, ["s -> a", "a -> a"], {}, [f"error a: {CIRCLE}"]),
        ("a circle with a question", {"s": START, "a": SAY, "b": ASK}, ["s -> a", "a -> b", "b -> a"], {}, []),
        (
            "a circle with a menu",
            {"s": START, "a": MENU, "b": SAY},
            ["s -> a", "a:a -> b", "a:b -> b", "b -> a"],
            {},
            [],
        ),
        (
            "a menu that leads nowhere",
            {"s": START, "a": MENU, "b": SAY},
            ["s -> a", "a -> b", "b -> a"],
            {},
            [f"error a: {CIRCLE}", f"error b: {CIRCLE}"],
        ),
        ("a circle that nobody reaches", {**LINE, "a": SAY}, [*DRAWN, "a -> a"], {}, ["warning a: nothing leads here"]),
        (
            "a model in a circle",
            {"s": START, "a": ("ai", {"prompt": "x"})},
            ["s -> a", "a -> a"],
            {},
            [f"error a: {CIRCLE}"],
        ),
        (
            "a payment that fails",
            {"s": START, "p": ("payment", {"amount": 5, "currency": "INR", "description": "x"}), "e": END},
            ["s -> p", "p -> e", "p:failed -> p"],
            {},
            [f"error p: {CIRCLE}"],
        ),
        (
            "a payment again",
            {"s": START, "p": ("payment", {"amount": 5, "currency": "INR", "description": "x"})},
            ["s -> p", "p -> p"],
            {},
            [],
        ),
        ("through another flow", {"s": START, "f": ("flow", {"flow": "other"})}, ["s -> f", "f -> f"], {}, []),
        (
            "into itself",
            {"s": START, "f": ("flow", {"flow": "main"}), "e": END},
            ["s -> f", "f -> e"],
            {},
            ["warning f: the flow goes into itself: people may come ever deeper"],
        ),
        (
            "a fallback that may fail",
            {**LINE, "x": ("ai", {"prompt": "x"}), "e": END},
            [*DRAWN, "x -> e"],
            {"fallback": {"node": "x"}},
            [],
        ),
        (
            "nobody sets it",
            {**LINE, "m": ("message", {"text": "{{who}} {{answer}} {{contact.x}} {{event.y}}"})},
            DRAWN,
            {},
            ["warning m: nobody sets 'answer'", "warning m: nobody sets 'who'"],
        ),
        (
            "somebody sets it",
            {**LINE, "q": ASK, "m": ("message", {"text": "{{answer.x}}"})},
            ["s -> q", "q -> m", "m -> e"],
            {},
            [],
        ),
        ("declared", {**LINE, "m": ("message", {"text": "{{who}}"})}, DRAWN, {"variables": {"who": "who it is"}}, []),
        ("declared badly", LINE, DRAWN, {"variables": {"a b": "x"}}, ["error : 'a b' is not a variable's name"]),
        (
            "read, not shown",
            {**LINE, "m": ("stage", {"stage": "{{who}}"})},
            DRAWN,
            {},
            ["warning m: nobody sets 'who'"],
        ),
        (
            "in a word",
            LINE,
            DRAWN,
            {"words": [{"words": ["x"], "does": "help", "text": "{{who}}"}]},
            ["warning : nobody sets 'who'"],
        ),
        (
            "a name that is taken",
            {**LINE, "m": ("ask", {"text": "x", "save": "message"})},
            DRAWN,
            {},
            ["error m: a variable cannot be called 'message': it stands for what is around"],
        ),
        (
            "a language is missing",
            {**LINE, "m": ("message", {"text": {"en": "x"}})},
            DRAWN,
            {"languages": ["id"]},
            ["warning m: text is missing in id"],
        ),
        (
            "on a choice",
            {**LINE, "m": ("message", {**TWO, "footer": {"en": "x", "id": ""}})},
            DRAWN,
            {"languages": ["id"]},
            ["warning m: footer is missing in id"],
        ),
        ("no language", LINE, DRAWN, {"language": "english!"}, ["error : 'english!' is not a language"]),
        (
            "a text in none",
            {**LINE, "m": ("message", {"text": {"en": "x", "in English": "x"}})},
            DRAWN,
            {},
            ["error m: text: 'in English' is not a language"],
        ),
        ("a node's own", {**LINE, "m": ("message", {})}, DRAWN, {}, ["error m: it says nothing: add a text or a file"]),
    ],
)
def test_problems(label: str, nodes: Any, edges: Any, settings: Any, expected: list[str]) -> None:
    assert found(nodes, edges, **settings) == expected


NEEDS = {
    "s": START,
    "f": ("flow", {"flow": "gone"}),
    "t": ("tool", {"tool": "gone"}),
    "p": ("template", {"name": "gone"}),
    "m": ("message", {"text": "x" * 50, "buttons": [{"id": "a", "title": "y" * 30}]}),
    "e": END,
}


def test_what_is_around() -> None:
    edges = ["s -> f", "f -> t", "t -> p", "p -> m", "m -> e"]
    assert found(NEEDS, edges) == []
    assert found(NEEDS, edges, Checking([], [], [], [], 40, 20)) == [
        "error f: there is no flow 'gone'",
        "error t: there is no tool 'gone'",
        "error p: there is no template 'gone'",
        "warning m: text has 50 characters, a message holds 40",
        "warning m: choice a has 30 characters, a message holds 20",
    ]
    assert found(NEEDS, edges, Checking(["gone"], ["gone"], ["gone"], [], 50, 30)) == []


ASKS: dict[str, Any] = {
    "s": START,
    "a": ("ai", {"prompt": "{{a}} {{"}),
    "x": ("extract", {"fields": {"a": "what"}}),
    "m": ("message", {"text": "x", "media": {"kind": "image", "url": "http://shop.example.com/a.jpg"}}),
    "e": END,
}


def test_what_stands_around_a_text() -> None:
    row = {"id": "a", "title": "r" * 24, "description": "d" * 73}
    listed = {"button": "b" * 21, "sections": [{"title": "s" * 25, "rows": [row]}]}
    shown = ("message", {"text": "x" * 61, "header": "h" * 61, "footer": "f" * 60, "list": listed})
    limits = {"row": 24, "description": 72, "header": 60, "footer": 60, "button": 20, "section": 24}
    around = Checking(text_limit=4096, button_limit=20, part_limits=limits)
    edges = ["s -> m", "m:a -> e"]
    nodes = {"s": START, "m": shown, "e": END}
    assert found(nodes, edges, around) == [
        "warning m: header has 61 characters, a message holds 60",
        "warning m: description a has 73 characters, a message holds 72",
        "warning m: button has 21 characters, a message holds 20",
        "warning m: section has 25 characters, a message holds 24",
    ]
    assert {each.mend for each in check(flow_of(nodes, edges), around)} == {"Shorten it."}
    assert found(nodes, edges, Checking(text_limit=60)) == ["warning m: text has 61 characters, a message holds 60"]


def test_what_may_be_meant_otherwise() -> None:
    edges = ["s -> x", "x -> a", "a -> m", "m -> e"]
    plain = "warning m: 'http://shop.example.com/a.jpg' is no https address: such a file is not sent"
    nobody = "the bot has no models: people leave it by 'failed'"
    assert found(ASKS, edges) == found(ASKS, edges, Checking(models=["a/b"])) == [plain]
    assert found(ASKS, edges, Checking(models=[])) == [f"warning a: {nobody}", f"warning x: {nobody}", plain]
    for url in ("https://shop.example.com/a.jpg", "{{event.picture}}"):
        shown = ("message", {"media": {"kind": "image", "url": url}})
        assert found({"s": START, "m": shown, "e": END}, ["s -> m", "m -> e"]) == []


@pytest.mark.parametrize(
    "text, strays",
    [
        ("{{contact.name|}} and {{ message }} and {x}", []),
        ("Hi {{name", ["{{name"]),
        ("{{first name}} and {{message}} and {{1}}", ["{{first name", "{{1"]),
    ],
)
def test_marks_that_are_none(text: str, strays: list[str]) -> None:
    told = [f"warning m: text (en): {each!r} is no mark, and is shown as it stands" for each in strays]
    shown = ("message", {"text": {"en": text}})
    assert found({"s": START, "m": shown, "e": END}, ["s -> m", "m -> e"]) == told


def test_a_fallback_to_a_flow_that_is_not_there() -> None:
    told = ["error : the fallback leads to the flow 'x', which is not there"]
    assert found(LINE, DRAWN, Checking(["y"]), fallback={"flow": "x"}) == told
    assert found(LINE, DRAWN, Checking(["x"]), fallback={"flow": "x"}) == []
    assert found(LINE, DRAWN, fallback={"flow": "x"}) == []


def test_each_problem_says_where_and_what_to_do() -> None:
    problem = check(flow_of({"s": START}))[0]
    assert problem == Problem("s", "its exit 'next' leads nowhere", "Draw an edge from it.", "error")


GRAPHS = st.integers(1, 8).flatmap(
    lambda size: st.lists(st.tuples(st.integers(0, size - 1), st.integers(0, size - 1)), max_size=16).map(
        lambda ways: {str(node): [str(b) for a, b in ways if a == node] for node in range(size)}
    )
)


def leads_back(leads: dict[str, list[str]], node: str) -> bool:
    reached: set[str] = set()
    for _ in leads:
        reached |= {target for each in (reached | {node}) for target in leads[each] if each in reached or each == node}
    return node in reached


@settings(max_examples=60, deadline=None)
@given(GRAPHS)
def test_circles_are_those_that_a_plain_search_finds(leads: dict[str, list[str]]) -> None:
    assert in_circles(leads) == {node for node in leads if leads_back(leads, node)}


@settings(max_examples=25, deadline=None)
@given(GRAPHS, st.sets(st.integers(0, 7)))
def test_circles_and_unreachable_nodes_of_whole_flows(leads: dict[str, list[str]], asking: set[int]) -> None:
    nodes: dict[str, Any] = {"s": START}
    edges = ["s -> 0"]
    for node, ways in leads.items():
        if int(node) in asking:
            nodes[node] = (
                "ask",
                {"text": "x", "wants": "choice", "buttons": [{"id": f"w{n}", "title": f"{n}"} for n in range(16)]},
            )
        else:
            nodes[node] = (
                "condition",
                {"branches": [{"exit": f"w{n}", "when": {"field": "message", "value": f"{n}"}} for n in range(16)]},
            )
        edges += [f"{node}:w{n} -> {target}" for n, target in enumerate(ways)]
    reached, new = {"0"}, {"0"}
    while new:
        new = {target for node in new for target in leads[node]} - reached
        reached |= new
    passing = {
        node: [] if int(node) in asking else [way for way in ways if way in reached]
        for node, ways in leads.items()
        if node in reached
    }
    problems = check(flow_of(nodes, edges))
    assert {each.where for each in problems if "circle" in each.what} == {
        node for node in passing if leads_back(passing, node)
    }
    lost = ("nothing leads here", "nobody comes here")
    assert {each.where for each in problems if each.what.startswith(lost)} == set(leads) - reached


def test_a_long_circle_needs_no_deep_stack() -> None:
    leads = {str(n): [str((n + 1) % 20_000)] for n in range(20_000)}
    assert len(in_circles(leads)) == 20_000
