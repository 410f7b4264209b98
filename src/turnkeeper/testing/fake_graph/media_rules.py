"""What Meta takes as media: types and sizes per kind. Source: Meta's media reference, 2026."""

from __future__ import annotations

from typing import Final

MB: Final = 1024 * 1024
OFFICE: Final = "application/vnd.openxmlformats-officedocument"
UPLOADABLE: Final = (
    "audio/aac",
    "audio/mp4",
    "audio/mpeg",
    "audio/amr",
    "audio/ogg",
    "audio/opus",
    "application/vnd.ms-powerpoint",
    "application/msword",
    f"{OFFICE}.wordprocessingml.document",
    f"{OFFICE}.presentationml.presentation",
    f"{OFFICE}.spreadsheetml.sheet",
    "application/pdf",
    "text/plain",
    "application/vnd.ms-excel",
    "image/jpeg",
    "image/png",
    "image/webp",
    "video/mp4",
    "video/3gpp",
)
"""In the order in which Meta's refusal lists them."""

TYPES: Final[dict[str, tuple[str, ...]]] = {
    "image": ("image/jpeg", "image/png"),
    "video": ("video/mp4", "video/3gpp"),
    "audio": ("audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg", "audio/opus"),
    "voice": ("audio/ogg", "audio/opus"),
    "sticker": ("image/webp",),
    "document": UPLOADABLE,
}
SIZES: Final[dict[str, int]] = {
    "image": 5 * MB,
    "video": 16 * MB,
    "audio": 16 * MB,
    "voice": 16 * MB,
    "sticker": 500 * 1024,
    "document": 100 * MB,
}
STILL_STICKER: Final = 100 * 1024


def essence(mime: str) -> str:
    """`audio/ogg; codecs=opus` is `audio/ogg`."""
    return mime.partition(";")[0].strip().lower()


def largest_upload(mime: str) -> int:
    """Bytes of the largest file of this type that may be uploaded.

    A document may be of any uploadable type, so the kind that it is sent as decides about more.
    """
    return SIZES["document"] if mime in UPLOADABLE else 0


def why_not(kind: str, mime: str, data: bytes | None, size: int) -> str | None:
    """Why a file cannot be sent as `kind` (`voice` is a kind here), or None."""
    plain = essence(mime)
    if plain not in TYPES[kind]:
        return f"Unsupported {kind} mime type {plain}. Please use one of {', '.join(TYPES[kind])}."
    if plain in ("audio/ogg", "audio/opus") and data is not None and not _mono_opus(data):
        return "An OGG file must be encoded with the OPUS codec, mono."
    most = SIZES[kind]
    if kind == "sticker" and data is not None and not _animated(data):
        most = STILL_STICKER
    if size > most:
        return f"Media file size too big. Max file size we currently support: {most} bytes."
    return None


def _mono_opus(ogg: bytes) -> bool:
    """The identification header in the first page (RFC 7845): its tenth byte counts the channels."""
    at = ogg.find(b"OpusHead", 0, 512)
    return at >= 0 and ogg[at + 9 : at + 10] == b"\x01"


def _animated(webp: bytes) -> bool:
    """The animation flag of a VP8X header (WebP container specification)."""
    return webp[12:16] == b"VP8X" and len(webp) > 20 and bool(webp[20] & 2)
