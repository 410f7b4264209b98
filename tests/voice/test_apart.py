"""Decoding and hearing happen in a process of their own, which may hang, crash or be killed."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest

from turnkeeper.model.voice import Sound, Transcript, Wish
from turnkeeper.voice import apart
from turnkeeper.voice.apart import Done, Job, Tell, VoiceProcess
from turnkeeper.voice.base import (
    LanguageUnknown,
    TranscriberAway,
    TranscriberFailed,
    TranscriberMisconfigured,
    Unhearable,
)
from turnkeeper.voice.decoding import RATE, as_wav, decode
from turnkeeper.voice.faster_whisper import FasterWhisper
from turnkeeper.voice.looking import Looking
from turnkeeper.voice.moonshine import Moonshine, _spoken, hear

NOTES = Path(__file__).parent / "notes"


def sound(name: str) -> Sound:
    """One of the notes."""
    return Sound((NOTES / name).read_bytes(), "audio/ogg", name)


@asynccontextmanager
async def looking(**more: float) -> AsyncIterator[Looking]:
    """Looks at notes."""
    made = Looking(**more)  # type: ignore[arg-type]
    try:
        yield made
    finally:
        await made.close()


@asynccontextmanager
async def process(**more: float) -> AsyncIterator[VoiceProcess]:
    """The process."""
    made = VoiceProcess(**more)  # type: ignore[arg-type]
    try:
        yield made
    finally:
        await made.close()


async def test_notes_are_looked_at_one_after_the_other_in_one_process() -> None:
    async with looking() as looks:
        names = ("visit.ogg", "sentence.amr", "damaged.mp3", "wideband.amr")
        lengths = await asyncio.gather(*(looks.examine(sound(name)) for name in names))
        assert [round(each) for each in lengths] == [19, 4, 3, 1]
        with pytest.raises(Unhearable) as silent:
            await looks.examine(sound("silence.ogg"))
        assert silent.value.reason == "silent"
        small = await looks.transcode(sound("sentence.amr"))
        assert (small.mime, small.filename, small.data[:4]) == ("audio/ogg", "note.ogg", b"OggS")
        assert (await looks.transcode(sound("sentence.amr"), "wav")).data[8:12] == b"WAVE"
        seen = await looks.look(sound("damaged.mp3"))
        assert (seen.format, seen.damaged > 0) == ("mp3", True)


@pytest.mark.parametrize(
    "label, data, more, reason",
    [
        ("no bytes", b"", {}, "empty"),
        ("too large", b"OggS" + bytes(100), {"largest": 50}, "too_large"),
    ],
)
async def test_no_process_is_started_for_what_need_not_be_decoded(
    label: str, data: bytes, more: dict[str, float], reason: str
) -> None:
    async with looking(**more) as looks:
        with pytest.raises(Unhearable) as refused:
            await looks.examine(Sound(data, "", ""))
        assert refused.value.reason == reason
        assert looks._process.pid is None


async def test_a_process_that_dies_is_not_the_notes_fault_and_the_next_note_gets_a_new_one() -> None:
    async with process() as works:
        job = Job("examine", sound("visit.ogg").data, 60.0)
        await works.do(job, 30.0)
        first = works.pid
        assert first is not None
        os.kill(first, signal.SIGSTOP)  # so that it is in the middle of it
        doing = asyncio.create_task(works.do(job, 30.0))
        await asyncio.sleep(0)
        os.kill(first, signal.SIGKILL)
        with pytest.raises(TranscriberAway, match="ended in the middle"):
            await doing
        assert (await works.do(job, 30.0)).format == "ogg"
        assert works.pid not in (first, None)


async def test_a_server_that_is_stopped_still_gets_its_answer() -> None:
    """Both signals reach every process of a terminal's or a unit's."""
    async with process() as works:
        job = Job("examine", sound("sentence.ogg").data, 60.0)
        await works.do(job, 30.0)
        first = works.pid
        assert first is not None
        os.kill(first, signal.SIGINT)
        os.kill(first, signal.SIGTERM)
        assert (await works.do(job, 30.0)).format == "ogg"
        assert works.pid == first


async def test_what_hangs_is_ended() -> None:
    async with process() as works:
        job = Job("examine", sound("sentence.ogg").data, 60.0)
        await works.do(job, 30.0)
        hanging = works.pid
        assert hanging is not None
        os.kill(hanging, signal.SIGSTOP)
        with pytest.raises(TranscriberAway, match=r"not done within 0\.05 s"):
            await works.do(job, 0.05)
        assert not Path(f"/proc/{hanging}").exists()
        assert (await works.do(job, 30.0)).format == "ogg"


async def test_a_note_that_nobody_waits_for_any_more_leaves_no_answer_for_the_next() -> None:
    async with process() as works:
        long, short = (Job("examine", sound(name).data, 60.0) for name in ("visit.ogg", "sentence.ogg"))
        await works.do(short, 30.0)
        doing = asyncio.create_task(works.do(long, 30.0))
        await asyncio.sleep(0.001)
        doing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await doing
        assert round((await works.do(short, 30.0)).seconds) == 4


async def test_it_gives_its_memory_back_when_no_notes_come() -> None:
    async with process(idle=0.0) as works:
        await works.do(Job("examine", sound("sentence.ogg").data, 60.0), 30.0)
        ending = works._ending
        assert ending is not None
        await ending
        assert works.pid is None


async def test_it_ends_with_whoever_started_it() -> None:
    """Also in the middle of something: the one who asked was killed."""
    code = f"""
