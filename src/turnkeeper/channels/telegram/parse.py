"""A webhook body of Telegram, or the answer to a long poll -> everything in it, in order. A table of update types.

Source: core.telegram.org/bots/api (Update), read 2026. A webhook holds one update, whose `update_id` makes it the same
one when it comes again: ids of messages count within their chat.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from turnkeeper.channels.base import NotThisProvider
from turnkeeper.channels.json_values import (
    decode,
    external_id,
    listing,
    mapping,
    raw,
    text,
    unix_seconds,
    whole,
)
from turnkeeper.channels.telegram.messages import KEPT, read_message
from turnkeeper.channels.telegram.people import Account, Place, read_person, read_place
from turnkeeper.channels.telegram.plain import text_alone
from turnkeeper.channels.telegram.presses import chosen
from turnkeeper.model.events import Ignored, Inbound, Reaction, Received, Unreadable

_IDS = 2**63
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


def parse_body(body: bytes, account: Account) -> list[Received]:
    """Every item of a body, in order; raises NotThisProvider if it cannot be Telegram's."""
    if (plain := text_alone(body, account)) is not None:
        return plain
    root = mapping(decode(body))
    if root is None:
        raise NotThisProvider("the body is not an object")
    updates = listing(root.get("result")) if root.get("ok") is True else None
    if updates is not None:
        return [each for update in updates for each in read_update(update, account)]
    if "update_id" not in root and not any(name in _UPDATES for name in root):
        raise NotThisProvider("the body is not an update")
    return read_update(root, account)


def next_offset(body: bytes) -> int | None:
    """What to ask for after these updates; None where there are none."""
    root = mapping(decode(body)) or {}
    updates = [update for update in listing(root.get("result")) or () if isinstance(update, dict)]
    ids = [found for update in updates if (found := whole(update.get("update_id"), _IDS)) is not None]
    return max(ids) + 1 if ids else None


def is_press(event: Received) -> bool:
    """Whether it is a press that waits for an answer. Telegram tells the time of messages, and of no press."""
    return isinstance(event, Inbound) and event.kind == "button_reply" and event.timestamp is None


def read_update(update: object, account: Account) -> list[Received]:
    """The events of one update."""
    if not isinstance(update, dict):
        return [Unreadable(reason="the update is not an object", account_id=account.id, raw=raw(update))]
    update_id = update.get("update_id")
    if type(update_id) is not int or not 0 <= update_id < _IDS:
        update_id = whole(update_id, _IDS)
    if update_id is None:
        return [Unreadable(reason="the update has no id", account_id=account.id, raw=raw(update))]
    key = f"u:{update_id}"
    for name, value in update.items():
        reader = _UPDATES.get(name)
        if reader is not None:
            return reader(value, key, account)
    kind = next((name for name in update if name != "update_id"), "")
    reason = f"update type {kind[:100]}" if kind else "no payload"
    return [Ignored(reason=reason, account_id=account.id, raw=raw(update)[:KEPT])]


Reader = Callable[[object, str, Account], list[Received]]


def _message(value: object, key: str, account: Account) -> list[Received]:
    return [read_message(value, key, account)]


def _edited(value: object, key: str, account: Account) -> list[Received]:
    return [read_message(value, key, account, edited=True)]


def _unreadable(reason: str, value: object, account: Account) -> list[Received]:
    return [Unreadable(reason=reason, account_id=account.id, raw=raw(value))]


def _ignored(reason: str, value: object, account: Account) -> list[Received]:
    return [Ignored(reason=reason, account_id=account.id, raw=raw(value)[:KEPT])]


def _leave(reason: str) -> Reader:
    return lambda value, _, account: _ignored(reason, value, account)


