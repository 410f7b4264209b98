"""How a message leaves through WAHA: read, typing, the message; within its time, and each kind in its call."""

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.channels.scripts import reply
from tests.channels.waha_bodies import BASE, CHAT, CONFIG, GROUP, ID, KEY, LID, LID_CHAT, PHONE, SESSION, WORD
from turnkeeper.channels.base import Calls, HttpCall, HttpReply, Pause
from turnkeeper.channels.waha import Waha
from turnkeeper.channels.waha.sending import typing_time
from turnkeeper.model.contents import (
    Audio,
    ContactCard,
    Contacts,
    Document,
    File,
    Image,
    Location,
    Phone,
    Reaction,
    Sayable,
    Template,
    Text,
    Video,
    VoiceNote,
)
from turnkeeper.model.ids import ChannelId, ConversationId, OutboundKey, WorkspaceId, tracker_for
from turnkeeper.model.outbound import Accepted, NotSent, Outbound, Outcome, Rejected, Unknown

WAHA = Waha()
OUT = OutboundKey(WorkspaceId("default"), ConversationId("c1"), 7)
SENT = reply(201, {"id": f"true_{CHAT}_{WORD}", "_data": {}})
DONE = reply(201, {"result": True})
LOST = HttpReply(failure="no_answer")
AWAY = HttpReply(failure="not_connected")
PICTURE = File(link="https://files.test/cat.jpg", mime="image/jpeg", filename="cat.jpg")
BROUGHT = {"mimetype": "image/jpeg", "url": "https://files.test/cat.jpg", "filename": "cat.jpg"}


def outbound(content: Sayable, *addresses: str, **more: Any) -> Outbound:
    return Outbound(OUT, ChannelId("c"), addresses or (f"phone:{PHONE}",), content, tracker_for(OUT), **more)


def played(calls: Calls[Any], **answers: HttpReply) -> tuple[list[HttpCall | Pause], Any]:
    """Everything that was yielded, and the result; `answers` by the end of the call's path."""
    made: list[HttpCall | Pause] = []
    try:
        step = next(calls)
        while True:
            made.append(step)
            step = calls.send(HttpReply() if isinstance(step, Pause) else answers.get(name(step), DONE))
    except StopIteration as end:
        return made, end.value


def name(step: HttpCall | Pause) -> str:
    return "pause" if isinstance(step, Pause) else step.url.partition("?")[0].rpartition("/")[2]


def sent(content: Sayable, config: Any = CONFIG, **answers: HttpReply) -> tuple[list[HttpCall | Pause], Outcome]:
    made, outcome = played(WAHA.send(outbound(content), config), **dict.fromkeys(SENDS, SENT) | answers)
    return made, outcome


SENDS = ("sendText", "sendImage", "sendVideo", "sendVoice", "sendFile", "sendLocation", "sendContactVcard")


def last(made: list[HttpCall | Pause]) -> HttpCall:
    call = made[-1]
    assert isinstance(call, HttpCall)
    return call


def body_of(content: Sayable) -> Any:
    body = last(sent(content)[0]).json
    assert isinstance(body, dict)
    return {key: value for key, value in body.items() if key not in ("session", "chatId", "id")}


def test_a_message_leaves_as_a_persons_does() -> None:
    made, outcome = sent(Text("Salam"))
    assert [name(step) for step in made] == ["sendSeen", "startTyping", "pause", "stopTyping", "sendText"]
    calls = [step for step in made if isinstance(step, HttpCall)]
    assert {call.headers["x-api-key"] for call in calls} == {KEY}
    assert {call.url.removesuffix(name(call)) for call in calls} == {f"{BASE}/api/"}
    assert all(call.json.items() >= {"session": SESSION, "chatId": CHAT}.items() for call in calls)  # type: ignore[attr-defined]
    assert outcome == Accepted(WORD)


@pytest.mark.parametrize(
    "label, config, answers, expected",
    [
        ("no typing wanted", replace(CONFIG, typing=None), {}, ["sendSeen", "sendText"]),
        ("seen is refused", CONFIG, {"sendSeen": reply(500, {})}, ["sendSeen", "sendText"]),
        ("seen is not answered", CONFIG, {"sendSeen": LOST}, ["sendSeen", "sendText"]),
        ("typing is refused", CONFIG, {"startTyping": reply(422, {})}, ["sendSeen", "startTyping", "sendText"]),
        ("typing is not ended", CONFIG, {"stopTyping": LOST},
         ["sendSeen", "startTyping", "pause", "stopTyping", "sendText"]),
    ],
)  # fmt: skip
def test_what_only_shows_something_costs_nobody_a_message(
    label: str, config: Any, answers: dict[str, HttpReply], expected: list[str]
) -> None:
    made, outcome = sent(Text("Salam"), config, **answers)
    assert [name(step) for step in made] == expected
    assert outcome == Accepted(WORD)


