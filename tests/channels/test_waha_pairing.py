"""Logging a WAHA session in: what is asked of the server, and what a person is shown."""

from typing import Any

import pytest

from tests.channels.scripts import play, reply
from turnkeeper.channels.base import HttpReply, Pairing
from turnkeeper.channels.waha import Waha, WahaConfig

CONFIG = WahaConfig("http://waha:3000", "the-key", "shop", "h" * 32)
WAHA = Waha()
QR = {"mimetype": "image/png", "data": "aGVsbG8="}
SHOWN = Pairing("SCAN_QR_CODE", qr="data:image/png;base64,aGVsbG8=")
GONE = HttpReply(failure="not_connected")


def session(status: str, **more: object) -> HttpReply:
    return reply(200, {"name": "shop", "status": status, **more})


def test_a_session_that_waits_for_its_phone_gives_the_code() -> None:
    calls, found = play(WAHA.pair(CONFIG), [session("SCAN_QR_CODE"), reply(200, QR)])
    assert found == SHOWN
    assert [(each.method, each.url) for each in calls] == [
        ("GET", "http://waha:3000/api/sessions/shop"),
        ("GET", "http://waha:3000/api/shop/auth/qr"),
    ]
    assert calls[1].headers == {"x-api-key": "the-key", "accept": "application/json"}


@pytest.mark.parametrize(
    "first, call, body",
    [
        (session("STOPPED"), "sessions/shop/start", {}),
        (session("FAILED"), "sessions/shop/restart", {}),
        (reply(404, {"message": "not found"}), "sessions", {"name": "shop", "start": True}),
    ],
)
def test_a_session_that_stands_still_is_started(first: HttpReply, call: str, body: dict[str, Any]) -> None:
    calls, found = play(WAHA.pair(CONFIG), [first, reply(201, {"status": "STARTING"})])
    assert found == Pairing("STARTING")
    assert (calls[1].method, calls[1].url, calls[1].json) == ("POST", f"http://waha:3000/api/{call}", body)
    _, refused = play(WAHA.pair(CONFIG), [first, reply(500, {"message": "no room for the-key"})])
    assert "no room for (key)" in refused.mend


@pytest.mark.parametrize(
    "answers, status, said",
    [
        ([GONE], "UNREACHABLE", "base_url"),
        ([reply(401, {"message": "Unauthorized"})], "REFUSED", "Unauthorized"),
        ([reply(200, b"<html>")], "UNREACHABLE", "base_url"),
        ([session("STARTING")], "STARTING", ""),
        ([session("PASSKEY_REQUIRED")], "PASSKEY_REQUIRED", "passkey"),
        ([session("SCAN_QR_CODE"), reply(422, {"message": "too late"})], "SCAN_QR_CODE", ""),
        ([session("SCAN_QR_CODE"), reply(200, {"mimetype": "text/html", "data": "PGI+"})], "SCAN_QR_CODE", ""),
        ([session("SCAN_QR_CODE"), reply(200, {**QR, "data": "'); alert(1"})], "SCAN_QR_CODE", ""),
        ([session("SCAN_QR_CODE"), GONE], "SCAN_QR_CODE", ""),
    ],
)
def test_what_is_told_otherwise(answers: list[HttpReply], status: str, said: str) -> None:
    _, found = play(WAHA.pair(CONFIG), answers)
    assert (found.status, found.works, found.qr) == (status, False, "")
    assert said in found.mend if said else found.mend == ""


def test_who_is_logged_in_is_told() -> None:
    _, found = play(WAHA.pair(CONFIG), [session("WORKING", me={"id": "15550009999@c.us", "pushName": "Shop"})])
    assert found == Pairing("WORKING", works=True, account="Shop +15550009999")


def test_a_code_is_typed_into_the_phone_instead() -> None:
    calls, found = play(WAHA.pairing_code("15550009999", CONFIG), [reply(201, {"code": "ABCD-EFGH"})])
    assert found.code == "ABCD-EFGH"
    assert calls[0].url == "http://waha:3000/api/shop/auth/request-code"
    assert calls[0].json == {"phoneNumber": "15550009999"}
    for answer in (reply(422, {"message": "not now"}), GONE, reply(201, {"code": "<b>"})):
        _, found = play(WAHA.pairing_code("15550009999", CONFIG), [answer])
        assert found.code == ""
        assert "scan the QR code" in found.mend
