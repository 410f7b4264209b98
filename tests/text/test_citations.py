"""Numbered notes: each mark has its note, in order, and no note is torn from its number."""

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.text.checks import TelegramText, visible_words
from turnkeeper.model.contents import Sections
from turnkeeper.model.limits import Markup
from turnkeeper.model.llm import Citation
from turnkeeper.text.citations import (
    Cited,
    Note,
    Passage,
    cited,
    missing_language,
    placed,
    read,
    said,
    shown,
    translated,
)
from turnkeeper.text.languages import code_of, script_of
from turnkeeper.text.rendering import render

BACKEND = """Deeds are judged by intentions [3]  [1]. Both say so [1, 3]; see `x[1]` and [1](https://example.org) [9].

**Citations**:
[1] Sahih Bukhari 1:
 Arabic: إنما الأعمال بالنيات

 English: Actions are judged by intentions.

[2] Quran 2:255:
 Arabic: الله لا إله إلا هو

 English: [Translation unavailable]

[3] An essay:
 Text: something
 over two lines
"""
BUKHARI = Note(
    "Sahih Bukhari 1", (Passage("إنما الأعمال بالنيات", "ar"), Passage("Actions are judged by intentions.", "en"))
)


def test_a_backends_list_becomes_notes_in_the_order_of_the_text() -> None:
    found = read(BACKEND)
    assert found.body == (
        "Deeds are judged by intentions [1]  [2]. Both say so [2][1]; see `x[1]` and [1](https://example.org) [9]."
    )
    assert found.heading == "**Citations**:"
    assert found.notes == (
        Note("An essay", (Passage("something\nover two lines"),)),
        BUKHARI,
        Note("Quran 2:255", (Passage("الله لا إله إلا هو", "ar"),)),
    )


def test_each_language_stands_on_its_own_line_below_the_number() -> None:
    sections = said(read(BACKEND))
    assert isinstance(sections, Sections)
    assert sections.texts[1:] == (
        "**Citations**:\n\n[1] An essay\nsomething\nover two lines",
        "[2] Sahih Bukhari 1\nإنما الأعمال بالنيات\nActions are judged by intentions.",
        "[3] Quran 2:255\nالله لا إله إلا هو",
    )


@pytest.mark.parametrize(
    "label, answer, body, titles",
    [
        ("no list", "It is so [1].", "It is so [1].", []),
        ("a heading without entries", "A [1].\n\nSources:\nnone", "A [1].\n\nSources:\nnone", []),
        ("a note that nothing points to", "A.\n\n## Sources\n[1] One", "A.", ["One"]),
        ("a mark without a note", "A [4], B [1].\n\nSources:\n[1] One", "A [4], B [1].", ["One"]),
        ("one that would be another's", "A [2], B [5].\n\nSources:\n[5] Five\n[6] Six", "A, B [1].", ["Five", "Six"]),
        ("a range", "A [1-3].\n\nSources:\n[1] a\n[2] b\n[3] c", "A [1][2][3].", ["a", "b", "c"]),
        ("a number twice in the list", "A [1].\n\nSources:\n[1] a\n[1] b", "A [1].", ["a", "b"]),
        ("words above the first note", "A [1].\n\nSources:\nAll read in May.\n[1] a", "A [1].", ["a"]),
        ("a heading in Arabic", "نعم [1].\n\n**المصادر**:\n[1] كتاب", "نعم [1].", ["كتاب"]),
        ("a heading that is a sentence", "Notes: I saw [1].\n[1] a", "Notes: I saw [1].\n[1] a", []),
        ("footnotes", "A[^1].\n\n[^1]: One,\n  and more", "A[1].", ["One,"]),
        ("addresses below", "A [2].\n\n[1]: https://a.b\n[2]: https://c.d", "A [1].", ["https://c.d", "https://a.b"]),
        ("what only begins like one", "A [1].\n\n[1]: this\nthat", "A [1].\n\n[1]: this\nthat", []),
        ("a mark before a bracket", "A [2](so it is).\n\nSources:\n[2] Two", "A [1](so it is).", ["Two"]),
        ("only a list", "Sources:\n[1] a", "", ["a"]),
        ("an address", "A [1].\n\nReferences\n[1]: https://a.b/c", "A [1].", ["https://a.b/c"]),
        ("nothing", "", "", []),
    ],
)
def test_what_a_backend_may_send(label: str, answer: str, body: str, titles: list[str]) -> None:
    found = read(answer)
    assert (found.body, [note.title for note in found.notes]) == (body, titles)


