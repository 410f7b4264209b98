"""The adapters of services, over HTTP against the fake: what is sent, what is understood, and every way to fail."""

import asyncio
import contextlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnkeeper.app.voice import posting
from turnkeeper.config.transcribers import TRANSCRIBER_KINDS, ServiceKeys
from turnkeeper.engine.http import Client
from turnkeeper.model.voice import Sound, Spoken, Transcript, Wish
from turnkeeper.testing.fake_models import busy, cut, error, garbage, html, overloaded, reset, silence
from turnkeeper.testing.fake_transcribers import Able, FakeTranscribers, able, spoken
from turnkeeper.testing.loopback import InProcess
from turnkeeper.testing.virtual_time import run
from turnkeeper.voice import replies
from turnkeeper.voice.base import (
    LanguageUnknown,
    Posted,
    TooMuchSound,
    TranscriberAway,
    TranscriberBusy,
    TranscriberMisconfigured,
    Unhearable,
    VoiceError,
)
from turnkeeper.voice.formats import as_taken
from turnkeeper.voice.services import service

ADDRESS = "http://127.0.0.1"
DIARIZES, PLAIN, WHISPER = "fake-diarize", "gpt-transcribe", "whisper-small"


def ogg(seconds: float = 5.0, size: int = 200) -> bytes:
    """As much of an Ogg file as tells its length."""
    return b"OggS\0\2" + bytes(size) + b"OggS\0\4" + struct.pack("<q", int(seconds * 48_000)) + bytes(12)


NOTE = Sound(ogg(), "audio/ogg; codecs=opus", "PTT-20261120-WA0001.opus")
MADE = Sound(ogg(5.0, 100), "audio/ogg", "note.ogg")
AMR = Sound(b"#!AMR\n" + bytes(50), "audio/amr", "note.amr")


@dataclass
class Rig:
    """A service's adapter over the fake, without a socket."""

    kind: str = "openai"
    model: str = PLAIN
    keys: dict[str, Any] = field(default_factory=dict)
    made: Sound | VoiceError = MADE

    def __post_init__(self) -> None:
        self.fake = FakeTranscribers(base_url=ADDRESS)
        self.transcoded: list[Sound] = []
        given = {"kind": self.kind, "model": self.model, "api_key": self.fake.key}
        keys = TRANSCRIBER_KINDS[self.kind].model_validate(
            given | {"base_url": self.fake.address(self.kind)} | self.keys
        )
        assert isinstance(keys, ServiceKeys)
        self.keys_read = keys
        self.client = Client(transport=InProcess(self.fake))
        self.adapter = service(keys.config("cloud"), posting(self.client, within=60.0), self.transcode)

    async def transcode(self, sound: Sound) -> Sound:
        self.transcoded.append(sound)
        if isinstance(self.made, VoiceError):
            raise self.made
        return self.made

    def hear(self, sound: Sound = NOTE, **wish: Any) -> Transcript:
        async def story() -> Transcript:
            wanted = Wish(**wish) if wish else self.keys_read.wish()
            return await self.adapter.transcribe(sound, wanted)

        return run(story())

    @property
    def forms(self) -> list[str | None]:
        return [each.field("response_format") for each in self.fake.asked]


WHO = [("openai", "/v1/audio/transcriptions", {}), ("openai_compatible", "/v1/audio/transcriptions", {}),
       ("azure", "/openai/v1/audio/transcriptions", {}),
       ("azure", f"/openai/deployments/{PLAIN}/audio/transcriptions", {"api_version": "2025-03-01-preview"}),
]  # fmt: skip


@pytest.mark.parametrize("kind, path, keys", WHO, ids=["openai", "compatible", "azure", "azure, dated"])
def test_a_note_is_posted_as_it_is(kind: str, path: str, keys: dict[str, Any]) -> None:
    rig = Rig(kind, keys=keys)
    rig.fake.will("Two tickets for Saturday, please.")
    heard = rig.hear()
    asked = rig.fake.last
    assert heard.text == "Two tickets for Saturday, please."
    assert (asked.path, asked.model, asked.data) == (path, PLAIN, NOTE.data)
    assert (asked.filename, asked.mime) == ("note.ogg", "audio/ogg")
    assert heard.seconds == 5.0
    assert rig.transcoded == []
    name = "api-key" if kind == "azure" else "authorization"
    assert rig.fake.key in asked.headers[name]


