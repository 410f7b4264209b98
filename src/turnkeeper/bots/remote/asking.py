"""A backend's calls, each a step of the turn, whose stored result also tells what went wrong.

BackendError                  the backend gave no answer: `shown` is for the operator, never for the person
├── BackendUnsure             it may have got the message, before this worker or another was cut off
└── NotThere                  it knows no such thread, or person: surely nothing was done
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

import msgspec

from turnkeeper.bots.remote.backend import FIELDS, Backend, at
from turnkeeper.bots.remote.reading import read
from turnkeeper.channels.base import HttpCall, StreamLimits
from turnkeeper.engine.answer import OnUnknown, Work
from turnkeeper.engine.streaming import Streamed, Streaming
from turnkeeper.model.errors import EffectUnknown, TurnkeeperError

S = TypeVar("S", bound=msgspec.Struct)
_TRIES: Final = 3
_PAUSES: Final = (1.0, 3.0)
"""Seconds before another try of what has surely not happened."""
_LONGEST_PAUSE: Final = 10.0
_FAILURES: Final = {
    "not_connected": "cannot be reached",
    "no_answer": "did not answer",
    "cut": "broke off in the middle of its answer",
    "stalled": "fell silent in the middle of its answer",
    "too_slow": "had not answered in time",
    "too_large": "answered with more than is taken",
}


class BackendError(TurnkeeperError):
    """The backend gave no answer."""

    def __init__(self, shown: str) -> None:
        super().__init__(shown)
        self.shown = shown


class BackendUnsure(BackendError):
    """Nobody knows whether the backend got the message, so it is not told again."""


class NotThere(BackendError):
    """What the call is about is not there (404)."""


class Told(msgspec.Struct, frozen=True, omit_defaults=True):
    """What came of a call: an HTTP status (0: none), the words of an answer, the fields that were found in it, how
    long it took in seconds, in how many tries; `failure`: why it is no answer."""

    status: int = 0
    text: str = ""
    fields: dict[str, Any] = {}
    failure: str = ""
    seconds: float = 0.0
    tries: int = 1


class Asking:
    """The calls of one turn. `values`: what is filled into paths and bodies."""

    def __init__(self, backend: Backend, client: Streaming, work: Work, values: dict[str, object]) -> None:
        self._backend = backend
        self._client = client
        self._work = work
        self.values = values

    def knows(self, name: str) -> bool:
        """Whether the backend has such a call."""
        return name in self._backend.calls

    async def look(self, name: str) -> Told:
        """A call that may be made again. Raises BackendError."""
        return await self._step(f"backend.{name}", name, effect=False)

    async def effect(self, name: str, on_unknown: OnUnknown = "raise") -> Told:
        """A call that is made at most once, unless it has surely not arrived. Raises BackendError, and EffectUnknown
        for one that was cut off with the worker."""
        return await self._step(f"backend.{name}", name, effect=True, on_unknown=on_unknown)

    async def answer(self, *, effect: bool) -> str:
        """Tell the message, and wait for the whole answer to it. Raises BackendError."""
        try:
            told = await self._step("backend.message", "message", effect=effect, streamed=True)
        except EffectUnknown:
            raise BackendUnsure("the worker was cut off while the backend was answering") from None
        return told.text

    async def _step(
        self, step: str, name: str, *, effect: bool, on_unknown: OnUnknown = "raise", streamed: bool = False
    ) -> Told:
        async def run(key: str) -> bytes:
            return msgspec.json.encode(await self._told(name, key if effect else None, streamed=streamed))

        arguments = msgspec.json.encode([name, self.values["text"]])
        stored = await self._work.step(step, run, arguments, effect=effect, on_unknown=on_unknown)
        told = msgspec.json.decode(stored, type=Told)
        if told.failure:
            shown = f"{name}: the backend {told.failure}"
            raise NotThere(shown) if told.status == 404 else BackendError(shown)
        return told

    async def _told(self, name: str, key: str | None, *, streamed: bool) -> Told:
        """Make the call, again only where it has surely done nothing."""
        call = self._backend.call(name, self.values, key)
        limits = self._backend.limits if streamed else self._short
        began_at, tries = self._work.now(), 1
        while True:
            async with self._client.stream(call, limits) as reply:
                body = b"".join([piece async for piece in reply])
            told = self._judged(reply, body, streamed=streamed)
            pause = _pause(reply, call, tries)
            if pause is None:
                return msgspec.structs.replace(told, seconds=round(self._work.now() - began_at, 3), tries=tries)
            await asyncio.sleep(pause)
            tries += 1

    @property
    def _short(self) -> StreamLimits:
        whole = self._backend.timeout
        return StreamLimits(whole, whole, whole, self._backend.limits.size)

    def _judged(self, reply: Streamed, body: bytes, *, streamed: bool) -> Told:
        if reply.failure is not None:
            return Told(reply.status, failure=_FAILURES[reply.failure])
        if not 200 <= reply.status < 300:
            return Told(reply.status, failure=_refused(reply.status))
        if streamed:
            found = read(body, reply.headers, self._backend)
            failure = f"answered with what is no answer: {found.unread}" if found.unread else ""
            return Told(reply.status, found.text, failure=failure)
        try:
            said = msgspec.json.decode(body)
        except (msgspec.DecodeError, RecursionError):
            return Told(reply.status, failure="answered with what is no JSON")
        paths = self._backend.fields
        return Told(reply.status, fields={each: at(said, paths[each]) for each in FIELDS if paths.get(each)})


def _refused(status: int) -> str:
    if status in (401, 403):
        return f"refuses the key ({status}): check api_key and api_key_header"
    return f"answered with status {status}"


def _pause(reply: Streamed, call: HttpCall, tries: int) -> float | None:
    """Seconds until the next try; None: there is none."""
    asks = call.method == "GET" and reply.status >= 500
    if tries >= _TRIES or not (reply.failure == "not_connected" or reply.status == 429 or asks):
        return None
    pause = _PAUSES[tries - 1]
    wanted = reply.headers.get("retry-after", "")
    if wanted.isascii() and wanted.isdigit():
        pause = max(pause, float(wanted))
    return pause if pause <= _LONGEST_PAUSE else None


def read_time(value: object) -> float | None:
    """An instant as backends write it: ISO 8601 (UTC where it names no zone), or unix seconds."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    try:
        read_at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    if read_at is None:
        return None
    return (read_at if read_at.tzinfo is not None else read_at.replace(tzinfo=UTC)).timestamp()
