"""What each item of a Cloud API webhook means, in the words that `channel parse` prints."""

import json
from typing import Any

import msgspec
import pytest

from tests.channels.cases.whatsapp_cloud import FAILURE, interactive
from tests.channels.cloud_bodies import (
    AT,
    CONFIG,
    NUMBER_ID,
    PARENT,
    PHONE,
    USER,
    WABA_ID,
    body,
    change,
    contact,
    dump,
    envelope,
    message,
    messages,
    status,
)
from turnkeeper.channels.base import NotThisProvider, Webhook
from turnkeeper.channels.whatsapp_cloud import WhatsAppCloud
from turnkeeper.model.events import DeliveryUpdate, Ignored, Inbound, Received, Unreadable, words


def parse(raw: bytes) -> list[Received]:
    return WhatsAppCloud().parse(Webhook({}, raw), CONFIG)


def shown(item: Received) -> dict[str, Any]:
    """The event as `channel parse` prints it."""
    found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(words(item)))
    return found


def only(raw: bytes) -> Inbound:
    [event] = parse(raw)
    assert isinstance(event, Inbound), event
    return event


def one(item: Any) -> Inbound:
    return only(body(messages(item)))


@pytest.mark.parametrize(
    "label, item, expected",
    [
        (
            "order",
            message("order", {"catalog_id": "7", "product_items": [{"quantity": 2}]}),
            {"order": {"catalog_id": "7", "product_items": [{"quantity": 2}]}},
        ),
        (
            "contacts",
            message("contacts", [{"phones": [{"phone": "1"}]}]),
            {"contacts": [{"phones": [{"phone": "1"}]}]},
        ),
        (
            "product asked about",
            message(context={"referred_product": {"catalog_id": "7"}}),
            {"referred_product": {"catalog_id": "7"}},
        ),
        ("unsupported", message("unsupported", {"type": "poll"}), {"type": "poll"}),
        ("a type of tomorrow", message("hologram"), {"type": "hologram"}),
        (
            "errors",
            message("unsupported", errors=[{"code": 131051}]),
            {"type": "unsupported", "errors": [{"code": 131051}]},
        ),
        (
            "identity",
            message("system", {"type": "customer_identity_changed", "identity": {"hash": "h"}}),
            {"type": "customer_identity_changed", "identity": {"hash": "h"}},
        ),
        (
            "flow",
            interactive("nfm_reply", name="flow", response_json="{}"),
            {"flow_name": "flow"},
        ),
        (
            "call permission",
            interactive("call_permission_reply", response="accept"),
            {"call_permission": {"response": "accept"}},
        ),
        (
            "a place's page",
            message("location", {"latitude": 0, "longitude": 0, "url": "u"}),
            {"url": "u"},
        ),
    ],
)  # fmt: skip
def test_what_has_no_word_is_kept_in_details(label: str, item: Any, expected: Any) -> None:
    assert one(item).details == expected


def people(item: Any, *contacts: Any, count: int = 1) -> Inbound:
    items = [item] + [message(**{"from": "441", "id": f"x{n}"}) for n in range(count - 1)]
    found = parse(body(change(contacts=list(contacts), messages=items)))[0]
    assert isinstance(found, Inbound), found
    return found


