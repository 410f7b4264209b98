"""WhatsApp through Meta's Cloud API, for the contract suite. Its finer points: test_whatsapp_cloud_*.py."""

from typing import Any

from tests.channels import cloud_bodies
from tests.channels.cloud_bodies import (
    AT,
    NUMBER_ID,
    PARENT,
    PHONE,
    SECRET,
    TOKEN,
    USER,
    WABA_ID,
    change,
    contact,
    envelope,
    message,
    messages,
    signed,
    status,
)
from tests.channels.scripts import reply
from tests.channels.table import Body, Cases, always
from turnkeeper.channels.base import HttpCall, HttpReply, Webhook
from turnkeeper.model.outbound import NotSent, Rejected, Unknown

VERIFY = "verify-token-of-the-tests"
KEYS = {
    "phone_number_id": NUMBER_ID,
    "waba_id": WABA_ID,
    "access_token": TOKEN,
    "app_secret": SECRET,
    "verify_token": VERIFY,
}
ANYONE = {
    "account_id": NUMBER_ID,
    "message_id": "wamid.1",
    "sender_id": PHONE,
    "sender_user_id": USER,
    "sender_phone": PHONE,
    "sender_name": "Noor",
    "timestamp": AT,
}
FILE = {"id": "55", "mime_type": "image/jpeg", "sha256": "c2hh", "url": "https://m.example/55"}
MEDIA = {"id": "55", "mime": "image/jpeg", "sha256": "c2hh", "url": "https://m.example/55"}
PAUSED = {
    "event": "PAUSED",
    "message_template_id": 77,
    "message_template_name": "bill",
    "message_template_language": "en",
    "reason": "NONE",
    "other_info": {"title": "FIRST_PAUSE", "description": "It is paused for 3 hours."},
}
REPLY = {"from": "15550100", "id": "wamid.0"}


def interactive(kind: str, **inner: Any) -> Any:
    return message("interactive", {"type": kind, kind: inner}, context=REPLY)


