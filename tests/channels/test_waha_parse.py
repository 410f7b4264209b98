"""Who is meant and what is the same, whichever engine tells it: what `channel parse` does not print."""

from typing import Any

import pytest

from tests.channels.cases.waha import CASES, GOWS_DATA, NOWEB_DATA, NOWEB_ID
from tests.channels.waha_bodies import (
    AT,
    BASE,
    CHAT,
    CONFIG,
    GROUP,
    HMAC,
    ID,
    LID,
    LID_CHAT,
    ME,
    MY_LID,
    PHONE,
    SESSION,
    WORD,
    ack,
    dump,
    event,
    message,
    said,
    signed,
)
from turnkeeper.channels.base import Forbidden, Webhook
from turnkeeper.channels.waha import Waha, WahaConfig
from turnkeeper.channels.waha.ids import MessageId, address_of, chat_of, own_ids, read_chat, read_message_id
from turnkeeper.channels.waha.particulars import read_cards
from turnkeeper.model.events import ContactCard, DeliveryUpdate, Inbound, Phone, Received, SessionStatus

WAHA = Waha()


def parse(body: Any) -> list[Received]:
    return WAHA.parse(signed(dump(body)), CONFIG)


def only(body: Any) -> Inbound:
    [found] = parse(body)
    assert isinstance(found, Inbound), found
    return found


OWN = {"fromMe": True, "source": "app"}


@pytest.mark.parametrize(
    "label, payload, addresses",
    [
        ("a number", message(), (f"phone:{PHONE}",)),
        ("a number as inside", message(**{"from": f"{PHONE}:4@s.whatsapp.net"}), (f"phone:{PHONE}",)),
        ("hidden, NOWEB", message(id=NOWEB_ID, _data=NOWEB_DATA), (f"lid:{LID}", f"phone:{PHONE}")),
        ("hidden, GOWS", message(id=NOWEB_ID, _data=GOWS_DATA), (f"lid:{LID}", f"phone:{PHONE}")),
        ("hidden, and nobody tells the number", message(id=NOWEB_ID, _data={}, **{"from": LID_CHAT}), (f"lid:{LID}",)),
        ("told under both", message(**{"from": LID_CHAT}), (f"phone:{PHONE}", f"lid:{LID}")),
        ("our own id is nobody else's", message(_data={"key": {"senderPn": ME, "senderLid": MY_LID}}),
         (f"phone:{PHONE}",)),
        ("nor is a story", message(_data={"key": {"remoteJid": CHAT, "remoteJidAlt": "status@broadcast"}}, **{
            "from": "status@broadcast"}), (f"phone:{PHONE}",)),
        ("a member of a group", message(id=f"false_{GROUP}_{WORD}_{LID_CHAT}", participant=LID_CHAT, _data={
            "key": {"remoteJid": GROUP, "participant": LID_CHAT, "participantAlt": f"{PHONE}@s.whatsapp.net"}}),
         (f"lid:{LID}", f"phone:{PHONE}")),
        ("ours, WEBJS", message(id=f"true_{CHAT}_{WORD}", to=CHAT, **OWN, **{"from": ME}), (f"phone:{PHONE}",)),
        ("ours, NOWEB", message(id=f"true_{CHAT}_{WORD}", to=None, **OWN, **{"from": CHAT}), (f"phone:{PHONE}",)),
        ("ours, GOWS", message(id=f"true_{LID_CHAT}_{WORD}", **OWN, **{"from": ME}, _data={"Info": {
            "Chat": LID_CHAT, "Sender": MY_LID, "SenderAlt": ME, "RecipientAlt": f"{PHONE}@s.whatsapp.net"}}),
         (f"lid:{LID}", f"phone:{PHONE}")),
        ("ours, a bare key", message(id=WORD, to=CHAT, **OWN, **{"from": ME}, _data={}), (f"phone:{PHONE}",)),
        ("ours, in a group", message(id=f"true_{GROUP}_{WORD}_{ME}", **OWN, **{"from": GROUP}), (f"group:{GROUP}",)),
        ("ours, to ourselves", message(id=f"true_{ME}_{WORD}", to=ME, **OWN, **{"from": ME}), ("phone:15550100",)),
    ],
)  # fmt: skip
def test_a_person_is_known_by_every_id_and_answered_where_they_wrote(
    label: str, payload: Any, addresses: tuple[str, ...]
) -> None:
    assert only(event("message.any", payload)).addresses == addresses


