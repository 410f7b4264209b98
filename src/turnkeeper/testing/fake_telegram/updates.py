"""Updates on their way to the bot: POSTed with its secret, or fetched; kept until they are taken.

Every try to POST is recorded in `sent`. Whatever is random comes from the seed.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import httpx2

from turnkeeper.testing.fake_telegram.errors import Refusal, bad, conflict

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Coroutine

    from turnkeeper.testing.fake_graph.changes import Changes
    from turnkeeper.testing.fake_graph.clock import Clock
    from turnkeeper.testing.fake_telegram.behaviour import Behaviour
    from turnkeeper.testing.fake_telegram.parameters import Parameters

Json = dict[str, Any]
FIRST_ID: Final = 700_000_001
MOST_PENDING: Final = 100_000
LONGEST_POLL: Final = 50
_NOT_BY_DEFAULT: Final = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
HOOKED: Final = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
OTHER: Final = "terminated by other getUpdates request; make sure that only one bot instance is running"
UNHOOKED: Final = "terminated by setWebhook request"


@dataclass(frozen=True, slots=True)
class Update:
    """One update. `chat_id`: whose order it belongs to."""

    id: int
    kind: str
    payload: Json
    chat_id: int
    at: float

    def json(self) -> Json:
        """As it goes to the bot."""
        return {"update_id": self.id, self.kind: self.payload}


@dataclass(frozen=True, slots=True)
class WebhookCall:
    """One try to deliver one update."""

    at: float
    latency: float
    """Seconds until the answer (or until it was given up)."""
    status: int | None
    """None: no answer came; `error` says why."""
    error: str
    attempt: int
    update_id: int
    body: bytes
    answer: bytes = b""
    """What the 200 said, which may name a method."""

    @property
    def ok(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


@dataclass(slots=True)
class Hook:
    """Where updates are POSTed to."""

    url: str = ""
    secret: str = ""
    at_once: int = 40
    allowed: list[str] | None = None
    last_error_at: float | None = None
    last_error: str = ""


class Updates:
    """What the bot has not taken yet, and both ways to it. `on_answer` plays a method that a 200 names."""

    def __init__(
        self,
        *,
        behaviour: Callable[[], Behaviour],
        clock: Clock,
        rng: random.Random,
        changes: Changes,
        history: int,
        client: httpx2.AsyncClient | None,
        on_answer: Callable[[bytes], Coroutine[Any, Any, None]],
    ) -> None:
        self._behaviour = behaviour
        self._clock = clock
        self._rng = rng
        self._changes = changes
        self._client = client
        self._own_client: httpx2.AsyncClient | None = None
        self._on_answer = on_answer
        self.hook = Hook()
        self.pending: dict[int, Update] = {}
        """By id, oldest first."""
        self.sent: deque[WebhookCall] = deque(maxlen=history)
        self.lost: deque[Update] = deque(maxlen=history)
        self.made = 0
        self.confirmed = 0
        """Updates that the bot has taken, in either way."""
        self.conflicts = 0
        """How often somebody was told 409."""
        self.polls = 0
        self._poll: asyncio.Future[Refusal] | None = None
        self._next_id = FIRST_ID
        self._lanes: dict[int, deque[Update]] = {}
        self._under_way = 0
        self._tasks: set[asyncio.Task[None]] = set()

    def put(self, kind: str, payload: Json, chat_id: int) -> Update | None:
        """Queue an update; None if the bot did not ask for its kind."""
        allowed = self.hook.allowed
        if kind in _NOT_BY_DEFAULT if allowed is None else kind not in allowed:
            return None
        update = Update(self._next_id, kind, payload, chat_id, self._clock.now())
        self._next_id += 1
        self.made += 1
        if len(self.pending) >= MOST_PENDING:
            self.lost.append(update)
            return update
        self.pending[update.id] = update
        self._changes.happened()
        if self.hook.url:
            self._deliver(update)
        return update

    # The bot's side

    def set_webhook(self, parameters: Parameters) -> None:
        """setWebhook; an empty address takes it away."""
        url, secret = parameters.text("url"), parameters.text("secret_token")
        if not url:
            self.delete_webhook(parameters)
            return
        most = parameters.whole("max_connections", 40)
        if not url.startswith(("https://", "http://127.0.0.1", "http://localhost")):  # a test has no certificate
            bad("bad webhook: An HTTPS URL must be provided for webhook")
        if not 1 <= most <= 100:
            bad("bad webhook: max_connections must be between 1 and 100")
        if secret and (
            len(secret) > 256 or not all(each.isascii() and (each.isalnum() or each in "_-") for each in secret)
        ):
            bad("secret token contains unallowed characters")
        self._end_poll(UNHOOKED)
        self._allow(parameters)
        self.hook = Hook(url, secret, most, self.hook.allowed)
        if parameters.flag("drop_pending_updates"):
            self.pending.clear()
        for update in list(self.pending.values()):
            self._deliver(update)

    def delete_webhook(self, parameters: Parameters) -> None:
        """deleteWebhook; what is pending waits to be fetched."""
        self.hook = Hook(allowed=self.hook.allowed)
        if parameters.flag("drop_pending_updates"):
            self.pending.clear()

    def webhook_info(self) -> Json:
        """getWebhookInfo."""
        hook = self.hook
        told: Json = {"url": hook.url, "has_custom_certificate": False, "pending_update_count": len(self.pending)}
        if hook.last_error_at is not None:
            told |= {"last_error_date": int(hook.last_error_at), "last_error_message": hook.last_error}
        if hook.url:
            told["max_connections"] = hook.at_once
        return told | ({"allowed_updates": hook.allowed} if hook.allowed else {})

    async def fetch(self, parameters: Parameters) -> list[Json]:
        """getUpdates. Whoever asks later ends the wait of whoever asked before."""
        if self.hook.url:
            self.conflicts += 1
            raise conflict(HOOKED)
        self._end_poll(OTHER)
        self._allow(parameters)
        self._confirm(parameters.whole("offset"))
        poll = self._poll = asyncio.get_running_loop().create_future()
        self.polls += 1
        self._changes.happened()
        until = self._clock.now() + min(LONGEST_POLL, max(0, parameters.whole("timeout")))
        try:
            while not self.pending and self._clock.now() < until:
                await self._something(poll, until - self._clock.now())
        finally:
            if self._poll is poll:
                self._poll = None
            self._changes.happened()
        limit = min(100, max(1, parameters.whole("limit", 100)))
        told = list(self.pending.values())[:limit]
        if self._behaviour().repeat:
            self._rng.shuffle(told)
        return [update.json() for update in told]

    @property
    def polling(self) -> bool:
        """Whether somebody waits for updates now."""
        return self._poll is not None

    async def _something(self, poll: asyncio.Future[Refusal], seconds: float) -> None:
        """Until something changes, this wait is ended (raises Refusal), or time is up."""
        loop = asyncio.get_running_loop()
        changed = loop.create_task(self._changes.next())
        slept = loop.create_task(self._clock.sleep(seconds))
        waiting: set[asyncio.Future[Any]] = {changed, slept, poll}
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (changed, slept):
                task.cancel()
        if poll.done():
            raise poll.result()

    def _end_poll(self, why: str) -> None:
        poll, self._poll = self._poll, None
        if poll is not None and not poll.done():
            self.conflicts += 1
            poll.set_result(conflict(why))

    def _allow(self, parameters: Parameters) -> None:
        """What was asked for holds until something else is."""
        allowed = parameters.array("allowed_updates")
        if allowed is not None:
            self.hook.allowed = [str(each) for each in allowed] or None

    def _confirm(self, offset: int) -> None:
        if offset < 0:
            for each in list(self.pending)[:offset]:
                del self.pending[each]
        for each in [each for each in self.pending if each < offset]:
            del self.pending[each]
            self.confirmed += 1

    # Webhooks

    def _deliver(self, update: Update) -> None:
        if self._behaviour().delay:
            self._start(self._later(update))
        else:
            self._enqueue(update)

    async def _later(self, update: Update) -> None:
        await self._clock.sleep(self._behaviour().delay)
        self._enqueue(update)

    def _enqueue(self, update: Update) -> None:
        lane = 0 if self._behaviour().shuffle else update.chat_id
        waiting = self._lanes.get(lane)
        if waiting is None:
            waiting = self._lanes[lane] = deque()
            self._start(self._drain(lane, waiting))
        waiting.append(update)

    async def _drain(self, lane: int, waiting: deque[Update]) -> None:
        try:
            while waiting:
                if lane:
                    await self._first_try(waiting.popleft())
                    continue
                await self._clock.sleep(self._behaviour().gather)
                mixed = list(waiting)
                waiting.clear()
                self._rng.shuffle(mixed)
                for update in mixed:
                    self._start(self._first_try(update))
        finally:
            self._lanes.pop(lane, None)

    async def _first_try(self, update: Update) -> None:
        for _ in range(1, self._behaviour().duplicate):
            self._start(self._again(update))
        if not await self._try(update, 1):
            self._start(self._retry(update))

    async def _again(self, update: Update) -> None:
        await self._try(update, 1)

    async def _retry(self, update: Update) -> None:
        behaviour = self._behaviour()
        wait, attempt = behaviour.retry_first, 1
        while self._clock.now() + wait - update.at <= behaviour.kept_for:
            await self._clock.sleep(wait)
            attempt += 1
            if update.id not in self.pending or not self.hook.url or await self._try(update, attempt):
                return
            wait = min(wait * behaviour.retry_factor, behaviour.retry_most)
        if self.pending.pop(update.id, None) is not None:
            self.lost.append(update)
            self._changes.happened()

    async def _try(self, update: Update, attempt: int) -> bool:
        while self._under_way >= self.hook.at_once:
            await self._changes.next()
        if not self.hook.url:
            return False
        self._under_way += 1
        at = self._clock.now()
        body = json.dumps(update.json(), ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        try:
            status, told = await self._post(body)
        finally:
            self._under_way -= 1
        error, answer = (told, b"") if isinstance(told, str) else ("", told)
        call = WebhookCall(at, self._clock.now() - at, status, error, attempt, update.id, body, answer)
        self.sent.append(call)
        if call.ok:
            self.confirmed += self.pending.pop(update.id, None) is not None
        else:
            self.hook.last_error_at = self._clock.now()
            self.hook.last_error = error or f"Wrong response from the webhook: {status}"
        self._changes.happened()
        if call.ok and answer:
            await self._on_answer(answer)
        return call.ok

    async def _post(self, body: bytes) -> tuple[int | None, str | bytes]:
        if self._behaviour().outage:
            return None, "Connection refused"
        headers = {"Content-Type": "application/json"}
        if self.hook.secret:
            headers["X-Telegram-Bot-Api-Secret-Token"] = self.hook.secret
        try:
            async with asyncio.timeout(self._behaviour().timeout):
                reply = await self._http().post(self.hook.url, content=body, headers=headers)
        except TimeoutError:
            return None, "Read timeout expired"
        except httpx2.HTTPError as failure:
            return None, f"{type(failure).__name__} {failure}".strip()
        return reply.status_code, reply.content[:65_536]

    def _http(self) -> httpx2.AsyncClient:
        if self._client is not None:
            return self._client
        if self._own_client is None:
            self._own_client = httpx2.AsyncClient(trust_env=False, timeout=None)
        return self._own_client

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def aclose(self) -> None:
        """Stop. What was not delivered stays undelivered."""
        if self._poll is not None and not self._poll.done():
            self._poll.set_result(Refusal(502, "Bad Gateway"))
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._own_client is not None:
            await self._own_client.aclose()
            self._own_client = None
