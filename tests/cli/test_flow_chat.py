"""`turnkeeper flow chat`: what is typed is played, what the flow asks of models is asked at the terminal."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from turnkeeper.cli.commands import app
from turnkeeper.llm.base import ChatModel, ReadFile
from turnkeeper.llm.providers import registry
from turnkeeper.model.llm import ChatAnswer, ChatRequest, Usage
from turnkeeper.testing.fake_graph.samples import JPEG
from turnkeeper.testing.virtual_time import VirtualTimeLoop

run = CliRunner()
WELCOME = Path(__file__).parents[2] / "examples" / "welcome" / "welcome.json"
FLOW: dict[str, Any] = {
    "name": "shop",
    "nodes": [
        {"id": "start", "type": "start", "data": {}},
        {"id": "ask", "type": "ask", "data": {"text": "What would you like?", "save": "wish"}},
        {"id": "price", "type": "http", "data": {"url": "https://shop.example/{{wish}}", "keep": {"sum": "sum"}}},
        {"id": "photo", "type": "ask", "data": {"text": "{{sum}} rupees. A photo?", "wants": "media"}},
        {"id": "wait", "type": "delay", "data": {"seconds": 72000}},
        {"id": "ai", "type": "ai", "data": {"prompt": "Say thanks."}},
        {"id": "end", "type": "end", "data": {"text": "Bye."}},
    ],
    "edges": [
        {"source": one, "target": other}
        for one, other in [
            ("start", "ask"), ("ask", "price"), ("price", "photo"), ("photo", "wait"), ("wait", "ai"), ("ai", "end"),
        ]
    ],
}  # fmt: skip


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop.json").write_text(json.dumps(FLOW), "utf-8")
    return "shop.json"


def typed(flow: str, *lines: str, options: tuple[str, ...] = ()) -> list[str]:
    done = run.invoke(app, ["flow", "chat", flow, *options], input="\n".join(lines) + "\n")
    assert (done.exit_code, done.stderr, done.exception) == (0, "", None)
    return done.stdout.splitlines()


def test_choices_are_numbered_and_time_passes_when_told() -> None:
    lines = typed(str(WELCOME), "hello", "Ada", "1", "4", "", "/quit", "never read")
    assert lines == [
        "< Hi, this is Café Merdeka. What is your name?",
        "< What can we do for you, Ada?", "    [1] Book a table", "    [2] Opening hours", "    [3] Ask something",
        "< For how many people?",
        "< On which day?", "# something is due in 1h: an empty line goes there",
        "< Your table is not booked yet. Write *menu* when you want to go on.",
    ]  # fmt: skip


def test_a_number_is_a_number_where_nothing_is_offered() -> None:
    assert typed(str(WELCOME), "hello", "Ada", "/button Book a table", "1")[-2] == "< On which day?"


def test_what_a_flow_asks_is_asked_here_and_kept_as_a_script(shop: str, tmp_path: Path) -> None:
    (tmp_path / "cake.jpg").write_bytes(b"\xff\xd8\xff\xe0 a cake")
    lines = typed(
        shop, "hi", "cake", '{"sum": 70}', "/image cake.jpg mine", "~ 20h", "Thank you!", "/save talk.script",
    )  # fmt: skip
    assert lines[:3] == [
        "< What would you like?",
        "! GET https://shop.example/cake was called. What does it give? (JSON or words; `==` it fails)",
        "< 70 rupees. A photo?",
    ]
    assert "! A model is asked. Its task:" in lines
    assert lines[-3:] == ["< Thank you!", "< Bye.", "# kept in talk.script"]
    kept = (tmp_path / "talk.script").read_text("utf-8")
    assert kept.splitlines()[2:5] == ["> cake", '= {"sum": 70}', "< 70 rupees. A photo?"]
    assert "! Thank you!" in kept.splitlines()
    again = run.invoke(app, ["flow", "run", shop, "talk.script", "--expect"])
    assert (again.exit_code, again.stdout) == (0, kept)


ODD = [
    ("a file that is not there", "/image none.jpg", "# there is no file none.jpg"),
    ("a button that is not there", "/button Yes", "# 'Yes' is not offered: nothing is"),
    ("no time", "~ soon", "# 'soon' is no time: write it like '~ 90s', '~ 3h' or '~ 2d 4h'"),
    ("no command", "/dance", "# '>dance' is none of >button"),
    ("nothing is due", "", "# nothing is due; /help tells what can be typed"),
    ("no payment", "/paid", "# nobody has asked for a payment"),
    ("nobody has it", "/back", "# nobody has taken the conversation over"),
    ("no file to save to", "/save", "# write /save and the name of a file"),
    ("nowhere to save to", "/save nowhere/at/all", "# [Errno 2]"),
    ("help", "/help", "# Type what the person writes."),
]


@pytest.mark.parametrize(("label", "line", "words"), ODD, ids=[row[0] for row in ODD])
def test_whatever_is_typed_the_talk_goes_on(shop: str, label: str, line: str, words: str) -> None:
    lines = typed(shop, line, "hi")
    assert lines[0].startswith(words)
    assert lines[-1] == "< What would you like?"


def test_words_after_a_space_are_words(shop: str) -> None:
    assert "GET https://shop.example/~%203h was called" in "\n".join(typed(shop, "hi", " ~ 3h", "=="))


def test_a_model_that_nobody_answers_for(shop: str) -> None:
    lines = typed(shop, "hi", "cake", "70", "/image", "~20h")
    assert lines[-1] == "# a person has the conversation from here on"
    assert typed(shop, "hi", "cake", "70", "/image", "~20h", "!oops", "! fine")[-2:] == ["< fine", "< Bye."]


def test_the_way_through_the_flow(shop: str) -> None:
    assert "# · ask (ask): asks for text" in typed(shop, "hi", options=("--trace",))


TOML = """
[providers.router]
kind = "openrouter"
api_key = "key"
[channels.shop]
kind = "whatsapp_cloud"
bot = "helper"
phone_number_id = "1"
waba_id = "2"
access_token = "env:NOT_SET"
app_secret = "s"
verify_token = "v"
[bots.helper]
kind = "agent"
prompt = "You help."
models = ["router/some/model"]
"""
OTHER = """[bots.other]
kind = "agent"
prompt = "You help."
models = ["router/some/model"]
"""


class Slow:
    """A provider and its model; it answers in real time, and reads the files that it is sent."""

    takes_images = True
    takes_documents = False

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.read: list[bytes] = []
        self.is_closed = False

    def model(self, *_: Any) -> ChatModel:
        return self

    async def ask(self, request: ChatRequest, read: ReadFile) -> ChatAnswer:
        assert not isinstance(asyncio.get_running_loop(), VirtualTimeLoop), "where no second is a second"
        self.asked.append(request.instructions)
        for said in request.messages:
            self.read += [await read(file) for file in getattr(said, "files", ())]
        await asyncio.sleep(0.01)
        return ChatAnswer(f"You are {len(self.asked)}.", "slow", Usage(1, 1))

    async def close(self) -> None:
        self.is_closed = True


TALK = ("hi", "cake", "70", "/image", "~20h")


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Slow:
    slow = Slow()
    monkeypatch.setattr(registry, "open_provider", lambda _: slow)
    return slow


def test_models_of_a_configuration_answer(shop: str, tmp_path: Path, slow: Slow) -> None:
    (tmp_path / "turnkeeper.toml").write_text(TOML, "utf-8")
    assert typed(shop, *TALK)[-2:] == ["< You are 1.", "< Bye."]
    assert "Say thanks." in slow.asked[0]
    assert slow.is_closed
    assert typed(shop, *TALK, "Typed.", options=("--offline",))[-2:] == ["< Typed.", "< Bye."]
    assert len(slow.asked) == 1, "offline asks nobody"


def test_models_that_look_at_pictures(tmp_path: Path, slow: Slow) -> None:
    (tmp_path / "turnkeeper.toml").write_text(TOML, "utf-8")
    (tmp_path / "cake.jpg").write_bytes(JPEG)
    looks = {**FLOW, "nodes": [FLOW["nodes"][0], FLOW["nodes"][-2]], "edges": [{"source": "start", "target": "ai"}]}
    (tmp_path / "looks.json").write_text(json.dumps(looks), "utf-8")
    picture = f"/image {tmp_path / 'cake.jpg'} what is it?"
    config = ("-c", str(tmp_path / "turnkeeper.toml"))
    assert typed(str(tmp_path / "looks.json"), picture, options=config) == ["< You are 1."]
    assert slow.read == [JPEG]


def test_whose_models(shop: str, tmp_path: Path, slow: Slow) -> None:
    (tmp_path / "turnkeeper.toml").write_text(TOML + OTHER, "utf-8")
    done = run.invoke(app, ["flow", "chat", shop], input="hi\n")
    words = "turnkeeper: several bots ask models: say which with --bot (helper, other)\n"
    assert (done.exit_code, done.stderr) == (1, words)
    done = run.invoke(app, ["flow", "chat", shop, "--bot", "nobody"], input="hi\n")
    assert "no bot 'nobody' asks models. Bots that do: helper, other" in done.stderr
    assert typed(shop, *TALK, options=("--bot", "other"))[-1] == "< Bye."
    assert len(slow.asked) == 1
