"""A webhook body of the WhatsApp Cloud API -> everything in it, in order.

Walks every entry, change and item. One POST may carry 1,000 updates for many numbers.
An item that cannot be read stands alone as Unreadable.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from turnkeeper.channels.base import NotThisProvider
from turnkeeper.channels.json_values import (
    Item,
    decode,
    external_id,
    listing,
    mapping,
    raw,
    text,
    unix_seconds,
)
from turnkeeper.channels.whatsapp_cloud.messages import error_codes, read_message
from turnkeeper.channels.whatsapp_cloud.people import Around, by_id, read_contacts
from turnkeeper.channels.whatsapp_cloud.plain import messages
from turnkeeper.channels.whatsapp_cloud.preferences import read_preferences
from turnkeeper.channels.whatsapp_cloud.template_words import report_of
from turnkeeper.model.events import DeliveryUpdate, Ignored, Inbound, Received, Status, Unreadable

_OBJECT = "whatsapp_business_account"
_STATUSES: Final[Mapping[str, Status]] = {
    "sent": "sent", "delivered": "delivered", "read": "read", "played": "played", "failed": "failed",
}  # fmt: skip
_ERROR_LENGTH = 500
_IGNORED_RAW = 1000
"""Bytes kept of what we leave alone (`history` alone may be megabytes)."""


def parse_body(body: bytes) -> list[Received]:
    """Every item of a body, in order; raises NotThisProvider if it cannot be Meta's."""
    if (plain := messages(body)) is not None:
        return plain
    root = mapping(decode(body))
    if root is None or root.get("object") != _OBJECT:
        raise NotThisProvider(f"the body's object is not {_OBJECT}")
    entries = listing(root.get("entry"))
    if entries is None:
        return [Unreadable(reason="entry is not a list", raw=raw(root))]
    found: list[Received] = []
    for entry in entries:
        _read_entry(entry, found)
    return found


def _read_entry(entry: object, found: list[Received]) -> None:
    changes = listing(entry.get("changes")) if isinstance(entry, dict) else None
    if not isinstance(entry, dict) or changes is None:
        found.append(Unreadable(reason="the entry has no list of changes", raw=raw(entry)))
        return
    waba_id = external_id(entry.get("id")) or ""
    for change in changes:
        _read_change(change, waba_id, found)


def _read_change(change: object, waba_id: str, found: list[Received]) -> None:
    value = change.get("value") if isinstance(change, dict) else None
    if not isinstance(change, dict) or not isinstance(value, dict):
        reason = "the change has no value"
        found.append(Unreadable(reason=reason, account_id=waba_id, raw=raw(change)))
        return
    metadata = mapping(value.get("metadata"))
    number_id = external_id(metadata.get("phone_number_id")) if metadata else None
    account_id = number_id or waba_id
    field = change.get("field")
    if field == "messages" or (not isinstance(field, str) and _has_items(value)):
        _read_value(value, account_id, found)
    elif field == "smb_message_echoes":
        _read_messages(value, "message_echoes", account_id, found)
    elif field == "user_preferences" and "user_preferences" in value:
        found.extend(read_preferences(value, account_id))
    elif (told := report_of(value, waba_id)) is not None:
        found.append(told)
    elif isinstance(field, str):
        reason = f"field {field[:100]}"
        cut = raw(value)[:_IGNORED_RAW]
        found.append(Ignored(reason=reason, account_id=account_id, raw=cut))
    else:
        reason = "the change has no field"
        found.append(Unreadable(reason=reason, account_id=account_id, raw=raw(change)))


def _has_items(value: Item) -> bool:
    return "messages" in value or "statuses" in value


