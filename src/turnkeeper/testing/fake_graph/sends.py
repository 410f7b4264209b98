"""POST /{phone_number_id}/messages: what Meta takes, what it refuses, and what becomes of it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from turnkeeper.testing.fake_graph.errors import (
    GraphError,
    invalid,
    missing,
    parameter_error,
)
from turnkeeper.testing.fake_graph.limits import PAIR_BURST, PAIR_PER_SECOND, Bucket
from turnkeeper.testing.fake_graph.outbound import check_message, files_in, preview
from turnkeeper.testing.fake_graph.payloads import FakeNumber, Json, Update, status_item
from turnkeeper.testing.fake_graph.people import People, Person, Received, Thread, Ticks
from turnkeeper.testing.http import Reply

if TYPE_CHECKING:
    from turnkeeper.testing.fake_graph.core import Core
    from turnkeeper.testing.fake_graph.media import Media
    from turnkeeper.testing.fake_graph.templates import Templates

REACHABLE: Final = 30 * 24 * 3600.0
"""Older messages can be neither reacted to nor quoted."""


class Sends:
    """The sending half of the fake. Holds the limits; `faults` are those still to come."""

    def __init__(self, core: Core, people: People, media: Media, templates: Templates) -> None:
        self._core = core
        self._people = people
        self._media = media
        self._templates = templates
        self.faults = core.faults
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
        now = self._core.clock.now()
        fault = self.faults.next("mark")
        if fault is None or fault.taken:
            thread = self._people.thread_of(number, message_id)
            if thread is None or not thread.mark_read(message_id, now):
                raise GraphError(100, message="(#100) Invalid parameter: unknown message_id")
            if indicator is not None:
                thread.show_typing(now)
            self._core.changes.happened()
        if fault is not None:
            await self.faults.act_out(fault)
        return Reply.json(200, {"success": True})

    async def send(self, number: FakeNumber, body: Json) -> tuple[Reply, Received]:
        """Check, take and answer one message; what is refused later becomes a failed status."""
        kind = check_message(body)
        person = self._recipient(number, body)
        fault = self.faults.next("send") or self._core.behaviour.fault
        self._check_limits(number, person)
        late = self._check_window(number, person, kind)
        late = self._check_media(number, kind, body) or late
        if kind == "template":
            self._templates.check_send(number, body["template"])
        if self._core.behaviour.answer_after:
            await self._core.clock.sleep(self._core.behaviour.answer_after)
        if fault is not None and not fault.taken and fault.answer != "accept":
            await self.faults.act_out(fault)
            fault = None
        if fault is not None and fault.answer == "accept":
            late = GraphError(fault.code)
        received = self._take(person, number, kind, body, late)
        if fault is not None:
            await self.faults.act_out(fault)
        return Reply.json(200, _accepted(body, person, received)), received

    def _recipient(self, number: FakeNumber, body: Json) -> Person:
        """`to` wins over `recipient`, as Meta documents."""
        address = body.get("to")
        if address:
            digits = "".join(char for char in address if char.isdigit())
            if digits == number.display_phone_number.lstrip("+"):
                raise GraphError(131021)
            person = self._people.find(digits or address)
        else:
            person = self._people.find(body["recipient"])
        if person is None:
            raise GraphError(131030 if self._core.behaviour.only_known else 131026)
        return person

    def _check_limits(self, number: FakeNumber, person: Person) -> None:
        now = self._core.clock.now()
        behaviour = self._core.behaviour
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
        now = self._core.clock.now()
        behaviour = self._core.behaviour
        until = person.thread(number).open_until(behaviour.window, behaviour.entry_window)
        opened = until is not None and now < until and not behaviour.window_closed
        if opened or kind == "template":
            return None
        if behaviour.outside_window == "answer":
            raise GraphError(131047)
        return GraphError(131047)

    def _check_media(self, number: FakeNumber, kind: str, body: Json) -> GraphError | None:
        """Raises, or returns the error that a later status is to carry."""
        for sent_as, where, file in files_in(kind, body):
            refusal = self._media.refusal(number, sent_as, where, file)
            if refusal is None:
                continue
            if refusal.code == 131053 and self._core.behaviour.media_refusal == "status":
                return refusal
            raise refusal
        return None

    def _take(self, person: Person, number: FakeNumber, kind: str, body: Json, late: GraphError | None) -> Received:
        now = self._core.clock.now()
        thread = person.thread(number)
        shown = self._templates.shown(number, body["template"]) if kind == "template" else preview(kind, body)
        received = Received(self._core.next_id(), kind, shown, now, body)
        quoted = body.get("context", {}).get("message_id")
        # Meta sends a quote of what it does not have as a plain message; a template never shows one.
        received.quotes = quoted if kind != "template" and thread.has(quoted, now - REACHABLE) else None
        if kind == "reaction" and not thread.has(body["reaction"]["message_id"], now - REACHABLE):
            late = GraphError(131009, "The message reacted to is unknown, too old, deleted or a reaction.")
        if late is None:
            thread.received.append(received)
            thread.end_typing(now)
            for _, _, file in files_in(kind, body):
                self._media.sent(file)
        self._core.changes.happened()
        self._core.start(self._report(person, thread, received, late))
        return received

    async def _report(self, person: Person, thread: Thread, received: Received, late: GraphError | None) -> None:
        """The life of a message after the answer: sent, delivered, read, played; or failed."""
        if late is not None:
            await self._advance(person, thread, received, "failed", 0.0, late)
            return
        behaviour = self._core.behaviour
        passed = 0.0
        steps: list[tuple[Ticks, float | None]] = [
            ("sent", behaviour.sent_after),
            ("delivered", behaviour.delivered_after),
            ("read", behaviour.read_after),
        ]
        if received.kind == "reaction":
            del steps[1:]
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
            await self._core.clock.sleep(wait)
        else:
            await asyncio.sleep(0)
        received.ticks = ticks
        who = person.identity
        item = status_item(received.id, who, self._core.clock.now(), ticks, received.callback_data)
        if error is not None:
            received.error = item["errors"] = error.in_status()
            item["errors"] = [received.error]
        self._core.changes.happened()
        if ticks not in self._core.behaviour.drop_statuses:
            contact = None if error is not None else who.contact()
            update = Update(thread.number, "status", item, contact, f"{who.key}/status", received.id)
            self._core.tell(update)


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
