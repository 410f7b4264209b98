"""What people decide at WhatsApp itself: to get no more marketing messages from us, or to get them again.

Source: Meta's reference of the webhook `user_preferences`, read 2026.
"""

from __future__ import annotations

from turnkeeper.channels.json_values import Item, listing, raw, text, unix_seconds
from turnkeeper.channels.whatsapp_cloud.people import Around, Role, by_id, read_contacts, read_person
from turnkeeper.model.events import Ignored, Inbound, Received, Unreadable

_PURPOSES = {"marketing_messages": "marketing"}
_WORDS = {"stop": False, "resume": True}
_WHO = Role("wa_id", "user_id", "parent_user_id")
_KEPT = 1000


def read_preferences(value: Item, account_id: str) -> list[Received]:
    """An event for each of `user_preferences[]`; what speaks of other things is left alone."""
    preferences = listing(value.get("user_preferences"))
    if preferences is None:
        reason = "user_preferences is not a list"
        return [Unreadable(reason=reason, account_id=account_id, raw=raw(value))]
    contacts = read_contacts(value.get("contacts"))
    alone = contacts[0] if len(contacts) == len(preferences) == 1 else None
    around = Around(account_id, by_id(contacts), alone)
    return [_read(each, around) for each in preferences]


def _read(preference: object, around: Around) -> Received:
    account_id = around.account_id
    if not isinstance(preference, dict):
        return Unreadable(reason="the preference is not an object", account_id=account_id, raw=raw(preference))
    purpose = _PURPOSES.get(text(preference.get("category")) or "")
    granted = _WORDS.get(text(preference.get("value")) or "")
    if purpose is None or granted is None:
        reason = "a preference of another kind"
        return Ignored(reason=reason, account_id=account_id, raw=raw(preference)[:_KEPT])
    person = read_person(preference, around, _WHO)
    addresses = person.addresses()
    if not addresses:
        return Unreadable(reason="the preference names nobody", account_id=account_id, raw=raw(preference))
    at = unix_seconds(preference.get("timestamp"))
    word = "resume" if granted else "stop"
    return Inbound(
        kind="system",
        account_id=account_id,
        sender_id=person.id,
        sender_user_id=person.user_id,
        sender_phone=person.phone,
        sender_name=person.name,
        timestamp=at,
        details={"type": "user_preferences", "purpose": purpose, "granted": granted},
        addresses=addresses,
        dedup_key=f"preference:{addresses[0]}:{purpose}:{word}:{at or 0}",
    )
