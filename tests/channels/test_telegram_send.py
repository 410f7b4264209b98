"""What goes out to Telegram, to the last field, and what is tried once more."""

import json
from itertools import pairwise
from typing import Any

import pytest

from tests.channels.scripts import play
from tests.channels.telegram_bodies import ADA_ID, CONFIG, SECRET, TOKEN, message, refused, taken
from turnkeeper.channels.base import HttpCall, HttpReply
from turnkeeper.channels.telegram import Telegram
from turnkeeper.channels.telegram.bodies import message_id_of
from turnkeeper.channels.telegram.limits import LIMITS, REACTIONS
from turnkeeper.model.contents import (
    Audio,
    Buttons,
    Contacts,
    Content,
    Document,
    File,
    Image,
    List,
    Location,
    LocationRequest,
    Reaction,
    Sayable,
    Section,
    Sticker,
    Template,
    Text,
    UrlButton,
    Video,
    VoiceNote,
)
from turnkeeper.model.events import Choice, ContactCard, Phone
from turnkeeper.model.ids import ChannelId, ConversationId, OutboundKey, WorkspaceId
from turnkeeper.model.media import KeptFile
from turnkeeper.model.outbound import Accepted, NotSent, Outbound, Outcome, Rejected, Unknown
from turnkeeper.text.fitting import fit
from turnkeeper.text.telegram import length

ADDRESS = f"chat:{ADA_ID}"
KEY = OutboundKey(WorkspaceId("default"), ConversationId("c1"), 7)
LINK = File(link="https://files.test/a")
SENT = taken({**message(), "message_id": 77})
YES, NO = Choice("yes", "Yes"), Choice("no", "No")
HTML = {"parse_mode": "HTML"}
NO_PREVIEW = {**HTML, "link_preview_options": {"is_disabled": True}}
LONG = "x" * 65
FACE = "face-" + "é" * 30


def outbound(content: Sayable, *addresses: str, **more: Any) -> Outbound:
    return Outbound(KEY, ChannelId("desk"), addresses or (ADDRESS,), content, "tk1|default|c1|7", **more)


def sent(content: Sayable, *replies: HttpReply, **more: Any) -> tuple[list[HttpCall], Outcome]:
    return play(Telegram().send(outbound(content, **more), CONFIG), replies or [SENT])


def keyboard(*rows: list[tuple[str, str]]) -> dict[str, Any]:
    buttons = [[{"text": label, "callback_data": data} for label, data in row] for row in rows]
    return {"reply_markup": {"inline_keyboard": buttons}}


