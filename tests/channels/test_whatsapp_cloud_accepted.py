"""What we send is taken by a provider that refuses what Meta refuses, and what a bot says is made to be."""

from collections.abc import Callable
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.channels.cloud_bodies import NUMBER_ID, PHONE, SECRET, TOKEN, WABA_ID
from tests.text.test_fitting_properties import contents_of
from turnkeeper.channels.whatsapp_cloud import WhatsAppCloud, WhatsAppCloudConfig
from turnkeeper.channels.whatsapp_cloud.bodies import body_of
from turnkeeper.channels.whatsapp_cloud.limits import LIMITS
from turnkeeper.channels.whatsapp_cloud.templates import definition_of
from turnkeeper.engine.http import Client
from turnkeeper.model.contents import (
    Audio,
    Buttons,
    ContactCard,
    Contacts,
    Content,
    Document,
    File,
    Image,
    List,
    Location,
    LocationRequest,
    Phone,
    Reaction,
    Refused,
    Sayable,
    Sticker,
    Template,
    TemplateButton,
    Text,
    UrlButton,
    Video,
    VoiceNote,
    files_of,
)
from turnkeeper.model.events import Choice
from turnkeeper.model.ids import ChannelId, ConversationId, OutboundKey, WorkspaceId
from turnkeeper.model.outbound import Accepted, Outbound, Outcome  # fmt: skip
from turnkeeper.rules.templates import check
from turnkeeper.testing.fake_graph import FakeGraph, FakeGraphTransport, FakeNumber, GraphError
from turnkeeper.testing.fake_graph.media_rules import why_not
from turnkeeper.testing.fake_graph.outbound import check_message
from turnkeeper.text.fitting import fit

KEY = OutboundKey(WorkspaceId("default"), ConversationId("c1"), 7)
CONFIG = WhatsAppCloudConfig(NUMBER_ID, WABA_ID, TOKEN, SECRET, "verify", api_base="https://graph.test")
_SPOKEN = b"OggS" + b"\x00" * 24 + b"OpusHead\x01\x01"
"""The start of a voice note; whatever else is sent may hold the same."""
BUTTONS = [
    {"type": "QUICK_REPLY", "text": "Stop"},
    {"type": "URL", "text": "See", "url": "https://a.test/{{1}}", "example": ["x"]},
    {"type": "COPY_CODE", "example": "25OFF"},
    {"type": "FLOW", "text": "Form", "flow_id": "1"},
]


class Provider:
    """The fake, with one person who has just written."""

    async def __aenter__(self) -> "Provider":
        number = FakeNumber(NUMBER_ID, waba_id=WABA_ID)
        self.graph = FakeGraph(SECRET, "verify", TOKEN, "http://127.0.0.1:1/", [number])
        self.graph.behaviour.outage = True
        self.client = Client(transport=FakeGraphTransport(self.graph))
        self.person = await self.graph.person(PHONE, name="Ada")
        self.written = await self.person.write("hi")
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.graph.aclose()
        await self.client.close()

    def uploads(self, content: Sayable) -> dict[str, str]:
        """The media ids of a content's files, which are put there first."""
        return {
            file.key: self.graph.media.put(_SPOKEN, file.mime or "text/plain", file.filename)
            for file in files_of(content)
            if file.key
        }

    async def send(self, content: Sayable) -> Outcome:
        outbound = Outbound(KEY, ChannelId("shop"), (f"phone:{PHONE}",), content, "tk1", uploads=self.uploads(content))
        return await self.client.play(WhatsAppCloud().send(outbound, CONFIG), timeout=5)


def kept(mime: str, key: str = "k") -> File:
    return File(key=key, mime=mime, filename="a.bin")


def templates(graph: FakeGraph) -> None:
    graph.templates.add("plain", account=WABA_ID)
    graph.templates.add(
        "order", header="Bill {{1}}", body="Dear {{1}}, pay {{2}} now", buttons=BUTTONS, account=WABA_ID
    )
    graph.templates.add("names", body="Dear {{who}}, pay {{sum}} now", account=WABA_ID).parameter_format = "NAMED"
    graph.templates.add("picture", header="IMAGE", account=WABA_ID)
    graph.templates.add("place", header="LOCATION", account=WABA_ID)


PLACE = Location(59.33, 18.07, "Palace", "Slottsbacken 1")
KINDS: list[Sayable] = [
    Text("hi", preview_url=True, reply_to="wamid.0"),
    Image(kept("image/png"), "A cat"),
    Image(File(link="https://files.test/a.jpg")),
    Video(kept("video/mp4"), "A film"),
    Audio(kept("audio/mpeg")),
    VoiceNote(kept("audio/ogg; codecs=opus")),
    Document(kept("text/plain"), "Here"),
    Sticker(kept("image/webp")),
    PLACE,
    Location(0, 0),
    Contacts((ContactCard("Ada L", (Phone("+44 1", "WORK", "441"),), ("a@b.test",), "Shop", "https://b.test"),)),
    Buttons("Well?", ("Yes", "No"), header="H", footer="F"),
    Buttons("Well?", ("Yes",), header_file=kept("image/png")),
    Buttons("Well?", ("Yes",), header_file=kept("text/plain")),
    List("Which?", "Show", {"One": ("a", "b"), "Two": (Choice("c", "C", "the third"),)}, "H", "F"),
    List("Which?", "Show", ("a", "b")),
    UrlButton("Look", "Open", "https://a.test/x", "H", "F"),
    LocationRequest("Where?"),
    Reaction("", "👍"),
    Reaction("", ""),
    Template("plain", "en_US"),
    Template("order", "en_US", ("Ada", "5"), header="May", buttons=(
        TemplateButton("quick_reply", "stop"), TemplateButton("url", "x", 1), TemplateButton("copy_code", "25OFF", 2),
        TemplateButton("flow", "token", 3))),
    Template("names", "en_US", named={"sum": "5", "who": "Ada"}),
    Template("picture", "en_US", header_file=kept("image/png"), header_kind="image"),
    Template("place", "en_US", header_location=PLACE),
]  # fmt: skip


