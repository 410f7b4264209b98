"""Plausible payloads of every type, for tests that do not care which; their files are real ones and can be fetched."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from turnkeeper.testing.fake_graph.media import Media

JPEG: Final = base64.b64decode(
    "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////"
    "////////////////////wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA="
)
"""One pixel."""
WEBP: Final = base64.b64decode("UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==")
"""One pixel, still."""
OPUS: Final = base64.b64decode(
    "T2dnUwACAAAAAAAAAAABAAAAAAAAAByf9dkBE09wdXNIZWFkAQE4AYC7AAAAAABPZ2dTAAAAAAAAAAAAAAEAAAABAAAAJPV2WAEU"
    "T3B1c1RhZ3MEAAAAZmFrZQAAAABPZ2dTAASAuwAAAAAAAAEAAAACAAAA6VQzxjIDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMD"
    "AwMDAwMDAwMDAwMDAwMDAwMDAwMDA/j//vj//vj//vj//vj//vj//vj//vj//vj//vj//vj//vj//vj//vj//vj//vj//vj//vj/"
    "/vj//vj//vj//vj//vj//vj//vj//vj//vj//vj//vj//vj//vj//vj//vj//vj//vj//vj//vj//vj//vj//vj//vj//vj//vj/"
    "/vj//vj//vj//vj//vj//vj//vj//g=="
)
"""A second of silence, mono, in an Ogg stream."""
MP4: Final = b"\0\0\0\x18ftypisom\0\0\2\0isomiso2" + b"\0\0\0\x08mdat"
"""The beginning of a film; there is nothing to see."""
PDF: Final = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Count 0>>endobj\n%%EOF\n"

FILES: Final[dict[str, tuple[bytes, str, dict[str, Any]]]] = {
    "image": (JPEG, "image/jpeg", {}),
    "video": (MP4, "video/mp4", {}),
    "audio": (OPUS, "audio/ogg; codecs=opus", {"voice": True}),
    "document": (PDF, "application/pdf", {"filename": "price list.pdf"}),
    "sticker": (WEBP, "image/webp", {"animated": False}),
}
"""Their bytes, their types, and what else a webhook says of them."""
OTHERS: Final[dict[str, Any]] = {
    "text": {"body": "Hello"},
    "location": {"latitude": 21.42, "longitude": 39.82, "name": "The square"},
    "contacts": [{"name": {"formatted_name": "Ada L."}, "phones": [{"phone": "+15550002222"}]}],
    "interactive": {"type": "button_reply", "button_reply": {"id": "yes", "title": "Yes"}},
    "button": {"payload": "yes", "text": "Yes"},
    "order": {
        "catalog_id": "7001",
        "product_items": [{"product_retailer_id": "sku-1", "quantity": 2, "item_price": 9.5, "currency": "EUR"}],
    },
    "reaction": {"message_id": "wamid.unknown", "emoji": "👍"},
    "edit": {"original_message_id": "wamid.unknown", "message": {"type": "text", "text": {"body": "Hello!"}}},
    "revoke": {"original_message_id": "wamid.unknown"},
    "system": {"type": "user_changed_number", "body": "changed number", "wa_id": "15550003333"},
    "unsupported": {"type": "poll"},
}

REPLIES: Final[dict[str, dict[str, Any]]] = {
    "button_reply": OTHERS["interactive"],
    "list_reply": {
        "type": "list_reply",
        "list_reply": {"id": "mon", "title": "Monday", "description": "8 to 12"},
    },
    "nfm_reply": {
        "type": "nfm_reply",
        "nfm_reply": {"name": "flow", "body": "Sent", "response_json": '{"flow_token":"t-1","guests":"2"}'},
    },
    "call_permission_reply": {
        "type": "call_permission_reply",
        "call_permission_reply": {"response": "accept", "expiration_timestamp": 1800600000},
    },
}
"""Each payload of the type `interactive`."""
REFERRAL: Final[dict[str, Any]] = {
    "source_url": "https://fb.example/ad",
    "source_id": "120000000000001",
    "source_type": "ad",
    "headline": "Chat with us",
    "body": "Summer succulents are here!",
    "media_type": "image",
    "image_url": "https://fb.example/ad.jpg",
    "ctwa_clid": "Aff-n8ZTODi",
    "welcome_message": {"text": "Hi there! Let us know how we can help!"},
}
"""The field `referral` of a first message that an ad led to."""


def sample(kind: str, media: Media) -> Any:
    """A payload of this type; a file of it is put among `media`."""
    if kind in FILES:
        data, mime, more = FILES[kind]
        media_id = media.put(data, mime, more.get("filename"))
        return {**media.webhook(media_id), **more}
    if kind not in OTHERS:
        raise ValueError(f"no sample payload for {kind!r}: pass one")
    return OTHERS[kind]
