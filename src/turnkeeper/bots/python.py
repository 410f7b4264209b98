"""Bots written in Python: stages are functions, the session says which one a turn starts in."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from copy import copy
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast, overload

from turnkeeper.bots import offering, sources
from turnkeeper.bots.offering import Replies
from turnkeeper.bots.outside import asks_for_stage
from turnkeeper.bots.stages import Event, Moves, concerns_a_stage, told, unheard
from turnkeeper.bots.timing import timers_of
from turnkeeper.bots.turn import S, Turn
from turnkeeper.bots.undoing import Undo, UndoFunction, UndoingTurn
from turnkeeper.engine.answer import Answer, Effect, Expired, Work
from turnkeeper.model.errors import ConfigurationError
from turnkeeper.model.events import Inbound

if TYPE_CHECKING:
    from turnkeeper.bots.library import Library
    from turnkeeper.bots.paying import Paying
    from turnkeeper.bots.states import States
    from turnkeeper.bots.thinking import Thinking

Stage = Callable[[Turn[S]], Awaitable[None]]
Handler = Callable[[Turn[S], Event], Awaitable[None]]
U = TypeVar("U", bound=UndoFunction)


class Bot(Generic[S]):
    """A bot of stages.

    `state`: a pydantic model; `turn.state` is then one of these, checked when a turn commits, and else a dict.
    `version` changes with the source of its modules (bots.sources), unless given: a turn that was begun by other code
    is never resumed half-way.
    """

    @overload
    def __init__(self: Bot[dict[str, Any]], name: str, *, version: str | None = None) -> None: ...
    @overload
    def __init__(self, name: str, *, state: type[S], version: str | None = None) -> None: ...
    def __init__(self, name: str, *, state: Any = None, version: str | None = None) -> None:
        self.name = name
        self._states: States[Any] | None = None if state is None else _states(state)
        self._stages: dict[str, Stage[S]] = {}
        self._to: dict[str, tuple[str, ...]] = {}
        self._handlers: dict[str, Handler[S]] = {}
        self._undos: dict[str, Undo] = {}
        self._first: str | None = None
        self._version = version
        self._thinking: Thinking | None = None
        self._library: Library | None = None
        self._own_words = Replies()
        self._paying: Paying | None = None

    @property
    def version(self) -> str:
        """What the bot's code is known by."""
        if self._version is None:
            undos = [undo.function for undo in self._undos.values()]
            self._version = sources.digest([*self._stages.values(), *self._handlers.values(), *undos])
        return self._version

    @property
    def stages(self) -> tuple[str, ...]:
        """The names of the stages, in the order in which they were written."""
        return tuple(self._stages)

    def stage(
        self, name: str, *, first: bool = False, to: Sequence[str] | None = None
    ) -> Callable[[Stage[S]], Stage[S]]:
        """Register a stage; one is `first`, where a new session starts. `to`: the stages that it may go to, beside
        itself; without it, any. Raises ValueError for a name that is taken, and for a second first."""
        if isinstance(to, str):
            raise ValueError(f"stage {name!r}: `to` is several names, write to=({to!r},)")

        def register(function: Stage[S]) -> Stage[S]:
            if name in self._stages:
                raise ValueError(f"stage {name!r} is defined twice")
            if first and self._first is not None:
                raise ValueError(f"{self._first!r} is the first stage already, {name!r} cannot be too")
            self._stages[name] = function
            if to is not None:
                self._to[name] = tuple(to)
            if first:
                self._first = name
            return function

        return register

    def on(self, type: str) -> Callable[[Handler[S]], Handler[S]]:  # noqa: A002 - the word of events
        """Register what runs, before the stage, for an event that nobody said: `payment.paid` and the like,
        `timer.NAME`, or an outside event's type. Raises ValueError for a type that has a handler."""

        def register(function: Handler[S]) -> Handler[S]:
            if type in self._handlers:
                raise ValueError(f"{type!r} has a handler already")
            self._handlers[type] = function
            return function

        return register

    def handles(self, type: str) -> bool:  # noqa: A002
        """Whether there is a handler for events of that type."""
        return type in self._handlers

    def is_fresh(self, state: Mapping[str, object], stage: str | None) -> bool:
        """Whether a session is as every session begins."""
        first = {} if self._states is None else self._states.first()
        return stage in (None, self._first) and state in ({}, first)

    def undo(self, step: str, *, unknown: bool = False) -> Callable[[U], U]:
        """Register what takes the effect step of that name back when its turn is given up: `async (turn, result)`.

        `unknown`: also where the effect was cut off, so that nobody knows whether it happened; its result is then None.
        Parameters `key` and `effect_key` get idempotency keys: the undo's own, and the effect's. An undo may take
        steps; it cannot speak. Raises ValueError for a step that has an undo.
        """

        def register(function: U) -> U:
            if step in self._undos:
                raise ValueError(f"step {step!r} has an undo already")
            self._undos[step] = Undo(function, unknown)
            return function

        return register

    def undoes(self, effect: Effect) -> bool:
        """Whether there is an undo for it."""
        undo = self._undos.get(effect.name)
        return undo is not None and (undo.unknown or effect.result is not None)

    async def take_back(self, work: Work, effect: Effect, key: str) -> None:
        """Run the undo of an effect, over the turn as it began."""
        turn: Turn[S] = UndoingTurn(work, effect)
        self._begin(turn, work.state)
        await self._undos[effect.name].run(turn, effect, key)

    def with_thinking(self, thinking: Thinking) -> Bot[S]:
        """The same bot with models to ask: `turn.ask`."""
        bot = copy(self)
        bot._thinking = thinking
        return bot

    def with_library(self, library: Library | None) -> Bot[S]:
        """The same bot with something to look things up in: `turn.look_up`."""
        bot = copy(self)
        bot._library = library
        return bot

    def with_words(self, own_words: Replies) -> Bot[S]:
        """The same bot with what it says itself where no model answers: `turn.offer_person`."""
        bot = copy(self)
        bot._own_words = own_words
        return bot

    def with_payments(self, paying: Paying) -> Bot[S]:
        """The same bot with somebody to be paid through: `turn.payment_link`."""
        bot = copy(self)
        bot._paying = paying
        return bot

    async def answer(self, work: Work) -> Answer:
        """Run the handlers of the turn's events; then the stage that the session is in, if something came that concerns
        one or an event asks for it. A stage that is gone, and a state that is none any more, are set aside, not
        raised."""
        turn: Turn[S] = Turn(work, self._thinking, self._library, self._own_words, self._paying)
        if turn.contact.name is None and not turn.messages:
            turn.contact = replace(turn.contact, name=await work.records.name())
        session, wanted = offering.set_apart(turn, work.state)
        aside = self._begin(turn, session)
        asked, begins = asks_for_stage(turn.events), False
        if asked is not None and asked.stage in self._stages:
            turn.stage, begins = asked.stage, True
        elif asked is not None:
            aside = f"stage {asked.stage!r} of the event {asked.id!r} set aside: the bot has no such stage"
        moves = Moves(tuple(self._stages), self._to)
        ran = None
        others = await self._handled(turn)
        if wanted is not None and not begins:
            await offering.take_up(turn, wanted, self._own_words)
        elif begins or not turn.events or any(concerns_a_stage(each) for each in others):
            moves.check(turn.stage, ran=None)
            turn.stage = ran = turn.stage or self._first_stage()
            turn.visited.clear()
            await self._stages[ran](turn)
        else:
            aside = aside or unheard(others)
        left = turn.answer(aside)
        moves.check(turn.stage, ran=None if turn.resumed else ran, visited=turn.visited)
        state = left.state if self._states is None else self._states.left(turn.state, ran)
        return replace(left, state={**state, **turn.offer})

    def _begin(self, turn: Turn[S], kept: Mapping[str, Any]) -> str | None:
        """Give the turn its state and stage; what was set aside, in words."""
        name = turn.stage or self._first_stage()
        turn.stage = name if name in self._stages else self._first_stage()
        turn.expired = self._expired(turn.expired)
        if self._states is None:
            turn.state = cast("S", kept)
        else:
            turn.state, aside = self._states.made(kept)
            if aside is not None:
                turn.stage = self._first_stage()
                return aside
        return None if name in self._stages else f"stage {name!r} set aside: the bot has {', '.join(self._stages)}"

    def _expired(self, found: Expired | None) -> Expired | None:
        """The session that expired, as this bot would have left it; None where it has other states by now."""
        if found is None or not (found.state or found.stage):
            return None
        state, aside = {name: value for name, value in found.state.items() if name != offering.STATE}, None
        if self._states is not None:
            state, aside = self._states.made(state)
        stage = found.stage if found.stage in self._stages else self._first_stage()
        return None if aside is not None else Expired(state, stage, found.at)

    def _first_stage(self) -> str:
        if self._first is None:
            mend = "write @bot.stage(..., first=True)"
            raise ConfigurationError(f"bots.{self.name}", "no stage is the first", mend)
        return self._first

    async def _handled(self, turn: Turn[S]) -> list[Inbound]:
        """Run the handlers in the order of the events; the events that have none. The stage finds the timers that no
        handler took."""
        others: list[Inbound] = []
        for inbound in turn.events:
            event = told(inbound)
            handler = None if event is None else self._handlers.get(event.type)
            if event is None or handler is None:
                others.append(inbound)
            else:
                await handler(turn, event)
        turn.timers = timers_of(others)
        return others


