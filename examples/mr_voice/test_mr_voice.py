"""The bot's own tests: `python -m pytest test_mr_voice.py`. Models and transcribers answer from a script."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import mr_voice
import pytest
from mr_voice import FORGOTTEN, NEITHER, NO_REPORT, SEND_A_NOTE, Report, bot

from turnkeeper.llm.base import ModelAway
from turnkeeper.model.policy import TurnPolicy
from turnkeeper.model.voice import UNAVAILABLE
from turnkeeper.testing.agents import thinking
from turnkeeper.testing.conversation import Person, conversation, in_virtual_time
from turnkeeper.testing.models import ScriptedModel
from turnkeeper.testing.transcribers import ScriptedTranscriber, listening, spoken
from turnkeeper.voice.base import TranscriberAway, Unhearable

NOTE = b"OggS\0\x02" + b"\0" * 20 + b"\x01\x13OpusHead\x01\x01" + b"\0" * 40
TALK = spoken("MR: Good morning, Dr. Rao, this is about Cardiol.", "Doctor: It is too dear.", "MR: I see.")
TEN_MINUTES = 600.0
LONG = spoken(*(f"{('MR', 'Doctor')[n % 2]}: line {n}" for n in range(47)), seconds_each=900 / 47)
FOUND: dict[str, Any] = {
    "doctor": "Dr. Rao",
    "products": ["Cardiol"],
    "receptivity": "Neutral",
    "receptivity_reason": "She thinks that it is dear.",
    "objections": ["The price"],
    "commitments": [{"what": "Reads the study", "strength": "Polite deflection"}],
    "follow_up_date": "2026-11-27",
    "sentiment": 5,
}
SAID = json.dumps(FOUND)


@asynccontextmanager
async def representative(model: ScriptedModel, transcriber: ScriptedTranscriber) -> AsyncIterator[Person]:
    """Ada, who sends notes."""
    turns = TurnPolicy(gather=False, rate_limit=None, session_ttl=TEN_MINUTES)
    async with conversation(listening(bot.with_thinking(thinking(model)), transcriber), turns=turns) as person:
        yield person


async def sends(person: Person, caption: str | None = None) -> None:
    await person.sends(NOTE, "audio/ogg", kind="voice", caption=caption)


@in_virtual_time
async def test_a_note_becomes_a_report() -> None:
    model = ScriptedModel(SAID)
    async with representative(model, ScriptedTranscriber(TALK)) as ada:
        await sends(ada)
        (report,) = ada.heard
        for line in (
            "*📋 Visit report*",
            "*Doctor:* Dr. Rao",
            "*Representative:* Ada",
            "*Receptivity:* Neutral – She thinks that it is dear.",
            "*Sentiment:* 5/10",
            "*Representative's share of the talk:* 67 %",
            "- Reads the study – Polite deflection",
            "*Follow-up:* 2026-11-27",
            "*Doctor:* It is too dear.",
        ):
            assert line in report.splitlines(), report
        assert "Coaching" not in report, "nothing is known of that"
        assert "MR: Good morning" in model.heard[0]
        assert ada.received[0]["context"], "it quotes the note"
        assert ada.state == {}


ANSWERS = [
    ("fenced", f"```json\n{SAID}\n```"),
    ("among prose", f"Here is the report:\n{SAID}\nAnything else?"),
    ("trailing commas", SAID.replace("]", ",]").replace("}", ",}")),
    ("cut off", SAID[: SAID.index("follow_up") + 8]),
]


@pytest.mark.parametrize(("label", "answer"), ANSWERS, ids=[row[0] for row in ANSWERS])
@in_virtual_time
async def test_broken_json_is_read_as_it_was_meant(label: str, answer: str) -> None:
    model = ScriptedModel(answer)
    async with representative(model, ScriptedTranscriber(TALK)) as ada:
        await sends(ada)
        assert "*Doctor:* Dr. Rao" in ada.heard[0]
        assert ("*Follow-up:* 2026-11-27" in ada.heard[0]) is (label != "cut off")


@in_virtual_time
async def test_a_broken_answer_is_repaired_with_its_words_alone() -> None:
    transcriber, model = ScriptedTranscriber(TALK), ScriptedModel('{"doctor": 7}', SAID)
    async with representative(model, transcriber) as ada:
        await sends(ada)
        assert "*Doctor:* Dr. Rao" in ada.heard[0]
        assert (len(transcriber.asked), len(model.asked)) == (1, 2)
        assert "Good morning" not in model.heard[0]
        assert not any(each.files for request in model.asked for each in request.messages)


@in_virtual_time
async def test_without_a_transcript_the_report_is_partial() -> None:
    model = ScriptedModel('{"doctor": null}')
    async with representative(model, ScriptedTranscriber(TranscriberAway("503"))) as ada:
        await sends(ada, "At Dr. Rao's")
        (report,) = ada.heard
        assert report.startswith("*📋 Visit report*")
        assert "*Representative:* Ada" in report
        assert report.endswith(f"Transcript*\n{UNAVAILABLE}")
        assert model.heard[0].endswith(f"Written with it:\nAt Dr. Rao's\n\nTranscript:\n{UNAVAILABLE}")


@in_virtual_time
async def test_without_a_model_there_is_the_transcript() -> None:
    async with representative(ScriptedModel(ModelAway("503")), ScriptedTranscriber(TALK)) as ada:
        await sends(ada)
        (report,) = ada.heard
        assert report.startswith(NO_REPORT)
        assert "*Representative:* Ada" in report
        assert "*Doctor:* It is too dear." in report


@in_virtual_time
async def test_without_either_there_is_a_sentence() -> None:
    async with representative(ScriptedModel(ModelAway("503")), ScriptedTranscriber(TranscriberAway("503"))) as ada:
        await sends(ada)
        assert ada.heard == [NEITHER]


@in_virtual_time
async def test_the_full_transcript_comes_on_request_and_is_forgotten_after_ten_minutes() -> None:
    async with representative(ScriptedModel(SAID, repeat=True), ScriptedTranscriber(LONG, repeat=True)) as ada:
        await sends(ada)
        assert ada.heard[0].endswith("\n*Doctor:* line 19\n… [full transcript: 47 lines, 15 min visit]")
        assert ada.offered == ["Full transcript"]
        await ada.taps("Full transcript")
        assert ada.files[0].decode().splitlines()[46] == "[14:40] MR: line 46"
        assert ada.state == {}
        await sends(ada)
        await ada.says("Full transcript")
        assert ada.files[1] == ada.files[0]
        await sends(ada)
        await ada.waits(TEN_MINUTES + 60)
        await ada.taps("Full transcript")
        assert ada.heard[-1] == FORGOTTEN


@in_virtual_time
async def test_notes_that_are_sent_at_once_get_a_report_each() -> None:
    sounds = (TALK, LONG, Unhearable("silent", "nothing"))
    transcriber = ScriptedTranscriber(lambda sound, _: sounds[sound.data[-1]], repeat=True)
    async with representative(ScriptedModel(SAID, repeat=True), transcriber) as ada:
        for place in range(3):
            await ada.sends(NOTE + bytes([place]), "audio/ogg", kind="audio", album="one", wait=place == 2)
        first, second, offer, third = ada.heard
        assert "*Doctor:* It is too dear." in first
        assert "… [full transcript: 47 lines" in second
        assert "47 lines" in offer
        assert third == NEITHER
        quoted = [each["context"]["message_id"] for each in ada.received if "context" in each]
        assert len(set(quoted)) == 3, "each quotes its own"
        await ada.taps("Full transcript")
        assert ada.files[0].decode().splitlines()[46] == "[14:40] MR: line 46"


@pytest.mark.parametrize(("when", "documents"), [("always", 1), ("never", 0)])
@in_virtual_time
async def test_it_can_come_always_or_never(when: str, documents: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mr_voice, "FULL_TRANSCRIPT", when)
    async with representative(ScriptedModel(SAID), ScriptedTranscriber(LONG)) as ada:
        await sends(ada)
        assert len(ada.files) == documents
        assert (ada.offered, ada.state) == ([], {})


@in_virtual_time
async def test_what_is_written_gets_a_hint() -> None:
    async with representative(ScriptedModel(), ScriptedTranscriber()) as ada:
        await ada.says("hello")
        assert ada.heard == [SEND_A_NOTE]


def test_every_field_is_shown_and_models_are_asked_for_what_is_not_measured() -> None:
    assert set(Report.layout.names) == set(Report.model_fields)
    asked = set(Report.model_json_schema()["properties"])
    assert set(Report.model_fields) - asked == {"representative", "visit_date", "minutes", "talk_share"}
