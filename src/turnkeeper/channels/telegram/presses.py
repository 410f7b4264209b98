"""What a button carries and what a press gives back: the choice's id as the bot gave it.

Rule: `callback_data` is the id itself where it fits (64 bytes); else a sign, and a digest by which the pressed button
is found again. `~=`: the id is the label, which comes back too; `~#`: the id is looked up in the message that was sent.
"""

from __future__ import annotations

from turnkeeper.channels.json_values import Item, listing, mapping, text
from turnkeeper.model.events import Choice
from turnkeeper.rules.choice_keys import MARK, is_key, key_of

_ROOM = 64
"""Bytes; source: core.telegram.org/bots/api, InlineKeyboardButton, read 2026."""
_LABELLED = "~="


def data_of(choice: Choice) -> str:
    """What the choice's button carries."""
    if len(choice.id.encode("utf-8", "replace")) <= _ROOM and not choice.id.startswith(("~", MARK)):
        return choice.id
    key = key_of(choice.id)
    return _LABELLED + key[len(MARK) :] if choice.id == choice.title else key


def chosen(data: str, message: Item) -> Choice:
    """What was chosen with the button of `message` that carries `data`."""
    label = _label_of(data, message)
    if data.startswith(_LABELLED) and label is not None and is_key(MARK + data[len(_LABELLED) :]):
        return Choice(label, label)
    return Choice(data, label)


def _label_of(data: str, message: Item) -> str | None:
    """None where Telegram does not show the message any more."""
    markup = mapping(message.get("reply_markup")) or {}
    for row in listing(markup.get("inline_keyboard")) or ():
        for button in listing(row) or ():
            if isinstance(button, dict) and button.get("callback_data") == data:
                return text(button.get("text"))
    return None
