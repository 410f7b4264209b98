"""`turnkeeper flow check|draw`: what is wrong in a file is told with its place and its mend; pictures can be read."""

import json
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner

from turnkeeper.app.flow_drawing import LOOKS, diagram_of, span
from turnkeeper.cli.commands import app
from turnkeeper.flows.nodes import TYPES
from turnkeeper.flows.reading import read

run = CliRunner()
WELCOME = Path(__file__).parents[2] / "examples" / "welcome" / "welcome.json"


def document(*nodes: dict[str, Any], edges: list[dict[str, Any]] | None = None, **settings: Any) -> dict[str, Any]:
    return {"format": 1, "name": "small", "nodes": [*nodes], "edges": edges or [], **settings}


def node(id_: str, type_: str, **data: Any) -> dict[str, Any]:
    return {"id": id_, "type": type_, "data": data}


GOOD = document(node("start", "start"), node("hello", "end", text="Hi"), edges=[{"source": "start", "target": "hello"}])


@pytest.fixture
def place(tmp_path: Path) -> Any:
    def put(name: str, content: Any) -> str:
        file = tmp_path / name
        file.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
        return str(file)

    return put


def test_a_flow_without_problems(place: Any) -> None:
    done = run.invoke(app, ["flow", "check", place("good.json", GOOD)])
    assert done.exit_code == 0
    assert done.output.endswith("good.json (2 nodes): fine\n")


def test_problems_stand_with_their_place_and_mend(place: Any) -> None:
    bad = {**GOOD, "nodes": [*GOOD["nodes"], node("lost", "message", text="")], "edges": []}
    done = run.invoke(app, ["flow", "check", place("bad.json", bad)])
    assert done.exit_code == 1
    assert "bad.json (3 nodes): 2 errors, 3 warnings" in done.output
    assert "  error   start: its exit 'next' leads nowhere. Draw an edge from it." in done.output
    assert "  error   lost: it says nothing: add a text or a file." in done.output
    assert "  warning lost: nothing leads here. Draw an edge to it, or remove it." in done.output


def test_the_limits_of_a_file_are_those_of_whatsapp() -> None:
    from turnkeeper.app.flow_files import BUTTON_LIMIT, PART_LIMITS, TEXT_LIMIT
    from turnkeeper.app.flow_library import _part_limits
    from turnkeeper.channels.whatsapp_cloud.limits import LIMITS

    assert LIMITS.buttons is not None
    assert (LIMITS.text, LIMITS.buttons.title, _part_limits([LIMITS])) == (TEXT_LIMIT, BUTTON_LIMIT, PART_LIMITS)


def test_warnings_alone_are_no_failure(place: Any) -> None:
    loose = {**GOOD, "nodes": [*GOOD["nodes"], node("lost", "end", text="x")]}
    done = run.invoke(app, ["flow", "check", place("loose.json", loose)])
    assert (done.exit_code, "1 warning" in done.output) == (0, True)


UNREADABLE = [
    ("no JSON", "{", "it is not JSON"),
    ("no table", "[]", "a flow is a table"),
    ("a type that is none", document(node("a", "dance")), "a: 'dance' is not a type of node. Known: ai, ask,"),
    ("an edge to nowhere", document(edges=[{"id": "e", "source": "a", "target": "b"}]), "edge e: there is no node 'a'"),
]


@pytest.mark.parametrize(("label", "content", "words"), UNREADABLE, ids=[row[0] for row in UNREADABLE])
def test_what_is_no_flow(place: Any, label: str, content: Any, words: str) -> None:
    file = place("bad.json", content)
    done = run.invoke(app, ["flow", "check", file])
    assert done.exit_code == 1
    assert words in done.output
    drawn = run.invoke(app, ["flow", "draw", file])
    assert drawn.exit_code == 1
    assert words in drawn.stderr


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    done = run.invoke(app, ["flow", "check", str(tmp_path / "none.json")])
    assert done.exit_code == 1
    assert "none.json: No such file or directory" in done.stderr


def test_json_for_programs(place: Any) -> None:
    done = run.invoke(app, ["flow", "check", "--json", place("good.json", GOOD), place("bad.json", "{")])
    good, bad = json.loads(done.stdout)
    assert done.exit_code == 1
    assert (good["flow"], good["nodes"], good["ok"], good["problems"]) == ("small", 2, True, [])
    assert (bad["flow"], bad["ok"]) == (None, False)
    what = "it is not JSON: Input data was truncated"
    assert bad["problems"] == [{"where": "", "problem": what, "mend": "", "level": "error"}]


def test_flows_that_call_each_other_are_checked_together(place: Any) -> None:
    calls = document(
        node("start", "start"), node("in", "flow", flow="other"), edges=[{"source": "start", "target": "in"}]
    )
    caller, good = place("caller.json", calls), place("good.json", GOOD)
    alone = run.invoke(app, ["flow", "check", caller])
    assert alone.exit_code == 0
    assert "in: goes into the flow 'other', which was not looked at. Name its file too." in alone.output
    together = run.invoke(app, ["flow", "check", caller, good])
    assert "in: there is no flow 'other'" in together.output
    assert run.invoke(app, ["flow", "check", caller, place("other.json", {**GOOD, "name": "other"})]).exit_code == 0