@pytest.mark.parametrize(
    "label, body",
    [
        ("the event of all messages", event("message.any", message())),
        ("another try", {**said(), "timestamp": 5}),
        ("an older version", {**said(), "id": None}),
        ("under the hidden number", said(id=NOWEB_ID)),
        ("a bare key", said(id=WORD)),
        ("with the ending of WEBJS", said(id=f"{ID}_out")),
        ("read again from the chat", said(timestamp=AT, source=None, _data={})),
    ],
)
def test_one_message_has_one_key(label: str, body: Any) -> None:
    assert only(body).dedup_key == only(said()).dedup_key == f"m:{WORD}"


@pytest.mark.parametrize(
    "label, one, other",
    [
        ("another message", said(), said(id=f"false_{CHAT}_3EB0FF")),
        ("its reaction", said(), event("message.reaction", message(reaction={"text": "x", "messageId": ID}))),
        ("its edit", said(), event("message.edited", message(editedMessageId=WORD))),
        ("another edit", event("message.edited", message(editedMessageId=WORD, body="a")),
         event("message.edited", message(editedMessageId=WORD, body="b"))),
        ("another emoji", event("message.reaction", message(reaction={"text": "x", "messageId": ID})),
         event("message.reaction", message(reaction={"text": "y", "messageId": ID}))),
        ("another vote", event("poll.vote", {"vote": {"id": ID, "from": CHAT, "selectedOptions": ["a"]}}),
         event("poll.vote", {"vote": {"id": ID, "from": CHAT, "selectedOptions": ["b"]}})),
        ("typing again", event("presence.update", TYPING := {"id": CHAT, "presences": [
            {"participant": CHAT, "lastKnownPresence": "typing"}]}),
         event("presence.update", TYPING, id="evt_2")),
    ],
)  # fmt: skip
def test_what_differs_has_another_key(label: str, one: Any, other: Any) -> None:
    assert only(one).dedup_key != only(other).dedup_key


def test_a_message_without_an_id_is_known_by_its_content_for_a_while() -> None:
    one, other = only(said(id=None)), only(said(id=None, body="Hej"))
    assert (one.dedup_key[:2], one.dedup_window) == ("h:", 15.0)
    assert one.dedup_key != other.dedup_key


def test_what_happens_to_a_message_is_not_found_under_its_id() -> None:
    """WEBJS tells a reaction under the id of the message: later statuses must find the message."""
    found = only(event("message.reaction", message(reaction={"text": "x", "messageId": ID})))
    assert (found.message_key, found.known_as, found.aims_at) == (None, ID, WORD)


@pytest.mark.parametrize("source, by_program", [("api", True), ("app", False), (None, False)])
def test_what_a_program_sent_is_told_from_what_was_typed(source: str | None, by_program: bool) -> None:
    body = message(id=f"true_{CHAT}_{WORD}", fromMe=True, source=source)
    assert only(event("message.any", body)).by_program is by_program


def test_what_a_contact_sent_is_never_a_programs() -> None:
    assert only(said(source="api")).by_program is False


def test_an_ack_without_a_time_of_its_own_has_the_events() -> None:
    [found] = parse(ack(ack=-1))
    assert isinstance(found, DeliveryUpdate)
    assert (found.timestamp, found.known_as) == (AT, WORD)
    assert found.error