def test_where_nobody_is_there_nothing_more_is_tried() -> None:
    made, outcome = sent(Text("Salam"), sendSeen=AWAY)
    assert [name(step) for step in made] == ["sendSeen"]
    assert isinstance(outcome, NotSent)


@pytest.mark.parametrize("limit", [5.0, 10.0, 45.0, 300.0])
@pytest.mark.parametrize("content", [Text("Salam"), Text("x" * 4000), VoiceNote(PICTURE)])
def test_all_of_it_ends_before_anybody_else_may_send(limit: float, content: Sayable) -> None:
    made, _ = sent(content, replace(CONFIG, send_limit=limit))
    longest = [step.seconds if isinstance(step, Pause) else step.timeout or limit for step in made]
    assert sum(longest) <= limit * 0.9 + 1e-6
    assert longest[-1] >= limit * 0.3


@pytest.mark.parametrize(
    "content, seconds", [(Text("Hi"), 0.87), (Text("x" * 60), 2.8), (Text("x" * 4000), 6.0), (Image(PICTURE, "a"), 2.0)]
)
def test_the_longer_the_text_the_longer_the_typing(content: Sayable, seconds: float) -> None:
    assert typing_time(content, 6.0) == pytest.approx(seconds, abs=0.01)


def test_a_voice_note_is_being_recorded() -> None:
    made, _ = sent(VoiceNote(PICTURE))
    shown = [step.json for step in made if isinstance(step, HttpCall) and name(step) == "presence"]
    assert shown == [{"chatId": CHAT, "presence": "recording"}, {"chatId": CHAT, "presence": "paused"}]


@pytest.mark.parametrize(
    "label, addresses, chat",
    [
        ("a number", (f"phone:{PHONE}",), CHAT),
        ("hidden, as it came in", (f"lid:{LID}", f"phone:{PHONE}"), LID_CHAT),
        ("a group", (f"group:{GROUP}",), GROUP),
        ("something else", ("chat:1@hosted",), "1@hosted"),
        ("another provider's id first", ("user:GB.1", f"phone:{PHONE}"), CHAT),
    ],
)
def test_the_answer_goes_where_the_question_came_from(label: str, addresses: tuple[str, ...], chat: str) -> None:
    made, _ = played(WAHA.send(outbound(Text("Salam"), *addresses), CONFIG), sendText=SENT)
    assert {step.json["chatId"] for step in made if isinstance(step, HttpCall)} == {chat}  # type: ignore[index]


@pytest.mark.parametrize(
    "label, content, call, body",
    [
        ("text", Text("Salam"), "sendText", {"text": "Salam", "linkPreview": False}),
        ("a quote", Text("Salam", True, ID), "sendText", {"text": "Salam", "linkPreview": True, "reply_to": ID}),
        ("image", Image(PICTURE, "My cat"), "sendImage", {"file": BROUGHT, "caption": "My cat"}),
        ("video", Video(PICTURE), "sendVideo", {"file": BROUGHT, "convert": False}),
        ("document", Document(PICTURE), "sendFile", {"file": BROUGHT}),
        ("audio", Audio(PICTURE), "sendFile", {"file": BROUGHT}),
        ("voice", VoiceNote(PICTURE), "sendVoice",
         {"file": {**BROUGHT, "mimetype": "audio/ogg; codecs=opus"}, "convert": False}),
        ("bytes", Image(File(key="k", mime="image/png")), "sendImage",
         {"file": {"mimetype": "image/png", "data": "aGk="}}),
        ("location", Location(59.33, 18.07, "Palace", "Slottsbacken 1"), "sendLocation",
         {"latitude": 59.33, "longitude": 18.07, "title": "Palace, Slottsbacken 1"}),
        ("a location without a name", Location(59.33, 18.07), "sendLocation",
         {"latitude": 59.33, "longitude": 18.07, "title": ""}),
    ],
)  # fmt: skip
def test_each_kind_has_its_call(label: str, content: Sayable, call: str, body: Any) -> None:
    sending = WAHA.send(outbound(content, links={"k": "data:image/png;base64,aGk="}), CONFIG)
    made, outcome = played(sending, **{call: SENT})
    assert (name(made[-1]), outcome) == (call, Accepted(WORD))
    found = last(made).json
    assert isinstance(found, dict)
    assert {key: value for key, value in found.items() if key not in ("session", "chatId", "id")} == body


