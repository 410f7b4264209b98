"""A running turn's journal: a stored result is never computed again, an effect happens at most once a turn.

A step's key is (turn, attempt, name, occurrence); an effect's leaves the attempt out. Every write carries the
run's owner and epoch, and the first refused one ends the turn.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from hashlib import blake2b
from typing import Any, TypeVar

import msgspec
from msgspec.structs import replace

from turnkeeper.engine.answer import Expired, Files, HandoverWanted, OnUnknown
from turnkeeper.engine.clock import Clock
from turnkeeper.engine.outbox import Sender
from turnkeeper.engine.patience import until_stored
from turnkeeper.engine.records import TurnRecords
from turnkeeper.engine.rendering import rendered
from turnkeeper.engine.templates import Named
from turnkeeper.engine.watching import Watch
from turnkeeper.model.agents import Spent
from turnkeeper.model.contents import Reply
from turnkeeper.model.conversation import SessionRow, StepRow
from turnkeeper.model.errors import BotError, EffectUnknown, Fenced, StepChanged
from turnkeeper.model.events import Inbound
from turnkeeper.model.ids import ConversationKey
from turnkeeper.model.policy import Channel
from turnkeeper.model.templates import TemplateDefinition
from turnkeeper.rules import window
from turnkeeper.rules.effects import with_carried
from turnkeeper.store.base import ClaimedTurn, Dispatch, Retold, StepKey, Store
from turnkeeper.store.lines import Line

T = TypeVar("T")
SAY_NOW = "say_now"
_ASIDE = 1_000_000
"""The place of what is said beside the bot's own words: none of those comes so far."""
Running = Callable[[str], Awaitable[bytes]]
Spending = Callable[[bytes], Spent]