TYPES: list[tuple[str, Any, dict[str, Any]]] = [
    ("text", message(), {"kind": "text", "text": "Salam"}),
    ("an empty text", message("text", {"body": ""}), {"kind": "text", "text": ""}),
    ("a number as text", message("text", {"body": 42}), {"kind": "text", "text": "42"}),
    ("image", message("image", FILE), {"kind": "image", "media": MEDIA}),
    (
        "video with caption",
        message("video", {**FILE, "caption": "Look"}),
        {"kind": "video", "media": MEDIA, "text": "Look"},
    ),
    ("audio", message("audio", FILE), {"kind": "audio", "media": MEDIA}),
    ("no voice", message("image", {**FILE, "voice": True}), {"kind": "image", "media": MEDIA}),
    ("voice", message("audio", {**FILE, "voice": True}), {"kind": "voice", "media": MEDIA}),
    (
        "document",
        message("document", {**FILE, "filename": "a.pdf", "caption": "Here"}),
        {"kind": "document", "media": {**MEDIA, "filename": "a.pdf"}, "text": "Here"},
    ),
    (
        "sticker",
        message("sticker", {**FILE, "animated": True}),
        {"kind": "sticker", "media": MEDIA},
    ),
    (
        "media without id",
        message("image", {"mime_type": "image/png"}),
        {"kind": "image", "media": {"mime": "image/png"}, "media_unavailable": True},
    ),
    (
        "media that Meta could not load",
        message("video", errors=[{"code": 131052, "title": "Media download error"}]),
        {"kind": "video", "media_unavailable": True, "error_codes": [131052]},
    ),
    (
        "location",
        message("location", {"latitude": 21.4225, "longitude": "39.8262", "name": "Haram"}),
        {
            "kind": "location",
            "location": {"latitude": 21.4225, "longitude": 39.8262, "name": "Haram"},
        },
    ),
    (
        "contacts",
        message("contacts", [{"name": {"formatted_name": "Omar H"}}, {}]),
        {"kind": "contacts", "contacts_count": 2, "contact_name": "Omar H"},
    ),
    ("no contacts", message("contacts", []), {"kind": "contacts", "contacts_count": 0}),
    (
        "button reply",
        interactive("button_reply", id="yes", title="Yes"),
        {
            "kind": "button_reply",
            "text": "Yes",
            "choice": {"id": "yes", "title": "Yes"},
            "reply_to": "wamid.0",
        },
    ),
    (
        "list reply",
        interactive("list_reply", id="r1", title="Two", description="For two"),
        {
            "kind": "list_reply",
            "text": "Two",
            "choice": {"id": "r1", "title": "Two", "description": "For two"},
            "reply_to": "wamid.0",
        },
    ),
    (
        "flow reply",
        interactive("nfm_reply", name="flow", body="Sent", response_json='{"stars": 5}'),
        {
            "kind": "flow_reply",
            "text": "Sent",
            "flow_response_json": '{"stars": 5}',
            "reply_to": "wamid.0",
        },
    ),
    (
        "flow reply that is no string",
        interactive("nfm_reply", response_json=[1, 2]),
        {"kind": "flow_reply", "flow_response_json": "[1,2]", "reply_to": "wamid.0"},
    ),
    (
        "call permission",
        interactive("call_permission_reply", response="accept"),
        {"kind": "call_permission", "reply_to": "wamid.0"},
    ),
    (
        "an interactive type of tomorrow",
        interactive("wheel_reply", id="1"),
        {"kind": "unsupported", "reply_to": "wamid.0"},
    ),
    (
        "a template's button",
        message("button", {"payload": "STOP", "text": "No more"}),
        {"kind": "button_reply", "text": "No more", "choice": {"id": "STOP", "title": "No more"}},
    ),
    (
        "a template's button without payload",
        message("button", {"text": "No more"}),
        {
            "kind": "button_reply",
            "text": "No more",
            "choice": {"id": "No more", "title": "No more"},
        },
    ),
    (
        "reaction",
        message("reaction", {"message_id": "wamid.0", "emoji": "❤"}),
        {"kind": "reaction", "reaction": {"message_id": "wamid.0", "emoji": "❤"}},
    ),
    (
        "reaction taken away",
        message("reaction", {"message_id": "wamid.0"}),
        {"kind": "reaction", "reaction": {"message_id": "wamid.0", "emoji": ""}},
    ),
    (
        "order",
        message("order", {"catalog_id": "7", "text": "Today", "product_items": [{}, {}]}),
        {"kind": "order", "text": "Today", "order_items": 2},
    ),
    (
        "unsupported",
        message("unsupported", {"type": "poll"}, errors=[{"code": "131051"}, {"code": None}, 3]),
        {"kind": "unsupported", "error_codes": [131051]},
    ),
    ("a type of tomorrow", message("hologram", {"x": 1}), {"kind": "unsupported"}),
    (
        "edit",
        message(
            "edit",
            {"original_message_id": "wamid.0", "message": message("text", {"body": "Salaam"})},
        ),
        {"kind": "edited", "target_message_id": "wamid.0", "text": "Salaam"},
    ),
    (
        "edit of a caption",
        message(
            "edit",
            {
                "original_message_id": "wamid.0",
                "message": {"type": "image", "image": {"id": "55", "caption": "New"}},
            },
        ),
        {"kind": "edited", "target_message_id": "wamid.0", "text": "New", "media": {"id": "55"}},
    ),
    (
        "revoke",
        message("revoke", {"original_message_id": "wamid.0"}),
        {"kind": "deleted", "target_message_id": "wamid.0"},
    ),
    (
        "identity changed",
        message("system", {"type": "customer_identity_changed", "body": "New code"}),
        {"kind": "system", "text": "New code"},
    ),
    (
        "forwarded",
        message(context={"frequently_forwarded": True}),
        {"kind": "text", "text": "Salam", "forwarded": True},
    ),
    (
        "group",
        message(group_id="g-5"),
        {"kind": "text", "text": "Salam", "is_group": True, "chat_id": "g-5"},
    ),
    (
        "from an advertisement",
        message(referral={"source_id": "ad-1", "ctwa_clid": "clid"}),
        {"kind": "text", "text": "Salam", "referral": {"source_id": "ad-1", "ctwa_clid": "clid"}},
    ),
]
STATUS = {
    "kind": "status",
    "status": "delivered",
    "account_id": NUMBER_ID,
    "message_id": "wamid.9",
    "recipient_id": PHONE,
    "timestamp": AT,
    "tracker": "tk1|default|c1|7",
}
FAILURE = {
    "code": 131047,
    "title": "Re-engagement message",
    "message": "Re-engagement message",
    "error_data": {"details": "More than 24 hours have passed."},
}
STATUSES: list[tuple[str, Any, dict[str, Any]]] = [
    *((state, status(state), {**STATUS, "status": state}) for state in ("sent", "delivered", "read", "played")),
    (
        "failed",
        status("failed", errors=[FAILURE]),
        {**STATUS, "status": "failed", "error_codes": [131047]},
    ),
    (
        "group",
        status(recipient_id="g-5", recipient_type="group", recipient_participant_id=PHONE),
        {**STATUS, "recipient_id": "g-5", "is_group": True, "participant_id": PHONE},
    ),
    (
        "no phone",
        status(recipient_id=None, recipient_user_id=USER),
        {**STATUS, "recipient_id": USER},
    ),
    ("no id but ours", status(id=None), {k: v for k, v in STATUS.items() if k != "message_id"}),
    ("time as a number", status(timestamp=AT), STATUS),
    (
        "errors that are none",
        status("failed", errors=[None, 3, {}]),
        {**STATUS, "status": "failed"},
    ),
]

