"""Flows at random: documents of every type of node, and signals for them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from turnkeeper.flows.nodes import TYPES
from turnkeeper.flows.reading import read
from turnkeeper.flows.signals import (
    CallAnswered,
    Failed,
    GivenBack,
    ModelAnswered,
    PaymentTold,
    Place,
    Replied,
    Sent,
    Signal,
    Started,
    TimedOut,
)

NAMES = st.sampled_from(["a", "b", "language", "_own"])
WORDS = [
    "yes",
    "no",
    "1",
    "12",
    "5 December",
    "ana@a.example",
    "help",
    "stop",
    "menu",
    "🙂",
    "{{a}}",
    "",
    "id",
    "x" * 5000,
]
TEXT = st.sampled_from(["Hi", "Hi {{a}}", "{{contact.name|you}} {{b}}", "{{message}}"])
TEXTS = TEXT | st.fixed_dictionaries({"en": TEXT, "id": TEXT})
SECONDS = st.sampled_from([1, 60, 3600])
PLAIN = st.none() | st.booleans() | st.integers(-5, 500) | TEXT | st.lists(TEXT, max_size=2)
TWO = [{"id": "x", "title": "Yes"}, {"id": "y", "title": {"en": "No", "id": "Tidak"}, "words": ["nope"]}]
LIST = {"sections": [{"rows": TWO}]}
TEST = st.fixed_dictionaries(
    {
        "field": st.sampled_from(["a", "b", "message", "contact.name", "time.clock"]),
        "op": st.sampled_from(["is", "contains", "more", "empty", "not_empty", "one_of"]),
        "value": st.sampled_from([1, "yes", "{{a}}", ["yes", "no"]]),
    }
)
WAYS = [{"exit": "x", "when": "wants it"}, {"exit": "y", "when": "does not"}]


Drawn = st.SearchStrategy[dict[str, Any]]


def _table(required: dict[str, Any], optional: dict[str, Any] | None = None) -> Drawn:
    return st.fixed_dictionaries(required, optional=optional or {})


KEEP = {"save": NAMES, "keep": st.just({"a": "x.0", "b": "y"})}


def _branches(test: Any) -> Any:
    return [{"exit": "x", "when": test}, {"exit": "y", "when": {"not": test}}]


SHARES = [{"exit": "x", "share": 1}, {"exit": "y", "share": 3}]
DATA: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "start": _table({}, {"triggers": st.just([{"kind": "keyword", "words": ["go"]}])}),
    "message": _table({"text": TEXTS}, {"buttons": st.just(TWO)}) | _table({"text": TEXTS, "list": st.just(LIST)}),
    "ask": _table(
        {"text": TEXTS, "wants": st.sampled_from(["text", "number", "date", "phone", "email", "location", "media"])},
        {"save": NAMES, "tries": st.integers(1, 3), "seconds": SECONDS},
    )
    | _table({"text": TEXTS, "wants": st.just("choice"), "buttons": st.just(TWO)}, {"save": NAMES, "seconds": SECONDS}),
    "ai": _table({"prompt": TEXTS}, {"say": st.booleans(), "save": NAMES, "variables": st.just({"a": "something"})})
    | _table({"prompt": TEXTS, "ways": st.just(WAYS)}, {"stay": st.booleans()}),
    "condition": _table({"branches": TEST.map(_branches)}),
    "set": _table(
        {"variables": st.dictionaries(NAMES, PLAIN, min_size=1, max_size=2)},
        {"contact": st.just({"city": "{{a}}"}), "tag": st.just(["vip"])},
    ),
    "stage": _table({"stage": TEXT}),
    "delay": _table({"seconds": SECONDS}, {"skip": st.booleans()}),
    "wait": _table({}, {"seconds": SECONDS, "save": NAMES}),
    "http": _table({"url": st.just("https://a.example/{{a}}")}, KEEP),
    "tool": _table({"tool": st.just("look_up")}, {**KEEP, "arguments": st.dictionaries(NAMES, PLAIN, max_size=1)}),
    "template": _table({"name": st.just("order")}, {"body": st.lists(TEXT, max_size=2)}),
    "extract": _table({"fields": st.just({"a": "something"})}, {"required": st.just(["a"])}),
    "payment": _table(
        {"amount": st.sampled_from([500, "{{a}}"]), "currency": st.just("INR"), "description": TEXT},
        {"waiting": TEXT, "text": st.just("{{payment_url}}")},
    ),
    "handover": _table({}, {"reason": TEXT, "text": TEXTS}),
    "flow": _table(
        {"flow": st.sampled_from(["main", "other", "gone"])}, {"given": st.dictionaries(NAMES, PLAIN, max_size=2)}
    ),
    "split": _table({"shares": st.just(SHARES)}, {"again": st.booleans()}),
    "end": _table({}, {"text": TEXTS}),
}
assert set(DATA) == set(TYPES), "every type of node is in flows at random"


@st.composite
def documents(draw: st.DrawFn, name: str = "main") -> dict[str, Any]:
    """A document that can be read; what it draws may lead anywhere."""
    types = draw(st.lists(st.sampled_from(sorted(set(DATA) - {"start"})), min_size=1, max_size=7))
    nodes: list[dict[str, Any]] = [{"id": "s", "type": "start", "data": {}}]
    nodes += [{"id": f"n{n}", "type": type_, "data": draw(DATA[type_])} for n, type_ in enumerate(types)]
    ids = [node["id"] for node in nodes]
    edges = [{"source": "s", "target": "n0"}]
    for node in read({"name": name, "nodes": nodes, "edges": []}).nodes.values():
        if node.id != "s":
            for leaving_by in node.data.exits():
                target = draw(st.sampled_from([None, None, *ids[1:]]))
                if target:
                    edges.append({"source": node.id, "target": target, "sourceHandle": leaving_by})
    document: dict[str, Any] = {"name": name, "nodes": nodes, "edges": edges}
    document["fallback"] = draw(
        st.sampled_from(
            [{}, {"person": True}, {"node": ids[-1]}, {"flow": "other"}, {"flow": name, "text": "Hm {{a}}"}]
        )
    )
    document["words"] = draw(
        st.sampled_from(
            [
                [],
                [
                    {"words": ["help"], "does": "help", "text": "Help {{a}}"},
                    {"words": ["stop"], "does": "cancel"},
                    {"words": ["menu"], "does": "go", "node": ids[-1]},
                ],
            ]
        )
    )
    return document


def changed(document: Any, place: int, value: Any) -> Any:
    """The same with what stands at one place, counted through, put by something else."""
    count = -1

    def walk(each: Any) -> Any:
        nonlocal count
        count += 1
        if count == place:
            return value
        if isinstance(each, dict):
            return {name: walk(inner) for name, inner in each.items()}
        return [walk(inner) for inner in each] if isinstance(each, list) else each

    return walk(document)


ODD: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, 0, -1, 1.5, "", "next", "{{a}}", [], {}, {"en": 3}, [[]], "x" * 300]
)


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    """A document with a few places changed to something odd: most cannot be read."""
    document: Any = draw(documents())
    for _ in range(draw(st.integers(1, 3))):
        document = changed(document, draw(st.integers(1, 60)), draw(ODD))
    return document


VALUES = st.sampled_from([None, 1, 2.5, "yes", {"x": ["deep"]}, ["x"], float("nan"), 10**30, "y" * 70_000])
REPLIES = st.builds(
    Replied,
    text=st.sampled_from(WORDS),
    choice=st.sampled_from(["", "", "x", "zz"]),
    files=st.sampled_from([(), (Sent("image", "k"),)]),
    place=st.sampled_from([None, None, Place(1, 2)]),
)
ANSWERS: st.SearchStrategy[Signal] = st.one_of(
    st.builds(
        ModelAnswered,
        st.just(0),
        st.sampled_from(WORDS),
        st.sampled_from(["", "x", "zz"]),
        st.dictionaries(NAMES, VALUES, max_size=2),
    ),
    st.builds(CallAnswered, st.just(0), VALUES, st.sampled_from([0, 200, 500])),
    st.builds(Failed, st.just(0), st.just("down")),
    st.builds(TimedOut, st.just(0)),
    st.builds(
        PaymentTold, st.just(0), st.sampled_from(["opened", "paid", "expired", "odd"]), st.just("https://pay.example/1")
    ),
)
SIGNALS: st.SearchStrategy[Signal] = st.one_of(
    REPLIES, ANSWERS, st.builds(GivenBack), st.builds(Started, st.just("called"))
)
