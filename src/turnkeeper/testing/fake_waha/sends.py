"""What the business sends: taken as WAHA takes it, refused as WAHA refuses it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx2

from turnkeeper.testing.fake_waha import bodies, shapes
from turnkeeper.testing.fake_waha.core import Json, Refused, bad_request, not_found, unprocessable
from turnkeeper.testing.fake_waha.messages import File, Group, Message

if TYPE_CHECKING:
    from collections.abc import Callable

    from turnkeeper.testing.fake_waha.messages import Chat
    from turnkeeper.testing.fake_waha.people import People
    from turnkeeper.testing.fake_waha.sessions import Session

FILES = {"sendImage": "image", "sendFile": "document", "sendVoice": "voice", "sendVideo": "video"}
WITH_ID = ("sendText", "sendLocation", "sendContactVcard", "sendPoll")
"""The calls that take an id that was made beforehand."""
SENDS = (*FILES, *WITH_ID, "sendList", "sendButtons")


class Sends:
    """All calls that send."""

    def __init__(self, people: People, client: Callable[[], httpx2.AsyncClient]) -> None:
        self._people = people
        self._core = people.core
        self._client = client

    async def send(self, what: str, body: Json, session: Session) -> Json:
        """One send, checked; a fault may stand in for its answer."""
        message = await self._read(what, body, session)
        session.must_work()
        fault = self._core.next_fault()
        if fault is None or fault.taken:
            self._people.deliver(message)
        if fault is not None:
            await self._core.act_out(fault)
            if not fault.taken:
                self._people.deliver(message)
        if self._core.behaviour.answer_after:
            await self._core.clock.sleep(self._core.behaviour.answer_after)
        return shapes.answer(message, session.me, self._core.behaviour.engine)

    async def _read(self, what: str, body: Json, session: Session) -> Message:
        engine = self._core.behaviour.engine
        chat_id = bodies.text(body, "chatId")
        chat = self.chat(chat_id)
        person = self._people.person(chat)
        key = self._people.key(from_phone=False)
        message = Message(key, chat, person.identity if person else None, True, "api", self._core.now(), "text")
        message.forms.append(chat_id)
        message.quotes = _key_of(bodies.maybe(body, "reply_to"))
        if what in WITH_ID and engine != "WEBJS" and bodies.maybe(body, "id"):
            message.key = bodies.text(body, "id")
        if what in FILES:
            await self._with_file(message, what, body, session)
            return message
        match what:
            case "sendText":
                message.body = bodies.text(body, "text")
            case "sendLocation":
                place = {name: str(bodies.number(body, name)) for name in ("latitude", "longitude")}
                message.kind, message.location = "location", {**place, "name": bodies.text(body, "title")}
            case "sendContactVcard":
                message.kind, message.cards = "contacts", bodies.cards(body)
            case "sendPoll":
                message.kind, message.poll = "poll", bodies.poll(body)
                message.body = message.poll["name"]
            case "sendList":
                message.kind, message.body = "list", bodies.listed(body)
                if engine == "WEBJS" or isinstance(chat, Group):
                    raise unprocessable(f"The method is not available in engine {engine}")
            case _:
                raise unprocessable("Buttons are deprecated and do not work; send text")
        return message

    async def _with_file(self, message: Message, what: str, body: Json, session: Session) -> None:
        mime, filename, content = bodies.file(body)
        if what in ("sendVoice", "sendVideo"):
            converts = bodies.flag(body, "convert")
            wanted = ("audio/ogg", "application/ogg") if what == "sendVoice" else ("video/mp4",)
            if not converts and not mime.startswith(wanted):
                raise Refused(500, {"statusCode": 500, "exception": {"message": f"cannot play {mime}"}})
        message.kind = "image" if what == "sendImage" else FILES[what]
        message.body = "" if what == "sendVoice" else bodies.maybe(body, "caption") or ""
        data = content if isinstance(content, bytes) else await self._fetched(content)
        name = f"{message.id(self._core.behaviour.engine)}.{mime.partition('/')[2]}"
        message.file = File(data, mime, filename, name)
        session.media(message.file)

    async def _fetched(self, url: str) -> bytes:
        try:
            reply = await self._client().get(url, timeout=5.0)
        except httpx2.HTTPError as error:
            raise Refused(500, {"statusCode": 500, "exception": {"message": type(error).__name__}}) from None
        if reply.status_code != 200:
            raise Refused(500, {"statusCode": 500, "exception": {"message": f"file.url: {reply.status_code}"}})
        return reply.content

    def chat(self, chat_id: str) -> Chat:
        """Whom a send is for; raises Refused."""
        name, _, kind = chat_id.partition("@")
        if kind not in ("c.us", "s.whatsapp.net", "lid", "g.us") or not name:
            raise bad_request("chatId is not a chat's id")
        found = self._people.chat(chat_id)
        if found is None:
            raise Refused(500, {"statusCode": 500, "exception": {"message": f"No LID for user {name}"}})
        return found

    def react(self, body: Json, session: Session) -> Json:
        """An emoji of ours under a message."""
        whole, emoji = bodies.text(body, "messageId"), bodies.text(body, "reaction")
        session.must_work()
        message = session.find(whole)
        if message is None:
            raise not_found("Message not found")
        message.reactions["me"] = emoji
        self._core.changes.happened()
        return {"result": True}

    def seen(self, body: Json, session: Session) -> Json:
        """Ticks under what the person wrote."""
        chat = self.chat(bodies.text(body, "chatId"))
        session.must_work()
        for message in session.messages:
            if message.chat is chat and not message.from_me and message.read_at is None:
                message.read_at = self._core.now()
        self._core.changes.happened()
        return {"result": True}

    def presence(self, body: Json, session: Session, state: str) -> Json:
        """Typing, recording, or neither."""
        chat = self.chat(bodies.text(body, "chatId"))
        session.must_work()
        person = self._people.person(chat)
        if person is not None:
            self._people.show_typing(person, state if state in ("typing", "recording") else None)
        return {"result": True}

    def edit(self, message: Message, body: Json) -> Json:
        """Other words in a message of ours."""
        message.body = bodies.text(body, "text")
        self._core.changes.happened()
        return {"result": True}


def _key_of(whole: str | None) -> str | None:
    parts = (whole or "").split("_")
    return parts[2] if len(parts) > 2 else whole
