"""The built-in transcriber: moonshine-voice with its English model inside the package. No key, no download, no network.

It cannot say which language it hears: whatever is said becomes English words. See `_told_foreign` for what is noticed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from turnkeeper.model.voice import Sound, Spoken, Transcript, Wish
from turnkeeper.rules.listening import TIMEOUT, guessed_length, time_for
from turnkeeper.rules.sound import is_loop
from turnkeeper.text.languages import code_of, name_of, script_of
from turnkeeper.voice.apart import Done, Job, Tell, VoiceProcess
from turnkeeper.voice.base import LanguageUnknown, TranscriberMisconfigured
from turnkeeper.voice.looking import LARGEST, LONGEST, refuse, require

if TYPE_CHECKING:
    from turnkeeper.voice.decoding import Samples

LANGUAGE: Final = "en"
_PIECE: Final = 10.0
"""Seconds that are heard in one go: memory stays the same for any length."""
_CADENCE: Final = 5
"""How often speakers are looked for: less often mistakes them, more often takes three times as long."""
_MODEL: Final = "tiny-en"


class Moonshine:
    """Hears English, one note at a time, in a process of its own."""

    def __init__(
        self, longest: float = LONGEST, largest: int = LARGEST, timeout: float = TIMEOUT, tell: Tell | None = None
    ) -> None:
        """`longest` in seconds, `largest` in bytes; `timeout`: seconds for each minute of a note, besides the wait for
        those before it (a minute takes two, and twenty where speakers are told apart on a busy machine); `tell`: called
        while it works."""
        self._longest = longest
        self._largest = largest
        self._timeout = timeout
        self._tell = tell
        self._process = VoiceProcess()

    async def transcribe(self, sound: Sound, wish: Wish) -> Transcript:
        """The words of a note, "" where none are said; raises VoiceError."""
        refuse_language(wish.language)
        refuse(sound, self._largest)
        require("av", "moonshine_voice")
        job = Job("moonshine", sound.data, self._longest, diarize=wish.diarize, speakers=wish.speakers)
        within = time_for(self._timeout, guessed_length(len(sound.data), self._longest))
        done = await self._process.do(job, within, self._tell)
        assert done.transcript is not None
        return done.transcript

    @property
    def pid(self) -> int | None:
        """The process that hears, while there is one."""
        return self._process.pid

    async def close(self) -> None:
        """End the process."""
        await self._process.close()


def refuse_language(language: str | None) -> None:
    """Raises LanguageUnknown for any but English."""
    if language and (code := code_of(language) or language.lower()) != LANGUAGE:
        raise LanguageUnknown(f"the built-in transcriber hears English only, not {name_of(code)}")


def hear(job: Job, tell: Tell) -> Done:
    """In the process: what is said."""
    from turnkeeper.voice import decoding

    decoded = decoding.decode(job.data, job.longest)
    decoding.refuse_silence(decoded)
    lines = _heard(decoded.samples, decoded.seconds, job.diarize, tell)
    spoken = tuple(_spoken(lines, job.speakers if job.diarize else None))
    if spoken and (why := _told_foreign(" ".join(each.text for each in spoken))):
        raise LanguageUnknown(f"{why}: this is hardly English, and the built-in transcriber hears nothing else")
    spoken = tuple(each for each in spoken if not is_loop(each.text))
    text = " ".join(each.text for each in spoken)
    transcript = Transcript(text, decoded.seconds, spoken, LANGUAGE)
    return Done(decoded.seconds, decoded.format, decoded.damaged, transcript=transcript)


def _told_foreign(text: str) -> str | None:
    """What shows that a transcript is of no English; often nothing does."""
    if script_of(text) not in ("", "LATIN"):
        return "it became letters that are not Latin"
    return "it became the same words again and again" if is_loop(text) else None


_LOADED: list[Any] = []
"""The model, for notes where nobody asks who speaks."""


def _model(diarize: bool) -> Any:
    """The model. Told speakers apart it remembers voices: each note gets a new one, so that none is known again."""
    from moonshine_voice import ModelArch  # type: ignore[import-untyped]
    from moonshine_voice.errors import MoonshineError  # type: ignore[import-untyped]
    from moonshine_voice.transcriber import Transcriber  # type: ignore[import-untyped]
    from moonshine_voice.utils import get_model_path  # type: ignore[import-untyped]

    folder = get_model_path(_MODEL)
    if not folder.is_dir():
        raise TranscriberMisconfigured(f"this moonshine-voice has no {_MODEL} in it: install turnkeeper[voice]")
    speakers = {"identify_speakers": "true", "diarization_analyze_cadence": str(_CADENCE)} if diarize else {}
    try:
        return Transcriber(folder, ModelArch.TINY, options={"return_audio_data": "false", **speakers})
    except MoonshineError as error:
        raise TranscriberMisconfigured(f"the model cannot be loaded: {error}") from None


def _heard(samples: Samples, seconds: float, diarize: bool, tell: Tell) -> list[Any]:
    """Its lines, in order."""
    from turnkeeper.voice.decoding import RATE

    if not diarize and not _LOADED:
        _LOADED.append(_model(diarize=False))
    model = _model(diarize=True) if diarize else _LOADED[0]
    # It is never asked to transcribe by itself: that would do unfinished lines again and again.
    stream = model.create_stream(update_interval=seconds + _PIECE)
    try:
        stream.start()
        size = int(_PIECE * RATE)
        for at in range(0, len(samples), size):
            piece = samples[at : at + size]
            stream.add_audio((piece.astype("float32") / 32768).tolist(), RATE)
            stream.update_transcription()
            tell(min(seconds, (at + len(piece)) / RATE), seconds)
        heard = stream.stop()
        return [] if heard is None else list(heard.lines)
    finally:
        stream.close()
        if diarize:
            model.close()


def _spoken(lines: list[Any], speakers: tuple[str, ...] | None) -> Iterator[Spoken]:
    """Lines in our words. Speakers get their names in the order in which they begin; None: nobody asked."""
    names: dict[int, str] = {}
    for line in lines:
        text = " ".join(line.text.split())
        if not text:
            continue
        speaker = None
        if speakers is not None and line.speaker_spans:
            index = _speaker(line.speaker_spans)
            known = speakers[len(names)] if len(names) < len(speakers) else f"Speaker {len(names) + 1}"
            speaker = names.setdefault(index, known)
        start = max(0.0, round(line.start_time, 2))
        yield Spoken(text, start, round(start + line.duration, 2), speaker)


def _speaker(spans: list[Any]) -> int:
    """Who says most of a line."""
    said: Counter[int] = Counter()
    for span in spans:
        said[span.speaker_index] += span.duration
    return said.most_common(1)[0][0]
