"""What a bot says, made to fit: what each misfit becomes, and that nothing is ever too long or lost."""

from dataclasses import replace
from typing import Any

import pytest
from msgspec.structs import replace as changed

from turnkeeper.channels.whatsapp_cloud.limits import LIMITS
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
    Section,
    Sticker,
    Template,
    Text,
    UrlButton,
    Video,
    VoiceNote,
)
from turnkeeper.model.events import Choice
from turnkeeper.model.limits import (
    ButtonLimits,
    ContentLimits,
    MediaLimit,
)
from turnkeeper.text.fitting import body_limit, fit

_ = "\u200b"  # keeps literal marks apart
WORDS_ONLY = ContentLimits(text=4096)
MB = 1024 * 1024
PNG = File(key="k", mime="image/png", size=1000)
LINK = "https://a.test/b"


def choices(*titles: str) -> tuple[Choice, ...]:
    return tuple(Choice(f"id-{title}", title) for title in titles)


def rows(number: int) -> tuple[Choice, ...]:
    return choices(*(f"r{n}" for n in range(1, number + 1)))


def lines(*texts: str) -> str:
    return "\n".join(texts)


NUMBERED = lines(*(f"{n}. r{n}" for n in range(1, 12)))
HEAD, TAIL = "a" * 1000, "b" * 500