import asyncio, sys
from turnkeeper.voice.apart import VoiceProcess, Job
async def main():
    works = VoiceProcess()
    job = Job("examine", open({str(NOTES / "sentence.ogg")!r}, "rb").read(), 60.0)
    await works.do(job, 30.0)
    print(works.pid, flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
    assert parent.stdout is not None
    child = Path(f"/proc/{int(await parent.stdout.readline())}")
    assert child.exists()
    parent.kill()
    await parent.wait()
    until = time.monotonic() + 10
    while child.exists() and "\nState:\tZ" not in child.joinpath("status").read_text():
        assert time.monotonic() < until, "it goes on alone"
        await asyncio.sleep(0.01)


async def test_it_gets_no_keys_and_has_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary")
    async with process() as works:
        await works.do(Job("examine", sound("sentence.ogg").data, 60.0), 30.0)
        environment = Path(f"/proc/{works.pid}/environ").read_bytes()
        assert b"PATH=" in environment
        assert b"canary" not in environment
        assert os.getpriority(os.PRIO_PROCESS, works.pid or 0) > 0
    with pytest.raises(PermissionError):
        apart._no_network("socket.connect", ())
    with pytest.raises(PermissionError):
        apart._no_network("socket.getaddrinfo", ())
    apart._no_network("open", ())


async def test_what_is_not_installed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("turnkeeper.voice.looking.find_spec", {}.get)
    for hears in (Looking().examine(sound("visit.ogg")), Moonshine().transcribe(sound("visit.ogg"), Wish())):
        with pytest.raises(TranscriberMisconfigured, match=r"pip install 'turnkeeper\[voice\]'"):
            await hears
    with pytest.raises(TranscriberMisconfigured, match="pip install 'faster-whisper'"):
        await FasterWhisper(NOTES).transcribe(sound("visit.ogg"), Wish())


class Hears:
    """The built-in transcriber, with what it tells while it works."""

    def __init__(self) -> None:
        self.told: list[tuple[float, float]] = []
        self.moonshine = Moonshine(tell=lambda done, total: self.told.append((done, total)))

    async def text(self, name: str, **wish: object) -> str:
        """What it hears; else the kind of failure."""
        try:
            return (await self.moonshine.transcribe(sound(name), Wish(**wish))).text  # type: ignore[arg-type]
        except Unhearable as error:
            return error.reason
        except TranscriberFailed as error:
            return error.kind


async def test_the_built_in_transcriber_hears_english() -> None:
    hears = Hears()
    try:
        visit = await hears.moonshine.transcribe(sound("visit.ogg"), Wish())
        words = visit.text.lower()
        for expected in ("good morning", "doctor", "ten minutes", "worried about the price", "five patients"):
            assert expected in words
        assert (visit.language, round(visit.seconds)) == ("en", 19)
        assert [each.speaker for each in visit.spoken] == [None] * len(visit.spoken)
        assert visit.text == " ".join(each.text for each in visit.spoken)
        times = [each.start for each in visit.spoken]
        assert times == sorted(times)
        assert 0 <= times[0] < visit.spoken[-1].end <= visit.seconds + 1
        assert hears.told == [(10.0, visit.seconds), (visit.seconds, visit.seconds)]
        for name in ("sentence.amr", "sentence.mp3"):
            assert "worried about the price" in await hears.text(name, language="en-GB")
        assert await hears.text("music.ogg") == ""
        assert await hears.text("silence.ogg") == "silent"
        pid = hears.moonshine._process.pid
        assert not [fd for fd in Path(f"/proc/{pid}/fd").iterdir() if _is_inet_socket(fd)]
    finally:
        await hears.moonshine.close()


def _is_inet_socket(fd: Path) -> bool:
    """Its pipes may be sockets of this machine's own; those that reach others are listed."""
    name = str(fd.readlink())
    number = name.removeprefix("socket:[").removesuffix("]")
    return number != name and any(
        f" {number} " in Path(f"/proc/net/{kind}").read_text() for kind in ("tcp", "tcp6", "udp", "udp6")
    )


@pytest.mark.limit(60)
async def test_it_tells_speakers_apart() -> None:
    moonshine = Moonshine()
    visit = as_wav(decode(sound("visit.ogg").data, 60.0).samples[: 7 * RATE])
    try:
        wish = Wish(diarize=True, speakers=("MR", "Doctor"))
        heard = await moonshine.transcribe(Sound(visit, "audio/wav", "visit.wav"), wish)
        assert [each.speaker for each in heard.spoken] == ["MR", "MR", "Doctor", "Doctor"]
    finally:
        await moonshine.close()


@pytest.mark.parametrize(
    "label, lines, expected",
    [
        ("English", ["I am late.", "Sorry."], "I am late. Sorry."),
        ("nothing", [], ""),
        ("another script", ["Selamat", "他要来比较什么东西呢"], LanguageUnknown),
        ("one phrase without end", ["and the new one is " * 9, "Yes."], LanguageUnknown),
        ("noise at the end", ["I am late, start without me please.", "Go on, I will be there at ten.", "the " * 14],
         "I am late, start without me please. Go on, I will be there at ten."),
    ],
)  # fmt: skip
def test_what_can_be_told_of_another_language(
    label: str, lines: list[str], expected: str | type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = [Line(text, n, 1.0, None) for n, text in enumerate(lines)]
    monkeypatch.setattr("turnkeeper.voice.moonshine._heard", lambda *_: heard)
    job = Job("moonshine", sound("sentence.ogg").data, 60.0)
    if isinstance(expected, str):
        transcript = hear(job, lambda *_: None).transcript
        assert transcript is not None
        assert transcript.text == expected
        return
    with pytest.raises(expected, match="hardly English"):
        hear(job, lambda *_: None)


class Line(NamedTuple):
    """A line, as the library tells it."""

    text: str
    start_time: float
    duration: float
    speaker_spans: list[Any] | None


@pytest.mark.parametrize(
    "label, named, expected",
    [
        ("nobody asked", None, [None, None, None, None]),
        ("no names", (), ["Speaker 1", "Speaker 2", "Speaker 1", None]),
        ("a name", ("MR",), ["MR", "Speaker 2", "MR", None]),
        ("names", ("MR", "Doctor", "Nurse"), ["MR", "Doctor", "MR", None]),
    ],
)
def test_speakers_are_named_as_they_begin(label: str, named: tuple[str, ...] | None, expected: list[Any]) -> None:
    def span(index: int, seconds: float) -> Any:
        return SimpleNamespace(speaker_index=index, duration=seconds)

    lines = [
        Line(" Good \n morning. ", -0.004, 1.0, [span(7, 0.9)]),
        Line("  ", 1.0, 0.2, [span(9, 0.2)]),
        Line("Morning. Yes?", 1.2, 1.0, [span(7, 0.2), span(3, 0.4), span(7, 0.1)]),
        Line("Well.", 2.2, 1.0, [span(7, 1.0)]),
        Line("Hm.", 3.2, 0.5, None),
    ]
    spoken = list(_spoken(lines, named))
    assert [each.speaker for each in spoken] == expected
    assert (spoken[0].text, spoken[0].start, spoken[0].end) == ("Good morning.", 0.0, 1.0)


@pytest.mark.parametrize("language", ["id", "Indonesian", "ar", "xx"])
async def test_another_language_is_refused_before_anything_is_decoded(language: str) -> None:
    moonshine = Moonshine()
    with pytest.raises(LanguageUnknown, match="English only"):
        await moonshine.transcribe(sound("indonesian.ogg"), Wish(language))
    assert moonshine._process.pid is None


@pytest.mark.parametrize("size, seconds", [(3_000, 30.0), (480_000, 120.0), (9_000_000, 150.0)])
async def test_the_time_for_a_note_is_for_its_length_at_most(size: int, seconds: float) -> None:
    given: list[float] = []

    class Process(VoiceProcess):
        async def do(self, _: Job, within: float, __: Tell | None = None) -> Done:
            given.append(within)
            return Done(transcript=Transcript("Hi."))

    moonshine = Moonshine(longest=300.0, timeout=30.0)
    moonshine._process = Process()
    await moonshine.transcribe(Sound(b"x" * size, "audio/ogg", "note.ogg"), Wish())
    assert given == [seconds]
