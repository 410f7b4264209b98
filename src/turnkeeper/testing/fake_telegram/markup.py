"""What may stand below a message: inline buttons, reply keyboards; and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from turnkeeper.testing.fake_telegram.errors import bad

if TYPE_CHECKING:
    from turnkeeper.testing.fake_telegram.parameters import Parameters

Json = dict[str, Any]
DATA_LIMIT: Final = 64
"""Bytes of callback_data."""
MOST_BUTTONS: Final = 100
_ACTIONS: Final = {
    "callback_data", "url", "web_app", "login_url", "switch_inline_query", "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat", "copy_text", "callback_game", "pay",
}  # fmt: skip


def markup_of(parameters: Parameters, *, private: bool) -> Json:
    """The reply_markup of a call, checked. Raises Refusal."""
    markup = parameters.object("reply_markup") or {}
    if "inline_keyboard" in markup:
        _inline(markup["inline_keyboard"])
    elif "keyboard" in markup:
        _keyboard(markup["keyboard"], private=private)
    return markup


def _rows(rows: Any, name: str) -> list[Any]:
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        bad(f'field "{name}" must be of type Array of Arrays')
    buttons = [button for row in rows for button in row]
    if len(buttons) > MOST_BUTTONS:
        bad("reply markup is too long")
    return buttons


def _inline(rows: Any) -> None:
    for button in _rows(rows, "inline_keyboard"):
        if not isinstance(button, dict):
            bad("can't parse inline keyboard button: InlineKeyboardButton must be an Object")
        label = button.get("text")
        if not isinstance(label, str) or not label.strip():
            bad("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
        given = _ACTIONS & button.keys()
        if not given:
            bad("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
        if len(given) > 1:
            bad("can't parse inline keyboard button: exactly one of the optional fields must be used")
        data = button.get("callback_data")
        if data is not None and (not isinstance(data, str) or not 0 < len(data.encode()) <= DATA_LIMIT):
            bad("BUTTON_DATA_INVALID")
        url = button.get("url")
        if url is not None and not str(url).startswith(("http://", "https://", "tg://")):
            bad(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")


def _keyboard(rows: Any, *, private: bool) -> None:
    for button in _rows(rows, "keyboard"):
        if isinstance(button, str):
            continue
        if not isinstance(button, dict) or not isinstance(button.get("text"), str) or not button["text"]:
            bad("can't parse keyboard button: KeyboardButton must be a String or an Object with a text")
        asks = button.get("request_contact") or button.get("request_location")
        if asks and not private:
            what = "phone number" if button.get("request_contact") else "location"
            bad(f"{what} can be requested in private chats only")
