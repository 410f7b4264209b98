"""Words for the index: what is one word in two ways of writing it, and what is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnkeeper.text.words import MOST_ASKED, asked, terms, words

# label, two texts, whether every word of the first has a form in common with one of the second
ALIKE = [
    ("case", "REFUND", "refund", True),
    ("english endings", "refunds exchanged", "refund exchange", True),
    ("accents", "Café", "cafe", True),
    ("sharp s", "STRASSE", "Straße", True),
    ("full width", "ＡＢＣ１２", "abc12", True),
    ("indonesian prefixes", "membayar pembayaran", "bayar", True),
    ("indonesian possession", "bukunya", "buku", True),
    ("arabic vowel signs", "سِياسَةُ", "سياسة", True),
    ("arabic stroke", "سـيـاسة", "سياسة", True),
    ("arabic alef", "إرجاع أرجاع آرجاع", "ارجاع", True),
    ("arabic article", "المتجر", "متجر", True),
    ("arabic and", "والمتجر", "متجر", True),
    ("arabic plural", "الطلبات", "طلب", True),
    ("arabic digits", "١٤", "14", True),
    ("persian letters", "کتاب", "كتاب", True),
    ("thai inside a run", "คืนเงิน", "เราคืนเงินเต็ม", True),
    ("chinese inside a run", "退款", "我们退款给您", True),
    ("russian endings", "возвраты", "возврат", True),
    ("apostrophes", "shop's", "shop s", True),
    ("link targets", "[a page](https://example.com/refund)", "a page", True),
    ("other words", "refund", "return", False),
    ("thai in another order", "งเคืนิน", "คืนเงิน", False),
    ("chinese in another order", "款退", "我们退款给您", False),
    ("numbers", "14", "140", False),
]


@pytest.mark.parametrize("label, one, other, alike", ALIKE, ids=[row[0] for row in ALIKE])
def test_what_is_the_same_word(label: str, one: str, other: str, alike: bool) -> None:
    def forms(text: str) -> list[set[str]]:
        return [set(word.split("|")) for word in terms(text)[0].split()]

    known = set().union(*forms(other))
    assert all(word & known for word in forms(one)) is alike


@given(st.text(max_size=200))
def test_forms_are_letters_marks_and_digits_alone(text: str) -> None:
    kept, count = terms(text)
    listed = [form for word in kept.split(" ") for form in word.split("|")] if kept else []
    assert len(kept.split()) == count
    assert all(form and not set(form) & set(" |'\"\\&!():*<>-_\x00") for form in listed)
    assert all(not form.isascii() or form.isalnum() for form in listed)
    assert list(words(text)) == list(words(text))


@pytest.mark.parametrize(
    "question, expected",
    [
        ("How can I get a refund?", ["refund"]),
        ("what can you do", ["what", "can", "you", "do"]),
        ("bagaimana cara bayar", ["bayar"]),
        ("refund refund REFUND refunds", ["refund", "refunds"]),
        ("", []),
        ("?!", []),
    ],
)
def test_what_is_asked_is_what_says_something(question: str, expected: list[str]) -> None:
    assert [forms[0] for forms in asked(question)] == expected


def test_a_long_question_is_asked_by_a_bounded_number_of_words() -> None:
    assert len(asked(" ".join(f"word{n}" for n in range(1000)))) == MOST_ASKED
