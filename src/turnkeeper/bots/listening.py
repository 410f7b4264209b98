"""Any bot hears voice notes: they are transcribed before it runs, and it reads their words as if they were written.

What a note says is kept with its message as soon as it is known: a later attempt, on whatever machine, finds it there.
Where nobody can transcribe a note its words are UNAVAILABLE, and the bot runs with them; where the note itself cannot
be heard the person is told so, and the bot is asked only if there is something else.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import wraps
from typing import Any, Protocol

import msgspec

from turnkeeper.bots.files import LARGEST_READ
from turnkeeper.bots.manners import ELSE, PLAIN, TEXT, Manners
from turnkeeper.bots.turn import Turn
from turnkeeper.engine.answer import Answer, Bot, Work
from turnkeeper.model.errors import MediaError, MediaRefused
from turnkeeper.model.events import Inbound, Media, caption_of, is_sound, with_heard
from turnkeeper.model.media import KeptFile
from turnkeeper.model.voice import NOBODY, UNAVAILABLE, Heard, Sound
from turnkeeper.text.escaping import escaped
from turnkeeper.voice.base import Steps

_REFUSED = {"empty": "empty", "too_large": "too_large", "gone": "gone"}
"""Reasons for which a file is refused that mean the same of a note."""
_AT_ONCE = 4
"""Notes of a turn that are heard at the same time."""
_LAST_TRY = 2
"""The attempt from which on a note that cannot be fetched holds up no answer."""
_SHARE = 0.7
"""Of the time that a turn may take: the rest is for the answer."""
_LONGEST_ECHO = 700


class Ears(Protocol):
    """Who hears: turnkeeper.voice.chain is it."""

    async def hear(
        self, fetch: Callable[[], Awaitable[Sound]], steps: Steps, *, within: float = ..., name: str = ...
    ) -> Heard:
        """What came of a note, tried in steps of that name. `within`: seconds for all tries together."""


class Listening:
    """A bot that hears. `ears`: who transcribes for it."""

    def __init__(self, bot: Bot, ears: Ears, manners: Manners = PLAIN) -> None:
        self.bot = bot
        self._ears = ears
        self._manners = manners
        self._under_way: dict[tuple[object, ...], asyncio.Future[Any]] = {}

    @property
    def version(self) -> str:
        """The bot's own."""
        return self.bot.version

    async def answer(self, work: Work) -> Answer:
        """Listen, then run the bot."""
        told = await self._listen(work)
        if not any(event.unheard is None or caption_of(event) for event in work.events):
            return self._polite(work, told)
        answer = await self.bot.answer(work)
        trace = "\n".join(filter(None, (*told, answer.trace))) or None
        return replace(answer, replies=[*self._echo(work.events), *answer.replies], trace=trace)

    async def _listen(self, work: Work) -> list[str]:
        """Hear what nobody has heard yet; lines for the trace."""
        notes = [place for place, event in enumerate(work.events) if _is_to_be_heard(event)]
        if not notes:
            return []
        at_once = asyncio.Semaphore(_AT_ONCE)
        suffixes = [f" {place + 1}" for place in notes] if len(notes) > 1 else [""]

        async def hear(place: int, suffix: str) -> Heard:
            async with at_once:
                return await self._heard(work, work.events[place], suffix)

        async with _saying_meanwhile(work, self._manners):
            heard = await _together(hear(place, suffix) for place, suffix in zip(notes, suffixes, strict=True))
        now = work.now()
        await work.retell(
            {place: _told(work.events[place], each, now) for place, each in zip(notes, heard, strict=True)}
        )
        return [line for each in heard for line in each.told]

    async def _heard(self, work: Work, event: Inbound, suffix: str) -> Heard:
        try:
            kept = await _kept(work, event, f"voice.file{suffix}")
            if kept.size > LARGEST_READ:
                return Heard(None, "too_large", (f"{kept.size} bytes are too many",))
            steps = _Shared(Turn(work), self._under_way, (work.channel.workspace_id, kept.key))

            async def fetch() -> Sound:
                data = b"".join([chunk async for chunk in work.files.read(kept.key)])
                return Sound(data, kept.mime, kept.filename)

            within = _SHARE * work.channel.turns.turn_limit
            return await self._ears.hear(fetch, steps, within=within, name=f"hear{suffix}")
        except MediaRefused as refused:
            return Heard(None, _REFUSED.get(refused.reason, ELSE), (f"voice note refused: {refused}",))
        except MediaError as away:
            if work.attempt < _LAST_TRY:
                raise
            return Heard(None, NOBODY, (f"voice note could not be fetched: {away}",))

    def _polite(self, work: Work, told: Sequence[str]) -> Answer:
        """Sentences instead of the bot, which would have nothing to go by; the session stays as it is."""
        reasons = dict.fromkeys(event.unheard or "" for event in work.events)
        said = dict.fromkeys(map(self._manners.sentence, reasons))
        trace = f"no note could be heard ({', '.join(reasons)}): the bot was not asked"
        return Answer(
            [each for each in said if each], work.state, work.stage, trace="\n".join((*told, trace)), asked=False
        )

    def _echo(self, events: Sequence[Inbound]) -> list[str]:
        """What was heard, for the person to see."""
        heard = [event.heard for event in events if event.heard and event.heard != UNAVAILABLE]
        if not heard or not self._manners.echo:
            return []
        return ["\n\n".join(self._manners.echo.replace(TEXT, escaped(_short(each))) for each in heard)]


