"""Scripted transcribers, and a bot that listens to them: as users test theirs."""

from typing import Any

import pytest

from turnkeeper import Bot, Turn
from turnkeeper.model.voice import Sound, Spoken, Transcript, Wish
from turnkeeper.testing.conversation import conversation, in_virtual_time
from turnkeeper.testing.models import ScriptOver, Stalled
from turnkeeper.testing.transcribers import NOTE, ScriptedTranscriber, listening, spoken
from turnkeeper.testing.virtual_time import run
from turnkeeper.voice.base import TranscriberAway, Unhearable

SOUND = Sound(NOTE, "audio/ogg", "note.ogg")
bot = Bot("echo")


@bot.stage("only", first=True)
async def echo(turn: Turn) -> None:
    await turn.reply(turn.text)


@in_virtual_time
async def test_a_note_is_answered() -> None:
    down, up = ScriptedTranscriber(TranscriberAway("503")), ScriptedTranscriber("Two tickets, please.")
    async with conversation(listening(bot, down, up)) as person:
        await person.sends(NOTE, "audio/ogg", kind="voice")
        assert person.heard == ["Two tickets, please."]
    assert [sound.data for sound, _ in up.asked] == [NOTE]


@in_virtual_time
async def test_a_note_that_takes_long() -> None:
    async with conversation(listening(bot, ScriptedTranscriber(Stalled(30, "late words")))) as person:
        await person.sends(NOTE, "audio/ogg", kind="voice")
        assert person.heard == ["Heard you, one moment.", "late words"]


def lower(sound: Sound, wish: Wish) -> Any:
    return f"{len(sound.data)} bytes"


LINES = [
    ("words", "Hi.", Transcript("Hi.")),
    ("a transcript", Transcript("Hi.", 2.0), Transcript("Hi.", 2.0)),
    ("a function", lower, Transcript(f"{len(NOTE)} bytes")),
    ("a conversation", spoken("MR: Morning.", "Yes?"),
     Transcript("Morning. Yes?", 4.0, (Spoken("Morning.", 0.0, 2.0, "MR"), Spoken("Yes?", 2.0, 4.0)))),
]  # fmt: skip


@pytest.mark.parametrize("label, line, expected", LINES, ids=[row[0] for row in LINES])
def test_what_a_script_may_hold(label: str, line: Any, expected: Transcript) -> None:
    assert run(ScriptedTranscriber(line).transcribe(SOUND, Wish())) == expected


def test_errors_are_raised_and_a_script_ends() -> None:
    transcriber = ScriptedTranscriber(Unhearable("silent", "nothing"))
    with pytest.raises(Unhearable):
        run(transcriber.transcribe(SOUND, Wish()))
    with pytest.raises(ScriptOver):
        run(transcriber.transcribe(SOUND, Wish()))
    again = ScriptedTranscriber("Hi.", repeat=True)
    assert [run(again.transcribe(SOUND, Wish())).text for _ in range(3)] == ["Hi."] * 3
