"""The people at the other end: what they write, press, change and refuse, alone with the bot and in groups."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from turnkeeper.testing.fake_telegram.chats import Action, Chat, Message, Who
from turnkeeper.testing.fake_telegram.core import Press
from turnkeeper.testing.fake_telegram.entities import found_in, units

if TYPE_CHECKING:
    from collections.abc import Sequence

    from turnkeeper.testing.fake_telegram.core import Core
    from turnkeeper.testing.fake_telegram.files import StoredFile

Json = dict[str, Any]
FILE_KINDS = ("photo", "voice", "video", "animation", "audio", "video_note", "sticker", "document")
_PLAIN: dict[str, Json] = {
    "location": {"location": {"latitude": 48.2082, "longitude": 16.3738}},
    "venue": {
        "venue": {"location": {"latitude": 48.2, "longitude": 16.4}, "title": "Café", "address": "Main Street 1"},
        "location": {"latitude": 48.2, "longitude": 16.4},
    },
    "contact": {"contact": {"phone_number": "+43123456789", "first_name": "Bob", "user_id": 77}},
    "poll": {"poll": {"id": "1", "question": "Tea?", "options": [], "total_voter_count": 0, "type": "regular"}},
    "dice": {"dice": {"emoji": "🎲", "value": 4}},
    "game": {"game": {"title": "Chess", "description": "", "photo": []}},
    "story": {"story": {"chat": {"id": 5, "type": "private", "first_name": "C"}, "id": 1}},
}


class Group:
    """A group or supergroup that the bot is in. Get one with `await fake.group(...)`."""

    def __init__(self, core: Core, chat: Chat) -> None:
        self.core = core
        self.chat = chat

    @property
    def texts(self) -> list[str]:
        """What the bot wrote here and is still shown."""
        return [each.text for each in self.chat.messages if each.by_bot]

    @property
    def received(self) -> list[Message]:
        return [each for each in self.chat.messages if each.by_bot]

    async def kick(self, by: Person) -> None:
        """Throw the bot out."""
        self.chat.standing = "kicked"
        _membership(self.core, self.chat, by.who, "member", "kicked")

    async def add(self, by: Person) -> None:
        """Take the bot in (again)."""
        self.chat.standing = "member"
        _membership(self.core, self.chat, by.who, "left", "member")

    async def migrate(self) -> Group:
        """Become a supergroup, under another id."""
        chat = Chat(self.chat.id - 1_000_000_000_000, "supergroup", self.chat.title)
        self.core.chats[chat.id] = chat
        self.chat.moved_to = chat.id
        someone = Who(1, "Telegram")
        _said(self.core, self.chat, someone, "service", "", {"migrate_to_chat_id": chat.id})
        _said(self.core, chat, someone, "service", "", {"migrate_from_chat_id": self.chat.id})
        return Group(self.core, chat)


class Person:
    """A simulated person. Get one with `await fake.person(...)`. `into`: in a group instead of the private chat."""

    def __init__(self, core: Core, who: Who) -> None:
        self.who = who
        self._core = core
        self.chat = core.chats.setdefault(who.id, Chat(who.id, "private", owner=who, standing="unknown"))

    @property
    def shown(self) -> list[Message]:
        """The private chat as it is now."""
        return list(self.chat.messages)

    @property
    def received(self) -> list[Message]:
        """What the bot wrote in the private chat and is still shown, in the order in which it was taken."""
        return [each for each in self.chat.messages if each.by_bot]

    @property
    def written(self) -> list[Message]:
        """What the person wrote there."""
        return [each for each in self.chat.messages if not each.by_bot and each.kind != "service"]

    @property
    def texts(self) -> list[str]:
        return [each.text for each in self.received]

    @property
    def typings(self) -> list[Action]:
        """Stretches of `typing` and other chat actions."""
        return list(self.chat.actions)

    @property
    def presses(self) -> list[Press]:
        return [each for each in self._core.presses.values() if each.chat_id == self.chat.id]

    async def start(self, payload: str = "") -> Message:
        """Press START, perhaps after a link with a payload."""
        return await self.write(f"/start {payload}".strip())

    async def write(self, text: str, *, reply_to: int | None = None, into: Group | None = None) -> Message:
        """Write a text. Returns at once; the update follows."""
        content: Json = {"text": text}
        if entities := found_in(text):
            content["entities"] = entities
        return self._say("text", text, content, reply_to=reply_to, into=into)

    async def send(
        self,
        kind: str,
        data: bytes = b"",
        *,
        caption: str = "",
        content: Json | None = None,
        into: Group | None = None,
        reply_to: int | None = None,
        **file: Any,
    ) -> Message:
        """Send anything else. Files: `data`, and `mime`, `name`, `size`; others have a plausible content of their
        own, or `content`, which is the message's fields."""
        if kind not in FILE_KINDS:
            return self._say(kind, "", content or _PLAIN[kind], into=into, reply_to=reply_to)
        stored = self._core.files.put(kind, data, **file)
        return self._sent(stored, caption, content or {}, into=into, reply_to=reply_to)

    async def album(
        self, files: Sequence[tuple[str, bytes]], *, caption: str = "", into: Group | None = None
    ) -> list[Message]:
        """Several files at once; the caption stands below the first."""
        group = {"media_group_id": str(self._core.rng.randrange(10**16, 10**17))}
        stored = [self._core.files.put(kind, data) for kind, data in files]
        return [self._sent(each, "" if at else caption, group, into=into) for at, each in enumerate(stored)]

    async def contact(self, phone: str, *, own: bool = True) -> Message:
        """Share a phone number; `own`: with the button, so that it is surely theirs."""
        card = {"phone_number": phone, "first_name": self.who.first_name} | ({"user_id": self.who.id} if own else {})
        return self._say("contact", "", {"contact": card})

    async def press(self, message: Message, wanted: str, *, into: Group | None = None) -> Press:
        """Press an inline button of a message, by its label or data."""
        chat = into.chat if into else self.chat
        found = [each for each in message.buttons if wanted in (each["text"], each.get("callback_data"))]
        if not found or "callback_data" not in found[0]:
            raise ValueError(f"there is no button {wanted!r} among {message.labels}")
        now = self._core.clock.now()
        press = Press(
            str(self._core.rng.randrange(10**17, 10**18)), chat.id, message.id, found[0]["callback_data"], now
        )
        self._core.presses[press.id] = press
        query = {
            "id": press.id,
            "from": self.who.json(),
            "message": chat.shows(message),
            "chat_instance": str(chat.id * 7919),
            "data": press.data,
        }
        self._core.updates.put("callback_query", query, chat.id)
        return press

    async def tap(self, label: str) -> Message:
        """Tap a key of the reply keyboard: a text, a place or a contact."""
        keys = [key for row in (self.chat.keyboard or {}).get("keyboard", ()) for key in row]
        key = next(each for each in keys if label == (each if isinstance(each, str) else each["text"]))
        if isinstance(key, dict) and key.get("request_location"):
            return await self.send("location")
        if isinstance(key, dict) and key.get("request_contact"):
            return await self.contact("+4366012345")
        return await self.write(label)

    async def react(self, message: Message, emoji: str = "👍", *, into: Group | None = None) -> None:
        """React to a message; an empty `emoji` takes the reaction back."""
        chat = into.chat if into else self.chat
        old = message.reactions.pop(self.who.id, "")
        if emoji:
            message.reactions[self.who.id] = emoji
        change = {
            "chat": chat.json(),
            "message_id": message.id,
            "user": self.who.json(),
            "date": int(self._core.clock.now()),
            "old_reaction": [{"type": "emoji", "emoji": old}] if old else [],
            "new_reaction": [{"type": "emoji", "emoji": emoji}] if emoji else [],
        }
        self._core.updates.put("message_reaction", change, chat.id)

    async def edit(self, message: Message, text: str, *, into: Group | None = None) -> None:
        """Put other words in a message of one's own."""
        chat = into.chat if into else self.chat
        name = "text" if message.kind == "text" else "caption"
        message.text, message.edited_at = text, self._core.clock.now()
        message.content = {**message.content, name: text}
        self._core.updates.put("edited_message", chat.shows(message), chat.id)

    async def delete(self, message: Message) -> None:
        """Delete a message for both; bots are never told."""
        self.chat.messages.remove(message)

    async def block(self) -> None:
        """Block the bot."""
        self.chat.standing = "blocked"
        _membership(self._core, self.chat, self.who, "member", "kicked")

    async def unblock(self) -> None:
        """Let it write again."""
        self.chat.standing = "member"
        _membership(self._core, self.chat, self.who, "kicked", "member")

    async def leave_telegram(self) -> None:
        """Delete the account. Bots are not told."""
        self.chat.standing = "deactivated"

    async def next_message(self, after: int = 0, within: float = 10.0) -> Message:
        """The bot's message number `after` (from 0) in the private chat; waits for it."""
        await self._core.wait_until(lambda: len(self.received) > after, within)
        return self.received[after]

    async def pause(self, seconds: float) -> None:
        """Let time pass on the fake's clock, as hands do between messages."""
        await self._core.clock.sleep(seconds)
        await asyncio.sleep(0)

    def _sent(
        self,
        stored: StoredFile,
        caption: str,
        content: Json,
        *,
        into: Group | None = None,
        reply_to: int | None = None,
    ) -> Message:
        told = {**stored.described(), **content} | ({"caption": caption} if caption else {})
        return self._say(stored.kind, caption, told, into=into, reply_to=reply_to, file=stored)

    def _say(
        self,
        kind: str,
        text: str,
        content: Json,
        *,
        into: Group | None = None,
        reply_to: int | None = None,
        file: StoredFile | None = None,
    ) -> Message:
        if units(text) > 4096:
            raise ValueError("no phone sends more than 4,096 units")
        chat = into.chat if into else self.chat
        if chat.type == "private" and chat.standing == "unknown":
            chat.standing = "member"
        return _said(self._core, chat, self.who, kind, text, content, reply_to=reply_to, file=file)