def _read_value(value: Item, account_id: str, found: list[Received]) -> None:
    before = len(found)
    if value.get("messages") is not None:
        _read_messages(value, "messages", account_id, found)
    if (statuses := value.get("statuses")) is not None:
        if isinstance(statuses, list):
            found.extend([_read_status(status, account_id) for status in statuses])
        else:
            reason = "statuses is not a list"
            found.append(Unreadable(reason=reason, account_id=account_id, raw=raw(statuses)))
    if value.get("errors") and not _told(value, found[before:]):
        found.append(_read_errors(value["errors"], account_id))
    if len(found) == before:
        reason = "field messages without an item"
        found.append(Ignored(reason=reason, account_id=account_id, raw=raw(value)[:_IGNORED_RAW]))


def _read_messages(
    value: Item,
    name: Literal["messages", "message_echoes"],
    account_id: str,
    found: list[Received],
) -> None:
    messages = listing(value.get(name))
    if messages is None:
        reason = f"{name} is not a list"
        found.append(Unreadable(reason=reason, account_id=account_id, raw=raw(value)))
        return
    contacts = read_contacts(value.get("contacts"))
    alone = contacts[0] if len(contacts) == len(messages) == 1 else None
    codes = error_codes(value.get("errors")) if "errors" in value else ()
    around = Around(account_id, by_id(contacts), alone, codes)
    echo = name == "message_echoes"
    found.extend([read_message(message, around, echo=echo) for message in messages])


def _told(value: Item, items: list[Received]) -> bool:
    """Whether an unsupported message already carries the errors that stand beside it."""
    codes = error_codes(value.get("errors"))
    return any(isinstance(item, Inbound) and item.kind == "unsupported" and item.error_codes == codes for item in items)


def _read_errors(errors: object, account_id: str) -> Received:
    """An error of the account: it concerns no person, so it is for no mailbox."""
    if not isinstance(errors, list):
        return Unreadable(reason="errors is not a list", account_id=account_id, raw=raw(errors))
    return Ignored(
        kind="error",
        reason=error_text(errors) or "an error without words",
        account_id=account_id,
        error_codes=error_codes(errors),
        raw=raw(errors)[:_IGNORED_RAW],
    )


def _read_status(status: object, account_id: str) -> Received:
    if not isinstance(status, dict):
        reason = "the status is not an object"
        return Unreadable(reason=reason, account_id=account_id, raw=raw(status))
    message_id = external_id(status.get("id"))
    tracker = external_id(status.get("biz_opaque_callback_data"))
    state = status.get("status")
    if not isinstance(state, str) or not (message_id or tracker):
        reason = "the status names no message" if isinstance(state, str) else "the status is missing"
        return Unreadable(reason=reason, account_id=account_id, message_id=message_id, raw=raw(status))
    known = _STATUSES.get(state)
    if known is None:
        return Ignored(
            reason=f"status {state[:100]}",
            account_id=account_id,
            message_id=message_id,
            raw=raw(status)[:_IGNORED_RAW],
        )
    errors = status.get("errors")
    return DeliveryUpdate(
        status=known,
        account_id=account_id,
        message_id=message_id,
        recipient_id=external_id(status.get("recipient_id")) or external_id(status.get("recipient_user_id")),
        timestamp=unix_seconds(status.get("timestamp")),
        error_codes=error_codes(errors) if errors else (),
        error=error_text(errors) if errors else None,
        tracker=tracker,
        is_group=status.get("recipient_type") == "group",
        participant_id=external_id(status.get("recipient_participant_id"))
        or external_id(status.get("recipient_participant_user_id")),
    )


def error_text(errors: object) -> str | None:
    """Meta's own words for an `errors[]`: title and details of each, shortened."""
    told = []
    for error in listing(errors) or ():
        if not isinstance(error, dict):
            continue
        data = mapping(error.get("error_data")) or {}
        parts = (text(error.get("title")) or text(error.get("message")), text(data.get("details")))
        told.append(": ".join(dict.fromkeys(part for part in parts if part)))
    return "; ".join(one for one in told if one)[:_ERROR_LENGTH] or None
