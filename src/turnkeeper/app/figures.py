"""How the workers' figures reach /metrics: each writes its own into a small file beside the machine's sockets, once
a second; the web process adds them up when it is asked.

A worker that is started again goes on from its file, so that the sums only grow; they begin anew with the server.
"""

import asyncio
from contextlib import suppress
from pathlib import Path

import msgspec

from turnkeeper.engine.figures import Figures, added

_EVERY = 1.0
_ENDING = ".figures"
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Figures).decode


class FigureFile:
    """One worker's figures on disk. Losing them costs a second's counts, never a turn."""

    def __init__(self, runtime: Path, name: str) -> None:
        self._path = runtime / f"{name}{_ENDING}"
        self._written = b""

    def read(self) -> Figures:
        """What the process before this one had counted."""
        return _read(self._path) or Figures()

    def write(self, figures: Figures) -> None:
        """Keep them, if they changed."""
        said = _encode(figures)
        if said != self._written:
            beside = self._path.with_suffix(".next")
            with suppress(OSError):
                beside.write_bytes(said)
                beside.replace(self._path)
                self._written = said

    async def keep(self, figures: Figures) -> None:
        """Write them once a second, for ever, and when this ends."""
        try:
            while True:
                self.write(figures)
                await asyncio.sleep(_EVERY)
        finally:
            self.write(figures)


def of_machine(runtime: Path) -> Figures:
    """The sums of this machine's workers."""
    return added(found for path in sorted(runtime.glob(f"*{_ENDING}")) if (found := _read(path)) is not None)


def _read(path: Path) -> Figures | None:
    try:
        return _decode(path.read_bytes())
    except (OSError, msgspec.MsgspecError):
        return None