SENDS: list[tuple[str, Sayable, str, dict[str, Any]]] = [
    ("text", Text("<b>Salam</b>"), "sendMessage", {"text": "<b>Salam</b>", **NO_PREVIEW}),
    ("a preview", Text("See https://a.test", preview_url=True), "sendMessage",
     {"text": "See https://a.test", **HTML, "link_preview_options": {"is_disabled": False}}),
    ("a quote", Text("Yes", reply_to="5"), "sendMessage",
     {"text": "Yes", **NO_PREVIEW,
      "reply_parameters": {"message_id": 5, "allow_sending_without_reply": True}}),
    ("a quote of a press, which is none", Text("Yes", reply_to="38654705664000001"), "sendMessage",
     {"text": "Yes", **NO_PREVIEW}),
    ("image", Image(LINK, "A <i>cat</i>"), "sendPhoto",
     {"photo": "https://files.test/a", "caption": "A <i>cat</i>", **HTML}),
    ("image without words", Image(LINK), "sendPhoto", {"photo": "https://files.test/a"}),
    ("video", Video(LINK), "sendVideo", {"video": "https://files.test/a", "supports_streaming": True}),
    ("audio", Audio(LINK), "sendAudio", {"audio": "https://files.test/a"}),
    ("voice", VoiceNote(LINK), "sendVoice", {"voice": "https://files.test/a"}),
    ("document", Document(LINK, "Here"), "sendDocument",
     {"document": "https://files.test/a", "caption": "Here", **HTML}),
    ("sticker", Sticker(LINK), "sendSticker", {"sticker": "https://files.test/a"}),
    ("location", Location(59.33, 18.07), "sendLocation", {"latitude": 59.33, "longitude": 18.07}),
    ("venue", Location(59.33, 18.07, "Palace", "Slottsbacken 1"), "sendVenue",
     {"latitude": 59.33, "longitude": 18.07, "title": "Palace", "address": "Slottsbacken 1"}),
    ("a venue that has no address", Location(59.33, 18.07, "Palace"), "sendVenue",
     {"latitude": 59.33, "longitude": 18.07, "title": "Palace", "address": "59.33000, 18.07000"}),
    ("card", Contacts((ContactCard("Ada L", (Phone("+44 7700 900123"),)),)), "sendContact",
     {"phone_number": "+44 7700 900123", "first_name": "Ada L"}),
    ("a card with more", Contacts((ContactCard("Ada; L", (Phone("+44", "CELL"),), ("a@b.test",), "Lovelace, Ltd",
                                               "https://a.test"),)), "sendContact",
     {"phone_number": "+44", "first_name": "Ada; L",
      "vcard": "BEGIN:VCARD\nVERSION:3.0\nN:Ada\\; L;;;;\nFN:Ada\\; L\nTEL;TYPE=CELL:+44\nEMAIL:a@b.test\n"
               "ORG:Lovelace\\, Ltd\nURL:https://a.test\nEND:VCARD"}),
    ("a card without a number", Contacts((ContactCard("A & L", (), ("a@b.test",)),)), "sendMessage",
     {"text": "<b>A &amp; L</b>\na@b.test", **NO_PREVIEW}),
    ("reaction", Reaction("5", "❤\ufe0f"), "setMessageReaction",
     {"message_id": 5, "reaction": [{"type": "emoji", "emoji": "❤"}]}),
    ("reaction taken away", Reaction("5", ""), "setMessageReaction", {"message_id": 5, "reaction": []}),
    ("buttons", Buttons("<b>Well?</b>", (YES, NO), header="A & B", footer="<F>"), "sendMessage",
     {"text": "<b>A &amp; B</b>\n\n<b>Well?</b>\n\n<i>&lt;F&gt;</i>", **NO_PREVIEW,
      **keyboard([("Yes", "yes"), ("No", "no")])}),
    ("buttons with long labels", Buttons("?", (Choice("a", "Tomorrow morning"), Choice("b", "No"))), "sendMessage",
     {"text": "?", **NO_PREVIEW, **keyboard([("Tomorrow morning", "a")], [("No", "b")])}),
    ("ids that do not fit", Buttons("?", (Choice(LONG, "A"), Choice(FACE, "B"), Choice("~#1.1", "C"))), "sendMessage",
     {"text": "?", **NO_PREVIEW, **keyboard([("A", "~#7.0"), ("B", "~#7.1"), ("C", "~#7.2")])}),
    ("ids that just fit", Buttons("?", (Choice("x" * 64, "A"), Choice("é" * 32, "B"))), "sendMessage",
     {"text": "?", **NO_PREVIEW, **keyboard([("A", "x" * 64), ("B", "é" * 32)])}),
    ("buttons under a picture", Buttons("Well?", (YES,), header_file=LINK), "sendDocument",
     {"document": "https://files.test/a", "caption": "Well?", **HTML, **keyboard([("Yes", "yes")])}),
    ("a short list", List("Which?", "Show", (Section((YES, NO)),)), "sendMessage",
     {"text": "Which?", **NO_PREVIEW, **keyboard([("Yes", "yes")], [("No", "no")])}),
    ("a list with titles and descriptions",
     List("Which?", "Show", (Section((YES, Choice("s", "S", "5 < 6")), "One & two"),
                             Section((Choice(LONG, "L"),), "B"))),
     "sendMessage",
     {"text": "Which?\n\n<b>One &amp; two</b>\n• S: 5 &lt; 6\n\n<b>B</b>", **NO_PREVIEW,
      **keyboard([("Yes", "yes")], [("S", "s")], [("L", "~#7.2")])}),
    ("a page", UrlButton("Look", "Open", "https://a.test/x"), "sendMessage",
     {"text": "Look", **NO_PREVIEW, "reply_markup": {"inline_keyboard": [[{"text": "Open", "url": "https://a.test/x"}]]}}),
    ("where are you", LocationRequest("Where?"), "sendMessage",
     {"text": "Where?", **NO_PREVIEW, "reply_markup": {"keyboard": [[{"text": "📍", "request_location": True}]],
                                                       "resize_keyboard": True, "one_time_keyboard": True}}),
]  # fmt: skip


