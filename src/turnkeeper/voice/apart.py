"""Decoding and hearing in a process of its own: what a note does there, hang, devour memory or crash, harms nobody.

The process also gives back what a model takes (250 MB and more) once no notes come, and yields to everything else on
the machine. Run as a module it is that process; each way go a length in four bytes and MessagePack.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import queue
import signal
import struct
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, BinaryIO, Final, Literal

import msgspec

from turnkeeper.model.voice import Transcript
from turnkeeper.voice.base import (
    LanguageUnknown,
    TranscriberAway,
    TranscriberFailed,
    TranscriberMisconfigured,
    Unhearable,
    VoiceError,
)

IDLE: Final = 60.0
"""Seconds without a note after which the process ends."""
MEMORY: Final = 3 * 1024**3
"""Bytes of addresses that the process may have; of those that are mapped it uses a tenth."""
_WORK: Final = {
    "examine": "turnkeeper.voice.looking:examine",
    "transcode": "turnkeeper.voice.looking:transcode",
    "moonshine": "turnkeeper.voice.moonshine:hear",
    "faster_whisper": "turnkeeper.voice.faster_whisper:hear",
}
_NEEDED: Final = (
    "PATH", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "HOME", "LANG", "LC_ALL", "TMPDIR",
    "OMP_NUM_THREADS", "CUDA_VISIBLE_DEVICES",
)  # fmt: skip
"""What of the environment it gets: keys are none of its business."""
_SET: Final = {"HF_HUB_OFFLINE": "1", "MALLOC_ARENA_MAX": "2"}
"""Nothing is downloaded; and threads, of which a large machine has many, share their memory."""
_NICE: Final = 5
_LENGTH: Final = struct.Struct(">I")

Tell = Callable[[float, float], None]
"""Called with the seconds that are done, and of how many."""


class Job(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is to be done with a note. `longest`: seconds; `folder`: of a model; `to`: a format."""

    kind: Literal["examine", "transcode", "moonshine", "faster_whisper"]
    data: bytes
    longest: float
    to: str = "ogg"
    folder: str = ""
    language: str | None = None
    diarize: bool = False
    speakers: tuple[str, ...] = ()
    prompt: str = ""
    threads: int = 0


class Progress(msgspec.Struct, frozen=True, tag="progress"):
    """How far it has come, in seconds of the note."""

    done: float
    total: float


class Done(msgspec.Struct, frozen=True, tag="done", omit_defaults=True):
    """What came of it. `format`: the note's; `damaged`: packets that were left out; `data`: the note transcoded."""

    seconds: float = 0.0
    format: str = ""
    damaged: int = 0
    data: bytes = b""
    transcript: Transcript | None = None


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """It is the note's fault."""

    reason: str
    detail: str


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """It is not."""

    kind: str
    shown: str


_ANSWER: Final = msgspec.msgpack.Decoder(Progress | Done | Refused | Failed)
_JOB: Final = msgspec.msgpack.Decoder(Job)
_ERRORS: Final[dict[str, type[TranscriberFailed]]] = {
    each.kind: each for each in (TranscriberAway, LanguageUnknown, TranscriberMisconfigured)
}


