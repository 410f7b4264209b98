"""The bot that asks a backend.

What may have reached the backend is never told it twice, and an answer that broke off is never sent as if it were
whole: the person then gets `fixed_reply`, once, and the turn shows why.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any, Final

import msgspec
import structlog

from turnkeeper.bots import guarding, offering
from turnkeeper.bots.outside import outside_events
from turnkeeper.bots.recalling import Memory, recollect
from turnkeeper.bots.remote.asking import Asking, BackendError, NotThere, Told, read_time
from turnkeeper.bots.remote.backend import Backend
from turnkeeper.bots.translating import with_translations
from turnkeeper.bots.turn import Turn
from turnkeeper.engine.answer import Answer, Work
from turnkeeper.engine.streaming import Streaming
from turnkeeper.llm.chain import Chain
from turnkeeper.model.errors import EffectUnknown
from turnkeeper.model.llm import Said
from turnkeeper.model.outside import line
from turnkeeper.rules.recall import with_now
from turnkeeper.text import citations
from turnkeeper.text.guessing import language_of

_log = structlog.get_logger("turnkeeper.remote")
_TITLE_WORDS: Final = 6
_LONGEST_TITLE: Final = 100
_TELLING_WORDS: Final = 3
USER: Final = "_backend_user"
"""The fact that tells under which name the backend knows a contact."""
USER_ID: Final = "_backend_user_id"
"""The fact that tells the id that the backend gave them, if it told one."""
LANGUAGE: Final = "_backend_language"
"""The fact that tells the language of their first message."""
_ELSE: Final = "en"
THREAD: Final = "backend_thread"
"""Where the session's state keeps the thread's id."""


class _Guard(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the guard against circles made of the turn."""

    loop: guarding.Loop | None = None
    not_before: float | None = None


@dataclass(slots=True)
class _Known:
    """What is kept with the contact; `new`: what of it is to be kept from now on."""

    user: str
    user_id: str
    language: str
    registered: bool
    new: dict[str, object]


@dataclass(frozen=True, slots=True)
class RemoteSettings:
    """What a remote bot says itself. `fixed_reply`: when there is no answer; `handover_reply`: to who then wants a
    person. `loop_guard`: whether it ends circles; `offer_buttons`: under a fixed reply that asks."""

    fixed_reply: str = ""
    handover_reply: str = ""
    loop_guard: bool = True
    offer_buttons: tuple[str, str] = offering.BUTTONS


