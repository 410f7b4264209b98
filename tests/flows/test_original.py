"""The original's flows become ours: every type of node, in both shapes, whatever is in the document."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from tests.flows.original_walk import Ours
from turnkeeper.flows.checking import check
from turnkeeper.flows.model import Flow
from turnkeeper.flows.original import SENTENCE, Converted, convert
from turnkeeper.flows.original.boxes import NOT_IMPORTED
from turnkeeper.flows.reading import document_of, read
from turnkeeper.text.unmarked import whatsapp

Raw = Mapping[str, Any]


def converted(raw: Any, **how: Any) -> Converted:
    return convert(raw, markdown=whatsapp, **how)


def flow(raw: Any, **how: Any) -> Flow:
    found = converted(raw, **how)
    assert found.document is not None, found.notes
    return read(found.document)


def notes(raw: Any, where: str | None = None) -> list[str]:
    return [each.what for each in converted(raw).notes if where in (None, each.where)]


def node_of(raw: Any, known_as: str = "n2", **how: Any) -> Any:
    """A node of the flow that was made, as JSON has it."""
    document = msgspec.json.decode(msgspec.json.encode(document_of(flow(raw, **how))))
    return next(each for each in document["nodes"] if each["id"] == known_as)


def drawn(*nodes: Raw, edges: list[Raw] | None = None) -> dict[str, Any]:
    """React Flow's shape: nodes n1, n2, … one after the other, unless edges say otherwise."""
    several = [{"id": f"n{n}", "position": {"x": n * 10, "y": 5}, **node} for n, node in enumerate(nodes, 1)]
    chain = [{"id": f"l{n}", "source": f"n{n}", "target": f"n{n + 1}"} for n in range(1, len(nodes))]
    return {"name": "Madu", "nodes": several, "edges": chain if edges is None else edges}


def older(*nodes: Raw, connections: list[Raw] | None = None) -> dict[str, Any]:
    """The older shape, the same way."""
    several = [{"id": f"n{n}", **node} for n, node in enumerate(nodes, 1)]
    chain = [{"from": f"n{n}", "to": f"n{n + 1}"} for n in range(1, len(nodes))]
    return {"nodes": several, "connections": chain if connections is None else connections}


def data(type_: str, **fields: Any) -> Raw:
    return {"type": type_, "data": fields}


def config(type_: str, **fields: Any) -> Raw:
    return {"type": type_, "config": fields}


