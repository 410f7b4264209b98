"""What every part of the fake shares: the clock, how it behaves, what is to go wrong, tasks, and made-up ids."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from turnkeeper.testing.fake_graph.changes import Changes
from turnkeeper.testing.fake_graph.clock import Clock, SystemClock
from turnkeeper.testing.fake_waha.behaviour import Behaviour, Fault
from turnkeeper.testing.http import NoReply, Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

Json = dict[str, Any]
VERSION: Final = "2026.7.1"


class Refused(Exception):
    """A call that is answered with an error; `body` is what WAHA says."""

    def __init__(self, status: int, body: Json) -> None:
        super().__init__(str(body))
        self.reply = Reply.json(status, body)


def bad_request(*problems: str) -> Refused:
    """A body that the server's validation does not let through."""
    return Refused(400, {"message": list(problems), "error": "Bad Request", "statusCode": 400})


def not_found(what: str) -> Refused:
    """There is no such thing."""
    return Refused(404, {"message": what, "error": "Not Found", "statusCode": 404})


def unprocessable(error: str, **more: object) -> Refused:
    """It cannot be done now, or not by this engine."""
    return Refused(422, {"error": error, **more})


@dataclass(slots=True)
class Call:
    """One request that came in, and what was answered (None: nothing)."""

    at: float
    method: str
    path: str
    body: Json | None = None
    status: int | None = None


class Core:
    """The state beneath sessions, people and sends."""

    def __init__(self, behaviour: Behaviour, clock: Clock | None, seed: int, history: int) -> None:
        self.behaviour = behaviour
        self.clock: Clock = clock or SystemClock()
        self.rng = random.Random(seed)
        self.history = history
        self.changes = Changes()
        self.calls: deque[Call] = deque(maxlen=history)
        self.faults: deque[Fault] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._counter = 0

    def now(self) -> float:
        """Unix seconds on the fake's clock."""
        return self.clock.now()

    def token(self, size: int) -> str:
        """Upper-case hexadecimal digits, `size` of them."""
        return f"{self.rng.getrandbits(4 * size):0{size}X}"

    def event_id(self) -> str:
        """An envelope's: its end grows with time."""
        self._counter += 1
        return f"evt_{int(self.now() * 1000):011x}{self._counter:07x}{self.token(8).lower()}"

    def start(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """Run something beside the call that began it."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def stop_tasks(self) -> None:
        """End all of them."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def wait_until(self, condition: Callable[[], bool], within: float = 10.0) -> None:
        """Wait for something to become true of the fake; TimeoutError after `within` seconds."""
        await self.changes.until(condition, within)

    def next_fault(self) -> Fault | None:
        """What the next send meets."""
        return self.faults.popleft() if self.faults else self.behaviour.fault

    async def act_out(self, fault: Fault) -> None:
        """Returns if the good answer comes after all."""
        if fault.answer == "error":
            exception = {"name": "Error", "message": "Evaluation failed", "stack": "Error: Evaluation failed"}
            body = {"statusCode": 500, "timestamp": "2026-01-01T00:00:00.000Z", "exception": exception, "request": {}}
            raise Refused(500, {**body, "version": {"version": VERSION, "engine": self.behaviour.engine}})
        if fault.answer == "gateway":
            raise Refused(fault.status, {})
        if fault.answer == "close" or fault.hold is None:
            raise NoReply(closed=fault.answer == "close")
        await self.clock.sleep(fault.hold)
