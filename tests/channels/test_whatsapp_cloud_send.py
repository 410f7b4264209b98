"""What goes out, and what each answer means: scripts of calls and replies."""

from dataclasses import replace
from typing import Any

import pytest

from tests.channels.cloud_bodies import CONFIG, NUMBER_ID, PARENT, PHONE, TOKEN, USER
from tests.channels.scripts import play, reply
from turnkeeper.channels.base import HttpReply
from turnkeeper.channels.whatsapp_cloud import WhatsAppCloud
from turnkeeper.channels.whatsapp_cloud.errors import ERRORS
from turnkeeper.model.contents import Text
from turnkeeper.model.ids import ChannelId, ConversationId, OutboundKey, WorkspaceId
from turnkeeper.model.outbound import Accepted, NotSent, Outbound, Outcome, Rejected, Unknown

KEY = OutboundKey(WorkspaceId("default"), ConversationId("c1"), 7)
HELLO = Outbound(KEY, ChannelId("shop"), (f"phone:{PHONE}",), Text("Salam"), "tk1|default|c1|7")
SENT = {"messaging_product": "whatsapp", "messages": [{"id": "wamid.out"}]}


def outcome(answer: HttpReply, **changes: Any) -> Outcome:
    _, result = play(WhatsAppCloud().send(replace(HELLO, **changes), CONFIG), [answer])
    return result


def refused(code: object, status: int = 400, tries: int = 1, **more: Any) -> Outcome:
    return outcome(reply(status, {"error": {"message": "no", "code": code, **more}}), tries=tries)


def test_a_text_is_one_call() -> None:
    [call], result = play(WhatsAppCloud().send(HELLO, CONFIG), [reply(200, SENT)])
    assert (call.method, call.url) == (
        "POST",
        f"https://graph.facebook.com/v25.0/{NUMBER_ID}/messages",
    )
    assert call.headers == {"authorization": f"Bearer {TOKEN}"}
    assert call.json == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": f"+{PHONE}",
        "type": "text",
        "text": {"body": "Salam", "preview_url": False},
        "biz_opaque_callback_data": "tk1|default|c1|7",
    }
    assert result == Accepted("wamid.out")
    assert TOKEN not in repr(call)


def test_a_quote_and_a_preview() -> None:
    quoting = replace(HELLO, content=Text("See", preview_url=True, reply_to="wamid.0"))
    [call], _ = play(WhatsAppCloud().send(quoting, CONFIG), [reply(200, SENT)])
    assert isinstance(call.json, dict)
    assert call.json["context"] == {"message_id": "wamid.0"}
    assert call.json["text"] == {"body": "See", "preview_url": True}


def test_base_and_version_are_settings() -> None:
    config = replace(CONFIG, api_base="http://127.0.0.1:9/", api_version="v26.0")
    [call], _ = play(WhatsAppCloud().send(HELLO, config), [reply(200, SENT)])
    assert call.url == f"http://127.0.0.1:9/v26.0/{NUMBER_ID}/messages"


@pytest.mark.parametrize(
    "label, addresses, expected",
    [
        ("phone", (f"phone:{PHONE}",), {"to": f"+{PHONE}"}),
        ("phone wins", (f"user:{USER}", f"phone:{PHONE}"), {"to": f"+{PHONE}"}),
        ("the newest phone", ("phone:441", f"phone:{PHONE}"), {"to": "+441"}),
        ("no phone", (f"user:{USER}", f"parent:{PARENT}"), {"recipient": USER}),
        ("only the parent", (f"parent:{PARENT}",), {"recipient": PARENT}),
    ],
)
def test_to_whom(label: str, addresses: tuple[str, ...], expected: dict[str, str]) -> None:
    sending = WhatsAppCloud().send(replace(HELLO, addresses=addresses), CONFIG)
    [call], _ = play(sending, [reply(200, SENT)])
    assert isinstance(call.json, dict)
    assert {k: v for k, v in call.json.items() if k in ("to", "recipient")} == expected


def test_what_cannot_go_makes_no_call() -> None:
    closed = replace(HELLO, window_open=False)
    calls, result = play(WhatsAppCloud().send(closed, CONFIG), [])
    assert (calls, result.code, result.remedy) == ([], "window_closed", "use_template")  # type: ignore[union-attr]
    for addresses in ((), ("lid:5",), ("nothing",)):
        calls, result = play(WhatsAppCloud().send(replace(HELLO, addresses=addresses), CONFIG), [])
        assert (calls, result.code) == ([], "no_address")  # type: ignore[union-attr]


ANSWERS: list[tuple[str, HttpReply, type]] = [
    ("accepted", reply(200, SENT), Accepted),
    ("accepted, but no id", reply(200, {"messages": [{}]}), Unknown),
    ("accepted, but no message", reply(200, {"messages": []}), Unknown),
    ("accepted, in words", reply(200, b"OK"), Unknown),
    ("accepted, cut off", reply(200, b'{"messages":[{"id":"wamid.o'), Unknown),
    ("accepted, but a list", reply(200, [SENT]), Unknown),
    ("accepted, nested without end", reply(200, b"[" * 100_000), Unknown),
    ("an error with 200", reply(200, {"error": {"code": 100}}), Rejected),
    ("never left", HttpReply(failure="not_connected"), NotSent),
    ("no answer", HttpReply(failure="no_answer"), Unknown),
    ("fault without error", reply(500, b""), Unknown),
    ("a gateway's page", reply(502, b"<html>Bad gateway</html>"), Unknown),
    ("fault with an unknown error", reply(500, {"error": {"code": 999_999}}), NotSent),
    ("refused with an unknown error", reply(400, {"error": {"code": 999_999}}), Rejected),
    ("an error without code", reply(400, {"error": {"message": "no"}}), Rejected),
    ("a fault without code", reply(503, {"error": {"message": "no"}}), NotSent),
    ("an error that is a string", reply(500, {"error": "no"}), Unknown),
    ("a proxy's page", reply(404, b"<html>"), Rejected),
    ("moved", reply(302, b""), Rejected),
    ("too many calls", reply(429, b""), NotSent),
    ("too many calls, unknown error", reply(429, {"error": {"code": 999_999}}), NotSent),
    ("request timeout", reply(408, b""), Unknown),
    ("no permission in words", reply(401, b"who?"), Rejected),
]


