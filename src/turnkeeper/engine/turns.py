"""Running one turn: typing, the bot, the commit, the sends. No transaction is open while anything slow runs.

A turn that raises is tried again with backoff; then the person gets the bot's `error_reply`, the turn is
`failed` with its trace, and the conversation goes on.
"""

from __future__ import annotations

import asyncio
import dataclasses
import random
import traceback
from collections.abc import Callable, Mapping

import msgspec
import structlog
from msgspec.structs import replace

from turnkeeper.channels.base import ChannelAdapter
from turnkeeper.engine.afterwards import Afterwards
from turnkeeper.engine.answer import Answer, Bot, HandoverWanted
from turnkeeper.engine.calling import Calling
from turnkeeper.engine.clock import Clock
from turnkeeper.engine.giving_up import GivenUp, Undone, given_up, undo
from turnkeeper.engine.journal import Journal, session_of
from turnkeeper.engine.local_time import awaiting_the_day
from turnkeeper.engine.media import FileKeeper
from turnkeeper.engine.outbox import Sender
from turnkeeper.engine.patience import until_stored
from turnkeeper.engine.rendering import rendered
from turnkeeper.engine.timers import timer_rows
from turnkeeper.engine.typing import Shown, typing
from turnkeeper.engine.watching import Seen, Watch
from turnkeeper.model.errors import BotError, EffectUnknown, Fenced, MediaRefused
from turnkeeper.rules import reading
from turnkeeper.rules.retry import turn_retry
from turnkeeper.store.base import ClaimedTurn, Dispatch, PutOff, Store, TurnCommit
from turnkeeper.store.runs import Run

_log = structlog.get_logger("turnkeeper.turns")
_LONGEST_TRACE = 8_000
_LAST_WORDS = 5.0
"""Seconds that a bot has to end after it was cancelled."""
_encode = msgspec.json.Encoder().encode


