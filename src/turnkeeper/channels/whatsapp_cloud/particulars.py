"""Contact cards, ordered products and the ads that people came from: Meta's shapes -> ours.

Whatever is missing or not of its type is left out; nothing in here makes a message unreadable.

Source: Meta's webhook reference (contacts, order, referral), read 2026.
"""

from __future__ import annotations

import re
from decimal import Decimal

from turnkeeper.channels.json_values import Item, listing, mapping, text, whole
from turnkeeper.model.events import ContactCard, OrderItem, Phone, Referral

_PRICE = re.compile(r"\d{1,15}(?:\.\d{1,15})?")


def read_card(card: Item) -> ContactCard:
    """One of `contacts[]`; its name is empty where it has none."""
    name = mapping(card.get("name")) or {}
    organization = mapping(card.get("org")) or {}
    return ContactCard(
        text(name.get("formatted_name")) or "",
        tuple(filter(None, map(_phone, _items(card.get("phones"))))),
        _texts(card.get("emails"), "email"),
        text(organization.get("company")),
        next(iter(_texts(card.get("urls"), "url")), None),
    )


def _phone(item: Item) -> Phone | None:
    wa_id = text(item.get("wa_id"))
    number = text(item.get("phone")) or wa_id
    return Phone(number, text(item.get("type")), wa_id) if number else None


def read_item(item: Item) -> OrderItem:
    """One of `product_items[]`."""
    return OrderItem(
        text(item.get("product_retailer_id")),
        whole(item.get("quantity"), 2**31),
        _price(item.get("item_price")),
        text(item.get("currency")),
    )


def _price(value: object) -> Decimal | None:
    """A price comes as a JSON number: what it is written as counts, not the nearest binary fraction."""
    written = repr(value) if isinstance(value, float) else text(value)
    return Decimal(written) if written and written.isascii() and _PRICE.fullmatch(written) else None


def read_referral(item: Item) -> Referral:
    """`referral` of a message that began at an ad."""
    welcome = mapping(item.get("welcome_message")) or {}
    pictured = (text(item.get(name)) for name in ("image_url", "video_url", "thumbnail_url"))
    return Referral(
        text(item.get("source_id")),
        text(item.get("source_type")),
        text(item.get("source_url")),
        text(item.get("headline")),
        text(item.get("body")),
        text(item.get("media_type")),
        next(filter(None, pictured), None),
        text(item.get("ctwa_clid")),
        text(welcome.get("text")),
    )


def _items(value: object) -> list[Item]:
    return [item for item in listing(value) or () if isinstance(item, dict)]


def _texts(value: object, name: str) -> tuple[str, ...]:
    return tuple(found for item in _items(value) if (found := text(item.get(name))))
