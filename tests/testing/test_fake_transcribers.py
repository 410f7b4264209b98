"""The fake of services that hear refuses what the real ones refuse."""

import struct
from typing import Any

import httpx2
import pytest

from turnkeeper.testing.fake_transcribers import FakeTranscribers, seconds_of
from turnkeeper.testing.loopback import InProcess

WHISPER, DIARIZES, NEWEST = "whisper-1", "gpt-4o-transcribe-diarize", "gpt-transcribe"


def ogg(seconds: float) -> bytes:
    return b"OggS\0\2" + bytes(40) + b"OggS\0\4" + struct.pack("<q", int(seconds * 48_000)) + bytes(12)


# label, fields, the file's name, its bytes, status, a word of the refusal
CASES: list[tuple[str, dict[str, Any], str, bytes, int, str]] = [
    ("a note", {"model": NEWEST}, "a.ogg", ogg(5), 200, ""),
    ("no model", {}, "a.ogg", ogg(5), 400, "must provide a model"),
    ("another ending", {"model": NEWEST}, "a.opus", ogg(5), 400, "Invalid file format"),
    ("no ending", {"model": NEWEST}, "note", ogg(5), 400, "Invalid file format"),
    ("a lie", {"model": NEWEST}, "a.ogg", b"#!AMR\n" + bytes(9), 400, "corrupted or unsupported"),
    ("nothing", {"model": NEWEST}, "a.mp3", b"", 400, "corrupted or unsupported"),
    ("too short", {"model": NEWEST}, "a.ogg", ogg(0.05), 400, "too short"),
    ("too large", {"model": NEWEST}, "a.mp3", bytes(26_214_401), 413, "Maximum content size"),
    ("an unknown field", {"model": NEWEST, "speakers": "2"}, "a.ogg", ogg(5), 400, "Unrecognized"),
    ("times of the newest", {"model": NEWEST, "response_format": "verbose_json"}, "a.ogg", ogg(5), 400, "compatible"),
    ("times of whisper", {"model": WHISPER, "response_format": "verbose_json"}, "a.ogg", ogg(5), 200, ""),
    ("speakers of whisper", {"model": WHISPER, "response_format": "diarized_json"}, "a.ogg", ogg(5), 400, "compatible"),
    ("speakers", {"model": DIARIZES, "response_format": "diarized_json"}, "a.ogg", ogg(5), 200, ""),
    ("speakers of a long note", {"model": DIARIZES, "response_format": "diarized_json"}, "a.ogg", ogg(31), 400,
     "chunking_strategy"),
    ("cut", {"model": DIARIZES, "response_format": "diarized_json", "chunking_strategy": "auto"}, "a.ogg", ogg(31),
     200, ""),
    ("a prompt with speakers", {"model": DIARIZES, "prompt": "x"}, "a.ogg", ogg(5), 400, "'prompt' is not supported"),
    ("five names", {"model": DIARIZES, "known_speaker_names[]": list("abcde")}, "a.ogg", ogg(5), 400, "At most 4"),
    ("voices without names", {"model": DIARIZES, "known_speaker_references[]": ["x"]}, "a.ogg", ogg(5), 400, "length"),
    ("languages of the newest", {"model": NEWEST, "languages[]": ["en"]}, "a.ogg", ogg(5), 200, ""),
    ("languages of another", {"model": WHISPER, "languages[]": ["en"]}, "a.ogg", ogg(5), 400, "'languages'"),
    ("a language", {"model": WHISPER, "language": "English"}, "a.ogg", ogg(5), 400, "is not supported"),
]  # fmt: skip


@pytest.mark.parametrize("label, fields, name, data, status, said", CASES, ids=[row[0] for row in CASES])
async def test_what_is_refused(
    label: str, fields: dict[str, Any], name: str, data: bytes, status: int, said: str
) -> None:
    fake = FakeTranscribers()
    async with httpx2.AsyncClient(transport=InProcess(fake), base_url="http://127.0.0.1") as client:
        headers = {"authorization": f"Bearer {fake.key}"}
        files = {"file": (name, data, "audio/ogg")}
        reply = await client.post("/v1/audio/transcriptions", data=fields, files=files, headers=headers)
    assert reply.status_code == status
    assert said in reply.json().get("error", {}).get("message", "")
    assert fake.last.filename == name


async def test_what_is_no_form_and_no_key() -> None:
    fake = FakeTranscribers()
    async with httpx2.AsyncClient(transport=InProcess(fake), base_url="http://127.0.0.1") as client:
        assert (await client.post("/v1/audio/transcriptions", json={"model": "m"})).status_code == 400
        files = {"file": ("a.ogg", ogg(5), "audio/ogg")}
        assert (await client.post("/v1/audio/transcriptions", files=files)).status_code == 401
        assert (await client.get("/v1/models")).status_code == 401
        assert (await client.get("/v1/other", headers={"api-key": fake.key})).status_code == 404


def test_how_long_a_sound_lasts() -> None:
    wav = (
        b"RIFF" + bytes(4) + b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 16_000, 32_000, 2, 16) + b"data" + bytes(4)
    )
    assert seconds_of(wav + bytes(64_000)) == 2.0
    assert seconds_of(ogg(3.5)) == 3.5
    assert seconds_of(b"ID3") is None
