"""What a button carries, and what a press gives back.

Rule: `callback_data` is the choice's id where that fits; else a key by which the engine finds the choice again.
Source: core.telegram.org/bots/api (InlineKeyboardButton, CallbackQuery), read 2026.
"""

from __future__ import annotations

from turnkeeper.channels.json_values import Item, listing, mapping, text
from turnkeeper.model.events import Choice
from turnkeeper.rules.choice_keys import key_of, may_be_key

_ROOM = 64
"""Bytes."""


def data_of(choice: Choice, seq: int, place: int) -> str:
    """What a choice's button carries; `place`: which of the choices of row `seq` it is."""
    fits = len(choice.id.encode("utf-8", "replace")) <= _ROOM and not may_be_key(choice.id)
    return choice.id if fits else key_of(seq, place)


def chosen(data: str, message: Item) -> Choice:
    """What was chosen with the button of `message` that carries `data`; without a label if the message is gone."""
    markup = mapping(message.get("reply_markup")) or {}
    for row in listing(markup.get("inline_keyboard")) or ():
        for button in listing(row) or ():
            if isinstance(button, dict) and button.get("callback_data") == data:
                return Choice(data, text(button.get("text")))
    return Choice(data)