class _Shared:
    """Steps of a turn whose work goes on where the turn is interrupted: its next attempt, if it is run in this
    process, waits for that instead of paying for the same note again."""

    def __init__(self, turn: Turn, under_way: dict[tuple[object, ...], asyncio.Future[Any]], note: tuple[object, ...]):
        self._turn = turn
        self._under_way = under_way
        self._note = note
        self._count = 0

    async def step(self, name: str, function: Callable[..., Any], *args: Any) -> Any:
        """As `Turn.step`."""
        self._count += 1
        key = (*self._note, self._count)

        @wraps(function)
        async def joined(*args: Any) -> Any:
            running = self._under_way.get(key)
            if running is None:
                running = self._under_way[key] = asyncio.ensure_future(function(*args))
                running.add_done_callback(lambda _: self._under_way.pop(key, None))
                running.add_done_callback(_retrieved)
            return await asyncio.shield(running)

        return await self._turn.step(name, joined, *args)


def _retrieved(running: asyncio.Future[Any]) -> None:
    """An interrupted turn no longer asks for what it raised."""
    if not running.cancelled():
        running.exception()


def _is_to_be_heard(event: Inbound) -> bool:
    """Whether it is a note of the contact's that nobody has heard yet; where nobody could, it is tried again."""
    told = event.unheard is not None or (event.heard is not None and event.heard != UNAVAILABLE)
    return is_sound(event) and not event.from_me and not told


def _told(event: Inbound, heard: Heard, at: float) -> Inbound:
    """The message with what came of it."""
    if heard.reason and heard.reason != NOBODY:
        return with_heard(event, at, unheard=heard.reason)
    return with_heard(event, at, heard=heard.text.strip(), transcript=heard.transcript)


async def _kept(work: Work, event: Inbound, name: str) -> KeptFile:
    """The note's file, fetched once; a note that the provider could not take has none to name."""
    media = event.media or Media()

    async def fetch(_: str) -> bytes:
        return msgspec.json.encode(await work.files.fetch(media, event.kind, event.message_id))

    arguments = msgspec.json.encode([media, event.kind, event.message_id])
    stored = await work.step(name, fetch, arguments, effect=False, on_unknown="retry")
    return msgspec.json.decode(stored, type=KeptFile)


@asynccontextmanager
async def _saying_meanwhile(work: Work, manners: Manners) -> AsyncIterator[None]:
    """Ask for patience if the block takes long. What is being said when it ends is said to its end."""
    if not manners.one_moment:
        yield
        return
    begun = False

    async def say() -> None:
        nonlocal begun
        await asyncio.sleep(max(0.0, work.began_at + manners.one_moment_after - work.now()))
        begun = True
        await work.say_now(manners.one_moment, aside=True)

    saying = asyncio.ensure_future(say())
    try:
        yield
    except BaseException:
        saying.cancel()
        raise
    if not begun:
        saying.cancel()
    await asyncio.wait({saying})
    if not saying.cancelled():
        saying.result()


async def _together(hearing: Iterable[Awaitable[Heard]]) -> list[Heard]:
    """All of them at once, in their order; where one raises the others end."""
    tasks = [asyncio.ensure_future(each) for each in hearing]
    try:
        return await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_ECHO else text[: _LONGEST_ECHO - 1].rstrip() + "…"
