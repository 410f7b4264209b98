"""Which messages look finished, in any script."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnkeeper.rules import completeness
from turnkeeper.rules.turn_start import looks_complete

DONE = [
    ("a question", "where is my order?"),
    ("a question, Chinese mark", "你们几点开门？"),
    ("a question, Arabic mark", "أين طلبي؟"),
    ("a question, Urdu", "فیس کتنی ہے؟"),
    ("a question, Armenian mark", "ո՞ւր է իմ պատվերը՞"),
    ("a question, Ethiopic mark", "የት ነው፧"),
    ("a question, Greek mark", "πού είναι η παραγγελία μου;"),
    ("a question in quotation marks", "«¿dónde está?»"),
    ("a question and an emoji", "are you open today? 🙏"),
    ("two marks", "hello??"),
    ("a question without its mark", "where is my order"),
    ("the same after a greeting", "hi where is my order"),
    ("the same, Turkish", "siparişim nerede kaldı"),
    ("the same, Chinese", "你们几点开门"),
    ("the same, Japanese", "予約できますか"),
    ("the same, Hindi", "मेरा ऑर्डर कहाँ है"),
    ("a request", "size m please"),
    ("yes", "yes"),
    ("yes, Arabic", "نعم"),
    ("ok with an emoji", "ok 👍"),
    ("an emoji alone", "👍🏽"),
    ("thanks", "thank you so much"),
    ("thanks, Spanish, with a mark", "muchas gracias!"),
    ("an order number", "48213"),
    (
        "a long message without a mark",
        "i ordered a lamp last week and it came broken so i would like my money back now",
    ),
]
OPEN = [
    ("three dots", "well..."),
    ("an ellipsis", "let me think…"),
    ("a comma", "my name is sara,"),
    ("an Arabic comma", "السلام عليكم،"),
    ("a Chinese comma", "你好，"),
    ("a colon", "the address is:"),
    ("a dash", "one thing -"),
    ("an open bracket", "the blue one ("),
    ("a conjunction", "i wanted the red one but"),
    ("a conjunction, Spanish", "quería el rojo pero"),
    ("a conjunction, Hindi", "मुझे चाहिए लेकिन"),
    ("a conjunction, Arabic", "اريد ان اسأل لكن"),
    ("a conjunction, Japanese, no spaces", "予約したいけど"),
    ("a preposition", "i have a question about the"),
    ("a conjunction and an emoji", "but 😅"),
]
FRAGMENTS = [
    ("a lone word", "order"),
    ("two words", "the invoice"),
    ("media without a caption", None),
    ("a caption of spaces", "  \n"),
    ("only a bracket", ")"),
]


@pytest.mark.parametrize(("label", "text"), DONE, ids=[label for label, _ in DONE])
def test_looks_done(label: str, text: str) -> None:
    assert looks_complete(text) >= 0.8


@pytest.mark.parametrize(("label", "text"), OPEN, ids=[label for label, _ in OPEN])
def test_looks_open(label: str, text: str) -> None:
    assert looks_complete(text) <= 0.1


@pytest.mark.parametrize(("label", "text"), FRAGMENTS, ids=[label for label, _ in FRAGMENTS])
def test_looks_like_a_fragment(label: str, text: str | None) -> None:
    assert 0.1 < looks_complete(text) < 0.5


@pytest.mark.parametrize("text", ["hello", "Hello!", "HOLA", "你好", "السلام عليكم", "नमस्ते", "good morning."])
def test_a_greeting_alone_is_in_between(text: str) -> None:
    assert looks_complete(text) == completeness.GREETING


def test_a_statement_is_less_done_than_a_question_and_more_than_a_fragment() -> None:
    fragment, statement, question = map(looks_complete, ["my order", "My order has not arrived.", "Where is my order?"])
    assert fragment < statement < question


@given(st.none() | st.text(max_size=600))
def test_always_between_0_and_1(text: str | None) -> None:
    assert 0 <= looks_complete(text) <= 1


@given(st.text(max_size=60))
def test_a_question_mark_makes_it_a_question_and_dots_leave_it_open(text: str) -> None:
    assert looks_complete(text + "?") == completeness.QUESTION
    assert looks_complete(text + "...") == completeness.UNFINISHED


@given(st.text(max_size=60), st.text(" \n\t", max_size=3), st.text(" \n\t", max_size=3))
def test_space_around_a_message_says_nothing(text: str, before: str, after: str) -> None:
    assert looks_complete(before + text + after) == looks_complete(text)


@given(st.text(alphabet=st.characters(categories=["Lo", "Ll", "So", "Po", "Zs"]), min_size=400, max_size=500))
def test_only_the_end_of_a_long_message_counts(text: str) -> None:
    assert looks_complete("x? " * 5_000 + text) == looks_complete(text[-completeness.LOOKED_AT :])