class Journal:
    """The Work of one attempt of one turn."""

    def __init__(
        self,
        claimed: ClaimedTurn,
        store: Store,
        sender: Sender,
        clock: Clock,
        watch: Watch,
        files: Files | None = None,
        said: Callable[[], None] = lambda: None,
    ) -> None:
        """`said`: told of words that were said at once."""
        self._files = files
        self._said = said
        self._claimed = claimed
        self._store = store
        self._sender = sender
        self._clock = clock
        self._watch = watch
        self.records = TurnRecords(claimed, store, clock)
        self._seen: Counter[tuple[str, bool]] = Counter()
        self._stored = {(step.name, step.effect, step.occurrence): step for step in claimed.steps}
        self._effects: set[asyncio.Future[bytes]] = set()
        self.notes: list[str] = []
        """What was changed of the words that were said at once, to fit the channel."""
        self.over: Exception | None = None
        """What ended the turn; a bot that swallows it can neither go on nor commit."""
        self._bodies = [event.body for event in claimed.events]
        self.events: Sequence[Inbound] = [msgspec.json.decode(body, type=Inbound) for body in self._bodies]
        self.quoted: Mapping[str, Line] = {}
        self.templates: Mapping[Named, TemplateDefinition] = {}
        now = clock.now()
        self.session, self.trace = session_of(claimed, now)
        self.state: dict[str, Any] = msgspec.json.decode(self.session.state)
        self.expired = expired_of(claimed, now)
        self.given = self.session.carried
        self.carried: Sequence[Mapping[str, object]] = msgspec.json.decode(self.given)

    @property
    def addresses(self) -> Sequence[str]:
        """The contact's, the one to answer first."""
        return self._claimed.conversation.addresses.split("\n")

    @property
    def channel(self) -> Channel:
        """Where it was said."""
        return self._claimed.channel

    @property
    def key(self) -> ConversationKey:
        """The conversation's."""
        return self._claimed.run.key

    @property
    def began_at(self) -> float:
        """When the turn's first attempt began, whichever machine ran it; or when its voice notes had been heard."""
        return max([self._claimed.turn.started_at, *(event.heard_at or 0.0 for event in self.events)])

    def now(self) -> float:
        """The clock's time."""
        return self._clock.now()

    @property
    def open_until(self) -> float:
        """When the provider's window closes, as of the turn's claim."""
        return window.open_until(self._claimed.conversation, self._claimed.channel.sends)

    @property
    def number(self) -> int:
        """The turn's place in the conversation, from 1."""
        return self._claimed.turn.no

    @property
    def attempt(self) -> int:
        """From 1; an interrupt and a failure each start another."""
        return self._claimed.turn.attempt

    @property
    def stage(self) -> str | None:
        """Where the session stands."""
        return self.session.stage

    async def look_up(self) -> None:
        """Find what the events quote."""
        wanted = [event.reply_to for event in self.events if event.reply_to]
        if wanted:
            key, channel_id = self._claimed.run.key, self._claimed.channel.id
            self.quoted = await until_stored(lambda: self._store.quoted(key, channel_id, wanted), self._clock)

    @property
    def files(self) -> Files:
        """Raises BotError where the worker keeps none."""
        if self._files is None:
            raise BotError("no place is configured where files are kept")
        return self._files

    async def history(self, limit: int, since: float | None = None) -> list[Line]:
        """What was said, oldest first; `since`: only after that instant."""
        return await until_stored(lambda: self._store.history(self._claimed.run.key, limit, since), self._clock)

    async def step(
        self,
        name: str,
        run: Running,
        arguments: bytes,
        *,
        effect: bool,
        on_unknown: OnUnknown,
        spent: Spending | None = None,
    ) -> bytes:
        """The stored result, or `run`'s, stored before it is used, with what it took of models."""
        return await self._once(self._next_key(name, effect), run, arguments, effect, on_unknown, spent)

    async def apart(self, name: str, occurrence: int, run: Running) -> bytes:
        """An effect step of the engine's own, which the bot's steps do not count."""
        return await self._once(StepKey(self.number, 0, name, occurrence), run, b"[]", True, "retry", None)

    @property
    def steps(self) -> Sequence[StepRow]:
        """All that are stored, or begun, as far as this attempt may read them."""
        return list(self._stored.values())

    async def _once(
        self,
        key: StepKey,
        run: Running,
        arguments: bytes,
        effect: bool,
        on_unknown: OnUnknown,
        spent: Spending | None,
    ) -> bytes:
        name = key.name
        digest = blake2b(arguments, digest_size=16).hexdigest()
        stored = self._stored.get((name, effect, key.occurrence))
        if self.over is not None:
            raise self.over
        if stored is None:
            row = self._row(key, digest, effect)
            if not effect:
                return await self._finish(run, row, spent)
            # A row that was there already is our own: the answer to the first try was lost.
            await self._kept(lambda: self._store.begin_effect(self._claimed.run, key, digest, row.began_at))
            return await self._shielded(run, row, spent)
        if stored.arguments != digest:
            raise StepChanged(f"step {name!r} ran before in this turn with other arguments")
        if stored.result is not None:
            return stored.result
        self._decide_unknown(name, on_unknown)
        return await self._shielded(run, stored, spent)

    async def _kept(self, write: Callable[[], Awaitable[T]]) -> T:
        """A write in the run's name; refused once, the turn is over."""
        try:
            return await until_stored(write, self._clock)
        except Fenced as fenced:
            self.over = fenced
            raise

    def _next_key(self, name: str, effect: bool) -> StepKey:
        self._seen[name, effect] += 1
        turn = self._claimed.turn
        return StepKey(turn.no, 0 if effect else turn.attempt, name, self._seen[name, effect])

    def _row(self, key: StepKey, digest: str, effect: bool) -> StepRow:
        where = self._claimed.run.key
        return StepRow(
            where.workspace_id,
            where.id,
            key.turn_no,
            key.attempt,
            key.name,
            key.occurrence,
            digest,
            effect,
            self._clock.now(),
        )

    async def _finish(self, run: Running, row: StepRow, spent: Spending | None) -> bytes:
        with self._watch.stage("step", row.name):
            result = await run(idempotency_key(row))
        done = replace(row, result=result, done_at=self._clock.now())
        took = None if spent is None else spent(result)
        await self._kept(lambda: self._store.finish_step(self._claimed.run, done, took))
        self._stored[row.name, row.effect, row.occurrence] = done
        return result

    async def _shielded(self, run: Running, row: StepRow, spent: Spending | None) -> bytes:
        """An effect that has begun is seen to its end, whoever takes the conversation meanwhile."""
        self._stored.setdefault((row.name, row.effect, row.occurrence), row)
        effect = asyncio.ensure_future(self._finish(run, row, spent))
        for under_way in (self._effects, self._sender.under_way):
            under_way.add(effect)
            effect.add_done_callback(under_way.discard)
        effect.add_done_callback(_retrieved)
        return await asyncio.shield(effect)

    async def effects_ended(self, limit: float) -> None:
        """Wait until no effect is under way any more, at most `limit` seconds."""
        if self._effects:
            await asyncio.wait(self._effects, timeout=limit)

    def as_it_was(self) -> SessionRow:
        """The session as before the turn, with the turn's effects for the next one to see."""
        effects = [step for step in self._stored.values() if step.effect]
        return replace(self.session, carried=with_carried(self.session.carried, effects))

    def _decide_unknown(self, name: str, on_unknown: OnUnknown) -> None:
        """The step began and was cut off: nobody knows whether it happened."""
        cut_off = f"step {name!r} was cut off and may have happened"
        if on_unknown == "raise":
            raise EffectUnknown(cut_off)
        if on_unknown == "fail":
            self.over = EffectUnknown(cut_off)
        elif on_unknown == "ask":
            self.over = HandoverWanted(f"step {name!r} was cut off: did it happen?")
        if self.over is not None:
            raise self.over

    async def retell(self, events: Mapping[int, Inbound]) -> None:
        """Keep what was found out about some events, by their places."""
        if self.over is not None:
            raise self.over
        bodies = {place: msgspec.json.encode(event) for place, event in events.items()}
        told = [Retold(self._claimed.events[at].seq, self._bodies[at], body) for at, body in sorted(bodies.items())]
        await self._kept(lambda: self._store.retell(self._claimed.run, self.number, told))
        self._bodies = [bodies.get(place, body) for place, body in enumerate(self._bodies)]
        self.events = [events.get(place, event) for place, event in enumerate(self.events)]

    async def template(self, name: str, language: str) -> TemplateDefinition | None:
        """What the provider has told of a template; None: nothing is known of it."""
        return await self._sender.templates.definition(self.channel, name, language)

    async def know(self, replies: Sequence[Reply]) -> None:
        """Look up the templates among what is to be said."""
        self.templates = await self._sender.templates.definitions(self.channel, replies)

    async def say_now(self, said: Reply, *, aside: bool = False) -> None:
        """Journal and send at once, in order with what was said before; at most once in a turn."""
        key = StepKey(self.number, 0, SAY_NOW, _ASIDE) if aside else self._next_key(SAY_NOW, effect=True)
        told = said.encode("utf-8", "replace") if isinstance(said, str) else msgspec.json.encode(said)
        digest = blake2b(told, digest_size=16).hexdigest()
        stored = self._stored.get((SAY_NOW, True, key.occurrence))
        if self.over is not None:
            raise self.over
        if stored is not None and stored.arguments != digest:
            raise StepChanged("say_now said something else at this place before")
        channel = self._claimed.channel
        await self.know([said])
        words = rendered(
            [said],
            self._sender.capabilities(channel),
            numbered=channel.turns.part_numbers,
            templates=self.templates,
        )
        self.notes += words.notes
        if stored is not None:
            return
        now = self._clock.now()
        row = replace(self._row(key, digest, effect=True), result=b"null", done_at=now)
        if self._files is not None:
            await self._files.needed([said])

        async def say() -> Dispatch:
            dispatch = await self._store.say_now(self._claimed.run, row, words.contents, now)
            self._stored[SAY_NOW, True, key.occurrence] = row
            return dispatch

        await self._kept(lambda: self._sender.deliver(say, in_turn=True))
        self._said()


