"""What a bot may be told of voice notes."""

from pathlib import Path

import pytest

from turnkeeper.bots.manners import UNHEARD, Manners
from turnkeeper.config import Settings, load
from turnkeeper.config.hearing import HearingKeys
from turnkeeper.model.errors import ConfigurationError

CHANNEL = """
[channels.shop]
kind = "telegram"
bot = "one"
token = "12345:abcdefghijklmnopqrstuvwxyz012345678"
updates = "polling"
"""
BOT = '[bots.one]\nkind = "python"\nentry = "a:bot"\n'


def read(folder: Path, text: str) -> Settings:
    path = folder / "turnkeeper.toml"
    path.write_text(CHANNEL + text, "utf-8")
    return load(path, {})


def manners(settings: Settings) -> Manners:
    (bot,) = settings.bots.values()
    assert isinstance(bot.keys, HearingKeys)
    return bot.keys.manners()


def test_nothing_is_heard_unless_it_is_said_who_hears(tmp_path: Path) -> None:
    assert not read(tmp_path, BOT).channels[0].turns.hears
    settings = read(tmp_path, BOT + 'transcribe = ["builtin"]')
    assert settings.channels[0].turns.hears
    assert manners(settings) == Manners()


@pytest.mark.parametrize(
    "kind",
    [
        '"agent"\nprompt = "You help."\nmodels = ["p/m"]\n[providers.p]\nkind = "openai"\napi_key = "k"',
        '"remote"\nstyle = "completion"\nbase_url = "https://backend.test"\npaths = { message = "POST /chat" }',
    ],
    ids=["agent", "remote"],
)
def test_other_kinds_of_bots_hear_too(tmp_path: Path, kind: str) -> None:
    settings = read(tmp_path, f'[bots.one]\ntranscribe = ["builtin"]\nkind = {kind}')
    assert settings.channels[0].turns.hears


def test_what_is_said_around_them(tmp_path: Path) -> None:
    said = """transcribe = ["builtin"]
heard_echo = "> {text}"
one_moment = ""
one_moment_after = "20s"
unheard_reply = { silent = "Louder!", too_long = "" }
"""
    told = manners(read(tmp_path, BOT + said))
    assert told == Manners("> {text}", "", 20.0, {**UNHEARD, "silent": "Louder!", "too_long": ""})
    assert [told.sentence(reason) for reason in ("silent", "too_long", "empty", "new")] == [
        "Louder!", "", UNHEARD["empty"], UNHEARD["not_audio"],
    ]  # fmt: skip


WRONG = [
    ('heard_echo = "I heard you"', "heard_echo", "does not say what was heard"),
    ('unheard_reply = "no"', "unheard_reply", "is not a table"),
    ('unheard_reply = { silence = "?" }', "unheard_reply", 'Did you mean "silent"?'),
    ("unheard_reply = { silent = 1 }", "unheard_reply", "is not a sentence"),
    ('one_moment_after = "0s"', "one_moment_after", "greater than 0"),
]


@pytest.mark.parametrize("text, key, says", WRONG, ids=[row[0] for row in WRONG])
def test_what_is_wrong_is_named(tmp_path: Path, text: str, key: str, says: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        read(tmp_path, BOT + text)
    assert f"bots.one.{key}" in str(raised.value)
    assert says in str(raised.value)
