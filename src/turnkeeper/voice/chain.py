"""A note goes to the first transcriber, then to the next ones; what comes of it is never an error.

Each try is a step whose result also tells failures, and who was skipped. A turn that is resumed reads these and goes
on after them: no note is heard twice.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import structlog
from msgspec.structs import replace

from turnkeeper.model.voice import NO_WORDS, NOBODY, Heard, Sound, Transcript, Wish
from turnkeeper.rules import listening
from turnkeeper.voice.base import (
    Examine,
    LanguageUnknown,
    Steps,
    TooMuchSound,
    Transcriber,
    TranscriberBusy,
    TranscriberFailed,
    Unhearable,
)
from turnkeeper.voice.health import Breakers
from turnkeeper.voice.tries import Failure, Skipped, Try

_log = structlog.get_logger("turnkeeper.voice")
SHORT_WAIT = 2.0
"""Seconds of a Retry-After that are waited for, instead of asking the next one at once."""
WITHIN = 240.0
"""Seconds that all transcribers have together for one note, unless said."""
_BUG = "bug"
_NOBODY = "nobody"
_UNHEARABLE = "unhearable"
_REFUSED = "refused"
_CROWDED = "crowded"
_LANGUAGE = "language"

Fetch = Callable[[], Awaitable[Sound]]
"""The note's bytes; called only where somebody is to be asked."""
Sleep = Callable[[float], Awaitable[None]]


class Watching(Protocol):
    """Who is told of tries as they happen; not of those that a resumed turn reads."""

    def heard(self, tried: Try) -> None:
        """One try has ended."""


class Member(NamedTuple):
    """A transcriber of a chain. `timeout`: seconds for each minute of a note; `longest`: seconds that one may last.

    `waits`: it hears one note after the other, and keeps to its timeout itself: the wait for others counts in the time
    for all tries alone.
    """

    name: str
    transcriber: Transcriber
    wish: Wish = Wish()
    timeout: float = listening.TIMEOUT
    longest: float = 600.0
    waits: bool = False


@dataclass(slots=True)
class _Asking:
    """How far one note has come; all of it but the note itself follows from the tries that are kept."""

    fetch: Fetch
    length: float | None
    within: float
    place: int = 0
    again: bool = False
    wait: float = 0.0
    tries: list[Try] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    sound: Sound | None = None
    decoded: bool = False
    """It has been looked at, and there is sound in it."""

    @property
    def used(self) -> float:
        """Seconds that tries have taken; the time that a machine was down is nobody's."""
        return sum(each.seconds for each in self.tries)