@pytest.mark.parametrize(
    "status, works, mend",
    [
        ("WORKING", True, ""),
        ("SCAN_QR_CODE", False, f"{BASE}/dashboard"),
        ("STARTING", False, "Wait"),
        ("STOPPED", False, "Start"),
        ("FAILED", False, "Restart"),
        ("PASSKEY_REQUIRED", False, "passkey"),
        ("PONDERING", False, "Look"),
    ],
)
def test_a_session_says_what_the_operator_does(status: str, works: bool, mend: str) -> None:
    [found] = parse(event("session.status", {"name": SESSION, "status": status}))
    assert isinstance(found, SessionStatus)
    assert (found.status, found.works, found.account_id, found.timestamp) == (status, works, SESSION, AT)
    assert mend in found.mend


@pytest.mark.parametrize(
    "label, value, expected",
    [
        ("direct", ID, MessageId(ID, WORD, CHAT, False, None)),
        ("in a group", f"true_{GROUP}_{WORD}_{LID_CHAT}",
         MessageId(f"true_{GROUP}_{WORD}_{LID_CHAT}", WORD, GROUP, True, LID_CHAT)),
        ("ends in out", f"true_{CHAT}_{WORD}_out", MessageId(f"true_{CHAT}_{WORD}_out", WORD, CHAT, True, None)),
        ("as inside", f"false_{PHONE}@s.whatsapp.net_{WORD}",
         MessageId(f"false_{PHONE}@s.whatsapp.net_{WORD}", WORD, CHAT, False, None)),
        ("bare", WORD, MessageId(WORD, WORD)),
        ("Baileys' key", {"remoteJid": f"{PHONE}@s.whatsapp.net", "fromMe": True, "id": WORD},
         MessageId(f"true_{CHAT}_{WORD}", WORD, CHAT, True, None)),
        ("nothing", "", None),
        ("an empty object", {}, None),
        ("endless", "x" * 600, None),
    ],
)  # fmt: skip
def test_a_messages_id_in_any_form(label: str, value: Any, expected: MessageId | None) -> None:
    assert read_message_id(value) == expected


@pytest.mark.parametrize(
    "value, chat, address",
    [
        (CHAT, CHAT, f"phone:{PHONE}"),
        (f"{PHONE}:12@s.whatsapp.net", CHAT, f"phone:{PHONE}"),
        (f"{LID}:3@lid", LID_CHAT, f"lid:{LID}"),
        (PHONE, CHAT, f"phone:{PHONE}"),
        (GROUP, GROUP, f"group:{GROUP}"),
        ({"_serialized": CHAT}, CHAT, f"phone:{PHONE}"),
        ("me", None, None),
        ("", None, None),
        (None, None, None),
        ("@c.us", None, None),
    ],
)
def test_a_chat_in_any_form(value: Any, chat: str | None, address: str | None) -> None:
    assert (read_chat(value), address_of(chat)) == (chat, address)
    if chat is not None and address is not None:
        assert chat_of((address,)) == chat


@pytest.mark.parametrize(
    ("label", "ids", "expected"),
    [
        ("as texts", (ME, MY_LID, "15550100:7@s.whatsapp.net"), (ME, MY_LID)),
        ("one as an object", ({"_serialized": ME}, MY_LID, None), (ME, MY_LID)),
        ("one that is none", (ME, ["x"], {}), (ME,)),
        ("a number", (15550100, None, None), (ME,)),
        ("what equals that number and is no id", (15550100.0, None, None), ()),
    ],
)
def test_our_own_ids_in_any_form(label: str, ids: tuple[object, ...], expected: tuple[str, ...]) -> None:
    assert own_ids(*ids) == expected


def test_a_card_with_everything() -> None:
    card = (
        "BEGIN:VCARD\r\nVERSION:3.0\r\nN:L;Ada;;;\r\nFN:Ada L\r\nORG:Engines\\, Ltd;\r\n"
        "item1.TEL;waid=442079460000:+44 20\r\n  7946 0000\r\nTEL;type=HOME:+44 1\r\nEMAIL:a@b.test\r\n"
        "URL:https://a.test\r\nPHOTO;ENCODING=b:AAAA\r\nEND:VCARD"
    )
    phones = (Phone("+44 20 7946 0000", None, "442079460000"), Phone("+44 1", "HOME"))
    assert read_cards([card, 5, None, "junk"]) == (
        ContactCard("Ada L", phones, ("a@b.test",), "Engines, Ltd", "https://a.test"),
        ContactCard(""),
        ContactCard(""),
    )


