"""Reading files in a process of its own: what a file does there, hang, devour memory or crash, harms nobody.

Run as a module it is that process: on stdin a line of JSON for each file, `[name, path]`; on stdout a line for each
answer, what was read or `{"refused": why}`.
"""

from __future__ import annotations

import asyncio
import os
import queue
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from turnkeeper.knowledge.base import LARGEST, DocumentRefused
from turnkeeper.knowledge.reading import ReadDocument, read

LONGEST_READ = 60.0
"""Seconds for one file."""
IDLE = 20.0
"""Seconds without a file after which the process ends: most folders rest for days."""
_MEMORY = 1024**3
_LONGEST_ANSWER = 64 * 1024**2
_NEEDED: Final = (
    "PATH", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "HOME", "LANG", "LC_ALL", "TMPDIR",
)  # fmt: skip
"""What of the environment it gets: keys are none of its business."""


class Refusal(msgspec.Struct, frozen=True):
    """Why a file was not read."""

    refused: str


class ReaderProcess:
    """The process, started when a file comes, and again after one that it did not survive; one file at a time."""

    def __init__(self, within: float = LONGEST_READ, idle: float = IDLE) -> None:
        self._within = within
        self._idle = idle
        self._process: asyncio.subprocess.Process | None = None
        self._busy = asyncio.Lock()
        self._ending: asyncio.Task[None] | None = None

    async def read(self, name: str, path: Path) -> ReadDocument:
        """What is in a file. Raises DocumentRefused."""
        async with self._busy:
            if self._ending is not None:
                self._ending.cancel()
            try:
                return await self._read(name, path)
            finally:
                self._ending = asyncio.create_task(self._end_when_idle())

    async def _end_when_idle(self) -> None:
        await asyncio.sleep(self._idle)
        await self._end()

    async def _read(self, name: str, path: Path) -> ReadDocument:
        process = await self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            async with asyncio.timeout(self._within):
                process.stdin.write(msgspec.json.encode([name, str(path)]) + b"\n")
                await process.stdin.drain()
                answer = await process.stdout.readline()
        except TimeoutError:
            await self._end()
            raise DocumentRefused(f"it could not be read within {self._within:g} seconds") from None
        except (OSError, ValueError):
            answer = b""
        except BaseException:
            await self._end()  # its answer would be taken for the next file's
            raise
        if not answer.endswith(b"\n"):
            await self._end()
            raise DocumentRefused("reading it ended the reader: it is broken, or takes too much memory")
        if answer.startswith(b'{"refused"'):
            raise DocumentRefused(msgspec.json.decode(answer, type=Refusal).refused)
        return msgspec.json.decode(answer, type=ReadDocument)

    async def close(self) -> None:
        """End the process, for good."""
        if self._ending is not None:
            self._ending.cancel()
        await self._end()

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _running(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",
                "-m",
                __name__,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                limit=_LONGEST_ANSWER,
                env={name: os.environ[name] for name in _NEEDED if name in os.environ},
            )
        return self._process


def _limit_memory() -> None:
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))


def _answer(line: bytes) -> msgspec.Struct:
    name, path = msgspec.json.decode(line, type=tuple[str, str])
    try:
        with Path(path).open("rb") as file:
            return read(name, file.read(LARGEST + 1))
    except DocumentRefused as refused:
        return Refusal(str(refused))
    except OSError as error:
        return Refusal(f"it cannot be opened ({error.strerror})")
    except MemoryError:
        return Refusal("it takes too much memory")
    except RecursionError:
        return Refusal("it is nested too deep")
    except Exception as error:  # noqa: BLE001 - whatever a parser of somebody else's does with a broken file
        return Refusal(f"it is broken ({type(error).__name__})")


def _lines(stdin: BinaryIO, files: queue.SimpleQueue[bytes]) -> None:
    """Files as they come; when the one who gives them is gone, at once nothing more is to be read."""
    for line in stdin:
        files.put(line)
    os._exit(0)  # also in the middle of a file that hangs


def _serve() -> None:
    for each in (signal.SIGINT, signal.SIGTERM):  # whoever is stopped still gets the file under way, or ends this
        signal.signal(each, signal.SIG_IGN)
    _limit_memory()
    answers = sys.stdout.buffer
    sys.stdout = sys.stderr  # nothing that a parser prints is an answer
    files: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_lines, args=(sys.stdin.buffer, files), daemon=True).start()
    while True:
        answers.write(msgspec.json.encode(_answer(files.get())) + b"\n")
        answers.flush()


if __name__ == "__main__":
    _serve()
