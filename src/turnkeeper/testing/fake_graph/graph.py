"""The Graph API itself: requests in, replies out, without any socket.

Protocol facts are Meta's Cloud API documentation as of v25.0. It takes what Meta takes, refuses
what Meta refuses with Meta's own error bodies, and sends signed webhooks that come in batches,
twice, late or never, as `Behaviour` says. Nothing grows without bound: histories keep the newest
`history` items.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from turnkeeper.testing.fake_graph import media
from turnkeeper.testing.fake_graph.business_app import BusinessApp
from turnkeeper.testing.fake_graph.checks import json_object
from turnkeeper.testing.fake_graph.core import Core, Setup
from turnkeeper.testing.fake_graph.errors import GraphError, unknown_object
from turnkeeper.testing.fake_graph.faults import Gateway, Target
from turnkeeper.testing.fake_graph.management import Management
from turnkeeper.testing.fake_graph.media import Media
from turnkeeper.testing.fake_graph.payloads import FakeNumber, Identity, Json
from turnkeeper.testing.fake_graph.people import People, Person
from turnkeeper.testing.fake_graph.sends import Sends
from turnkeeper.testing.fake_graph.templates import Templates
from turnkeeper.testing.http import NoReply, Reply, Request

if TYPE_CHECKING:
    from turnkeeper.testing.fake_graph.behaviour import Fault
    from turnkeeper.testing.fake_graph.webhooks import Verified

PATH: Final = re.compile(r"/(v\d+\.\d+)/([A-Za-z0-9._-]+)(?:/([a-z_]+))?/?")


@dataclass(slots=True)
class Call:
    """One request that came in, and what was answered."""

    at: float
    method: str
    path: str
    body: Json | None
    kind: str = "other"
    """`message`, `mark_read`, `typing` (mark-read with the indicator), `upload` or `other`."""
    latency: float = 0.0
    status: int | None = None
    """None: nothing was answered."""
    code: int | None = None
    """Meta's error code, if it was refused."""
    message_id: str | None = None
    """Of the message taken."""


class Graph(Core):
    """Numbers, people, media and templates of one app, and the calls about them."""

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        self.calls: deque[Call] = deque(maxlen=self.history)
        self.media = Media(self)
        self.people = People(self, self.media)
        self.business_app = BusinessApp(self, self.people)
        self.templates = Templates(self)
        self.sends = Sends(self, self.people, self.media, self.templates)
        self.management = Management(self)

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
        return self.people.meet(Identity(phone, user_id, name, parent_user_id, username), number)

    def find_person(self, address: str) -> Person | None:
        return self.people.find(address)

    def fail_next(self, fault: Fault, times: int = 1, on: Target = "send") -> None:
        """The next `times` sends (or what else `on` says) meet this fault."""
        self.faults[on].extend([fault] * times)

    async def verify_webhook(self) -> Verified:
        """Do the GET handshake with the webhook address, as the App Dashboard does."""
        return await self.webhooks.verify(self.verify_token)

    async def answer(self, request: Request) -> Reply:
        """Answer one Graph API request. Raises `NoReply` where a fault asks for silence."""
        call = Call(self.clock.now(), request.method, request.path, None)
        self.calls.append(call)
        self.base_url = request.base_url or self.base_url
        try:
            reply = await self._route(request, call)
        except GraphError as error:
            call.code = error.code
            reply = Reply.json(error.status, error.body("A" + self.token()))
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
        if request.path == media.PATH:
            self._authorise(request)
            return await self.media.download(request)
        match = PATH.fullmatch(request.path)
        if match is None:
            raise GraphError(2500, message="Unknown path components: " + request.path, status=400)
        object_id, edge = match[2], match[3]
        self._authorise(request)
        if request.method == "POST" and edge == "messages":
            return await self._messages(self._number(object_id, request), request, call)
        if request.method == "POST" and edge == "media":
            call.kind = "upload"
            return await self.media.upload(request, self._number(object_id, request))
        if edge == "message_templates" and request.method in ("GET", "POST", "DELETE"):
            if object_id not in {number.waba_id for number in self.numbers.values()}:
                raise unknown_object(object_id, request.method)
            return self.templates.answer(request, object_id)
        template = self.templates.by_id(object_id) if edge is None and request.method in ("GET", "POST") else None
        if template is not None:
            return self.templates.one(request, template)
        if edge is None and self.media.get(object_id) is not None:
            if request.method == "DELETE":
                return self.media.delete(request, object_id)
            if request.method == "GET":
                return await self.media.look_up(request, object_id)
        if request.method == "POST" and edge is None and object_id in self.numbers:
            return await self.management.configure(request, object_id)
        return self.management.answer(request, object_id, edge)

    def _authorise(self, request: Request) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() not in ("bearer", "oauth") or token.strip() != self.access_token:
            raise GraphError(190)
        if self.management.token_expired:
            raise GraphError(190, message="Error validating access token: Session has expired.", subcode=463)
        if self.behaviour.token_revoked:
            message = "Error validating access token: The session has been invalidated."
            raise GraphError(190, message=message, subcode=460)

    def _number(self, object_id: str, request: Request) -> FakeNumber:
        number = self.numbers.get(object_id)
        if number is None:
            raise unknown_object(object_id, request.method)
        return number

    async def _messages(self, number: FakeNumber, request: Request, call: Call) -> Reply:
        body = call.body = json_object(request.body)
        if "status" in body:
            call.kind = "typing" if "typing_indicator" in body else "mark_read"
            return await self.sends.mark(number, body)
        call.kind = "message"
        reply, received = await self.sends.send(number, body)
        call.message_id = received.id
        return reply
