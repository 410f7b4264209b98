"""What a WhatsApp message may hold through WAHA.

Source: WAHA's documentation, read 2026, and WhatsApp's own limits. WAHA documents no limit for texts and WhatsApp takes
about 65,000 characters: nobody reads those. Buttons do not arrive and lists are fragile, so both are said as numbered
text.
"""

from __future__ import annotations

from typing import Final

from turnkeeper.model.limits import ContentLimits, MediaLimit

_MB: Final = 1024 * 1024

LIMITS: Final = ContentLimits(
    text=4096,
    caption=1024,
    media={
        "image": MediaLimit(16 * _MB, ("image/jpeg", "image/png", "image/webp")),
        "video": MediaLimit(16 * _MB, ("video/mp4", "video/3gpp")),
        "audio": MediaLimit(16 * _MB, ("audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg", "audio/opus")),
        "voice": MediaLimit(16 * _MB, ("audio/ogg", "audio/opus")),
        "document": MediaLimit(100 * _MB),
    },
    location=True,
    contacts=True,
    reactions=True,
)