A, B = Citation("A", "what A says", end=5), Citation("B", "what B says", "https://b.example", end=13)


@pytest.mark.parametrize(
    "label, text, citations, body, titles",
    [
        ("two places", "First. Second.", [B, A], "First [1]. Second [2].", ["A", "B"]),
        ("a source twice", "First. Second.", [A, Citation("A", "what A says", end=13)],
         "First [1]. Second [1].", ["A"]),
        ("two at one place", "First. Second.", [A, Citation("C", end=5)], "First [1][2]. Second.", ["A", "C"]),
        ("spaces before the place", "First.  Second.", [Citation("A", end=8)], "First. [1]  Second.", ["A"]),
        ("no place", "First.", [Citation("A")], "First.", ["A"]),
        ("a place beyond the end", "First.", [Citation("A", end=99)], "First. [1]", ["A"]),
        ("the beginning", "First.", [Citation("A", end=0)], "[1]First.", ["A"]),
        ("none", "First.", [], "First.", []),
    ],
)  # fmt: skip
def test_places_become_marks(label: str, text: str, citations: list[Citation], body: str, titles: list[str]) -> None:
    found = placed(text, citations)
    assert (found.body, [note.title for note in found.notes]) == (body, titles)


def test_shown_sources_are_noted_where_they_are_cited() -> None:
    sources = [Citation("One"), Citation("Two", url="https://two.example"), Citation("Three")]
    found = shown("It is so【3†source】, and so [2][3], and so [7]; `a[1]`.", sources)
    assert found.body == "It is so[1], and so [2][1], and so; `a[1]`."
    assert [note.title for note in found.notes] == ["Three", "Two"]
    assert said(found) == Sections([found.body, "[1] Three", "[2] Two\nhttps://two.example"])
    assert said(shown("Nobody said so.", sources)) == "Nobody said so."


def test_the_providers_places_count_before_shown_numbers() -> None:
    assert cited("First.", [A], [Citation("Z")]).notes[0].title == "A"
    assert cited("First [1].", [], [Citation("Z")]).notes[0].title == "Z"
    assert cited("First [1].", [], []) == Cited("First [1].")


def test_a_long_quote_is_shortened_at_a_word() -> None:
    (note,) = placed("x", [Citation("Book", "word " * 200, end=1)]).notes
    assert len(note.passages[0].text) <= 302
    assert note.passages[0].text.endswith("word …")


@pytest.mark.parametrize(
    "label, note, language, expected",
    [
        ("both there", BUKHARI, "en", False),
        ("the other one", BUKHARI, "ar", False),
        ("neither", BUKHARI, "fr", True),
        ("by its name", BUKHARI, "English", False),
        ("with a region", BUKHARI, "en-GB", False),
        ("Arabic alone", Note("x", (Passage("الله", "ar"),)), "en", True),
        ("untold, in Arabic", Note("x", (Passage("الله"),)), "en", True),
        ("untold, in Latin", Note("x", (Passage("God"),)), "en", False),
        ("untold, in a script that the reader's is written in", Note("x", (Passage("الله"),)), "ur", False),
        ("Latin for a reader of Russian", Note("x", (Passage("God"),)), "ru", True),
        ("only a title", Note("القرآن"), "en", False),
        ("only numbers", Note("x", (Passage("2:255"),)), "ar", False),
    ],
)
def test_what_a_reader_lacks(label: str, note: Note, language: str, expected: bool) -> None:
    assert missing_language(note, language) == expected


def test_a_translation_is_one_passage_more() -> None:
    note = Note("Quran 2:255", (Passage("الله", "ar"),))
    assert translated(note, "en", " God.\n") == Note("Quran 2:255", (Passage("الله", "ar"), Passage("God.", "en")))
    assert translated(note, "en", " ") == note
    fully = translated(note, "id", "Allah.")
    assert said(Cited("A [1].", (fully,))) == Sections(["A [1].", "[1] Quran 2:255\nالله\nid: Allah."])


