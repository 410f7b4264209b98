"""A Graph API for tests: it plays Meta over HTTP and knows nothing of the program it tests.

Protocol facts are Meta's Cloud API documentation as of v25.0. It takes what Meta takes, refuses
what Meta refuses with Meta's own error bodies, and sends signed webhooks that come in batches,
twice, late or never, as `Behaviour` says. Nothing grows without bound: histories keep the newest
`history` items.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import random
import re
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from turnkeeper.testing.fake_graph import asgi
from turnkeeper.testing.fake_graph.behaviour import Behaviour, Fault
from turnkeeper.testing.fake_graph.changes import Changes
from turnkeeper.testing.fake_graph.clock import Clock, SystemClock
from turnkeeper.testing.fake_graph.errors import GraphError, parameter_error, unknown_object
from turnkeeper.testing.fake_graph.http import NoReply, Reply, Request
from turnkeeper.testing.fake_graph.management import Management
from turnkeeper.testing.fake_graph.payloads import (
    FakeNumber,
    Identity,
    Json,
    Update,
    message_item,
)
from turnkeeper.testing.fake_graph.people import Person, Thread, Written, sample
from turnkeeper.testing.fake_graph.phone import Phone, PhoneOwner
from turnkeeper.testing.fake_graph.sends import Gateway, Sends, Target
from turnkeeper.testing.fake_graph.webhooks import Verified, WebhookSender

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    import httpx2

MOST_PEOPLE: Final = 100_000
PATH: Final = re.compile(r"/(v\d+\.\d+)/([A-Za-z0-9._-]+)(?:/([a-z_]+))?/?")


@dataclass(slots=True)
class Call:
    """One request that came in, and what was answered."""

    at: float
    method: str
    path: str
    body: Json | None
    kind: str = "other"
    """`message`, `mark_read`, `typing` (mark-read with the indicator) or `other`."""
    latency: float = 0.0
    status: int | None = None
    """None: nothing was answered."""
    code: int | None = None
    """Meta's error code, if it was refused."""
    message_id: str | None = None
    """Of the message taken."""