NOBODY = {k: v for k, v in message().items() if k != "from"}
STRANGER = {"wa_id": "440", "user_id": "GB.1", "profile": {"name": "Zed"}}
PEOPLE: list[tuple[str, Inbound, tuple[str, ...], str | None, str | None]] = [
    ("phone only", people(message()), (f"phone:{PHONE}",), PHONE, None),
    (
        "a number as phone",
        people(message(**{"from": int(PHONE)})),
        (f"phone:{PHONE}",),
        PHONE,
        None,
    ),
    ("phone with plus", people(message(**{"from": "+441"})), ("phone:441",), "+441", None),
    (
        "all three",
        people(message(from_user_id=USER, from_parent_user_id=PARENT)),
        (f"user:{USER}", f"parent:{PARENT}", f"phone:{PHONE}"),
        PHONE,
        None,
    ),
    (
        "completed from the contact",
        people(message(), contact(parent_user_id=PARENT)),
        (f"user:{USER}", f"parent:{PARENT}", f"phone:{PHONE}"),
        PHONE,
        "Noor",
    ),
    ("no phone", people({**NOBODY, "from_user_id": USER}), (f"user:{USER}",), USER, None),
    ("id in from", people(message(**{"from": USER})), (f"user:{USER}",), USER, None),
    ("parent in from", people(message(**{"from": PARENT})), (f"parent:{PARENT}",), PARENT, None),
    (
        "id in from, phone in the contact",
        people(message(**{"from": USER}), contact()),
        (f"user:{USER}", f"phone:{PHONE}"),
        USER,
        "Noor",
    ),
    ("only the contact", people(NOBODY, {"user_id": USER}), (f"user:{USER}",), USER, None),
    ("another's contact", people(message(), STRANGER), (f"phone:{PHONE}",), PHONE, None),
    (
        "another's contact, no phones",
        people({**NOBODY, "from_user_id": USER}, {"user_id": "GB.1", "profile": {"name": "Zed"}}),
        (f"user:{USER}",),
        USER,
        None,
    ),
    (
        "the right one of two",
        people(message(), STRANGER, contact()),
        (f"user:{USER}", f"phone:{PHONE}"),
        PHONE,
        "Noor",
    ),
    (
        "nothing in common, but alone",
        people(message(), {"user_id": USER, "profile": {"name": "Noor"}}),
        (f"user:{USER}", f"phone:{PHONE}"),
        PHONE,
        "Noor",
    ),
    (
        "nothing in common, one of two messages",
        people(message(), {"user_id": USER}, count=2),
        (f"phone:{PHONE}",),
        PHONE,
        None,
    ),
    (
        "nothing in common, two contacts",
        people(message(), {"user_id": USER}, {"user_id": "GB.2"}),
        (f"phone:{PHONE}",),
        PHONE,
        None,
    ),
    ("contacts that are none", people(message(), None, 3, "x"), (f"phone:{PHONE}",), PHONE, None),
]


@pytest.mark.parametrize("label, event, addresses, sender, name", PEOPLE, ids=[row[0] for row in PEOPLE])
def test_who(label: str, event: Inbound, addresses: tuple[str, ...], sender: str, name: str | None) -> None:
    assert (event.addresses, event.sender_id, event.sender_name) == (addresses, sender, name)


NEW_USER, NEW_PHONE = "GB.8009", "447700900999"
MOVES: list[tuple[str, Any, tuple[str, ...], dict[str, Any]]] = [
    (
        "number",
        message("system", {"type": "user_changed_number", "wa_id": NEW_PHONE}, from_user_id=USER),
        (f"user:{USER}", f"phone:{NEW_PHONE}", f"phone:{PHONE}"),
        {"old": f"phone:{PHONE}", "new": f"phone:{NEW_PHONE}"},
    ),
    (
        "number, and a new id with it",
        message("system", {"type": "user_changed_number", "wa_id": NEW_PHONE, "user_id": NEW_USER},
                from_user_id=USER),
        (f"user:{NEW_USER}", f"user:{USER}", f"phone:{NEW_PHONE}", f"phone:{PHONE}"),
        {"old": f"phone:{PHONE}", "new": f"phone:{NEW_PHONE}"},
    ),
    (
        "id, the old one named",
        {**NOBODY, "type": "system", "system": {
            "type": "user_changed_user_id", "previous_user_id": USER, "user_id": NEW_USER}},
        (f"user:{NEW_USER}", f"user:{USER}"),
        {"old": f"user:{USER}", "new": f"user:{NEW_USER}"},
    ),
    (
        "id, the old one is the sender's",
        message("system", {"type": "user_changed_user_id", "user_id": NEW_USER}, from_user_id=USER),
        (f"user:{NEW_USER}", f"user:{USER}", f"phone:{PHONE}"),
        {"old": f"user:{USER}", "new": f"user:{NEW_USER}"},
    ),
    (
        "id, the old one told in words",
        message("system", {"type": "user_changed_user_id", "user_id": NEW_USER,
                           "body": f"User Noor changed from {USER} to {NEW_USER}"}),
        (f"user:{NEW_USER}", f"user:{USER}", f"phone:{PHONE}"),
        {"old": f"user:{USER}", "new": f"user:{NEW_USER}"},
    ),
    (
        "number, sent from the new one",
        message("system", {"type": "user_changed_number", "wa_id": PHONE, "customer": "441"}),
        (f"phone:{PHONE}", "phone:441"),
        {"old": "phone:441", "new": f"phone:{PHONE}"},
    ),
    (
        "id, sent from the new one",
        message("system", {"type": "user_changed_user_id", "user_id": NEW_USER,
                           "body": f"User Noor changed from {USER} to {NEW_USER}"},
                from_user_id=NEW_USER),
        (f"user:{NEW_USER}", f"user:{USER}", f"phone:{PHONE}"),
        {"old": f"user:{USER}", "new": f"user:{NEW_USER}"},
    ),
    (
        "id, the old one unknown",
        message("system", {"type": "user_changed_user_id", "user_id": NEW_USER}),
        (f"user:{NEW_USER}", f"phone:{PHONE}"),
        {"old": None, "new": f"user:{NEW_USER}"},
    ),
]  # fmt: skip