@pytest.mark.parametrize(
    "given, expected", [("Arabic", "ar"), ("العربية", "ar"), ("en-GB", "en"), ("so", "so"), ("Text", ""), ("", "")]
)
def test_languages_by_name(given: str, expected: str) -> None:
    assert code_of(given) == expected


def test_scripts() -> None:
    assert [script_of(text) for text in ("Hello, мир", "مرحبا Ada", "สวัสดี", "123")] == ["LATIN", "ARABIC", "THAI", ""]


def shown_text(part: str, markup: Markup) -> str:
    return TelegramText(part).text if markup == "telegram" else part


@pytest.mark.parametrize("markup", ["whatsapp", "telegram", "plain"])
@pytest.mark.parametrize("limit", [4096, 1024])
def test_no_note_is_torn_from_its_number_in_a_long_answer(markup: Markup, limit: int) -> None:
    body = "\n\n".join(f"Paragraph {n} says something of length, {'and goes on ' * 12}[{n}]." for n in range(1, 31))
    arabic, english = "كلمة طويلة " * 8, "a long word " * 8
    entry = "[{n}] Source {n}:\n Arabic: {arabic}آخر{n}\n\n English: {english}end{n}."
    entries = "\n".join(entry.format(n=n, arabic=arabic, english=english) for n in range(1, 31))
    answer = said(read(f"{body}\n\n**Citations**:\n{entries}"))
    parts = [shown_text(each, markup) for each in render(answer, markup, limit)]
    assert len(parts) > 2
    for n in range(1, 31):
        (holder,) = [part for part in parts if f"[{n}] Source {n}\n" in part]
        assert f"آخر{n}" in holder
        assert f"end{n}." in holder


NOISE = st.text("ab [1]2\n*`:،ع", max_size=60)
MARKED = st.lists(st.sampled_from(["[1]", "[2]", "[3] ", "word ", "كلمة ", "\n\n", "`[1]`", "[1, 2]"]), max_size=30)


@given(NOISE, st.lists(st.tuples(NOISE, st.integers(-5, 90)), max_size=4))
def test_placing_loses_no_word_and_never_raises(text: str, wanted: list[tuple[str, int]]) -> None:
    found = placed(text, [Citation(title, end=end) for title, end in wanted])
    kept = re.sub(r"\s", "", found.body)
    for sign in re.sub(r"\s", "", text):
        assert sign in kept
    assert len(kept) >= len(re.sub(r"\s", "", text))
    said(found)


@settings(max_examples=60)
@given(MARKED, st.integers(0, 4))
def test_reading_keeps_every_word_and_numbers_in_order(pieces: list[str], count: int) -> None:
    text = "".join(pieces)
    entries = "".join(f"[{n}] note{n}\n كلام {n}\n" for n in range(1, count + 1))
    found = read(f"{text}\n\nSources:\n{entries}" if count else text)
    letters = [char for char in text if unicodedata.category(char)[0] == "L"]
    assert [char for char in found.body if unicodedata.category(char)[0] == "L"] == letters
    assert sorted(note.title for note in found.notes) == [f"note{n}" for n in range(1, count + 1)]
    firsts = [int(mark) for mark in re.findall(r"\[(\d)\]", found.body.replace("`[1]`", ""))]
    firsts = [mark for mark in dict.fromkeys(firsts) if mark <= count]
    assert firsts == sorted(firsts)


@settings(max_examples=40)
@given(st.text(max_size=200))
def test_any_answer_is_read(answer: str) -> None:
    words = visible_words("".join(said_texts(said(read(answer)))))
    assert len(words) <= len(visible_words(answer)) + 2


def said_texts(told: str | Sections) -> tuple[str, ...]:
    return told.texts if isinstance(told, Sections) else (told,)


@pytest.mark.parametrize(
    "answer",
    ["Sources\n" * 50_000, "Sources" + " " * 100_000 + "x\n[1] a", "[1" * 50_000, "[" * 100_000, "```" * 30_000,
     "`a" * 50_000, "Sources:\n" + "[1] a\n" * 20_000, "[1] a\nSources\n" * 20_000],
)  # fmt: skip
def test_hard_answers_are_read_in_one_pass(answer: str) -> None:
    assert len(read(answer).notes) <= 20_000
