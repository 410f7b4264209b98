"""The [sequences] tables and hours of quiet: what they make of a bot, and what stops the start."""

from pathlib import Path

import pytest

from turnkeeper.app import load_bots
from turnkeeper.bots.sequencing import Sequencing
from turnkeeper.config import Settings, load
from turnkeeper.model.contents import Template
from turnkeeper.model.errors import ConfigurationError
from turnkeeper.model.ids import BotId
from turnkeeper.model.policy import TurnPolicy
from turnkeeper.model.sequences import MessageSequence, QuietHours, SequenceStep

BOT = """
[bots.assistant]
kind = "python"
entry = "my_bot:bot"
quiet_hours = "22:00-07:30"
time_zone = "Asia/Jakarta"
"""
STAGE = """
from turnkeeper import Bot, Turn
bot = Bot("assistant")
@bot.stage("only", first=True)
async def only(turn: Turn) -> None: ...
"""
TIPS = """
[sequences.tips]
steps = [
  { after = "1d", text = "Hello {name}!" },
  { after = "12h", template = { name = "offer", language = "en", body = ["{shop}"] } },
  { after = 3, event = "tip" },
]
"""


def read(folder: Path, text: str) -> Settings:
    path = folder / "turnkeeper.toml"
    path.write_text(text, "utf-8")
    return load(path, {})


def turns(folder: Path, text: str) -> TurnPolicy:
    return read(folder, text).bots[BotId("assistant")].turns


def test_a_sequence_as_bots_have_it(tmp_path: Path) -> None:
    steps = (
        SequenceStep(86_400, text="Hello {name}!"),
        SequenceStep(43_200, template=Template("offer", "en", body=("{shop}",))),
        SequenceStep(3, event="tip"),
    )
    night = QuietHours(22 * 60, 7 * 60 + 30, "Asia/Jakarta")
    found = turns(tmp_path, BOT + TIPS)
    assert found.quiet_hours == night
    assert found.sequences == {"tips": MessageSequence("tips", steps, quiet=night, needs=frozenset({"name", "shop"}))}


def test_every_bot_that_answers_has_them(tmp_path: Path) -> None:
    (tmp_path / "bot_with_tips.py").write_text(STAGE, "utf-8")
    settings = read(tmp_path, BOT.replace("my_bot", "bot_with_tips"))
    (bot,) = load_bots(settings, ears=NotImplemented).values()
    assert isinstance(bot, Sequencing)


@pytest.mark.parametrize(
    ("label", "more", "quiet"),
    [
        ("none", 'quiet_hours = "off"', None),
        ("its own", 'quiet_hours = "20:00-9:00"', QuietHours(1200, 540, "Asia/Jakarta")),
        ("its own zone", 'time_zone = "Asia/Kolkata"', QuietHours(1320, 450, "Asia/Kolkata")),
    ],
)
def test_its_own_hours_go_before_the_bots(tmp_path: Path, label: str, more: str, quiet: QuietHours | None) -> None:
    assert turns(tmp_path, BOT + TIPS + more).sequences["tips"].quiet == quiet


def test_it_says_what_it_is_for_and_when_it_stops(tmp_path: Path) -> None:
    found = turns(tmp_path, BOT + TIPS + 'purpose = "marketing"\nstop_on_reply = false').sequences["tips"]
    assert (found.purpose, found.stop_on_reply) == ("marketing", False)


@pytest.mark.parametrize(
    ("key", "text", "told"),
    [
        ("steps", "steps = []", "is not a list of 1 to 100 steps"),
        ("steps", 'steps = "hello"', "is not a list of 1 to 100 steps"),
        ("steps", "steps = [3]", "step 1 is not a table"),
        ("steps", 'steps = [{ after = "1d" }]', "step 1 needs `after`, and one thing to say"),
        ("steps", 'steps = [{ text = "x" }]', "step 1 needs `after`, and one thing to say"),
        ("steps", 'steps = [{ after = 1, text = "x", event = "y" }]', "step 1 needs `after`, and one thing to say"),
        ("steps", 'steps = [{ after = 1, text = "x" }, { after = "soon", text = "y" }]', "step 2 comes after 'soon'"),
        ("steps", 'steps = [{ after = 1, text = "x", late = 3 }]', "step 1 has 'late', which is no setting"),
        ("steps", "steps = [{ after = 1, text = 3 }]", "step 1 has a `text` that is no text"),
        ("steps", 'steps = [{ after = 1, template = "x" }]', "step 1 has a template that is none"),
        ("steps", 'steps = [{ after = 1, template = { name = "x" } }]', "step 1 has a template that is none"),
        ("steps", 'steps = [{ after = 1, template = { name = "", language = "en" } }]', "that nobody could send"),
        ("quiet_hours", 'steps = [{ after = 1, text = "x" }]\nquiet_hours = "at night"', "are not hours of quiet"),
        ("quiet_hours", 'steps = [{ after = 1, text = "x" }]\nquiet_hours = "00:00-24:00"', "are not hours of quiet"),
        ("time_zone", 'steps = [{ after = 1, text = "x" }]\ntime_zone = "Jakarta"', "is not a time zone"),
        ("purpose", 'steps = [{ after = 1, text = "x" }]\npurpose = "A b"', ""),
    ],
)
def test_what_is_wrong_stops_the_start(tmp_path: Path, key: str, text: str, told: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path, f"[sequences.tips]\n{text}")
    assert caught.value.key == f"sequences.tips.{key}"
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("key", "value"), [("quiet_hours", "21-8"), ("quiet_hours", ""), ("time_zone", "Mars/Olympus"), ("time_zone", "")]
)
def test_so_does_what_is_wrong_of_a_bot(tmp_path: Path, key: str, value: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path, BOT.replace(f"{key} = ", f'{key} = "{value}"\nmore_{key} = ').replace(f"more_{key}", "# was"))
    assert caught.value.key == f"bots.assistant.{key}"