@pytest.mark.parametrize("label, item, addresses, change_", MOVES, ids=[row[0] for row in MOVES])
def test_a_person_who_moved_has_the_old_and_the_new_address(
    label: str, item: Any, addresses: tuple[str, ...], change_: dict[str, Any]
) -> None:
    event = only(body(change(messages=[item])))
    assert event.kind == "system"
    assert event.addresses == addresses
    assert event.details == {"type": item["system"]["type"], **change_}


def test_an_echo_belongs_to_the_person_it_was_written_to() -> None:
    echo = message(**{"from": "15550100", "to": PHONE, "to_user_id": USER})
    event = only(body(change("smb_message_echoes", message_echoes=[echo])))
    assert words(event) == {
        "kind": "text",
        "account_id": NUMBER_ID,
        "message_id": "wamid.1",
        "chat_id": PHONE,
        "sender_id": "15550100",
        "timestamp": AT,
        "text": "Salam",
        "from_me": True,
    }
    assert event.addresses == (f"user:{USER}", f"phone:{PHONE}")


def test_a_failure_is_told_in_metas_words() -> None:
    [update] = parse(body(change(statuses=[status("failed", errors=[FAILURE])])))
    assert isinstance(update, DeliveryUpdate)
    assert update.error == "Re-engagement message: More than 24 hours have passed."


FIELDS = (
    "history", "smb_app_state_sync", "account_update", "message_template_status_update", "calls",
    "group_lifecycle_update", "user_preferences", "a_field_of_tomorrow",
)  # fmt: skip


@pytest.mark.parametrize("field", FIELDS)
def test_other_fields_are_ignored_by_name(field: str) -> None:
    found = parse(body({"field": field, "value": {"event": "X" * 5000}}))
    [ignored] = [shown(item) for item in found]
    assert ignored["kind"] == "ignored"
    assert ignored["reason"] == f"field {field}"
    assert ignored["account_id"] == WABA_ID
    assert len(ignored["raw"]) == 1000


@pytest.mark.parametrize("odd", ["", "\0", "\ud83d"], ids=["plain", "with a NUL", "with half a character"])
def test_a_numbers_whole_history_is_one_ignored_item(odd: str) -> None:
    said = {
        "id": "wamid.1",
        "type": "text",
        "text": {"body": "Salam" * 30 + odd},
        "history_context": {"status": "READ"},
    }
    threads = [{"id": str(thread), "messages": [said] * 100} for thread in range(100)]
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"phone_number_id": NUMBER_ID},
        "history": [{"metadata": {"phase": 0, "chunk_order": 1, "progress": 55}, "threads": threads}],
    }
    sent = body({"field": "history", "value": value})
    assert len(sent) > 2_400_000
    [ignored] = parse(sent)
    assert isinstance(ignored, Ignored)
    assert (ignored.reason, ignored.account_id, len(ignored.raw)) == ("field history", NUMBER_ID, 1000)


