"""What a bot is asked about, and what gets a sentence instead."""

from dataclasses import replace
from typing import Any

import pytest

from turnkeeper.model.events import Inbound, Media
from turnkeeper.model.policy import TurnPolicy
from turnkeeper.rules.reading import has_nothing_to_read
from turnkeeper.testing.events import TURNS

WORDS_ONLY = replace(TURNS, reads=("text",))


@pytest.mark.parametrize(
    "label, kinds, turns, expected",
    [
        ("words", ["text"], TURNS, False),
        ("what nobody can read", ["unsupported"], TURNS, True),
        ("several of it", ["unsupported", "unsupported"], TURNS, True),
        ("words among it", ["unsupported", "text"], TURNS, False),
        ("a picture", ["image"], TURNS, False),
        ("a picture for a bot of words", ["image"], WORDS_ONLY, True),
        ("a picture and a word for it", ["image", "text"], WORDS_ONLY, False),
        ("a voice note is not a sound file", ["voice"], replace(TURNS, reads=("audio",)), True),
        ("a button for a bot of words", ["button_reply"], WORDS_ONLY, False),
        ("a filled-in flow", ["flow_reply"], WORDS_ONLY, False),
        ("a timer beside what nobody can read", ["unsupported", "timer"], TURNS, False),
        ("a payment", ["payment"], WORDS_ONLY, False),
        ("a reaction", ["reaction"], WORDS_ONLY, False),
        ("nothing at all", [], TURNS, False),
    ],
)
def test_when_the_bot_is_not_asked(label: str, kinds: list[Any], turns: TurnPolicy, expected: bool) -> None:
    assert has_nothing_to_read([Inbound(kind=kind) for kind in kinds], turns) == expected


@pytest.mark.parametrize(
    "label, mime, hears, expected",
    [
        ("sound that is heard", "audio/wav", True, False),
        ("its type in capitals", "Audio/MPEG", True, False),
        ("sound that nobody hears", "audio/wav", False, True),
        ("no sound", "application/pdf", True, True),
        ("who knows what", None, True, True),
    ],
)
def test_sound_in_a_document_is_read_where_it_is_heard(
    label: str, mime: str | None, hears: bool, expected: bool
) -> None:
    event = Inbound(kind="document", media=Media(id="1", mime=mime))
    assert has_nothing_to_read([event], replace(WORDS_ONLY, hears=hears)) == expected