class FakeGraph:
    """The fake. An ASGI app; mount it under any prefix or run it with `running_fake_graph`."""

    def __init__(
        self,
        app_secret: str,
        verify_token: str,
        access_token: str,
        webhook_url: str,
        numbers: Sequence[FakeNumber] = (FakeNumber("1000000001"),),
        *,
        clock: Clock | None = None,
        seed: int = 0,
        behaviour: Behaviour | None = None,
        phone: PhoneOwner | None = None,
        webhook_client: httpx2.AsyncClient | None = None,
        history: int = 10_000,
    ) -> None:
        self.verify_token = verify_token
        self.access_token = access_token
        self.numbers = {number.phone_number_id: number for number in numbers}
        self.clock: Clock = clock or SystemClock()
        self.history = history
        self.changes = Changes()
        self.calls: deque[Call] = deque(maxlen=history)
        self.closing = False
        self._rng = random.Random(seed)
        self._counter = 0
        self._people: dict[str, Person] = {}
        self._message_owner: dict[str, Thread] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.webhooks = WebhookSender(
            url=webhook_url,
            app_secret=app_secret,
            behaviour=behaviour or Behaviour(),
            clock=self.clock,
            rng=random.Random(seed + 1),
            changes=self.changes,
            history=history,
            client=webhook_client,
        )
        self.sends = Sends(self)
        self.management = Management(self)
        self.phone = Phone(self, phone or PhoneOwner())

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

    # People

    async def person(
        self,
        phone: str | None = None,
        *,
        name: str | None = "Ada",
        user_id: str | None = None,
        parent_user_id: str | None = None,
        username: str | None = None,
        number: FakeNumber | None = None,
    ) -> Person:
        """The person with this phone or user id, made if new.

        With a phone and no `user_id`, a business-scoped id is derived; `user_id=""` leaves it out,
        as before 2026. `phone=None` is a person who hides the number.
        """
        for address in (user_id, phone):
            if address and address in self._people:
                return self._people[address]
        if not phone and not user_id:
            raise ValueError("a person needs a phone or a user_id")
        if len(self._people) >= MOST_PEOPLE:
            raise RuntimeError(f"more than {MOST_PEOPLE} addresses")
        if user_id is None and phone:
            digest = hashlib.sha256(phone.encode()).digest()
            user_id = f"US.{int.from_bytes(digest[:7], 'big')}"
        identity = Identity(phone, user_id or None, name, parent_user_id, username)
        person = Person(self, identity, number or next(iter(self.numbers.values())))
        for address in (identity.user_id, identity.phone):
            if address:
                self._people[address] = person
        return person

    def find_person(self, address: str) -> Person | None:
        return self._people.get(address)

    def take_from_person(self, person: Person, kind: str, payload: Any, extra: Json) -> Written:
        """A person writes: remember it and queue the webhook."""
        payload = sample(kind) if payload is None else payload
        now = self.clock.now()
        written = Written(self.next_id(), kind, _shown(kind, payload), now)
        thread = person.thread()
        thread.wrote_at = now
        thread.written.append(written)
        self._message_owner[written.id] = thread
        while len(self._message_owner) > self.history:
            del self._message_owner[next(iter(self._message_owner))]
        item = {**message_item(written.id, person.identity, now, kind, payload), **extra}
        contact = None if kind == "system" else person.identity.contact()
        self.tell(Update(person.number, "message", item, contact, person.identity.key, written.id))
        return written

    def tell(self, update: Update) -> None:
        """Queue a webhook, if this app is subscribed to the account at all."""
        if update.number.waba_id in self.management.subscribed:
            self.webhooks.put(update)

    def tell_field(self, field: str, value: Json, number: FakeNumber | None = None) -> None:
        """Queue a webhook of another field, such as `message_template_status_update`."""
        number = number or next(iter(self.numbers.values()))
        self.tell(Update(number, field, value, None, field, self.next_id()))

    def thread_of(self, number: FakeNumber, message_id: str) -> Thread | None:
        thread = self._message_owner.get(message_id)
        return thread if thread is not None and thread.number == number else None

    # Faults, waiting, ending

    def fail_next(self, fault: Fault, times: int = 1, on: Target = "send") -> None:
        """The next `times` sends (or mark-reads, `on="mark"`) meet this fault."""
        self.sends.faults[on].extend([fault] * times)

    async def verify_webhook(self) -> Verified:
        """Do the GET handshake with the webhook address, as the App Dashboard does."""
        return await self.webhooks.verify(self.verify_token)

    async def wait_until(self, condition: Callable[[], bool], within: float = 10.0) -> None:
        """Wait for something to become true of the fake; TimeoutError after `within` seconds."""
        await self.changes.until(condition, within)

    async def drained(self, within: float = 10.0) -> None:
        """Wait until no webhook is pending (statuses that are still to happen do not count)."""
        await self.wait_until(lambda: self.webhooks.pending == 0, within)

    async def aclose(self) -> None:
        """Stop every task and end the event streams."""
        self.closing = True
        self.changes.happened()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.webhooks.aclose()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def next_id(self) -> str:
        """A new message id in Meta's shape."""
        self._counter += 1
        raw = b"\x1c\x18\x0b" + self._counter.to_bytes(6, "big") + self._rng.randbytes(18)
        return "wamid." + base64.b64encode(raw).decode()

    # HTTP

    async def __call__(self, scope: asgi.Scope, receive: asgi.Receive, send: asgi.Send) -> None:
        await asgi.serve(self, scope, receive, send)

    async def answer(self, request: Request) -> Reply:
        """Answer one Graph API request. Raises `NoReply` where a fault asks for silence."""
        call = Call(self.clock.now(), request.method, request.path, None)
        self.calls.append(call)
        try:
            reply = await self._route(request, call)
        except GraphError as error:
            call.code = error.code
            reply = Reply.json(error.status, error.body(self._trace()))
        except Gateway as gateway:
            page = b"<html><body><h1>Bad gateway</h1></body></html>"
            reply = Reply(gateway.status, page, "text/html")
        except NoReply:
            call.latency = self.clock.now() - call.at
            self.changes.happened()
            raise
        call.status = reply.status
        call.latency = self.clock.now() - call.at
        self.changes.happened()
        return reply

    async def _route(self, request: Request, call: Call) -> Reply:
        match = PATH.fullmatch(request.path)
        if match is None:
            raise GraphError(2500, message="Unknown path components: " + request.path, status=400)
        object_id, edge = match[2], match[3]
        self._authorise(request)
        if request.method == "POST" and edge == "messages":
            return await self._messages(object_id, request, call)
        return self.management.answer(request, object_id, edge)

    def _authorise(self, request: Request) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() not in ("bearer", "oauth") or token.strip() != self.access_token:
            raise GraphError(190)
        if self.management.token_expired:
            raise GraphError(
                190,
                message="Error validating access token: Session has expired.",
                subcode=463,
            )

    async def _messages(self, object_id: str, request: Request, call: Call) -> Reply:
        number = self.numbers.get(object_id)
        if number is None:
            raise unknown_object(object_id, request.method)
        body = call.body = _object(request.body)
        if "status" in body:
            call.kind = "typing" if "typing_indicator" in body else "mark_read"
            return await self.sends.mark(number, body)
        call.kind = "message"
        reply, received = await self.sends.send(number, body)
        call.message_id = received.id
        return reply

    def _trace(self) -> str:
        return "A" + base64.urlsafe_b64encode(self._rng.randbytes(15)).decode()


def _object(raw: bytes) -> Json:
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        raise parameter_error("The request body is not valid JSON.") from None
    if not isinstance(body, dict):
        raise parameter_error("The request body must be a JSON object.")
    return body


def _shown(kind: str, payload: Any) -> str:
    if kind == "text" and isinstance(payload, dict):
        return str(payload.get("body", ""))
    return f"[{kind}]"
