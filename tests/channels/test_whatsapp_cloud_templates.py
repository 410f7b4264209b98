"""Meta's templates: listed in pages, submitted, changed, and told of in webhooks."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.channels.cloud_bodies import CONFIG, TOKEN, WABA_ID, body
from tests.channels.scripts import play, reply
from turnkeeper.channels.base import HttpReply, Webhook
from turnkeeper.channels.whatsapp_cloud import WhatsAppCloud
from turnkeeper.model.events import TemplateReport
from turnkeeper.model.outbound import NotSent, Rejected
from turnkeeper.model.templates import DraftButton, FoundTemplate, TemplateDraft

LIST = f"https://graph.facebook.com/v25.0/{WABA_ID}/message_templates"
BILL = {
    "id": "77", "name": "bill", "language": "en_US", "status": "APPROVED", "category": "UTILITY",
    "parameter_format": "POSITIONAL", "quality_score": {"score": "GREEN"}, "rejected_reason": "NONE",
    "components": [
        {"type": "HEADER", "format": "TEXT", "text": "Your bill"}, {"type": "BODY", "text": "Dear {{1}}, it is {{2}}."},
        {"type": "FOOTER", "text": "The shop"},
        {"type": "BUTTONS", "buttons": [
            {"type": "URL", "text": "Pay", "url": "https://a.test/{{1}}"},
            {"type": "PHONE_NUMBER", "text": "Call", "phone_number": "+15550100"},
        ]},
    ],
}  # fmt: skip


def listed(replies: list[HttpReply]) -> tuple[list[Any], Any]:
    return play(WhatsAppCloud().templates(CONFIG), replies)


def test_every_page_is_read() -> None:
    first = {"data": [BILL], "paging": {"cursors": {"after": "a=b&c"}, "next": "https://elsewhere.test/steal"}}
    last = {"data": [{**BILL, "id": 78, "language": "de"}], "paging": {"cursors": {"after": "z"}}}
    calls, found = listed([reply(200, first), reply(200, last)])
    assert [each.external_id for each in found] == ["77", "78"]
    assert [call.url.partition("?")[0] for call in calls] == [LIST, LIST]
    asked = [parse_qs(urlsplit(call.url).query) for call in calls]
    assert (asked[0]["limit"], asked[1]["after"]) == (["100"], ["a=b&c"])
    assert all(call.headers["authorization"] == f"Bearer {TOKEN}" for call in calls)


def test_all_of_a_template_is_read() -> None:
    rejected = {**BILL, "status": "REJECTED", "rejected_reason": "SCAM", "quality_score": None}
    _, [good, bad] = listed([reply(200, {"data": [BILL, rejected]})])
    told = good.definition
    assert (told.header_text, told.text, told.footer) == ("Your bill", "Dear {{1}}, it is {{2}}.", "The shop")
    assert [(each.text, each.opens, each.wants) for each in told.buttons] == [
        ("Pay", "https://a.test/{{1}}", True),
        ("Call", "+15550100", False),
    ]
    assert (good.quality, good.reason) == ("GREEN", None)
    assert (bad.definition.status, bad.quality, bad.reason) == ("REJECTED", "", "SCAM")


def error(code: int, status: int = 400) -> HttpReply:
    return reply(status, {"error": {"code": code, "message": f"no {TOKEN}"}})


@pytest.mark.parametrize(
    "label, answer, kind",
    [
        ("no connection", HttpReply(failure="not_connected"), NotSent),
        ("no answer", HttpReply(failure="no_answer"), NotSent),
        ("too many calls", error(80007), NotSent),
        ("dead token", error(190, 401), Rejected),
        ("no permission", error(200, 403), Rejected),
        ("not a list", reply(200, {"data": 3}), NotSent),
        ("not JSON", reply(200, b"<html>"), NotSent),
    ],
)
def test_what_goes_wrong_is_said(label: str, answer: HttpReply, kind: type) -> None:
    _, found = listed([answer])
    assert isinstance(found, kind), label
    assert TOKEN not in found.reason


def test_nonsense_costs_no_neighbour_and_no_endless_list() -> None:
    _, found = listed([reply(200, {"data": [None, 3, {}, {"name": "x"}, {**BILL, "components": [None, 7]}]})])
    assert [each.definition.name for each in found] == ["bill"]
    endless = {"data": [], "paging": {"cursors": {"after": "x"}, "next": "y"}}
    _, end = listed([reply(200, endless)] * 100)
    assert isinstance(end, NotSent)


DRAFT = TemplateDraft(
    "bill", "en_US", "utility", "Dear {{1}}, it is {{2}} now.", {"1": "Ada", "2": "5 €"},
    header_kind="text", header="For {{1}}", header_example="May", footer="The shop",
    buttons=(
        DraftButton("url", "Pay", "https://a.test/{{1}}", "https://a.test/7"), DraftButton("quick_reply", "No"),
        DraftButton("phone_number", "Call", "+15550100"), DraftButton("copy_code", example="SAVE"),
    ),
)  # fmt: skip
COMPONENTS: list[dict[str, Any]] = [
    {"type": "HEADER", "format": "TEXT", "text": "For {{1}}", "example": {"header_text": ["May"]}},
    {"type": "BODY", "text": DRAFT.body, "example": {"body_text": [["Ada", "5 €"]]}},
    {"type": "FOOTER", "text": "The shop"},
    {"type": "BUTTONS", "buttons": [
        {"type": "URL", "text": "Pay", "url": "https://a.test/{{1}}", "example": ["https://a.test/7"]},
        {"type": "QUICK_REPLY", "text": "No"},
        {"type": "PHONE_NUMBER", "text": "Call", "phone_number": "+15550100"},
        {"type": "COPY_CODE", "example": "SAVE"},
    ]},
]  # fmt: skip


def test_a_draft_is_submitted() -> None:
    answer = reply(200, {"id": "77", "status": "PENDING", "category": "MARKETING"})
    [call], found = play(WhatsAppCloud().submit_template(DRAFT, CONFIG), [answer])
    assert (call.method, call.url) == ("POST", LIST)
    assert call.json == {
        "name": "bill", "language": "en_US", "category": "UTILITY", "parameter_format": "positional",
        "components": COMPONENTS,
    }  # fmt: skip
    assert isinstance(found, FoundTemplate)
    assert (found.external_id, found.definition.status, found.definition.category) == ("77", "PENDING", "MARKETING")
    assert (found.definition.body, found.definition.header_values) == (("1", "2"), ("1",))


def test_names_have_examples_of_their_own() -> None:
    draft = TemplateDraft(
        "a", "en", "marketing", "Dear {{who}}!", {"who": "Ada"}, header_kind="text", header="{{what}}",
        header_example="News",
    )  # fmt: skip
    [call], _ = play(WhatsAppCloud().submit_template(draft, CONFIG), [reply(200, {"id": "1"})])
    asked: Any = call.json
    assert asked["parameter_format"] == "named"
    assert [each["example"] for each in asked["components"]] == [
        {"header_text_named_params": [{"param_name": "what", "example": "News"}]},
        {"body_text_named_params": [{"param_name": "who", "example": "Ada"}]},
    ]


def test_a_header_that_is_a_file_has_a_sample() -> None:
    draft = TemplateDraft("a", "en", "utility", "Here.", header_kind="image", header_example="4::x")
    [call], _ = play(WhatsAppCloud().submit_template(draft, CONFIG), [reply(200, {"id": "1"})])
    asked: Any = call.json
    assert asked["components"][0] == {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["4::x"]}}


def test_another_wording_is_submitted_under_its_id() -> None:
    [call], found = play(WhatsAppCloud().edit_template("77", DRAFT, CONFIG), [reply(200, {"success": True})])
    assert call.url == "https://graph.facebook.com/v25.0/77"
    assert "name" not in (call.json or {})
    assert (found.external_id, found.definition.status) == ("77", "PENDING")
    _, refused = play(WhatsAppCloud().edit_template("77", DRAFT, CONFIG), [error(100)])
    assert isinstance(refused, Rejected)


def told(value: dict[str, Any], field: str = "message_template_status_update") -> TemplateReport:
    named = {"message_template_id": 77, "message_template_name": "bill", "message_template_language": "en-US"}
    sent = body({"field": field, "value": {**named, **value}})
    [found] = WhatsAppCloud().parse(Webhook({}, sent), CONFIG)
    assert isinstance(found, TemplateReport)
    assert (found.external_id, found.name, found.language, found.account_id) == ("77", "bill", "en-US", WABA_ID)
    return found


REJECTION = {"reason": "It advertises.", "recommendation": "Choose MARKETING."}
# label, the value, status, quality, category, reason
REPORTS: list[tuple[str, dict[str, Any], tuple[str | None, ...]]] = [
    ("approved", {"event": "APPROVED", "reason": "NONE"}, ("APPROVED", None, None, "")),
    ("approved, no reason", {"event": "APPROVED", "reason": None}, ("APPROVED", None, None, "")),
    ("rejected", {"event": "REJECTED", "reason": "SCAM"}, ("REJECTED", None, None, "SCAM")),
    ("rejected in words", {"event": "REJECTED", "reason": "PROMOTIONAL", "rejection_info": REJECTION},
     ("REJECTED", None, None, "It advertises. Choose MARKETING.")),
    ("paused", {"event": "PAUSED", "reason": "NONE", "other_info": {"title": "FIRST_PAUSE", "description": "Long."}},
     ("PAUSED", None, None, "FIRST_PAUSE")),
    ("back", {"event": "REINSTATED"}, ("APPROVED", None, None, "")),
    ("disabled", {"event": "DISABLED", "disable_info": {"disable_date": "x"}}, ("DISABLED", None, None, "")),
    ("flagged: it is sent still", {"event": "FLAGGED"}, (None, None, None, "FLAGGED")),
    ("out of the archive", {"event": "UNARCHIVED"}, (None, None, None, "")),
    ("quality", {"previous_quality_score": "GREEN", "new_quality_score": "red"}, (None, "RED", None, None)),
    ("category", {"previous_category": "UTILITY", "new_category": "MARKETING"}, (None, None, "MARKETING", None)),
    ("category later", {"new_category": "UTILITY", "correct_category": "MARKETING"}, (None, None, "UTILITY", None)),
]  # fmt: skip


@pytest.mark.parametrize("label, value, expected", REPORTS, ids=[each[0] for each in REPORTS])
def test_what_webhooks_tell(label: str, value: dict[str, Any], expected: tuple[str | None, ...]) -> None:
    found = told(value)
    assert (found.status, found.quality, found.category, found.reason) == expected, label


def test_the_keys_decide_not_the_field() -> None:
    assert told({"new_quality_score": "RED"}, "message_template_status_update").quality == "RED"
    assert told({"event": "PAUSED"}, "a_field_of_tomorrow").status == "PAUSED"


@pytest.mark.parametrize(
    "status, reason, expected",
    [
        ("APPROVED", "SCAM", ""),
        ("PAUSED", "FIRST_PAUSE", "Meta has paused it because of its quality: people blocked or reported it"),
        ("REJECTED", "It advertises.", "Meta has rejected it: It advertises."),
        ("REJECTED", None, "Meta has rejected it"),
        ("REJECTED", "NONE", "Meta has rejected it"),
        ("A_NEW_ONE", None, "its status is a new one"),
        ("", None, "its status is unknown"),
    ],
)
def test_reasons_in_words(status: str, reason: str | None, expected: str) -> None:
    assert WhatsAppCloud().why_not(status, reason).startswith(expected)
    assert bool(WhatsAppCloud().why_not(status, reason)) == bool(expected)
