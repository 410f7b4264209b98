"""Words that go as the fallback template: which of them, in what form, and how many."""

import pytest
from msgspec.json import encode

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
    Reaction,
    Refused,
    Sticker,
    Template,
    Text,
    UrlButton,
    Video,
    VoiceNote,
)
from turnkeeper.model.conversation import OutboundRow
from turnkeeper.model.ids import ChannelId, ConversationId, WorkspaceId
from turnkeeper.model.policy import FallbackTemplate
from turnkeeper.rules.fallback import LONGEST, STOOD_IN, Outside, filled, given_way, is_free, outside

STAND_IN = FallbackTemplate("note", "en", ("{text}",))
FILE = File(key="f", filename="menu.pdf")
WORDS: list[tuple[str, Content, str | None]] = [
    ("words", Text("It is\n\n ready."), "It is ready."),
    ("buttons", Buttons("Go on?", ("Yes", "No")), "Go on?"),
    ("a list", List("What now?", "Choose", {"": ("A", "B")}), "What now?"),
    ("a question for a place", LocationRequest("Where?"), "Where?"),
    ("a page", UrlButton("Pay here", "Pay", "https://a.test/1"), "Pay here https://a.test/1"),
    ("a picture", Image(FILE), "📷"),
    ("a picture with words", Image(FILE, "Our shop"), "Our shop"),
    ("a film", Video(FILE), "🎬"),
    ("a film with words", Video(FILE, "Our shop"), "Our shop"),
    ("a document", Document(FILE), "📄 menu.pdf"),
    ("a document with words", Document(FILE, "The menu"), "The menu"),
    ("a document without a name", Document(File(key="f")), "📄"),
    ("sound", Audio(FILE), "🎤"),
    ("a voice note", VoiceNote(FILE), "🎤"),
    ("a place", Location(1.0, 2.0, "Shop", "Street 1"), "📍 Shop"),
    ("a place's address", Location(1.0, 2.0, None, "Street 1"), "📍 Street 1"),
    ("a place without either", Location(1.0, 2.0), "📍"),
    ("cards", Contacts((ContactCard("Ana"), ContactCard("Bo"))), "👤 Ana, Bo"),
    ("an emoji", Reaction("wamid.1", "👍"), None),
    ("a sticker", Sticker(FILE), None),
    ("spaces", Text(" \n "), None),
    ("as long as may be", Text("x" * LONGEST), "x" * LONGEST),
    ("too long, one word", Text("x" * (LONGEST + 1)), "x" * (LONGEST - 1) + "…"),
    ("too long, words", Text("x" * 590 + " " + "y" * 20), "x" * 590 + "…"),
    ("too long, a space far in front", Text("x" * 300 + " " + "y" * 310), "x" * 300 + " " + "y" * 298 + "…"),
    ("too long, a space behind the middle", Text("x" * 301 + " " + "y" * 310), "x" * 301 + "…"),
]  # fmt: skip


def row(content: Content, turn_no: int = 3) -> OutboundRow:
    return OutboundRow(
        WorkspaceId("w"), ConversationId("c"), 1, ChannelId("shop"), turn_no, 0, encode(content), hold_until=9.0
    )


@pytest.mark.parametrize("label, content, expected", WORDS, ids=[case[0] for case in WORDS])
def test_what_the_template_says(label: str, content: Content, expected: str | None) -> None:
    said = filled(STAND_IN, encode(content))
    assert said == (None if expected is None else Template("note", "en", (expected,), shown=expected))


@pytest.mark.parametrize(
    "label, template, expected",
    [
        ("by name", FallbackTemplate("n", "en", (), (("what", "Again: {text}"), ("who", "us"))),
         Template("n", "en", (), {"what": "Again: Hi", "who": "us"}, shown="Hi")),
        ("in one of several", FallbackTemplate("n", "en", ("A", "{text}")),
         Template("n", "en", ("A", "Hi"), shown="Hi")),
        ("without the words", FallbackTemplate("n", "en", ("A",), (("who", "us"),)),
         Template("n", "en", ("A",), {"who": "us"})),
    ],
)  # fmt: skip
def test_where_the_words_stand(label: str, template: FallbackTemplate, expected: Template) -> None:
    assert filled(template, encode(Text("Hi"))) == expected


@pytest.mark.parametrize(
    "content, free",
    [(Text('{"type":"template"'), True), (Image(FILE), True), (Template("a", "en"), False), (Refused("a", "b"), False)],
)
def test_what_needs_an_open_window(content: Content, free: bool) -> None:
    assert is_free(row(content)) is free


def what_became(words: Content, template: FallbackTemplate | None, fell_back: int) -> Outside:
    return outside(row(words), template, fell_back=fell_back, now=5.0, reason="it is closed")


@pytest.mark.parametrize(
    "label, words, template, fell_back, code, reason",
    [
        ("no template", Text("Hi"), None, 0, "window_closed", "it is closed"),
        ("nothing to tell of", Sticker(FILE), STAND_IN, 0, "window_closed", "it is closed"),
        ("the turn had it", Text("Hi"), STAND_IN, 3, STOOD_IN,
         "the window is closed: the fallback template stood in for this answer"),
    ],
)  # fmt: skip
def test_what_is_refused(
    label: str, words: Content, template: FallbackTemplate | None, fell_back: int, code: str, reason: str
) -> None:
    became = what_became(words, template, fell_back)
    assert not became.goes
    assert (became.row.state, became.row.code, became.row.reason, became.row.settled_at) == (
        "failed", code, reason, 5.0,
    )  # fmt: skip


def test_what_goes_keeps_its_place() -> None:
    became = what_became(Text("Hi"), STAND_IN, 2)
    assert became.goes
    assert became.row.content == encode(Template("note", "en", ("Hi",), shown="Hi"))
    assert (became.row.state, became.row.code, became.row.settled_at) == ("queued", None, None)


def test_what_gave_way_says_why() -> None:
    assert given_way(row(Text("Hi"))).reason == "the window is closed; the fallback template follows"
