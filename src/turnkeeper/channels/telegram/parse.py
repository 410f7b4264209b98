"""A webhook body of Telegram, or the answer to a long poll -> everything in it, in order.

Source: core.telegram.org/bots/api (Update), read 2026. A webhook holds one update, whose `update_id` makes it the same
one when it comes again: ids of messages count within their chat. What is not written as Telegram writes is unreadable.
"""

from __future__ import annotations

from typing import Final

from turnkeeper.channels.base import NotThisProvider
from turnkeeper.channels.json_values import Item, decode, listing, mapping, raw, read_object, whole
from turnkeeper.channels.telegram.messages import KEPT, read_message
from turnkeeper.channels.telegram.odd import read_odd
from turnkeeper.channels.telegram.people import (
    Account,
    address_of,
    in_name_of,
    is_group,
    key_in_business,
    name_of,
    particulars,
    persons_address,
)
from turnkeeper.channels.telegram.presses import chosen
from turnkeeper.channels.telegram.wire import (
    Chat,
    Deletions,
    Membership,
    Message,
    Query,
    Reacted,
    Update,
    decode_update,
    decode_updates,
)
from turnkeeper.model.events import Ignored, Inbound, Reaction, Received, Unreadable

ALLOWED_UPDATES: Final = (
    "message",
    "edited_message",
    "callback_query",
    "my_chat_member",
    "message_reaction",
    "business_connection",
    "business_message",
    "edited_business_message",
    "deleted_business_messages",
)
"""What is asked for; reactions come only where they are."""
_CHANNEL_POSTS = ("channel_post", "edited_channel_post")


def parse_body(body: bytes, account: Account) -> list[Received]:
    """Every item of a body, in order; raises NotThisProvider if it cannot be Telegram's."""
    try:
        if b"\\u0000" not in body:
            return _read(decode_update(body), body, account)
    except (ValueError, RecursionError):
        pass
    if (written := _one_by_one(body)) is not None:
        return [each for update in written for each in _read_alone(update, account)]
    root = mapping(decode(body))
    if root is None:
        raise NotThisProvider("the body is not an object")
    updates = listing(root.get("result")) if root.get("ok") is True else None
    if updates is not None:
        return [each for update in updates for each in _read_alone(raw(update), account)]
    if "update_id" not in root and not any(name in _KNOWN for name in root):
        raise NotThisProvider("the body is not an update")
    return _read_again(root, account)


def _one_by_one(body: bytes) -> list[bytes] | None:
    """Each update that a long poll brought, as it was written; None where that cannot be told."""
    if b'"result"' not in body or b"\\u0000" in body:
        return None
    try:
        answer = decode_updates(body)
    except (ValueError, RecursionError):
        return None
    return [bytes(update) for update in answer.result] if answer.ok else None


def _read_alone(body: bytes, account: Account) -> list[Received]:
    """One of several updates."""
    try:
        return _read(decode_update(body), body, account)
    except (ValueError, RecursionError):
        return _read_again(decode(body), account)


def _read_again(update: object, account: Account) -> list[Received]:
    """An update that is not written as it should be."""
    written = raw(update)
    try:
        return _read(read_odd(update), written, account)
    except (ValueError, RecursionError) as problem:
        reason = f"not as Telegram writes it: {problem}"[:200]
        return [Unreadable(reason=reason, account_id=account.id, raw=written)]


def next_offset(body: bytes) -> int | None:
    """What to ask for after these updates; None where there are none."""
    root = mapping(decode(body)) or {}
    updates = [update for update in listing(root.get("result")) or () if isinstance(update, dict)]
    ids = [found for update in updates if (found := whole(update.get("update_id"), 2**63)) is not None]
    return max(ids) + 1 if ids else None


def is_press(event: Received) -> bool:
    """Whether it is a press that waits for an answer. Telegram tells the time of messages, and of no press."""
    return isinstance(event, Inbound) and event.kind == "button_reply" and event.timestamp is None


def _read(update: Update, body: bytes, account: Account) -> list[Received]:
    """The events of one update, which `body` is."""
    key = f"u:{update.update_id}"
    if (message := update.message or update.business_message) is not None:
        return [read_message(message, key, account, body)]
    if (message := update.edited_message or update.edited_business_message) is not None:
        return [read_message(message, key, account, body, edited=True)]
    if update.callback_query is not None:
        return [_press(update.callback_query, key, account, body)]
    if update.message_reaction is not None:
        return [_reaction(update.message_reaction, key, account, body)]
    if update.my_chat_member is not None:
        return [_member(update.my_chat_member, key, account, body)]
    if update.deleted_business_messages is not None:
        return _deletions(update.deleted_business_messages, key, account) or [
            _ignored("nothing deleted", account, body)
        ]
    return [_left_alone(read_object(body) or {}, account, body)]


