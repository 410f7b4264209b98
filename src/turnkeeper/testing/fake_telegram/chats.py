"""Chats and what each of them shows now: messages of both sides, buttons, reactions, chat actions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from turnkeeper.testing.fake_telegram.files import StoredFile

Json = dict[str, Any]
Standing = Literal["unknown", "member", "blocked", "deactivated", "kicked"]
"""Unknown: the bot may not write first."""


@dataclass(frozen=True, slots=True)
class Who:
    """A user, as it stands in messages."""

    id: int
    first_name: str
    username: str = ""
    is_bot: bool = False
    language_code: str = ""

    def json(self) -> Json:
        """As a User."""
        told: Json = {"id": self.id, "is_bot": self.is_bot, "first_name": self.first_name}
        for name in ("username", "language_code"):
            if getattr(self, name):
                told[name] = getattr(self, name)
        return told


@dataclass(slots=True)
class Message:
    """A message as its chat shows it now."""

    id: int
    sender: Who
    kind: str
    text: str
    """The words or the caption, as people see them."""
    at: float
    content: Json
    """The fields of the Bot API's Message beside the common ones."""
    file: StoredFile | None = None
    reply_to: int | None = None
    markup: Json = field(default_factory=dict)
    edited_at: float | None = None
    asked: Json = field(default_factory=dict)
    """What the bot sent, field by field; nothing of files."""
    reactions: dict[int, str] = field(default_factory=dict)
    """Emoji by the id of who reacted."""

    @property
    def by_bot(self) -> bool:
        return self.sender.is_bot

    @property
    def buttons(self) -> list[Json]:
        """The inline buttons, row by row."""
        return [button for row in self.markup.get("inline_keyboard", ()) for button in row]

    @property
    def labels(self) -> list[str]:
        return [button["text"] for button in self.buttons]

    @property
    def entities(self) -> list[Json]:
        found: list[Json] = self.content.get("entities") or self.content.get("caption_entities") or []
        return found


@dataclass(slots=True)
class Action:
    """A stretch of time in which people saw that something is being done."""

    action: str
    at: float
    until: float
    shown: int = 1
    """How many calls kept it up."""
    by_reply: bool = False
    """A message ended it."""


@dataclass(slots=True)
class Chat:
    """A private chat or a group, with this one bot in it."""

    id: int
    type: Literal["private", "group", "supergroup"]
    title: str = ""
    owner: Who | None = None
    """Of a private chat: the person."""
    standing: Standing = "member"
    moved_to: int | None = None
    messages: list[Message] = field(default_factory=list)
    """What is shown now, oldest first: what was deleted is gone."""
    actions: list[Action] = field(default_factory=list)
    keyboard: Json | None = None
    """The reply keyboard that is shown."""
    last_id: int = 0

    def json(self) -> Json:
        """As a Chat."""
        told: Json = {"id": self.id, "type": self.type}
        if self.owner is not None:
            return (
                told
                | {"first_name": self.owner.first_name}
                | ({"username": self.owner.username} if self.owner.username else {})
            )
        return told | {"title": self.title}

    def next_id(self) -> int:
        """Ids count within their chat."""
        self.last_id += 1
        return self.last_id

    def find(self, message_id: int | None) -> Message | None:
        """A message that is still there."""
        return next((each for each in self.messages if each.id == message_id), None)

    def shows(self, message: Message, *, quoting: bool = True) -> Json:
        """A message as the Bot API tells it."""
        told: Json = {"message_id": message.id, "from": message.sender.json(), "chat": self.json()}
        told |= {"date": int(message.at), **message.content}
        if message.edited_at is not None:
            told["edit_date"] = int(message.edited_at)
        if message.markup.get("inline_keyboard"):
            told["reply_markup"] = {"inline_keyboard": message.markup["inline_keyboard"]}
        quoted = self.find(message.reply_to) if quoting else None
        if quoted is not None:
            told["reply_to_message"] = self.shows(quoted, quoting=False)
        return told

    def add(self, message: Message) -> None:
        """Show a message; one of the bot's ends what it was shown to be doing."""
        self.messages.append(message)
        if message.by_bot and self.actions and message.at < self.actions[-1].until:
            self.actions[-1].until = message.at
            self.actions[-1].by_reply = True

    def act(self, action: str, now: float, lives: float) -> None:
        """Show that something is being done."""
        last = self.actions[-1] if self.actions else None
        if last is not None and last.action == action and now < last.until:
            last.until = now + lives
            last.shown += 1
        else:
            self.actions.append(Action(action, now, now + lives))
