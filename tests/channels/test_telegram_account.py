"""A bot's link to Telegram: webhooks proven and answered, the doctor, registering, long polling, files, keys."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from tests.channels.cases.telegram import INFO, good
from tests.channels.scripts import play
from tests.channels.table import answered
from tests.channels.telegram_bodies import (
    ADA_ID,
    BOT_ID,
    CONFIG,
    SECRET,
    TOKEN,
    dump,
    message,
    press,
    refused,
    signed,
    taken,
    update,
)
from turnkeeper.channels.base import Forbidden, HttpCall, HttpReply, Located, Polled, Webhook
from turnkeeper.channels.telegram import Telegram, TelegramConfig, TelegramKeys
from turnkeeper.channels.telegram.parse import ALLOWED_UPDATES
from turnkeeper.config import loads
from turnkeeper.model.errors import ConfigurationError
from turnkeeper.model.events import Inbound, Media
from turnkeeper.model.outbound import NotSent, Rejected

API = f"https://api.telegram.org/bot{TOKEN}/"
POLLING = replace(CONFIG, secret_token="", updates="polling")
HERE = "https://bot.example.com/webhooks/desk"
PRESS = update(press("yes"), "callback_query", n=8)
PRESS_ID = "38654705664000001"


def test_a_channel_without_a_secret_lets_nobody_in() -> None:
    for given in ("", SECRET):
        with pytest.raises(Forbidden):
            Telegram().verify(Webhook({"x-telegram-bot-api-secret-token": given}, b"{}"), POLLING)


@pytest.mark.parametrize(
    "label, body, expected",
    [
        ("a press", PRESS, {"method": "answerCallbackQuery", "callback_query_id": PRESS_ID}),
        ("a press under a message that is gone", update(press("yes", message=None), "callback_query"),
         {"method": "answerCallbackQuery", "callback_query_id": PRESS_ID}),
        ("a text", update(), None),
        ("a page's button, which nobody waits for", update(message(web_app_data={"data": "x"})), None),
    ],
)  # fmt: skip
def test_the_200_answers_a_press(label: str, body: Any, expected: Any) -> None:
    adapter = Telegram()
    said = adapter.acknowledgement(adapter.parse(signed(dump(body)), CONFIG), CONFIG)
    assert (json.loads(said) if said else None) == expected


# The doctor.


def checked(config: TelegramConfig = CONFIG, **info: Any) -> dict[str, tuple[bool, str]]:
    def provider(call: HttpCall) -> HttpReply:
        return taken({**INFO, **info}) if call.url.endswith("getWebhookInfo") else good(call)

    return {each.link: (each.ok, each.detail) for each in answered(Telegram().health(config), provider)[1]}


def test_all_is_well() -> None:
    assert checked() == {
        "api": (True, "the Bot API answers"),
        "token": (True, "@shop_bot is known"),
        "webhook": (True, "updates go to https://bot.example.com/webhooks/shop, 0 waiting"),
        "events": (True, "every kind of update is asked for"),
    }


def test_what_failed_once_and_is_over_is_no_fault() -> None:
    assert checked(last_error_message="Connection timed out", pending_update_count=0)["webhook"][0] is True


def test_where_webhooks_go_is_told_for_comparing() -> None:
    found = answered(Telegram().health(CONFIG), good)[1]
    assert [each.registered for each in found if each.registered is not None] == [(INFO["url"],)]


def test_a_bot_that_is_polled_has_no_webhook() -> None:
    assert checked(POLLING, url="", pending_update_count=3)["webhook"] == (
        True, "none is set: 3 waiting, updates are fetched",
    )  # fmt: skip
    assert checked(POLLING)["webhook"][0] is False


# Registering.


def connected(url: str, config: TelegramConfig, *replies: HttpReply) -> Any:
    return play(Telegram().connect(url, config), replies)


def test_the_webhook_is_set_with_its_secret_and_its_events() -> None:
    [call], [found] = connected(HERE, CONFIG, taken())
    assert call.url == f"{API}setWebhook"
    assert call.json == {
        "url": HERE,
        "secret_token": SECRET,
        "allowed_updates": list(ALLOWED_UPDATES),
        "max_connections": 40,
    }
    assert (found.ok, found.detail) == (True, f"updates go to {HERE}")


def test_where_updates_are_fetched_it_is_taken_away() -> None:
    [call], [found] = connected(HERE, POLLING, taken())
    assert (call.url, call.json) == (f"{API}deleteWebhook", {"drop_pending_updates": False})
    assert found.ok


@pytest.mark.parametrize(
    "label, url, replies, link",
    [
        ("not https", "http://bot.example.com/x", [], "webhook"),
        ("a port that is not called", "https://bot.example.com:9000/x", [], "webhook"),
        ("a port that is none", "https://bot.example.com:99999/x", [], "webhook"),
        ("refused", HERE, [refused(400, "Bad Request: bad webhook: Failed to resolve host")], "webhook"),
        ("a dead token", HERE, [refused(401, "Unauthorized")], "token"),
        ("nobody there", HERE, [HttpReply(failure="no_answer")], "api"),
    ],
)
def test_what_cannot_be_registered(label: str, url: str, replies: list[HttpReply], link: str) -> None:
    calls, [found] = connected(url, CONFIG, *replies)
    assert len(calls) == len(replies)
    assert (found.ok, found.link, bool(found.mend)) == (False, link, True)


# Long polling.


def test_what_waited_is_fetched_and_the_next_offset_told() -> None:
    calls, found = play(Telegram().poll(7, POLLING), [taken([update(n=7), PRESS]), taken()])
    assert [(call.url, call.json) for call in calls] == [
        (f"{API}getUpdates", {"timeout": 25, "allowed_updates": list(ALLOWED_UPDATES), "offset": 7}),
        (f"{API}answerCallbackQuery", {"callback_query_id": PRESS_ID}),
    ]
    assert calls[0].timeout == 35.0
    assert isinstance(found, Polled)
    assert [each.dedup_key for each in found.received if isinstance(each, Inbound)] == ["u:7", "u:8"]
    assert found.offset == 9


@pytest.mark.parametrize("offset, expected", [(None, None), (7, 7)])
def test_nothing_came(offset: int | None, expected: int | None) -> None:
    [call], found = play(Telegram().poll(offset, POLLING), [taken([])])
    assert isinstance(call.json, dict)
    assert ("offset" in call.json) == (offset is not None)
    assert found == Polled([], expected)


def test_a_press_that_cannot_be_answered_is_heard_all_the_same() -> None:
    _, found = play(Telegram().poll(None, POLLING), [taken([PRESS]), refused(400, "Bad Request: query is too old")])
    assert isinstance(found, Polled)
    assert len(found.received) == 1


@pytest.mark.parametrize(
    "label, answer, outcome, says",
    [
        ("a webhook is set", refused(409, "Conflict: can't use getUpdates method while webhook is active"), Rejected,
         "turnkeeper channel connect"),
        ("another fetches", refused(409, "Conflict: terminated by other getUpdates request"), Rejected, "Stop it"),
        ("a dead token", refused(401, "Unauthorized"), Rejected, "token"),
        ("too often", refused(429, "Too Many Requests", retry_after=3), NotSent, "too many"),
        ("a fault", refused(502, "Bad Gateway"), NotSent, "fault"),
        ("silence", HttpReply(failure="no_answer"), NotSent, "did not answer"),
        ("no connection", HttpReply(failure="not_connected"), NotSent, "connect"),
        ("words", HttpReply(200, b"<html>"), NotSent, "without"),
        ("no list", taken({"x": 1}), NotSent, "understood"),
    ],
)  # fmt: skip
def test_why_nothing_can_be_fetched(label: str, answer: HttpReply, outcome: type, says: str) -> None:
    _, found = play(Telegram().poll(None, POLLING), [answer])
    assert type(found) is outcome
    assert says in found.reason  # type: ignore[union-attr]


def test_a_wait_that_is_told_is_kept() -> None:
    _, found = play(Telegram().poll(None, POLLING), [refused(429, "Too Many Requests", retry_after=3)])
    assert isinstance(found, NotSent)
    assert found.retry_after == 3.0


# Files.


def test_a_file_is_where_telegram_says() -> None:
    answer = taken({"file_id": "F", "file_size": 9, "file_path": "docs/a b#.pdf"})
    [call], found = play(Telegram().fetch_media(Media(id="F", mime="application/pdf"), CONFIG), [answer])
    assert (call.url, call.json) == (f"{API}getFile", {"file_id": "F"})
    assert isinstance(found, Located)
    assert found.url == f"https://api.telegram.org/file/bot{TOKEN}/docs/a%20b%23.pdf"
    assert (found.mime, found.size, found.trusted) == ("application/pdf", 9, True)
    assert TOKEN not in repr(found)


@pytest.mark.parametrize(
    "label, media, replies, outcome, code",
    [
        ("no id", Media(), [], Rejected, "no_media_id"),
        ("known to be too large", Media(id="F", size=20 * 1024 * 1024 + 1), [], Rejected, "too_large"),
        ("found to be", Media(id="F"), [refused(400, "Bad Request: file is too big")], Rejected, "too_large"),
        ("not there", Media(id="F"), [refused(400, "Bad Request: invalid file_id")], Rejected, "400"),
        ("a dead token", Media(id="F"), [refused(401, "Unauthorized")], Rejected, "401"),
        ("a fault", Media(id="F"), [refused(500, "Internal Server Error")], NotSent, None),
        ("no path", Media(id="F"), [taken({"file_id": "F"})], NotSent, None),
    ],
)
def test_a_file_that_cannot_be_had(
    label: str, media: Media, replies: list[HttpReply], outcome: type, code: str | None
) -> None:
    calls, found = play(Telegram().fetch_media(media, CONFIG), replies)
    assert (len(calls), type(found)) == (len(replies), outcome)
    assert getattr(found, "code", None) == code


# Keys.

GOOD = {"kind": "telegram", "bot": "b", "token": TOKEN, "secret_token": SECRET}


@pytest.mark.parametrize(
    "label, changes",
    [
        ("no secret for a webhook", {"secret_token": ""}),
        ("a secret that Telegram does not take", {"secret_token": "two words"}),
        ("too long a secret", {"secret_token": "x" * 257}),
        ("a token without its secret half", {"token": "123"}),
        ("a token that is none", {"token": "abc:def"}),
        ("a token with a slash, which would lead elsewhere", {"token": "1:a/../b"}),
        ("another way", {"updates": "pigeon"}),
        ("a name that is none", {"username": "shop bot"}),
    ],
)
def test_what_is_no_setting(label: str, changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError) as caught:
        TelegramKeys.model_validate({**GOOD, **changes})
    assert TOKEN not in str(caught.value)


def test_what_is_polled_needs_no_secret() -> None:
    keys = TelegramKeys.model_validate({**GOOD, "secret_token": "", "updates": "polling"})
    assert keys.account_ids == (BOT_ID,)
    assert TelegramKeys.model_validate({**GOOD, "updates": "polling", "secret_token": SECRET}).proof != keys.proof


BOTS = """
[bots.b]
kind = "python"
entry = "my_bot:bot"
[channels.one]
kind = "telegram"
bot = "b"
token = "7:one"
{one}
[channels.two]
kind = "telegram"
bot = "b"
token = "8:two"
{two}
"""


@pytest.mark.parametrize(
    "label, one, two, wrong",
    [
        ("secrets of their own", 'secret_token = "a"', 'secret_token = "b"', None),
        ("one secret for both", 'secret_token = "a"', 'secret_token = "a"', "channels.two.secret_token"),
        ("none, for both are polled", 'updates = "polling"', 'updates = "polling"', None),
    ],
)
def test_a_secret_is_one_bots(label: str, one: str, two: str, wrong: str | None) -> None:
    """A body does not name its bot, so that the secret has to."""
    try:
        loads(BOTS.format(one=one, two=two), Path("turnkeeper.toml"))
        found = None
    except ConfigurationError as error:
        found = error.key
    assert found == wrong


def test_typing_is_shown_where_the_answer_goes() -> None:
    [call], _ = play(Telegram().typing((f"chat:{ADA_ID}",), "5", CONFIG), [taken()])
    assert (call.url, call.json) == (f"{API}sendChatAction", {"chat_id": ADA_ID, "action": "typing"})
    assert play(Telegram().typing(("pigeon:1",), "5", CONFIG), [])[0] == []
