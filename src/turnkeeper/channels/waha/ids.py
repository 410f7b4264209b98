"""WhatsApp's ids as WAHA writes them: chats and people, and messages, each in several forms.

Source: WAHA's documentation (chatId, message ids) and bodies of its engines, read 2026. A person is `DIGITS@c.us`
(inside also `DIGITS:DEVICE@s.whatsapp.net`) or, where the number is hidden, `DIGITS@lid`; `@g.us` is a group,
`@newsletter` a channel, `@broadcast` a story or a list. A message is `{true|false}_{chat}_{KEY}[_{participant}]`, or
only its key, or an object with these parts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b

import msgspec

from turnkeeper.channels.json_values import ID_LENGTH, external_id, mapping

_DEVICE = re.compile(r"[:.]\d+$")
_PEOPLE = {"c.us": "phone", "s.whatsapp.net": "phone", "lid": "lid"}
_SERVERS = {"phone": "c.us", "lid": "lid"}
_KNOWN = 4096
"""Ids of chats that need not be read again: a few people write most messages."""


class MessageId(msgspec.Struct, frozen=True, gc=False):
    """A message's id and its parts. `key` is WhatsApp's own: it stays the same in every form."""

    whole: str
    key: str
    chat: str | None = None
    from_me: bool | None = None
    participant: str | None = None


def read_message_id(value: object) -> MessageId | None:
    """The id in any of its forms; None where there is none."""
    if isinstance(value, str):
        return _read_text(value) if 0 < len(value) <= ID_LENGTH else None
    item = mapping(value)
    if item is None:
        return _read_text(external_id(value))
    if serialized := _read_text(external_id(item.get("_serialized"))):
        return serialized
    key = external_id(item.get("id")) or external_id(item.get("ID"))
    chat = read_chat(item.get("remoteJid")) or read_chat(item.get("remote"))
    if key is None or chat is None:
        return _read_text(key)
    from_me = item.get("fromMe") is True
    participant = read_chat(item.get("participant"))
    ending = f"_{participant}" if participant and is_group(chat) else ""
    whole = external_id(f"{str(from_me).lower()}_{chat}_{key}{ending}")
    return MessageId(whole or key, key, chat, from_me, participant)


def _read_text(whole: str | None) -> MessageId | None:
    if whole is None:
        return None
    mark, _, rest = whole.partition("_")
    chat, _, rest = rest.partition("_")
    key, _, participant = rest.partition("_")
    if mark not in ("true", "false") or not key or "@" not in chat[1:-1]:
        return MessageId(whole, whole)
    return MessageId(whole, key, _public(chat), mark == "true", _public(participant) if participant else None)


def read_chat(value: object) -> str | None:
    """The id of a person or chat in its public form; None for what is none."""
    if isinstance(value, str):
        return _public(value) if value and len(value) <= ID_LENGTH else None
    item = mapping(value)
    found = external_id(item.get("_serialized") if item is not None else value)
    return None if found is None else _public(found)


@lru_cache(maxsize=_KNOWN)
def _public(found: str) -> str | None:
    if found == "me":
        return None
    name, at, server = found.rpartition("@")
    if not at:
        return f"{found}@c.us" if found.isascii() and found.isdigit() and len(found) >= 3 else None
    if not name:
        return None
    if server in _PEOPLE:
        name = _DEVICE.sub("", name)
        server = _SERVERS[_PEOPLE[server]]
    return f"{name}@{server}"


def own_ids(*ids: object) -> tuple[str, ...]:
    """The chats that we ourselves are."""
    try:
        return _known_own(*ids)
    except TypeError:  # an id that is an object has no place in a cache
        return _own(*ids)


def _own(*ids: object) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found for each in ids if (found := read_chat(each))))


_known_own = lru_cache(maxsize=_KNOWN, typed=True)(_own)


def is_group(chat: str | None) -> bool:
    """Whether the chat is a group's."""
    return chat is not None and chat.endswith("@g.us")


def not_a_talk(chat: str | None) -> str | None:
    """Why nobody is talked with there: a story, a list or a channel; None where somebody is."""
    if chat is None:
        return None
    if chat.endswith("@newsletter"):
        return "newsletter"
    if chat.endswith("@broadcast"):
        return "status story" if chat.startswith("status@") else "broadcast list"
    return None


def is_person(chat: str | None) -> bool:
    """Whether it is somebody's own id."""
    return chat is not None and chat.rpartition("@")[2] in ("c.us", "lid")


@lru_cache(maxsize=_KNOWN)
def address_of(chat: str | None) -> str | None:
    """A person as an address: `phone:` and the digits, or `lid:`; `group:` and a group's id; anything else `chat:`."""
    if not chat:
        return None
    name, _, server = chat.rpartition("@")
    kind = _PEOPLE.get(server)
    return (
        f"{kind}:{name}"
        if kind and name.isascii() and name.isdigit()
        else f"group:{chat}"
        if is_group(chat)
        else f"chat:{chat}"
    )


def addresses_of(chats: Iterable[str | None]) -> tuple[str, ...]:
    """Every address of a person, each once, in order."""
    return tuple(dict.fromkeys([found for chat in chats if (found := address_of(chat))]))


def chat_of(addresses: tuple[str, ...]) -> str | None:
    """Where a message to somebody goes: to the address that comes first, as it came in."""
    for address in addresses:
        kind, _, name = address.partition(":")
        if kind in _SERVERS and name:
            return f"{name}@{_SERVERS[kind]}"
        if kind in ("chat", "group") and name:
            return name
    return None


def phone_in(addresses: Iterable[str]) -> str | None:
    """The digits of the first that is a phone number."""
    for address in addresses:
        if address.startswith("phone:"):
            return address[6:]
    return None


def key_for(tracker: str, content: bytes) -> str:
    """The key that a message is sent with, where the engine lets us choose: the same for every try.

    WhatsApp drops the second message with one key. The content is part of it, since a tracker may come back for
    other words after a backup was restored. Its form is that of WhatsApp Web's own: 3EB0 and hexadecimal digits.
    """
    digest = blake2b(tracker.encode() + b"\0" + content, digest_size=9).hexdigest()
    return f"3EB0{digest.upper()}"
