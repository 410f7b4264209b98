"""The built-in transcriber: how fast it hears a minute, what memory it takes, and whether it holds up anybody.

Beside it, in alternating rounds: the library alone as its documentation shows it, in a process of its own, given the
same samples already decoded. And a report of a minute's note by models that answer at once.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np

from benchmarks.report import Line, at_most, percentile, ratio, told
from benchmarks.servers import ROOT, Places
from turnkeeper.model.voice import Sound, Wish
from turnkeeper.voice.decoding import RATE, as_ogg, as_wav, decode
from turnkeeper.voice.moonshine import Moonshine

NOTES = ROOT / "tests/voice/notes"
_LENGTH = 60.0
_BARE = """
import sys, time
from moonshine_voice import ModelArch
from moonshine_voice.transcriber import Transcriber
from moonshine_voice.utils import get_model_path, load_wav_file
samples, rate = load_wav_file(sys.argv[1])
transcriber = Transcriber(get_model_path("tiny-en"), ModelArch.TINY)
transcriber.transcribe_without_streaming(samples[: rate * 5], rate)
for line in sys.stdin:
    began = time.perf_counter()
    transcriber.transcribe_without_streaming(samples, rate)
    print(time.perf_counter() - began, flush=True)
"""


def a_minute() -> bytes:
    """A note of a minute: the visit, again and again."""
    visit = decode((NOTES / "visit.ogg").read_bytes(), _LENGTH).samples
    return as_ogg(np.resize(visit, int(_LENGTH * RATE)))


class Heard(NamedTuple):
    """What was measured of the transcriber, in seconds and MB."""

    ours: list[float]
    bare: list[float]
    speakers: float
    lags: list[float]
    most: float
    before: float
    after: float


def run(places: Places, *, quick: bool) -> Iterator[Line]:
    """Every line of this benchmark."""
    from benchmarks import visiting

    note = a_minute()
    file = places.folder / "minute.wav"
    file.write_bytes(as_wav(decode(note, 2 * _LENGTH).samples))
    heard = asyncio.run(_heard(note, file, 2 if quick else 5))
    ours = median(heard.ours)
    yield at_most("voice", f"a minute heard in {ours:.2f} s: of real time", ours / _LENGTH, 0.25, "", seconds=ours)
    bare = median(heard.bare)
    yield at_most("voice", f"to the library alone ({bare:.2f} s)", ratio(heard.ours, heard.bare), 1.5, "", bare=bare)
    share = heard.speakers / _LENGTH
    yield told("voice", "with speakers told apart, of real time", f"{share:.2f}", seconds=heard.speakers)
    lag, longest = (percentile(sorted(heard.lags), share) * 1000 for share in (0.99, 1.0))
    yield at_most("voice", "how late others are meanwhile, p99", lag, 50, "ms", longest=longest)
    yield at_most("voice", "memory of its process, at most (RSS)", heard.most, 400, "MB")
    yield at_most("voice", "memory that stays in the worker (RSS)", heard.after - heard.before, 15, "MB")
    yield from visiting.run(places, note, quick=quick)


async def _heard(note: bytes, file: Path, rounds: int) -> Heard:
    sound, moonshine = Sound(note, "audio/ogg", "note.ogg"), Moonshine()
    lags: list[float] = []
    before = _rss("self")
    watching = asyncio.create_task(_watch(lags))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _BARE, str(file), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    await moonshine.transcribe(sound, Wish())  # loads
    ours, bare = [], []
    for _ in range(rounds):
        bare.append(await _bare(process))
        ours.append(await _seconds(moonshine, sound, Wish()))
    most = _peak(moonshine)
    process.kill()
    await process.wait()
    speakers = await _seconds(moonshine, sound, Wish(diarize=True))
    watching.cancel()
    await moonshine.close()
    return Heard(ours, bare, speakers, lags, most, before, _rss("self"))


async def _seconds(moonshine: Moonshine, sound: Sound, wish: Wish) -> float:
    began = time.perf_counter()
    transcript = await moonshine.transcribe(sound, wish)
    assert "ten minutes" in transcript.text
    return time.perf_counter() - began


async def _bare(process: asyncio.subprocess.Process) -> float:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b"\n")
    return float(await process.stdout.readline())


async def _watch(lags: list[float]) -> None:
    """How late a loop is that has nothing else to do."""
    while True:
        began = time.perf_counter()
        await asyncio.sleep(0.005)
        lags.append(time.perf_counter() - began - 0.005)


def _peak(moonshine: Moonshine) -> float:
    """The most that its process has had, in MB."""
    return _of(f"{moonshine.pid}", "VmHWM:")


def _rss(process: str) -> float:
    return _of(process, "VmRSS:")


def _of(process: str, key: str) -> float:
    lines: Sequence[str] = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1000 for line in lines if line.startswith(key))
