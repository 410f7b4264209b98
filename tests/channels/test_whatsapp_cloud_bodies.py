"""Each kind of content as Meta's reference writes it: content -> exact JSON."""

from dataclasses import replace
from typing import Any, get_args

import pytest

from tests.channels.cloud_bodies import CONFIG, PHONE
from tests.channels.scripts import play, reply
from turnkeeper.channels.whatsapp_cloud import WhatsAppCloud
from turnkeeper.model.contents import (
    Audio,
    Buttons,
    ContactCard,
    Contacts,
    Document,
    File,
    Image,
    List,
    Location,
    LocationRequest,
    Phone,
    Reaction,
    Sayable,
    Section,
    Sticker,
    Template,
    TemplateButton,
    Text,
    UrlButton,
    Video,
    VoiceNote,
)
from turnkeeper.model.events import Choice
from turnkeeper.model.ids import ChannelId, ConversationId, OutboundKey, WorkspaceId
from turnkeeper.model.outbound import Outbound, Rejected

KEY = OutboundKey(WorkspaceId("default"), ConversationId("c1"), 7)
KEPT = File(key="k1", mime="image/png", filename="cat.png")
LINK = File(link="https://files.test/a/My%20bill.pdf?x=1")
UPLOADS = {"k1": "9001"}
YES, NO = Choice("yes", "Yes"), Choice("no", "No")