class Chain:
    """Transcribers in the order in which they are asked, for any number of notes at once."""

    def __init__(
        self,
        members: Sequence[Member],
        now: Callable[[], float],
        *,
        examine: Examine | None = None,
        breakers: Breakers | None = None,
        sleep: Sleep = asyncio.sleep,
        watch: Watching | None = None,
    ) -> None:
        """`examine`: looks at a note before anybody is asked; None: notes are taken as they are.

        `breakers`: shared by all chains of a process, so that each knows who is down.
        """
        self.members = tuple(members)
        self._now = now
        self._examine = examine
        self._breakers = Breakers() if breakers is None else breakers
        self._sleep = sleep
        self._watch = watch

    async def hear(
        self,
        fetch: Fetch,
        steps: Steps,
        *,
        length: float | None = None,
        within: float = WITHIN,
        name: str = "hear",
    ) -> Heard:
        """Ask until the note is heard or nobody is left. Raises what the steps and `fetch` raise, no VoiceError.

        `length`: seconds, as the provider tells; `within`: seconds for all tries together. `name`: of the steps; notes
        that are heard at the same time need different ones.
        """
        asking = _Asking(fetch, length, within)
        while True:

            async def listen() -> Try:
                return await self._try(asking)

            tried: Try = await steps.step(name, listen)
            self._note(asking, tried)
            if tried.transcript is not None or _ends(tried.failure):
                return _heard(asking, tried)

    def _note(self, asking: _Asking, tried: Try) -> None:
        """Go on after a try, made now or read."""
        asking.told += [f"{skipped.transcriber}: not asked, {skipped.why}" for skipped in tried.skipped]
        asking.tries.append(tried)
        moved, failure = tried.place != asking.place, tried.failure
        asking.place, asking.wait = tried.place, 0.0
        if failure is None:
            return
        asking.told.append(f"{tried.transcriber or 'all'}: {failure.reason or failure.kind}, {failure.shown}")
        waits = failure.kind == "busy" and failure.retry_after is not None and failure.retry_after <= SHORT_WAIT
        if waits and (moved or not asking.again):
            asking.again, asking.wait = True, failure.retry_after or 0.0
        else:
            asking.place, asking.again = tried.place + 1, False

    async def _try(self, asking: _Asking) -> Try:
        """Ask the first that may be asked. What is raised is a cancellation, or what `fetch` raises."""
        if asking.wait:
            await self._sleep(asking.wait)
        now = self._now()
        if asking.place >= len(self.members):
            return Try("", asking.place, now, failure=Failure(_NOBODY, "no transcriber is left"))
        if asking.sound is None:
            asking.sound = await asking.fetch()
            unhearable = await self._examined(asking, asking.sound)
            if unhearable is not None:
                return Try("", asking.place, now, max(0.0, self._now() - now), failure=unhearable)
        now = self._now()
        place, seconds, skipped = self._next(asking, asking.sound, now)
        if place is None:
            nobody = Failure(_NOBODY, "no transcriber is left")
            return Try("", asking.place, now, failure=nobody, skipped=skipped)
        member = self.members[place]
        self._breakers.tried(member.name, now)
        came = await _asked(member, asking.sound, seconds)
        failure = came if isinstance(came, Failure) else None
        if failure is not None and failure.kind == _UNHEARABLE and asking.decoded:
            failure = replace(failure, kind=_REFUSED)  # it can be read all the same: the next one may hear it
        transcript = replace(came, heard_by=member.name) if isinstance(came, Transcript) else None
        tried = Try(member.name, place, now, max(0.0, self._now() - now), transcript, failure, skipped)
        self._learn(tried)
        return tried

    async def _examined(self, asking: _Asking, sound: Sound) -> Failure | None:
        """What is wrong with the note before anybody hears it. Who cannot look leaves that to the transcribers."""
        if not sound.data:
            return Failure(_UNHEARABLE, "no bytes", "empty")
        if self._examine is None:
            return None
        try:
            asking.length = await self._examine(sound)
            asking.decoded = True
        except Unhearable as error:
            return Failure(_UNHEARABLE, error.detail, error.reason)
        except TranscriberFailed as error:
            _log.warning("notes are not looked at before they are heard", why=error.shown)
        return None

    def _next(self, asking: _Asking, sound: Sound, now: float) -> tuple[int | None, float, tuple[Skipped, ...]]:
        """Who is asked now and for how long, and who is not."""
        skipped: list[Skipped] = []
        for place in range(asking.place, len(self.members)):
            member = self.members[place]
            if asking.length is not None and asking.length > member.longest:
                why = f"the note lasts {asking.length:.0f} s, it takes {member.longest:.0f} s"
                skipped.append(Skipped(member.name, why, "too_long"))
                continue
            held = self._breakers.held(member.name, now)
            if held and not (asking.again and place == asking.place):
                skipped.append(Skipped(member.name, held))
                continue
            length = asking.length or listening.guessed_length(len(sound.data), member.longest)
            own = math.inf if member.waits else listening.time_for(member.timeout, length)
            is_last = place == len(self.members) - 1
            seconds = listening.time_left(own, asking.within, asking.used, is_last=is_last)
            if seconds >= listening.LEAST:
                return place, seconds, tuple(skipped)
            skipped.append(Skipped(member.name, "the time was over"))
        return None, 0.0, tuple(skipped)

    def _learn(self, tried: Try) -> None:
        """What the try tells of the transcriber, and what somebody has to mend."""
        name, failure = tried.transcriber, tried.failure
        self._breakers.ended(name, failure, tried.at + tried.seconds)
        if failure is not None and failure.kind in ("misconfigured", _BUG):
            # What an adapter raises by mistake may hold what was said: its words are for the trace only.
            shown = failure.shown if failure.kind == "misconfigured" else failure.shown.partition(":")[0]
            _log.error("transcriber must be mended", transcriber=name, kind=failure.kind, shown=shown)
        elif failure is not None and failure.kind != _UNHEARABLE:
            seconds = round(tried.seconds, 1)
            _log.warning("transcriber gave no transcript", transcriber=name, kind=failure.kind, seconds=seconds)
        if self._watch is not None:
            self._watch.heard(tried)


async def _asked(member: Member, sound: Sound, seconds: float) -> Transcript | Failure:
    try:
        async with asyncio.timeout(seconds):
            return await member.transcriber.transcribe(sound, member.wish)
    except Unhearable as error:
        return Failure(_UNHEARABLE, error.detail, error.reason)
    except TranscriberFailed as error:
        reason: str = error.reason if isinstance(error, TooMuchSound) else ""
        reason = _LANGUAGE if isinstance(error, LanguageUnknown) else reason
        retry_after = error.retry_after if isinstance(error, TranscriberBusy) else None
        return Failure(error.kind, error.shown, reason, retry_after)
    except TimeoutError:
        # Who is busy with others is not down: the next note may be the first.
        return Failure(_CROWDED if member.waits else "away", f"no answer within {seconds:.0f} s")
    except Exception as error:  # noqa: BLE001 - an adapter's bug is not the person's
        return Failure(_BUG, f"the adapter raised {type(error).__name__}: {error}"[:300])


def _ends(failure: Failure | None) -> bool:
    """Whether nobody else is asked."""
    return failure is not None and failure.kind in (_UNHEARABLE, _NOBODY)


def _heard(asking: _Asking, last: Try) -> Heard:
    """What everything came to."""
    told = tuple(asking.told)
    if last.transcript is not None:
        reason = "" if last.transcript.text.strip() else NO_WORDS
        return Heard(last.transcript, reason, told)
    if last.failure is not None and last.failure.kind == _UNHEARABLE:
        return Heard(None, last.failure.reason, told)
    return Heard(None, _refused_by_all(asking.tries) or NOBODY, told)


def _refused_by_all(tries: Sequence[Try]) -> str:
    """Why nobody took the note, where it was the note for each of them: that can be said to the person."""
    refusals = [each.failure.reason for each in tries if each.failure is not None and each.failure.kind != _NOBODY]
    refusals += [skipped.reason for each in tries for skipped in each.skipped]
    return refusals[0] if refusals and all(refusals) else ""
