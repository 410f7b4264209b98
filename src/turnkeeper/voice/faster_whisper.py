"""A Whisper model in a folder of this machine, by the package faster-whisper, which the operator installs.

Nothing is downloaded: a folder without its tokenizer is refused, since the package would fetch one.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from turnkeeper.model.voice import Sound, Spoken, Transcript, Wish
from turnkeeper.rules.listening import TIMEOUT, guessed_length, time_for
from turnkeeper.rules.sound import is_loop
from turnkeeper.text.languages import code_of
from turnkeeper.voice.apart import MEMORY, Done, Job, Tell, VoiceProcess
from turnkeeper.voice.base import LanguageUnknown, TranscriberMisconfigured
from turnkeeper.voice.looking import LARGEST, LONGEST, refuse, require

NEEDED: Final = ("model.bin", "tokenizer.json")
"""What a folder must have."""
_PACKAGE: Final = "faster-whisper"


class FasterWhisper:
    """Hears what the model in a folder knows, one note at a time, in a process of its own."""

    def __init__(
        self,
        folder: Path,
        longest: float = LONGEST,
        largest: int = LARGEST,
        timeout: float = TIMEOUT,
        *,
        threads: int = 0,
        tell: Tell | None = None,
    ) -> None:
        """`longest` in seconds, `largest` in bytes; `timeout`: seconds for each minute of a note, besides the wait for
        those before it; `threads` 0: as many as the package takes."""
        self._folder = folder
        self._longest = longest
        self._largest = largest
        self._timeout = timeout
        self._threads = threads
        self._tell = tell
        self._process: VoiceProcess | None = None

    async def transcribe(self, sound: Sound, wish: Wish) -> Transcript:
        """The words of a note, "" where none are said; raises VoiceError."""
        refuse(sound, self._largest)
        require("faster_whisper", extra=_PACKAGE)
        require("av")
        language = code_of(wish.language) or wish.language if wish.language else None
        job = Job(
            "faster_whisper",
            sound.data,
            self._longest,
            folder=str(self._folder),
            language=language,
            prompt=wish.prompt,
            threads=self._threads,
        )
        if self._process is None:
            self._process = VoiceProcess(memory=MEMORY + 4 * _size(self._folder))
        within = time_for(self._timeout, guessed_length(len(sound.data), self._longest))
        done = await self._process.do(job, within, self._tell)
        assert done.transcript is not None
        return done.transcript

    async def close(self) -> None:
        """End the process."""
        if self._process is not None:
            await self._process.close()


def _size(folder: Path) -> int:
    """Bytes of its model. Raises TranscriberMisconfigured where there is none."""
    missing = [name for name in NEEDED if not (folder / name).is_file()]
    if missing:
        raise TranscriberMisconfigured(f"{folder} has no {', '.join(missing)}: it is no Whisper model of CTranslate2's")
    return (folder / NEEDED[0]).stat().st_size


def hear(job: Job, tell: Tell) -> Done:
    """In the process: what is said."""
    from turnkeeper.voice import decoding

    decoded = decoding.decode(job.data, job.longest)
    decoding.refuse_silence(decoded)
    model = _model(job.folder, job.threads)
    if job.language and job.language not in model.supported_languages:
        raise LanguageUnknown(f"the model in {Path(job.folder).name} does not know {job.language!r}")
    segments, info = model.transcribe(
        decoded.samples.astype("float32") / 32768,
        language=job.language,
        beam_size=1,
        vad_filter=True,
        condition_on_previous_text=False,  # else one loop becomes the next window's
        initial_prompt=job.prompt or None,
    )
    spoken = tuple(_spoken(segments, decoded.seconds, tell))
    text = " ".join(each.text for each in spoken)
    transcript = Transcript(text, decoded.seconds, spoken, info.language)
    return Done(decoded.seconds, decoded.format, decoded.damaged, transcript=transcript)


_LOADED: dict[str, Any] = {}


def _model(folder: str, threads: int) -> Any:
    """The model, loaded once."""
    if folder not in _LOADED:
        from faster_whisper import WhisperModel  # type: ignore[import-not-found]

        try:
            model = WhisperModel(folder, compute_type="int8", cpu_threads=threads, local_files_only=True)
        except (RuntimeError, ValueError, OSError) as error:
            raise TranscriberMisconfigured(f"the model cannot be loaded: {error}"[:300]) from None
        _LOADED[folder] = model
    return _LOADED[folder]


def _spoken(segments: Any, seconds: float, tell: Tell) -> Iterator[Spoken]:
    """Segments as they come, but those that go round in circles."""
    for each in segments:
        tell(min(seconds, each.end), seconds)
        text = " ".join(each.text.split())
        if text and not is_loop(text):
            yield Spoken(text, round(each.start, 2), round(min(each.end, seconds), 2))  # it hears in windows of 30 s