@pytest.mark.parametrize("label, content, method, fields", SENDS, ids=[row[0] for row in SENDS])
def test_each_content_is_one_call(label: str, content: Sayable, method: str, fields: dict[str, Any]) -> None:
    [call], outcome = sent(content)
    assert (call.method, call.url) == ("POST", f"https://api.telegram.org/bot{TOKEN}/{method}")
    assert call.json == {"chat_id": ADA_ID, **fields}
    assert outcome == Accepted("77")
    assert TOKEN not in repr(call)


@pytest.mark.parametrize(
    "label, address, expected",
    [
        ("a group", "group:-1001", {"chat_id": -1001}),
        ("a business", "business:bc:1:9", {"chat_id": 9, "business_connection_id": "bc:1"}),
        ("a name", "chat:@news", {"chat_id": "@news"}),
    ],
)
def test_to_whom(label: str, address: str, expected: dict[str, Any]) -> None:
    [call], _ = play(Telegram().send(outbound(Text("x"), "pigeon:1", address), CONFIG), [SENT])
    assert call.json == {**expected, "text": "x", **NO_PREVIEW}
    [call], _ = play(Telegram().typing((address,), "5", CONFIG), [taken()])
    assert call.json == {**expected, "action": "typing"}


def test_in_a_business_a_message_is_known_by_its_chat_too() -> None:
    [call], outcome = play(Telegram().send(outbound(Text("x", reply_to="9:5"), "business:bc1:9"), CONFIG), [SENT])
    assert isinstance(call.json, dict)
    assert call.json["reply_parameters"]["message_id"] == 5
    assert outcome == Accepted("9:77")


def test_a_group_is_asked_for_a_place_in_words() -> None:
    [call], _ = play(Telegram().send(outbound(LocationRequest("Where?"), "group:-1001"), CONFIG), [SENT])
    assert "reply_markup" not in json.dumps(call.json)


def test_a_reaction_is_taken_without_an_id() -> None:
    assert sent(Reaction("5", "👍"), taken())[1] == Accepted(None)


@pytest.mark.parametrize(
    "label, content, code",
    [
        ("a reaction to a press", Reaction("38654705664000001", "👍"), "no_message"),
        ("a template", Template("hello", "en"), "not_supported"),
        ("a file that is not at hand", Image(File(key="k")), "not_uploaded"),
    ],
)
def test_what_cannot_be_sent_costs_no_call(label: str, content: Sayable, code: str) -> None:
    calls, outcome = play(Telegram().send(outbound(content), CONFIG), [])
    assert calls == []
    assert isinstance(outcome, Rejected)
    assert outcome.code == code


BAD_HTML = refused(400, "Bad Request: can't parse entities: Unsupported start tag")
NO_REPLY = refused(400, "Bad Request: message to be replied not found")
MOVED = refused(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=-100777)
QUOTING = Text("<b>1 &lt; 2</b>", reply_to="5")


def changed(replies: list[HttpReply], content: Sayable = QUOTING) -> tuple[list[dict[str, Any]], Outcome]:
    """What each call after the first leaves out or says otherwise, and the outcome."""
    calls, outcome = sent(content, *replies)
    bodies: list[Any] = [{"method": call.url.rpartition("/")[2], **dict(call.json)} for call in calls]  # type: ignore[call-overload]
    changes = []
    for before, after in pairwise(bodies):
        gone: dict[str, Any] = dict.fromkeys(before.keys() - after.keys())
        changes.append(gone | {name: value for name, value in after.items() if before.get(name) != value})
    return changes, outcome


@pytest.mark.parametrize(
    "label, replies, expected",
    [
        ("markup", [BAD_HTML, SENT], [{"parse_mode": None, "text": "1 < 2"}]),
        ("quote", [NO_REPLY, SENT], [{"reply_parameters": None}]),
        ("group", [MOVED, SENT], [{"chat_id": -100777}]),
        ("all of it", [MOVED, BAD_HTML, NO_REPLY, SENT],
         [{"chat_id": -100777}, {"parse_mode": None, "text": "1 < 2"}, {"reply_parameters": None}]),
    ],
)  # fmt: skip
def test_what_another_try_mends(label: str, replies: list[HttpReply], expected: list[dict[str, Any]]) -> None:
    assert changed(replies) == (expected, Accepted("77"))


