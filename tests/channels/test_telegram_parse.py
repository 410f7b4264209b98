"""What Telegram's updates mean, where the table of the contract suite does not look; and any garbage."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.channels.cases.telegram import HEARD
from tests.channels.mutations import check_storable, mutated
from tests.channels.telegram_bodies import (
    ADA,
    ADA_ID,
    AT,
    BOT,
    BOT_ID,
    CHAT,
    CONFIG,
    GROUP,
    GROUP_ID,
    Json,
    dump,
    message,
    press,
    signed,
    update,
)
from turnkeeper.channels.telegram import Telegram, TelegramConfig, wire
from turnkeeper.channels.telegram.odd import DECORATIONS
from turnkeeper.channels.telegram.parse import next_offset
from turnkeeper.model.events import Choice, Ignored, Inbound, Received, Unreadable

MENTION = {"type": "mention", "offset": 3, "length": 9}


def heard(body: Json, config: TelegramConfig = CONFIG) -> Any:
    (found,) = Telegram().parse(signed(dump(body)), config)
    return found


def hearing(**fields: Json) -> Any:
    return heard(update(message(**fields)))


@pytest.mark.parametrize(
    "label, fields, details",
    [
        ("a link's payload", {"text": "/start ref-42"}, {"command": "start", "payload": "ref-42"}),
        ("nothing behind it", {"text": "/start"}, {"command": "start"}),
        ("for one of several bots", {"text": "/help@shop_bot me too"}, {"command": "help", "payload": "me too"}),
        ("no command", {"text": "a/b"}, None),
        ("no command either", {"text": "/"}, None),
        ("a path", {"text": "/etc/passwd"}, None),
        ("a sticker", {"sticker": {"file_id": "F", "emoji": "👍", "is_animated": True}},
         {"emoji": "👍", "animated": True}),
        ("a live place", {"location": {"latitude": 1, "longitude": 2, "live_period": 60}}, {"live_period": 60}),
        ("a card", {"contact": {"phone_number": "1", "first_name": "O", "user_id": 42, "vcard": "V"}},
         {"user_id": "42", "vcard": "V"}),
        ("a kind of tomorrow", {"hologram": {}}, {"type": "hologram"}),
        ("a poll", {"poll": {}}, {"type": "poll"}),
        ("a quoted part", {"text": "Yes", "quote": {"text": "at six?"}}, {"quote": "at six?"}),
        ("who writes", {"text": "x", "from": {**ADA, "username": "ada", "language_code": "ms"}},
         {"username": "ada", "language": "ms"}),
    ],
)  # fmt: skip
def test_what_has_no_word_of_its_own_is_kept(label: str, fields: Json, details: Json) -> None:
    assert hearing(**fields).details == details


def test_a_person_is_known_by_an_address_of_ours_and_a_phone_only_if_it_is_theirs() -> None:
    card = {"phone_number": "+44 7700 900123", "first_name": "Ada"}
    assert hearing(text="x").addresses == (f"chat:{ADA_ID}",)
    assert hearing(contact={**card, "phone_number": "447700900123", "user_id": ADA_ID}).sender_phone == "447700900123"
    assert hearing(contact={**card, "user_id": 42}).sender_phone is None
    assert hearing(contact=card).sender_phone is None


def test_the_update_is_what_makes_an_event_the_same() -> None:
    """Ids of messages count within their chat."""
    first, again = heard(update(message())), heard(update(message(chat=GROUP)))
    other = heard(update(message(), n=2))
    assert (first.dedup_key, again.dedup_key, other.dedup_key) == ("u:1", "u:1", "u:2")
    two = Telegram().parse(
        signed(dump(update({"chat": CHAT, "message_ids": [5, 6]}, "deleted_business_messages"))), CONFIG
    )
    assert [each.dedup_key for each in two if isinstance(each, Inbound)] == ["u:1:5", "u:1:6"]


@pytest.mark.parametrize(
    "label, fields, expected",
    [
        ("to nobody", {"text": "Hello all"}, False),
        ("by its name", {"text": "Hi @shop_bot", "entities": [MENTION]}, True),
        ("by its name, shouted", {"text": "Hi @SHOP_BOT", "entities": [MENTION]}, True),
        ("another's name", {"text": "Hi @shop_bat", "entities": [MENTION]}, False),
        ("behind an emoji, which counts two", {"text": "😀 @shop_bot", "entities": [MENTION]}, True),
        ("under a picture", {"photo": [{"file_id": "F"}], "caption": "Hi @shop_bot",
                             "caption_entities": [MENTION]}, True),
        ("by a link", {"text": "Shop!", "entities": [{"type": "text_mention", "offset": 0, "length": 4, "user": BOT}]},
         True),
        ("another by a link", {"text": "Ada!", "entities": [{"type": "text_mention", "user": ADA}]}, False),
        ("an answer to it", {"text": "Yes", "reply_to_message": {"message_id": 1, "from": BOT}}, True),
        ("an answer to another", {"text": "Yes", "reply_to_message": {"message_id": 1, "from": ADA}}, False),
        ("a command", {"text": "/help"}, True),
        ("its command", {"text": "/help@Shop_Bot"}, True),
        ("another's command", {"text": "/help@other_bot"}, False),
        ("no place at all", {"text": "Hi @shop_bot", "entities": [{**MENTION, "offset": -9}, {**MENTION, "length": 0}]},
         False),
    ],
)  # fmt: skip
def test_in_a_group_it_is_told_who_is_meant(label: str, fields: Json, expected: bool) -> None:
    found = hearing(chat=GROUP, **fields)
    assert (found.is_group, found.mentions_us) == (True, expected)
    assert (found.chat_id, found.addresses) == (str(GROUP_ID), (f"chat:{ADA_ID}",))
    assert hearing(**fields).mentions_us is False


def test_a_group_that_moves_keeps_both_addresses() -> None:
    for fields in ({"migrate_to_chat_id": -100777, "chat": GROUP}, {"migrate_from_chat_id": GROUP_ID,
                                                                   "chat": {**GROUP, "id": -100777}}):  # fmt: skip
        found = hearing(**fields)
        assert found.addresses == ("group:-100777", f"group:{GROUP_ID}")
        assert found.details is not None
        assert (found.details["new"], found.details["old"]) == found.addresses


def test_a_business_is_answered_in_its_name() -> None:
    body = message(text="Salam", business_connection_id="bc1")
    assert heard(update(body, "business_message")).addresses == (f"business:bc1:{ADA_ID}",)
    owner = {**body, "from": {"id": 42, "first_name": "Owner"}}
    echo = heard(update(owner, "business_message"))
    assert (echo.from_me, echo.addresses) == (True, (f"business:bc1:{ADA_ID}",))


def test_in_a_business_a_message_is_known_by_its_chat_too() -> None:
    """Else what the owner writes would be taken for what the bot has said under the same number elsewhere."""
    body = message(text="x", business_connection_id="bc1", reply_to_message={"message_id": 4})
    found = heard(update(body, "business_message"))
    assert (found.message_id, found.known_as, found.reply_to) == ("5", f"{ADA_ID}:5", f"{ADA_ID}:4")
    assert heard(update(body, "edited_business_message")).aims_at == f"{ADA_ID}:5"
    deleted = {"business_connection_id": "bc1", "chat": CHAT, "message_ids": [5]}
    assert heard(update(deleted, "deleted_business_messages")).aims_at == f"{ADA_ID}:5"
    asked = press("yes", message=message(text="?", business_connection_id="bc1"))
    assert heard(update(asked, "callback_query")).reply_to == f"{ADA_ID}:5"
    assert hearing(text="x").known_as == "5"


@pytest.mark.parametrize(
    "status, expected",
    [("kicked", "unreachable"), ("left", "unreachable"), ("member", "reachable"), ("administrator", "reachable")],
)
def test_whether_a_person_can_be_written_to(status: str, expected: str) -> None:
    found = heard(update({"chat": CHAT, "from": ADA, "new_chat_member": {"status": status}}, "my_chat_member"))
    assert found.details == {"type": expected, "status": status}
    assert found.addresses == (f"chat:{ADA_ID}",)


def test_a_topic_is_not_quoted_by_all_that_is_written_in_it() -> None:
    topic = {"message_thread_id": 3, "is_topic_message": True, "chat": GROUP}
    assert hearing(text="x", reply_to_message={"message_id": 3}, **topic).reply_to is None
    assert hearing(text="x", reply_to_message={"message_id": 4}, **topic).reply_to == "4"


def test_a_press_is_the_button_that_was_pressed() -> None:
    found = heard(update(press("~#7.0", "Tomorrow"), "callback_query"))
    assert found.choice == Choice("~#7.0", "Tomorrow")
    assert (found.addresses, found.timestamp) == ((f"chat:{ADA_ID}",), None)


def test_the_account_is_the_bot_of_the_configuration() -> None:
    assert hearing(text="x").account_id == BOT_ID
    assert heard(update(), TelegramConfig("")).account_id == ""


@pytest.mark.parametrize(
    "label, body, offset",
    [("two", {"ok": True, "result": [update(n=7), update(n=9), 5]}, 10), ("none", {"ok": True, "result": []}, None)],
)
def test_what_to_ask_for_next(label: str, body: Json, offset: int | None) -> None:
    assert next_offset(dump(body)) == offset


ODD: list[Json] = [5, -1, True, 1.5, 10**30, {}, [], [5], {"id": "x"}, None]


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize(
    "fields",
    [
        *({"from": name} for name in ("first_name", "last_name", "username", "language_code")),
        *({"document": name} for name in ("file_size", "mime_type", "file_name", "width", "is_animated")),
        {"chat": "title"}, "date", "reply_to_message", "quote", "media_group_id", "caption_entities", "reply_markup",
        "entities", "message_thread_id", "is_topic_message",
    ],
)  # fmt: skip
def test_no_message_is_lost_for_a_decoration(fields: Json, odd: Json) -> None:
    body: Json = message(document={"file_id": "F"}, caption="Here")
    if isinstance(fields, dict):
        ((part, name),) = fields.items()
        body[part] = {**body[part], name: odd}
    else:
        body[fields] = odd
    found = heard(update(body))
    assert (found.kind, found.text, found.media.id, found.addresses) == ("document", "Here", "F", (f"chat:{ADA_ID}",))


def test_what_is_odd_takes_nothing_with_it() -> None:
    whose = {**ADA, "last_name": 5, "username": {}}
    found = hearing(**{"from": whose, "text": 12, "chat": GROUP, "entities": [5, MENTION, {"type": []}]})
    assert (found.sender_name, found.text, found.details) == ("Ada 5", "12", None)
    assert hearing(text="Hi @shop_bot", chat=GROUP, entities=[{**MENTION, "user": None, "length": "9"}]).mentions_us
    assert hearing(poll={"x": 1}, date={}).kind == "unsupported"
    assert hearing(photo=[{"file_id": "S", "width": {}}, {"file_id": "F", "width": 9, "height": 9}]).media.id == "F"
    assert hearing(**{"text": "x", "from": {**ADA, "is_bot": None}}).text == "x"
    sender = {"message_id": 4, "from": {**BOT, "first_name": []}}
    assert hearing(text="x", chat=GROUP, reply_to_message=sender).mentions_us


@pytest.mark.parametrize("odd", [{}, [5], 1.5])
@pytest.mark.parametrize(
    "place",
    [
        "business_connection_id", "sender_business_bot", "from.is_bot", "from.id", "chat.id", "chat.type", "chat",
        "from", "is_automatic_forward", "text", "message_id",
    ],
)  # fmt: skip
def test_nothing_is_guessed_of_who_wrote_where_and_what(place: str, odd: Json) -> None:
    body: Json = message(text="x")
    part, _, name = place.partition(".")
    body[part] = {**body[part], name: odd} if name else odd
    assert isinstance(heard(update(body)), Unreadable)


def test_a_decoration_is_a_field_that_is_read() -> None:
    objects = [each for each in vars(wire).values() if isinstance(each, type) and issubclass(each, msgspec.Struct)]
    assert {field.encode_name for each in objects for field in msgspec.structs.fields(each)} >= DECORATIONS


BODIES = [row[1] for row in HEARD]
GOOD = update(message(text="neighbour"), n=99)


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_a_broken_update_costs_no_neighbour(data: st.DataObject) -> None:
    body = data.draw(st.sampled_from([body for body in BODIES if "result" not in body]))
    broken = mutated(data.draw, body) if data.draw(st.integers(0, 9)) else data.draw(st.text(max_size=5))
    polled = json.dumps({"ok": True, "result": [GOOD, broken, GOOD]}).encode()
    found: list[Received] = Telegram().parse(signed(polled), CONFIG)
    check_storable(found)
    texts = [each.text for each in (found[0], found[-1]) if isinstance(each, Inbound)]
    assert texts == ["neighbour"] * 2
    assert len(found) >= 3
    for each in found:
        assert isinstance(each, Inbound | Ignored | Unreadable)
        assert not isinstance(each, Inbound) or (each.addresses and each.dedup_key)
        msgspec.json.encode(each)


def test_half_a_character_costs_nothing_but_itself() -> None:
    assert hearing(text="a\ud83d").text == "a\ufffd"
    polled = {"ok": True, "result": [update(message(text="a\ud83d")), GOOD]}
    found: Any = Telegram().parse(signed(dump(polled)), CONFIG)
    assert [each.text for each in found] == ["a\ufffd", "neighbour"]


def test_times_are_the_messages_own() -> None:
    assert hearing(text="x").timestamp == AT
    assert heard(update(message(text="x", edit_date=AT + 5), "edited_message")).timestamp == AT + 5
    assert heard(update(message(text="x"), "edited_message")).timestamp == AT