def load(entry: str, folder: Path, key: str = "entry") -> Bot[Any]:
    """The bot that `module:name` names; modules are looked for in `folder` first. Raises ConfigurationError."""
    bot = named(entry, folder, key, 'write, for example, "my_bot:bot"')
    if not isinstance(bot, Bot):
        module_name, _, attribute = entry.partition(":")
        found = "nothing" if bot is None else f"a {type(bot).__name__}"
        raise ConfigurationError(key, f"{entry!r} is {found}", f'write {attribute} = Bot("…") in {module_name}')
    if bot._first is None:
        raise ConfigurationError(key, f"{entry!r} has no first stage", "write @bot.stage(..., first=True)")
    for stage, to in bot._to.items():
        for name in to:
            if name not in bot._stages:
                mend = f"write @bot.stage({name!r}), or take it out of the `to` of {stage!r}"
                raise ConfigurationError(key, f"stage {stage!r} of {entry!r} goes to {name!r}, which is no stage", mend)
    return bot


def named(entry: str, folder: Path, key: str, mend: str) -> object:
    """What `module:name` names, None where the module has no such name. Raises ConfigurationError."""
    module_name, _, attribute = entry.partition(":")
    if not module_name or not attribute:
        raise ConfigurationError(key, f"{entry!r} is not module:name", mend)
    return getattr(_module(module_name, folder, key), attribute, None)


def _module(name: str, folder: Path, key: str) -> ModuleType:
    path = str(folder.resolve())
    if path not in sys.path:
        sys.path.insert(0, path)
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise ConfigurationError(key, f"{name} needs {error.name}", f"install {error.name}") from error
        raise ConfigurationError(key, f"there is no module {name}", _where(name, folder)) from error
    except (Exception, SystemExit) as error:  # whatever somebody's module does when it is imported
        problem = f"{name} cannot be imported: {type(error).__name__}: {error}"
        raise ConfigurationError(key, problem, f"mend {name}") from error


def _where(name: str, folder: Path) -> str:
    plain = name.removesuffix(".py").replace("/", ".")
    if plain != name:
        return f"write {plain}:…, a module's name instead of a file's"
    return f"put {name.replace('.', '/')}.py into {folder} or install it"


def _states(model: Any) -> States[Any]:
    """pydantic is imported only where a bot has a model for its state."""
    from turnkeeper.bots.states import States

    return States(model)
