"""A fake of Telegram's Bot API, with the people who write to the bot.

    fake = FakeTelegram()
    async with running(fake) as here:        # testing.loopback; here.base_url is your api_base, fake.token your token
        await fake.hook("http://127.0.0.1:8088/webhooks/desk", "secret-token")    # or let the bot fetch its updates
        ada = await fake.person(name="Ada")
        await ada.write("hello")
        assert (await ada.next_message()).text == "Hello, Ada!"

Beside its neighbour's neutral parts (clock, forms, values of HTTP) it depends on nothing else of this project: a bug
that it shared with what it tests would hide.
"""

from turnkeeper.testing.fake_graph.clock import Clock, SystemClock
from turnkeeper.testing.fake_telegram.behaviour import (
    Behaviour,
    Fault,
    close,
    flood,
    gateway_error,
    hold,
    refuse,
    server_error,
)
from turnkeeper.testing.fake_telegram.bot_api import SENDS, Call
from turnkeeper.testing.fake_telegram.chats import Action, Chat, Message, Who
from turnkeeper.testing.fake_telegram.core import Press
from turnkeeper.testing.fake_telegram.errors import Refusal
from turnkeeper.testing.fake_telegram.fake import TOKEN, FakeTelegram
from turnkeeper.testing.fake_telegram.files import StoredFile
from turnkeeper.testing.fake_telegram.people import Group, Person
from turnkeeper.testing.fake_telegram.updates import Update, WebhookCall

__all__ = [
    "SENDS",
    "TOKEN",
    "Action",
    "Behaviour",
    "Call",
    "Chat",
    "Clock",
    "FakeTelegram",
    "Fault",
    "Group",
    "Message",
    "Person",
    "Press",
    "Refusal",
    "StoredFile",
    "SystemClock",
    "Update",
    "WebhookCall",
    "Who",
    "close",
    "flood",
    "gateway_error",
    "hold",
    "refuse",
    "server_error",
]