def test_headers_go_along() -> None:
    rig = Rig(keys={"headers": {"X-Org": "us"}})
    rig.hear()
    assert rig.fake.last.headers["x-org"] == "us"


def test_a_local_server_needs_no_key() -> None:
    rig = Rig("openai_compatible", WHISPER, {"api_key": ""})
    with pytest.raises(TranscriberMisconfigured):  # this one does
        rig.hear()
    assert "authorization" not in rig.fake.last.headers


def test_who_says_what() -> None:
    rig = Rig(model=DIARIZES, keys={"diarize": True, "speakers": ["MR", "Doctor"]})
    rig.fake.will(spoken("B: Good morning, doctor.", "A: Morning.", "B: About Dexamet.", "C: Tea?"))
    heard = rig.hear(Sound(ogg(75.0), "audio/ogg", "x"))
    assert [(each.speaker, each.text) for each in heard.spoken] == [
        ("MR", "Good morning, doctor."), ("Doctor", "Morning."), ("MR", "About Dexamet."), ("C", "Tea?"),
    ]  # fmt: skip
    assert heard.spoken[1] == Spoken("Morning.", 2.0, 4.0, "Doctor")
    assert (heard.seconds, rig.forms) == (75.0, ["diarized_json"])
    assert [value for name, value in rig.fake.last.fields if name == "known_speaker_names[]"] == ["MR", "Doctor"]
    assert rig.fake.last.field("chunking_strategy") == "auto"


def test_names_that_the_service_tells_stay() -> None:
    rig = Rig(model=DIARIZES)
    rig.fake.will(spoken("Doctor: Yes?", "A: It is me.", "B: And me."))
    heard = rig.hear(diarize=True, speakers=("MR", "Doctor"))
    assert [each.speaker for each in heard.spoken] == ["Doctor", "MR", "B"]


# label, what the model takes, wish, the fields of the last call besides model and file, calls for two notes
REFUSALS = [
    ("speakers", able(PLAIN), Wish(diarize=True, speakers=("MR",)), [("response_format", "json")], 3),
    ("a prompt", Able(prompt=False), Wish(prompt="Dexamet"), [("response_format", "json")], 3),
    ("one language", Able(language=False, languages=True), Wish("id"),
     [("response_format", "json"), ("languages[]", "id")], 3),
    ("any language", Able(language=False), Wish("id"), [("response_format", "json")], 4),
    ("names without voices", Able(frozenset({"json", "diarized_json"}), references=True), Wish(None, True, ("MR",)),
     [("response_format", "diarized_json"), ("chunking_strategy", "auto")], 3),
    ("several at once", Able(prompt=False, language=False), Wish("id", True, ("MR",), "Dexamet"),
     [("response_format", "json")], 6),
    ("to cut by itself", Able(chunks=True), Wish(), [("response_format", "json"), ("chunking_strategy", "auto")], 3),
]  # fmt: skip


@pytest.mark.parametrize("label, takes, wish, fields, calls", REFUSALS, ids=[row[0] for row in REFUSALS])
def test_what_a_model_refuses_is_not_said_again(
    label: str, takes: Able, wish: Wish, fields: list[tuple[str, str]], calls: int
) -> None:
    rig = Rig()
    rig.fake.able = lambda _: takes
    note = Sound(ogg(75.0), "audio/ogg", "x")
    heard = [rig.hear(note, **wish._asdict()) for _ in range(2)]
    assert [each.text for each in heard] == ["Hello from the note."] * 2
    assert [each for each in rig.fake.last.fields if each[0] != "model"] == fields
    assert len(rig.fake.asked) == calls


