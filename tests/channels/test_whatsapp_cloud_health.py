"""The doctor's questions to Meta: each link broken on purpose."""

import pytest

from tests.channels.cloud_bodies import CONFIG, NUMBER_ID, TOKEN, WABA_ID
from tests.channels.scripts import play, reply
from turnkeeper.channels.base import HttpReply
from turnkeeper.channels.whatsapp_cloud import WhatsAppCloud

NUMBER = {"display_phone_number": "+1 555-0100", "status": "CONNECTED"}
GOOD_NUMBER = reply(200, NUMBER)
GOOD_APPS = reply(200, {"data": [{"whatsapp_business_api_data": {"id": "1", "name": "Shop"}}]})
BLOCKED = {
    "can_send_message": "BLOCKED",
    "entities": [None, {"errors": [{"possible_solution": "Pay the bill."}, 3]}, {"errors": None}],
}


def refused(code: int, status: int = 400) -> HttpReply:
    return reply(status, {"error": {"code": code, "message": f"no {TOKEN}"}})


def test_a_sound_setup() -> None:
    calls, found = play(WhatsAppCloud().health(CONFIG), [GOOD_NUMBER, GOOD_APPS])
    assert [call.url.partition("?")[0] for call in calls] == [
        f"https://graph.facebook.com/v25.0/{NUMBER_ID}",
        f"https://graph.facebook.com/v25.0/{WABA_ID}/subscribed_apps",
    ]
    assert [(link.link, link.ok) for link in found] == [
        ("api", True),
        ("token", True),
        ("number", True),
        ("subscription", True),
    ]
    assert "Shop" in found[-1].detail
    assert all(call.headers["authorization"] == f"Bearer {TOKEN}" for call in calls)
    assert not any(TOKEN in call.url for call in calls)


@pytest.mark.parametrize(
    "label, replies, broken",
    [
        ("no connection", [HttpReply(failure="not_connected")], "api"),
        ("no answer", [HttpReply(failure="no_answer")], "api"),
        ("not the Graph API", [reply(404, b"<html>")], "api"),
        ("token dead", [refused(190, 401)], "token"),
        ("token refused", [refused(0, 401)], "token"),
        ("token refused for another reason", [refused(999_999, 401)], "token"),
        ("wrong number", [refused(100), GOOD_APPS], "number"),
        ("not registered", [reply(200, {**NUMBER, "status": "PENDING"}), GOOD_APPS], "number"),
        ("status missing", [reply(200, {}), GOOD_APPS], "number"),
        ("blocked", [reply(200, {**NUMBER, "health_status": BLOCKED}), GOOD_APPS], "number"),
        ("no app", [GOOD_NUMBER, reply(200, {"data": []})], "subscription"),
        ("wrong account", [GOOD_NUMBER, refused(100)], "subscription"),
        ("apps unreadable", [GOOD_NUMBER, reply(200, {"data": 3})], "subscription"),
        ("apps not there", [GOOD_NUMBER, HttpReply(failure="no_answer")], "subscription"),
    ],
)
def test_each_broken_link_is_named(label: str, replies: list[HttpReply], broken: str) -> None:
    calls, found = play(WhatsAppCloud().health(CONFIG), replies)
    assert len(calls) == len(replies)
    assert [link.link for link in found if not link.ok] == [broken]
    [link] = [link for link in found if not link.ok]
    assert link.mend
    assert TOKEN not in link.detail


def test_metas_own_solution_is_told() -> None:
    blocked = reply(200, {**NUMBER, "health_status": BLOCKED})
    _, found = play(WhatsAppCloud().health(CONFIG), [blocked, GOOD_APPS])
    assert "Pay the bill." in [link.mend for link in found]


WHERE = [
    ("not told", {}, None),
    ("the app's", {"application": "https://a.test"}, ("https://a.test",)),
    ("the account's", {"application": "https://a.test", "whatsapp_business_account": "https://b.test"}, ("https://b.test",)),
    ("its own", {"application": "https://a.test", "phone_number": "https://c.test"}, ("https://c.test",)),
    ("nowhere", {"application": ""}, ()),
    ("nonsense", [3], None),
]  # fmt: skip


@pytest.mark.parametrize("label, told, urls", WHERE, ids=[row[0] for row in WHERE])
def test_where_its_webhooks_go(label: str, told: object, urls: tuple[str, ...] | None) -> None:
    number = {**NUMBER, "webhook_configuration": told} if told else NUMBER
    _, found = play(WhatsAppCloud().health(CONFIG), [reply(200, number), GOOD_APPS])
    assert [link.registered for link in found if link.link == "number"] == [urls]


URL = "https://bot.example.com/webhooks/shop"
DONE = reply(200, {"success": True})
CONNECTIONS = [
    ("done", [DONE, DONE], None),
    ("not subscribed", [refused(200, 403)], "subscription"),
    ("the address does not answer", [DONE, refused(2200)], "webhook"),
    ("no connection", [HttpReply(failure="not_connected")], "subscription"),
    ("taken in other words", [DONE, reply(200, {"success": "yes"})], "webhook"),
]


@pytest.mark.parametrize("label, replies, broken", CONNECTIONS, ids=[row[0] for row in CONNECTIONS])
def test_connecting_a_number(label: str, replies: list[HttpReply], broken: str | None) -> None:
    calls, found = play(WhatsAppCloud().connect(URL, CONFIG), replies)
    assert [link.link for link in found if not link.ok] == ([broken] if broken else [])
    assert all(link.mend for link in found if not link.ok)
    assert TOKEN not in "".join(link.detail for link in found)
    if broken is None:
        configured = {"override_callback_uri": URL, "verify_token": CONFIG.verify_token}
        assert [(call.method, call.json) for call in calls] == [
            ("POST", None),
            ("POST", {"webhook_configuration": configured}),
        ]
        assert [call.url.rpartition("v25.0/")[2] for call in calls] == [f"{WABA_ID}/subscribed_apps", NUMBER_ID]


def test_an_address_that_meta_does_not_take_is_not_offered() -> None:
    calls, found = play(WhatsAppCloud().connect("https://bot.example.com/" + "x" * 200, CONFIG), [])
    assert (calls, [link.ok for link in found]) == ([], [False])
