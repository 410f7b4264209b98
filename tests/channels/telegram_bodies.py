"""Bodies of the Telegram Bot API, made for tests. Every name and number is invented."""

import json
from typing import Any

from tests.channels.scripts import reply
from turnkeeper.channels.base import HttpReply, Webhook
from turnkeeper.channels.telegram import TelegramConfig

BOT_ID = "7000000001"
TOKEN = f"{BOT_ID}:AAtoken-of-the-tests"
SECRET = "secret-of-the-tests"
CONFIG = TelegramConfig(TOKEN, SECRET, username="shop_bot")
ADA_ID = 9_000_000_001
GROUP_ID = -1_001_234_567_890
AT = 1_790_000_000
ADA = {"id": ADA_ID, "is_bot": False, "first_name": "Ada", "last_name": "L"}
BOT = {"id": int(BOT_ID), "is_bot": True, "first_name": "Shop", "username": "shop_bot"}
CHAT = {"id": ADA_ID, "type": "private", "first_name": "Ada"}
GROUP = {"id": GROUP_ID, "type": "supergroup", "title": "Neighbours"}

Json = Any


def message(**more: Json) -> Json:
    """A message of Ada's; a text unless it is something else. A field that is None is left out."""
    found = {"message_id": 5, "from": ADA, "chat": CHAT, "date": AT, **(more or {"text": "Salam"})}
    return {name: value for name, value in found.items() if value is not None}


def update(payload: Json = None, kind: str = "message", n: int = 1) -> Json:
    return {"update_id": n, kind: message() if payload is None else payload}


def press(data: str, label: str = "Yes", **more: Json) -> Json:
    """A press on a button under a message of ours."""
    markup = {"inline_keyboard": [[{"text": "Other", "callback_data": "-"}, {"text": label, "callback_data": data}]]}
    asked = {**message(text="Well?"), "from": BOT, "reply_markup": markup}
    return {"id": "38654705664000001", "from": ADA, "message": asked, "chat_instance": "1", "data": data, **more}


def signed(raw: bytes, secret: str = SECRET) -> Webhook:
    return Webhook({"x-telegram-bot-api-secret-token": secret}, raw)


def dump(body: Json) -> bytes:
    return json.dumps(body).encode()


def taken(result: Json = True) -> HttpReply:
    return reply(200, {"ok": True, "result": result})


def refused(code: int, words: str, **parameters: Json) -> HttpReply:
    body = {"ok": False, "error_code": code, "description": words}
    return reply(code, body | ({"parameters": parameters} if parameters else {}))