class TurnRunner:
    """Takes claimed turns to their commit and sends what they leave."""

    def __init__(
        self,
        store: Store,
        adapters: Mapping[str, ChannelAdapter[object]],
        bots: Mapping[str, Bot],
        client: Calling,
        sender: Sender,
        clock: Clock,
        rng: random.Random,
        give_up: Callable[[Run], None],
        watch: Watch,
        files: FileKeeper | None = None,
    ) -> None:
        """`give_up`: told of a run whose bot goes on though its time is over."""
        self._store = store
        self._adapters = adapters
        self._bots = bots
        self._client = client
        self._sender = sender
        self._clock = clock
        self._rng = rng
        self._give_up = give_up
        self._watch = watch
        self._files = files
        self._afterwards = Afterwards(watch)

    async def run(self, claimed: ClaimedTurn, asked_at: float | None = None) -> float | None:
        """Run to the end or to the retry; when the conversation is due again. Raises Fenced.

        `asked_at`: when the claim was made that brought it.
        """
        with self._watch.turn(claimed, asked_at) as seen:
            async with typing(claimed, self._adapters, self._client) as shown:
                return await self._run(claimed, seen, shown)

    async def _run(self, claimed: ClaimedTurn, seen: Seen, shown: Shown) -> float | None:
        before = given_up(claimed.steps)
        if before is not None:
            return await self._fail(claimed, seen, before)
        if claimed.exhausted:
            trace = "claimed too often without ever being committed: it takes its worker down"
            return await self._give_turn_up(claimed, seen, trace)
        files = None if self._files is None else self._files.of(claimed)
        journal = Journal(claimed, self._store, self._sender, self._clock, self._watch, files, shown.ended)
        try:
            if reading.has_nothing_to_read(journal.events, claimed.channel.turns):
                answer = Answer()
                commit = self._unasked(claimed, journal)
            else:
                with self._watch.stage("run"):
                    answer = await awaiting_the_day(journal, await self._answer(claimed, journal))
                if files is not None:
                    await files.needed(answer.replies)  # before the commit's instant: later, it is somebody else's need
                await journal.know(answer.replies)
                commit = self._leaves(claimed, journal, answer, b"[]" if answer.asked else journal.given)
        except Exception as error:  # noqa: BLE001 - whatever a bot raises is the bot's
            return await self._ended(claimed, journal, journal.over or error, seen)
        finally:
            if files is not None:
                files.close()
        seen.outcome = "committed"
        due = await self._commit(commit)
        self._afterwards.begin(claimed, answer.afterwards)
        return due

    def stop(self) -> None:
        """Give up what turns left to be done afterwards."""
        self._afterwards.stop()

    def _unasked(self, claimed: ClaimedTurn, journal: Journal) -> TurnCommit:
        """A polite sentence, where there is nothing that the bot could read; the session stays as it is."""
        said = claimed.channel.turns.unsupported_reply
        session = journal.as_it_was()
        answer = Answer(
            [said] if said else [],
            msgspec.json.decode(session.state),
            session.stage,
            trace="nothing that the bot can read: it was not asked",
        )
        return self._leaves(claimed, journal, answer, carried=session.carried)

    async def _answer(self, claimed: ClaimedTurn, journal: Journal) -> Answer:
        """What the bot answers, unless something in the turn has ended it, whatever the bot made of that."""
        bot = self._bots[claimed.channel.bot_id]
        limit = claimed.channel.turns.turn_limit
        giving_up = asyncio.get_running_loop().call_later(limit + _LAST_WORDS, self._give_up, claimed.run)
        try:
            async with asyncio.timeout(limit):
                await journal.look_up()
                answer = await bot.answer(journal)
        except SystemExit as stop:
            raise BotError("the bot tried to end the program") from stop
        except asyncio.CancelledError as cancelled:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            raise BotError("the bot was cancelled by its own work") from cancelled
        finally:
            giving_up.cancel()
        if journal.over is not None:
            raise journal.over
        return answer

    async def _ended(self, claimed: ClaimedTurn, journal: Journal, error: Exception, seen: Seen) -> float | None:
        """The bot gave no answer. An effect that it had begun is seen to its end first."""
        if isinstance(error, Fenced):
            raise error
        await journal.effects_ended(claimed.channel.turns.turn_limit)
        if isinstance(error, HandoverWanted):
            session = journal.as_it_was()
            answer = Answer(state=msgspec.json.decode(session.state), stage=session.stage, handover=str(error))
            seen.outcome = "committed"
            return await self._commit(self._leaves(claimed, journal, answer, carried=session.carried))
        trace = _storable("".join(traceback.format_exception(error, limit=20))[-_LONGEST_TRACE:])
        known = dataclasses.replace(claimed, steps=journal.steps)
        if isinstance(error, MediaRefused):  # the same file would be refused again, and nobody need mend anything
            return await self._give_turn_up(known, seen, trace, claimed.channel.turns.media_reply)
        self._watch.raised(claimed.channel, error)
        if isinstance(error, EffectUnknown):
            return await self._give_turn_up(known, seen, trace)
        return await self._failed(known, trace, type(error).__name__, seen)

    def _leaves(self, claimed: ClaimedTurn, journal: Journal, answer: Answer, carried: bytes = b"[]") -> TurnCommit:
        """Raises what the bot's own words, state and timers raise when they cannot be kept."""
        now = self._clock.now()
        session = replace(
            journal.session,
            state=_encode(answer.state),
            stage=_storable(answer.stage) if answer.stage is not None else None,
            carried=carried,
            saved_at=now,
        )
        if claimed.session is not None and _is_untouched(journal, answer):
            session = claimed.session
        handed_over = None if answer.handover is None else f"handed over: {answer.handover}"
        numbered = claimed.channel.turns.part_numbers
        able = self._sender.capabilities(claimed.channel)
        said = rendered(answer.replies, able, numbered=numbered, templates=journal.templates)
        told = (answer.trace or journal.trace, *journal.notes, *said.notes, handed_over)
        return TurnCommit(
            claimed.run,
            claimed.turn.no,
            said.contents,
            session,
            now,
            timers=timer_rows(claimed, answer.timers, now),
            cancelled=[_storable(name) for name in answer.cancelled],
            handover=None if answer.handover is None else _storable(answer.handover),
            trace=_storable("\n".join(filter(None, told)))[-_LONGEST_TRACE:] or None,
            given=journal.given,
            facts=_facts(answer.facts),
            consents=answer.consents,
            counts=answer.counts,
        )

    async def _commit(self, commit: TurnCommit) -> float | None:
        return await self._sender.deliver(lambda: self._committed(commit))

    async def _committed(self, commit: TurnCommit) -> Dispatch:
        with self._watch.stage("commit"), self._watch.asking("commit"):
            return await self._store.commit(commit)

    async def _failed(self, claimed: ClaimedTurn, trace: str, error: str, seen: Seen) -> float | None:
        """The bot raised: again later, or for good."""
        failures = claimed.conversation.failures + 1
        wait = turn_retry(claimed.channel.turns, failures=failures, jitter=self._rng.random())
        _log.warning(
            "turn raised",
            channel=claimed.channel.id,
            conversation=claimed.run.key.id,
            turn=claimed.turn.no,
            failures=failures,
            error=error,
        )
        if wait is None:
            return await self._give_turn_up(claimed, seen, trace)
        seen.outcome = "retried"
        return await self._put_off(claimed, trace, wait)

    async def _put_off(self, claimed: ClaimedTurn, trace: str, wait: float) -> float | None:
        now = self._clock.now()
        put_off = PutOff(claimed.run, claimed.turn.no, trace, now + wait, now)
        return await until_stored(lambda: self._store.put_off(put_off), self._clock)

    async def _give_turn_up(
        self, claimed: ClaimedTurn, seen: Seen, trace: str, said: str | None = None
    ) -> float | None:
        """`said`: to the person, instead of the bot's `error_reply`."""
        failures, claims = claimed.conversation.failures, claimed.conversation.claims
        return await self._fail(claimed, seen, GivenUp(trace, said, failures, claims))

    async def _fail(self, claimed: ClaimedTurn, seen: Seen, why: GivenUp) -> float | None:
        """Undo what the turn did, and end it; or try the undoing again later."""
        seen.outcome = "failed"
        undone = await self._undone(claimed, why)
        told = [why.trace, *undone.told, *undone.failed]
        trace = _storable("\n".join(told)[-_LONGEST_TRACE:])
        tries = claimed.conversation.failures - why.failures + 1
        if undone.failed and not undone.over:
            wait = turn_retry(claimed.channel.turns, failures=tries, jitter=self._rng.random())
            if wait is not None:
                seen.outcome = "retried"
                return await self._put_off(claimed, trace, wait)
        now = self._clock.now()
        said = claimed.channel.turns.error_reply if why.said is None else why.said
        session, _ = session_of(claimed, now)
        commit = TurnCommit(
            claimed.run,
            claimed.turn.no,
            rendered([said], self._sender.capabilities(claimed.channel)).contents,
            replace(session, saved_at=now),
            now,
            handover=_storable("; ".join(undone.failed)) if undone.failed else None,
            failed=True,
            trace=trace,
            given=session.carried,
        )
        return await self._commit(commit)

    async def _undone(self, claimed: ClaimedTurn, why: GivenUp) -> Undone:
        """A turn without effects has nothing to undo, and costs nothing here."""
        if not any(step.effect for step in claimed.steps):
            return Undone()
        files = None if self._files is None else self._files.of(claimed)
        journal = Journal(claimed, self._store, self._sender, self._clock, self._watch, files)
        try:
            return await undo(self._bots[claimed.channel.bot_id], journal, claimed, why)
        finally:
            if files is not None:
                files.close()


def _is_untouched(journal: Journal, answer: Answer) -> bool:
    """What says something beside the bot neither prolongs its session nor ends one that has expired."""
    return not answer.asked and answer.state == journal.state and answer.stage == journal.stage


def _storable(text: str) -> str:
    """A bot's words may hold half of a character that no database keeps."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _facts(learned: Mapping[str, object]) -> dict[str, bytes | None]:
    """Raises what a name that is no text, or a value that cannot be JSON, raises."""
    return {_storable(name): None if value is None else _encode(value) for name, value in learned.items()}