HEARD: list[tuple[str, Body, list[dict[str, Any]]]] = [
    *((label, envelope(messages(item)), [{**ANYONE, **event}]) for label, item, event in TYPES),
    *((f"status: {label}", envelope(change(statuses=[item])), [event]) for label, item, event in STATUSES),
    (
        "written on the business's own phone",
        envelope(change("smb_message_echoes", message_echoes=[message(**{"from": "15550100", "to": PHONE})])),
        [{"kind": "text", "text": "Salam", "from_me": True, "chat_id": PHONE}],
    ),
    ("an account error", envelope(change(errors=[{"code": 131000, "title": "Wrong"}])),
     [{"kind": "error", "reason": "Wrong", "error_codes": [131000]}]),
    ("a template that is paused", envelope(change("message_template_status_update", **PAUSED)), [
        {"kind": "template", "external_id": "77", "name": "bill", "language": "en", "status": "PAUSED",
         "reason": "FIRST_PAUSE"},
    ]),
    ("a field that is for nobody here", envelope(change("account_update", event="x")),
     [{"kind": "ignored", "reason": "field account_update"}]),
    ("an item that is none", envelope(messages(message(), 5, message(id="wamid.2"))),
     [{"kind": "text", "text": "Salam"}, {"kind": "unreadable"}, {"kind": "text", "text": "Salam"}]),
]  # fmt: skip


NEIGHBOUR = {"wa_id": "447700900124", "profile": {}}


def text(n: int, said: str) -> Body:
    return envelope(messages(message("text", {"body": said}, id=f"wamid.{n}")))


def joined(bodies: Any) -> Body:
    return envelope(*(one for each in bodies for one in each["entry"][0]["changes"]))


def forged(good: Webhook) -> list[Webhook]:
    return [Webhook({}, good.body), Webhook(good.headers, good.body + b" "), signed(good.body, "guess")]


def refused(code: int, status: int = 400) -> HttpReply:
    return reply(status, {"error": {"code": code, "message": "Words of Meta's", "error_data": {"details": "More."}}})


def good(call: HttpCall) -> HttpReply:
    """The Graph API, a number in order."""
    path = call.url.partition("?")[0]
    if path.endswith("/messages"):
        return reply(200, {"messages": [{"id": "wamid.out"}]})
    if path.endswith("/media"):
        return reply(200, {"id": "9001"})
    if call.method == "POST":
        return reply(200, {"success": True})
    if path.endswith("/subscribed_apps"):
        return reply(200, {"data": [{"whatsapp_business_api_data": {"id": "1", "name": "Shop"}}]})
    if path.endswith(NUMBER_ID):
        return reply(200, {"display_phone_number": "+1 555-0100", "status": "CONNECTED"})
    return reply(200, {"url": "https://m.example/9001", "mime_type": "image/png", "id": "9001"})