def test_nothing_is_mended_twice() -> None:
    for answer in (BAD_HTML, NO_REPLY, MOVED):
        changes, outcome = changed([answer, answer])
        assert (len(changes), type(outcome)) == (1, Rejected)


def test_a_group_that_moves_on_and_on_is_given_up() -> None:
    moves = [refused(400, "upgraded", migrate_to_chat_id=-n) for n in range(1, 9)]
    changes, outcome = changed(moves[:5])
    assert len(changes) == 4
    assert isinstance(outcome, Rejected)


@pytest.mark.parametrize(
    "label, content, words, expected",
    [
        ("photo", Image(LINK), "PHOTO_INVALID_DIMENSIONS", {"method": "sendDocument", "photo": None,
                                                            "document": "https://files.test/a"}),
        ("voice", VoiceNote(LINK), "VOICE_MESSAGES_FORBIDDEN", {"method": "sendDocument", "voice": None,
                                                                "document": "https://files.test/a"}),
    ],
)  # fmt: skip
def test_what_cannot_go_so_goes_as_a_file(label: str, content: Sayable, words: str, expected: dict[str, Any]) -> None:
    assert changed([refused(400, f"Bad Request: {words}"), SENT], content) == ([expected], Accepted("77"))


def test_only_a_refusal_is_mended() -> None:
    lost = HttpReply(failure="no_answer")
    assert changed([BAD_HTML, lost])[1] == Unknown("Telegram did not answer in time")
    unsure = HttpReply(500, BAD_HTML.body.replace(b"400", b"500"))
    assert isinstance(sent(QUOTING, unsure)[1], Unknown)


# Files.

PICTURE = KeptFile("k" * 64, "image/png", 900, "ca/t.png")
SIZES = [{"file_id": "small"}, {"file_id": "large"}]


def test_a_file_that_we_keep_goes_up_with_its_message() -> None:
    content = Image(File(key=PICTURE.key), "A <i>cat</i>", reply_to="5")
    went_up = taken({"message_id": 77, "photo": SIZES})
    [call], outcome = sent(content, went_up, files={PICTURE.key: PICTURE})
    form = call.multipart
    assert form is not None
    assert (form.key, form.size, form.mime, form.name, form.filename) == (
        PICTURE.key,
        900,
        "image/png",
        "photo",
        "t.png",
    )
    assert form.fields == {
        "chat_id": str(ADA_ID),
        "caption": "A <i>cat</i>",
        "parse_mode": "HTML",
        "reply_parameters": '{"message_id":5,"allow_sending_without_reply":true}',
    }
    assert outcome == Accepted("77", ((PICTURE.key, "photo:large"),))


def test_it_goes_up_once() -> None:
    content = Image(File(key=PICTURE.key))
    files = {PICTURE.key: PICTURE}
    [call], outcome = sent(content, SENT, files=files, uploads={PICTURE.key: "photo:large"})
    assert (call.json, outcome) == ({"chat_id": ADA_ID, "photo": "large"}, Accepted("77"))
    as_document = Document(File(key=PICTURE.key))
    [call], _ = sent(as_document, SENT, files=files, uploads={PICTURE.key: "photo:large"})
    assert call.multipart is not None, "a photo's id is none of a document"


@pytest.mark.parametrize(
    "label, content, result, uploaded",
    [
        ("document", Document, {"document": {"file_id": "D"}}, (("k", "document:D"),)),
        ("a film without sound, which became another kind", Video, {"animation": {"file_id": "A"}}, ()),
        ("voice", VoiceNote, {"voice": {"file_id": "V"}}, (("k", "voice:V"),)),
        ("no sizes", Image, {"photo": []}, ()),
    ],
)
def test_what_went_up_is_known_from_then_on(label: str, content: Any, result: Any, uploaded: Any) -> None:
    files = {"k": KeptFile("k", "x/y", 9, "a")}
    _, outcome = sent(content(File(key="k")), taken({"message_id": 77, **result}), files=files)
    assert outcome == Accepted("77", uploaded)