def test_statuses_that_say_nothing_about_delivery_are_ignored() -> None:
    for state in ("deleted", "warning"):
        [found] = [shown(item) for item in parse(body(change(statuses=[status(state)])))]
        assert (found["kind"], found["reason"]) == ("ignored", f"status {state}")


def test_an_account_error_is_for_no_mailbox() -> None:
    error = {"code": 131000, "title": "Something went wrong"}
    [found] = parse(body(change(errors=[error])))
    told = shown(found)
    assert json.loads(told.pop("raw")) == [error]
    assert told == {
        "kind": "error",
        "reason": "Something went wrong",
        "account_id": NUMBER_ID,
        "error_codes": [131000],
    }
    assert isinstance(found, Ignored)


def test_an_interactive_message_that_meta_could_not_show() -> None:
    broken = message("interactive", {"type": "nfm_reply"})
    beside = [{"code": 131000}]
    assert only(body(messages(broken, errors=beside))).error_codes == (131000,)
    assert only(body(messages(broken, errors=beside))).kind == "unsupported"
    assert isinstance(parse(body(messages(broken)))[0], Unreadable)
    kinds = [words(item)["kind"] for item in parse(body(messages(message(), errors=beside)))]
    assert kinds == ["text", "error"]


EDIT = message("edit", {"original_message_id": "w", "message": message()})
MALFORMED: list[tuple[str, Any]] = [
    ("null", None),
    ("a number", 3),
    ("a list", [message()]),
    ("empty", {}),
    ("no type", {**message(), "type": None}),
    ("type is an object", {**message(), "type": {"text": 1}}),
    ("no sender", NOBODY),
    ("sender is a list", message(**{"from": [PHONE]})),
    ("id is an object", message(id={"x": 1})),
    ("id of a megabyte", message(id="w" * 1_000_000)),
    ("text is a string", message("text", "Salam")),
    ("body is missing", message("text", {})),
    ("body is an object", message("text", {"body": {}})),
    ("image is a list", message("image", [])),
    ("no coordinates", message("location", {"latitude": "north", "longitude": 1})),
    ("an infinite coordinate", message("location", {"latitude": "inf", "longitude": 1})),
    ("true as a coordinate", message("location", {"latitude": True, "longitude": 1})),
    ("contacts is an object", message("contacts", {})),
    ("interactive is null", message("interactive")),
    ("nothing chosen", interactive("button_reply")),
    ("flow reply without answer", interactive("nfm_reply", body="Sent")),
    ("reaction to nothing", message("reaction", {"emoji": "x"})),
    ("order without items", message("order", {"catalog_id": "7"})),
    ("edit without content", message("edit", {"original_message_id": "wamid.0"})),
    ("edit of an edit", message("edit", {"original_message_id": "w", "message": EDIT})),
    ("revoke of nothing", message("revoke", {})),
]


@pytest.mark.parametrize("label, item", MALFORMED, ids=[row[0] for row in MALFORMED])
def test_a_malformed_message_stands_alone(label: str, item: Any) -> None:
    raw = body(messages(message(id="wamid.a"), item, message(id="wamid.b")))
    before, found, after = parse(raw)
    alone = message(id="wamid.a"), message(id="wamid.b")
    assert [before, after] == parse(body(messages(*alone)))
    assert isinstance(found, Unreadable)
    assert found.reason
    assert json.loads(found.raw) == item


