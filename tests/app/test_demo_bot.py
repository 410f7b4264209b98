"""What the demo's bot says to the words that it knows, and to what it is sent."""

import re
import struct
import zlib

import pytest

from turnkeeper.app.demo_bot import bot, picture, seconds_of
from turnkeeper.testing.conversation import conversation, in_virtual_time

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