@pytest.mark.parametrize("label, answer, expected", ANSWERS, ids=[row[0] for row in ANSWERS])
def test_answers(label: str, answer: HttpReply, expected: type) -> None:
    assert type(outcome(answer)) is expected


REJECTED: dict[str, tuple[int, ...]] = {
    "stop_channel": (
        *(0, 190, 3, 10, *range(200, 300), 131005, 131031, 368, 130497),
        *(131037, 131042, 131044, 131045, 133010),
    ),
    "give_up": (
        *(33, 100, 131008, 131009, 131021, 135000, 131051, 131026, 131030, 131049, 130472),
        *(131052, 131053, 132000, 132005, 132008, 132012, 132018, 131035, 131036),
        *(613, *range(138000, 139000)),
    ),
    "use_template": (131047,),
    "never_again": (131050,),
    "use_other_address": (131062,),
    "operator": (
        *(131063, 131064, 132001, 132007, 132015, 132016, 132068, 132069),
        *(133000, 133005, 133006, 133008, 133009, 133015, 133016, 137000),
    ),
}
# code: seconds after tries 1, 2, 3; limit on tries; what slows down
LATER: dict[int, tuple[tuple[float | None, ...], int | None, str]] = {
    **dict.fromkeys((1, 2, 131000, 131016, 133004), ((None, None, None), 4, "message")),
    **dict.fromkeys((4, 80007), ((600.0, 600.0, 600.0), None, "number")),
    130429: ((5.0, 10.0, 20.0), None, "number"),
    131056: ((1.0, 4.0, 16.0), None, "pair"),
    131048: ((3600.0, 3600.0, 3600.0), None, "number"),
    **dict.fromkeys((131057, 2494100), ((60.0, 120.0, 240.0), None, "number")),
}


def test_every_code_has_a_row_here() -> None:
    known = [code for codes in (*REJECTED.values(), LATER) for code in codes]
    assert sorted(known) == sorted(ERRORS)


@pytest.mark.parametrize("remedy", REJECTED)
def test_codes_that_end_a_message(remedy: str) -> None:
    for code in REJECTED[remedy]:
        for status in (400, 500):
            found = refused(code, status, error_data={"details": "because"})
            assert isinstance(found, Rejected), code
            assert (found.code, found.remedy) == (str(code), remedy)
            assert f"({code} no: because)" in found.reason


@pytest.mark.parametrize("code", LATER)
def test_codes_that_wait(code: int) -> None:
    waits, limit, scope = LATER[code]
    for tries, wait in enumerate(waits, 1):
        found = refused(code, 400, tries)
        assert isinstance(found, NotSent)
        assert (found.retry_after, found.limit, found.scope) == (wait, limit, scope)
        assert found.code == str(code)


def test_no_wait_grows_without_end() -> None:
    for code in LATER:
        found = refused(code, tries=10_000)
        assert isinstance(found, NotSent)
        assert found.retry_after is None or found.retry_after <= 3600


@pytest.mark.parametrize(
    "label, error, code",
    [
        ("code as a string", {"code": "131047"}, "131047"),
        ("true is no code", {"code": True}, "400"),
        ("an object is no code", {"code": {}}, "400"),
        ("nor is a negative", {"code": -1}, "400"),
    ],
)
def test_odd_errors(label: str, error: Any, code: str) -> None:
    found = outcome(reply(400, {"error": error}))
    assert isinstance(found, Rejected | NotSent)
    assert found.code == code


def test_a_known_subcode_tells_what_an_unknown_code_means() -> None:
    found = refused(999_999, error_subcode=2494100)
    assert isinstance(found, NotSent)
    assert (found.code, found.retry_after) == ("999999", 60.0)


def test_a_reason_never_tells_the_token() -> None:
    found = refused(190, 401, message=f"Malformed access token {TOKEN}")
    assert isinstance(found, Rejected)
    assert "Malformed access token (token)" in found.reason


def test_a_reason_is_short() -> None:
    found = refused(100, message="x" * 100_000)
    assert isinstance(found, Rejected)
    assert len(found.reason) < 500


@pytest.mark.parametrize(
    "answer",
    [reply(200, {"success": True}), reply(500, b""), HttpReply(failure="no_answer")],
    ids=["shown", "fault", "no answer"],
)
def test_typing_marks_read_in_the_same_call(answer: HttpReply) -> None:
    typing = WhatsAppCloud().typing((f"phone:{PHONE}",), "wamid.1", CONFIG)
    [call], result = play(typing, [answer])
    assert result is None
    assert call.url.endswith(f"/{NUMBER_ID}/messages")
    assert call.json == {
        "messaging_product": "whatsapp",
        "status": "read",
        "message_id": "wamid.1",
        "typing_indicator": {"type": "text"},
    }
