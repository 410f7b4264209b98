"""`turnkeeper voice report` against fakes: the way of a note, without a channel."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from turnkeeper.cli.voice import app
from turnkeeper.model.errors import ConfigurationError
from turnkeeper.model.voice import UNAVAILABLE
from turnkeeper.testing.fake_models import FakeModels, error, says
from turnkeeper.testing.fake_transcribers import FakeTranscribers, spoken
from turnkeeper.testing.loopback import Running, serve_in_thread

NOTE = Path(__file__).parents[1] / "voice/notes/sentence.ogg"
TOML = """
[transcribers.cloud]
kind = "openai"
model = "fake-diarize"
api_key = "{key}"
base_url = "{hears}"
diarize = true
speakers = ["MR", "Doctor"]
[providers.local]
kind = "openai_compatible"
base_url = "{reads}"
api_key = "{key}"
[channels.shop]
kind = "whatsapp_cloud"
bot = "other"
phone_number_id = "1"
waba_id = "2"
access_token = "env:NOT_SET"
app_secret = "s"
verify_token = "v"
[bots.other]
kind = "agent"
prompt = "You help."
models = ["local/other"]
[bots.visit]
kind = "python"
entry = "visits_of_this_test:bot"
transcribe = ["cloud"]
models = ["local/reader"]
"""
BOT = """
from pydantic import BaseModel
from turnkeeper import Bot, Turn

class Report(BaseModel):
    doctor: str | None = None
    products: list[str] = []

    @staticmethod
    def measured(transcript):
        return {"lines": len(transcript.spoken)}

bot = Bot("visit")

@bot.stage("visit", first=True)
async def visit(turn: Turn) -> None: ...
"""
SAID = json.dumps({"doctor": "Dr. *Rao*", "products": ["Cardiol"]})


class Setup:
    def __init__(self, folder: Path, models: Running[FakeModels], transcribers: Running[FakeTranscribers]) -> None:
        self.models, self.transcribers = models, transcribers
        self.config = folder / "turnkeeper.toml"
        there = {"hears": transcribers.fake.address("openai"), "reads": models.fake.address("openai_compatible")}
        self.config.write_text(TOML.format(key=models.fake.key, **there), "utf-8")
        (folder / "visits_of_this_test.py").write_text(BOT, "utf-8")

    def run(self, *more: str, schema: str = "visits_of_this_test:Report") -> Result:
        arguments = ["report", str(NOTE), "--schema", schema, "--config", str(self.config), *more]
        return CliRunner().invoke(app, arguments)

    def told(self, *more: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.run("--json", *more).stdout)
        return found


@pytest.fixture(scope="module")
def setup(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Setup]:
    with (
        serve_in_thread(FakeModels(default=says(SAID))) as models,
        serve_in_thread(FakeTranscribers(default=spoken("A: Good morning.", "B: It is too dear."))) as transcribers,
    ):
        models.fake.base_url, transcribers.fake.base_url = models.base_url, transcribers.base_url
        yield Setup(tmp_path_factory.mktemp("visits"), models, transcribers)


def test_it_shows_the_report(setup: Setup) -> None:
    done = setup.run()
    assert done.exit_code == 0, done.output
    assert done.stdout == (
        "📋 Report\nDoctor: Dr. *Rao*\nProducts:\n- Cardiol\n\n"
        "🗒️ Transcript\nMR: Good morning.\nDoctor: It is too dear.\n\n"
    )
    assert setup.transcribers.fake.last.data == NOTE.read_bytes()
    assert setup.models.fake.last.model == "reader", "the bot of the schema's own module"


def test_it_tells_programs_more(setup: Setup) -> None:
    told = setup.told("--bot", "other", "--with", "cloud")
    assert told["values"] == {"doctor": "Dr. *Rao*", "products": ["Cardiol"], "lines": 2}
    assert [each["speaker"] for each in told["transcript"]["spoken"]] == ["MR", "Doctor"]
    assert (told["complete"], told["told"]) == (True, [])
    assert setup.models.fake.last.model == "other"


def test_what_fails_is_said_and_the_rest_is_there(setup: Setup) -> None:
    setup.transcribers.fake.will(error(401, "Incorrect API key provided"))
    done = setup.run()
    assert (done.exit_code, UNAVAILABLE in done.stdout) == (0, True)
    assert "Doctor: Dr. *Rao*" in done.stdout
    assert "cloud: misconfigured" in done.stderr
    setup.models.fake.will(error(401, "Incorrect API key provided"), model="reader")
    told = setup.told()
    assert (told["values"], told["complete"]) == ({"lines": 2}, False)
    assert "local/reader: misconfigured" in " ".join(told["told"])


def test_neither_is_a_failure(setup: Setup) -> None:
    setup.transcribers.fake.will(error(401, "no"))
    setup.models.fake.will(error(401, "no"), model="reader")
    done = setup.run()
    assert (done.exit_code, done.stdout) == (1, "")
    assert "neither a transcript nor" in done.stderr


def test_a_note_without_words_is_told_as_people_are_told(setup: Setup) -> None:
    setup.transcribers.fake.will(spoken("A:  "))
    done = setup.run()
    assert (done.exit_code, done.stdout) == (1, "")
    assert "sentence.ogg: I heard no words in that voice note." in done.stderr


WRONG = [
    ("no module", "nowhere:Report", (), "there is no module nowhere"),
    ("no class", "visits_of_this_test:Nothing", (), "is nothing"),
    ("no model", "visits_of_this_test:bot", (), "is no pydantic model"),
    ("no transcriber", "visits_of_this_test:Report", ("--with", "cluod"), 'there is no transcriber "cluod"'),
    ("no bot", "visits_of_this_test:Report", ("--bot", "vist"), "is no bot that asks models"),
]


@pytest.mark.parametrize(("label", "schema", "more", "said"), WRONG, ids=[row[0] for row in WRONG])
def test_what_is_wrong_is_named(setup: Setup, label: str, schema: str, more: tuple[str, ...], said: str) -> None:
    done = setup.run(*more, schema=schema)
    assert isinstance(done.exception, ConfigurationError), done.output
    assert said in str(done.exception)
