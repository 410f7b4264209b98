"""The webhook bodies that Meta sends, built from what happened. Plain values only."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class FakeNumber:
    """A business number that the fake knows."""

    phone_number_id: str
    display_phone_number: str = "15550001111"
    waba_id: str = "2000000001"
    verified_name: str = "Test business"


@dataclass(frozen=True, slots=True)
class Identity:
    """How a person shows up in webhooks. Either of `phone` and `user_id` may be missing."""

    phone: str | None
    user_id: str | None
    name: str | None
    parent_user_id: str | None = None
    username: str | None = None

    @property
    def key(self) -> str:
        return self.user_id or self.phone or ""

    def contact(self) -> Json:
        profile = _present(name=self.name, username=self.username)
        return _present(
            profile=profile,
            wa_id=self.phone,
            user_id=self.user_id,
            parent_user_id=self.parent_user_id,
        )

    def sender(self) -> Json:
        return _present(
            **{"from": self.phone},
            from_user_id=self.user_id,
            from_parent_user_id=self.parent_user_id,
        )

    def recipient(self) -> Json:
        return _present(recipient_id=self.phone, recipient_user_id=self.user_id)


@dataclass(frozen=True, slots=True)
class Update:
    """One thing to tell the business: a message, a status, or a value of another field."""

    number: FakeNumber
    kind: str
    """`message`, `status`, or the name of another webhook field."""
    item: Json
    contact: Json | None
    lane: str
    """Updates of one lane stay in order."""
    id: str
    """The message's id, for those who look up what became of it."""


def message_item(message_id: str, who: Identity, at: float, kind: str, payload: Any) -> Json:
    return {
        **who.sender(),
        "id": message_id,
        "timestamp": str(int(at)),
        "type": kind,
        kind: payload,
    }


def status_item(message_id: str, who: Identity, at: float, status: str, callback_data: str | None) -> Json:
    item: Json = {"id": message_id, "status": status, "timestamp": str(int(at)), **who.recipient()}
    if callback_data is not None:
        item["biz_opaque_callback_data"] = callback_data
    if status in ("sent", "delivered", "read"):
        item["pricing"] = {
            "billable": False,
            "pricing_model": "PMP",
            "type": "free_customer_service",
            "category": "service",
        }
    return item


def envelope(updates: list[Update], rng: random.Random) -> Json:
    """One POST. Several updates are spread over entries and changes as Meta may do."""
    entries: list[Json] = []
    for group in _groups(updates, rng):
        first = group[0]
        change = {"field": "messages", "value": _value(group)}
        if first.kind not in ("message", "status"):
            change = {"field": first.kind, "value": first.item}
        same_account = entries and entries[-1]["id"] == first.number.waba_id
        if same_account and rng.random() < 0.5:
            entries[-1]["changes"].append(change)
        else:
            entries.append({"id": first.number.waba_id, "changes": [change]})
    return {"object": "whatsapp_business_account", "entry": entries}


def encode(body: Json) -> bytes:
    """The raw bytes: Meta escapes every character that is not ASCII."""
    return json.dumps(body, ensure_ascii=True, separators=(",", ":")).encode()


def _groups(updates: Iterable[Update], rng: random.Random) -> list[list[Update]]:
    """Neighbours that may share one `value`: same number, same kind."""
    groups: list[list[Update]] = []
    for update in updates:
        last = groups[-1] if groups else None
        fits = last is not None and (last[0].number, last[0].kind) == (update.number, update.kind)
        if last is not None and fits and update.kind in ("message", "status") and rng.random() < 0.6:
            last.append(update)
        else:
            groups.append([update])
    return groups


def metadata(number: FakeNumber) -> Json:
    """What every value about messages begins with."""
    return {
        "messaging_product": "whatsapp",
        "metadata": {
            "display_phone_number": number.display_phone_number,
            "phone_number_id": number.phone_number_id,
        },
    }


def _value(group: list[Update]) -> Json:
    number = group[0].number
    value = metadata(number)
    contacts: list[Json] = []
    for update in group:
        if update.contact is not None and update.contact not in contacts:
            contacts.append(update.contact)
    if contacts:
        value["contacts"] = contacts
    value["messages" if group[0].kind == "message" else "statuses"] = [update.item for update in group]
    return value


def _present(**fields: Any) -> Json:
    return {name: value for name, value in fields.items() if value is not None}