BODIES: list[tuple[str, Sayable, dict[str, Any]]] = [
    ("text", Text("hi"), {"type": "text", "text": {"body": "hi", "preview_url": False}}),
    ("image by link", Image(File(link="https://files.test/a.png"), "A cat"),
     {"type": "image", "image": {"link": "https://files.test/a.png", "caption": "A cat"}}),
    ("image that was uploaded", Image(KEPT), {"type": "image", "image": {"id": "9001"}}),
    ("an empty caption is none", Image(KEPT, ""), {"type": "image", "image": {"id": "9001"}}),
    ("video", Video(KEPT, "A film"), {"type": "video", "video": {"id": "9001", "caption": "A film"}}),
    ("audio", Audio(KEPT), {"type": "audio", "audio": {"id": "9001"}}),
    ("voice note", VoiceNote(KEPT), {"type": "audio", "audio": {"id": "9001", "voice": True}}),
    ("document", Document(KEPT, "Here"),
     {"type": "document", "document": {"id": "9001", "filename": "cat.png", "caption": "Here"}}),
    ("document named by its link", Document(LINK),
     {"type": "document", "document": {"link": LINK.link, "filename": "My bill.pdf"}}),
    ("document whose name is a path", Document(File(key="k1", filename="C:\\a/b.pdf")),
     {"type": "document", "document": {"id": "9001", "filename": "b.pdf"}}),
    ("document with a name without end", Document(File(key="k1", filename="n" * 300 + ".pdf")),
     {"type": "document", "document": {"id": "9001", "filename": "n" * 236 + ".pdf"}}),
    ("document without any name", Document(File(link="https://files.test/get")),
     {"type": "document", "document": {"link": "https://files.test/get"}}),
    ("sticker", Sticker(KEPT), {"type": "sticker", "sticker": {"id": "9001"}}),
    ("location", Location(59.33, 18.07, "Palace", "Slottsbacken 1"),
     {"type": "location", "location":
      {"latitude": 59.33, "longitude": 18.07, "name": "Palace", "address": "Slottsbacken 1"}}),
    ("location without words", Location(0.0, 0.0),
     {"type": "location", "location": {"latitude": 0.0, "longitude": 0.0}}),
    ("contacts", Contacts((ContactCard("Ada L", (Phone("+44 1", "WORK", "441"), Phone("2")), ("a@b.test",), "Shop",
                                       "https://b.test"), ContactCard("Bob"))),
     {"type": "contacts", "contacts": [
         {"name": {"formatted_name": "Ada L", "first_name": "Ada L"},
          "phones": [{"phone": "+44 1", "type": "WORK", "wa_id": "441"}, {"phone": "2"}],
          "emails": [{"email": "a@b.test"}], "org": {"company": "Shop"}, "urls": [{"url": "https://b.test"}]},
         {"name": {"formatted_name": "Bob", "first_name": "Bob"}}]}),
    ("buttons", Buttons("Well?", (YES, NO), header="H", footer="F"),
     {"type": "interactive", "interactive": {
         "type": "button", "body": {"text": "Well?"}, "header": {"type": "text", "text": "H"}, "footer": {"text": "F"},
         "action": {"buttons": [{"type": "reply", "reply": {"id": "yes", "title": "Yes"}},
                                {"type": "reply", "reply": {"id": "no", "title": "No"}}]}}}),
    ("buttons under a picture", Buttons("Well?", (YES,), header_file=KEPT),
     {"type": "interactive", "interactive": {
         "type": "button", "header": {"type": "image", "image": {"id": "9001"}}, "body": {"text": "Well?"},
         "action": {"buttons": [{"type": "reply", "reply": {"id": "yes", "title": "Yes"}}]}}}),
    ("buttons under a document", Buttons("Well?", (YES,), header_file=LINK),
     {"type": "interactive", "interactive": {
         "type": "button", "body": {"text": "Well?"},
         "header": {"type": "document", "document": {"link": LINK.link, "filename": "My bill.pdf"}},
         "action": {"buttons": [{"type": "reply", "reply": {"id": "yes", "title": "Yes"}}]}}}),
    ("list", List("Which?", "Show",
                  (Section((Choice("a", "A", "the first"),), "One"), Section((YES,), "Two")), "H", "F"),
     {"type": "interactive", "interactive": {
         "type": "list", "body": {"text": "Which?"}, "header": {"type": "text", "text": "H"}, "footer": {"text": "F"},
         "action": {"button": "Show", "sections": [
             {"title": "One", "rows": [{"id": "a", "title": "A", "description": "the first"}]},
             {"title": "Two", "rows": [{"id": "yes", "title": "Yes"}]}]}}}),
    ("one section needs no title", List("Which?", "Show", (Section((YES,)),)),
     {"type": "interactive", "interactive": {
         "type": "list", "body": {"text": "Which?"},
         "action": {"button": "Show", "sections": [{"rows": [{"id": "yes", "title": "Yes"}]}]}}}),
    ("url button", UrlButton("Look", "Open", "https://a.test/x", "H", "F"),
     {"type": "interactive", "interactive": {
         "type": "cta_url", "header": {"type": "text", "text": "H"}, "body": {"text": "Look"}, "footer": {"text": "F"},
         "action": {"name": "cta_url", "parameters": {"display_text": "Open", "url": "https://a.test/x"}}}}),
    ("location request", LocationRequest("Where?"),
     {"type": "interactive", "interactive": {
         "type": "location_request_message", "body": {"text": "Where?"}, "action": {"name": "send_location"}}}),
    ("reaction", Reaction("wamid.1", "👍"), {"type": "reaction", "reaction": {"message_id": "wamid.1", "emoji": "👍"}}),
    ("no reaction any more", Reaction("wamid.1", ""),
     {"type": "reaction", "reaction": {"message_id": "wamid.1", "emoji": ""}}),
    ("template without parameters", Template("hello", "en_US"),
     {"type": "template", "template": {"name": "hello", "language": {"code": "en_US"}}}),
    ("template in order", Template("bill", "de", ("Ada", "5 €"), header="May"),
     {"type": "template", "template": {"name": "bill", "language": {"code": "de"}, "components": [
         {"type": "header", "parameters": [{"type": "text", "text": "May"}]},
         {"type": "body", "parameters": [{"type": "text", "text": "Ada"}, {"type": "text", "text": "5 €"}]}]}}),
    ("template by name", Template("bill", "de", named={"who": "Ada"}, header="May", header_name="month"),
     {"type": "template", "template": {"name": "bill", "language": {"code": "de"}, "components": [
         {"type": "header", "parameters": [{"type": "text", "parameter_name": "month", "text": "May"}]},
         {"type": "body", "parameters": [{"type": "text", "parameter_name": "who", "text": "Ada"}]}]}}),
    ("template under a picture", Template("bill", "de", header_file=KEPT, header_kind="image"),
     {"type": "template", "template": {"name": "bill", "language": {"code": "de"}, "components": [
         {"type": "header", "parameters": [{"type": "image", "image": {"id": "9001"}}]}]}}),
    ("template under a document, by its name", Template("bill", "de", header_file=LINK),
     {"type": "template", "template": {"name": "bill", "language": {"code": "de"}, "components": [
         {"type": "header", "parameters":
          [{"type": "document", "document": {"link": LINK.link, "filename": "My bill.pdf"}}]}]}}),
    ("template under a place", Template("shop", "de", header_location=Location(1.5, 2.5, "Shop", "Street 1")),
     {"type": "template", "template": {"name": "shop", "language": {"code": "de"}, "components": [
         {"type": "header", "parameters": [{"type": "location", "location":
          {"latitude": 1.5, "longitude": 2.5, "name": "Shop", "address": "Street 1"}}]}]}}),
    ("template's buttons", Template("sale", "de", buttons=(
        TemplateButton("quick_reply", "stop"), TemplateButton("url", "spring", 1),
        TemplateButton("copy_code", "25OFF", 2), TemplateButton("flow", "token", 3))),
     {"type": "template", "template": {"name": "sale", "language": {"code": "de"}, "components": [
         {"type": "button", "sub_type": "quick_reply", "index": "0",
          "parameters": [{"type": "payload", "payload": "stop"}]},
         {"type": "button", "sub_type": "url", "index": "1", "parameters": [{"type": "text", "text": "spring"}]},
         {"type": "button", "sub_type": "copy_code", "index": "2",
          "parameters": [{"type": "coupon_code", "coupon_code": "25OFF"}]},
         {"type": "button", "sub_type": "flow", "index": "3",
          "parameters": [{"type": "action", "action": {"flow_token": "token"}}]}]}}),
]  # fmt: skip


