"""What a note's bytes, levels and words tell."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnkeeper.rules.sound import FORMATS, QUIET, format_of, is_loop, is_silent

LOUD, STILL = QUIET + 20, QUIET - 20


@pytest.mark.parametrize(
    "label, data, expected",
    [
        ("nothing", b"", None),
        ("a byte", b"\xff", None),
        ("Ogg", b"OggS\x00\x02", "ogg"),
        ("MP3 without a tag", b"\xff\xfb\x90\x64", "mp3"),
        ("layer II", b"\xff\xfd\x84\x00", "mp3"),
        ("MP3 behind a tag", b"ID3\x04\0\0\0\0\0\x02ab\xff\xfb\x90\x64", "mp3"),
        ("AAC behind a tag", b"ID3\x04\0\0\0\0\0\x02ab\xff\xf1\x60\x40", "aac"),
        ("a tag of 130 bytes", b"ID3\x04\0\0\0\0\1\x02" + bytes(130) + b"\xff\xf1\x60\x40", "aac"),
        ("a tag and nothing behind it", b"ID3\x04\0\0\0\0\0\0\0", "mp3"),
        ("WAV", b"RIFF\0\0\0\0WAVEfmt ", "wav"),
        ("another RIFF", b"RIFF\0\0\0\0WEBPVP8 ", None),
        ("AAC", b"\xff\xf1\x60\x40", "aac"),
        ("AAC of MPEG-2", b"\xff\xf9\x60\x40", "aac"),
        ("AMR", b"#!AMR\n\x3c", "amr"),
        ("AMR-WB", b"#!AMR-WB\n\x44", "amr"),
        ("WebM", b"\x1aE\xdf\xa3\x01", "webm"),
        ("M4A", b"\0\0\0\x1cftypM4A ", "m4a"),
        ("an old phone's", b"\0\0\0\x1cftyp3gp4", "m4a"),
        ("FLAC", b"fLaC\0\0\0\x22", "flac"),
        ("a page", b"<!doctype html>", None),
        ("a picture", b"\x89PNG\r\n\x1a\n", None),
        ("a playlist, which names other files", b"#EXTM3U\nhttp://10.0.0.1/x\n", None),
        ("a list for ffmpeg", b"ffconcat version 1.0\nfile x", None),
        ("text in UTF-16", "hello".encode("utf-16"), None),
    ],
)
def test_a_format_is_told_by_its_first_bytes(label: str, data: bytes, expected: str | None) -> None:
    assert format_of(data) == expected
    assert expected is None or expected in FORMATS


@given(st.binary(max_size=64))
def test_any_bytes_have_a_format_or_none(data: bytes) -> None:
    assert format_of(data) in {None, *FORMATS}
    assert format_of(b"ID3" + data) in {None, "mp3", "aac"}


@pytest.mark.parametrize(
    "label, levels, expected",
    [
        ("nothing", [], True),
        ("stillness", [STILL] * 100, True),
        ("a click", [STILL] * 50 + [LOUD] * 2 + [STILL] * 50, True),
        ("a word", [STILL] * 50 + [LOUD] * 3 + [STILL] * 50, False),
        ("a word with holes", [LOUD, STILL] * 3, False),
        ("as loud as the limit", [QUIET] * 100, True),
    ],
)
def test_silence(label: str, levels: list[float], expected: bool) -> None:
    assert is_silent(levels) is expected


@pytest.mark.parametrize(
    "label, text, expected",
    [
        ("nothing", "", False),
        ("a word", "Yes.", False),
        ("said often", "No, no, no, no, no, no!", False),
        ("laughter", "Haha hahaha, ha ha ha ha.", False),
        ("thought", "Hmmm. Hmmmm.", False),
        ("a sentence twice", "Oh, that's a good story. Oh, that's a good story.", False),
        ("asked three times", "Do you hear me? Do you hear me? Do you hear me?", False),
        (
            "a figure of speech",
            "It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of folly.",
            False,
        ),
        ("a word without end", "the " * 40, True),
        ("a phrase without end", "I'm going to go to the house. " * 6, True),
        ("an end that is one", "Thank you for watching. " + "and I'm going " * 9, True),
        ("a small loop in many words", "Please come and see us on Friday at ten, no, no, no, no, at eleven.", False),
        ("a letter without end", "他要来比较" + "胶" * 30, True),
        ("a long number", "My number is 0800 1111 1111 1111 and I am at home until ten in the evening", False),
    ],
)
def test_a_loop_is_told_from_what_people_repeat(label: str, text: str, expected: bool) -> None:
    assert is_loop(text) is expected


@given(st.lists(st.sampled_from("one two three four five six".split()), min_size=1, max_size=6), st.integers(4, 9))
def test_whatever_comes_four_times_in_a_row_is_a_loop(phrase: list[str], times: int) -> None:
    assert is_loop(" ".join(phrase * times)) is (len(phrase) * times >= 12)


@given(st.lists(st.sampled_from([f"word{letter}" for letter in "abcdefgh"]), max_size=40))
def test_words_of_which_none_comes_back_within_eight_are_no_loop(words: list[str]) -> None:
    apart = [f"{word}{'x' * (at % 9)}" for at, word in enumerate(words)]
    assert all(a != b for a, b in pairwise(apart))
    assert not is_loop(" ".join(apart))