def _said(
    core: Core,
    chat: Chat,
    who: Who,
    kind: str,
    text: str,
    content: Json,
    *,
    reply_to: int | None = None,
    file: StoredFile | None = None,
) -> Message:
    message = Message(chat.next_id(), who, kind, text, core.clock.now(), content, file, reply_to)
    chat.add(message)
    if _heard(core, chat, message):
        core.updates.put("message", chat.shows(message), chat.id)
    core.changes.happened()
    return message


def _heard(core: Core, chat: Chat, message: Message) -> bool:
    """Whether the bot is told: of a group's messages only some, in privacy mode."""
    if chat.standing in ("blocked", "kicked"):
        return False
    if chat.type == "private" or core.reads_groups or message.kind == "service":
        return True
    quoted = chat.find(message.reply_to)
    named = f"@{core.bot.username}".lower() in message.text.lower()
    return named or message.text.startswith("/") or (quoted is not None and quoted.by_bot)


def _membership(core: Core, chat: Chat, by: Who, old: str, new: str) -> None:
    change = {
        "chat": chat.json(),
        "from": by.json(),
        "date": int(core.clock.now()),
        "old_chat_member": {"user": core.bot.json(), "status": old},
        "new_chat_member": {"user": core.bot.json(), "status": new},
    }
    core.updates.put("my_chat_member", change, chat.id)