# label, content, limits, what it becomes, notes
FITTED: list[tuple[str, Content, ContentLimits, list[Content], list[str]]] = [
    ("a text as it is", Text("hi", True, "w1"), LIMITS, [Text("hi", True, "w1")], []),
    ("an empty text", Text(" \n"), LIMITS, [], ["an empty text was left out"]),
    ("the first part quotes", Text("ab cd ef", reply_to="w1"), ContentLimits(text=5),
     [Text("ab cd", reply_to="w1"), Text("ef")], ["a text went in 2 parts"]),
    ("three buttons", Buttons("Well?", rows(3)), LIMITS, [Buttons("Well?", rows(3))], []),
    ("four buttons", Buttons("Well?", rows(4), "H", None, "F", "w1", "Show"), LIMITS,
     [List("Well?", "Show", (Section(rows(4)),), "H", "F", "w1")], ["4 buttons became a list: 3 at most"]),
    ("eleven buttons", Buttons("Well?", rows(11), "H", None, "F"), LIMITS,
     [Text(f"H\n\nWell?\n\n{NUMBERED}\n\nF", choices=rows(11))], ["11 buttons became numbered text: 3 at most"]),
    ("eleven rows", List("Which?", "Show", (Section(rows(11)),), reply_to="w1"), LIMITS,
     [Text(f"Which?\n\n{NUMBERED}", reply_to="w1", choices=rows(11))], ["11 rows became numbered text: 10 at most"]),
    ("rows over several sections", List("Which?", "Show", (Section(rows(2), "One"), Section(choices("x"), "Two"))),
     replace(LIMITS, list=None),
     [Text("Which?\n\nOne\n1. r1\n2. r2\n\nTwo\n3. x", choices=(*rows(2), *choices("x")))],
     ["3 rows became numbered text: the channel has no lists"]),
    ("numbered rows with descriptions", List("Which?", "Show", (Section((Choice("a", "A", "the first"),)),)),
     WORDS_ONLY, [Text("Which?\n\n1. A: the first", choices=(Choice("a", "A", "the first"),))],
     ["1 rows became numbered text: the channel has no lists"]),
    ("marks in what is no Markdown", List("*Which?*", "Show", (Section((Choice("a", "*A*", "_b_"),), "~C~"),), "*H*"),
     WORDS_ONLY, [Text(f"*{_}H*\n\n*Which?*\n\n~{_}C~\n1. *{_}A*: _{_}b_", choices=(Choice("a", "*A*", "_b_"),))],
     ["1 rows became numbered text: the channel has no lists"]),
    ("marks in an address", UrlButton("See", "*Open*", "https://a.test/_b_/*c*"), WORDS_ONLY,
     [Text(f"See\n\n*{_}Open*: https://a.test/_b_/*c*")], ["a url button became text: the channel has none"]),
    ("buttons with descriptions", Buttons("Which?", (Choice("a", "A", "the first"),)), LIMITS,
     [List("Which?", "Options", (Section((Choice("a", "A", "the first"),)),))],
     ["1 buttons became a list: buttons have no descriptions"]),
    ("a long title", Buttons("Which?", choices("a title of 22 letters.")), LIMITS,
     [Buttons("Which?", (Choice("id-a title of 22 letters.", "a title of 22 lette…"),))],
     ["the title 'a title of 22 letters.' was cut to 20 characters"]),
    ("long titles alike in buttons", Buttons("Which?", choices("the same beginning: 1", "the same beginning: 2")),
     LIMITS, [List("Which?", "Options", (Section(choices("the same beginning: 1", "the same beginning: 2")),))],
     ["2 buttons became a list: titles are the same within 20 characters"]),
    ("long titles alike in lists", Buttons("Which?", choices("always the same beginning: 1",
     "always the same beginning: 2")),
     LIMITS, [Text("Which?\n\n1. always the same beginning: 1\n2. always the same beginning: 2",
                   choices=choices("always the same beginning: 1", "always the same beginning: 2"))],
     ["2 buttons became numbered text: titles are the same within 20 characters"]),
    ("a long row title stands whole below", List("Which?",
     "Show", (Section(choices("a title that is longer than 24")),)),
     LIMITS, [List("Which?", "Show", (Section((Choice("id-a title that is longer than 24", "a title that is longer…",
                                                      "a title that is longer than 24"),)),))],
     ["the title 'a title that is longer than 24' was cut to 24 characters"]),
    ("the same twice", Buttons("Which?", choices("a", "a")), LIMITS, [Buttons("Which?", choices("a"))],
     ["'a' was there twice"]),
    ("one id for two", Buttons("Which?", (Choice("x", "A"), Choice("x", "B"))), LIMITS,
     [Buttons("Which?", (Choice("x", "A"), Choice("B", "B")))], ["'B' had another's id, 'x'"]),
    ("one id for two, and the title taken", Buttons("Which?", (Choice("B", "A"), Choice("B", "B"))), LIMITS,
     [Buttons("Which?", (Choice("B", "A"), Choice("B (2)", "B")))], ["'B' had another's id, 'B'"]),
    ("no title, no id", Buttons("Which?", (Choice("a"), Choice("", "B"), Choice("", ""))), LIMITS,
     [Buttons("Which?", (Choice("a", "a"), Choice("B", "B")))], ["a choice without words was left out"]),
    ("lines in a title", Buttons("Which?", (Choice("a", "A\n or  B"),)), LIMITS,
     [Buttons("Which?", (Choice("a", "A or B"),))], []),
    ("an id without end", Buttons("Which?", (Choice("x" * 300, "A"),)), LIMITS,
     [Text("Which?\n\n1. A", choices=(Choice("x" * 300, "A"),))],
     ["1 buttons became numbered text: an id is longer than 256 characters"]),
    ("nothing to choose", Buttons("Which?", ()), LIMITS, [Text("Which?")], ["there was nothing to choose from"]),
    ("nothing to choose in a list", List("Which?", "Show", (Section(()),)), LIMITS, [Text("Which?")],
     ["there was nothing to choose from"]),
    ("buttons without words", Buttons(" ", rows(1)), LIMITS, [Refused(" ", "choices need words above them")], []),
    ("a long header and footer", Buttons("Which?", rows(1), "h" * 61, None, "f" * 61), LIMITS,
     [Buttons("Which?", rows(1), "h" * 59 + "…", None, "f" * 59 + "…")],
     ["the header was cut to 60 characters", "the footer was cut to 60 characters"]),
    ("a long body goes before", Buttons(f"{HEAD}\n\n{TAIL}", rows(1), reply_to="w1"), LIMITS,
     [Text(HEAD, reply_to="w1"), Buttons(TAIL, rows(1))], ["1 of 2 parts of a long text went before"]),
    ("a picture above", Buttons("Well?", rows(1), header_file=PNG), LIMITS,
     [Buttons("Well?", rows(1), header_file=PNG)], []),
    ("a picture and words above", Buttons("Well?", rows(1), "H", PNG), LIMITS,
     [Buttons("H\n\nWell?", rows(1), header_file=PNG)], ["words beside a header's file went into the text"]),
    ("a picture above a list", Buttons("Well?", rows(4), header_file=PNG, reply_to="w1"), LIMITS,
     [Image(PNG, reply_to="w1"), List("Well?", "Options", (Section(rows(4)),))],
     ["4 buttons became a list: 3 at most", "the file above the choices went before them"]),
    ("a picture that is no header", Buttons("Well?", rows(1), header_file=File(link=LINK, mime="image/gif")), LIMITS,
     [Document(File(link=LINK, mime="image/gif")), Buttons("Well?", rows(1))],
     ["the file above the choices went before them",
     "an image became a document: image/gif cannot be sent as an image"]),
    ("sections without titles", List("Which?", "Show", (Section(choices("a")), Section(choices("b"), "B"))), LIMITS,
     [List("Which?", "Show", (Section(choices("a"), "1"), Section(choices("b"), "B")))],
     ["sections without a title were numbered"]),
    ("an empty section", List("Which?", "", (Section((), "A"), Section(choices("b")))), LIMITS,
     [List("Which?", "…", (Section(choices("b")),))], []),
    ("a url button", UrlButton("Look", "Open", "https://a.test"), LIMITS, [UrlButton("Look", "Open",
     "https://a.test")], []),
    ("a url button without label", UrlButton("Look", " ", "https://a.test/b"), LIMITS,
     [UrlButton("Look", "a.test", "https://a.test/b")], []),
    ("a script is no url", UrlButton("Look", "Open", "javascript:alert(1)"), LIMITS,
     [Refused("Look", "a button opens an http or https address")], []),
    ("a url without end", UrlButton("Look", "Open", "https://a.test/" + "x" * 2000), LIMITS,
     [Text("Look\n\nOpen: https://a.test/" + "x" * 2000)],
     ["a url button became text: its address is longer than 2000 characters"]),
    ("no url buttons", UrlButton("Look", "Open", "https://a.test", "H", "F", "w1"), WORDS_ONLY,
     [Text("H\n\nLook\n\nOpen: https://a.test\n\nF", reply_to="w1")],
     ["a url button became text: the channel has none"]),
    ("no location requests", LocationRequest("Where?"), WORDS_ONLY, [Text("Where?")],
     ["a request for a location became text: the channel has none"]),
    ("a place", Location(90, -180, "N"), LIMITS, [Location(90, -180, "N")], []),
    ("no such place", Location(91, 0), LIMITS,
     [Refused("[location]", "there is no such place: latitude -90 to 90, longitude -180 to 180")], []),
    ("nowhere", Location(float("nan"), 0), LIMITS,
     [Refused("[location]", "there is no such place: latitude -90 to 90, longitude -180 to 180")], []),
    ("no places", Location(59.3268, 18.0717, "Palace", "Slottsbacken 1"), WORDS_ONLY,
     [Text("Palace\nSlottsbacken 1\nhttps://maps.google.com/?q=59.326800,18.071700")],
     ["a location became text: the channel has none"]),
    ("no cards", Contacts((ContactCard("Ada", (Phone("+1"),), ("a@b.test",), "Shop", "https://b.test"),
                           ContactCard("Bob"), ContactCard(" "))), WORDS_ONLY,
     [Text("Ada\nShop\n+1\na@b.test\nhttps://b.test\n\nBob")],
     ["a contact card without a name was left out", "contact cards became text: the channel has none"]),
    ("cards without names", Contacts((ContactCard(""),)), LIMITS, [Refused("[contacts] ", "contact cards need names")],
     ["a contact card without a name was left out"]),
    ("no reactions", Reaction("w1", "👍"), WORDS_ONLY, [], ["a reaction was left out: the channel has none"]),
    ("no templates", Template("a", "en"), WORDS_ONLY, [Refused("[template a]", "the channel has no templates")], []),
    ("refused before", Refused("x", "because"), LIMITS, [Refused("x", "because")], []),
    ("an image", Image(PNG, "A cat", "w1"), LIMITS, [Image(PNG, "A cat", "w1")], []),
    ("a large image", Image(File(key="k", mime="image/png", size=5 * MB + 1), "A cat"), LIMITS,
     [Document(File(key="k", mime="image/png", size=5 * MB + 1), "A cat")],
     [f"an image became a document: {5 * MB + 1} bytes are too many for an image: {5 * MB} at most"]),
    ("an image of another type", Image(File(key="k", mime="image/webp; q=1")), LIMITS,
     [Document(File(key="k", mime="image/webp; q=1"))],
     ["an image became a document: image/webp cannot be sent as an image"]),
    ("a huge image", Image(File(key="k", mime="image/png", size=101 * MB)), LIMITS,
     [Refused("[image]", f"{101 * MB} bytes are too many for an image: {5 * MB} at most")], []),
    ("a type in capitals", Image(File(key="k", mime="IMAGE/JPEG")), LIMITS,
     [Image(File(key="k", mime="IMAGE/JPEG"))], []),
    ("a film of another type", Video(File(link=LINK, mime="video/webm")), LIMITS,
     [Document(File(link=LINK, mime="video/webm"))],
     ["a video became a document: video/webm cannot be sent as a video"]),
    ("a voice note in mp3", VoiceNote(File(key="k", mime="audio/mpeg")), LIMITS,
     [Audio(File(key="k", mime="audio/mpeg"))],
     ["a voice note became an audio file: audio/mpeg cannot be sent as a voice note"]),
    ("opus is ogg", VoiceNote(File(key="k", mime="audio/ogg; codecs=opus")), LIMITS,
     [VoiceNote(File(key="k", mime="audio/ogg; codecs=opus"))], []),
    ("a voice note in wave", VoiceNote(File(link=LINK, mime="audio/wav")), LIMITS,
     [Document(File(link=LINK, mime="audio/wav"))],
     ["a voice note became a document: audio/wav cannot be sent as a voice note"]),
    ("a type that cannot be uploaded", Document(File(key="k", mime="application/zip")), LIMITS,
     [Refused("[document]", "the channel takes no files of the type application/zip")], []),
    ("but fetched by a link", Document(File(link=LINK, mime="application/zip")), LIMITS,
     [Document(File(link=LINK, mime="application/zip"))], []),
    ("blanks on a card", Contacts((ContactCard(" Ada\nL ", (Phone(" "), Phone("1")), ("", "a@b.test"), None,
     " "),)), LIMITS,
     [Contacts((ContactCard("Ada L", (Phone("1"),), ("a@b.test",)),))], []),
    ("details without end",
     Contacts((ContactCard("Ada", (Phone("1" * 1001),), ("a" * 1001,), "S", "u" * 1001),)), LIMITS,
     [Contacts((ContactCard("Ada", organization="S"),))],
     ["a detail longer than 1000 characters was left out of a contact card"]),
    ("a place with a long name", Location(1, 2, "n" * 1001, ""), LIMITS, [Location(1, 2, "n" * 999 + "…")],
     ["a place's name was cut to 1000 characters"]),
    ("an empty file", Document(File(key="k", size=0)), LIMITS, [Refused("[document]", "the file is empty")], []),
    ("no file", Document(File()), LIMITS, [Refused("[document]", "a file needs a link or a key")], []),
    ("a link to a file of ours", Document(File(link="file:///etc/passwd")), LIMITS,
     [Refused("[document]", "a file's link is an http or https address")], []),
    ("no stickers", Sticker(PNG), replace(LIMITS, media={"image": MediaLimit(5 * MB, ("image/png",))}), [Image(PNG)],
     ["a sticker became an image: the channel has no sticker messages"]),
    ("no stickers nor such images", Sticker(File(key="k", mime="image/webp")),
     replace(LIMITS, media={"image": MediaLimit(5 * MB, ("image/png",))}), [],
     ["a sticker was left out: the channel has no sticker messages"]),
    ("no files at all", Image(File(link="https://a.test/b.png"), "A cat", "w1"), WORDS_ONLY,
     [Text("A cat", reply_to="w1"), Text("https://a.test/b.png")],
     ["an image became a link: the channel has no image messages"]),
    ("no files at all, and no link", Image(PNG), WORDS_ONLY, [Refused("[image]",
     "the channel has no image messages")], []),
    ("a long caption", Image(PNG, "ab cd ef gh"), replace(LIMITS, caption=5), [Image(PNG, "ab cd"), Text("ef gh")],
     ["what was too long of a caption followed as text"]),
    ("no captions", Image(PNG, "ab", "w1"), replace(LIMITS, caption=0), [Image(PNG, reply_to="w1"), Text("ab")],
     ["a caption followed as text"]),
]  # fmt: skip


