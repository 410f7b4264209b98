"""Random flows of the original's say what the original says; random documents are flows, or refused."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.flows.original_walk import Original, Ours
from turnkeeper.flows.checking import check
from turnkeeper.flows.original import convert
from turnkeeper.flows.reading import document_of, read
from turnkeeper.text.unmarked import whatsapp

TEXTS = ["Hai", "harga berapa", "Harga", "lokasi?", "x"]
FORKS = ["condition", "conditions"]
KINDS_A = ["message", "image", "condition", "delay", "stage", "user_reply", "end"]
KINDS_B = ["send_message", "send_image", "delay", "waiting_times", "stage", "waiting_reply", "conditions"]


@st.composite
def flows(draw: st.DrawFn) -> dict[str, Any]:
    """Random flows of one shape; only what waits for a reply leads back, so that none is endless."""
    is_older = draw(st.booleans())
    several = draw(st.integers(3, 9))
    nodes: list[dict[str, Any]] = []
    lines: list[dict[str, Any]] = []
    for n in range(several):
        kind = draw(st.sampled_from(KINDS_B if is_older else KINDS_A))
        kind = "start" if not n and not is_older else FORKS[is_older] if n == 1 else kind
        fields: dict[str, Any] = {"url": f"https://example.org/{n}"} if "image" in kind else {}
        fields |= {"text" if is_older else "message": f"text {n}"} if kind in ("message", "send_message", "end") else {}
        fields |= {"value" if is_older else "stage": f"Stage {n}"} if kind == "stage" else {}
        fields |= {"conditionType": "message_contains", "keyword": draw(st.sampled_from(TEXTS[1:4])).strip("?")}\
            if kind == "condition" else {}  # fmt: skip
        fields |= (
            {"delay": draw(st.integers(1, 9))} if kind in ("delay", "waiting_times") and draw(st.booleans()) else {}
        )
        nodes.append({"id": n, "type": kind, "config" if is_older else "data": fields})
        back = 1 if kind in ("waiting_reply", "user_reply") else n + 1
        if back < several and kind != "end":
            for way in range(draw(st.integers(2, 4)) if kind.startswith("condition") else 1):
                target = draw(st.integers(back, several - 1)) if way or back < n else n + 1
                lines.append(draw(_lines(n, target)) if is_older else draw(_edges(n, target)))
    return {"nodes": draw(st.permutations(nodes)), "connections" if is_older else "edges": lines}


def _lines(source: int, target: int) -> st.SearchStrategy[dict[str, Any]]:
    kinds = st.sampled_from(["equal", "contains", "match", "equal", "contains", "default"])
    value = st.sampled_from(["harga", "HARGA", "lokasi", "hai", "x"])
    return st.builds(
        lambda kind, value: {"from": source, "to": target, "conditionType": kind, "conditionValue": value}, kinds, value
    )


def _edges(source: int, target: int) -> st.SearchStrategy[dict[str, Any]]:
    marks = st.sampled_from(
        [{}, {"sourceHandle": "true"}, {"sourceHandle": "false"}, {"label": "Yes"}, {"label": "No"}]
    )
    return marks.map(lambda mark: {"source": source, "target": target, **mark})


@settings(max_examples=150, deadline=None)
@given(flows(), st.lists(st.sampled_from([text.strip("?") for text in TEXTS]), min_size=1, max_size=6))
def test_an_imported_flow_says_what_the_original_says(raw: dict[str, Any], said: list[str]) -> None:
    document = convert(raw, markdown=whatsapp).document
    assert document is not None
    theirs, ours = Original(raw), Ours(read(document))
    for text in said:
        assert ours.says(text) == theirs.says(text), text


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
FIELDS = [
    "message", "url", "keyword", "conditionType", "variable", "operator", "value", "delay", "prompt", "temperature",
    "stage", "headers", "body", "label", "text", "model", "timeout", "method",
]  # fmt: skip
NODES = st.fixed_dictionaries(
    {"id": st.sampled_from(["a", "b", 3, "", None]), "type": st.sampled_from([*KINDS_A, *KINDS_B, "ai", "api", "?"])},
    optional={
        "data": st.dictionaries(st.sampled_from(FIELDS), ANYTHING | st.just("message_contains"), max_size=5) | ANYTHING,
        "config": ANYTHING,
        "position": ANYTHING,
    },
)
ENDS = st.sampled_from(["a", "b", 3, "c", None])
EDGES = st.fixed_dictionaries(
    {"source": ENDS, "target": ENDS},
    optional={"sourceHandle": ANYTHING, "label": ANYTHING, "conditionType": ANYTHING, "conditionValue": ANYTHING},
)


@settings(max_examples=150, deadline=None)
@given(
    st.fixed_dictionaries(
        {"nodes": st.lists(NODES | ANYTHING, max_size=6), "edges": st.lists(EDGES | ANYTHING, max_size=8)},
        optional={"name": ANYTHING, "niche": ANYTHING, "connections": ANYTHING},
    )
    | ANYTHING
)
def test_whatever_comes_is_a_flow_or_refused(raw: Any) -> None:
    found = convert(msgspec.json.encode(raw), markdown=whatsapp)
    if found.document is None:
        assert any(each.level == "error" for each in found.notes)
    else:
        assert document_of(read(found.document)) == found.document
        list(check(read(found.document)))
