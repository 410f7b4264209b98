"""Transcripts as people read them: the first lines, the whole, and whose talk it was."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.text.checks import visible_words
from turnkeeper.model.voice import UNAVAILABLE, Spoken, Transcript
from turnkeeper.text.rendering import render
from turnkeeper.text.transcripts import LONGEST_LINE, document, is_cut, lines_of, section, talk_share


def visit(count: int, seconds: float = 0.0) -> Transcript:
    spoken = [Spoken(f"line {n}", n * 10.0, n * 10.0 + 8, ("MR", "Doctor")[n % 2]) for n in range(count)]
    return Transcript("\n".join(each.text for each in spoken), seconds, tuple(spoken))


def shown(transcript: Transcript | None) -> list[str]:
    return render(section(transcript), "whatsapp", 4096)[0].splitlines()


CUT: list[tuple[str, Transcript, int, str]] = [
    ("as long as it may be", visit(20, 600), 21, "*Doctor:* line 19"),
    ("one line more", visit(21, 600), 22, "… [full transcript: 21 lines, 10 min visit]"),
    ("a long visit", visit(47, 900), 22, "… [full transcript: 47 lines, 15 min visit]"),
    ("rounded", visit(47, 929), 22, "… [full transcript: 47 lines, 15 min visit]"),
    ("up", visit(47, 930), 22, "… [full transcript: 47 lines, 16 min visit]"),
    ("seconds", visit(30, 12), 22, "… [full transcript: 30 lines, 1 min visit]"),
    ("of unknown length", visit(30), 22, "… [full transcript: 30 lines]"),
]


@pytest.mark.parametrize("label, transcript, count, last", CUT, ids=[row[0] for row in CUT])
def test_twenty_lines_and_what_is_missing(label: str, transcript: Transcript, count: int, last: str) -> None:
    lines = shown(transcript)
    assert (len(lines), lines[-1]) == (count, last)
    assert lines[1] == "*MR:* line 0"
    assert is_cut(transcript) is last.startswith("…")


@pytest.mark.parametrize(
    "transcript", [None, Transcript(""), Transcript(" \n "), Transcript("", spoken=(Spoken(" "),))]
)
def test_without_words_it_says_that_it_was_unavailable(transcript: Transcript | None) -> None:
    assert shown(transcript) == ["*🗒️ Transcript*", UNAVAILABLE]


LINES: list[tuple[str, Transcript, list[str]]] = [
    ("no speakers", Transcript("x", spoken=(Spoken("one"), Spoken("two"))), ["one", "two"]),
    ("words alone", Transcript("one two\n\nthree"), ["one two", "three"]),
    ("marks", Transcript("# one\n1. *two*\n- three"), ["# one", "1. *\u200btwo*", "- three"]),
    ("a name with marks", Transcript("x", spoken=(Spoken("one", speaker="*MR*"),)), ["*MR*: one"]),
]


@pytest.mark.parametrize("label, transcript, expected", LINES, ids=[row[0] for row in LINES])
def test_one_utterance_is_one_line(label: str, transcript: Transcript, expected: list[str]) -> None:
    lines = shown(transcript)[1:]
    assert [line.replace("\u200b", "") for line in lines] == [line.replace("\u200b", "") for line in expected]


def test_a_monologue_is_several_lines_and_no_word_is_lost() -> None:
    words = "It was a good visit, and she asked for samples. " * 90
    transcript = Transcript(words, 90.0, (Spoken(words, 0.0, 90.0, "MR"),))
    lines = lines_of(transcript)
    assert all(0 < len(line.words) <= LONGEST_LINE for line in lines)
    assert " ".join(line.words for line in lines) == words.strip()
    assert shown(transcript)[-1] == f"… [full transcript: {len(lines)} lines, 2 min visit]"
    first, second, *_ = document(transcript).splitlines()
    assert (first[:12], second[:10]) == ("[00:00] MR: ", "        MR")


def test_the_document_has_every_line_with_its_time() -> None:
    told = document(visit(47, 900)).splitlines()
    assert len(told) == 47
    assert (told[0], told[46]) == ("[00:00] MR: line 0", "[07:40] MR: line 46")
    assert document(Transcript("one\ntwo")) == "one\ntwo\n"


SHARES: list[tuple[str, tuple[Spoken, ...], float | None]] = [
    ("by time", (Spoken("a", 0, 3, "MR"), Spoken("b c d", 3, 4, "Doctor")), 0.75),
    ("by words where no times are", (Spoken("a", speaker="MR"), Spoken("b c d", speaker="Doctor")), 0.25),
    ("who is not told is nobody's", (Spoken("a", 0, 1, "MR"), Spoken("x", 1, 9), Spoken("b", 9, 10, "Doctor")), 0.5),
    ("nobody is told apart", (Spoken("a", 0, 1), Spoken("b", 1, 2)), None),
    ("one voice only", (Spoken("a", 0, 1, "MR"),), None),
    ("others", (Spoken("a", 0, 1, "A"), Spoken("b", 1, 2, "B")), None),
    ("times that run backwards", (Spoken("a", 3, 1, "MR"), Spoken("b", 1, 2, "Doctor")), 0.0),
    ("silence", (Spoken("", speaker="MR"), Spoken("", speaker="Doctor")), None),
]


@pytest.mark.parametrize("label, spoken, expected", SHARES, ids=[row[0] for row in SHARES])
def test_the_share_of_the_talk(label: str, spoken: tuple[Spoken, ...], expected: float | None) -> None:
    assert talk_share(Transcript("x", spoken=spoken), "MR") == expected


@settings(max_examples=100, deadline=None)
@given(texts=st.lists(st.text(max_size=300), max_size=30))
def test_no_word_of_the_document_is_lost(texts: list[str]) -> None:
    transcript = Transcript("", spoken=tuple(Spoken(text, speaker="MR") for text in texts))
    said = "".join(line.words for line in lines_of(transcript))
    assert visible_words(said) == visible_words("".join(texts).replace("\0", "\ufffd"))
    assert len(render(section(transcript), "telegram", 4096)) >= 1