@pytest.mark.parametrize("content", KINDS, ids=[type(content).__name__ for content in KINDS])
async def test_every_kind_is_taken(content: Sayable) -> None:
    async with Provider() as provider:
        templates(provider.graph)
        if isinstance(content, Reaction):
            content = Reaction(provider.written.id, content.emoji)
        outcome = await provider.send(content)
        assert isinstance(outcome, Accepted), outcome
        assert fit(content, LIMITS, "whatsapp").contents == (content,)


def test_every_kind_is_here() -> None:
    assert {type(content) for content in KINDS} == set(get_args(Sayable))


@pytest.mark.parametrize("name", ["plain", "order", "names", "picture", "place"])
async def test_our_check_of_a_template_says_what_the_provider_says(name: str) -> None:
    """Each template sent as if it were each other one."""
    async with Provider() as provider:
        templates(provider.graph)
        definition = definition_of(provider.graph.templates.get(name, account=WABA_ID).item())
        assert definition is not None
        for content in KINDS:
            if isinstance(content, Template):
                sent = replace(content, name=name)
                taken = isinstance(await provider.send(sent), Accepted)
                assert taken == (check(sent, definition) == []), (sent, check(sent, definition))


def letters(number: int) -> str:
    return "x" * number


# what is limited, its limit, a content of that much
EDGES: list[tuple[str, int, Callable[[int], Sayable]]] = [
    ("text", 4096, lambda n: Text(letters(n))),
    ("caption", 1024, lambda n: Image(kept("image/png"), letters(n))),
    ("buttons", 3, lambda n: Buttons("Q", [f"{k}" for k in range(n)])),
    ("a button's title", 20, lambda n: Buttons("Q", {"a": letters(n)})),
    ("a button's id", 256, lambda n: Buttons("Q", {letters(n): "A"})),
    ("words above buttons", 1024, lambda n: Buttons(letters(n), ("A",))),
    ("a header", 60, lambda n: Buttons("Q", ("A",), header=letters(n))),
    ("a footer", 60, lambda n: Buttons("Q", ("A",), footer=letters(n))),
    ("rows", 10, lambda n: List("Q", "B", [f"{k}" for k in range(n)])),
    ("rows over sections", 10, lambda n: List("Q", "B", {"One": [f"{k}" for k in range(n - 1)], "Two": ("z",)})),
    ("a row's title", 24, lambda n: List("Q", "B", {"S": {"a": letters(n)}})),
    ("a row's id", 200, lambda n: List("Q", "B", {"S": {letters(n): "A"}})),
    ("a row's description", 72, lambda n: List("Q", "B", (Choice("a", "A", letters(n)),))),
    ("a section's title", 24, lambda n: List("Q", "B", {letters(n): ("A",)})),
    ("a list's button", 20, lambda n: List("Q", letters(n), ("A",))),
    ("words above a list", 1024, lambda n: List(letters(n), "B", ("A",))),
    ("a url's label", 20, lambda n: UrlButton("Q", letters(n), "https://a.test")),
    ("a url", 2000, lambda n: UrlButton("Q", "B", "https://a.test/" + letters(n - 15))),
    ("words above a url", 1024, lambda n: UrlButton(letters(n), "B", "https://a.test")),
    ("words of a request", 1024, lambda n: LocationRequest(letters(n))),
]


@pytest.mark.parametrize("label, limit, content", EDGES, ids=[row[0] for row in EDGES])
def test_our_limits_are_the_providers(label: str, limit: int, content: Callable[[int], Sayable]) -> None:
    assert fit(content(limit), LIMITS, "whatsapp").contents == (content(limit),)
    check_message(body(content(limit)))
    assert fit(content(limit + 1), LIMITS, "whatsapp").contents != (content(limit + 1),)
    with pytest.raises(GraphError):
        check_message(body(content(limit + 1)))


def body(content: Sayable) -> dict[str, Any]:
    return {"messaging_product": "whatsapp", "to": "+1", **body_of(content, {"k": "9"})}


@pytest.mark.parametrize(
    "content, mime, size",
    [
        (content, mime, limit.size)
        for content, kind in ((Image, "image"), (Video, "video"), (Audio, "audio"), (VoiceNote, "voice"),
                              (Document, "document"), (Sticker, "sticker"))
        for limit in (LIMITS.media[kind],)  # type: ignore[index]
        for mime in limit.mimes or LIMITS.uploads
    ],
)  # fmt: skip
def test_our_types_and_sizes_are_the_providers(content: Any, mime: str, size: int) -> None:
    kind = content.__struct_config__.tag
    assert why_not(kind, mime, None, size) is None
    assert why_not(kind, mime, None, size + 1) is not None
    whole, over = (content(File(key="k", mime=mime, size=n)) for n in (size, size + 1))
    assert fit(whole, LIMITS, "whatsapp").contents == (whole,)
    assert fit(over, LIMITS, "whatsapp").contents != (over,)


WORDS = st.text("ab *\n&😀é\u0301\u200f", max_size=40)


@settings(max_examples=300)
@given(content=contents_of(WORDS | WORDS.map(lambda words: words * 40)))
def test_whatever_is_said_is_taken_once_it_fits(content: Content) -> None:
    for each in fit(content, LIMITS, "whatsapp").contents:
        if not isinstance(each, Refused):
            check_message(body(each))
