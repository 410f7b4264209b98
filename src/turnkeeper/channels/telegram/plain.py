"""Texts that people write to the bot alone: what comes most, read the short way (channels.shape)."""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Raw

from turnkeeper.channels.shape import Instant, Part, Shape, WholeId
from turnkeeper.channels.telegram.people import Account
from turnkeeper.model.events import Inbound, Received


class _User(Part):
    id: WholeId
    is_bot: Literal[False] = False
    first_name: str = ""
    last_name: str = ""
    username: str = ""
    language_code: str = ""
    is_premium: bool = False


class _Chat(Part):
    id: WholeId
    type: Literal["private"]
    first_name: str = ""
    last_name: str = ""
    username: str = ""


class _Message(Part, rename={"sender": "from"}):
    message_id: WholeId
    sender: _User
    chat: _Chat
    date: Instant
    text: str
    entities: Raw = Raw()
    link_preview_options: Raw = Raw()


class _Update(Part):
    update_id: WholeId
    message: _Message


_SHAPE: Final = Shape(_Update)


def text_alone(body: bytes, account: Account) -> list[Received] | None:
    """The one event of such a body; None: it goes the long way. Commands do, too."""
    if b'"text"' not in body:  # spares them a try
        return None
    update = _SHAPE.read(body)
    if update is None or update.update_id < 0 or update.message.text.startswith("/"):
        return None
    message = update.message
    sender, chat_id = message.sender, str(message.chat.id)
    first, last = sender.first_name, sender.last_name
    event = Inbound(
        kind="text",
        account_id=account.id,
        message_id=str(message.message_id),
        chat_id=chat_id,
        sender_id=str(sender.id),
        sender_name=f"{first} {last}" if first and last else first or last or None,
        timestamp=message.date,
        text=message.text,
        details=_details(sender) if sender.username or sender.language_code else None,
        addresses=(f"chat:{chat_id}",),
        dedup_key=f"u:{update.update_id}",
    )
    return [event]


def _details(sender: _User) -> dict[str, object]:
    told = (("username", sender.username), ("language", sender.language_code))
    return {name: value for name, value in told if value}
