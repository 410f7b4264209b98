"""A file, heard as a note is that a person sends: without a channel, a conversation or a store."""

from __future__ import annotations

import asyncio
import mimetypes
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from turnkeeper.app.voice import Transcribers
from turnkeeper.config.transcribers import BUILT_IN
from turnkeeper.model.voice import Heard, Sound

if TYPE_CHECKING:
    from pathlib import Path

    from turnkeeper.config import Settings

WITHIN = 3600.0
"""Seconds: nobody waits for an answer but who typed the command."""


def names(settings: Settings) -> Sequence[str]:
    """The transcribers of a configuration; the built-in one, if there are none."""
    return list(settings.transcribers) or [BUILT_IN]


async def heard(
    settings: Settings, file: Path, transcribers: Sequence[str], *, tell: Callable[[float, float], None] | None = None
) -> Heard:
    """What these transcribers hear in a file, one asked after the other. `tell`: gets seconds done, and of how many.

    Raises ConfigurationError for a name that is not there, and OSError for a file that cannot be read.
    """
    from turnkeeper.engine.http import Client

    async def fetch() -> Sound:
        data = await asyncio.to_thread(file.read_bytes)
        return Sound(data, mimetypes.guess_type(file.name)[0] or "application/octet-stream", file.name)

    client = Client()
    made = Transcribers(settings, time.time, client, tell=tell)
    try:
        return await made.chain(transcribers, "--with").hear(fetch, _Unkept(), within=WITHIN)
    finally:
        await made.close()
        await client.close()


class _Unkept:
    """Steps that nobody keeps."""

    async def step(self, name: str, function: Callable[..., Any], *args: Any) -> Any:  # noqa: ARG002
        """Run it."""
        return await function(*args)