def unsubscribed(call: HttpCall) -> HttpReply:
    return reply(200, {"data": []}) if call.url.endswith("/subscribed_apps") else good(call)


CASES = Cases(
    kind="whatsapp_cloud",
    keys=KEYS,
    secrets=(TOKEN, SECRET, VERIFY),
    account_id=NUMBER_ID,
    prove=cloud_bodies.signed,
    forge=forged,
    message=text,
    batch=joined,
    short=[
        envelope(messages(message())),
        envelope(messages(message("image", {"id": "55", "mime_type": "image/jpeg", "caption": "Salam"}))),
        envelope(messages(message(group_id="g1", context={"id": "wamid.0", "forwarded": True}))),
        envelope(messages(message(referral={"source_id": "1", "headline": "Salam"}, errors=[{"code": 1}]))),
        envelope(messages(message("interactive", {"type": "list_reply", "list_reply": {"id": "1", "title": "Salam"}}))),
        joined([text(1, "Salam"), text(2, "Salam")]),
        envelope(messages(message(from_user_id=USER), message(id="wamid.2", from_parent_user_id=PARENT))),
        envelope(
            change(
                contacts=[contact(parent_user_id=PARENT), NEIGHBOUR],
                messages=[message(), message(**{"from": "447700900124"})],
            )
        ),
        envelope(change(contacts=[{"wa_id": PHONE, "profile": {"username": "noor"}}], messages=[message()])),
        # Nearly: what names other people, or is not written as usual.
        envelope(messages(message(from_user_id="GB.9"))),
        envelope(
            change(
                contacts=[contact(), {**NEIGHBOUR, "user_id": USER}],
                messages=[message(**{"from": "447700900124", "from_user_id": USER})],
            )
        ),
        envelope(change(contacts=[contact(), contact(profile={"name": "Zed"})], messages=[message()])),
        envelope(change(contacts=[{**NEIGHBOUR, "user_id": USER}], messages=[message()])),
        envelope(change(contacts=[contact(wa_id=f"+{PHONE}")], messages=[message(**{"from": f"+{PHONE}"})])),
        envelope(change(contacts=[contact(wa_id="12")], messages=[message(**{"from": "12"})])),
        envelope(messages(message(timestamp="17900000000000"))),
        envelope(messages(message(timestamp="now"))),
        envelope(messages(message(timestamp=""))),
        envelope(messages()),
    ],
    address=f"phone:{PHONE}",
    heard=HEARD,
    delivers=lambda call: call.url.endswith("/messages"),
    good=good,
    accepted_id="wamid.out",
    answers=[
        ("the token is dead", refused(190, 401), Rejected, {"code": "190", "remedy": "stop_channel"}),
        ("outside the window", refused(131047), Rejected, {"remedy": "use_template"}),
        ("a body that is not taken", refused(100), Rejected, {"remedy": "give_up"}),
        ("the number sends too fast", refused(130429), NotSent, {"scope": "number", "retry_after": 5.0}),
        ("this person gets too many", refused(131056), NotSent, {"scope": "pair"}),
        ("a fault of Meta's", refused(131000, 500), NotSent, {"limit": 4}),
        ("a code of tomorrow", refused(999_999), Rejected, {"remedy": "give_up"}),
        ("an answer without an id", reply(200, {"messages": [{}]}), Unknown, {}),
    ],
    unhealthy=[
        ("no connection", always(HttpReply(failure="not_connected")), "api"),
        ("a dead token", always(refused(190, 401)), "token"),
        ("a number that is off", always(reply(200, {"status": "PENDING", "data": [{}]})), "number"),
        ("no app subscribed", unsubscribed, "subscription"),
    ],
)
