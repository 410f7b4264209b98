"""Cards, orders and ads as a bot reads them; `channel parse` prints what it always printed."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.channels.cloud_bodies import CONFIG, body, message, messages
from turnkeeper.channels.base import Webhook
from turnkeeper.channels.whatsapp_cloud import WhatsAppCloud
from turnkeeper.model.events import ContactCard, Inbound, Order, OrderItem, Phone, Referral, words


def one(item: Any) -> Inbound:
    (event,) = WhatsAppCloud().parse(Webhook({}, body(messages(item))), CONFIG)
    assert isinstance(event, Inbound), event
    return event


WHOLE_CARD = {
    "name": {"formatted_name": "Omar H", "first_name": "Omar"},
    "phones": [{"phone": "+1 555", "type": "CELL", "wa_id": "1555"}, {"wa_id": "1666"}, {"type": "HOME"}],
    "emails": [{"email": "o@example.org", "type": "WORK"}, {"type": "HOME"}],
    "org": {"company": "Lamps Ltd", "title": "Buyer"},
    "urls": [{"type": "WORK"}, {"url": "https://example.org"}, {"url": "https://example.com"}],
    "birthday": "1990-01-01",
}


@pytest.mark.parametrize(
    "label, cards, expected",
    [
        (
            "whole",
            [WHOLE_CARD],
            (
                ContactCard(
                    "Omar H",
                    (Phone("+1 555", "CELL", "1555"), Phone("1666", None, "1666")),
                    ("o@example.org",),
                    "Lamps Ltd",
                    "https://example.org",
                ),
            ),
        ),
        ("empty", [{}], (ContactCard(""),)),
        ("two", [{"name": {"formatted_name": "A"}}, {}], (ContactCard("A"), ContactCard(""))),
        ("odd ones", [3, {"name": 4, "phones": {"phone": "1"}, "org": []}, None], (ContactCard(""),)),
        ("none", [], ()),
    ],
)  # fmt: skip
def test_cards(label: str, cards: Any, expected: tuple[ContactCard, ...]) -> None:
    event = one(message("contacts", cards))
    assert event.cards == expected
    assert event.contacts_count == len(cards)
    assert "cards" not in words(event)


@pytest.mark.parametrize(
    "label, price, expected",
    [
        ("a fraction", 9.5, Decimal("9.5")),
        ("not the nearest binary one", 0.1, Decimal("0.1")),
        ("whole", 12, Decimal(12)),
        ("written as text", "12.99", Decimal("12.99")),
        ("nothing", None, None),
        ("below nothing", -1, None),
        ("no number", "a lot", None),
        ("a truth value", True, None),
        ("without end", "1e999999", None),
        ("other digits", "١٢", None),
        ("a list", [9.5], None),
    ],
)
def test_prices(label: str, price: object, expected: Decimal | None) -> None:
    product = {"product_retailer_id": "sku-1", "quantity": "2", "item_price": price, "currency": "EUR"}
    event = one(message("order", {"catalog_id": 7, "text": "Today", "product_items": [product, 5]}))
    assert event.order == Order((OrderItem("sku-1", 2, expected, "EUR"),), "7")
    assert (event.order_items, event.text) == (2, "Today")
    assert "order" not in words(event)


def test_an_ad() -> None:
    ad = {
        "source_url": "https://fb.me/1",
        "source_id": 120,
        "source_type": "ad",
        "headline": "Lamps",
        "body": "Half price",
        "media_type": "video",
        "video_url": "https://fb.me/v",
        "thumbnail_url": "https://fb.me/t",
        "ctwa_clid": "click",
        "welcome_message": {"text": "Hello!"},
    }
    event = one(message(referral=ad))
    assert event.ad == Referral(
        "120", "ad", "https://fb.me/1", "Lamps", "Half price", "video", "https://fb.me/v", "click", "Hello!"
    )
    assert words(event)["referral"] == ad
    assert "ad" not in words(event)


@pytest.mark.parametrize("referral", [None, {}, [], "ad", 5])
def test_no_ad(referral: object) -> None:
    assert one(message(referral=referral)).ad is None


odd = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                ["name", "phones", "phone", "wa_id", "org", "company", "urls", "url", "emails", "email", "item_price"]
            ),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=12,
)


@given(odd, odd, odd)
def test_nothing_in_them_makes_a_message_unreadable(card: Any, product: Any, ad: Any) -> None:
    assert one(message("contacts", [card], referral=ad)).kind == "contacts"
    assert one(message("order", {"product_items": [product]})).kind == "order"