@pytest.mark.parametrize("label, content, limits, contents, notes", FITTED, ids=[row[0] for row in FITTED])
def test_what_it_becomes(
    label: str, content: Content, limits: ContentLimits, contents: list[Content], notes: list[str]
) -> None:
    fitted = fit(content, limits, "whatsapp")
    assert list(fitted.contents) == contents
    assert list(fitted.notes) == notes


def test_words_are_escaped_where_markup_is_html() -> None:
    buttons = Buttons("<b>Which?</b>", choices("a < b & c"))
    expected = Text("<b>Which?</b>\n\n1. a &lt; b &amp; c", choices=choices("a < b & c"))
    assert fit(buttons, WORDS_ONLY, "telegram").contents == (expected,)


def test_telegram_counts_utf_16() -> None:
    limits = replace(LIMITS, buttons=ButtonLimits(count=3, title=4, id=9, body=99, header=9, footer=9))
    buttons = Buttons("Which?", (Choice("a", "😀😀😀"),))
    assert fit(buttons, limits, "whatsapp").contents == (buttons,)
    assert fit(buttons, limits, "telegram").contents == (Buttons("Which?", (Choice("a", "😀…"),)),)


@pytest.mark.parametrize("title", ["👩‍👩‍👧‍👦" * 3, "é" * 21, "🇸🇪" * 11, "👍🏽" * 11])
def test_no_character_is_broken(title: str) -> None:
    [content] = fit(Buttons("Which?", (Choice("a", title),)), LIMITS, "whatsapp").contents
    assert isinstance(content, Buttons)
    cut = content.choices[0].title or ""
    assert cut.endswith("…")
    whole = {"👩": 7, "e": 2, "🇸": 2, "👍": 2}.get(title[0], 1)
    assert (len(cut) - 1) % whole == 0


