"""`turnkeeper bot …`: what it lists and draws, and what the doctor makes of the same code."""

import json
import uuid
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner, Result

from turnkeeper.app.drawing import examine_code
from turnkeeper.cli.commands import app
from turnkeeper.config import load
from turnkeeper.model.errors import ConfigurationError

run = CliRunner()
TOML = """
[bots.dinners]
kind = "python"
entry = "{module}:bot"
[bots.prompted]
kind = "agent"
models = ["router/model"]
prompt = "You help."
[bots.broken]
kind = "python"
entry = "{module}:nothing"
[providers.router]
kind = "openrouter"
api_key = "env:NOT_THERE"
"""
CODE = """
from turnkeeper import Bot, Turn
bot = Bot("dinners")
@bot.stage("welcome", first=True, to=({to}))
async def welcome(turn: Turn) -> None:
    turn.stage = "booking"
@bot.stage("booking")
async def booking(turn: Turn) -> None:
    await turn.step("book", str, effect=True)
@bot.undo("{undo}")
async def unbook(turn: Turn, result: str) -> None: ...
"""


def place(folder: Path, to: str = '"booking",', undo: str = "book") -> Path:
    """A configuration beside a bot's module; its name is new each time, as modules stay imported."""
    module = f"drawn_{uuid.uuid4().hex}"
    (folder / f"{module}.py").write_text(CODE.format(to=to, undo=undo), "utf-8")
    config = folder / "turnkeeper.toml"
    config.write_text(TOML.format(module=module), "utf-8")
    return config


def bot(config: Path, *arguments: str, status: int = 0) -> Result:
    """The command; raises what it raised."""
    done = run.invoke(app, ["bot", *arguments, "--config", str(config)])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == status, done.output
    return done


def test_the_list_names_stages_models_and_what_is_broken(tmp_path: Path) -> None:
    lines = bot(config := place(tmp_path), "list").stdout.splitlines()
    assert lines[0].endswith(":bot  stages: welcome, booking  answers no channel")
    assert lines[1] == "prompted  agent  router/model  answers no channel"
    assert "has no nothing" in lines[2] or "is nothing" in lines[2]
    told = json.loads(bot(config, "list", "--json").stdout)
    assert [(each["bot"], each["stages"]) for each in told[:2]] == [
        ("dinners", ["welcome", "booking"]),
        ("prompted", None),
    ]


def test_a_bot_is_drawn_in_the_format_of_the_file_or_of_the_option(tmp_path: Path) -> None:
    config, file = place(tmp_path), tmp_path / "out.svg"
    bot(config, "draw", "dinners", "-o", str(file))
    root = ET.parse(file).getroot()
    assert {each.text for each in root.iter("{http://www.w3.org/2000/svg}text")} == {"dinners", "welcome", "booking"}
    assert bot(config, "draw", "dinners").stdout == file.read_text("utf-8")
    assert "flowchart TD" in bot(config, "draw", "dinners", "--format", "mermaid").stdout
    alone = tmp_path / "alone.toml"
    alone.write_text(config.read_text("utf-8").partition("[bots.prompted]")[0], "utf-8")
    assert bot(alone, "draw").stdout == file.read_text("utf-8")
    bot(config, "draw", "dinners", "-o", str(tmp_path / "out.json"))
    told: dict[str, Any] = json.loads((tmp_path / "out.json").read_text("utf-8"))
    assert told["moves"] == [{"from": "welcome", "to": "booking", "when": None, "written": True}]
    assert (told["first"], told["undos"]) == ("welcome", ["book"])


@pytest.mark.parametrize(
    "arguments, status, words",
    [
        (["draw", "nobody"], 1, "there is no bot nobody. Bots: dinners, prompted, broken."),
        (["draw"], 1, "which bot? In Python: dinners, broken."),
        (["draw", "prompted"], 1, 'bot prompted is of kind "agent": only bots in Python have stages to draw.'),
        (["draw", "dinners", "--format", "png"], 2, "png is none of svg, mermaid, json"),
        (["draw", "dinners", "-o", "/nowhere/at/all.svg"], 2, "No such file or directory"),
    ],
)
def test_what_cannot_be_drawn(tmp_path: Path, arguments: list[str], status: int, words: str) -> None:
    done = bot(place(tmp_path), *arguments, status=status)
    assert words in " ".join(done.stderr.replace("│", " ").split())


def test_to_names_a_stage_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as raised:
        bot(place(tmp_path, '"booking", "pay"'), "draw", "dinners")
    assert "goes to 'pay', which is no stage" in raised.value.problem
    assert raised.value.mend == "write @bot.stage('pay'), or take it out of the `to` of 'welcome'"


@pytest.mark.parametrize(
    "to, undo, state, detail",
    [
        ('"booking",', "book", "ok", "can be imported"),
        ("", "book", "warning", "stage 'welcome' goes to 'booking', which its `to` does not allow"),
        ('"booking",', "boook", "warning", "there is an undo of the step 'boook', which no stage takes"),
    ],
)
def test_the_doctor_reads_the_code(tmp_path: Path, to: str, undo: str, state: str, detail: str) -> None:
    settings = load(place(tmp_path, to, undo), secrets=False)
    link = examine_code(settings, "dinners", "dinners:bot")
    assert link.state == state
    assert detail in link.detail
    assert (link.mend == "") is (state == "ok")


@pytest.mark.parametrize("handler, state", [("", "warning"), ('@bot.on("payment.paid")\n', "ok")])
def test_the_doctor_warns_of_money_that_nobody_answers(tmp_path: Path, handler: str, state: str) -> None:
    config = place(tmp_path)
    (module,) = tmp_path.glob("drawn_*.py")
    with module.open("a", encoding="utf-8") as file:
        file.write(
            '@bot.stage("pay")\nasync def pay(turn: Turn) -> None:\n    await turn.payment_link((9, "EUR"), "a seat")\n'
            f"{handler}async def paid(turn: Turn, event: object) -> None: ...\n"
        )
    link = examine_code(load(config, secrets=False), "dinners", "dinners:bot")
    assert (link.state, "whoever pays hears nothing" in link.detail) == (state, state == "warning")
