"""POST /{phone_number_id}/messages: what Meta takes, what it refuses, and what becomes of it."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Literal

from turnkeeper.testing.fake_graph.errors import (
    GraphError,
    invalid,
    missing,
    parameter_error,
)
from turnkeeper.testing.fake_graph.http import NoReply, Reply
from turnkeeper.testing.fake_graph.limits import PAIR_BURST, PAIR_PER_SECOND, Bucket
from turnkeeper.testing.fake_graph.outbound import check_message, preview
from turnkeeper.testing.fake_graph.payloads import FakeNumber, Json, Update, status_item
from turnkeeper.testing.fake_graph.people import Person, Received, Thread, Ticks

if TYPE_CHECKING:
    from turnkeeper.testing.fake_graph.behaviour import Fault
    from turnkeeper.testing.fake_graph.graph import FakeGraph

Target = Literal["send", "mark"]


class Sends:
    """The sending half of the fake. Holds the limits and the faults still to come."""

    def __init__(self, graph: FakeGraph) -> None:
        self.graph = graph
        self.faults: dict[Target, deque[Fault]] = {"send": deque(), "mark": deque()}
        self._throughput: dict[str, Bucket] = {}
        self._pairs: dict[tuple[str, str], Bucket] = {}

    async def mark(self, number: FakeNumber, body: Json) -> Reply:
        """Mark read, and show typing if asked."""
        if body.get("messaging_product") != "whatsapp":
            raise parameter_error("The parameter messaging_product is required.")
        if body.get("status") != "read":
            raise invalid("status", "must be read")
        message_id = body.get("message_id")
        if not isinstance(message_id, str) or not message_id:
            raise missing("message_id")
        indicator = body.get("typing_indicator")
        if indicator is not None and (not isinstance(indicator, dict) or indicator.get("type") != "text"):
            raise invalid("typing_indicator['type']", "must be text")
        now = self.graph.clock.now()
        fault = self._next_fault("mark")
        if fault is None or fault.taken:
            thread = self.graph.thread_of(number, message_id)
            if thread is None or not thread.mark_read(message_id, now):
                raise GraphError(100, message="(#100) Invalid parameter: unknown message_id")
            if indicator is not None:
                thread.show_typing(now)
            self.graph.changes.happened()
        if fault is not None:
            await self._act_out(fault)
        return Reply.json(200, {"success": True})

    async def send(self, number: FakeNumber, body: Json) -> tuple[Reply, Received]:
        kind = check_message(body)
        person = self._recipient(number, body)
        fault = self._next_fault("send")
        self._check_limits(number, person)
        late = self._check_window(number, person, kind)
        self._check_template(kind, body)
        if self.graph.behaviour.answer_after:
            await self.graph.clock.sleep(self.graph.behaviour.answer_after)
        if fault is not None and not fault.taken and fault.answer != "accept":
            await self._act_out(fault)
            fault = None
        if fault is not None and fault.answer == "accept":
            late = GraphError(fault.code)
        received = self._take(person, number, kind, body, late)
        if fault is not None:
            await self._act_out(fault)
        return Reply.json(200, _accepted(body, person, received)), received

    def _recipient(self, number: FakeNumber, body: Json) -> Person:
        """`to` wins over `recipient`, as Meta documents."""
        address = body.get("to")
        if address:
            digits = "".join(char for char in address if char.isdigit())
            if digits == number.display_phone_number.lstrip("+"):
                raise GraphError(131021)
            person = self.graph.find_person(digits or address)
        else:
            person = self.graph.find_person(body["recipient"])
        if person is None:
            raise GraphError(131030 if self.graph.behaviour.only_known else 131026)
        return person

    def _check_limits(self, number: FakeNumber, person: Person) -> None:
        now = self.graph.clock.now()
        behaviour = self.graph.behaviour
        if behaviour.throughput is not None:
            rate = behaviour.throughput
            bucket = self._throughput.get(number.phone_number_id)
            if bucket is None or bucket.per_second != rate:
                bucket = self._throughput[number.phone_number_id] = Bucket.full(rate, rate, now)
            if not bucket.take(now):
                raise GraphError(130429)
        if behaviour.pair_limit:
            pair = (number.phone_number_id, person.identity.key)
            bucket = self._pairs.get(pair)
            if bucket is None:
                bucket = self._pairs[pair] = Bucket.full(PAIR_BURST, PAIR_PER_SECOND, now)
            if not bucket.take(now):
                raise GraphError(131056)

    def _check_window(self, number: FakeNumber, person: Person, kind: str) -> GraphError | None:
        """Raises, or returns the error that a later status is to carry."""
        wrote_at = person.thread(number).wrote_at
        now = self.graph.clock.now()
        if kind == "template" or (wrote_at is not None and now - wrote_at < self.graph.behaviour.window):
            return None
        if self.graph.behaviour.outside_window == "answer":
            raise GraphError(131047)
        return GraphError(131047)

    def _check_template(self, kind: str, body: Json) -> None:
        approved = self.graph.behaviour.templates
        if kind != "template" or approved is None:
            return
        template = body["template"]
        if (template["name"], template["language"]["code"]) not in approved:
            raise GraphError(132001)

    def _next_fault(self, target: Target) -> Fault | None:
        return self.faults[target].popleft() if self.faults[target] else None

    async def _act_out(self, fault: Fault) -> None:
        """Returns if the send goes on as usual after all."""
        if fault.answer == "error":
            raise GraphError(fault.code, fault.details, status=fault.status)
        if fault.answer == "gateway":
            raise Gateway(fault.status or 502)
        if fault.answer == "close":
            raise NoReply(closed=True)
        if fault.answer == "hold":
            if fault.hold is None:
                raise NoReply(closed=False)
            await self.graph.clock.sleep(fault.hold)

    def _take(self, person: Person, number: FakeNumber, kind: str, body: Json, late: GraphError | None) -> Received:
        now = self.graph.clock.now()
        thread = person.thread(number)
        received = Received(self.graph.next_id(), kind, preview(kind, body), now, body)
        if late is None:
            thread.received.append(received)
            thread.end_typing(now)
        self.graph.changes.happened()
        self.graph.start(self._report(person, thread, received, late))
        return received

    async def _report(self, person: Person, thread: Thread, received: Received, late: GraphError | None) -> None:
        """The life of a message after the answer: sent, delivered, read, played; or failed."""
        if late is not None:
            await self._advance(person, thread, received, "failed", 0.0, late)
            return
        behaviour = self.graph.behaviour
        passed = 0.0
        steps: list[tuple[Ticks, float | None]] = [
            ("sent", behaviour.sent_after),
            ("delivered", behaviour.delivered_after),
            ("read", behaviour.read_after),
        ]
        if received.kind == "audio":
            steps.append(("played", behaviour.read_after))
        for ticks, after in steps:
            if after is None:
                return
            wait = max(0.0, after - passed)
            passed = max(passed, after)
            await self._advance(person, thread, received, ticks, wait, None)

    async def _advance(
        self,
        person: Person,
        thread: Thread,
        received: Received,
        ticks: Ticks,
        wait: float,
        error: GraphError | None,
    ) -> None:
        if wait:
            await self.graph.clock.sleep(wait)
        else:
            await asyncio.sleep(0)
        received.ticks = ticks
        who = person.identity
        item = status_item(received.id, who, self.graph.clock.now(), ticks, received.callback_data)
        if error is not None:
            received.error = item["errors"] = error.in_status()
            item["errors"] = [received.error]
        self.graph.changes.happened()
        if ticks not in self.graph.behaviour.drop_statuses:
            contact = None if error is not None else who.contact()
            update = Update(thread.number, "status", item, contact, f"{who.key}/status", received.id)
            self.graph.tell(update)


class Gateway(Exception):
    """Something in front of Meta answers in its place."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


def _accepted(body: Json, person: Person, received: Received) -> Json:
    identity = person.identity
    if body.get("to"):
        contact = {"input": body["to"], "wa_id": identity.phone}
        if identity.user_id:
            contact["user_id"] = identity.user_id
    else:
        contact = {"input": body["recipient"], "user_id": identity.user_id}
    message: Json = {"id": received.id}
    if received.kind == "template":
        message["message_status"] = "accepted"
    return {"messaging_product": "whatsapp", "contacts": [contact], "messages": [message]}