WRONG_ABOVE: list[tuple[str, Any]] = [
    ("change is null", None),
    ("change without value", {"field": "messages"}),
    ("value is a list", {"field": "messages", "value": []}),
    ("no field", {"value": {}}),
    ("messages is an object", {"field": "messages", "value": {"messages": {}}}),
    ("statuses is a string", {"field": "messages", "value": {"statuses": "x"}}),
    ("errors is a number", {"field": "messages", "value": {"errors": 3}}),
    ("status is null", change(statuses=[None])),
    ("status of nothing", change(statuses=[status(id=None, biz_opaque_callback_data=None)])),
    ("status is a list", change(statuses=[status([])])),  # type: ignore[arg-type]
    ("echoes missing", change("smb_message_echoes")),
    ("echo to nobody", change("smb_message_echoes", message_echoes=[message()])),
]


@pytest.mark.parametrize("label, item", WRONG_ABOVE, ids=[row[0] for row in WRONG_ABOVE])
def test_what_is_wrong_above_the_messages_stands_alone_too(label: str, item: Any) -> None:
    good = messages(message())
    [before, found, after] = parse(body(good, item, good))
    assert [before, after] == parse(body(good, good))
    assert isinstance(found, Unreadable)
    assert found.reason


def test_wrong_entries_stand_alone() -> None:
    good = envelope(messages(message()))["entry"][0]
    whole = {**envelope(), "entry": [good, None, {"id": "1"}, {"changes": 3}, good]}
    kinds = [words(item)["kind"] for item in parse(dump(whole))]
    assert kinds == ["text", "unreadable", "unreadable", "unreadable", "text"]
    entries: list[Any] = [None, {}, "x"]
    for entry in entries:
        [found] = parse(dump({**envelope(), "entry": entry}))
        assert isinstance(found, Unreadable)


def test_a_batch_comes_out_whole_and_in_order() -> None:
    changes = [
        messages(*(message(id=f"wamid.{n}.{m}") for m in range(10)))
        if n % 2
        else change(statuses=[status(id=f"wamid.{n}.{m}") for m in range(10)])
        for n in range(100)
    ]
    entries = [{"id": WABA_ID, "changes": changes[n : n + 10]} for n in range(0, 100, 10)]
    found = parse(dump({**envelope(), "entry": entries}))
    ids = [item.message_id for item in found]
    assert ids == [f"wamid.{n}.{m}" for n in range(100) for m in range(10)]


def test_each_number_gets_its_own() -> None:
    other = messages(message())
    other["value"]["metadata"]["phone_number_id"] = 77
    nameless = messages(message())
    del nameless["value"]["metadata"]
    accounts = [item.account_id for item in parse(body(messages(message()), other, nameless))]
    assert accounts == [NUMBER_ID, "77", WABA_ID]


def test_dedup_keys() -> None:
    nameless = {k: v for k, v in message().items() if k != "id"}
    other = {**nameless, "text": {"body": "other"}}
    later = {**nameless, "timestamp": str(AT + 5)}
    elsewhere = {**nameless, "from": "441"}
    keys = [
        (item.dedup_key, item.dedup_window)
        for item in parse(body(messages(message(), nameless, later, other, elsewhere)))
        if isinstance(item, Inbound)
    ]
    assert keys[0] == ("m:wamid.1", 0.0)
    assert keys[1] == keys[2]
    assert len({key for key, _ in keys}) == 4
    assert {window for _, window in keys[1:]} == {15.0}


TIMES: list[tuple[Any, int | None]] = [
    ("1790000000", 1_790_000_000),
    (1_790_000_000, 1_790_000_000),
    (1_790_000_000.0, 1_790_000_000),
    (None, None),
    ("yesterday", None),
    ("-5", None),
    (-5, None),
    (True, None),
    ("٣", None),
    (1e300, None),
    (10**30, None),
    ("9" * 5000, None),
    ([], None),
]


@pytest.mark.parametrize("given, expected", TIMES)
def test_a_wrong_time_does_not_cost_the_message(given: Any, expected: int | None) -> None:
    assert one(message(timestamp=given)).timestamp == expected


ALMOST_JSON: list[tuple[str, bytes, str | None]] = [
    ("NUL", rb'"a\u0000b"', "a\ufffdb"),
    ("lone surrogate", rb'"a\ud800b"', "a\ufffdb"),
    ("lone low surrogate", rb'"a\udc00b"', "a\ufffdb"),
    ("a whole pair", rb'"\ud83d\ude00"', "😀"),
    ("a backslash that is one", rb'"\\u0000"', "\\u0000"),
    ("NaN", b"NaN", None),
    ("out of range", b"1e999", None),
    ("digits without end", b"9" * 5000, None),
    ("huge", b"9" * 300, None),
]