def test_checking_needs_little() -> None:
    code = (
        "import sys; from turnkeeper.cli import main\n"
        "heavy = ('turnkeeper.config', 'apsw', 'phonenumbers', 'asyncio')\n"
        "try: main()\n"
        "finally: print([each for each in heavy if each in sys.modules])"
    )
    command = [sys.executable, "-c", code, "flow", "check", str(WELCOME)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.splitlines() == [f"{WELCOME} (12 nodes): fine", "[]"], "it is to answer at once"


def test_every_type_of_node_has_a_look() -> None:
    assert LOOKS.keys() == TYPES.keys()


def test_a_picture_holds_every_node_and_exit(tmp_path: Path) -> None:
    file = tmp_path / "welcome.svg"
    assert run.invoke(app, ["flow", "draw", str(WELCOME), "-o", str(file)]).exit_code == 0
    texts = [each.text for each in ET.parse(file).iter("{http://www.w3.org/2000/svg}text")]
    assert {"The menu", "Book a table", "How many", "no answer in 1 h", "person, orang", "not understood"} <= {*texts}
    assert run.invoke(app, ["flow", "draw", str(WELCOME)]).stdout == file.read_text("utf-8")


def test_mermaid_where_it_is_wanted(tmp_path: Path) -> None:
    file = tmp_path / "welcome.mmd"
    assert run.invoke(app, ["flow", "draw", str(WELCOME), "-o", str(file)]).exit_code == 0
    assert file.read_text("utf-8").startswith('---\ntitle: "welcome"')
    assert 'menu -->|"Book a table"| ' in file.read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--format", "png"], "png is none of svg, mermaid"),
        (["-o", "/nowhere/at/all.svg"], "No such file"),
        (["-o", "a.png"], "a.png: .svg and .mmd can be drawn"),
    ],
)
def test_pictures_that_cannot_be(arguments: list[str], words: str) -> None:
    done = run.invoke(app, ["flow", "draw", str(WELCOME), *arguments])
    assert done.exit_code == 2
    assert words in done.stderr


def test_arrows_and_boxes_tell_what_they_do() -> None:
    drawn = diagram_of(
        read(
            document(
                node(
                    "s", "start", triggers=[{"kind": "event", "event": "paid"}, {"kind": "schedule", "cron": "0 9 *"}]
                ),
                node("lot", "split", shares=[{"exit": "a", "share": 1}, {"exit": "b", "share": 3}]),
                node("w", "wait", seconds=90, label="Waiting"),
                node("call", "http", url="https://x.example/y"),
                edges=[
                    {"source": "s", "target": "lot"},
                    {"source": "lot", "sourceHandle": "b", "target": "w"},
                    {"source": "w", "sourceHandle": "no_answer", "target": "call"},
                    {"source": "call", "sourceHandle": "failed", "target": "s"},
                ],
                fallback={"person": True},
            )
        )
    )
    boxes = {each.id: (each.kind, each.above, each.label, each.below) for each in drawn.nodes}
    assert boxes["s"] == ("event", "Start", "event paid", "at 0 9 *")
    assert boxes["w"] == ("timer", "Wait for a reply", "Waiting", "at most 90 s")
    assert boxes["call"] == ("call", "HTTP call", "GET https://x.example/y", "")
    assert [(each.label, each.kind) for each in drawn.edges] == [
        ("", "solid"), ("b (75%)", "solid"), ("no answer in 90 s", "dashed"), ("failed", "dashed"), ("", "dashed"),
    ]  # fmt: skip
    assert drawn.edges[-1].target == next(each.id for each in drawn.nodes if each.kind == "person")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(3.0, "3 s"), (0.5, "0.5 s"), (90.0, "90 s"), (120.0, "2 min"), (7200.0, "2 h"), (86400.0 * 3, "3 d")],
)
def test_spans(seconds: float, words: str) -> None:
    assert span(seconds) == words


def script(folder: Path, text: str, name: str = "a.script") -> str:
    file = folder / name
    file.write_text(text, "utf-8")
    return str(file)


def test_a_transcript(tmp_path: Path) -> None:
    done = run.invoke(app, ["flow", "run", str(WELCOME), script(tmp_path, "# booking\n> hello\n> Ada\n")])
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "# booking", "> hello", "< Hi, this is Café Merdeka. What is your name?", "> Ada",
        "< What can we do for you, Ada?", "<button Book a table", "<button Opening hours", "<button Ask something",
    ]  # fmt: skip


def test_what_was_expected(tmp_path: Path) -> None:
    good = script(tmp_path, "> hello\n<~ your name?\n")
    done = run.invoke(app, ["flow", "run", str(WELCOME), good, "--expect"])
    assert (done.exit_code, done.stderr) == (0, f"{good}: as expected\n")
    assert done.stdout == "> hello\n< Hi, this is Café Merdeka. What is your name?\n"


