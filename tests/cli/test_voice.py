"""`turnkeeper voice transcribe`: what it says, as lines and as JSON."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from turnkeeper.cli.commands import app
from turnkeeper.model.errors import ConfigurationError

run = CliRunner()
NOTES = Path(__file__).parents[1] / "voice" / "notes"
TOML = """
[transcribers.local]
kind = "faster_whisper"
folder = "models/nothing"
[transcribers.mine]
kind = "moonshine"
longest = "5s"
[transcribers.english]
kind = "moonshine"
language = "id"
[transcribers.cloud]
kind = "openai"
model = "gpt-transcribe"
api_key = "env:NOT_THERE"
"""


def transcribe(*arguments: str, status: int = 0) -> Result:
    """The command; raises what it raised."""
    done = run.invoke(app, ["voice", "transcribe", *arguments])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == status, done.output
    return done


@pytest.fixture
def config(tmp_path: Path) -> str:
    (tmp_path / "turnkeeper.toml").write_text(TOML, "utf-8")
    return str(tmp_path / "turnkeeper.toml")


def test_it_needs_no_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = transcribe(str(NOTES / "sentence.amr"))
    assert done.stdout.startswith("0:00  I am worried about the price.\n0:02  ")
    assert "0:04 min, en, heard by builtin" in done.stderr
    page = tmp_path / "page.ogg"
    page.write_text("<!doctype html>")
    refused = transcribe(str(page), "--with", "builtin", status=1)
    assert "page.ogg: it is not a sound file" in refused.stderr
    assert "builtin: not_audio, it begins with" in refused.stderr
    assert refused.stdout == ""


def test_one_of_the_configuration_tells_json_and_why(config: str) -> None:
    """The secrets of others need not be there."""
    done = transcribe(str(NOTES / "sentence.amr"), "--config", config, "--with", "mine", "--json")
    told = json.loads(done.stdout)
    assert (told["reason"], told["told"]) == ("", [])
    assert told["transcript"]["heard_by"] == "mine"
    assert told["transcript"]["spoken"][0]["text"] == "I am worried about the price."
    long = json.loads(
        transcribe(str(NOTES / "visit.ogg"), "--config", config, "--with", "mine", "--json", status=1).stdout
    )
    assert (long["transcript"], long["reason"]) == (None, "too_long")
    local = transcribe(str(NOTES / "visit.ogg"), "--config", config, "--with", "local", "--json", status=1)
    assert json.loads(local.stdout)["reason"] == "unavailable"
    assert "pip install 'faster-whisper'" in local.stdout
    foreign = transcribe(str(NOTES / "visit.ogg"), "--config", config, "--with", "english", status=1)
    assert "visit.ogg: nobody who was asked knows its language" in foreign.stderr


@pytest.mark.parametrize(
    "arguments, problem",
    [
        (["--with", "min"], 'no transcriber "min".*"mine"'),
        (["--with", "cloud"], "NOT_THERE"),
        ([], "NOT_THERE"),
    ],
)
def test_what_is_wrong_is_said(config: str, arguments: list[str], problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        transcribe(str(NOTES / "visit.ogg"), "--config", config, *arguments)
