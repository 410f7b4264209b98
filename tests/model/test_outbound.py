"""What the kinds of content say of themselves: every file is named, every kind has words."""

from typing import get_args

import msgspec
import pytest

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
    Section,
    Sticker,
    Template,
    Text,
    UrlButton,
    Video,
    VoiceNote,
    files_of,
    shown_as,
    words_of,
)
from turnkeeper.model.events import Choice

FILE = File(key="k1", mime="image/png")
YES = Choice("yes", "Yes")
KINDS: list[tuple[Content, tuple[File, ...], str]] = [
    (Text("hi"), (), "hi"),
    (Image(FILE, "a cat"), (FILE,), "a cat"),
    (Image(FILE), (FILE,), "[image]"),
    (Video(FILE), (FILE,), "[video]"),
    (Audio(FILE), (FILE,), "[audio]"),
    (VoiceNote(FILE), (FILE,), "[voice]"),
    (Document(FILE), (FILE,), "[document]"),
    (Document(File(link="https://a.test/b.pdf", filename="b.pdf")),
     (File(link="https://a.test/b.pdf", filename="b.pdf"),), "[document b.pdf]"),
    (Sticker(FILE), (FILE,), "[sticker]"),
    (Location(1, 2, address="Main Street"), (), "[location] Main Street"),
    (Contacts((ContactCard("Ada"), ContactCard("Bob"))), (), "[contacts] Ada, Bob"),
    (Buttons("Well?", (YES,)), (), "Well?"),
    (Buttons("Well?", (YES,), header_file=FILE), (FILE,), "Well?"),
    (List("Which?", "Show", (Section((YES,)),)), (), "Which?"),
    (UrlButton("Look", "Open", "https://a.test"), (), "Look"),
    (LocationRequest("Where?"), (), "Where?"),
    (Reaction("wamid.1", "👍"), (), "👍"),
    (Reaction("wamid.1", ""), (), "[reaction taken away]"),
    (Template("hello", "en"), (), "[template hello]"),
    (Template("hello", "en", header_file=FILE, header_kind="image"), (FILE,), "[template hello]"),
    (Refused("Well?", "no such button"), (), "Well?"),
]  # fmt: skip


@pytest.mark.parametrize("content, files, words", KINDS)
def test_files_words_and_the_way_to_json_and_back(content: Content, files: tuple[File, ...], words: str) -> None:
    assert files_of(content) == files
    assert words_of(content) == words
    assert msgspec.json.decode(msgspec.json.encode(content), type=Content) == content


@pytest.mark.parametrize(
    "file, kind",
    [
        (File(key="k", mime="image/webp"), "image"),
        (File(key="k", mime="video/mp4", filename="a.png"), "video"),
        (File(key="k", mime="application/pdf"), "document"),
        (File(link="https://a.test/b.JPG?size=2"), "image"),
        (File(link="https://a.test/b", filename="c.mp4"), "video"),
        (File(link="https://a.test/png"), "document"),
        (File(key="k"), "document"),
    ],
)
def test_what_a_file_is_shown_as(file: File, kind: str) -> None:
    assert shown_as(file) == kind


def test_every_kind_is_here() -> None:
    assert {type(content) for content, _, _ in KINDS} == set(get_args(Content))
