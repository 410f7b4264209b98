"""What every part of the fake shares: numbers, clock, behaviour, faults to come, ids, tasks, webhooks."""

from __future__ import annotations

import asyncio
import base64
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from turnkeeper.testing.fake_graph.behaviour import Behaviour
from turnkeeper.testing.fake_graph.changes import Changes
from turnkeeper.testing.fake_graph.clock import Clock, SystemClock
from turnkeeper.testing.fake_graph.faults import Faults
from turnkeeper.testing.fake_graph.payloads import FakeNumber, Json, Update
from turnkeeper.testing.fake_graph.webhooks import WebhookSender

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    import httpx2


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What a fake is made with; see `FakeGraph`."""

    app_secret: str
    verify_token: str
    access_token: str
    webhook_url: str
    numbers: Sequence[FakeNumber]
    clock: Clock | None
    seed: int
    behaviour: Behaviour | None
    webhook_client: httpx2.AsyncClient | None
    history: int


class Core:
    """The state beneath people, sends, media and templates, none of which knows the HTTP around it."""

    def __init__(self, setup: Setup) -> None:
        self.verify_token = setup.verify_token
        self.access_token = setup.access_token
        self.numbers = {number.phone_number_id: number for number in setup.numbers}
        self.subscribed = {number.waba_id for number in setup.numbers}
        """Accounts whose webhooks this app gets."""
        self.clock: Clock = setup.clock or SystemClock()
        self.history = setup.history
        self.changes = Changes()
        self.closing = False
        self.base_url = ""
        """Where the fake was last reached, for the addresses that it gives out; empty until then."""
        self._rng = random.Random(setup.seed)
        self._counter = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self.webhooks = WebhookSender(
            url=setup.webhook_url,
            app_secret=setup.app_secret,
            behaviour=setup.behaviour or Behaviour(),
            clock=self.clock,
            rng=random.Random(setup.seed + 1),
            changes=self.changes,
            history=setup.history,
            client=setup.webhook_client,
        )
        self.faults = Faults(self.clock)

    @property
    def behaviour(self) -> Behaviour:
        """How the fake behaves from now on. Change its fields, or put another in its place."""
        return self.webhooks.behaviour

    @behaviour.setter
    def behaviour(self, behaviour: Behaviour) -> None:
        self.webhooks.behaviour = behaviour

    @property
    def webhook_url(self) -> str:
        return self.webhooks.url

    @webhook_url.setter
    def webhook_url(self, url: str) -> None:
        self.webhooks.url = url

    @property
    def first_number(self) -> FakeNumber:
        return next(iter(self.numbers.values()))

    def tell(self, update: Update) -> None:
        """Queue a webhook, if this app is subscribed to the account at all."""
        if update.number.waba_id in self.subscribed:
            self.webhooks.put(update)

    def tell_field(self, field: str, value: Json, number: FakeNumber | None = None) -> None:
        """Queue a webhook of another field, such as `message_template_status_update`."""
        self.tell(Update(number or self.first_number, field, value, None, field, self.next_id()))

    def next_id(self) -> str:
        """A new message id in Meta's shape."""
        self._counter += 1
        raw = b"\x1c\x18\x0b" + self._counter.to_bytes(6, "big") + self._rng.randbytes(18)
        return "wamid." + base64.b64encode(raw).decode()

    def next_object_id(self) -> str:
        """A new id of sixteen digits, as media and templates have."""
        self._counter += 1
        return str(9 * 10**15 + self._counter * 10**8 + self._rng.randrange(10**8))

    def token(self, size: int = 15) -> str:
        return base64.urlsafe_b64encode(self._rng.randbytes(size)).decode().rstrip("=")

    async def wait_until(self, condition: Callable[[], bool], within: float = 10.0) -> None:
        """Wait for something to become true of the fake; TimeoutError after `within` seconds."""
        await self.changes.until(condition, within)

    async def drained(self, within: float = 10.0) -> None:
        """Wait until no webhook is pending (statuses that are still to happen do not count)."""
        await self.wait_until(lambda: self.webhooks.pending == 0, within)

    def start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def aclose(self) -> None:
        """Stop every task and end the event streams."""
        self.closing = True
        self.changes.happened()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.webhooks.aclose()
