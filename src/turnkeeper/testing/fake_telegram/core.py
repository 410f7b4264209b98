"""What every part of the fake shares: the bot, the clock, chats, files, updates, and what is known of presses."""

from __future__ import annotations

import asyncio
import random
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from turnkeeper.testing.fake_graph.changes import Changes
from turnkeeper.testing.fake_graph.clock import Clock, SystemClock
from turnkeeper.testing.fake_telegram.behaviour import Behaviour
from turnkeeper.testing.fake_telegram.chats import Chat, Who
from turnkeeper.testing.fake_telegram.files import Files
from turnkeeper.testing.fake_telegram.updates import Updates

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    import httpx2

Json = dict[str, Any]


@dataclass(slots=True)
class Press:
    """A button that was pressed. `answered_at` None: the phone shows it as busy still."""

    id: str
    chat_id: int
    message_id: int
    data: str
    at: float
    answered_at: float | None = None
    answer: str = ""
    alert: bool = False


class Core(ABC):
    """The state beneath people and methods, neither of which knows the HTTP around it."""

    def __init__(
        self,
        token: str,
        *,
        username: str,
        clock: Clock | None,
        seed: int,
        behaviour: Behaviour | None,
        webhook_client: httpx2.AsyncClient | None,
        history: int,
    ) -> None:
        self.token = token
        self.bot = Who(int(token.partition(":")[0]), "Shop", username, is_bot=True)
        self.reads_groups = False
        """False: privacy mode, in which a bot in a group sees commands, replies to it and mentions only."""
        self.clock: Clock = clock or SystemClock()
        self.behaviour = behaviour or Behaviour()
        self.history = history
        self.changes = Changes()
        self.rng = random.Random(seed)
        self.chats: dict[int, Chat] = {}
        self.presses: dict[str, Press] = {}
        self.files = Files(lambda: self.behaviour, self.clock.now, random.Random(seed + 1))
        self.updates = Updates(
            behaviour=lambda: self.behaviour,
            clock=self.clock,
            rng=random.Random(seed + 2),
            changes=self.changes,
            history=history,
            client=webhook_client,
            on_answer=self.answered_in_200,
        )
        self._tasks: set[asyncio.Task[None]] = set()

    @abstractmethod
    async def answered_in_200(self, body: bytes) -> None:
        """A webhook's answer may name a method."""

    def start(self, work: Coroutine[None, None, None]) -> None:
        """Run something beside, until `aclose`."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def wait_until(self, condition: Callable[[], bool], within: float = 10.0) -> None:
        """Wait for something to become true of the fake; TimeoutError after `within` seconds."""
        await self.changes.until(condition, within)

    async def drained(self, within: float = 10.0) -> None:
        """Wait until the bot has taken every update."""
        await self.wait_until(lambda: not self.updates.pending, within)

    async def aclose(self) -> None:
        """Stop every task."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.updates.aclose()
