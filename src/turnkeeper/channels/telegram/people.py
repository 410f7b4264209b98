"""Who wrote and where: chats, people, and the addresses that answers go to.

Source: core.telegram.org/bots/api (User, Chat, business connections), read 2026. Addresses are `chat:` and a person's
id, which is that of their private chat too; `group:` and a group's; or `business:`, the connection and the chat, where
the bot answers in a person's stead.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from turnkeeper.channels.telegram.wire import Chat, Message, User


class Account(NamedTuple):
    """The bot that a webhook is for: its user id, and its name without the @ (empty: unknown)."""

    id: str
    username: str = ""


@lru_cache(maxsize=256)
def account_of(token: str, username: str) -> Account:
    """The bot with a token, which begins with its id: no webhook names it."""
    return Account(token.partition(":")[0], username)


def is_group(chat: Chat) -> bool:
    """Whether several people write there."""
    return chat.type in ("group", "supergroup")


def address_of(chat: Chat, connection: str | None = None) -> str:
    """Where answers go. `connection`: the business account in whose name the bot writes there."""
    if connection:
        return f"business:{connection}:{chat.id}"
    return f"group:{chat.id}" if is_group(chat) else f"chat:{chat.id}"


def key_in_business(message_id: int, chat: Chat) -> str:
    """What a message is known by in a business chat. Ids count within their chat, and what the owner writes in one
    must not be taken for what the bot has said in another."""
    return f"{chat.id}:{message_id}"


def persons_address(person_id: int, chat: Chat, connection: str | None = None) -> str:
    """Of someone who writes in a chat: in a group their own."""
    return f"chat:{person_id}" if is_group(chat) else address_of(chat, connection)


def writer_of(message: Message) -> User | None:
    """Who wrote a message: where it is written in a chat's name, that chat; a private chat bears its person's id."""
    if message.sender_chat is not None:
        return in_name_of(message.sender_chat)
    if message.sender is None and message.chat.type == "private" and not message.business_connection_id:
        return User(message.chat.id)
    return message.sender


def in_name_of(chat: Chat) -> User:
    """A chat as one who writes."""
    return User(chat.id, chat.title, username=chat.username)


def name_of(user: User) -> str | None:
    """First and last name."""
    if user.first_name and user.last_name:
        return f"{user.first_name} {user.last_name}"
    return user.first_name or user.last_name or None


def particulars(user: User) -> dict[str, object]:
    """What is known of a person besides."""
    told: dict[str, object] = {}
    if user.username:
        told["username"] = user.username
    if user.language_code:
        told["language"] = user.language_code
    return told