# Whether it is WAHA who posts.

VECTOR = b'{"event":"message","session":"default","engine":"WEBJS"}'
VECTOR_MAC = (
    "208f8a55dde9e05519e898b10b89bf0d0b3b0fdf11fdbf09b6b90476301b98d8"
    "097c462b2b17a6ce93b6b47a136cf2e78a33a63f6752c2c1631777076153fa89"
)
"""From WAHA's documentation, with the key `my-secret-key`."""


def waha(**keys: str) -> WahaConfig:
    return WahaConfig(BASE, "key", **keys)


def test_the_signature_is_the_one_that_waha_documents() -> None:
    WAHA.verify(Webhook({"x-webhook-hmac": VECTOR_MAC}, VECTOR), waha(hmac_key="my-secret-key"))
    WAHA.verify(Webhook({"x-webhook-hmac": VECTOR_MAC.upper()}, VECTOR), waha(hmac_key="my-secret-key"))


@pytest.mark.parametrize(
    "label, request_, config, let_in",
    [
        ("signed", signed(VECTOR), waha(hmac_key=HMAC), True),
        ("no header", Webhook({}, VECTOR), waha(hmac_key=HMAC), False),
        ("with the API's key", signed(VECTOR, "key"), waha(hmac_key=HMAC), False),
        ("the address's secret", Webhook({}, VECTOR, path_secret="s3"), waha(webhook_secret="s3"), True),
        ("another address", Webhook({}, VECTOR, path_secret="s4"), waha(webhook_secret="s3"), False),
        ("no secret", Webhook({}, VECTOR), waha(webhook_secret="s3"), False),
        ("the address's secret where both are set", Webhook({}, VECTOR, path_secret="s3"),
         waha(webhook_secret="s3", hmac_key=HMAC), False),
        ("both", Webhook(signed(VECTOR).headers, VECTOR, path_secret="s3"),
         waha(webhook_secret="s3", hmac_key=HMAC), True),
        ("signed, to another address", Webhook(signed(VECTOR).headers, VECTOR, path_secret="s4"),
         waha(webhook_secret="s3", hmac_key=HMAC), False),
        ("neither set", Webhook({}, VECTOR), waha(), False),
    ],
)  # fmt: skip
def test_who_may_post(label: str, request_: Webhook, config: WahaConfig, let_in: bool) -> None:
    if let_in:
        WAHA.verify(request_, config)
    else:
        with pytest.raises(Forbidden):
            WAHA.verify(request_, config)


def test_a_body_without_a_session_is_the_channels_own() -> None:
    body = {name: value for name, value in said().items() if name != "session"}
    assert only(body).account_id == SESSION == CASES.account_id


def test_what_is_left_alone_is_kept_short_and_the_same_presence_once() -> None:
    [big] = parse(event("engine.event", {"data": "x" * 5000}))
    one, other = (parse(event("presence.update", {"id": CHAT, "presences": [
        {"participant": CHAT, "lastKnownPresence": state}]})) for state in ("online", "offline"))  # fmt: skip
    assert len(getattr(big, "raw", b"")) == 1000
    assert one == other


@pytest.mark.parametrize(
    "label, chat, words, expected",
    [
        ("by our number", GROUP, "hi @15550100, are you there?", True),
        ("by our hidden id", GROUP, "@11112222333344 hi", True),
        ("another", GROUP, "@155501009 hi", False),
        ("nobody", GROUP, "15550100", False),
        ("without words", GROUP, None, False),
        ("in private", CHAT, "@15550100", False),
    ],
)
def test_who_is_mentioned(label: str, chat: str, words: str | None, expected: bool) -> None:
    body = event("message", message(id=f"false_{chat}_{WORD}_{LID_CHAT}", body=words, participant=LID_CHAT))
    assert only(body).mentions_us is expected