def test_a_photo_that_cannot_be_one_goes_up_as_a_file() -> None:
    replies = [
        refused(400, "Bad Request: PHOTO_INVALID_DIMENSIONS"),
        taken({"message_id": 7, "document": {"file_id": "D"}}),
    ]
    calls, outcome = sent(Image(File(key="k")), *replies, files={"k": KeptFile("k", "image/png", 9, "a")})
    assert [call.multipart and call.multipart.name for call in calls] == ["photo", "document"]
    assert outcome == Accepted("7", (("k", "document:D"),))


def test_a_file_that_did_not_go_up_in_time_is_not_tried_for_a_day() -> None:
    gone = HttpReply(failure="not_connected")
    _, outcome = sent(Image(File(key="k")), gone, files={"k": KeptFile("k", "image/png", 9, "a")})
    assert isinstance(outcome, NotSent)
    assert (outcome.limit, "send_limit" in outcome.reason) == (6, True)


# What fits.


def fitted(content: Content) -> tuple[Content, ...]:
    return fit(content, LIMITS, "telegram").contents


def test_the_fullest_list_fits_into_a_message() -> None:
    can = LIMITS.list
    assert can is not None
    label = "W" * (can.row_title - 2)
    rows = [Choice(f"{n}", f"{label}{n:02}", "w" * can.row_description) for n in range(can.rows)]
    each = -(-can.rows // can.sections)
    sections = [Section(rows[at : at + each], "T" * can.section_title) for at in range(0, can.rows, each)]
    full = List("b" * can.body, "Show", sections, "h" * can.header, "f" * can.footer)
    assert fitted(full) == (full,)
    [call], _ = sent(full)
    assert isinstance(call.json, dict)
    assert 4000 < length(call.json["text"]) <= 4096


def test_the_fullest_buttons_fit_under_a_file() -> None:
    can = LIMITS.buttons
    assert can is not None
    choices = [Choice("i" * can.id + f"{n}", f"{n}") for n in range(can.count)]
    full = Buttons("b" * can.body, choices, "h" * can.header, LINK, "f" * can.footer)
    [call], _ = sent(full)
    assert isinstance(call.json, dict)
    assert 1000 < length(call.json["caption"]) <= 1024
    page = LIMITS.url_button
    assert page is not None
    assert page.header + page.body + page.footer + 4 <= 4096


def test_cards_go_one_by_one() -> None:
    cards = tuple(ContactCard(name, (Phone("+44"),)) for name in ("Ada", "Bo"))
    assert fitted(Contacts(cards)) == (Contacts(cards[:1]), Contacts(cards[1:]))


@pytest.mark.parametrize(
    "label, emoji, sent_",
    [("known", "👍", True), ("with its colour", "❤\ufe0f", True), ("taken away", "", True), ("unknown", "✅", False)],
)
def test_only_what_telegram_knows_is_reacted_with(label: str, emoji: str, sent_: bool) -> None:
    found = fit(Reaction("5", emoji), LIMITS, "telegram")
    assert bool(found.contents) is sent_
    assert bool(found.notes) is not sent_


def test_there_are_as_many_reactions_as_the_page_says() -> None:
    assert len(REACTIONS) == 73
    assert not [emoji for emoji in REACTIONS if "\ufe0f" in emoji]


@pytest.mark.parametrize(
    "given, expected",
    [("5", 5), ("2147483647", 2**31 - 1), ("2147483648", None), ("0", None), ("-5", None), ("", None), (None, None),
     ("٥", None), ("5" * 5000, None), ("1e3", None)],
)  # fmt: skip
def test_what_is_the_id_of_a_message(given: str | None, expected: int | None) -> None:
    assert message_id_of(given) == expected


def test_no_reason_tells_a_secret() -> None:
    for words in (TOKEN, TOKEN.partition(":")[2], SECRET):
        _, outcome = sent(Text("x"), refused(400, f"Bad Request: {words} is wrong"))
        assert isinstance(outcome, Rejected)
        assert outcome.reason.endswith("(secret) is wrong)")
