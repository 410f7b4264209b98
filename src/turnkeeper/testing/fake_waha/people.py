"""The people at the other end, and the owner of the business's phone: what they write, send, change and see."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from turnkeeper.testing.fake_waha import shapes
from turnkeeper.testing.fake_waha.messages import Chat, File, Group, Identity, Message

if TYPE_CHECKING:
    from turnkeeper.testing.fake_waha.behaviour import Engine
    from turnkeeper.testing.fake_waha.core import Core, Json
    from turnkeeper.testing.fake_waha.sessions import Session

ENDINGS = {"image/jpeg": "jpeg", "image/png": "png", "image/webp": "webp", "audio/ogg; codecs=opus": "oga"}


@dataclass(slots=True)
class Typing:
    """A stretch of time in which somebody saw the business write or record; `until` None: still."""

    kind: str
    started_at: float
    until: float | None = None


class Person:
    """Somebody with WhatsApp. Get one with `await fake.person(...)`."""

    def __init__(self, people: People, identity: Identity) -> None:
        self.identity = identity
        self.written: list[Message] = []
        self.received: list[Message] = []
        """What the business sent, in the order in which it was taken."""
        self.typings: deque[Typing] = deque(maxlen=1000)
        self._people = people

    @property
    def texts(self) -> list[str]:
        """What was received, as it reads now."""
        return [message.text for message in self.received]

    @property
    def typing(self) -> bool:
        """Whether the business is seen to write now."""
        return bool(self.typings) and self.typings[-1].until is None

    async def write(self, text: str, *, reply_to: str | None = None, group: Group | None = None) -> Message:
        """Write a text. `reply_to`: the key of the message that is quoted."""
        return self._people.say(self, "text", body=text, quotes=reply_to, group=group)

    async def send(
        self,
        kind: Literal["image", "video", "voice", "audio", "document", "sticker"],
        data: bytes,
        mime: str,
        *,
        caption: str = "",
        filename: str | None = None,
    ) -> Message:
        """Send a file."""
        return self._people.say(self, kind, body=caption, data=data, mime=mime, filename=filename)

    async def share(self, latitude: float, longitude: float, name: str | None = None) -> Message:
        """Share a place."""
        place = {"latitude": str(latitude), "longitude": str(longitude), "live": False, "name": name, "address": None}
        return self._people.say(self, "location", location=place)

    async def introduce(self, *cards: str) -> Message:
        """Share contacts, each a vCard."""
        return self._people.say(self, "contacts", cards=list(cards))

    async def edit(self, message: Message, text: str) -> None:
        """Put other words in a message of one's own."""
        self._people.edit(message, text)

    async def revoke(self, message: Message) -> None:
        """Delete a message of one's own for everyone."""
        self._people.revoke(message)

    async def react(self, message: Message, emoji: str = "👍") -> None:
        """React to a message; "" takes it back."""
        self._people.react(self, message, emoji)

    async def vote(self, message: Message, *options: str) -> None:
        """Vote in a poll."""
        self._people.vote(message, options)

    async def begin_typing(self, state: str = "typing") -> None:
        """Be seen to write (`recording`, `paused`, …), by whoever asked to see it."""
        self._people.show_presence(self, state)

    async def call(self) -> None:
        """Ring."""
        self._people.ring(self)

    async def next_message(self, after: int = 0, within: float = 10.0) -> Message:
        """The message number `after` (from 0) that reaches the person; waits for it."""
        await self._people.core.wait_until(lambda: len(self.received) > after, within)
        return self.received[after]


class Owner:
    """Whose phone the business's account is on."""

    def __init__(self, people: People) -> None:
        self._people = people

    async def write(self, person: Person, text: str) -> Message:
        """Write to somebody by hand."""
        return self._people.say_as_owner(person, text)