@pytest.mark.parametrize("label, token, expected", ALMOST_JSON, ids=[row[0] for row in ALMOST_JSON])
def test_almost_json(label: str, token: bytes, expected: str | None) -> None:
    raw = body(messages(message(id="wamid.a"), message("text", {"body": "HERE"})))
    before, found = parse(raw.replace(b'"HERE"', token))
    assert before.message_id == "wamid.a"
    if expected is None:
        assert isinstance(found, Unreadable)
    else:
        assert isinstance(found, Inbound)
        assert found.text == expected


def test_numbers_without_end_are_left_out_of_details() -> None:
    order = {"product_items": [{"quantity": 10**300, "item_price": "HERE"}]}
    raw = body(messages(message("order", order)))
    for token, price in ((b"1e999", None), (b"Infinity", None), (b"9" * 5000, None), (b"5", 5)):
        details = only(raw.replace(b'"HERE"', token)).details
        assert details == {"order": {"product_items": [{"quantity": None, "item_price": price}]}}


def test_names_are_free_of_nul_too() -> None:
    raw = body(messages(message())).replace(b"Noor", rb"No\u0000or")
    assert only(raw).sender_name == "No\ufffdor"


REFUSED: list[tuple[str, bytes]] = [
    ("nothing", b""),
    ("not JSON", b"Salam"),
    ("cut off", body(messages(message()))[:-1]),
    ("a form", b"a=1&b=2"),
    ("not an object", b"[]"),
    ("no object", b"{}"),
    ("another product", dump({**envelope(), "object": "instagram"})),
    ("neither JSON nor UTF-8", body(messages(message())).replace(b"Salam", b'Sal"\xff')),
    ("quotes without end, in time that grows with their number", b'"\\' * 500_000),
    ("nested and cut off", b'{"object":"whatsapp_business_account","entry":' + b"[" * 100_000),
    ("nested without end", b'{"object":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    ("nested and almost JSON", b'{"x":NaN,"object":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
]


@pytest.mark.parametrize("label, raw", REFUSED, ids=[row[0] for row in REFUSED])
def test_what_cannot_be_metas_is_refused(label: str, raw: bytes) -> None:
    with pytest.raises(NotThisProvider):
        parse(raw)


BROKEN: list[tuple[str, bytes, str | None]] = [
    ("bytes that are not UTF-8", b'"Sal\xff\xfe"', "Sal\ufffd\ufffd"),
    ("half of a character", b'"Sal\xe2\x82"', "Sal\ufffd"),
    ("lists without end", b"[" * 100_000 + b"]" * 100_000, None),
    ("objects without end", b'{"a":' * 100_000 + b"1" + b"}" * 100_000, None),
    ("brackets in a text of it", b'[" ] \\" } [ ",' * 5_000 + b"0" + b"]" * 5_000, None),
]


@pytest.mark.parametrize("label, broken, text", BROKEN, ids=[row[0] for row in BROKEN])
def test_a_broken_text_costs_no_neighbour(label: str, broken: bytes, text: str | None) -> None:
    numbered = [dict(message(), id=f"wamid.{number}") for number in range(3)]
    numbered[1]["text"] = {"body": "HERE"}
    found = parse(body(messages(*numbered)).replace(b'"HERE"', broken))
    assert [type(event).__name__ for event in found] == ["Inbound", "Inbound" if text else "Unreadable", "Inbound"]
    assert [getattr(event, "text", None) for event in found] == ["Salam", text, "Salam"]


def test_deep_nesting_in_one_item_is_cut_not_spread() -> None:
    deep: Any = {}
    for _ in range(300):
        deep = {"a": deep}
    event = one(message("order", {"product_items": [deep]}))
    assert len(json.dumps(event.details)) < 200