def sent(content: Sayable, **changes: Any) -> Any:
    """The body of the one call."""
    outbound = Outbound(KEY, ChannelId("shop"), (f"phone:{PHONE}",), content, "tk1", uploads=UPLOADS)
    accepted = reply(200, {"messages": [{"id": "wamid.out"}]})
    [call], _ = play(WhatsAppCloud().send(replace(outbound, **changes), CONFIG), [accepted])
    return call.json


ENVELOPE = {
    "messaging_product": "whatsapp",
    "recipient_type": "individual",
    "to": f"+{PHONE}",
    "biz_opaque_callback_data": "tk1",
}


@pytest.mark.parametrize("label, content, expected", BODIES, ids=[row[0] for row in BODIES])
def test_a_kind_and_its_body(label: str, content: Sayable, expected: dict[str, Any]) -> None:
    assert sent(content) == {**ENVELOPE, **expected}


@pytest.mark.parametrize("label, content, expected", BODIES, ids=[row[0] for row in BODIES])
def test_everything_but_a_reaction_can_quote(label: str, content: Sayable, expected: dict[str, Any]) -> None:
    if isinstance(content, Reaction):
        return
    changes: dict[str, Any] = {"reply_to": "wamid.0"}
    quoting = type(content)(**{name: getattr(content, name) for name in content.__struct_fields__} | changes)
    assert sent(quoting) == {**ENVELOPE, **expected, "context": {"message_id": "wamid.0"}}


def test_every_kind_is_here() -> None:
    assert {type(content) for _, content, _ in BODIES} >= set(get_args(Sayable))


def test_outside_the_window_a_template_goes_and_nothing_else() -> None:
    for _, content, expected in BODIES:
        outbound = Outbound(KEY, ChannelId("shop"), (f"phone:{PHONE}",), content, "tk1", uploads=UPLOADS)
        closed = replace(outbound, window_open=False)
        if isinstance(content, Template):
            assert sent(content, window_open=False)["template"] == expected["template"]
        else:
            calls, result = play(WhatsAppCloud().send(closed, CONFIG), [])
            assert calls == []
            assert isinstance(result, Rejected)
            assert (result.code, result.remedy) == ("window_closed", "use_template")


@pytest.mark.parametrize(
    "content",
    [Image(KEPT), Document(KEPT), Buttons("Well?", (YES,), header_file=KEPT), Template("a", "en", header_file=KEPT)],
)
def test_a_file_that_was_not_uploaded_makes_no_call(content: Sayable) -> None:
    outbound = Outbound(KEY, ChannelId("shop"), (f"phone:{PHONE}",), content, "tk1")
    calls, result = play(WhatsAppCloud().send(outbound, CONFIG), [])
    assert calls == []
    assert result == Rejected("not_uploaded", "the file k1 was not uploaded")
