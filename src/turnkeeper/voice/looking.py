"""Looking at a note before anybody hears it, and putting it into a form that every service takes."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Final

from turnkeeper.model.voice import Sound
from turnkeeper.rules.sound import FORMATS
from turnkeeper.voice.apart import Done, Job, Tell, VoiceProcess
from turnkeeper.voice.base import TranscriberMisconfigured, Unhearable

LONGEST: Final = 600.0
"""Seconds of a note, unless said."""
LARGEST: Final = 25 * 1024**2
"""Bytes of one, unless said."""
WITHIN: Final = 30.0
"""Seconds for decoding one; ten minutes of sound take one second."""


class Looking:
    """Decodes notes, in a process of its own."""

    def __init__(self, longest: float = LONGEST, largest: int = LARGEST, within: float = WITHIN) -> None:
        """`longest` in seconds, `largest` in bytes, `within` in seconds."""
        self._longest = longest
        self._largest = largest
        self._within = within
        self._process = VoiceProcess()

    async def examine(self, sound: Sound) -> float:
        """A note's length in seconds. Raises Unhearable for what nobody could hear, else TranscriberFailed."""
        return (await self.look(sound)).seconds

    async def look(self, sound: Sound) -> Done:
        """The same with its format, and the packets that are damaged."""
        return await self._do(sound, Job("examine", sound.data, self._longest))

    async def transcode(self, sound: Sound, to: str = "ogg") -> Sound:
        """The same note as Opus in an Ogg (`ogg`), or as samples (`wav`), in one channel. Raises VoiceError."""
        done = await self._do(sound, Job("transcode", sound.data, self._longest, to=to))
        return Sound(done.data, FORMATS[to], f"note.{to}")

    async def _do(self, sound: Sound, job: Job) -> Done:
        refuse(sound, self._largest)
        require("av")
        return await self._process.do(job, self._within)

    async def close(self) -> None:
        """End the process."""
        await self._process.close()


def refuse(sound: Sound, largest: int) -> None:
    """Raises Unhearable for what need not be decoded to be refused."""
    if not sound.data:
        raise Unhearable("empty", "the file has no bytes")
    if len(sound.data) > largest:
        raise Unhearable("too_large", f"{len(sound.data):,} bytes, {largest:,} are taken")


def require(*packages: str, extra: str = "turnkeeper[voice]") -> None:
    """Raises TranscriberMisconfigured where a package is not installed."""
    missing = [package for package in packages if find_spec(package) is None]
    if missing:
        raise TranscriberMisconfigured(f"{', '.join(missing)} is not installed: pip install '{extra}'")


def examine(job: Job, tell: Tell) -> Done:  # noqa: ARG001 - it takes no time
    """In the process: a note's length, format and damage."""
    from turnkeeper.voice import decoding

    decoded = decoding.decode(job.data, job.longest)
    decoding.refuse_silence(decoded)
    return Done(decoded.seconds, decoded.format, decoded.damaged)


def transcode(job: Job, tell: Tell) -> Done:  # noqa: ARG001
    """In the process: the note in another form."""
    from turnkeeper.voice import decoding

    decoded = decoding.decode(job.data, job.longest)
    return Done(decoded.seconds, decoded.format, decoded.damaged, decoding.WRITERS[job.to](decoded.samples))
