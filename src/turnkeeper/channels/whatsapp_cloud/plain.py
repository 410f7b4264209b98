"""Messages of people who are named beside them: what comes most, read the short way (channels.shape).

Short is only the way to who wrote where; what a message holds is read as ever.
"""

from __future__ import annotations

from typing import Final, Literal

from turnkeeper.channels.json_values import Item
from turnkeeper.channels.shape import Id, Part, Shape, is_number
from turnkeeper.channels.whatsapp_cloud.messages import Draft, Malformed, event_of
from turnkeeper.channels.whatsapp_cloud.people import Person
from turnkeeper.model.events import Received

_SHORTEST_PHONE, _LONGEST_PHONE = 3, 20
_KINDS: Final = frozenset({
    "text", "image", "video", "audio", "document", "sticker", "location", "contacts", "interactive", "button",
    "reaction", "order", "edit", "revoke",
})  # fmt: skip
"""Types of messages whose part bears their name."""


class _Message(Part, rename={"sender": "from", "user_id": "from_user_id", "parent_id": "from_parent_user_id"}):
    sender: str
    id: Id
    timestamp: str
    type: str
    user_id: Id | None = None
    parent_id: Id | None = None
    group_id: Id | None = None
    context: Item | None = None
    referral: Item | None = None
    text: Item | None = None
    image: Item | None = None
    video: Item | None = None
    audio: Item | None = None
    document: Item | None = None
    sticker: Item | None = None
    location: Item | None = None
    contacts: list[object] | None = None
    interactive: Item | None = None
    button: Item | None = None
    reaction: Item | None = None
    order: Item | None = None
    edit: Item | None = None
    revoke: Item | None = None
    # What goes the long way, decoded once more, which costs less than to fail here.
    system: object = None
    unsupported: object = None
    errors: object = None


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


def messages(body: bytes) -> list[Received] | None:
    """The messages of a body that holds nothing else; None: it goes the long way."""
    if b'"from' not in body:  # spares ticks a try
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
    """Whether everybody who writes here is named once, and everything can be read."""
    contacts = {contact.wa_id: contact for contact in value.contacts}
    users = [contact.user_id for contact in value.contacts if contact.user_id]
    if len(contacts) != len(value.contacts) or len(set(users)) != len(users) or not value.messages:
        return False
    for message in value.messages:
        contact = contacts.get(message.sender)
        if contact is None or message.user_id not in (None, contact.user_id):
            return False
        if message.type not in _KINDS or message.errors is not None:
            return False
        if not is_number(message.sender, _LONGEST_PHONE) or len(message.sender) < _SHORTEST_PHONE:
            return False
        try:
            found.append(_event(message, contact, value.metadata.phone_number_id))
        except Malformed:
            return False
    return True


def _event(message: _Message, contact: _Contact, account_id: str) -> Received:
    sender, profile = message.sender, contact.profile
    parent = message.parent_id or contact.parent_user_id
    person = Person(sender, contact.user_id, parent, sender, profile.name, profile.username)
    kind = message.type
    item: Item = {"timestamp": message.timestamp, kind: getattr(message, kind)}
    if message.group_id is not None:
        item["group_id"] = message.group_id
    if message.context is not None:
        item["context"] = message.context
    if message.referral is not None:
        item["referral"] = message.referral
    return event_of(Draft(item, (), {}), kind, message.id, account_id, person, person.addresses())