def idempotency_key(row: StepRow) -> str:
    """The same for every try of one effect in one turn, and different everywhere else."""
    parts = (row.workspace_id, row.conversation_id, row.turn_no, row.attempt, row.name, row.occurrence)
    return "tk-" + blake2b("\x1f".join(map(str, parts)).encode(), digest_size=16).hexdigest()


def _retrieved(effect: asyncio.Future[bytes]) -> None:
    """A cancelled turn no longer asks for what its effect raised."""
    if not effect.cancelled():
        effect.exception()


def session_of(claimed: ClaimedTurn, now: float) -> tuple[SessionRow, str | None]:
    """The session, fresh when it has expired; one that cannot be read is set aside and shown, not raised."""
    key = claimed.run.key
    kept = claimed.session
    if kept is None:
        return SessionRow(key.workspace_id, key.id), None
    if _has_expired(kept, claimed, now):
        return SessionRow(key.workspace_id, key.id, carried=kept.carried), None
    if _readable(kept) is not None:
        return kept, None
    trace = f"session set aside, it could not be read: {kept.state[:500]!r}"
    return SessionRow(key.workspace_id, key.id, carried=kept.carried), trace


def expired_of(claimed: ClaimedTurn, now: float) -> Expired | None:
    """The session that expired since the last turn that a bot had, if it can be read."""
    kept = claimed.session
    if kept is None or not _has_expired(kept, claimed, now):
        return None
    state = _readable(kept)
    return None if state is None else Expired(state, kept.stage, kept.saved_at + claimed.channel.turns.session_ttl)


def _has_expired(kept: SessionRow, claimed: ClaimedTurn, now: float) -> bool:
    return now - kept.saved_at > claimed.channel.turns.session_ttl


def _readable(kept: SessionRow) -> dict[str, Any] | None:
    try:
        state = msgspec.json.decode(kept.state)
    except msgspec.DecodeError:
        return None
    return state if isinstance(state, dict) else None
