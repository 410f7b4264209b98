"""What a WhatsApp message may hold.

Source: Meta's Cloud API reference, read 2026. Meta counts characters; a list's body is 4,096 on the page and 1,024
in Meta's own OpenAPI, so the smaller one counts. Sticker: 100 KB still, 500 KB animated.
"""

from __future__ import annotations

from typing import Final

from turnkeeper.model.limits import ButtonLimits, ContentLimits, ListLimits, MediaLimit, UrlButtonLimits

_MB: Final = 1024 * 1024
_OFFICE: Final = "application/vnd.openxmlformats-officedocument"
_IMAGE: Final = ("image/jpeg", "image/png")
_VIDEO: Final = ("video/mp4", "video/3gpp")
_VOICE: Final = ("audio/ogg", "audio/opus")
_AUDIO: Final = ("audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", *_VOICE)
_STICKER: Final = ("image/webp",)
_DOCUMENT: Final = (
    "text/plain",
    "application/pdf",
    "application/msword",
    "application/vnd.ms-excel",
    "application/vnd.ms-powerpoint",
    f"{_OFFICE}.wordprocessingml.document",
    f"{_OFFICE}.spreadsheetml.sheet",
    f"{_OFFICE}.presentationml.presentation",
)

LIMITS: Final = ContentLimits(
    text=4096,
    caption=1024,
    media={
        "image": MediaLimit(5 * _MB, _IMAGE),
        "video": MediaLimit(16 * _MB, _VIDEO),
        "audio": MediaLimit(16 * _MB, _AUDIO),
        "voice": MediaLimit(16 * _MB, _VOICE),
        "document": MediaLimit(100 * _MB),
        "sticker": MediaLimit(500 * 1024, _STICKER),
    },
    uploads=(*_DOCUMENT, *_IMAGE, *_VIDEO, *_AUDIO, *_STICKER),
    buttons=ButtonLimits(count=3, title=20, id=256, body=1024, header=60, footer=60),
    list=ListLimits(
        rows=10,
        sections=10,
        button=20,
        section_title=24,
        row_title=24,
        row_description=72,
        row_id=200,
        body=1024,
        header=60,
        footer=60,
    ),
    url_button=UrlButtonLimits(label=20, url=2000, body=1024, header=60, footer=60),
    location=True,
    location_request=1024,
    contacts=True,
    reactions=True,
    templates=True,
)