HI = data("message", message="Hai!")
URL = "https://example.org/a"
TYPES: list[tuple[str, Raw, str, dict[str, Any]]] = [
    ("message", data("message", message="Hai *kak*"), "message", {"text": "Hai **kak**"}),
    ("image", data("image", imageUrl=URL, caption="Ini"), "message",
     {"media": {"kind": "image", "url": URL}, "text": "Ini"}),
    ("image by url", data("image", url=URL), "message", {"media": {"kind": "image", "url": URL}}),
    ("an address of the contact's", data("image", url="{{foto}}"), "message",
     {"media": {"kind": "image", "url": "{{foto}}"}}),
    ("audio", data("audio", url=URL), "message", {"media": {"kind": "audio", "url": URL}}),
    ("video", data("video", url=URL, caption="_x_"), "message",
     {"media": {"kind": "video", "url": URL}, "text": "*x*"}),
    ("document", data("document", url=URL, fileName="a.pdf"), "message",
     {"media": {"kind": "document", "url": URL, "filename": "a.pdf"}}),
    ("ai", data("ai", prompt="Jual", systemPrompt="Anda {{name}}", temperature="0.7", maxTokens=500), "ai",
     {"prompt": "Anda {{contact.name}}\n\nJual", "temperature": 0.7, "max_tokens": 500}),
    ("prompt", data("prompt", prompt="Jual"), "ai", {"prompt": "Jual"}),
    ("delay", data("delay", delay="2.5"), "delay", {"seconds": 2.5}),
    ("stage", data("stage", stage="Closing"), "stage", {"stage": "Closing"}),
    ("user_reply", data("user_reply"), "wait", {}),
    ("user_reply that is kept", data("user_reply", variable="nama penuh"), "wait", {"save": "nama_penuh"}),
    ("api", data("api", url=URL + "?q={{phone}}", method="post", headers='{"A": "{{niche}}"}',
                 body='{"n": ["{{nama}}"]}', responseVariable="hasil", timeout=5000), "http",
     {"url": URL + "?q={{contact.phone}}", "method": "POST", "headers": {"A": "{{channel.niche}}"},
      "body": {"n": ["{{contact.name}}"]}, "save": "hasil", "timeout": 5.0}),
    ("api with rows of headers", data("api", url=URL, headers=[{"key": "A", "value": 1}], body="a=1"), "http",
     {"url": URL, "headers": {"A": "1"}, "body": "a=1"}),
    ("end", data("end", message="Bye"), "end", {"text": "Bye"}),
    ("end without a word", data("end"), "end", {}),
    ("send_message", config("send_message", text="Hai"), "message", {"text": "Hai"}),
    ("send_image", config("send_image", url=URL), "message", {"media": {"kind": "image", "url": URL}}),
    ("send_audio", config("send_audio", url=URL), "message", {"media": {"kind": "audio", "url": URL}}),
    ("send_video", config("send_video", url=URL), "message", {"media": {"kind": "video", "url": URL}}),
    ("delay of the older shape", config("delay"), "delay", {"seconds": 3.0}),
    ("waiting_reply", config("waiting_reply"), "wait", {}),
    ("waiting_times", config("waiting_times"), "delay", {"seconds": 8.0}),
    ("waiting_times that says", config("waiting_times", delay=20), "delay", {"seconds": 20.0}),
    ("stage of the older shape", config("stage", value="Closing"), "stage", {"stage": "Closing"}),
]  # fmt: skip


@pytest.mark.parametrize(("label", "node", "type_", "expected"), TYPES, ids=[row[0] for row in TYPES])
def test_every_type_becomes_one_of_ours(label: str, node: Raw, type_: str, expected: dict[str, Any]) -> None:
    raw = drawn(data("start"), node, HI) if "data" in node else older(config("send_message", text="a"), node)
    ours = node_of(raw)
    assert (ours["type"], ours["data"]) == (type_, expected)
    assert notes(raw, "n2") == (["its edge to 'n3' is never taken: left out"] if type_ == "end" and label else [])
    assert ours["position"]["x"] == (20.0 if "data" in node else 280.0)


FORKS: list[tuple[str, Raw, list[Raw], Any, dict[str, str]]] = [
    ("by handles", {"conditionType": "message_contains", "keyword": "harga"},
     [{"target": "n3", "sourceHandle": "false"}, {"target": "n4", "sourceHandle": "true"}],
     {"field": "said", "op": "contains", "value": "harga"}, {"true": "n4", "else": "n3"}),
    ("by labels", {"conditionType": "message_contains", "keyword": "harga"},
     [{"target": "n3", "label": "Yes"}, {"target": "n4", "label": "No"}],
     {"field": "said", "op": "contains", "value": "harga"}, {"true": "n3", "else": "n4"}),
    ("a handle of the editor's, and a label", {"conditionType": "message_contains", "keyword": "harga"},
     [{"target": "n3", "sourceHandle": "bottom", "label": "False"},
      {"target": "n4", "sourceHandle": "right", "label": "True"}],
     {"field": "said", "op": "contains", "value": "harga"}, {"true": "n4", "else": "n3"}),
    ("neither: the first", {"conditionType": "message_contains", "keyword": "harga"},
     [{"target": "n3"}, {"target": "n4"}],
     {"field": "said", "op": "contains", "value": "harga"}, {"true": "n3", "else": "n3"}),
    ("no edge for no", {"conditionType": "message_contains", "keyword": "harga"},
     [{"target": "n4", "sourceHandle": "true"}],
     {"field": "said", "op": "contains", "value": "harga"}, {"true": "n4", "else": "n4"}),
    *[(operator, {"conditionType": "variable_check", "variable": "kota", "operator": operator, "value": 5},
       [{"target": "n3", "sourceHandle": "true"}, {"target": "n4", "sourceHandle": "false"}],
       {"field": "kota", "op": op, "value": "5"}, {"true": "n3", "else": "n4"})
      for operator, op in (("equals", "is"), ("not_equals", "is_not"), ("contains", "contains"),
                           ("greater_than", "more"), ("less_than", "less"))],
    ("a variable of the contact", {"conditionType": "variable_check", "variable": "{{name}}", "operator": "equals",
                                   "value": "{{stage}}"},
     [{"target": "n3", "sourceHandle": "true"}, {"target": "n4", "sourceHandle": "false"}],
     {"field": "contact.name", "op": "is", "value": "{{session.stage}}"}, {"true": "n3", "else": "n4"}),
    ("an operator that is none", {"conditionType": "variable_check", "variable": "kota", "operator": "~"},
     [{"target": "n3", "sourceHandle": "true"}, {"target": "n4", "sourceHandle": "false"}],
     {"any": []}, {"true": "n3", "else": "n4"}),
]  # fmt: skip


