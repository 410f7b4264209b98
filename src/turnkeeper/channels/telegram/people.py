"""Who wrote and where: chats, people, and the addresses that answers go to.

Source: core.telegram.org/bots/api (User, Chat, business connections), read 2026. Addresses are `chat:` and a person's
id, which is that of their private chat too; `group:` and a group's; or `business:`, the connection and the chat, where
the bot answers in a person's stead.
"""

from __future__ import annotations

from typing import NamedTuple

from turnkeeper.channels.json_values import Item, external_id, text


class Account(NamedTuple):
    """The bot that a webhook is for: its user id, and its name without the @ (empty: unknown)."""

    id: str
    username: str = ""


class Place(NamedTuple):
    """A chat. `connection`: the business account in whose name the bot writes there."""

    chat_id: str
    type: str
    connection: str = ""

    @property
    def is_group(self) -> bool:
        """Whether several people write there."""
        return self.type in ("group", "supergroup")

    @property
    def address(self) -> str:
        """Where answers go."""
        if self.connection:
            return f"business:{self.connection}:{self.chat_id}"
        return f"group:{self.chat_id}" if self.is_group else f"chat:{self.chat_id}"

    @property
    def alone(self) -> Person | None:
        """Who must have written where nobody is named: a private chat bears its person's id."""
        return Person(self.chat_id) if self.type == "private" and not self.connection else None

    def address_of(self, person_id: str) -> str:
        """Of someone who writes here: in a group their own."""
        return f"chat:{person_id}" if self.is_group else self.address


class Person(NamedTuple):
    """Someone who writes: a user, or a chat in whose name is written."""

    id: str
    name: str | None = None
    username: str | None = None
    language: str | None = None
    is_bot: bool = False


_LARGEST = 2**63


def id_of(value: object) -> str | None:
    """An id, which Telegram writes as a number."""
    return str(value) if type(value) is int and -_LARGEST < value < _LARGEST else external_id(value)


def read_place(chat: object, connection: object = None) -> Place | None:
    """The chat of an item; None if it is not one."""
    if not isinstance(chat, dict):
        return None
    chat_id = id_of(chat.get("id"))
    if chat_id is None:
        return None
    kind = chat.get("type")
    known = None if connection is None else external_id(connection)
    return Place(chat_id, kind if isinstance(kind, str) else "private", known or "")


def read_person(user: object) -> Person | None:
    """A user."""
    if not isinstance(user, dict):
        return None
    user_id = id_of(user.get("id"))
    if user_id is None:
        return None
    return Person(
        user_id,
        name_of(user),
        text(user.get("username")),
        text(user.get("language_code")),
        user.get("is_bot") is True,
    )


def read_sender(item: Item) -> Person | None:
    """Who wrote a message: where it is written in a chat's name, that chat."""
    chat = item.get("sender_chat")
    if isinstance(chat, dict) and (chat_id := external_id(chat.get("id"))) is not None:
        return Person(chat_id, text(chat.get("title")), text(chat.get("username")))
    return read_person(item.get("from"))


def name_of(user: Item) -> str | None:
    """First and last name."""
    first, last = text(user.get("first_name")), text(user.get("last_name"))
    return f"{first} {last}" if first and last else first or last or None