def _press(value: object, key: str, account: Account) -> list[Received]:
    """A button under a message of ours. Telegram does not tell when it was pressed."""
    query = mapping(value) or {}
    query_id, person = external_id(query.get("id")), read_person(query.get("from"))
    if query_id is None or person is None:
        return _unreadable("the press has no id or sender", value, account)
    data = text(query.get("data"))
    if data is None:
        return _ignored("a button of a game", value, account)
    message = mapping(query.get("message")) or {}
    place = read_place(message.get("chat"), message.get("business_connection_id")) or Place(person.id, "private")
    choice = chosen(data, message)
    details = {"username": person.username, "language": person.language}
    return [
        Inbound(
            kind="button_reply",
            account_id=account.id,
            message_id=query_id,
            chat_id=place.chat_id,
            sender_id=person.id,
            sender_name=person.name,
            text=choice.title,
            choice=choice,
            reply_to=external_id(message.get("message_id")),
            is_group=place.is_group,
            mentions_us=place.is_group,
            details={name: told for name, told in details.items() if told} or None,
            addresses=(place.address_of(person.id),),
            dedup_key=key,
        )
    ]


def _reaction(value: object, key: str, account: Account) -> list[Received]:
    item = mapping(value) or {}
    place, target = read_place(item.get("chat")), external_id(item.get("message_id"))
    person = read_person(item.get("user")) or read_person(item.get("actor_chat"))
    if place is None or target is None or person is None:
        return _unreadable("the reaction names no message or person", value, account)
    before, now = (listing(item.get(name)) or [] for name in ("old_reaction", "new_reaction"))
    added = [each for each in now if each not in before] or now
    emoji = next((told for each in added if (told := _emoji(each))), None)
    if emoji is None and now:
        return _ignored("a reaction that is no emoji", value, account)
    return [
        Inbound(
            kind="reaction",
            account_id=account.id,
            chat_id=place.chat_id,
            sender_id=person.id,
            sender_name=person.name,
            timestamp=unix_seconds(item.get("date")),
            reaction=Reaction(target, emoji or ""),
            is_group=place.is_group,
            addresses=(place.address_of(person.id),),
            dedup_key=key,
        )
    ]


def _emoji(reaction: object) -> str | None:
    item = mapping(reaction) or {}
    return text(item.get("emoji")) if item.get("type") == "emoji" else None


def _member(value: object, key: str, account: Account) -> list[Received]:
    """What the bot may do in a chat: a person who blocks it throws it out of theirs."""
    item = mapping(value) or {}
    place, person = read_place(item.get("chat")), read_person(item.get("from"))
    status = text((mapping(item.get("new_chat_member")) or {}).get("status"))
    if place is None or status is None:
        return _unreadable("the change of membership names no chat or status", value, account)
    if place.type == "channel":
        return _ignored("membership of a channel", value, account)
    gone = status in ("kicked", "left")
    return [
        Inbound(
            kind="system",
            account_id=account.id,
            chat_id=place.chat_id,
            sender_id=person.id if person else None,
            sender_name=person.name if person else None,
            timestamp=unix_seconds(item.get("date")),
            is_group=place.is_group,
            details={"type": "unreachable" if gone else "reachable", "status": status},
            addresses=(place.address,),
            dedup_key=key,
        )
    ]


def _deletions(value: object, key: str, account: Account) -> list[Received]:
    """Only in business chats is a deletion told, and not by whom."""
    item = mapping(value) or {}
    place = read_place(item.get("chat"), item.get("business_connection_id"))
    ids = listing(item.get("message_ids"))
    if place is None or ids is None:
        return _unreadable("the deletion names no chat or messages", value, account)
    found: list[Received] = []
    for each in ids:
        target = external_id(each)
        if target is None:
            found += _unreadable("the deletion of no message", each, account)
            continue
        found.append(
            Inbound(
                kind="deleted",
                account_id=account.id,
                chat_id=place.chat_id,
                sender_id=place.chat_id,
                target_message_id=target,
                addresses=(place.address,),
                dedup_key=f"{key}:{target}",
            )
        )
    return found


_UPDATES: Final[dict[str, Reader]] = {
    "message": _message,
    "edited_message": _edited,
    "business_message": _message,
    "edited_business_message": _edited,
    "callback_query": _press,
    "message_reaction": _reaction,
    "my_chat_member": _member,
    "deleted_business_messages": _deletions,
    "channel_post": _leave("channel post"),
    "edited_channel_post": _leave("channel post"),
}
