"""People's phones over HTTP: what the phone page shows, what it lets them do, and what it breaks.

GET /api/state, /api/events (server-sent `state` events), /api/media/{id}; POST /api/messages (see `hands`),
/api/media (an upload), /api/people, /api/window, /api/owner, /api/switches. `?person=` says whose phone.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from turnkeeper.testing.fake_graph.bubbles import bubbles
from turnkeeper.testing.fake_graph.hands import Hands, Refused, identity, json_object, words
from turnkeeper.testing.fake_graph.outbound import TEXT_LIMIT
from turnkeeper.testing.fake_graph.switches import set_switch, switches
from turnkeeper.testing.fake_graph.traffic import failed_tries, seen
from turnkeeper.testing.http import Reply, Request

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from turnkeeper.testing.fake_graph.graph import Graph
    from turnkeeper.testing.fake_graph.payloads import Json
    from turnkeeper.testing.fake_graph.people import Person

MOST_STREAMS: Final = 32
MOST_PHONES: Final = 50
HEARTBEAT: Final = 15.0
SHOWN: Final = 200
"""Messages in one state; the phone page needs no more."""
UPLOADS: Final = "/api/media"
INLINE: Final = ("image/png", "image/jpeg", "image/webp", "audio/", "video/")


@dataclass(frozen=True, slots=True)
class PhoneOwner:
    """Whose phone the page shows first."""

    phone: str | None = "15551234567"
    name: str | None = "Ada"
    user_id: str | None = None


class Phone:
    """The phones of `owner` and of whom the page adds; all write to the fake's first number."""

    def __init__(self, graph: Graph, owner: PhoneOwner) -> None:
        self.graph = graph
        self.owner = owner
        self._people: dict[str, Person] = {}
        self._streams = 0

    async def person(self, key: str | None = None) -> Person:
        """The owner, or whom the page knows by this key. Raises `Refused` for a key that is nobody's."""
        if not self._people:
            owner = self.owner
            first = await self.graph.person(owner.phone, name=owner.name, user_id=owner.user_id)
            self._people[first.identity.key] = first
        if not key:
            return next(iter(self._people.values()))
        if key not in self._people:
            raise Refused(404, "there is no such person")
        return self._people[key]

    async def knows(self, key: str | None) -> bool:
        """Whether the page has this person's phone."""
        await self.person()
        return not key or key in self._people

    async def answer(self, request: Request) -> Reply:
        """Answer one request of the page."""
        try:
            if request.method == "GET" and request.path.startswith(f"{UPLOADS}/"):
                return self._file(request)
            if request.path not in ("/api/state", "/api/events", *ROUTES):
                return Reply.json(404, {"error": "not found"})
            if (request.method, request.path) == ("GET", "/api/state"):
                return Reply.json(200, await self.state(request.query.get("person")))
            if request.method != "POST" or request.path not in ROUTES:
                return Reply.json(405, {"error": "method not allowed"})
            return await ROUTES[request.path](self, request)
        except Refused as refused:
            return Reply.json(refused.status, {"error": refused.why})

    async def state(self, key: str | None = None) -> Json:
        """All that the page shows of one person's phone, and of the others in a line each."""
        person = await self.person(key)
        now = self.graph.clock.now()
        messages = bubbles(
            person.written[-SHOWN:],
            person.received[-SHOWN:],
            ticks=person.ticks,
            media=self._media,
            components=self._components,
        )
        number = person.number
        return {
            "person": _described(person),
            "people": [_described(each) | {"received": len(each.thread().received)} for each in self._people.values()],
            "business": {
                "name": number.verified_name,
                "display_phone_number": number.display_phone_number,
            },
            "messages": messages[-SHOWN:],
            "typing": person.typing,
            "window": {"closes_at": self._closes_at(person, now), "now": now},
            "webhook": self._webhook(),
            "switches": [
                {"name": each.name, "title": each.title, "effect": each.effect, "on": each.on}
                for each in switches(self.graph.behaviour)
            ],
            "failed_tries": failed_tries(self.graph.calls, person.identity),
            "seen": seen(self.graph.calls, self.graph.webhooks.sent),
        }

    @property
    def full(self) -> bool:
        """No more event streams are given out."""
        return self._streams >= MOST_STREAMS

    async def events(self, key: str | None = None) -> AsyncGenerator[bytes, None]:
        """The state now and after every change, as server-sent events."""
        self._streams += 1
        try:
            shown = b""
            while not self.graph.closing:
                version = self.graph.changes.version
                state = await self.state(key)
                told_at = state["window"].pop("now")
                compared = json.dumps(state).encode()
                if compared != shown:
                    shown = compared
                    state["window"]["now"] = told_at
                    yield b"event: state\ndata: " + json.dumps(state, separators=(",", ":")).encode() + b"\n\n"
                if self.graph.changes.version == version and not await self._next_change(await self.person(key)):
                    yield b": still here\n\n"
        finally:
            self._streams -= 1
            self.graph.changes.happened()

    async def _next_change(self, person: Person) -> bool:
        """False: nothing changed, but the typing dots ran out or it is time for a heartbeat."""
        wait = HEARTBEAT
        if person.typing:
            wait = min(wait, person.typings[-1].until - self.graph.clock.now() + 0.01)
        try:
            async with asyncio.timeout(wait):
                await self.graph.changes.next()
        except TimeoutError:
            return False
        return True

    async def write(self, request: Request) -> Reply:
        hands = Hands(await self.person(request.query.get("person")), self.graph.media)
        written = await hands.act(json_object(request))
        return Reply.json(202, {"id": written.id})

    async def add_person(self, request: Request) -> Reply:
        body = json_object(request)
        owner = await self.person()
        if len(self._people) >= MOST_PHONES:
            raise Refused(409, f"{MOST_PHONES} phones are enough")
        who = identity(body, len(self._people))
        person = await self.graph.person(
            who.phone, name=who.name, user_id=who.user_id, username=who.username, number=owner.number
        )
        self._people[person.identity.key] = person
        self.graph.changes.happened()
        return Reply.json(201, _described(person))

    async def close_window(self, request: Request) -> Reply:
        """Close the 24 hours early, for this person; writing opens them again."""
        json_object(request)
        person = await self.person(request.query.get("person"))
        person.thread().close_window(self.graph.clock.now(), self.graph.behaviour.window)
        self.graph.changes.happened()
        return Reply.json(200, {"open": False})

    async def owner_writes(self, request: Request) -> Reply:
        """The business's owner answers on the business's own phone."""
        text = words(json_object(request), "text", TEXT_LIMIT)
        person = await self.person(request.query.get("person"))
        return Reply.json(202, {"id": self.graph.business_app.write(person, text).id})

    async def turn_switch(self, request: Request) -> Reply:
        body = json_object(request)
        name, on = body.get("name"), body.get("on")
        if not isinstance(name, str) or not isinstance(on, bool):
            raise Refused(422, "a switch needs a name and whether it is on")
        try:
            set_switch(self.graph.behaviour, name, on)
        except KeyError:
            raise Refused(404, "there is no such switch") from None
        self.graph.changes.happened()
        return Reply.json(200, {"name": name, "on": on})

    async def upload(self, request: Request) -> Reply:
        """The body is the file. The header is one that no form of another site can send."""
        kind = request.headers.get("content-type", "").strip()
        if "x-filename" not in request.headers:
            raise Refused(415, "an upload needs the header x-filename")
        if not request.body:
            raise Refused(422, "the file is empty")
        filename = unquote(request.headers["x-filename"])[:255] or None
        media_id = self.graph.media.put(request.body, kind or "application/octet-stream", filename)
        return Reply.json(201, {"id": media_id})

    def _file(self, request: Request) -> Reply:
        """A medium's bytes, or the part of them that was asked for; never as a page of this site."""
        found = self.graph.media.get(request.path.removeprefix(f"{UPLOADS}/"))
        if found is None:
            raise Refused(404, "there is no such file")
        inline = found.mime.startswith(INLINE)
        headers = [
            ("content-disposition", "inline" if inline else "attachment"),
            ("content-security-policy", "sandbox; default-src 'none'"),
            ("x-content-type-options", "nosniff"),
            ("cache-control", "private, max-age=3600"),
            ("accept-ranges", "bytes"),
        ]
        asked = _range(request.headers.get("range", ""), len(found.data))
        if asked is None:
            return Reply(200, found.data, found.mime, tuple(headers))
        first, last = asked
        headers.append(("content-range", f"bytes {first}-{last}/{len(found.data)}"))
        return Reply(206, found.data[first : last + 1], found.mime, tuple(headers))

    def _media(self, media_id: str) -> Json | None:
        found = self.graph.media.get(media_id) if media_id else None
        if found is None:
            return None
        told: Json = {"mime": found.mime, "size": len(found.data)}
        return told | ({"filename": found.filename} if found.filename else {})

    def _components(self, name: str, language: str) -> list[Json]:
        try:
            return self.graph.templates.get(name, language).components
        except KeyError:
            return []

    def _closes_at(self, person: Person, now: float) -> float:
        """The end of the 24 hours; one that is past: they are over."""
        behaviour = self.graph.behaviour
        until = person.thread().open_until(behaviour.window, behaviour.entry_window)
        open_until = now if until is None else until
        return min(open_until, now) if behaviour.window_closed else open_until

    def _webhook(self) -> Json:
        sender = self.graph.webhooks
        last = sender.sent[-1] if sender.sent else None
        return {
            "url": sender.url,
            "last_status": last.status if last else None,
            "pending": sender.pending,
        }


def _described(person: Person) -> Json:
    who = person.identity
    told: Json = {"id": who.key, "phone": who.phone, "name": who.name, "user_id": who.user_id}
    return told | ({"username": who.username} if who.username else {})


def _range(asked: str, size: int) -> tuple[int, int] | None:
    """One range of bytes, as media players ask for; None: the whole."""
    first, dash, last = asked.strip().removeprefix("bytes=").partition("-")
    if not (dash and first.isdecimal() and (not last or last.isdecimal())) or int(first) >= size:
        return None
    end = min(int(last), size - 1) if last else size - 1
    return (int(first), end) if end >= int(first) else None


ROUTES: Final[dict[str, Callable[[Phone, Request], Awaitable[Reply]]]] = {
    "/api/messages": Phone.write,
    "/api/people": Phone.add_person,
    "/api/window": Phone.close_window,
    "/api/owner": Phone.owner_writes,
    "/api/switches": Phone.turn_switch,
    UPLOADS: Phone.upload,
}