def test_what_was_not_expected(tmp_path: Path) -> None:
    good, bad = script(tmp_path, "> hello\n<~ your name?"), script(tmp_path, "> hello\n< Who?\n", "b.script")
    done = run.invoke(app, ["flow", "run", str(WELCOME), good, bad, "--expect"])
    assert done.exit_code == 1
    assert done.stderr == f"{good}: as expected\n{bad}: not as expected\n"
    assert done.stdout.splitlines()[3:] == [
        f"# {bad}", "  > hello", "- < Who?    (line 2)", "+ < Hi, this is Café Merdeka. What is your name?",
    ]  # fmt: skip
    assert run.invoke(app, ["flow", "run", str(WELCOME), bad]).exit_code == 0, "nothing was to be compared"


def test_a_line_that_cannot_be_played(tmp_path: Path) -> None:
    bad = script(tmp_path, "> hello\n>button Yes\n")
    done = run.invoke(app, ["flow", "run", str(WELCOME), bad])
    assert (done.exit_code, done.stderr) == (1, f"{bad}: line 2: 'Yes' is not offered: nothing is\n")


def test_scripts_that_are_none(tmp_path: Path) -> None:
    bad = script(tmp_path, "hello\n~ soon\n")
    done = run.invoke(app, ["flow", "run", str(WELCOME), bad])
    assert done.exit_code == 1
    assert f"turnkeeper: {bad}:1: 'hello' begins with none of" in done.stderr
    assert f"turnkeeper: {bad}:2: 'soon' is no time" in done.stderr
    binary = tmp_path / "binary.script"
    binary.write_bytes(b"> \xff")
    done = run.invoke(app, ["flow", "run", str(WELCOME), str(binary)])
    assert (done.exit_code, "it is not text in UTF-8" in done.stderr) == (1, True)


def test_the_example_says_what_its_scripts_say() -> None:
    scripts = sorted(map(str, WELCOME.parent.glob("*.script")))
    assert len(scripts) == 2
    done = run.invoke(app, ["flow", "run", str(WELCOME), *scripts, "--expect"])
    assert (done.exit_code, done.stderr.count(": as expected")) == (0, 2)


def test_the_tests_of_the_example_pass() -> None:
    tests = runpy.run_path(str(WELCOME.with_name("test_welcome.py")))
    tests["test_nothing_is_wrong_in_it"]()
    tests["test_it_goes_as_the_script_says"]("asking.script")


def test_the_way_through_the_flow(tmp_path: Path) -> None:
    done = run.invoke(app, ["flow", "run", str(WELCOME), script(tmp_path, "> hello"), "--trace"])
    assert "# · The name (ask): asks for text" in done.stdout


def test_a_run_for_programs(tmp_path: Path) -> None:
    done = run.invoke(app, ["flow", "run", str(WELCOME), script(tmp_path, "> hello\n< Who?"), "--json"])
    (told,) = json.loads(done.stdout)
    assert told["transcript"][0] == "> hello"
    assert told["difference"][1] == "- < Who?    (line 2)"
    assert told["problems"] == []


def test_flows_that_a_flow_goes_into(place: Any, tmp_path: Path) -> None:
    calls = document(
        node("start", "start"),
        node("in", "flow", flow="other"),
        node("back", "end", text="Back."),
        edges=[{"source": "start", "target": "in"}, {"source": "in", "target": "back"}],
    )
    files = [place("caller.json", calls), script(tmp_path, "> hello\n< Hi\n< Back.")]
    other = place("other.json", {**GOOD, "name": "other"})
    assert run.invoke(app, ["flow", "run", *files, "--with", other, "--expect"]).exit_code == 0
    without = run.invoke(app, ["flow", "run", *files, "--expect"])
    assert without.exit_code == 1
    assert without.stderr.startswith("in: goes into the flow 'other', which was not looked at. Name its file too: --wi")


ORIGINAL = {
    "nodes": [
        {"id": "1", "type": "start", "data": {}},
        {"id": "2", "type": "message", "data": {"message": "Halo"}},
        {"id": "3", "type": "juggle", "data": {}},
    ],
    "edges": [{"source": "1", "target": "2"}, {"source": "2", "target": "3"}],
}


def test_a_flow_of_the_original(place: Any, tmp_path: Path) -> None:
    file = tmp_path / "flow.json"
    done = run.invoke(app, ["flow", "import", place("original.json", ORIGINAL), "-o", str(file), "--name", "halo"])
    assert (done.exit_code, done.stdout) == (0, "")
    assert "juggle is not imported" in done.stderr
    assert read(file.read_bytes()).name == "halo"
    assert len(file.read_text("utf-8").splitlines()) > len(read(file.read_bytes()).nodes), "a line for each node"
    assert run.invoke(app, ["flow", "check", str(file)]).exit_code == 0


def test_what_is_no_flow_of_the_original(place: Any) -> None:
    done = run.invoke(app, ["flow", "import", place("original.json", "[1]")])
    assert (done.exit_code, done.stdout) == (1, "")
    assert "error   it has no nodes." in done.stderr