@pytest.mark.parametrize(("label", "fields", "lines", "when", "ways"), FORKS, ids=[row[0] for row in FORKS])
def test_a_condition_is_one_of_ours(
    label: str, fields: dict[str, Any], lines: list[dict[str, Any]], when: Any, ways: dict[str, str]
) -> None:
    edges = [{"source": "n1", "target": "n2"}, *({"source": "n2", **line} for line in lines)]
    raw = drawn(data("start"), data("condition", **fields), HI, HI, edges=edges)
    assert node_of(raw)["data"] == {"branches": [{"exit": "true", "when": when}]}, label
    assert {exit_: target for (node, exit_), target in flow(raw).exits.items() if node == "n2"} == ways
    assert bool(notes(raw, "n2")) is (len(set(ways.values())) == 1 or when == {"any": []})


MATCHES: list[tuple[str, str, str, dict[str, bool]]] = [
    ("equal", "equal", "Ya", {"ya": True, " YA! ": True, "ya kak": False}),
    ("contains", "contains", "harga", {"Harga berapa?": True, "beli": False}),
    ("match, a word", "match", "harga", {"Harga berapa?": True, "beli": False}),
    ("match, several", "match", "(harga|price)", {"the Price": True, "harga": True, "beli": False}),
    ("match, a whole", "match", "^ya$", {"ya": True, "ya kak": False}),
    ("match, from the beginning", "match", "^ya", {"ya kak": True, "kak ya": False}),
    ("match, to the end", "match", "kak$", {"ya kak": True, "kak ya": False}),
    ("match, an expression", "match", "(a+)+$", {"aaaa": False}),
    ("no word", "contains", "  ", {"x": False, "": False}),
    ("a mark", "equal", "{{name}}", {"siti": True, "ali": False}),
    ("an unknown kind", "regexp", "x", {"x": False}),
]


@pytest.mark.parametrize(("label", "kind", "value", "expected"), MATCHES, ids=[row[0] for row in MATCHES])
def test_lines_with_tests(label: str, kind: str, value: str, expected: dict[str, bool]) -> None:
    raw = older(
        config("conditions"),
        config("send_message", text="fits"),
        config("send_message", text="else"),
        connections=[
            {"from": "n1", "to": "n3", "conditionType": "default"},
            {"from": "n1", "to": "n2", "conditionType": kind, "conditionValue": value},
        ],
    )
    for said, fits in expected.items():
        assert Ours(flow(raw)).says(said) == (["fits"] if fits else ["else"]), (label, said)


