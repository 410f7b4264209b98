"""Any note becomes samples, or a word of why it does not."""

import io
import struct
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from turnkeeper.rules.sound import FORMATS, format_of
from turnkeeper.voice.base import Unhearable
from turnkeeper.voice.decoding import RATE, as_ogg, as_wav, decode, levels, refuse_silence

NOTES = Path(__file__).parent / "notes"
LONGEST = 60.0
SENTENCE = 4.06
"""Seconds that the sentence takes; codecs add their own at both ends."""


def note(name: str) -> bytes:
    """One of the notes."""
    return (NOTES / name).read_bytes()


def reason(data: bytes, longest: float = LONGEST) -> str:
    """Why a file is not heard; "" if it is."""
    try:
        refuse_silence(decode(data, longest))
    except Unhearable as error:
        return error.reason if error.detail else "not said"
    return ""


@pytest.mark.parametrize("name", ["sentence." + each for each in ("ogg", "mp3", "wav", "aac", "amr", "webm", "m4a")])
def test_a_sentence_is_the_same_in_every_format(name: str) -> None:
    decoded = decode(note(name), LONGEST)
    assert decoded.format == Path(name).suffix[1:]
    assert decoded.damaged == 0
    assert decoded.seconds == pytest.approx(SENTENCE, abs=0.12)
    first, same = _shape(decode(note("sentence.ogg"), LONGEST).samples), _shape(decoded.samples)
    assert np.corrcoef(first, same)[0, 1] > 0.8


def _shape(samples: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
    """How loud each fifth of a second is."""
    return np.sqrt(np.mean(samples[: 20 * 3200].reshape(-1, 3200).astype(float) ** 2, axis=1))


def test_wideband_amr_is_read() -> None:
    decoded = decode(note("wideband.amr"), LONGEST)
    assert (decoded.format, decoded.seconds) == ("amr", 1.0)


def _wav(*, rate: int = 8000, channels: int = 1, frames: int = 8000, claims: int | None = None) -> bytes:
    """A WAV of a tone, whose header may claim another number of bytes."""
    tone = (np.sin(np.arange(frames) / 5) * 9000).astype("<i2").repeat(channels).tobytes()
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(tone)
    whole = out.getvalue()
    return whole if claims is None else whole[:40] + struct.pack("<I", claims) + whole[44:]


def _with_pauses(amr: bytes) -> bytes:
    """Narrowband AMR as phones send it: after each frame of speech one that says "nothing is said"."""
    sizes = (12, 13, 15, 17, 19, 20, 26, 31, 5)
    out, at = bytearray(amr[:6]), 6
    while at < len(amr):
        end = at + 1 + sizes[amr[at] >> 3 & 15]
        out += amr[at:end] + bytes([8 << 3 | 4]) + bytes(5)
        at = end
    return bytes(out)


def _cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


@pytest.mark.parametrize(
    "label, data, expected",
    [
        ("stereo", lambda: _wav(channels=2), 1.0),
        ("music's rate", lambda: _wav(rate=44100, frames=44100), 1.0),
        ("a header that claims hours", lambda: _wav(claims=0x7FFFFFF0), 1.0),
        ("an end that is missing", lambda: note("sentence.ogg")[:-1], SENTENCE),
        ("cut in the middle", lambda: _cut(note("visit.ogg")), 8.0),
        ("two notes in one file", lambda: note("sentence.ogg") * 2, 2 * SENTENCE),
        ("pauses in AMR", lambda: _with_pauses(note("sentence.amr")), 2 * SENTENCE),
    ],
)
def test_a_length_is_what_came_out_of_it(label: str, data: Callable[[], bytes], expected: float) -> None:
    decoded = decode(data(), LONGEST)
    assert decoded.seconds == pytest.approx(expected, abs=0.5)
    assert decoded.damaged == 0


def test_damaged_packets_are_left_out_and_counted() -> None:
    whole, broken = decode(note("sentence.mp3"), LONGEST), decode(note("damaged.mp3"), LONGEST)
    assert broken.damaged > 5
    assert whole.seconds / 2 < broken.seconds < whole.seconds


@pytest.mark.parametrize(
    "label, data, expected",
    [
        ("no bytes", b"", "empty"),
        ("a page", b"<!doctype html><h1>404 Not Found</h1>" * 20, "not_audio"),
        ("a picture", b"\x89PNG\r\n\x1a\n" + bytes(500), "not_audio"),
        ("a playlist", b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "not_audio"),
        ("the beginning of a note", note("sentence.ogg")[:900], "damaged"),
        ("only a beginning", b"OggS", "damaged"),
        ("random bytes behind it", b"OggS" + bytes(range(256)) * 20, "damaged"),
        ("nothing in it", b"#!AMR\n", "empty"),
        ("no sound in it", _wav(frames=100), "empty"),
        ("silence", note("silence.ogg"), "silent"),
        ("music, which is no silence", note("music.ogg"), ""),
    ],
)
def test_what_is_no_note_is_told_why(label: str, data: bytes, expected: str) -> None:
    assert reason(data) == expected


def test_frames_that_claim_absurd_rates_are_damage() -> None:
    assert reason(_wav(rate=10, frames=600)) in ("damaged", "empty")  # a minute of nothing, at our rate a bomb


@pytest.mark.parametrize("longest, expected", [(4.5, ""), (3.9, "too_long"), (0.5, "too_long")])
def test_a_note_may_be_as_long_as_it_is_said(longest: float, expected: str) -> None:
    assert reason(note("sentence.ogg"), longest) == expected


def test_two_hours_are_refused() -> None:
    two_hours = note("visit.ogg") * 400
    assert reason(two_hours, 600.0) == "too_long"


@example(at=0.0337525252966211, junk=b"\x00", name="webm")  # a codec that nobody knows
@given(at=st.floats(0.0, 1.0), junk=st.binary(min_size=1, max_size=80), name=st.sampled_from(sorted(FORMATS)))
def test_whatever_is_damaged_is_heard_or_refused(at: float, junk: bytes, name: str) -> None:
    data = note(f"sentence.{name}") if name != "flac" else b"fLaC" + junk * 30
    place = int(at * len(data))
    assert reason(data[:place] + junk + data[place + len(junk) :]) in ("", "empty", "not_audio", "damaged", "silent")


@pytest.mark.parametrize("write, kind, most", [(as_ogg, "ogg", 15_000), (as_wav, "wav", 131_000)])
def test_a_note_is_written_again_as_services_take_it(write: Callable[..., bytes], kind: str, most: int) -> None:
    before = decode(note("sentence.amr"), LONGEST)
    written = write(before.samples)
    after = decode(written, LONGEST)
    assert (format_of(written), after.damaged) == (kind, 0)
    assert after.seconds == pytest.approx(before.seconds, abs=0.05)
    assert np.corrcoef(_shape(before.samples), _shape(after.samples))[0, 1] > 0.98
    assert len(written) < most


def test_levels_are_decibels_below_full_scale() -> None:
    loud = np.full(RATE, 32767, "int16")
    assert levels(loud)[0] == pytest.approx(0.0, abs=0.01)
    assert levels(loud // 10)[0] == pytest.approx(-20.0, abs=0.01)
    assert len(levels(loud)) == 20
    assert levels(loud[:10]) == []