_KNOWN = frozenset((*Update.__struct_fields__, *ALLOWED_UPDATES, *_CHANNEL_POSTS))


def _left_alone(update: Item, account: Account, body: bytes) -> Ignored:
    """What nobody asked for, or what tells us nothing."""
    kind = next((name for name in update if name != "update_id"), "")
    if kind in _CHANNEL_POSTS:
        return _ignored("channel post", account, body)
    return _ignored(f"update type {kind[:100]}" if kind else "no payload", account, body)


def _ignored(reason: str, account: Account, body: bytes) -> Ignored:
    return Ignored(reason=reason, account_id=account.id, raw=body[:KEPT])


def _press(query: Query, key: str, account: Account, body: bytes) -> Received:
    """A button under a message of ours. Telegram does not tell when it was pressed."""
    if query.data is None:
        return _ignored("a button of a game", account, body)
    person, message = query.sender, query.message
    chat = Chat(person.id) if message is None else message.chat
    connection = None if message is None else message.business_connection_id
    choice = chosen(query.data, message)
    return Inbound(
        kind="button_reply",
        account_id=account.id,
        message_id=query.id,
        chat_id=str(chat.id),
        sender_id=str(person.id),
        sender_name=name_of(person),
        text=choice.title,
        choice=choice,
        reply_to=_asked_in(message),
        is_group=is_group(chat),
        mentions_us=is_group(chat),
        details=particulars(person) or None,
        addresses=(persons_address(person.id, chat, connection),),
        dedup_key=key,
    )


def _asked_in(message: Message | None) -> str | None:
    """The message under which the button stands."""
    if message is None:
        return None
    in_business = message.business_connection_id is not None
    return key_in_business(message.message_id, message.chat) if in_business else str(message.message_id)


def _reaction(item: Reacted, key: str, account: Account, body: bytes) -> Received:
    person = item.user
    if person is None and item.actor_chat is not None:
        person = in_name_of(item.actor_chat)
    if person is None:
        return Unreadable(reason="the reaction names nobody", account_id=account.id, raw=body)
    added = [each for each in item.new_reaction if each not in item.old_reaction] or item.new_reaction
    emoji = next((each.emoji for each in added if each.type == "emoji" and each.emoji), None)
    if emoji is None and item.new_reaction:
        return _ignored("a reaction that is no emoji", account, body)
    return Inbound(
        kind="reaction",
        account_id=account.id,
        chat_id=str(item.chat.id),
        sender_id=str(person.id),
        sender_name=name_of(person),
        timestamp=item.date,
        reaction=Reaction(str(item.message_id), emoji or ""),
        is_group=is_group(item.chat),
        addresses=(persons_address(person.id, item.chat),),
        dedup_key=key,
    )


def _member(item: Membership, key: str, account: Account, body: bytes) -> Received:
    """What the bot may do in a chat: a person who blocks it throws it out of theirs."""
    if item.chat.type == "channel":
        return _ignored("membership of a channel", account, body)
    status = item.new_chat_member.status
    gone = status in ("kicked", "left")
    return Inbound(
        kind="system",
        account_id=account.id,
        chat_id=str(item.chat.id),
        sender_id=str(item.sender.id) if item.sender else None,
        sender_name=name_of(item.sender) if item.sender else None,
        timestamp=item.date,
        is_group=is_group(item.chat),
        details={"type": "unreachable" if gone else "reachable", "status": status[:100]},
        addresses=(address_of(item.chat),),
        dedup_key=key,
    )


def _deletions(item: Deletions, key: str, account: Account) -> list[Received]:
    """Only in business chats is a deletion told, and not by whom."""
    chat_id = str(item.chat.id)
    return [
        Inbound(
            kind="deleted",
            account_id=account.id,
            chat_id=chat_id,
            sender_id=chat_id,
            target_message_id=str(target),
            target_message_key=key_in_business(target, item.chat),
            addresses=(address_of(item.chat, item.business_connection_id),),
            dedup_key=f"{key}:{target}",
        )
        for target in item.message_ids
    ]
