"""What the demo's bot says to the words that it knows, and to what it is sent."""

import re
import struct
import zlib
from pathlib import Path

import pytest

from turnkeeper.app import demo_bot
from turnkeeper.app.demo_bot import bot, picture, seconds_of
from turnkeeper.testing.conversation import conversation, in_virtual_time
from turnkeeper.testing.documents import documents
from turnkeeper.testing.transcribers import NOTE, ScriptedTranscriber, listening

# word: what the person gets of each message, or the beginning of it
WORDS = [
    ("help", ["I repeat what you write."]),
    ("Menu ", ["What shall I show you?"]),
    ("buttons", ["Was this answer of any use?"]),
    ("link", ["The whole story is on a page."]),
    ("location", ["Where are you?"]),
    ("place", ["[location]"]),
    ("contact", ["[contacts]"]),
    ("template", ["[template order_update]"]),
    ("picture", ["Drawn just now"]),
    ("slow", ["This takes eight seconds.", "Done: counted to *eight*."]),
    ("later", ["In 15 seconds", "This is the message that you asked for"]),
    ("fail", ["Something went wrong"]),
    ("person", ["A person takes over now"]),
    ("anything", ["You wrote *anything*."]),
]


@pytest.mark.parametrize("word, begins", WORDS)
@in_virtual_time
async def test_a_word_alone_does_what_the_help_says(word: str, begins: list[str]) -> None:
    async with conversation(bot) as person:
        await person.says(word)
        if word == "later":
            await person.waits(30)
        assert len(person.heard) == len(begins)
        assert [said[: len(begin)] for said, begin in zip(person.heard, begins, strict=True)] == begins


PAGES = Path(demo_bot.__file__).with_name("demo_knowledge")

# what is asked, the page and heading that answer it; "": it is repeated, as everything else is
QUESTIONS = [
    ("What is Turnkeeper?", "Turnkeeper › What is Turnkeeper?"),
    ("How do I install it?", "Installing and running › How do I install it?"),
    ("do I need an API key?", "Bots › Does it need a model or an API key?"),
    ("What happens if it crashes?", "Turns › What happens when a worker crashes?"),
    ("does this work on telegram?", "Channels › Does it work with Telegram?"),
    ("what can I ask?", "Turnkeeper › What can I ask you here?"),
    ("How does an interrupt work?", "Turns › How do interrupts work?"),
    ("What if I write while it is thinking?", "Turns › How do interrupts work?"),
    ("can a human take over?", "Turns › Can a human take over?"),
    ("What is the capital of France?", ""),
    ("how are you?", ""),
    ("What is Turnkeeper", ""),
]


@in_virtual_time
async def test_it_answers_questions_about_turnkeeper_from_its_pages() -> None:
    async with documents({path.name: path.read_bytes() for path in PAGES.iterdir()}) as library:
        for question, source in QUESTIONS:
            async with conversation(bot.with_library(library)) as person:
                await person.says(question)
                (heard,) = person.heard
                end = f"[1] {source}" if source else f"You wrote *{question}*."
                assert heard[-len(end) :] == end


@in_virtual_time
async def test_a_long_answer_comes_in_parts() -> None:
    async with conversation(bot) as person:
        await person.says("long")
        assert 2 < len(person.heard) < 8
        assert max(map(len, person.heard)) <= 4096


@in_virtual_time
async def test_what_is_tapped_is_a_word_too() -> None:
    async with conversation(bot) as person:
        await person.says("menu")
        assert "Picture" in person.offered
        await person.taps("Picture")
        assert person.files == [picture()]


@in_virtual_time
async def test_it_tells_what_files_are_and_why_one_is_refused() -> None:
    async with conversation(bot) as person:
        await person.sends(picture(), "image/png")
        await person.sends(b"a,b\n1,2\n", "text/csv", filename="prices.csv")
        await person.sends(b"<html><script>alert(1)</script>", "image/jpeg")
        assert re.fullmatch(r"You wrote \*a photo \(image/png, [\d,]+ bytes\)\*\.", person.heard[0])
        assert person.heard[1] == "You wrote *a document “prices.csv” (text/csv, 8 bytes)*."
        assert person.heard[2].startswith("You wrote *a photo that I cannot take: ")


def test_every_word_of_the_help_is_tried_here() -> None:
    from turnkeeper.app.demo_bot import _HELP

    named = {word for line in _HELP.splitlines() if line.startswith("-") for word in line.split("`")[1::2]}
    assert named <= {word.strip().lower() for word, _ in WORDS} | {"long"}


def test_the_picture_is_a_png_of_its_size() -> None:
    data = picture(8, 4)
    assert struct.unpack(">II", data[16:24]) == (8, 4)
    start = data.index(b"IDAT") + 4
    (length,) = struct.unpack(">I", data[start - 8 : start - 4])
    assert len(zlib.decompress(data[start : start + length])) == 4 * (1 + 3 * 8)


@pytest.mark.parametrize(
    "label, ogg, expected",
    [
        ("one page", b"OggS\0\4" + (96_000).to_bytes(8, "little") + b"rest", 2.0),
        ("the last of two", b"OggS\0\0" + bytes(8) + b"OggS\0\4" + (24_000).to_bytes(8, "little"), 0.5),
        ("none", b"RIFF", 0.0),
    ],
)
def test_a_voice_note_tells_its_length(label: str, ogg: bytes, expected: float) -> None:
    assert seconds_of(ogg) == expected


SPOKEN = [
    ("a question", "What happens when a worker crashes?", "Another worker takes the conversation over"),
    ("a word", "Menu.", "What shall I show you?"),
    ("a remark", "Nice weather today.", "You said *Nice weather today*."),
]


@pytest.mark.parametrize("label, said, begins", SPOKEN, ids=[row[0] for row in SPOKEN])
@in_virtual_time
async def test_what_is_spoken_is_as_good_as_words(label: str, said: str, begins: str) -> None:
    pages = {path.name: path.read_bytes() for path in PAGES.iterdir()}
    ears = ScriptedTranscriber(said)
    async with documents(pages) as library, conversation(listening(bot.with_library(library), ears)) as person:
        await person.sends(NOTE, "audio/ogg", kind="voice")
        assert begins in person.heard[0], label


@in_virtual_time
async def test_where_nobody_hears_it_says_how_it_would() -> None:
    async with conversation(bot) as person:
        await person.sends(NOTE, "audio/ogg", kind="voice")
        assert "turnkeeper[voice]" in person.heard[0]
        await person.says("hi")
        assert "turnkeeper[voice]" not in person.heard[1]
