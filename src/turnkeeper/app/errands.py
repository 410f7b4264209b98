"""Errands of the web process: each a child that asks a provider and tells line by line (`app/errand.py`)."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress

import msgspec

from turnkeeper.app.errand import Errand
from turnkeeper.app.supervisor import command
from turnkeeper.web.api.channel_ports import TooMany

_MOST = 6
"""Errands at once: each is a process."""
_MOST_OF_ONE = 3
"""Errands of one workspace."""
_LONGEST = 300.0
_LARGEST_LINE = 512 * 1024


class Errands:
    """Runs them, a few at a time."""

    def __init__(self) -> None:
        self._under_way: Counter[str] = Counter()

    async def run(self, errand: Errand) -> AsyncIterator[bytes]:
        """What it finds out, a line each. Whoever stops listening ends it. Raises TooMany."""
        home = errand.workspace
        if self._under_way.total() >= _MOST or self._under_way[home] >= _MOST_OF_ONE:
            raise TooMany("the server is asking too many providers just now: try again in a moment")
        self._under_way[home] += 1
        child: asyncio.subprocess.Process | None = None
        try:
            child = await asyncio.create_subprocess_exec(
                *command("turnkeeper.app.errand"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                limit=_LARGEST_LINE,
            )
            assert child.stdin is not None
            assert child.stdout is not None
            child.stdin.write(msgspec.json.encode(errand))
            child.stdin.close()
            async with asyncio.timeout(_LONGEST):
                async for line in child.stdout:
                    yield line
            if await child.wait():
                yield _end("it could not be found out", "See the server's log.")
        except TimeoutError:
            yield _end("it took too long", "Try again.")
        finally:
            self._under_way[home] -= 1
            if child is not None and child.returncode is None:
                with suppress(ProcessLookupError):
                    child.kill()
                await child.wait()


def _end(error: str, mend: str) -> bytes:
    return msgspec.json.encode({"error": error, "mend": mend}) + b"\n"
