"""What a Telegram message may hold.

Source: core.telegram.org/bots/api, read 2026. Lengths are UTF-16 units after entities are parsed. Telegram has no
lists: their rows become buttons, what they say besides stands in the text, so rows, titles and body have to fit into
one message together; buttons may stand under a file, whose caption is shorter.
"""

from __future__ import annotations

from typing import Final

from turnkeeper.model.limits import ButtonLimits, ContentLimits, ListLimits, MediaLimit, UrlButtonLimits

_MB: Final = 1024 * 1024
UPLOAD: Final = 50 * _MB
DOWNLOAD: Final = 20 * _MB
"""Bytes of the largest file that a bot can fetch."""
_SPOKEN: Final = ("audio/ogg", "audio/opus", "audio/mpeg", "audio/mp4", "audio/x-m4a", "audio/m4a")
_PLAYED: Final = ("audio/mpeg", "audio/mp3", "audio/mp4", "audio/x-m4a", "audio/m4a")

_REACTIONS = """
👍 👎 ❤ 🔥 🥰 👏 😁 🤔 🤯 😱 🤬 😢 🎉 🤩 🤮 💩 🙏 👌 🕊 🤡 🥱 🥴 😍 🐳 ❤\u200d🔥 🌚 🌭 💯 🤣 ⚡ 🍌 🏆 💔 🤨 😐
🍓 🍾 💋 🖕 😈 😴 😭 🤓 👻 👨\u200d💻 👀 🎃 🙈 😇 😨 🤝 ✍ 🤗 🫡 🎅 🎄 ☃ 💅 🤪 🗿 🆒 💘 🙉 🦄 😘 💊 🙊 😎 👾
🤷\u200d♂ 🤷 🤷\u200d♀ 😡
"""
REACTIONS: Final = frozenset(_REACTIONS.split())
"""What a bot may react with; without the sign that asks for a coloured picture."""

LIMITS: Final = ContentLimits(
    text=4096,
    caption=1024,
    media={
        "image": MediaLimit(10 * _MB, ("image/jpeg", "image/png", "image/webp")),
        "video": MediaLimit(UPLOAD, ("video/mp4",)),
        "audio": MediaLimit(UPLOAD, _PLAYED),
        "voice": MediaLimit(UPLOAD, _SPOKEN),
        "document": MediaLimit(UPLOAD),
        "sticker": MediaLimit(512 * 1024, ("image/webp", "application/x-tgsticker", "video/webm")),
    },
    buttons=ButtonLimits(count=100, title=64, id=1024, body=900, header=60, footer=60),
    list=ListLimits(
        rows=24,
        sections=10,
        button=64,
        section_title=24,
        row_title=40,
        row_description=72,
        row_id=1024,
        body=900,
        header=60,
        footer=60,
    ),
    url_button=UrlButtonLimits(label=64, url=2048, body=900, header=60, footer=60),
    location=True,
    location_request=4096,
    contacts=True,
    cards=1,
    reactions=True,
    emojis=REACTIONS,
)
