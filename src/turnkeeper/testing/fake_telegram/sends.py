"""The methods that put something into a chat or change what is there. They refuse what the Bot API refuses.

Source: core.telegram.org/bots/api ("Available methods"), read 2026.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from turnkeeper.testing.fake_telegram.chats import Chat, Message
from turnkeeper.testing.fake_telegram.entities import CAPTION_LIMIT, TEXT_LIMIT, formatted, units
from turnkeeper.testing.fake_telegram.errors import bad, forbidden
from turnkeeper.testing.fake_telegram.markup import markup_of
from turnkeeper.testing.fake_telegram.pacing import Pacing
from turnkeeper.testing.fake_telegram.reactions import EMOJI

if TYPE_CHECKING:
    from collections.abc import Callable

    from turnkeeper.testing.fake_telegram.core import Core
    from turnkeeper.testing.fake_telegram.files import StoredFile
    from turnkeeper.testing.fake_telegram.parameters import Parameters

Json = dict[str, Any]
_FILES: Final = {
    "sendPhoto": "photo", "sendDocument": "document", "sendVideo": "video", "sendAnimation": "animation",
    "sendAudio": "audio", "sendVoice": "voice", "sendVideoNote": "video_note", "sendSticker": "sticker",
}  # fmt: skip
ACTIONS: Final = frozenset({
    "typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice", "upload_document",
    "choose_sticker", "find_location", "record_video_note", "upload_video_note",
})  # fmt: skip
_GONE: Final = {
    "blocked": "bot was blocked by the user",
    "deactivated": "user is deactivated",
    "unknown": "bot can't initiate conversation with a user",
    "kicked": "bot was kicked from the group chat",
}


class Sends:
    """What the bot does in chats."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._pacing = Pacing(lambda: core.behaviour, core.clock.now)
        self.methods: dict[str, Callable[[Parameters], Any]] = {
            **{name: self._file_method(kind) for name, kind in _FILES.items()},
            "sendMessage": self.text,
            "sendMediaGroup": self.album,
            "sendLocation": self.location,
            "sendVenue": self.venue,
            "sendContact": self.contact,
            "sendChatAction": self.action,
            "setMessageReaction": self.reaction,
            "editMessageText": self.edit_text,
            "editMessageCaption": self.edit_caption,
            "editMessageReplyMarkup": self.edit_markup,
            "deleteMessage": self.delete,
            "answerCallbackQuery": self.answer_press,
        }

    # New messages

    def text(self, given: Parameters) -> Json:
        """sendMessage."""
        chat = self._chat(given)
        text, entities = self._text(given, "text")
        if not text:
            bad("message text is empty")
        if units(text) > TEXT_LIMIT:
            bad("message is too long")
        return self._put(chat, given, "text", text, {"text": text} | ({"entities": entities} if entities else {}))

    def _file_method(self, kind: str) -> Callable[[Parameters], Json]:
        def send(given: Parameters) -> Json:
            chat = self._chat(given)
            file = self._core.files.given(kind, given)
            return self._put_file(chat, given, file, given)

        return send

    def album(self, given: Parameters) -> list[Json]:
        """sendMediaGroup."""
        chat = self._chat(given)
        items = given.array("media") or []
        if not 2 <= len(items) <= 10:
            bad("media group must include 2-10 items")
        group = {"media_group_id": str(self._core.rng.randrange(10**16, 10**17))}
        files = []
        for item in items:
            own = type(given)({**item, item["type"]: item.get("media")}, given.files)
            files.append((self._core.files.given(item["type"], own), own))
        self._pacing.take(chat, len(files))
        return [self._put_file(chat, given, file, own, group, paced=True) for file, own in files]

    def location(self, given: Parameters) -> Json:
        """sendLocation."""
        return self._put(self._chat(given), given, "location", "", {"location": self._place(given)})

    def venue(self, given: Parameters) -> Json:
        """sendVenue."""
        place = self._place(given)
        for name in ("title", "address"):
            if name not in given:
                bad(f"{name} must be non-empty")
        title = given.text("title")
        venue = {"location": place, "title": title, "address": given.text("address")}
        return self._put(self._chat(given), given, "venue", title, {"venue": venue, "location": place})

    def contact(self, given: Parameters) -> Json:
        """sendContact."""
        for name, why in (("phone_number", "phone number"), ("first_name", "first name")):
            if name not in given:
                bad(f"{why} must be non-empty")
        card = {
            name: given.text(name) for name in ("phone_number", "first_name", "last_name", "vcard") if name in given
        }
        return self._put(self._chat(given), given, "contact", card["first_name"], {"contact": card})

    # Around messages

    def action(self, given: Parameters) -> bool:
        """sendChatAction."""
        chat = self._chat(given)
        action = given.text("action")
        if action not in ACTIONS:
            bad("wrong parameter action in request")
        chat.act(action, self._core.clock.now(), self._core.behaviour.action_lives)
        return True

    def reaction(self, given: Parameters) -> bool:
        """setMessageReaction."""
        chat = self._chat(given)
        message = chat.find(given.whole("message_id"))
        if message is None:
            bad("message to react not found")
        wanted = given.array("reaction") or []
        if len(wanted) > 1:
            bad("too many reactions")
        message.reactions.pop(self._core.bot.id, None)
        for each in wanted:
            if not isinstance(each, dict) or each.get("type") != "emoji" or each.get("emoji") not in EMOJI:
                bad("REACTION_INVALID")
            message.reactions[self._core.bot.id] = each["emoji"]
        return True

    def edit_text(self, given: Parameters) -> Json:
        """editMessageText."""
        chat, message = self._own(given, "edit")
        text, entities = self._text(given, "text")
        if not text:
            bad("message text is empty")
        if units(text) > TEXT_LIMIT:
            bad("MESSAGE_TOO_LONG")
        if message.kind != "text":
            bad("there is no text in the message to edit")
        return self._edited(chat, message, given, text, {"text": text} | ({"entities": entities} if entities else {}))

    def edit_caption(self, given: Parameters) -> Json:
        """editMessageCaption."""
        chat, message = self._own(given, "edit")
        content = {name: value for name, value in message.content.items() if not name.startswith("caption")}
        caption, fields = self._caption(given)
        return self._edited(chat, message, given, caption, content | fields)

    def edit_markup(self, given: Parameters) -> Json:
        """editMessageReplyMarkup."""
        chat, message = self._own(given, "edit")
        return self._edited(chat, message, given, message.text, message.content)

    def delete(self, given: Parameters) -> bool:
        """deleteMessage."""
        chat = self._chat(given)
        message = chat.find(given.whole("message_id"))
        if message is None:
            bad("message to delete not found")
        if self._core.clock.now() - message.at >= 48 * 3600.0:
            bad("message can't be deleted for everyone")
        chat.messages.remove(message)
        return True

    def answer_press(self, given: Parameters) -> bool:
        """answerCallbackQuery."""
        press = self._core.presses.get(given.text("callback_query_id"))
        now = self._core.clock.now()
        if press is None or now - press.at > self._core.behaviour.query_lives:
            bad("query is too old and response timeout expired or query ID is invalid")
        if units(given.text("text")) > 200:
            bad("MESSAGE_TOO_LONG")
        press.answered_at = now if press.answered_at is None else press.answered_at
        press.answer, press.alert = given.text("text"), given.flag("show_alert")
        return True

    # What they share

    def _chat(self, given: Parameters) -> Chat:
        """The chat that is meant, if it takes messages."""
        named = given.text("chat_id")
        if not named:
            bad("chat_id is empty")
        try:
            chat = self._core.chats.get(int(named))
        except ValueError:
            chat = None
        if chat is None:
            bad("chat not found")
        if chat.moved_to is not None:
            bad("group chat was upgraded to a supergroup chat", migrate_to_chat_id=chat.moved_to)
        if chat.standing in _GONE:
            forbidden(_GONE[chat.standing])
        return chat

    def _own(self, given: Parameters, what: str) -> tuple[Chat, Message]:
        chat = self._chat(given)
        message = chat.find(given.whole("message_id"))
        if message is None:
            bad(f"message to {what} not found")
        if not message.by_bot:
            bad(f"message can't be {what}ed")
        return chat, message

    def _text(self, given: Parameters, name: str) -> tuple[str, list[Json]]:
        text = given.text(name)
        own = given.array("entities" if name == "text" else "caption_entities")
        if own is not None and not given.text("parse_mode"):
            return text.strip(), own
        return formatted(text, given.text("parse_mode"))

    def _caption(self, given: Parameters) -> tuple[str, Json]:
        caption, entities = self._text(given, "caption")
        if units(caption) > CAPTION_LIMIT:
            bad("message caption is too long")
        fields: Json = {"caption": caption} if caption else {}
        return caption, fields | ({"caption_entities": entities} if caption and entities else {})

    def _place(self, given: Parameters) -> Json:
        place = {"latitude": given.number("latitude"), "longitude": given.number("longitude")}
        if not abs(place["latitude"]) <= 90 or not abs(place["longitude"]) <= 180:
            bad("wrong latitude or longitude specified")
        return place

    def _put_file(
        self,
        chat: Chat,
        given: Parameters,
        file: StoredFile,
        own: Parameters,
        group: Json | None = None,
        *,
        paced: bool = False,
    ) -> Json:
        caption, fields = ("", {}) if file.kind in ("sticker", "video_note") else self._caption(own)
        content = {**file.described(), **fields, **(group or {})}
        return self._put(chat, given, file.kind, caption, content, file, paced=paced)

    def _put(
        self,
        chat: Chat,
        given: Parameters,
        kind: str,
        text: str,
        content: Json,
        file: StoredFile | None = None,
        *,
        paced: bool = False,
    ) -> Json:
        markup = markup_of(given, private=chat.type == "private")
        quoted = self._quoted(chat, given)
        if not paced:
            self._pacing.take(chat, 1)
        now = self._core.clock.now()
        asked = {name: value for name, value in given.values.items() if name != "chat_id"}
        message = Message(chat.next_id(), self._core.bot, kind, text, now, content, file, quoted, markup, asked=asked)
        chat.add(message)
        if "keyboard" in markup:
            chat.keyboard = markup
        elif markup.get("remove_keyboard"):
            chat.keyboard = None
        self._core.changes.happened()
        return chat.shows(message)

    def _quoted(self, chat: Chat, given: Parameters) -> int | None:
        wanted = given.object("reply_parameters")
        if wanted is None:
            return None
        quoted = chat.find(wanted.get("message_id"))
        if quoted is None:
            if wanted.get("allow_sending_without_reply"):
                return None
            bad("message to be replied not found")
        return quoted.id

    def _edited(self, chat: Chat, message: Message, given: Parameters, text: str, content: Json) -> Json:
        markup = markup_of(given, private=chat.type == "private")
        if (text, content, markup) == (message.text, message.content, message.markup):
            why = "specified new message content and reply markup are exactly the same as a current content"
            bad(f"message is not modified: {why} and reply markup of the message")
        message.text, message.content, message.markup = text, content, markup
        message.edited_at = self._core.clock.now()
        self._core.changes.happened()
        return chat.shows(message)
