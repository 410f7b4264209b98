"""One message of Telegram -> one event.

Source: core.telegram.org/bots/api (Message), read 2026. Message ids count within their chat; an edit carries the id of
the message that it changes. `album` holds together what was sent at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec.structs import replace

from turnkeeper.channels.json_values import read_object
from turnkeeper.channels.telegram.contents import read_content
from turnkeeper.channels.telegram.fields import COMMON, SERVICE
from turnkeeper.channels.telegram.people import (
    Account,
    is_group,
    key_in_business,
    name_of,
    particulars,
    persons_address,
    writer_of,
)
from turnkeeper.channels.telegram.wire import Entity, Message, Replied, User
from turnkeeper.model.events import Ignored, Inbound, Received, Unreadable

KEPT = 1000
"""Bytes kept of what is left alone."""
_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,64})(?:@([A-Za-z0-9_]{1,64}))?(?:\s+(.*))?", re.DOTALL)


def read_message(message: Message, key: str, account: Account, raw: bytes, *, edited: bool = False) -> Received:
    """The event of a message. `key` makes it the same one when it comes again, `raw` is its update."""
    if message.chat.type == "channel" or message.is_automatic_forward:
        return _ignored("channel post", message, account, raw)
    found = read_content(message)
    if found is None:
        told = _without_content(message, key, account, raw)
        if not isinstance(told, Inbound) or told.kind != "unsupported":
            return told
        found = told
    writer = writer_of(message)
    if writer is None:
        reason, known_as = "the message names no sender", str(message.message_id)
        return Unreadable(reason=reason, account_id=account.id, message_id=known_as, raw=raw)
    if writer.is_bot or message.sender_business_bot is not None:
        return _ignored("written by a bot", message, account, raw)
    return _event(message, found, writer, key, account, edited=edited)


def _event(message: Message, found: Inbound, writer: User, key: str, account: Account, *, edited: bool) -> Inbound:
    chat, connection = message.chat, message.business_connection_id
    event = replace(
        found,
        account_id=account.id,
        message_id=str(message.message_id),
        chat_id=str(chat.id),
        sender_id=str(writer.id),
        sender_name=name_of(writer),
        timestamp=message.date,
        details=_details(message, found, writer) or None,
        addresses=(persons_address(writer.id, chat, connection),),
        dedup_key=key,
    )
    if edited:
        at = message.date if message.edit_date is None else message.edit_date
        event = replace(event, kind="edited", timestamp=at, target_message_id=event.message_id)
    if is_group(chat):
        event = replace(event, is_group=True, mentions_us=_mentions_us(message, account))
    return _in_business(_in_context(event, message), message, writer)


def _in_context(event: Inbound, message: Message) -> Inbound:
    """With what it was sent with, or answers."""
    if message.media_group_id is not None:
        event = replace(event, album=message.media_group_id)
    if message.reply_to_message is not None:
        event = replace(event, reply_to=_quoted(message.reply_to_message, message))
    if message.forward_origin is not None or message.forward_date is not None:
        event = replace(event, forwarded=True)
    return event


def _in_business(event: Inbound, message: Message, writer: User) -> Inbound:
    """A business chat bears the customer's id: everybody else who writes there is the owner."""
    if message.business_connection_id is None:
        return event
    chat, reply = message.chat, message.reply_to_message
    key = key_in_business(message.message_id, chat)
    return replace(
        event,
        from_me=writer.id != chat.id,
        message_key=key,
        target_message_key=key if event.target_message_id else None,
        reply_to=None if reply is None else key_in_business(reply.message_id, chat),
    )


def _ignored(reason: str, message: Message, account: Account, raw: bytes) -> Ignored:
    return Ignored(reason=reason, account_id=account.id, message_id=str(message.message_id), raw=raw[:KEPT])


def _without_content(message: Message, key: str, account: Account, raw: bytes) -> Received:
    """A group that goes on under another id; other service messages are left alone; else something unsupported."""
    if message.migrate_to_chat_id is not None:
        return _moved(message, message.chat.id, message.migrate_to_chat_id, key, account)
    if message.migrate_from_chat_id is not None:
        return _moved(message, message.migrate_from_chat_id, message.chat.id, key, account)
    names = _names(raw)
    for name in names:
        if name in SERVICE:
            return _ignored(f"service message {name}", message, account, raw)
    if "location" in names or "venue" in names:
        reason, known_as = "the location is none", str(message.message_id)
        return Unreadable(reason=reason, account_id=account.id, message_id=known_as, raw=raw)
    unknown = next((name for name in names if name not in COMMON), "")
    return Inbound(kind="unsupported", details={"type": unknown[:100]})


def _names(raw: bytes) -> Iterable[str]:
    """The fields of the message in an update."""
    update = read_object(raw) or {}
    return next((value for name, value in update.items() if "message" in name and isinstance(value, dict)), {})


def _moved(message: Message, old: int, new: int, key: str, account: Account) -> Inbound:
    """Both ids are the group's addresses."""
    addresses = (f"group:{new}", f"group:{old}")
    writer = writer_of(message)
    return Inbound(
        kind="system",
        account_id=account.id,
        message_id=str(message.message_id),
        chat_id=str(message.chat.id),
        sender_id=str(writer.id) if writer else None,
        sender_name=name_of(writer) if writer else None,
        timestamp=message.date,
        is_group=True,
        details={"type": "moved", "old": addresses[1], "new": addresses[0]},
        addresses=addresses,
        dedup_key=key,
    )


def _quoted(reply: Replied, message: Message) -> str | None:
    """The message that is answered; the one that opened a topic is none."""
    opened = message.is_topic_message and reply.message_id == message.message_thread_id
    return None if opened else str(reply.message_id)


def _details(message: Message, found: Inbound, writer: User) -> dict[str, object]:
    """What has no word of its own."""
    details = particulars(writer)
    if found.details:
        details.update(found.details)
    if message.quote is not None and message.quote.text:
        details["quote"] = message.quote.text
    command = command_of(found.text) if found.kind == "text" and found.text else None
    if command is not None:
        details["command"] = command[0]
        if command[2]:
            details["payload"] = command[2]
    return details


def command_of(said: str) -> tuple[str, str, str] | None:
    """A command, the bot that it names, and what stands behind it; `/start` may carry a link's payload."""
    found = _COMMAND.fullmatch(said) if said.startswith("/") else None
    return (found[1], found[2] or "", found[3] or "") if found else None


def _mentions_us(message: Message, account: Account) -> bool:
    """Whether a message in a group names the bot, answers it, or is a command that names no other bot."""
    reply = message.reply_to_message
    if reply is not None and reply.sender is not None and str(reply.sender.id) == account.id:
        return True
    name = account.username.lower()
    command = command_of(message.text or "")
    if command is not None and (not command[1] or command[1].lower() == name):
        return True
    said = message.text or message.caption or ""
    entities = message.entities or message.caption_entities
    return any(_names_us(entity, said, name, account) for entity in entities)


def _names_us(entity: Entity, said: str, name: str, account: Account) -> bool:
    if entity.type == "text_mention":
        return entity.user is not None and str(entity.user.id) == account.id
    if entity.type != "mention" or not name or entity.offset < 0 or entity.length < 0:
        return False
    units = said.encode("utf-16-le", "replace")[2 * entity.offset : 2 * (entity.offset + entity.length)]
    return units.decode("utf-16-le", "replace").lower() == f"@{name}"