def test_a_server_that_has_times_tells_them() -> None:
    rig = Rig("openai_compatible", WHISPER)
    rig.fake.will(spoken("Satu.", "Dua.", language="indonesian"))
    heard = rig.hear()
    assert heard.spoken == (Spoken("Satu.", 0.0, 2.0), Spoken("Dua.", 2.0, 4.0))
    assert (heard.language, rig.forms) == ("indonesian", ["verbose_json"])


def test_a_server_that_has_none_is_asked_once() -> None:
    rig = Rig("openai_compatible")
    rig.hear()
    rig.hear()
    assert rig.forms == ["verbose_json", "json", "json"]


FORMATS = [
    ("ogg", ogg(), "ogg"), ("wav", b"RIFF\x24\0\0\0WAVEfmt ", "wav"), ("flac", b"fLaC\0", "flac"),
    ("mp3", b"\xff\xfb\x90\0", "mp3"), ("m4a", b"\0\0\0\x20ftypM4A ", "m4a"), ("webm", b"\x1aE\xdf\xa3", "webm"),
    ("aac", b"\xff\xf1\x50\0", None), ("amr", b"#!AMR\n", None), ("3gp", b"\0\0\0\x20ftyp3gp4", None),
    ("a page", b"<!DOCTYPE html>", None), ("nothing", b"", None),
]  # fmt: skip


@pytest.mark.parametrize("label, data, expected", FORMATS, ids=[row[0] for row in FORMATS])
def test_what_is_taken_as_it_is(label: str, data: bytes, expected: str | None) -> None:
    taken = as_taken(Sound(data, "text/html", "../../etc/passwd"))
    assert (taken and (taken.data, taken.filename)) == (expected and (data, f"note.{expected}"))


def test_what_is_not_taken_is_made_another_file_once() -> None:
    rig = Rig()
    assert rig.hear(AMR).text == "Hello from the note."
    assert isinstance(rig.made, Sound)
    assert (rig.transcoded, rig.fake.last.data) == ([AMR], rig.made.data)


def test_what_the_service_cannot_read_is_made_another_file_and_sent_again() -> None:
    rig = Rig()
    rig.fake.will(error(400, "Audio file might be corrupted or unsupported"), "At last.")
    assert rig.hear().text == "At last."
    assert (rig.transcoded, [len(each.data) for each in rig.fake.asked]) == ([NOTE], [len(NOTE.data), len(ogg(5, 100))])


def test_what_nobody_can_read_is_the_notes_fault() -> None:
    rig = Rig()
    rig.fake.will(*[error(400, "Audio file might be corrupted or unsupported")] * 2)
    with pytest.raises(Unhearable) as raised:
        rig.hear()
    assert raised.value.reason == "damaged"
    assert len(rig.fake.asked) == 2


def test_what_is_no_sound_is_not_sent() -> None:
    rig = Rig(made=Unhearable("not_audio", "a page"))
    with pytest.raises(Unhearable, match="not_audio"):
        rig.hear(Sound(b"<html>", "audio/ogg", "x.ogg"))
    assert rig.fake.asked == []


def test_what_is_too_large_is_made_smaller() -> None:
    rig = Rig(keys={"largest": 2_000})
    large = Sound(ogg(5.0, 5_000), "audio/ogg", "x")
    rig.hear(large)
    assert (rig.transcoded, len(rig.fake.last.data)) == ([large], len(ogg(5, 100)))
    rig.made = large
    with pytest.raises(TooMuchSound) as raised:
        rig.hear(large)
    assert (raised.value.reason, len(rig.fake.asked)) == ("too_large", 1)