def test_what_fits_no_line_goes_by_the_default_else_by_the_first() -> None:
    lines = [
        {"from": "n1", "to": "n2", "conditionType": "equal", "conditionValue": "a"},
        {"from": "n1", "to": "n3", "conditionType": "equal", "conditionValue": "b"},
    ]
    nodes = [config("conditions"), *(config("send_message", text=text) for text in ("a", "b", "c"))]
    without = older(*nodes, connections=lines)
    assert [Ours(flow(without)).says(text) for text in "abx"] == [["a"], ["b"], ["a"]]
    assert notes(without, "n1") == ["it has no default: what fits none goes to 'n2', its first"]
    default = older(*nodes, connections=[*lines, {"from": "n1", "to": "n4", "conditionType": "default"}])
    assert [Ours(flow(default)).says(text) for text in "abx"] == [["a"], ["b"], ["c"]]


NAMES = [
    ("Hai {{name}} {{ nama }} {{Phone}}", "Hai {{contact.name}} {{contact.name}} {{contact.phone}}"),
    ("{{niche}} {{stage}} {{detail}}", "{{channel.niche}} {{session.stage}} {{session.detail}}"),
    ("{{contact.city}} {{kota}} {{nama toko}}", "{{contact.city}} {{kota}} {{nama_toko}}"),
    ("{{name|kak}} {name} {{}} {{!}}", "{{contact.name|kak}} {name} {{}} {{!}}"),
]


@pytest.mark.parametrize(("text", "expected"), NAMES)
def test_variables_are_called_as_they_are_here(text: str, expected: str) -> None:
    assert node_of(drawn(data("start"), data("message", message=text)))["data"]["text"] == expected


def test_a_variable_of_the_flow_s_own_comes_first() -> None:
    raw = drawn(
        data("start"),
        data("user_reply", variable="name", message="Nama?"),
        data("user_reply", variable="message"),
        data("message", message="Hai {{name}}, {{message}}"),
    )
    ada = Ours(flow(raw))
    assert [ada.says("hi"), ada.says("Ada"), ada.says("apa")] == [["Nama?"], [], ["Hai Ada, apa"]]


def test_what_was_written_last_is_known_after_models_and_delays() -> None:
    raw = drawn(
        data("start"),
        data("ai", prompt="x"),
        data("delay", delay=1),
        data("condition", conditionType="message_contains", keyword="harga"),
        data("message", message="RM5 {{message}}"),
        data("user_reply", variable="kota"),
        data("delay", delay=1),
        data("condition", conditionType="message_contains", keyword="KL"),
        data("end", message="dekat"),
        data("end", message="jauh"),
        edges=[
            *({"source": f"n{n}", "target": f"n{n + 1}"} for n in (1, 2, 3, 5, 6, 7)),
            {"source": "n4", "target": "n5", "sourceHandle": "true"},
            {"source": "n4", "target": "n10", "sourceHandle": "false"},
            {"source": "n8", "target": "n9", "sourceHandle": "true"},
            {"source": "n8", "target": "n10", "sourceHandle": "false"},
        ],
    )
    ada = Ours(flow(raw))
    assert ada.says("Harga berapa") == ["model: x", "1 s", "RM5 Harga berapa"]
    assert ada.says("di KL") == ["1 s", "dekat"]
    assert ada.says("apa") == ["model: x", "1 s", "jauh"]


def test_where_no_model_answers_the_sentence_is_said_and_the_flow_goes_on() -> None:
    raw = drawn(data("start"), data("ai", prompt="a"), data("ai", prompt="b"), data("message", message="c"))
    assert Ours(flow(raw), models=False).says("hi") == [SENTENCE, SENTENCE, "c"]
    assert Ours(flow(raw, fallback="Sorry.")).says("hi") == ["model: a", "model: b", "c"]
    alone = drawn(data("start"), data("ai", prompt="a"))
    assert Ours(flow(alone, fallback="Sorry."), models=False).says("hi") == ["Sorry."]
    assert {each.where for each in check(flow(raw))} == {"n4"}, "nothing is wrong with what the import adds"


