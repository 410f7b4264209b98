"""Makes the notes in `notes/`, of espeak-ng's voices: `python tests/voice/make_notes.py`. No test runs it.

It needs espeak-ng and the extra `voice`. A newer espeak-ng makes other bytes of the same words.
"""

from __future__ import annotations

import io
import random
import subprocess
import wave
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

NOTES = Path(__file__).parent / "notes"
RATE = 16000
REPRESENTATIVE = ("en-us+f3", "60")
DOCTOR = ("en-gb", "40")
VISIT = (
    (REPRESENTATIVE, "Good morning doctor. Thank you for seeing me today."),
    (DOCTOR, "Good morning. I have ten minutes. I am worried about the price."),
    (REPRESENTATIVE, "I understand. The new price is twenty dollars."),
    (DOCTOR, "Wonderful. I will try it with five patients this month."),
)
SENTENCE = "I am worried about the price. Please call me tomorrow."
INDONESIAN = "Selamat pagi dokter. Saya ingin bercerita tentang obat baru kami. Harganya lebih murah dari yang lama."
# name, container, codec, rate, bits a second
FORMATS = (
    ("sentence.ogg", "ogg", "libopus", 16000, 16000),
    ("sentence.mp3", "mp3", "libmp3lame", 16000, 24000),
    ("sentence.wav", "wav", "pcm_s16le", 8000, 0),
    ("sentence.aac", "adts", "aac", 16000, 24000),
    ("sentence.amr", "amr", "libopencore_amrnb", 8000, 12200),
    ("sentence.webm", "webm", "libopus", 16000, 16000),
    ("sentence.m4a", "ipod", "aac", 16000, 24000),
)


def spoken(voice: str, pitch: str, text: str) -> np.ndarray[Any, Any]:
    """What a voice says, as samples."""
    asked = ["espeak-ng", "-v", voice, "-p", pitch, "-s", "140", "--stdout", text]
    heard = subprocess.run(asked, capture_output=True, check=True).stdout
    with wave.open(io.BytesIO(heard)) as opened:
        rate = opened.getframerate()
    return resampled(np.frombuffer(heard[44:], "<i2"), rate)


def resampled(samples: np.ndarray[Any, Any], rate: int) -> np.ndarray[Any, Any]:
    """Samples of another rate at ours."""
    frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
    frame.sample_rate = rate
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    parts = [*resampler.resample(frame), *resampler.resample(None)]
    return np.concatenate([each.to_ndarray().reshape(-1) for each in parts])


def encoded(samples: np.ndarray[Any, Any], container: str, codec: str, rate: int, bits: int) -> bytes:
    """Samples in a container."""
    file = io.BytesIO()
    with av.open(file, "w", format=container) as out:
        stream: Any = out.add_stream(codec, rate=rate, layout="mono")
        if bits:
            stream.bit_rate = bits
        resampler = av.AudioResampler(format=stream.format.name, layout="mono", rate=rate)
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, 0, Fraction(1, RATE)
        for each in [*resampler.resample(frame), *resampler.resample(None)]:
            out.mux(stream.encode(each))
        out.mux(stream.encode(None))
    return file.getvalue()


def visit() -> np.ndarray[Any, Any]:
    """Two people talk, with pauses."""
    pause = np.zeros(RATE // 3, "int16")
    return np.concatenate([part for voice, text in VISIT for part in (spoken(*voice, text), pause)])


def music() -> np.ndarray[Any, Any]:
    """Chords that come and go."""
    at = np.arange(RATE * 5) / RATE
    notes = ((262, 1.0), (330, 1.5), (392, 2.0), (523, 0.7))
    played = sum(np.sin(2 * np.pi * pitch * at) * (np.sin(2 * np.pi * at / beat) > 0) for pitch, beat in notes)
    return (played * 4000).astype("int16")


def damaged(note: bytes) -> bytes:
    """Bytes in the middle are others."""
    dice = random.Random(1)
    return bytes(dice.randrange(256) if 0.3 < n / len(note) < 0.6 and n % 7 == 0 else b for n, b in enumerate(note))


def wideband(seconds: float) -> bytes:
    """AMR-WB frames of any bits: nobody here writes the format, and it decodes to noise."""
    dice = random.Random(2)
    frame = bytes([8 << 3 | 4])
    return b"#!AMR-WB\n" + b"".join(frame + dice.randbytes(60) for _ in range(int(seconds * 50)))


def main() -> None:
    """Every note."""
    sentence = spoken(*REPRESENTATIVE, SENTENCE)
    notes = {name: encoded(sentence, *how) for name, *how in FORMATS}
    opus = ("ogg", "libopus", RATE, 16000)
    notes["visit.ogg"] = encoded(visit(), *opus)
    notes["indonesian.ogg"] = encoded(spoken("id", "50", INDONESIAN), *opus)
    notes["silence.ogg"] = encoded(np.zeros(RATE * 5, "int16"), *opus)
    notes["music.ogg"] = encoded(music(), *opus)
    notes["damaged.mp3"] = damaged(notes["sentence.mp3"])
    notes["wideband.amr"] = wideband(1.0)
    NOTES.mkdir(exist_ok=True)
    for name, data in notes.items():
        (NOTES / name).write_bytes(data)


if __name__ == "__main__":
    main()