class People:
    """Everyone, and what becomes of what they say. All write to one session's account."""

    def __init__(self, core: Core, session: Session) -> None:
        self.core = core
        self.session = session
        self.everyone: list[Person] = []
        self.groups: list[Group] = []
        self.subscribed: set[str] = set()
        """Names of those whose typing the session asked to see."""

    @property
    def _engine(self) -> Engine:
        return self.core.behaviour.engine

    def meet(self, identity: Identity) -> Person:
        """The person with this phone or LID, made if new."""
        for each in self.everyone:
            if (identity.phone and each.identity.phone == identity.phone) or (
                identity.lid and each.identity.lid == identity.lid
            ):
                return each
        person = Person(self, identity)
        self.everyone.append(person)
        return person

    def chat(self, chat_id: str) -> Chat | None:
        """Whom an id means."""
        chats: list[Chat] = [*self.groups, *(each.identity for each in self.everyone)]
        return next((each for each in chats if each.goes_by(chat_id)), None)

    def person(self, chat: Chat) -> Person | None:
        """Who is meant by a chat with one person."""
        return next((each for each in self.everyone if each.identity is chat), None)

    def key(self, *, from_phone: bool) -> str:
        """A new message's."""
        return ("3A" if from_phone else "3EB0") + self.core.token(18)

    def say(
        self,
        person: Person,
        kind: str,
        *,
        body: str = "",
        data: bytes | None = None,
        mime: str = "",
        filename: str | None = None,
        quotes: str | None = None,
        location: Json | None = None,
        cards: list[str] | None = None,
        group: Group | None = None,
    ) -> Message:
        """A person says something."""
        key = self.key(from_phone=True)
        message = Message(key, group or person.identity, person.identity, False, "app", self.core.now(), kind, body)
        message = replace(message, quotes=quotes, location=location, cards=cards, ack=2)
        if data is not None:
            name = f"{message.id(self._engine)}.{ENDINGS.get(mime, mime.partition('/')[2] or 'bin')}"
            message.file = File(data, mime, filename, name)
        person.written.append(message)
        self.session.said(message, "message", "message.any")
        return message

    def say_as_owner(self, person: Person, text: str) -> Message:
        """The owner writes by hand: the session sees it, and so does the person."""
        key = self.key(from_phone=True)
        message = Message(key, person.identity, person.identity, True, "app", self.core.now(), "text", text, ack=1)
        person.received.append(message)
        self.session.said(message, "message.any")
        return message

    def deliver(self, message: Message) -> None:
        """A message from the business leaves: who gets it sees it, and the session tells how far it came."""
        for person in self._readers(message):
            person.received.append(message)
            self.show_typing(person, None)
        self.session.said(message, "message.any")
        self.core.start(self._acknowledged(message))

    def _readers(self, message: Message) -> list[Person]:
        if isinstance(message.chat, Group):
            return list(self.everyone)
        return [each for each in self.everyone if each.identity is message.chat]

    async def _acknowledged(self, message: Message) -> None:
        behaviour = self.core.behaviour
        began = self.core.now()
        for level, after in ((1, behaviour.server_after), (2, behaviour.device_after), (3, behaviour.read_after)):
            if after is None:
                return
            await self.core.clock.sleep(max(0.0, began + after - self.core.now()))
            self.acknowledge(message, level)

    def acknowledge(self, message: Message, level: int) -> None:
        """How far a message of ours came, told if the session works."""
        if level > message.ack or level < 0:
            message.ack = level
        self.core.changes.happened()
        if not self.session.works:
            return
        event = "message.ack.group" if isinstance(message.chat, Group) else "message.ack"
        for person in self._readers(message):
            self.session.tell(event, shapes.ack(message, self.session.me, self._engine, level, person.identity))

    def edit(self, message: Message, text: str) -> None:
        """Other words, told as an event of its own."""
        message.body = text
        payload = self.session.message(replace(message, key=self.key(from_phone=True)))
        self._tell("message.edited", {**payload, "body": text, "editedMessageId": message.key})

    def revoke(self, message: Message) -> None:
        """Deleted for everyone."""
        before = self.session.message(message)
        message.revoked = True
        after = self.session.message(replace(message, key=self.key(from_phone=True), body=""))
        message.body = ""
        self._tell("message.revoked", {"revokedMessageId": message.key, "before": before, "after": after})

    def react(self, person: Person, message: Message, emoji: str) -> None:
        """An emoji under a message."""
        message.reactions[person.identity.name] = emoji
        told = Message(
            self.key(from_phone=True), message.chat, person.identity, False, "app", self.core.now(), "reaction"
        )
        payload = self.session.message(told) | {"timestamp": round(self.core.now(), 3)}
        payload["reaction"] = {"text": emoji, "messageId": message.id(self._engine)}
        self._tell("message.reaction", payload)

    def vote(self, message: Message, options: tuple[str, ...]) -> None:
        """A vote in a poll of ours."""
        engine, chat = self._engine, message.chat.chat_id(self._engine)
        vote_key = self.key(from_phone=True)
        vote: Json = {"id": f"false_{chat}_{vote_key}", "to": None, "from": chat, "fromMe": False, "participant": None}
        vote |= {"selectedOptions": list(options), "timestamp": int(self.core.now() * 1000)}
        poll = {"id": message.id(engine), "to": chat, "from": chat, "fromMe": True, "participant": None}
        self._tell("poll.vote", {"vote": vote, "poll": poll, "_data": {}})

    def show_presence(self, person: Person, state: str) -> None:
        """Told to those who subscribed only."""
        if person.identity.name in self.subscribed:
            who = person.identity.chat_id(self._engine)
            presence = {"participant": who, "lastKnownPresence": state, "lastSeen": None}
            self._tell("presence.update", {"id": who, "presences": [presence]})

    def ring(self, person: Person) -> None:
        """A call comes in."""
        payload: Json = {"id": self.core.token(32), "from": person.identity.chat_id(self._engine)}
        payload["timestamp"] = int(self.core.now())
        self._tell("call.received", {**payload, "isVideo": False, "isGroup": False, "_data": {}})

    def _tell(self, event: str, payload: Json) -> None:
        self.core.changes.happened()
        if self.session.works:
            self.session.tell(event, payload)

    def show_typing(self, person: Person, kind: str | None) -> None:
        """The business is seen to write, or (None) no more."""
        now = self.core.now()
        if person.typing:
            person.typings[-1].until = now
        if kind is not None:
            person.typings.append(Typing(kind, now))
        self.core.changes.happened()
