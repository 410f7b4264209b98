"""The doctor's look at a session, registering the webhook, and the settings."""

from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from tests.channels.cases.waha import SESSION_BODY
from tests.channels.scripts import play, reply
from tests.channels.waha_bodies import BASE, CONFIG, HMAC, KEY, SESSION
from turnkeeper.channels.base import Finding, HttpCall, HttpReply
from turnkeeper.channels.waha import Waha, WahaKeys
from turnkeeper.channels.waha.health import events_for

WAHA = Waha()
URL = "https://bot.example.com/webhooks/shop/s3cret"
OTHER = {"url": "https://other.test/hook", "events": ["message"], "hmac": {"key": "theirs"}}
HOOK = {
    "url": URL,
    "events": list(events_for(CONFIG)),
    "hmac": {"key": HMAC},
    "retries": {"policy": "exponential", "delaySeconds": 2, "attempts": 15},
}


def links(found: list[Finding]) -> list[tuple[str, bool]]:
    return [(each.link, each.ok) for each in found]


def health(body: Any, status: int = 200, config: Any = CONFIG) -> list[Finding]:
    calls, found = play(WAHA.health(config), [reply(status, body)])
    assert [call.url for call in calls] == [f"{BASE}/api/sessions/{SESSION}"]
    return found


def test_a_session_in_order() -> None:
    found = health(SESSION_BODY)
    assert links(found) == [("server", True), ("key", True), ("session", True), ("webhook", True), ("events", True)]
    assert found[2].detail == "session shop (The shop) is WORKING"
    assert found[3].registered == ("https://bot.example.com/webhooks/shop",)


@pytest.mark.parametrize(
    "label, events, lacking",
    [
        ("all of them", ["*"], None),
        ("what comes in alone is enough", ["message", *events_for(CONFIG)[1:]], None),
        ("an older server", [each for each in events_for(CONFIG) if each != "message.ack.group"], None),
        ("no acks", [each for each in events_for(CONFIG) if each != "message.ack"], "message.ack"),
        ("nothing", [], "message.any, message.ack"),
    ],
)
def test_the_events_that_are_asked_for(label: str, events: list[str], lacking: str | None) -> None:
    found = health({**SESSION_BODY, "config": {"webhooks": [{"url": URL, "events": events}]}})
    assert found[-1].link == "events"
    assert (not found[-1].ok, (lacking or "") in found[-1].detail) == (lacking is not None, True)


def test_typing_is_missed_where_it_is_wanted() -> None:
    assert not health(SESSION_BODY, config=replace(CONFIG, watch_typing=True))[-1].ok


def test_no_address_of_a_webhook_is_shown() -> None:
    found = health({**SESSION_BODY, "config": {"webhooks": [{"url": URL, "events": ["message"]}]}})
    assert "s3cret" not in repr(found)
    assert "s3cret" not in "".join(each.detail + each.mend for each in found)


def connect(*answers: HttpReply, config: Any = CONFIG) -> tuple[list[HttpCall], list[Finding]]:
    return play(WAHA.connect(URL, config), answers)


def test_the_webhook_is_put_beside_those_of_others_and_nothing_else_changes() -> None:
    given = {"proxy": None, "metadata": {"shop": "1"}, "noweb": {"store": {"enabled": True}}, "webhooks": [OTHER]}
    calls, found = connect(reply(200, {**SESSION_BODY, "config": given}), reply(200, {}))
    assert (calls[1].method, calls[1].url) == ("PUT", f"{BASE}/api/sessions/{SESSION}")
    assert calls[1].json == {"config": {**given, "webhooks": [OTHER, HOOK]}}
    assert links(found) == [("webhook", True)]
    assert found[0].registered == (URL,)


def test_an_old_one_of_ours_is_replaced() -> None:
    given = {"webhooks": [{"url": URL, "events": ["message"]}, OTHER]}
    calls, _ = connect(reply(200, {**SESSION_BODY, "config": given}), reply(200, {}))
    assert calls[1].json == {"config": {"webhooks": [OTHER, HOOK]}}


