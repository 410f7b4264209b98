"""One message of the WhatsApp Cloud API -> one event. A table of readers, one for each type.

Sources: Meta's webhook reference (messages, business-scoped user ids, coexistence), read 2026.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b

import msgspec
from msgspec.structs import replace

from turnkeeper.channels.json_values import (
    Item,
    external_id,
    kept,
    listing,
    mapping,
    number,
    raw,
    text,
    unix_seconds,
    whole,
)
from turnkeeper.channels.whatsapp_cloud.particulars import read_card, read_item, read_referral
from turnkeeper.channels.whatsapp_cloud.people import RECIPIENT, SENDER, Around, Person, moved, read_person
from turnkeeper.model.events import (
    Choice,
    EventKind,
    Inbound,
    Location,
    Media,
    Order,
    Reaction,
    Received,
    Unreadable,
)

WINDOW_WITHOUT_ID = 15.0
"""Seconds in which two equal messages without an id count as one."""


class Malformed(Exception):
    """A message of a known type lacks what that type is for; says what."""


def read_message(message: object, around: Around, *, echo: bool = False) -> Received:
    """The event of one of `messages[]` (`echo`: of `message_echoes[]`, written by the business)."""
    if not isinstance(message, dict):
        return Unreadable(reason="the message is not an object", account_id=around.account_id, raw=raw(message))
    message_id = external_id(message.get("id"))
    try:
        return _event(message, message_id, around, echo=echo)
    except Malformed as problem:
        return Unreadable(
            reason=str(problem),
            account_id=around.account_id,
            message_id=message_id,
            raw=raw(message),
        )


def _event(message: Item, message_id: str | None, around: Around, *, echo: bool) -> Inbound:
    kind = message.get("type")
    if not isinstance(kind, str):
        raise Malformed("the message has no type")
    if message_id is None and message.get("id"):
        raise Malformed("the message's id is not one")
    person = read_person(message, around, RECIPIENT if echo else SENDER)
    details: Item = {}
    addresses = person.addresses()
    if kind == "system":
        addresses = moved(message, person, details) or addresses
    if not addresses:
        raise Malformed("the echo names no recipient" if echo else "the message names no sender")
    codes = error_codes(message["errors"]) if "errors" in message else ()
    draft = Draft(message, codes or around.error_codes, details)
    event = event_of(draft, kind, message_id, around.account_id, person, addresses)
    if message_id is None:
        key = _key_without_id(message, kind, addresses)
        event = replace(event, dedup_key=key, dedup_window=WINDOW_WITHOUT_ID)
    if codes or event.kind == "unsupported":
        event = replace(event, error_codes=codes or around.error_codes)
    return _echoed(event, message, person) if echo else event


def _echoed(event: Inbound, message: Item, person: Person) -> Inbound:
    """Written by the business, to a person."""
    return replace(
        event,
        from_me=True,
        chat_id=event.chat_id or person.id,
        sender_id=external_id(message.get("from")),
        sender_user_id=None,
        sender_phone=None,
        sender_name=None,
    )


def event_of(
    draft: Draft, kind: str, message_id: str | None, account_id: str, person: Person, addresses: tuple[str, ...]
) -> Inbound:
    """What every message has; raises Malformed."""
    message, details = draft.message, draft.details
    found = _READERS.get(kind, _unsupported)(draft)
    _add_details(message, person, details)
    event = replace(  # a call with more than 15 keywords costs several times as much
        found,
        account_id=account_id,
        message_id=message_id,
        sender_id=person.id,
        sender_user_id=person.user_id,
        sender_phone=person.phone,
        sender_name=person.name,
        timestamp=unix_seconds(message.get("timestamp")),
        details=details or None,
        addresses=addresses,
        dedup_key=f"m:{message_id}",
    )
    event = _in_group(event, message) if "group_id" in message else event
    return _with_origin(event, message) if "context" in message or "referral" in message else event


def _in_group(event: Inbound, message: Item) -> Inbound:
    group = external_id(message["group_id"])
    return event if group is None else replace(event, chat_id=group, is_group=True)


def _with_origin(event: Inbound, message: Item) -> Inbound:
    """What the message answers, and whether it is passed on or began at an ad."""
    context = mapping(message.get("context")) or {}
    referral = mapping(message.get("referral"))
    return replace(
        event,
        reply_to=external_id(context.get("id")),
        forwarded=True in (context.get("forwarded"), context.get("frequently_forwarded")),
        referral=kept(referral) or None,
        ad=read_referral(referral) if referral else None,
    )


def error_codes(errors: object) -> tuple[int, ...]:
    """The codes of an `errors[]`, unreadable ones left out."""
    found = (whole(e.get("code"), 2**31) for e in listing(errors) or () if isinstance(e, dict))
    return tuple(code for code in found if code is not None)


def _key_without_id(message: Item, kind: str, addresses: tuple[str, ...]) -> str:
    payload = raw([addresses, kind, message.get(kind)])
    return "h:" + blake2b(payload, digest_size=16).hexdigest()


def _add_details(message: Item, person: Person, details: Item) -> None:
    if person.username:
        details["username"] = person.username
    if "context" in message:
        context = mapping(message["context"])
        if context and mapping(context.get("referred_product")):
            details["referred_product"] = kept(context["referred_product"])
    if "errors" in message and listing(message["errors"]):
        details["errors"] = kept(message["errors"])


class Draft(msgspec.Struct, frozen=True):
    """A message being read; `details` takes what has no word of its own."""

    message: Item
    error_codes: tuple[int, ...]
    details: Item


Reader = Callable[[Draft], Inbound]


def _part(message: Item, name: str) -> Item:
    part = message.get(name)
    if not isinstance(part, dict):
        raise Malformed(f"{name} message without its {name}")
    return part


def _text(draft: Draft) -> Inbound:
    body = text(_part(draft.message, "text").get("body"))
    if body is None:
        raise Malformed("text message without a body")
    return Inbound(kind="text", text=body)


def _media(kind: EventKind) -> Reader:
    def read(draft: Draft) -> Inbound:
        if draft.error_codes and not isinstance(draft.message.get(kind), dict):
            return Inbound(kind=kind, media_unavailable=True)
        part = _part(draft.message, kind)
        if part.get("animated") is True:
            draft.details["animated"] = True
        media = Media(
            id=external_id(part.get("id")),
            url=text(part.get("url")),
            mime=text(part.get("mime_type")),
            filename=text(part.get("filename")),
            sha256=text(part.get("sha256")),
            size=whole(part.get("file_size"), 2**53),
        )
        spoken = kind == "audio" and part.get("voice") is True
        return Inbound(
            kind="voice" if spoken else kind,
            text=text(part.get("caption")),
            media=media,
            media_unavailable=media.id is None and media.url is None,
        )

    return read


def _location(draft: Draft) -> Inbound:
    part = _part(draft.message, "location")
    latitude, longitude = number(part.get("latitude")), number(part.get("longitude"))
    if latitude is None or longitude is None:
        raise Malformed("location message without coordinates")
    if url := text(part.get("url")):
        draft.details["url"] = url
    place = Location(latitude, longitude, text(part.get("name")), text(part.get("address")))
    return Inbound(kind="location", location=place)


def _contacts(draft: Draft) -> Inbound:
    cards = listing(draft.message.get("contacts"))
    if cards is None:
        raise Malformed("contacts message without contacts")
    draft.details["contacts"] = kept(cards)
    first = mapping(cards[0]) if cards else None
    name = mapping(first.get("name")) if first else None
    return Inbound(
        kind="contacts",
        contacts_count=len(cards),
        contact_name=text(name.get("formatted_name")) if name else None,
        cards=tuple(read_card(card) for card in cards if isinstance(card, dict)),
    )


def _order(draft: Draft) -> Inbound:
    part = _part(draft.message, "order")
    products = listing(part.get("product_items"))
    if products is None:
        raise Malformed("order message without product_items")
    draft.details["order"] = kept(part)
    items = tuple(read_item(product) for product in products if isinstance(product, dict))
    return Inbound(
        kind="order",
        text=text(part.get("text")),
        order_items=len(products),
        order=Order(items, external_id(part.get("catalog_id"))),
    )


def _reaction(draft: Draft) -> Inbound:
    part = _part(draft.message, "reaction")
    target = external_id(part.get("message_id"))
    if target is None:
        raise Malformed("reaction to no message")
    return Inbound(kind="reaction", reaction=Reaction(target, text(part.get("emoji")) or ""))


def _button(draft: Draft) -> Inbound:
    part = _part(draft.message, "button")
    return _chosen("button_reply", part.get("payload"), part.get("text"))


def _chosen(kind: EventKind, chosen: object, title: object, description: object = None) -> Inbound:
    label = text(title)
    key = text(chosen) or label
    if key is None:
        raise Malformed(f"{kind} that chooses nothing")
    return Inbound(kind=kind, text=label, choice=Choice(key, label, text(description)))


def _interactive(draft: Draft) -> Inbound:
    part = mapping(draft.message.get("interactive")) or {}
    kind = text(part.get("type"))
    inner = mapping(part.get(kind)) if kind else None
    if not inner and not draft.error_codes:
        raise Malformed("interactive message without its reply")
    match kind:
        case "button_reply" | "list_reply" if inner:
            return _chosen(kind, inner.get("id"), inner.get("title"), inner.get("description"))
        case "nfm_reply" if inner:
            return _flow_reply(inner, draft)
        case "call_permission_reply" if inner:
            draft.details["call_permission"] = kept(inner)
            return Inbound(kind="call_permission")
    draft.details["type"] = f"interactive {kind}"[:100] if kind else "interactive"
    return Inbound(kind="unsupported")


def _flow_reply(inner: Item, draft: Draft) -> Inbound:
    answer = inner.get("response_json")
    if answer is None:
        raise Malformed("nfm_reply without response_json")
    if name := text(inner.get("name")):
        draft.details["flow_name"] = name
    written = answer if isinstance(answer, str) else raw(answer).decode()
    return Inbound(kind="flow_reply", text=text(inner.get("body")), flow_response_json=written)


def _system(draft: Draft) -> Inbound:
    part = _part(draft.message, "system")
    draft.details["type"] = text(part.get("type"))
    if identity := mapping(part.get("identity")) or mapping(draft.message.get("identity")):
        draft.details["identity"] = kept(identity)
    return Inbound(kind="system", text=text(part.get("body")))


def _edit(draft: Draft) -> Inbound:
    part = _part(draft.message, "edit")
    target = external_id(part.get("original_message_id"))
    new = mapping(part.get("message"))
    kind = new.get("type") if new else None
    if target is None or new is None or not isinstance(kind, str) or kind == "edit":
        raise Malformed("edit without its message or its new content")
    found = _READERS.get(kind, _unsupported)(replace(draft, message=new))
    return replace(found, kind="edited", target_message_id=target)


def _revoke(draft: Draft) -> Inbound:
    target = external_id(_part(draft.message, "revoke").get("original_message_id"))
    if target is None:
        raise Malformed("revoke of no message")
    return Inbound(kind="deleted", target_message_id=target)


def _unsupported(draft: Draft) -> Inbound:
    named = mapping(draft.message.get("unsupported")) or {}
    draft.details["type"] = (text(named.get("type")) or text(draft.message.get("type")) or "")[:100]
    return Inbound(kind="unsupported")


_READERS: dict[str, Reader] = {
    "text": _text,
    "image": _media("image"),
    "video": _media("video"),
    "audio": _media("audio"),
    "document": _media("document"),
    "sticker": _media("sticker"),
    "location": _location,
    "contacts": _contacts,
    "interactive": _interactive,
    "button": _button,
    "reaction": _reaction,
    "order": _order,
    "system": _system,
    "edit": _edit,
    "revoke": _revoke,
}
