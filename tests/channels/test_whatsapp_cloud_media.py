"""Files of the Cloud API: where one can be had, and giving it one."""

import base64
import hashlib
from typing import Any

import pytest

from tests.channels.cloud_bodies import CONFIG, NUMBER_ID, TOKEN
from tests.channels.scripts import play, reply
from turnkeeper.channels.base import HttpReply, Located, Multipart, Uploaded
from turnkeeper.channels.whatsapp_cloud import WhatsAppCloud
from turnkeeper.model.events import Media
from turnkeeper.model.media import KeptFile
from turnkeeper.model.outbound import NotSent, Rejected

DIGEST = hashlib.sha256(b"bytes").digest()
URL = "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=7"
FOUND: dict[str, Any] = {
    "messaging_product": "whatsapp",
    "url": URL,
    "mime_type": "image/jpeg",
    "sha256": DIGEST.hex(),
    "file_size": "6041",
    "id": "7",
}
KEY = "ab" * 32
FILE = KeptFile(KEY, "application/pdf", 1234, 'Angebot "März".pdf')


def located(answer: dict[str, Any], media: Media | None = None) -> Located:
    _, found = play(WhatsAppCloud().fetch_media(media or Media(id="7"), CONFIG), [reply(200, answer)])
    assert isinstance(found, Located)
    return found


def test_where_a_file_is() -> None:
    calls, found = play(WhatsAppCloud().fetch_media(Media(id="7"), CONFIG), [reply(200, FOUND)])
    assert [(call.method, call.url) for call in calls] == [("GET", "https://graph.facebook.com/v25.0/7")]
    assert calls[0].headers["authorization"] == f"Bearer {TOKEN}"
    assert found == Located(URL, calls[0].headers, "image/jpeg", 6041, DIGEST.hex(), trusted=False)
    assert TOKEN not in repr(found)


def test_an_id_is_no_path() -> None:
    calls, _ = play(WhatsAppCloud().fetch_media(Media(id="../me?x=1#y"), CONFIG), [reply(200, FOUND)])
    assert calls[0].url == "https://graph.facebook.com/v25.0/..%2Fme%3Fx%3D1%23y"


HOSTS = [
    ("Meta's", URL, True, False),
    ("another of Meta's", "https://scontent.whatsapp.net/x", True, False),
    ("the Graph API's own", "https://graph.facebook.com/x", True, True),
    ("the Graph API's, not https", "http://graph.facebook.com/x", True, False),
    ("somebody's", "https://files.example.com/x", False, False),
    ("somebody's who looks like Meta", "https://fbsbx.com.example.com/x", False, False),
    ("somebody's with Meta as user", "https://lookaside.fbsbx.com@files.example.com/x", False, False),
    ("somebody's whose name ends like Meta's", "https://evilfbsbx.com/x", False, False),
    ("nobody's", "https://[lookaside.fbsbx.com/x", False, False),
    ("nobody's, with a slash that is none", "https://files.example.com／.fbsbx.com/x", False, False),
]


@pytest.mark.parametrize(("label", "url", "token", "trusted"), HOSTS, ids=[row[0] for row in HOSTS])
def test_who_is_shown_the_token_and_who_may_be_inside(label: str, url: str, token: bool, trusted: bool) -> None:
    found = located(FOUND | {"url": url})
    assert (bool(found.headers), found.trusted) == (token, trusted)


SUMS = [
    ("hex", DIGEST.hex(), DIGEST.hex()),
    ("hex in capitals", DIGEST.hex().upper(), DIGEST.hex()),
    ("base64", base64.b64encode(DIGEST).decode(), DIGEST.hex()),
    ("too short", "abcd", None),
    ("nonsense", "not a sum", None),
    ("no text", 7, None),
    ("none", None, None),
]


@pytest.mark.parametrize(("label", "told", "expected"), SUMS, ids=[row[0] for row in SUMS])
def test_sums_in_both_of_metas_ways(label: str, told: object, expected: str | None) -> None:
    assert located(FOUND | {"sha256": told}).sha256 == expected


def test_what_the_webhook_said_counts_where_the_answer_says_nothing() -> None:
    media = Media(id="7", mime="image/png", sha256=base64.b64encode(DIGEST).decode())
    found = located({"url": URL}, media)
    assert (found.mime, found.sha256, found.size) == ("image/png", DIGEST.hex(), None)


def error(code: int) -> dict[str, Any]:
    return {"error": {"code": code, "message": f"no {TOKEN}"}}


ANSWERS: list[tuple[str, HttpReply, type, str | None]] = [
    ("not there any more", reply(400, error(100)), Rejected, "give_up"),
    ("a dead token", reply(401, error(190)), Rejected, "stop_channel"),
    ("a fault of Meta's", reply(500, error(131000)), NotSent, None),
    ("too many calls", reply(400, error(4)), NotSent, None),
    ("no connection", HttpReply(failure="not_connected"), NotSent, None),
    ("no answer", HttpReply(failure="no_answer"), NotSent, None),
    ("a gateway", reply(502, b"<html>"), NotSent, None),
    ("an answer without an address", reply(200, {"id": 7}), NotSent, None),
    ("no object", reply(200, b"[]"), NotSent, None),
]


@pytest.mark.parametrize(("label", "answer", "expected", "remedy"), ANSWERS, ids=[row[0] for row in ANSWERS])
def test_what_an_answer_means(label: str, answer: HttpReply, expected: type, remedy: str | None) -> None:
    adapter = WhatsAppCloud()
    if answer.body != b'{"id": 7}':
        _, uploaded = play(adapter.upload(FILE, CONFIG), [answer])
        assert isinstance(uploaded, expected)
    _, found = play(adapter.fetch_media(Media(id="7"), CONFIG), [answer])
    assert isinstance(found, expected)
    assert getattr(found, "remedy", None) == remedy
    assert TOKEN not in repr(found)
    _, withdrawn = play(adapter.withdraw("7", CONFIG), [answer])
    assert (type(withdrawn), getattr(withdrawn, "remedy", None)) == (expected, remedy)
    assert TOKEN not in repr(withdrawn)


def test_what_a_person_sent_is_deleted_by_its_id() -> None:
    calls, refused = play(WhatsAppCloud().withdraw("7/8?", CONFIG), [reply(200, {"success": True})])
    (call,) = calls
    assert (call.method, call.url) == ("DELETE", "https://graph.facebook.com/v25.0/7%2F8%3F")
    assert refused is None


def test_a_message_without_a_file_asks_nobody() -> None:
    calls, found = play(WhatsAppCloud().fetch_media(Media(), CONFIG), [])
    assert (calls, type(found)) == ([], Rejected)


def test_an_upload_is_a_form_with_its_type() -> None:
    calls, found = play(WhatsAppCloud().upload(FILE, CONFIG), [reply(200, {"id": "900"})])
    (call,) = calls
    assert (call.method, call.url) == ("POST", f"https://graph.facebook.com/v25.0/{NUMBER_ID}/media")
    fields = {"messaging_product": "whatsapp", "type": "application/pdf"}
    assert call.multipart == Multipart(KEY, 1234, "application/pdf", f"{KEY[:16]}.pdf", fields)
    assert found == Uploaded("900", 29 * 86_400.0)