class RemoteBot:
    """Asks a backend."""

    def __init__(
        self, backend: Backend, client: Streaming, settings: RemoteSettings, chain: Chain | None = None
    ) -> None:
        """`chain`: translates notes that lack the reader's language; None: they stay as they are."""
        self._backend = backend
        self._client = client
        self._settings = settings
        self._chain = chain
        self.version = blake2b(repr(backend).encode(), digest_size=8).hexdigest()

    async def answer(self, work: Work) -> Answer:
        """One turn."""
        turn = Turn(work)
        taken = offering.taken(turn)
        if taken.accepted is not None:
            return await self._handed_over(turn, taken.accepted)
        if not _words(turn).strip():
            if turn.messages and (polite := work.channel.turns.unsupported_reply):
                await turn.reply(polite)
            return turn.answer("nothing in words: the backend was not asked")
        guard = await self._guarded(work, turn)
        if guard.loop is not None and guard.loop.step == "stop":
            turn.handover(guard.loop.reason)
            return turn.answer(f"not answered: {guard.loop.reason}")
        await guarding.wait_until(work, guard.not_before)
        return await self._answered(work, turn, guard, declined=taken.declined)

    async def _handed_over(self, turn: Turn, reason: str) -> Answer:
        if self._settings.handover_reply:
            await turn.reply(self._settings.handover_reply)
        turn.handover(reason)
        return turn.answer("the person took up the offer of a person")

    async def _guarded(self, work: Work, turn: Turn) -> _Guard:
        """Decided once for an attempt of a turn, whoever goes on with it."""

        async def judge(_: str) -> bytes:
            lines = await work.history(guarding.LOOKED_BACK)
            loop = guarding.judged(work, lines)
            return msgspec.json.encode(_Guard(loop, guarding.slowed_until(lines, loop)))

        if not self._settings.loop_guard or not turn.messages:
            return _Guard()
        return msgspec.json.decode(await work.step("guard", judge, b"", effect=False, on_unknown="retry"), type=_Guard)

    async def _answered(self, work: Work, turn: Turn, guard: _Guard, *, declined: bool) -> Answer:
        """What the backend says, or the fixed reply."""
        told = [] if guard.loop is None else [f"slowed down: {guard.loop.reason}"]
        known = _known(turn, await work.records.facts())
        asking = Asking(self._backend, self._client, work, self._values(work, turn, known))
        try:
            cited = citations.read(await self._asked(work, turn, asking, known))
            cited = await with_translations(cited, _read_in(turn, known), self._chain, turn)
            await turn.reply(citations.said(cited))
        except BackendError as error:
            _log.warning("backend gave no answer", channel=work.channel.id, turn=work.number, error=error.shown)
            told.append(f"{'nothing was said, the person wants nobody' if declined else 'fixed reply'}: {error.shown}")
            fixed, buttons = "" if declined else self._settings.fixed_reply, self._settings.offer_buttons
            for reply in offering.offered(fixed, error.shown, turn.state, buttons):
                await turn.reply(reply)
        return replace(turn.answer("\n".join(told) or None), facts=known.new)

    def _values(self, work: Work, turn: Turn, known: _Known) -> dict[str, object]:
        return {
            "user": known.user,
            "user_id": known.user_id,
            "phone": turn.contact.phone or "",
            "name": turn.contact.name or "",
            "language": known.language,
            "title": " ".join(_words(turn).split()[:_TITLE_WORDS])[:_LONGEST_TITLE],
            "text": _words(turn),
            "events": [{"type": each.type, "id": each.id, "data": each.data} for each in outside_events(turn.events)],
            "channel": str(work.channel.id),
        }

    async def _asked(self, work: Work, turn: Turn, asking: Asking, known: _Known) -> str:
        """The answer's words. A backend that remembers nothing is asked anew when the turn starts over."""
        if self._backend.style == "threads":
            return await self._in_thread(work, turn, asking, known)
        asking.values["history"] = await self._history(work, turn)
        return await asking.answer(effect=False)

    async def _history(self, work: Work, turn: Turn) -> list[dict[str, str]]:
        """What was said before, in Markdown, and this turn's words as the last message."""
        memory = Memory(self._backend.history, summary=False)
        before = await recollect(work, memory, await work.history(memory.lines))
        told = with_now(before.messages, Said("user", _words(turn)))
        return [{"role": each.role, "content": each.text} for each in told]

    async def _in_thread(self, work: Work, turn: Turn, asking: Asking, known: _Known) -> str:
        """The backend remembers: the message goes into the thread of the session."""
        await self._register(asking, known)
        thread = _id(turn.state.get(THREAD)) or await self._young_thread(work, asking)
        if thread is not None:
            with suppress(NotThere):  # it surely did nothing: the same is told again
                return await self._say(turn, asking, thread)
        return await self._say(turn, asking, await self._new_thread(asking))

    async def _say(self, turn: Turn, asking: Asking, thread: str) -> str:
        turn.state[THREAD] = asking.values["thread_id"] = thread
        return await asking.answer(effect=True)

    async def _register(self, asking: Asking, known: _Known) -> None:
        """Let the backend know the contact, once."""
        if known.registered or not asking.knows("register"):
            return
        found = await self._existing(asking)
        if found is None:
            try:
                found = await asking.look("register")
            except BackendError:  # perhaps since it was done, and a worker was cut off before it knew
                found = await self._existing(asking)
                if found is None:
                    raise
        known.user_id = _id(found.fields.get("user_id")) or ""
        known.new[USER] = known.user
        known.new |= {USER_ID: known.user_id} if known.user_id else {}
        asking.values["user_id"] = known.user_id

    async def _existing(self, asking: Asking) -> Told | None:
        """What the backend says of somebody whom it knows."""
        found = await self._looked("exists", asking)
        return found if found is not None and found.fields.get("exists") else None

    async def _young_thread(self, work: Work, asking: Asking) -> str | None:
        """The thread that the backend had last, if it is as young as a session may be: ours may be lost."""
        found = await self._looked("last", asking)
        last_at = None if found is None else read_time(found.fields.get("last_at"))
        if found is None or last_at is None or work.now() - last_at > self._backend.session_ttl:
            return None
        return _id(found.fields.get("last_thread_id"))

    async def _looked(self, name: str, asking: Asking) -> Told | None:
        """What the backend says; None where there is no such call, or nothing to be told of (404)."""
        if not asking.knows(name):
            return None
        try:
            return await asking.look(name)
        except NotThere:
            return None

    async def _new_thread(self, asking: Asking) -> str:
        """A thread of its own for the session; one, though a worker is cut off while it is made."""
        try:
            made = await asking.effect("thread")
        except EffectUnknown:
            left = await self._left_empty(asking)
            if left is not None:
                return left
            made = await asking.effect("thread", on_unknown="retry")
        thread = _id(made.fields.get("thread_id"))
        if thread is None:
            raise BackendError("thread: the backend told no id of the thread that it made")
        return thread

    async def _left_empty(self, asking: Asking) -> str | None:
        """The thread that was made before the worker was cut off: the last one, with nothing in it."""
        found = await self._looked("last", asking)
        return None if found is None or found.fields.get("last_at") else _id(found.fields.get("last_thread_id"))


def _words(turn: Turn) -> str:
    """What the backend is told: what was said, and what came from no person."""
    return "\n".join(filter(None, (turn.text, *map(line, outside_events(turn.events)))))


def _known(turn: Turn, facts: Mapping[str, Any]) -> _Known:
    """A contact keeps the name under which the backend got to know them, whatever becomes known of them later."""
    user = facts.get(USER)
    first = next(iter(turn.contact.addresses), "")
    named = turn.contact.phone or first
    kept = facts.get(LANGUAGE)
    language = str(kept or language_of(turn.text) or _ELSE)
    new: dict[str, object] = {} if kept else {LANGUAGE: language}
    return _Known(str(user or named), str(facts.get(USER_ID) or ""), language, bool(user), new)


def _read_in(turn: Turn, known: _Known) -> str:
    """The language of what is asked now, where it is long enough to tell; else that of their first message."""
    told = len(turn.text.split()) >= _TELLING_WORDS
    return (language_of(turn.text) if told else None) or known.language


def _id(value: object) -> str | None:
    """An id as a backend tells it: a text, or a number."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) and value else None