def test_models_are_asked_at_the_provider_that_is_named() -> None:
    raw = drawn(data("start"), data("ai", prompt="a", model="openai/gpt-5-mini"))
    assert node_of(raw, provider="router")["data"]["model"] == "router/openai/gpt-5-mini"
    assert notes(raw, "n2") == ["its model 'openai/gpt-5-mini' is left out: the bot's models answer"]


UNKNOWN: list[tuple[str, Raw, str]] = [
    ("a type that is not known", data("sheet", row="{{a}}"), "sheet is not imported: this type is not known here"),
    ("no type", {"data": {"row": 1}}, "a node is not imported: it has no type"),
    ("a type that is no text", {"type": ["message"], "data": {}}, "a node is not imported: it has no type"),
    ("a message without words", data("message"), "message is not imported: it says nothing"),
    ("words that are none", data("message", message={"a": 1}), "message is not imported: it says nothing"),
    ("an image without an address", data("image"), "image is not imported: it has no file"),
    ("a file of this machine", data("image", url="file:///etc/passwd"),
     "image is not imported: its file has no http address ('file:///etc/passwd')"),
    ("a file within", data("image", url="data:image/png;base64,AA"),
     "image is not imported: its file has no http address ('data:image/png;base64,AA')"),
    ("a stage without a name", data("stage"), "stage is not imported: the stage has no name"),
    ("an api without an address", data("api"), "api is not imported: '' is no http address"),
    ("an address that is none", data("api", url="http://[x"), "api is not imported: 'http://[x' is no http address"),
    ("an address that somebody says", data("api", url="https://{{host}}/x"),
     "api is not imported: a variable would say whom it calls"),
    ("a method that is none", data("api", url=URL, method="BREW"), "api is not imported: its method is 'BREW'"),
    ("a condition without one", data("condition"), "condition is not imported: it has no condition"),
    ("a condition of another kind", data("condition", conditionType="llm"),
     "condition is not imported: 'llm' is no kind of condition here"),
    ("conditions without tests", config("conditions"), "conditions is not imported: its edges carry no conditions"),
    ("a second start", data("start", label="zwei"), "start is not imported: it is a second start"),
]  # fmt: skip


@pytest.mark.parametrize(("label", "node", "told"), UNKNOWN, ids=[row[0] for row in UNKNOWN])
def test_what_cannot_be_mapped_is_passed_by_and_keeps_what_it_was(label: str, node: Raw, told: str) -> None:
    raw = drawn(data("start"), node, HI)
    ours = node_of(raw)
    assert ours["type"] == "set"
    assert ours["data"]["label"].startswith("not imported: ")
    kept = json.loads(ours["data"]["variables"][NOT_IMPORTED])
    assert kept["data"] == node.get("data", node.get("config")), label
    assert told in notes(raw, "n2")
    assert Ours(flow(raw)).says("hi") == ["Hai!"]
    assert not [each for each in check(flow(raw)) if "nobody sets" in each.what], "its marks are not read"


ODD: list[tuple[str, Raw, str, str]] = [
    ("fields that nobody knows", data("message", message="a", buttons=["x"], color="red"), "n2",
     "its 'buttons' is not imported"),
    ("a delay that is no number", data("delay", delay="soon"), "n2",
     "its delay 'soon' is no number of seconds: 3 are taken"),
    ("no time", data("delay", delay=0), "n2", "0 seconds cannot be waited for: 1 are taken"),
    ("a lifetime", data("delay", delay=1e12), "n2", "1e+12 seconds cannot be waited for: 3.16224e+07 are taken"),
    ("a temperature that is none", data("ai", prompt="a", temperature=7), "n2",
     "its temperature 7 is not 0 to 2: left out"),
    ("no prompt", data("ai"), "n2", "it has no prompt of its own"),
    ("a mark that names nothing", data("message", message="{{!!}}"), "n2",
     "'{{!!}}' names nothing: it stays as it is"),
    ("a comparison with no number", data("condition", conditionType="variable_check", variable="a",
                                         operator="less_than", value="many"), "n2",
     "less_than of 'many', which is no number: it never holds"),
    ("headers that are none", data("api", url=URL, headers="x"), "n2", "its headers are no table: left out"),
    ("a deep body", data("api", url=URL, body="[" * 30 + "]" * 30), "n2",
     "its body is nested deeper than 20: it is sent as text"),
    ("data that is no table", {"type": "message", "data": ["x"]}, "n2", 'its data is no table (["x"])'),
]  # fmt: skip


