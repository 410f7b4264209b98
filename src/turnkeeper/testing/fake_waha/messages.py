"""What is said in chats, whoever said it, and the ids that people and chats go by in each engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from turnkeeper.testing.fake_waha.behaviour import Engine
    from turnkeeper.testing.fake_waha.core import Json

ACKS = {-1: "ERROR", 0: "PENDING", 1: "SERVER", 2: "DEVICE", 3: "READ", 4: "PLAYED"}


@dataclass(frozen=True, slots=True)
class Identity:
    """A person: digits of the phone, of the hidden id (LID), or of both. One that hides the phone has a LID only."""

    phone: str | None
    lid: str | None
    name: str

    def chat_id(self, engine: Engine) -> str:
        """What an engine calls the chat with this person: newer ones prefer the hidden id."""
        if self.phone and (engine == "WEBJS" or not self.lid):
            return f"{self.phone}@c.us"
        return f"{self.lid}@lid"

    def jid(self, engine: Engine) -> str:
        """The same in the library's own form."""
        return self.chat_id(engine).replace("@c.us", "@s.whatsapp.net")

    def other_jid(self, engine: Engine) -> str | None:
        """The id that the chat does not go by, where the engine tells it."""
        if engine == "WEBJS" or not (self.phone and self.lid):
            return None
        return f"{self.phone}@s.whatsapp.net"

    def goes_by(self, chat_id: str) -> bool:
        """Whether somebody means this person."""
        name, _, kind = chat_id.partition("@")
        return name == (self.lid if kind == "lid" else self.phone) and kind in ("lid", "c.us", "s.whatsapp.net")


@dataclass(frozen=True, slots=True)
class Group:
    """A group; its id is the same in every engine."""

    id: str
    name: str

    def chat_id(self, engine: Engine) -> str:  # noqa: ARG002 - as a person's
        """Its id."""
        return self.id

    jid = chat_id

    def goes_by(self, chat_id: str) -> bool:
        """Whether somebody means this group."""
        return chat_id == self.id


Chat = Identity | Group


@dataclass(slots=True)
class File:
    """Bytes that travel with a message; `name` is under /api/files. `until`: when it is deleted; None: not fetched."""

    data: bytes
    mime: str
    filename: str | None
    name: str
    until: float | None = None


@dataclass(slots=True)
class Message:
    """One message. `key` is WhatsApp's own id, the same in every engine; `person` wrote it or, from us, reads it."""

    key: str
    chat: Chat
    person: Identity | None
    from_me: bool
    source: Literal["api", "app"]
    at: float
    kind: str
    body: str = ""
    file: File | None = None
    location: Json | None = None
    cards: list[str] | None = None
    poll: Json | None = None
    quotes: str | None = None
    """Key of the message that is quoted."""
    ack: int = 0
    revoked: bool = False
    reactions: dict[str, str] = field(default_factory=dict)
    """The emoji of each who reacted: `me`, or a person's name."""
    read_at: float | None = None
    """When the business saw it."""
    forms: list[str] = field(default_factory=list)
    """Every chat id that the business sent it to."""

    @property
    def text(self) -> str:
        """What the person reads."""
        return self.body or (f"[{self.kind}]" if self.kind != "text" else "")

    def id(self, engine: Engine) -> str:
        """The whole id."""
        whole = f"{'true' if self.from_me else 'false'}_{self.chat.chat_id(engine)}_{self.key}"
        if isinstance(self.chat, Group) and self.person is not None and not self.from_me:
            return f"{whole}_{self.person.chat_id(engine)}"
        return f"{whole}_out" if isinstance(self.chat, Group) and self.from_me and engine == "WEBJS" else whole
