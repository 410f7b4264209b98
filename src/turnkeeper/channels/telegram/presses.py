"""What a button carries, and what a press gives back.

Rule: `callback_data` is the choice's id where that fits; else a key by which the engine finds the choice again.
Source: core.telegram.org/bots/api (InlineKeyboardButton, CallbackQuery), read 2026.
"""

from __future__ import annotations

from turnkeeper.channels.telegram.wire import Message
from turnkeeper.model.events import Choice
from turnkeeper.rules.choice_keys import key_of, may_be_key

_ROOM = 64
"""Bytes."""


def data_of(choice: Choice, seq: int, place: int) -> str:
    """What a choice's button carries; `place`: which of the choices of row `seq` it is."""
    fits = len(choice.id.encode("utf-8", "replace")) <= _ROOM and not may_be_key(choice.id)
    return choice.id if fits else key_of(seq, place)


def chosen(data: str, message: Message | None) -> Choice:
    """What was chosen with the button of `message` that carries `data`; without a label if the message is gone."""
    if message is not None and message.reply_markup is not None:
        for row in message.reply_markup.inline_keyboard:
            for button in row:
                if button.callback_data == data:
                    return Choice(data, button.text)
    return Choice(data)
