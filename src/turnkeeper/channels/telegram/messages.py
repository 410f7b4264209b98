"""One message of Telegram -> one event.

Source: core.telegram.org/bots/api (Message), read 2026. Message ids count within their chat; an edit carries the id of
the message that it changes. `album` holds together what was sent at once.
"""

from __future__ import annotations

from msgspec.structs import replace

from turnkeeper.channels.json_values import Item, external_id, listing, mapping, raw, text, unix_seconds
from turnkeeper.channels.telegram.contents import Malformed, command_of, read_content
from turnkeeper.channels.telegram.people import Account, Person, Place, id_of, read_place, read_sender
from turnkeeper.model.events import Ignored, Inbound, Received, Unreadable

KEPT = 1000
"""Bytes kept of what is left alone."""


def read_message(message: object, key: str, account: Account, *, edited: bool = False) -> Received:
    """The event of a message; `key` makes it the same one when it comes again."""
    if not isinstance(message, dict):
        return Unreadable(reason="the message is not an object", account_id=account.id, raw=raw(message))
    message_id = id_of(message.get("message_id"))
    place = read_place(message.get("chat"), message.get("business_connection_id"))
    if place is None or message_id is None:
        reason = "the message names no chat" if place is None else "the message has no id"
        return Unreadable(reason=reason, account_id=account.id, message_id=message_id, raw=raw(message))
    try:
        return _event(message, message_id, place, key, account, edited=edited)
    except Malformed as problem:
        return Unreadable(reason=str(problem), account_id=account.id, message_id=message_id, raw=raw(message))


def _event(message: Item, message_id: str, place: Place, key: str, account: Account, *, edited: bool) -> Received:
    if place.type == "channel" or "is_automatic_forward" in message:
        return _ignored("channel post", message, message_id, account)
    found = read_content(message)
    if isinstance(found, str):
        return _service(found, message, message_id, place, key, account)
    sender = read_sender(message) or place.alone
    if sender is None:
        raise Malformed("the message names no sender")
    if sender.is_bot or "sender_business_bot" in message:
        return _ignored("written by a bot", message, message_id, account)
    at = message.get("edit_date") if edited else None
    reply = message.get("reply_to_message")
    in_group = place.is_group
    return replace(
        found,
        kind="edited" if edited else found.kind,
        account_id=account.id,
        message_id=message_id,
        chat_id=place.chat_id,
        sender_id=sender.id,
        sender_name=sender.name,
        timestamp=unix_seconds(message.get("date") if at is None else at),
        target_message_id=message_id if edited else None,
        reply_to=_quoted(reply, message) if isinstance(reply, dict) else None,
        forwarded="forward_origin" in message or "forward_date" in message,
        is_group=in_group,
        mentions_us=in_group and _mentions_us(message, account),
        # In a business chat, which bears the customer's id, everybody else who writes is the owner.
        from_me=bool(place.connection) and sender.id != place.chat_id,
        album=external_id(message["media_group_id"]) if "media_group_id" in message else None,
        details=_details(message, found, sender) or None,
        addresses=(place.address_of(sender.id),),
        dedup_key=key,
    )


def _ignored(reason: str, message: Item, message_id: str, account: Account) -> Ignored:
    return Ignored(reason=reason, account_id=account.id, message_id=message_id, raw=raw(message)[:KEPT])


def _service(name: str, message: Item, message_id: str, place: Place, key: str, account: Account) -> Received:
    """Left alone, but for a group that goes on under another id: both are its addresses."""
    other = external_id(message.get(name)) if name in ("migrate_to_chat_id", "migrate_from_chat_id") else None
    if other is None:
        return _ignored(f"service message {name}", message, message_id, account)
    old, new = (place.chat_id, other) if name == "migrate_to_chat_id" else (other, place.chat_id)
    addresses = (f"group:{new}", f"group:{old}")
    sender = read_sender(message)
    return Inbound(
        kind="system",
        account_id=account.id,
        message_id=message_id,
        chat_id=place.chat_id,
        sender_id=sender.id if sender else None,
        sender_name=sender.name if sender else None,
        timestamp=unix_seconds(message.get("date")),
        is_group=True,
        details={"type": name, "old": addresses[1], "new": addresses[0]},
        addresses=addresses,
        dedup_key=key,
    )


def _quoted(reply: Item, message: Item) -> str | None:
    """The message that is answered; the one that opened a topic is none."""
    quoted = external_id(reply.get("message_id"))
    opened = message.get("is_topic_message") is True and reply.get("message_id") == message.get("message_thread_id")
    return None if opened else quoted


def _details(message: Item, found: Inbound, sender: Person) -> Item:
    """What has no word of its own."""
    details: Item = found.details or {}
    if sender.username:
        details["username"] = sender.username
    if sender.language:
        details["language"] = sender.language
    quote = message.get("quote")
    if isinstance(quote, dict) and (quoted := text(quote.get("text"))):
        details["quote"] = quoted
    command = command_of(found.text) if found.kind == "text" and found.text else None
    if command is not None:
        details["command"] = command[0]
        if command[2]:
            details["payload"] = command[2]
    return details


def _mentions_us(message: Item, account: Account) -> bool:
    """Whether a message in a group names the bot, answers it, or is a command that names no other bot."""
    reply = mapping(message.get("reply_to_message")) or {}
    if external_id((mapping(reply.get("from")) or {}).get("id")) == account.id:
        return True
    name = account.username.lower()
    command = command_of(text(message.get("text")) or "")
    if command is not None and (not command[1] or command[1].lower() == name):
        return True
    said = text(message.get("text")) or text(message.get("caption")) or ""
    entities = listing(message.get("entities")) or listing(message.get("caption_entities")) or ()
    return any(_names_us(entity, said, name, account) for entity in entities if isinstance(entity, dict))


def _names_us(entity: Item, said: str, name: str, account: Account) -> bool:
    if entity.get("type") == "text_mention":
        return external_id((mapping(entity.get("user")) or {}).get("id")) == account.id
    if entity.get("type") != "mention" or not name:
        return False
    start, length = entity.get("offset"), entity.get("length")
    if not isinstance(start, int) or not isinstance(length, int) or start < 0 or length < 0:
        return False
    units = said.encode("utf-16-le", "replace")[2 * start : 2 * (start + length)]
    return units.decode("utf-16-le", "replace").lower() == f"@{name}"
