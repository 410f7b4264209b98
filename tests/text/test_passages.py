"""Passages: as much as belongs together, never more than is shown at once, and nothing lost."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from turnkeeper.model.knowledge import Paragraph, Readable
from turnkeeper.text.passages import REPEATED, SIZE, passages


def cut(*paragraphs: Paragraph, title: str = "Title") -> list[tuple[str, str]]:
    return [(each.heading, each.text) for each in passages(Readable(title, paragraphs))]


def test_paragraphs_under_one_heading_go_together_and_no_others() -> None:
    found = cut(Paragraph("One.", ("A",)), Paragraph("Two.", ("A",)), Paragraph("Three.", ("A", "B")))
    assert found == [("A", "One.\n\nTwo."), ("A › B", "Three.")]


def test_a_full_passage_ends_before_the_next_paragraph() -> None:
    found = cut(Paragraph("a " * 300), Paragraph("b " * 99), Paragraph("c"))
    assert [len(text) for _, text in found] == [599 + 2 + 197, 1]


def test_a_long_paragraph_is_cut_after_sentences_and_repeats_the_last() -> None:
    (paragraph,) = [" ".join(f"This is sentence number {n}." for n in range(100))]
    found = [text for _, text in cut(Paragraph(paragraph))]
    assert len(found) > 3
    for before, after in pairwise(found):
        assert before.endswith(".")
        assert after.startswith("This is sentence")
        repeated = after[: after.index(".") + 1]
        assert repeated in before[-REPEATED:]


def test_scripts_without_spaces_are_cut_between_graphemes() -> None:
    thai = "การคืนเงินภายในสิบสี่วันนับจากวันที่ซื้อสินค้า" * 40
    found = [text for _, text in cut(Paragraph(thai))]
    assert "".join(found) == thai
    assert all(text[0] not in "\u0e31\u0e34\u0e35\u0e37\u0e48\u0e49" for text in found)
    chinese = "我们在十四天内全额退款。" * 100
    assert all(text.endswith("。") for _, text in cut(Paragraph(chinese)))


def test_the_page_is_the_one_on_which_it_begins() -> None:
    document = Readable("T", (Paragraph("a", (), 3), Paragraph("b", (), 4), Paragraph("c " * 399, (), 5)))
    assert [each.page for each in passages(document)] == [3, 5]


def test_title_and_headings_are_words_of_it_and_lead() -> None:
    (found,) = passages(Readable("Shop", (Paragraph("Fourteen days.", ("Help", "Refunds")),)))
    assert found.terms == "shop help refunds|refund fourteen days|day"
    assert (found.head, found.length) == (3, 5)


@settings(max_examples=60)
@given(st.lists(st.text(st.sampled_from("ab. ไท่我\n"), max_size=1200), max_size=4))
def test_nothing_is_lost_and_nothing_is_too_long(texts: list[str]) -> None:
    document = Readable("", tuple(Paragraph(text) for text in texts))
    found = list(passages(document))
    assert all(len(each.text) <= SIZE + REPEATED + 1 for each in found)
    kept = "".join(char for text in texts for char in text if char in "abไท่我")
    shown = "".join(char for each in found for char in each.text if char in "abไท่我")
    at = 0
    for char in kept:  # in order, with what is repeated between
        at = shown.find(char, at) + 1
        assert at > 0 or not any(each.text for each in found)
