"""How a bot in Python takes an effect back when its turn is given up."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, NoReturn, cast, get_type_hints

from turnkeeper.bots.results import NotStorable, decoded
from turnkeeper.bots.turn import S, Turn, called
from turnkeeper.engine.answer import Effect, Work
from turnkeeper.model.errors import BotError
from turnkeeper.rules.effects import UNDO

UndoFunction = Callable[..., Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Undo:
    """`function(turn, result)`; `unknown`: also for an effect of which nobody knows whether it happened, whose result
    is then None. Its parameters `key` and `effect_key`, if it has them, get its own idempotency key and the effect's.
    """

    function: UndoFunction
    unknown: bool = False

    async def run(self, turn: Turn[Any], effect: Effect, key: str) -> None:
        """Take the effect back. Raises whatever the function raises."""
        parameters = list(inspect.signature(self.function).parameters.values())
        keys = {"key": key, "effect_key": effect.key}
        named = {name: value for name, value in keys.items() if name in [each.name for each in parameters[2:]]}
        await called(self.function, (turn, self._result(effect, parameters)), named)

    def _result(self, effect: Effect, parameters: list[inspect.Parameter]) -> Any:
        """As the function says that it takes it; what could not be kept is None."""
        if effect.result is None:
            return None
        try:
            hints = get_type_hints(self.function)
        except (NameError, TypeError, AttributeError):
            hints = {}
        wanted = hints.get(parameters[1].name, Any) if len(parameters) > 1 else Any
        try:
            return decoded(effect.result, wanted)
        except NotStorable:
            return None


class UndoingTurn(Turn[S]):
    """A turn that is given up, as its undo sees it: as it began, with steps of the undo's own. It says nothing."""

    def __init__(self, work: Work, effect: Effect) -> None:
        super().__init__(cast("Work", _Apart(work, f"{UNDO}{effect.name} {effect.occurrence}: ")))

    async def reply(self, *_: Any, **__: Any) -> NoReturn:
        """Raises BotError, as does all that would be said or left by a turn that commits."""
        raise BotError("the turn is given up: an undo cannot speak, set timers or hand over; it may take steps")

    say_now = react = reply

    def after(self, *_: Any, **__: Any) -> NoReturn:
        """Raises BotError."""
        raise BotError("the turn is given up: an undo sets no timers")

    at = after

    def handover(self, *_: Any, **__: Any) -> NoReturn:
        """Raises BotError."""
        raise BotError("the turn is given up: an undo that raises to the last hands over by itself")


class _Apart:
    """A Work whose steps have names of their own."""

    def __init__(self, work: Work, before: str) -> None:
        self._work = work
        self._before = before

    def __getattr__(self, name: str) -> Any:
        return getattr(self._work, name)

    async def step(self, name: str, *args: Any, **named: Any) -> bytes:
        """The work's own, renamed."""
        return await self._work.step(self._before + name, *args, **named)
