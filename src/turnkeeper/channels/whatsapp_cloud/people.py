"""Whom an item names: a phone number, a business-scoped id, or both.

Each may be missing, and some senders put the business-scoped id into `from`.

Source: Meta's page on business-scoped user ids, read 2026.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import msgspec

from turnkeeper.channels.json_values import (
    Item,
    external_id,
    listing,
    mapping,
    phone_digits,
    text,
)

_PARENT_ID = re.compile(r"[A-Z]{2}\.ENT\.")
_CHANGE = re.compile(r"changed from (\S{1,200}) to (\S{1,200})")


class Contact(msgspec.Struct, frozen=True, gc=False):
    """One of `contacts[]`: names for the people of the items beside it."""

    phone: str | None
    user_id: str | None
    parent_id: str | None
    name: str | None
    username: str | None


class Around(msgspec.Struct, frozen=True):
    """What a message shares with its neighbours: the account, the people named, their errors.

    `contacts` are found by phone or business-scoped id; `alone` is the only one beside the only message.
    """

    account_id: str
    contacts: dict[str, Contact]
    alone: Contact | None = None
    error_codes: tuple[int, ...] = ()


def read_contacts(contacts: object) -> list[Contact]:
    """Every element of `contacts[]` that is one."""
    return [_contact(one) for one in listing(contacts) or () if isinstance(one, dict)]


def _contact(item: Item) -> Contact:
    profile = mapping(item.get("profile")) or {}
    return Contact(
        phone_digits(item.get("wa_id")),
        external_id(item.get("user_id")),
        external_id(item.get("parent_user_id")),
        text(profile.get("name")),
        text(profile.get("username")),
    )


def by_id(contacts: list[Contact]) -> dict[str, Contact]:
    """The contacts by each of their ids; the first one counts."""
    found: dict[str, Contact] = {}
    for each in contacts:
        if each.phone:
            found.setdefault(each.phone, each)
        if each.user_id:
            found.setdefault(each.user_id, each)
    return found


class Person(msgspec.Struct, frozen=True, gc=False):
    """Someone with some of these names; a person may have no phone number that we may see."""

    id: str | None
    user_id: str | None = None
    parent_id: str | None = None
    phone: str | None = None
    name: str | None = None
    username: str | None = None

    def addresses(self) -> tuple[str, ...]:
        """The business-scoped id first: a phone number may change or be hidden."""
        if not self.user_id and not self.parent_id:
            return (f"phone:{self.phone}",) if self.phone else ()
        named = (
            self.user_id and f"user:{self.user_id}",
            self.parent_id and f"parent:{self.parent_id}",
            self.phone and f"phone:{self.phone}",
        )
        return tuple([address for address in named if address])


Names = tuple[str | None, ...]


def _addresses(users: Names, parents: Names, phones: Names) -> tuple[str, ...]:
    named = (("user:", users), ("parent:", parents), ("phone:", phones))
    return tuple(dict.fromkeys(prefix + name for prefix, names in named for name in names if name))


class Role(NamedTuple):
    """The fields that name somebody."""

    id: str
    user_id: str
    parent_id: str


SENDER = Role("from", "from_user_id", "from_parent_user_id")
RECIPIENT = Role("to", "to_user_id", "to_parent_user_id")


def read_person(item: Item, around: Around, role: Role) -> Person:
    """The person whom `item` names in `role`, completed from the contacts."""
    named = external_id(item.get(role.id))
    user = external_id(item.get(role.user_id))
    parent = external_id(item.get(role.parent_id))
    phone = phone_digits(named)
    if named and not phone:
        if _PARENT_ID.match(named):
            parent = parent or named
        else:
            user = user or named
    contact = around.contacts.get(user or "") or around.contacts.get(phone or "")
    if contact is None and around.alone and not _comparable(phone, user, around.alone):
        contact = around.alone
    if contact is None:
        return Person(named or user or parent, user, parent, phone)
    phone, user = phone or contact.phone, user or contact.user_id
    parent = parent or contact.parent_id
    return Person(named or user or phone or parent, user, parent, phone, contact.name, contact.username)


def _comparable(phone: str | None, user: str | None, contact: Contact) -> bool:
    """Whether an id could differ: two people who are taken for one have their conversations joined."""
    return bool((phone and contact.phone) or (user and contact.user_id))


def moved(message: Item, person: Person, details: Item) -> tuple[str, ...]:
    """Every address of a person who changed number or id, the new ones first; else none.

    Puts `old` and `new` (addresses) into `details`.
    """
    system = mapping(message.get("system")) or {}
    phone = phone_digits(system.get("wa_id")) or phone_digits(system.get("new_wa_id"))
    user = external_id(system.get("user_id"))
    said = _CHANGE.search(text(system.get("body")) or "")
    old: str | None
    match system.get("type"):
        case "user_changed_number" | "customer_changed_number":
            before = person.phone if person.phone != phone else None
            old = before or phone_digits(system.get("customer")) or phone_digits(said and said[1])
            prefix, new = "phone:", phone or phone_digits(said and said[2])
        case "user_changed_user_id":
            before = person.user_id if person.user_id != user else None
            old = external_id(system.get("previous_user_id")) or before or (said and said[1])
            prefix, new = "user:", user or (said and said[2])
        case _:
            return ()
    details["old"] = old and prefix + old
    details["new"] = new and prefix + new
    changed_user = prefix == "user:"
    return _addresses(
        (new, old, person.user_id) if changed_user else (user, person.user_id),
        (external_id(system.get("parent_user_id")), person.parent_id),
        (phone, person.phone) if changed_user else (new, old, person.phone),
    )
