"""Somebody who hears for a bot in tests: what is said is in the file, as text, behind how many seconds it takes."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from tests.media.samples import OGG
from turnkeeper.model.voice import NOBODY, Heard, Sound, Spoken, Transcript
from turnkeeper.voice.base import Steps


def note(said: str, *, takes: float = 1.0, reason: str = "") -> bytes:
    """A voice note. `reason`: why it cannot be heard."""
    return OGG + f"|{takes}|{reason}|{said}".encode()


class Ears:
    """`begun`, `heard`: the words of the notes that it listened to, in that order."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.heard: list[str] = []
        self.fails = False
        self.within: list[float] = []

    async def hear(
        self, fetch: Callable[[], Awaitable[Sound]], steps: Steps, *, within: float = 0.0, name: str = "hear"
    ) -> Heard:
        self.within.append(within)

        async def listen() -> Heard:
            return await self._listened(await fetch())

        heard: Any = await steps.step(name, listen)
        assert isinstance(heard, Heard)
        return heard

    async def _listened(self, sound: Sound) -> Heard:
        assert (sound.mime, sound.filename.split(".")[-1]) == ("audio/ogg", "ogg")
        _, takes, reason, said = sound.data.removeprefix(OGG).decode().split("|", 3)
        self.begun.append(said)
        await asyncio.sleep(float(takes))
        self.heard.append(said)
        if self.fails:
            return Heard(None, NOBODY, ("cloud: away, HTTP 503",))
        if reason:
            return Heard(None, reason, (f"all: {reason}",))
        return Heard(Transcript(said, 4.0, (Spoken(said, 0.0, 4.0, "Ada"),), "en", "cloud"))
