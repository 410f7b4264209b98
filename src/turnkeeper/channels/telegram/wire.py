"""Telegram's updates as it writes them, as far as they are read.

Source: core.telegram.org/bots/api (Update, Message and the types in it), read 2026. Fields that old versions left out
have defaults; of unknown ones nothing is kept. Structs without cycles, since some are built for every message on the
accept path.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta, Raw, Struct, field

Number = Annotated[int, Meta(gt=-(2**62), lt=2**62)]
"""An id, or any other whole number: all are smaller than 64 bits."""
Instant = Annotated[int, Meta(ge=0, lt=10**11)]
"""Unix seconds."""
NOTHING = Raw()
Id = Annotated[str, Meta(min_length=1, max_length=512)]


class User(Struct, frozen=True, gc=False):
    """Somebody, or a bot."""

    id: Number
    first_name: str | None = None
    last_name: str | None = None
    username: str | None = None
    language_code: str | None = None
    is_bot: bool = False


class Chat(Struct, frozen=True, gc=False):
    """Where something was written: `private`, `group`, `supergroup` or `channel`."""

    id: Number
    type: str = "private"
    title: str | None = None
    username: str | None = None


class File(Struct, frozen=True, gc=False):
    """A file of any kind; a picture has several, of different sizes. `emoji` and what follows: of stickers."""

    file_id: Id | None = None
    file_size: Annotated[int, Meta(ge=0, lt=2**53)] | None = None
    mime_type: str | None = None
    file_name: str | None = None
    width: Number = 0
    height: Number = 0
    emoji: str | None = None
    is_animated: bool = False
    is_video: bool = False


class LivePhoto(Struct, frozen=True, gc=False):
    """A picture that moves."""

    photo: tuple[File, ...] = ()


class Point(Struct, frozen=True, gc=False):
    """A place, in degrees; a live one moves for so many seconds."""

    latitude: float
    longitude: float
    live_period: Number | None = None


class Venue(Struct, frozen=True, gc=False):
    """A place with a name."""

    location: Point
    title: str | None = None
    address: str | None = None


class Card(Struct, frozen=True, gc=False):
    """Somebody's contact; `user_id`: who they are on Telegram."""

    phone_number: str | None = None
    first_name: str = ""
    last_name: str = ""
    user_id: Number | None = None
    vcard: str = ""


class WebAppData(Struct, frozen=True, gc=False):
    """What a page behind a button sent."""

    data: str
    button_text: str | None = None


class Entity(Struct, frozen=True, gc=False):
    """A part of a text that means something; places in UTF-16 units."""

    type: str
    offset: Number = 0
    length: Number = 0
    user: User | None = None


class Quote(Struct, frozen=True, gc=False):
    """The part of a message that is quoted."""

    text: str = ""


class Replied(Struct, frozen=True, gc=False):
    """A message that is answered."""

    message_id: Number
    sender: User | None = field(default=None, name="from")


class Button(Struct, frozen=True, gc=False):
    """One button of a keyboard."""

    text: str = ""
    callback_data: str | None = None


class Markup(Struct, frozen=True, gc=False):
    """The keyboard under a message."""

    inline_keyboard: tuple[tuple[Button, ...], ...] = ()


class Message(Struct, frozen=True, gc=False):
    """A message, or what Telegram says of a chat in the form of one."""

    message_id: Number
    chat: Chat
    sender: User | None = field(default=None, name="from")
    date: Instant | None = None
    text: str | None = None
    edit_date: Instant | None = None
    sender_chat: Chat | None = None
    sender_business_bot: User | None = None
    business_connection_id: Id | None = None
    message_thread_id: Number | None = None
    is_topic_message: bool = False
    is_automatic_forward: bool = False
    forward_origin: object = None
    forward_date: object = None
    reply_to_message: Replied | None = None
    quote: Quote | None = None
    media_group_id: Id | None = None
    entities: tuple[Entity, ...] = ()
    caption_entities: tuple[Entity, ...] = ()
    caption: str | None = None
    photo: tuple[File, ...] | None = None
    live_photo: LivePhoto | None = None
    voice: File | None = None
    animation: File | None = None
    video: File | None = None
    video_note: File | None = None
    audio: File | None = None
    document: File | None = None
    sticker: File | None = None
    venue: Venue | None = None
    location: Point | None = None
    contact: Card | None = None
    web_app_data: WebAppData | None = None
    migrate_to_chat_id: Number | None = None
    migrate_from_chat_id: Number | None = None
    reply_markup: Markup | None = None
    poll: Raw = NOTHING
    dice: Raw = NOTHING
    game: Raw = NOTHING
    story: Raw = NOTHING
    checklist: Raw = NOTHING
    paid_media: Raw = NOTHING
    invoice: Raw = NOTHING
    rich_message: Raw = NOTHING


class Query(Struct, frozen=True, gc=False):
    """A press on a button; without `data` it is a game's."""

    id: Id
    sender: User = field(name="from")
    message: Message | None = None
    data: str | None = None


class Emoji(Struct, frozen=True, gc=False):
    """What somebody reacted with."""

    type: str
    emoji: str | None = None


class Reacted(Struct, frozen=True, gc=False):
    """A reaction that changed."""

    chat: Chat
    message_id: Number
    user: User | None = None
    actor_chat: Chat | None = None
    date: Instant | None = None
    old_reaction: tuple[Emoji, ...] = ()
    new_reaction: tuple[Emoji, ...] = ()


class Standing(Struct, frozen=True, gc=False):
    """What somebody is in a chat."""

    status: str


class Membership(Struct, frozen=True, gc=False):
    """What the bot is in a chat now."""

    chat: Chat
    new_chat_member: Standing
    sender: User | None = field(default=None, name="from")
    date: Instant | None = None


class Deletions(Struct, frozen=True, gc=False):
    """Messages that were deleted in a business chat."""

    chat: Chat
    message_ids: list[Number]
    business_connection_id: Id | None = None


class Update(Struct, frozen=True, gc=False):
    """What happened; one of the fields is there."""

    update_id: Annotated[int, Meta(ge=0, lt=2**62)]
    message: Message | None = None
    edited_message: Message | None = None
    callback_query: Query | None = None
    message_reaction: Reacted | None = None
    my_chat_member: Membership | None = None
    business_message: Message | None = None
    edited_business_message: Message | None = None
    deleted_business_messages: Deletions | None = None


class Updates(Struct, frozen=True, gc=False):
    """What a long poll brings."""

    ok: bool
    result: list[Raw]


decode_update = msgspec.json.Decoder(Update).decode
decode_updates = msgspec.json.Decoder(Updates).decode