@pytest.mark.parametrize(("label", "node", "where", "told"), ODD, ids=[row[0] for row in ODD])
def test_what_is_not_as_it_was_is_told(label: str, node: Raw, where: str, told: str) -> None:
    assert told in notes(drawn(data("start"), node, HI), where), label


def test_edges_that_lead_nowhere_or_are_never_taken_are_named() -> None:
    raw = drawn(data("start"), HI, HI)
    raw["edges"] += [
        {"id": "x", "source": "n1", "target": "n9"},
        {"id": "y", "source": "n8", "target": "n1"},
        {"id": "l1", "source": "n1", "target": "n3"},
        "edge",
    ]
    assert notes(raw) == [
        "its edge x leads to 'n9', which is not there: left out",
        "its edge y leads from 'n8', which is not there: left out",
        "is no table (edge): left out",
        "its edge to 'n3' is never taken: left out",
    ]
    assert Ours(flow(raw)).says("hi") == ["Hai!", "Hai!"]


BEGINS: list[tuple[str, list[Raw], str, list[str]]] = [
    ("the one that no edge leads to", [{"from": "n2", "to": "n1"}, {"from": "n1", "to": "n3"}], "n2", []),
    ("several", [{"from": "n2", "to": "n3"}], "n1",
     ["no edge leads here, and the flow begins at 'n1': it is never reached"]),
    ("none", [{"from": "n1", "to": "n2"}, {"from": "n2", "to": "n3"}, {"from": "n3", "to": "n1"}], "n1",
     ["every node has an edge that leads to it: the flow begins at the first one"]),
]  # fmt: skip


@pytest.mark.parametrize(("label", "lines", "first", "told"), BEGINS, ids=[row[0] for row in BEGINS])
def test_where_a_flow_without_a_start_begins(label: str, lines: list[Raw], first: str, told: list[str]) -> None:
    nodes = [config("waiting_reply"), config("send_message", text="b"), config("waiting_reply")]
    raw = older(*nodes, connections=lines)
    found = flow(raw)
    assert found.leads_to("start", "next") == first, label
    assert notes(raw) == told


WRAPPED = drawn(data("start"), HI)
WRAPPINGS: list[tuple[str, Any]] = [
    ("as it is", WRAPPED),
    ("as JSON", json.dumps(WRAPPED)),
    ("as bytes", json.dumps(WRAPPED).encode()),
    ("a string in nodes_data", {"nodes_data": json.dumps(WRAPPED)}),
    ("a table in nodes_data", {"id": 7, "nodes_data": {"nodes": WRAPPED["nodes"], "edges": WRAPPED["edges"]}}),
    ("lists of their own", {"nodes_data": WRAPPED["nodes"], "edges_data": WRAPPED["edges"]}),
    ("strings of their own", {"nodes_data": json.dumps(WRAPPED["nodes"]), "edges_data": json.dumps(WRAPPED["edges"])}),
    ("rows of one", [{"nodes_data": json.dumps(WRAPPED)}]),
    ("a string in a string", json.dumps(json.dumps(WRAPPED))),
]


@pytest.mark.parametrize(("label", "raw"), WRAPPINGS, ids=[row[0] for row in WRAPPINGS])
def test_whatever_the_flow_is_wrapped_in(label: str, raw: Any) -> None:
    found = converted(json.dumps(raw) if isinstance(raw, list) else raw, name="Madu")
    assert found == converted(WRAPPED), label