class VoiceProcess:
    """The process, started when a note comes, and again after one that it did not survive; one note at a time."""

    def __init__(self, *, idle: float = IDLE, memory: int = MEMORY) -> None:
        """`memory`: bytes of addresses; 0: as many as there are."""
        self._idle = idle
        self._memory = memory
        self._process: asyncio.subprocess.Process | None = None
        self._busy = asyncio.Lock()
        self._ending: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """The process that is there now."""
        return self._process.pid if self._process is not None and self._process.returncode is None else None

    async def do(self, job: Job, within: float, tell: Tell | None = None) -> Done:
        """What comes of a job. `within`: seconds, besides the wait for those before it. Raises VoiceError."""
        async with self._busy:
            if self._ending is not None:
                self._ending.cancel()
            try:
                return await self._do(job, within, tell)
            finally:
                self._ending = asyncio.create_task(self._end_when_idle())

    async def close(self) -> None:
        """End the process, for good."""
        if self._ending is not None:
            self._ending.cancel()
        await self._end()

    async def _do(self, job: Job, within: float, tell: Tell | None) -> Done:
        try:
            async with asyncio.timeout(within):
                answer = await self._answer(job, tell)
        except TimeoutError:
            await self._end()
            raise TranscriberAway(f"not done within {within:g} s") from None
        except (OSError, EOFError, msgspec.DecodeError):
            await self._end()
            raise TranscriberAway("its process ended in the middle of it: too much memory, or a broken note") from None
        except BaseException:
            await self._end()  # its answer would be taken for the next note's
            raise
        if isinstance(answer, Refused):
            raise Unhearable(answer.reason, answer.detail)
        if isinstance(answer, Failed):
            raise _ERRORS.get(answer.kind, TranscriberAway)(answer.shown)
        return answer

    async def _answer(self, job: Job, tell: Tell | None) -> Done | Refused | Failed:
        process = await self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        frame = msgspec.msgpack.encode(job)
        process.stdin.write(_LENGTH.pack(len(frame)))
        process.stdin.write(frame)
        await process.stdin.drain()
        while True:
            (length,) = _LENGTH.unpack(await process.stdout.readexactly(_LENGTH.size))
            answer: Progress | Done | Refused | Failed = _ANSWER.decode(await process.stdout.readexactly(length))
            if not isinstance(answer, Progress):
                return answer
            if tell is not None:
                tell(answer.done, answer.total)

    async def _running(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",
                "-m",
                __name__,
                str(self._memory),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env={name: os.environ[name] for name in _NEEDED if name in os.environ} | _SET,
            )
        return self._process

    async def _end_when_idle(self) -> None:
        await asyncio.sleep(self._idle)
        await self._end()

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def _limit(memory: int) -> None:
    """Let it neither take all memory, nor the time of others, nor speak to anybody."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        if memory:
            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError, AttributeError):
        os.nice(_NICE)
    sys.addaudithook(_no_network)


def _no_network(event: str, args: tuple[Any, ...]) -> None:  # noqa: ARG001 - the hook's form
    if event in ("socket.connect", "socket.bind", "socket.getaddrinfo", "socket.sendto"):
        raise PermissionError(f"{event}: notes are decoded and heard without a network")


def _answer(frame: bytes, send: Callable[[msgspec.Struct], None]) -> Done | Refused | Failed:
    try:
        job = _JOB.decode(frame)
        module, _, name = _WORK[job.kind].partition(":")
        work: Callable[[Job, Tell], Done] = getattr(importlib.import_module(module), name)
        return work(job, lambda done, total: send(Progress(done, total)))
    except Unhearable as error:
        return Refused(error.reason, error.detail)
    except VoiceError as error:
        return Failed(getattr(error, "kind", "away"), str(error))
    except ImportError as error:
        return Failed(TranscriberMisconfigured.kind, f"{error}: install turnkeeper[voice]")
    except MemoryError:
        return Failed(TranscriberAway.kind, "it takes too much memory")
    except Exception as error:  # noqa: BLE001 - whatever a library does with a broken note
        return Failed(TranscriberAway.kind, f"{type(error).__name__}: {error}"[:300])


def _read(stdin: BinaryIO, jobs: queue.SimpleQueue[bytes]) -> None:
    """Jobs as they come; when the one who gives them is gone, at once nothing more is to be done."""
    while len(head := stdin.read(_LENGTH.size)) == _LENGTH.size:
        (length,) = _LENGTH.unpack(head)
        jobs.put(stdin.read(length))
    os._exit(0)  # also in the middle of native code, which no exception ends


def _serve(memory: int) -> None:
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # nothing that a library prints is an answer
    for each in (signal.SIGINT, signal.SIGTERM):  # a server that is stopped still waits for the notes under way
        signal.signal(each, signal.SIG_IGN)
    _limit(memory)
    jobs: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(sys.stdin.buffer, jobs), daemon=True).start()

    def send(answer: msgspec.Struct) -> None:
        frame = msgspec.msgpack.encode(answer)
        answers.write(_LENGTH.pack(len(frame)) + frame)
        answers.flush()

    while True:
        send(_answer(jobs.get(), send))


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