# label, what the service does, the error, a word of it
FAILURES = [
    ("no such key", error(401, "Incorrect API key provided: sk-fake-key-for-tests"), TranscriberMisconfigured, "401"),
    ("forbidden", error(403, "no access"), TranscriberMisconfigured, "no access"),
    ("no such model", error(404, "The model `x` does not exist"), TranscriberMisconfigured, "does not exist"),
    ("a setting", error(400, "temperature must be a number"), TranscriberMisconfigured, "temperature"),
    ("moved", html(301), TranscriberMisconfigured, "301"),
    ("too large", error(413, "Maximum content size limit"), TooMuchSound, "413"),
    ("a page of a proxy", html(413), TooMuchSound, "413"),
    ("too long", error(400, "audio duration 1700.5 seconds is longer than 1400 seconds which is the maximum"),
     TooMuchSound, "1400"),
    ("too short", error(400, "Audio file is too short. Minimum audio length is 0.1 seconds."), Unhearable, "empty"),
    ("another format", error(415), Unhearable, "damaged"),
    ("busy", busy("7"), TranscriberBusy, "429"),
    ("busy for good", busy(), TranscriberBusy, "429"),
    ("no credit", error(429, "You exceeded it", "insufficient_quota"), TranscriberMisconfigured, "quota"),
    ("overloaded", overloaded(), TranscriberBusy, "529"),
    ("overloaded, for a while", error(503, "x", retry_after="3"), TranscriberBusy, "503"),
    ("down", error(500), TranscriberAway, "500"),
    ("a page", html(), TranscriberAway, "502"),
    ("a page in 200", html(200), TranscriberAway, "no transcript"),
    ("half an answer", garbage(), TranscriberAway, "no transcript"),
    ("a list", garbage("[]"), TranscriberAway, "no transcript"),
    ("no text", garbage('{"task": "transcribe"}'), TranscriberAway, "no transcript"),
    ("a number for text", garbage('{"text": {"a": 1}}'), TranscriberAway, "no transcript"),
    ("deep", garbage("[" * 20_000), TranscriberAway, "no transcript"),
    ("deep inside", garbage('{"text": "a", "languages": ' + "[" * 20_000), TranscriberAway, "no transcript"),
    ("a cut answer", cut("Two tick"), TranscriberAway, "no answer"),
    ("a cut connection", reset(), TranscriberAway, "no answer"),
    ("silence", silence(), TranscriberAway, "no answer"),
    ("no such language", error(400, "Language 'id' is not supported."), LanguageUnknown, "not supported"),
]  # fmt: skip


@pytest.mark.parametrize("label, fault, kind, said", FAILURES, ids=[row[0] for row in FAILURES])
def test_whatever_goes_wrong(label: str, fault: Any, kind: type[VoiceError], said: str) -> None:
    rig = Rig(keys={"language": "id"})
    rig.fake.will(*[fault] * 2)
    with pytest.raises(VoiceError) as raised:
        rig.hear()
    assert type(raised.value) is kind
    assert said in str(raised.value)
    assert rig.fake.key not in str(raised.value)


def test_the_wait_that_is_asked_for() -> None:
    rig = Rig()
    rig.fake.will(busy("7"))
    with pytest.raises(TranscriberBusy) as raised:
        rig.hear()
    assert raised.value.retry_after == 7.0


WAITS = [("seconds", {"retry-after": "7"}, 7.0), ("milliseconds", {"retry-after-ms": "250", "retry-after": "9"}, 0.25),
         ("a date", {"retry-after": "Fri, 20 Nov 2026 10:00:10 GMT", "date": "Fri, 20 Nov 2026 10:00:00 GMT"}, 10.0),
         ("the past", {"retry-after": "-3"}, 0.0), ("for ever", {"retry-after": "1e99"}, 86_400.0),
         ("no number", {"retry-after": "soon"}, None), ("nan", {"retry-after": "nan"}, None), ("none", {}, None),
]  # fmt: skip


@pytest.mark.parametrize("label, headers, expected", WAITS, ids=[row[0] for row in WAITS])
def test_waits_are_read(label: str, headers: dict[str, str], expected: float | None) -> None:
    assert replies.retry_after(headers) == expected


def test_who_is_not_there() -> None:
    async def story() -> None:
        client = Client()
        keys = TRANSCRIBER_KINDS["openai_compatible"].model_validate(
            {"kind": "openai_compatible", "model": "m", "base_url": "http://127.0.0.1:9"}
        )
        assert isinstance(keys, ServiceKeys)
        adapter = service(keys.config("local"), posting(client, within=5.0), _never)
        with pytest.raises(TranscriberAway, match="no connection"):
            await adapter.transcribe(NOTE, keys.wish())
        await client.close()

    asyncio.run(story())