def _in_strings(times: int) -> Any:
    raw: Any = WRAPPED
    for _ in range(times):
        raw = {"nodes_data": json.dumps(raw)}
    return raw


HOSTILE: list[tuple[str, Any, str]] = [
    ("nothing", "", "it is not JSON"),
    ("no JSON", "{nodes: [", "it is not JSON"),
    ("no UTF-8", b"\xff\xfe", "it is not JSON"),
    ("too deep", "[" * 100_000, "it is not JSON"),
    ("a list", "[1]", "is no table"),
    ("a number", "7", "a flow is a table"),
    ("no nodes", "{}", "it has no nodes"),
    ("one of ours", '{"format": 1, "nodes": [{"id": "a", "type": "start"}]}', "of this platform already"),
    ("an empty list", '{"nodes": []}', "it has no nodes"),
    ("nodes that are a number", '{"nodes": 5}', "its nodes are no list"),
    ("several flows", json.dumps([WRAPPED, WRAPPED]), "it holds 2 flows"),
    ("strings in strings", _in_strings(6), "too deep"),
    ("too large", " " * 5_000_001, "larger than"),
    ("too many nodes", {"nodes": [{"id": n, "type": "start"} for n in range(5001)]}, "at most 5000"),
    ("too many edges", {"nodes": [{"id": "a"}], "edges": [{}] * 20_001}, "it has 20001 edges"),
    ("too many with the start", {"nodes": [{"id": n, "type": "delay"} for n in range(5000)]}, "it comes to 5001 nodes"),
    ("a number beyond all", '{"nodes": [{"id": %s}]}' % ("1" * 5000), "it is not JSON"),
    ("what is no JSON at all", {"nodes": [object()]}, "it is not JSON"),
]


@pytest.mark.parametrize(("label", "raw", "told"), HOSTILE, ids=[row[0] for row in HOSTILE])
def test_what_is_no_flow_is_refused_in_words(label: str, raw: Any, told: str) -> None:
    found = converted(raw)
    assert found.document is None, label
    assert any(told in each.what for each in found.notes), found.notes
    assert label == "a list" or found.notes[-1].level == "error"


def test_nodes_that_share_an_id_are_told_apart() -> None:
    raw = drawn(data("start"), HI)
    raw["nodes"].append({"id": "n2", "type": "message", "data": {"message": "zwei"}})
    assert Ours(flow(raw)).says("x") == ["Hai!"]
    assert "n2_2" in flow(raw).nodes
    assert notes(raw, "n2_2") == ["is a second node with the id 'n2': edges lead to the first one"]


def test_names_of_ours_that_are_taken_are_given_way_to() -> None:
    raw = {
        "nodes": [
            {"id": "no_answer", "type": "ai", "data": {"prompt": "a"}},
            {"id": "start", "type": "condition", "data": {"conditionType": "message_contains", "keyword": "a"}},
            {"id": "start_said", "type": "message", "data": {"message": "ja"}},
        ],
        "edges": [
            {"source": "no_answer", "target": "start"},
            {"source": "start", "target": "start_said", "label": "yes"},
        ],
    }
    assert Ours(flow(raw)).says("a") == ["model: a", "ja"]
    assert Ours(flow(raw), models=False).says("a") == [SENTENCE, "ja"]


def test_five_thousand_nodes_are_read_in_one_go() -> None:
    nodes = [data("start"), *(HI for _ in range(4998)), data("end")]
    found = converted(drawn(*nodes))
    assert found.notes == []
    assert found.document is not None
    assert len(found.document["nodes"]) == 5000


def test_circles_are_for_the_check_to_find() -> None:
    raw = drawn(data("start"), HI, HI)
    raw["edges"].append({"source": "n3", "target": "n2"})
    assert [each.level for each in check(flow(raw))] == ["error", "error"]
