"""Texts of people who are named beside them: what comes most, read the short way (channels.shape)."""

from __future__ import annotations

from typing import Final, Literal

from turnkeeper.channels.shape import Id, Part, Shape, is_number
from turnkeeper.model.events import Inbound, Received

_SHORTEST_PHONE, _LONGEST_PHONE = 3, 20


class _Words(Part):
    body: str


class _Message(Part, rename={"sender": "from", "user_id": "from_user_id", "parent_id": "from_parent_user_id"}):
    sender: str
    id: Id
    timestamp: str
    type: Literal["text"]
    text: _Words
    user_id: Id | None = None
    parent_id: Id | None = None


class _Profile(Part):
    name: str | None = None
    username: str | None = None


class _Contact(Part):
    wa_id: str
    profile: _Profile
    user_id: Id | None = None
    parent_user_id: Id | None = None


class _Metadata(Part):
    phone_number_id: Id
    display_phone_number: str = ""


class _Value(Part):
    messaging_product: str
    metadata: _Metadata
    contacts: list[_Contact]
    messages: list[_Message]


class _Change(Part):
    field: Literal["messages"]
    value: _Value


class _Entry(Part):
    id: Id
    changes: list[_Change]


class _Body(Part):
    object: Literal["whatsapp_business_account"]
    entry: list[_Entry]


_SHAPE: Final = Shape(_Body)


def texts(body: bytes) -> list[Received] | None:
    """The texts of a body that holds nothing else; None: it goes the long way."""
    if b'"body' not in body or b'"statuses' in body or b'"context' in body:  # spares them a try
        return None
    root = _SHAPE.read(body)
    if root is None:
        return None
    found: list[Received] = []
    for entry in root.entry:
        for change in entry.changes:
            if not _read(change.value, found):
                return None
    return found


def _read(value: _Value, found: list[Received]) -> bool:
    """Whether everybody who writes here is named once."""
    contacts = {contact.wa_id: contact for contact in value.contacts}
    users = [contact.user_id for contact in value.contacts if contact.user_id]
    if len(contacts) != len(value.contacts) or len(set(users)) != len(users) or not value.messages:
        return False
    for message in value.messages:
        contact = contacts.get(message.sender)
        if contact is None or message.user_id not in (None, contact.user_id):
            return False
        sender, sent_at = message.sender, message.timestamp
        if not is_number(sender, _LONGEST_PHONE) or len(sender) < _SHORTEST_PHONE or not is_number(sent_at, 11):
            return False
        found.append(_event(message, contact, value.metadata.phone_number_id))
    return True


def _event(message: _Message, contact: _Contact, account_id: str) -> Inbound:
    user, parent = contact.user_id, message.parent_id or contact.parent_user_id
    phone = f"phone:{message.sender}"
    username = contact.profile.username
    return Inbound(
        kind="text",
        account_id=account_id,
        message_id=message.id,
        sender_id=message.sender,
        sender_user_id=user,
        sender_phone=message.sender,
        sender_name=contact.profile.name,
        timestamp=int(message.timestamp),
        text=message.text.body,
        details={"username": username} if username else None,
        addresses=_addresses(user, parent, phone) if user or parent else (phone,),
        dedup_key=f"m:{message.id}",
    )


def _addresses(user: str | None, parent: str | None, phone: str) -> tuple[str, ...]:
    named = (user and f"user:{user}", parent and f"parent:{parent}", phone)
    return tuple(address for address in named if address)