def test_a_card_is_a_vcard_that_nothing_breaks_out_of() -> None:
    card = ContactCard("Ada;\nL", (Phone("+44 20", "WORK"), Phone("1", None, "442")), ("a@b.test",), "E, Ltd", "u")
    [found] = body_of(Contacts((card,)))["contacts"]
    assert found["vcard"].split("\n") == [
        "BEGIN:VCARD", "VERSION:3.0", "FN:Ada\\; L", "N:;Ada\\; L;;;", "ORG:E\\, Ltd", "TEL;type=WORK;waid=4420:+44 20",
        "TEL;type=CELL;waid=442:1", "EMAIL:a@b.test", "URL:u", "END:VCARD",
    ]  # fmt: skip


def test_a_reaction_is_put_at_once_and_may_be_put_again() -> None:
    reaction = Reaction(ID, "👍")
    made, outcome = played(WAHA.send(outbound(reaction), CONFIG), reaction=reply(200, {}))
    assert [(last(made).method, name(step)) for step in made] == [("PUT", "reaction")]
    assert last(made).json == {"session": SESSION, "messageId": ID, "reaction": "👍"}
    assert outcome == Accepted(None)
    for answer in (LOST, reply(500, {}), reply(200, b"OK")):
        assert isinstance(played(WAHA.send(outbound(reaction), CONFIG), reaction=answer)[1], NotSent)


@pytest.mark.parametrize(
    "content, code", [(Template("hello", "en"), "not_supported"), (Image(File(key="k")), "no_file")]
)
def test_what_waha_cannot_send_is_not_tried(content: Sayable, code: str) -> None:
    made, outcome = sent(content)
    assert (made, isinstance(outcome, Rejected) and outcome.code) == ([], code)


@pytest.mark.parametrize(
    "label, body",
    [
        ("GOWS", {"id": f"true_{CHAT}_{WORD}", "_data": {"Info": {"ID": WORD}}}),
        ("NOWEB", {"key": {"remoteJid": f"{PHONE}@s.whatsapp.net", "fromMe": True, "id": WORD}, "status": "PENDING"}),
        ("WEBJS", {"id": {"fromMe": True, "remote": CHAT, "id": WORD, "_serialized": f"true_{CHAT}_{WORD}_out"}}),
        ("WEBJS inside", {"_data": {"id": {"_serialized": f"true_{CHAT}_{WORD}"}}}),
        ("a bare key", {"id": WORD}),
    ],
)
def test_every_engines_answer_names_the_key(label: str, body: Any) -> None:
    assert sent(Text("Salam"), sendText=reply(201, body))[1] == Accepted(WORD)


def test_every_try_of_a_message_has_the_same_key_and_other_words_have_another() -> None:
    def key(content: Sayable, **more: Any) -> Any:
        made, _ = played(WAHA.send(outbound(content, **more), CONFIG), sendText=SENT)
        found: Any = last(made).json
        return found["id"]

    assert key(Text("Salam")) == key(Text("Salam"), tries=2, not_before=5.0)
    assert key(Text("Salam")) != key(Text("Hej"))
    assert key(Text("Salam")).startswith("3EB0")
    assert len(key(Text("Salam"))) == 22
    assert "id" not in (last(sent(Image(PICTURE))[0]).json or {})  # type: ignore[operator]


def test_words_of_wahas_are_told_without_our_secrets() -> None:
    said = {"message": f"GET {BASE}/x?x-api-key={KEY}", "error": "Bad", "exception": {"message": KEY}}
    for status in (400, 422, 500, 503):
        _, outcome = sent(Text("Salam"), sendText=reply(status, said))
        assert isinstance(outcome, (Rejected, NotSent, Unknown))
        assert "(key)" in outcome.reason
        assert KEY not in repr(outcome)
        assert BASE not in repr(outcome)


def test_thinking_is_shown_as_typing() -> None:
    made, _ = played(WAHA.typing((f"lid:{LID}",), ID, CONFIG))
    assert [name(step) for step in made] == ["sendSeen", "startTyping"]
    watched, _ = played(WAHA.typing((f"lid:{LID}",), ID, replace(CONFIG, watch_typing=True, typing=None)))
    assert [name(step) for step in watched] == ["sendSeen", "subscribe"]
    assert f"/api/{SESSION}/presence/{LID}%40lid/subscribe" in last(watched).url
    assert played(WAHA.typing(("pigeon:1",), ID, CONFIG))[0] == []


def test_no_body_holds_what_json_cannot() -> None:
    json.dumps([step.json for step in sent(Text("Salam"))[0] if isinstance(step, HttpCall)], allow_nan=False)
