"""Transcribers that answer from a script, for tests of bots that are spoken to: no audio, no network, no key.

    transcriber = ScriptedTranscriber("Two tickets for Saturday, please.", TranscriberAway("500"))

What a script may hold: words; a whole Transcript; `spoken("MR: Good morning.", "Doctor: Morning.")`; a VoiceError, or
any error, to be raised; `Stalled(90, "late words")`; or a function of the sound and the wish that returns one of these.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from turnkeeper.bots.listening import Listening
from turnkeeper.bots.manners import Manners
from turnkeeper.engine.answer import Bot
from turnkeeper.model.voice import Sound, Spoken, Transcript, Wish
from turnkeeper.testing.models import ScriptOver, Stalled
from turnkeeper.testing.virtual_time import VirtualClock
from turnkeeper.voice.base import Transcriber
from turnkeeper.voice.chain import Chain, Member

NOTE = b"OggS\0\x02" + bytes(20) + b"\x01\x13OpusHead" + bytes(200)
"""What passes for a voice note as long as nobody listens: whoever is scripted does not."""


class ScriptedTranscriber:
    """A transcriber that hears line by line what it is told, and remembers what it was given.

    `asked`: every sound and wish, oldest first. `repeat`: the last line is heard for ever. Raises ScriptOver when the
    script is over, which a chain takes for a failure: see `asked`.
    """

    def __init__(self, *script: Any, repeat: bool = False) -> None:
        self.asked: list[tuple[Sound, Wish]] = []
        self._script: Sequence[Any] = script
        self._repeat = repeat

    async def transcribe(self, sound: Sound, wish: Wish) -> Transcript:
        """The script's next line. Raises what the script says, and ScriptOver."""
        place = len(self.asked)
        self.asked.append((sound, wish))
        if place >= len(self._script) and not (self._repeat and self._script):
            raise ScriptOver(f"the transcriber was asked {place + 1} times, its script has {len(self._script)} lines")
        return await _heard(self._script[min(place, len(self._script) - 1)], sound, wish)

    async def close(self) -> None:
        """Nothing is open."""


def spoken(*lines: str, seconds_each: float = 2.0) -> Transcript:
    """A conversation: each line `Speaker: words`, or words alone; one after the other."""
    said = []
    for place, line in enumerate(lines):
        speaker, colon, words = line.partition(": ")
        start = place * seconds_each
        said.append(Spoken(words if colon else line, start, start + seconds_each, speaker if colon else None))
    return Transcript(" ".join(each.text for each in said), len(said) * seconds_each, tuple(said))


def hearing(*transcribers: Transcriber, now: Callable[[], float] | None = None, **more: Any) -> Chain:
    """A chain of transcribers called `t1`, `t2`, …; `more` as of turnkeeper.voice.chain.Chain."""
    members = [Member(f"t{place}", each) for place, each in enumerate(transcribers, 1)]
    return Chain(members, now or VirtualClock().now, **more)


def listening(bot: Bot, *transcribers: Transcriber, manners: Manners | None = None) -> Listening:
    """A bot that is spoken to, as the configuration makes one."""
    return Listening(bot, hearing(*transcribers), manners or Manners())


async def _heard(line: Any, sound: Sound, wish: Wish) -> Transcript:
    match line:
        case Transcript():
            return line
        case str():
            return Transcript(line)
        case Stalled():
            await asyncio.sleep(line.seconds)
            return await _heard(line.then, sound, wish)
        case Exception():
            raise line
        case _ if callable(line):
            return await _heard(line(sound, wish), sound, wish)
    raise TypeError(f"a script holds no {type(line).__name__}")