def test_what_is_there_already_restarts_nothing() -> None:
    calls, found = connect(reply(200, {**SESSION_BODY, "config": {"webhooks": [{**HOOK, "customHeaders": None}]}}))
    assert (len(calls), links(found)) == (1, [("webhook", True)])


def test_a_session_that_is_not_there_is_made() -> None:
    calls, found = connect(reply(404, {"message": "Session not found"}), reply(201, {}))
    assert (calls[1].method, calls[1].url) == ("POST", f"{BASE}/api/sessions")
    assert calls[1].json == {"name": SESSION, "start": True, "config": {"webhooks": [HOOK]}}
    assert found[0].ok


def test_an_older_server_is_asked_for_what_it_knows() -> None:
    calls, found = connect(reply(200, SESSION_BODY), reply(400, {"message": ["events"]}), reply(200, {}))
    body: Any = calls[2].json
    assert "message.ack.group" not in body["config"]["webhooks"][-1]["events"]
    assert found[0].ok


def test_without_a_key_nothing_is_signed() -> None:
    calls, _ = connect(reply(200, SESSION_BODY), reply(200, {}), config=replace(CONFIG, hmac_key=""))
    body: Any = calls[1].json
    assert "hmac" not in body["config"]["webhooks"][-1]


@pytest.mark.parametrize(
    "label, answers, link",
    [
        ("no connection", [HttpReply(failure="not_connected")], "server"),
        ("a wrong key", [reply(401, {"message": f"Unauthorized {KEY}"})], "key"),
        ("a key that may not change it", [reply(200, SESSION_BODY), reply(403, {"message": "Forbidden"})], "key"),
        ("it is not taken", [reply(200, SESSION_BODY), reply(400, {}), reply(400, {"message": "no"})], "webhook"),
        ("no answer", [reply(200, SESSION_BODY), HttpReply(failure="no_answer")], "webhook"),
    ],
)
def test_what_keeps_a_webhook_from_being_registered(label: str, answers: list[HttpReply], link: str) -> None:
    _, found = connect(*answers)
    assert links(found) == [(link, False)]
    assert found[0].mend
    assert KEY not in repr(found)


# The settings.


def keys(**more: Any) -> WahaKeys:
    return WahaKeys(**{"kind": "waha", "bot": "b", "base_url": BASE, "api_key": KEY, "hmac_key": HMAC, **more})


def test_two_servers_may_have_a_session_of_one_name() -> None:
    assert keys().account_ids == ("default",)
    assert keys().identity == ("base_url", "session")


@pytest.mark.parametrize(
    "label, given, proof, path_secret",
    [
        ("signed", {}, HMAC, ""),
        ("an address", {"hmac_key": "", "webhook_secret": "s3"}, "s3", "s3"),
        ("both", {"webhook_secret": "s3"}, f"{HMAC}\ns3", "s3"),
    ],
)
def test_what_proves_a_webhook(label: str, given: Any, proof: str, path_secret: str) -> None:
    assert (keys(**given).proof, keys(**given).path_secret) == (proof, path_secret)


@pytest.mark.parametrize(
    "label, given, why",
    [
        ("nothing proves it", {"hmac_key": ""}, "anybody could post"),
        ("no address", {"base_url": "waha:3000"}, "not a plain http address"),
        ("a secret that ends the path", {"webhook_secret": "a/b"}, "part of an address"),
        ("a session that is a path", {"session": "../x"}, "pattern"),
        ("too long a typing", {"typing": "60s"}, "less than or equal to 10"),
    ],
)
def test_settings_that_stop_the_start(label: str, given: Any, why: str) -> None:
    with pytest.raises(ValidationError, match=why) as refused:
        keys(**given)
    assert KEY not in str(refused.value)


def test_typing_may_be_off() -> None:
    assert (keys(typing="off").typing, keys().typing) == (None, 6.0)
    assert keys(api_key="other").credentials_digest() != keys().credentials_digest()
