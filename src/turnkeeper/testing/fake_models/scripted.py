"""Which answer is next, and what goes wrong on the wire: for every fake that answers by a script."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import Generic, TypeVar

from turnkeeper.testing.fake_models.script import Fails
from turnkeeper.testing.fake_models.wire import PAGE
from turnkeeper.testing.http import NoReply, Reply

T = TypeVar("T")


class Scripts(Generic[T]):
    """What was scripted for a model comes first, then what was for any."""

    def __init__(self) -> None:
        self._answers: dict[str, deque[T]] = {}

    def add(self, model: str, answers: Iterable[T]) -> None:
        """The next answers, of one model, or of any ("")."""
        self._answers.setdefault(model, deque()).extend(answers)

    def next(self, model: str) -> T | None:
        """The next answer of a model; None: nothing is scripted any more."""
        for script in (self._answers.get(model), self._answers.get("")):
            if script:
                return script.popleft()
        return None

    def clear(self) -> None:
        """Nothing is scripted any more."""
        self._answers.clear()


async def gone_wrong(fails: Fails, garbage: bytes) -> Reply | None:
    """What goes wrong in the same way whoever is spoken to; None: it has words of the provider's own. Raises NoReply.

    `garbage`: the beginning of an answer, where the script says nothing else."""
    match fails.how:
        case "reset":
            raise NoReply(closed=True)
        case "silence":
            await asyncio.Event().wait()
        case "html":
            return Reply(fails.status, PAGE, "text/html")
        case "garbage":
            return Reply(200, fails.message.encode() or garbage, "application/json")
    return None
