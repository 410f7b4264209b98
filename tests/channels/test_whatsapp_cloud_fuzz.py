"""Whatever stands in a body: nothing but NotThisProvider is raised, and no neighbour is lost."""

import contextlib
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.channels.cloud_bodies import (
    CONFIG,
    body,
    change,
    contact,
    dump,
    envelope,
    message,
    messages,
    status,
)
from tests.channels.mutations import check_storable, mutated
from turnkeeper.channels.base import NotThisProvider, Webhook
from turnkeeper.channels.whatsapp_cloud import WhatsAppCloud
from turnkeeper.model.events import Received

MEDIA = {"id": "5", "url": "u", "mime_type": "m", "sha256": "s", "caption": "c", "voice": True}
ITEMS: list[Any] = [
    message(context={"id": "w", "forwarded": True, "referred_product": {"catalog_id": "1"}}),
    message(referral={"source_id": "1"}, group_id="g", from_user_id="US.1"),
    *(message(kind, MEDIA) for kind in ("image", "video", "audio", "document", "sticker")),
    message("location", {"latitude": 1.5, "longitude": 2, "name": "n"}),
    message("contacts", [{"name": {"formatted_name": "n"}, "phones": [{"phone": "1"}]}]),
    *(
        message("interactive", {"type": kind, kind: {"id": "1", "title": "t", "response_json": "{}"}})
        for kind in ("button_reply", "list_reply", "nfm_reply", "call_permission_reply")
    ),
    message("button", {"payload": "p", "text": "t"}),
    message("reaction", {"message_id": "w", "emoji": "e"}),
    message("order", {"product_items": [{"quantity": 1}], "text": "t"}),
    message("system", {"type": "user_changed_number", "wa_id": "442", "body": "b"}),
    message("system", {"type": "user_changed_user_id", "user_id": "US.2"}, from_user_id="US.1"),
    message("unsupported", {"type": "poll"}, errors=[{"code": 131051, "title": "t"}]),
    message("edit", {"original_message_id": "w", "message": message()}),
    message("revoke", {"original_message_id": "w"}),
]  # fmt: skip
FAILED = status("failed", errors=[{"code": 1, "title": "t", "error_data": {"details": "d"}}])
CHANGES: list[Any] = [
    *(messages(item) for item in ITEMS),
    change(statuses=[status(recipient_type="group", recipient_user_id="US.1"), FAILED]),
    change(errors=[{"code": 1, "title": "t"}]),
    change("smb_message_echoes", message_echoes=[message(to="441", to_user_id="US.1")]),
    change("account_update", event="x"),
]


def parse(raw: bytes) -> list[Received]:
    return WhatsAppCloud().parse(Webhook({}, raw), CONFIG)


BEFORE = messages(message(id="wamid.before"))
AFTER = change(statuses=[status(id="wamid.after")])


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_a_wrong_change_costs_no_other(data: st.DataObject) -> None:
    wrong = mutated(data.draw, data.draw(st.sampled_from(CHANGES)))
    found = parse(body(BEFORE, wrong, AFTER))
    assert [found[0], found[-1]] == parse(body(BEFORE, AFTER))
    assert len(found) >= 2
    check_storable(found)


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_a_wrong_message_costs_no_other(data: st.DataObject) -> None:
    wrong = mutated(data.draw, data.draw(st.sampled_from(ITEMS)))
    before, after = message(id="wamid.before"), message(id="wamid.after")
    found = parse(body(messages(before, wrong, after)))
    assert len(found) == 3
    assert [found[0], found[2]] == parse(body(messages(before, after)))
    check_storable(found)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_wrong_status_costs_no_other(data: st.DataObject) -> None:
    wrong = mutated(data.draw, FAILED)
    before, after = status(id="wamid.before"), status(id="wamid.after")
    found = parse(body(change(statuses=[before, wrong, after])))
    assert len(found) == 3
    assert [found[0], found[2]] == parse(body(change(statuses=[before, after])))
    check_storable(found)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_nothing_else_is_raised(data: st.DataObject) -> None:
    whole = envelope(*data.draw(st.lists(st.sampled_from(CHANGES), max_size=3)))
    wrong = mutated(data.draw, whole)
    try:
        check_storable(parse(dump(wrong)))
    except NotThisProvider:
        assert not isinstance(wrong, dict) or wrong.get("object") != whole["object"]


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_bytes_that_are_not_what_they_were(data: st.DataObject) -> None:
    raw = bytearray(body(messages(*ITEMS[:3]), change(statuses=[FAILED])))
    for _ in range(data.draw(st.integers(1, 3))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(NotThisProvider):
        check_storable(parse(bytes(raw)))


def test_the_names_of_the_contacts_may_be_anything() -> None:
    wrongs: list[Any] = [None, [], {}, "x", 3, [None], [{"profile": 3}], [contact(), {"wa_id": []}]]
    for wrong in wrongs:
        [found] = parse(body(change(contacts=wrong, messages=[message()])))
        assert found.message_id == "wamid.1"