async def _never(sound: Sound) -> Sound:
    raise AssertionError("nothing is to be made of it")


def test_nothing_said_is_an_answer() -> None:
    rig = Rig()
    rig.fake.will(garbage('{"text": "  "}'))
    assert rig.hear() == Transcript("", 0.0)


# label, body, expected
BODIES: list[tuple[str, bytes, Transcript]] = [
    ("only text", b'{"text": " Hi. "}', Transcript("Hi.")),
    ("nulls", b'{"text": "Hi.", "segments": null, "duration": null, "language": null}', Transcript("Hi.")),
    ("numbers as text", b'{"text": "Hi.", "duration": "8.4"}', Transcript("Hi.", 8.4)),
    ("what it was billed", b'{"text": "Hi.", "usage": {"type": "duration", "seconds": 9}}', Transcript("Hi.", 9.0)),
    ("tokens", b'{"text": "Hi.", "usage": {"type": "tokens", "total_tokens": 9}}', Transcript("Hi.")),
    ("languages", b'{"text": "Hi.", "languages": [{"code": "en"}]}', Transcript("Hi.", language="en")),
    ("no language", b'{"text": "Hi.", "languages": []}', Transcript("Hi.")),
    ("a segment without words", b'{"text": "Hi.", "segments": [{"text": " "}, {"text": "Hi.", "end": 2}]}',
     Transcript("Hi.", 2.0, (Spoken("Hi.", 0.0, 2.0),))),
    ("a numbered speaker", b'{"text": "Hi.", "segments": [{"text": "Hi.", "speaker": 0}]}',
     Transcript("Hi.", 0.0, (Spoken("Hi.", 0.0, 0.0, "MR"),))),
    ("no end", b'{"text": "Hi.", "duration": "inf", "segments": [{"text": "Hi.", "start": "-inf", "end": "inf"}]}',
     Transcript("Hi.", 0.0, (Spoken("Hi."),))),
    ("no time", b'{"text": "Hi.", "duration": "nan", "usage": {"seconds": 9}}', Transcript("Hi.", 9.0)),
    ("a thousand years", b'{"text": "Hi.", "duration": 1e308}', Transcript("Hi.")),
    ("more than anybody says", b'{"text": "' + b"x" * 300_000 + b'"}', Transcript("x" * 200_000)),
]  # fmt: skip


@pytest.mark.parametrize("label, body, expected", BODIES, ids=[row[0] for row in BODIES])
def test_replies_are_read(label: str, body: bytes, expected: Transcript) -> None:
    assert replies.transcript(body, Wish(None, True, ("MR",))) == expected


@given(st.binary(max_size=200), st.integers(100, 599))
def test_any_reply_is_understood_or_refused(body: bytes, status: int) -> None:
    telling = replies.Telling(["secret"])
    error_ = replies.error_of(Posted(status, body), Wish("id"), telling)
    assert (error_ is None) == (status == 200)
    if status == 200:
        with contextlib.suppress(TranscriberAway):
            replies.transcript(body, Wish())


def test_an_error_that_nobody_can_read() -> None:
    assert replies.words_of(b"[" * 100_000) == ""


SECRETS: Sequence[tuple[str, str]] = [("the key", "sk-fake-key-for-tests-only-0123456789"), ("a header", "hunter22")]


@pytest.mark.parametrize("label, secret", SECRETS, ids=[row[0] for row in SECRETS])
def test_what_is_shown_holds_no_secret(label: str, secret: str) -> None:
    rig = Rig(keys={"headers": {"X-Key": "hunter22"}})
    rig.fake.will(error(401, f"what is {secret}? " + "x" * 500))
    with pytest.raises(TranscriberMisconfigured) as raised:
        rig.hear()
    assert secret not in raised.value.shown
    assert len(raised.value.shown) <= 300


def test_a_note_goes_out_once_and_nowhere_else() -> None:
    rig = Rig(model=DIARIZES, keys={"diarize": True, "speakers": ["MR", "Doctor"]})
    rig.hear()
    assert [(each.path, each.data) for each in rig.fake.asked] == [("/v1/audio/transcriptions", NOTE.data)]
