"""An update that is not written as Telegram writes them: nothing is lost for what only decorates it.

What says who wrote, where and what has to be right: guessed at, a message would go to the wrong place, or a bot be
answered.
"""

from __future__ import annotations

from typing import Any, Final, get_args

import msgspec
from msgspec.structs import fields

from turnkeeper.channels.json_values import Item, mapping, raw, text
from turnkeeper.channels.telegram.wire import Update

DECORATIONS: Final = frozenset({
    "first_name", "last_name", "username", "language_code", "title", "date", "edit_date", "is_topic_message",
    "message_thread_id", "reply_to_message", "quote", "media_group_id", "entities", "caption_entities", "reply_markup",
    "old_reaction", "file_size", "mime_type", "file_name", "width", "height", "emoji", "is_animated", "is_video",
    "live_period", "address", "vcard", "user_id", "button_text",
})  # fmt: skip
"""Fields that a message can be without."""


def read_odd(update: object) -> Update:
    """An update, as far as it can be read; raises ValidationError. All that is wrong may be a text, or a 1 that means
    true."""
    found = mapping(update)
    read: Update = _decoded(update if found is None else _pruned(found, Update), Update)
    return read


def _decoded(value: object, kind: Any) -> Any:
    return msgspec.json.decode(raw(value), type=kind, strict=False)


def _fits(value: object, kind: Any) -> bool:
    try:
        _decoded(value, kind)
    except msgspec.ValidationError:
        return False
    return True


def _pruned(item: Item, kind: type[msgspec.Struct]) -> Item:
    """An object without the decorations that do not fit, and with numbers as texts where texts are wanted; null is
    nothing."""
    found = dict(item)
    for field in fields(kind):
        name = field.encode_name
        if name not in item or _fits(item[name], field.type):
            continue
        found[name] = _mended(item[name], field.type)
        if found[name] is None or (name in DECORATIONS and not _fits(found[name], field.type)):
            del found[name]
    return found


def _mended(value: object, kind: Any) -> object:
    """A value of a field that does not fit, with what is odd inside it taken away."""
    inner = _object_in(kind)
    if inner is None:
        said = text(value)
        return value if said is None or not _fits(said, kind) else said
    if isinstance(value, list):
        return [_mended(each, kind) for each in value]
    return _pruned(value, inner) if isinstance(value, dict) else value


def _object_in(kind: Any) -> type[msgspec.Struct] | None:
    """The objects that a field holds: one, or a list of them."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return kind
    return next((found for each in get_args(kind) if (found := _object_in(each)) is not None), None)