@pytest.mark.parametrize(
    "label, content, limits, expected",
    [
        ("text", Text("x"), LIMITS, 4096),
        ("buttons", Buttons("x", rows(3)), LIMITS, 1024),
        ("buttons that become text", Buttons("x", rows(11)), LIMITS, 4096),
        ("rows that become text", List("x", "y", (Section(rows(11)),)), LIMITS, 4096),
        ("a list", List("x", "y", (Section(rows(2)),)), LIMITS, 1024),
        ("a caption", Image(PNG, "x"), LIMITS, 1024),
        ("no captions", Image(PNG, "x"), WORDS_ONLY, 4096),
        ("a url button", UrlButton("x", "y", "https://a.test"), LIMITS, 1024),
        ("no url buttons", UrlButton("x", "y", "https://a.test"), WORDS_ONLY, 4096),
        ("a request", LocationRequest("x"), LIMITS, 1024),
    ],
)
def test_how_long_a_body_may_be(label: str, content: Any, limits: ContentLimits, expected: int) -> None:
    assert body_limit(content, limits, "whatsapp") == expected


def test_a_body_of_the_limit_is_left_alone() -> None:
    buttons = Buttons("x" * 1024, rows(3))
    assert fit(buttons, LIMITS, "whatsapp").contents == (buttons,)
    assert len(fit(changed(buttons, body="x" * 1025), LIMITS, "whatsapp").contents) == 2


def test_where_numbered_text_has_several_parts_the_last_knows_what_was_offered() -> None:
    found = fit(Buttons("a" * 90, rows(11)), ContentLimits(text=100), "whatsapp").contents
    assert [isinstance(each, Text) and each.choices for each in found] == [(), rows(11)]
