"""A language is guessed from a few words, or none is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnkeeper.text.guessing import language_of

GUESSES = [
    ("What is zakat?", "en"), ("Assalamu alaikum, is it allowed to eat shrimp?", "en"), ("why?", "en"),
    ("ما هي الزكاة؟", "ar"), ("زکوٰۃ کیا ہے؟", "ur"), ("زکات چیست؟", "fa"),
    ("Bagaimana cara membayar zakat? Apa bisa di masjid?", "id"), ("Adakah muzik haram? macam mana", "ms"),
    ("Qu'est-ce que le zakat ?", "fr"), ("zakat nedir?", "tr"), ("Was ist Zakat?", "de"),
    ("Hola, ¿qué es el zakat?", "es"), ("O que é zakat?", "pt"), ("что такое закят", "ru"),
    ("Що таке закят і навіщо", "uk"),
    ("ช่วยด้วย", "th"), ("これは何ですか", "ja"), ("什么是天课", "zh"), ("자카트가 뭐예요", "ko"), ("मदद कीजिए", "hi"),
    ("", None), ("👍", None), ("12345", None), ("jazakallah", None), ("merhaba na", "tr"), ("π", None), ("Ok", None),
]  # fmt: skip


@pytest.mark.parametrize("said, expected", GUESSES, ids=[row[0] or "nothing" for row in GUESSES])
def test_a_language_is_guessed(said: str, expected: str | None) -> None:
    assert language_of(said) == expected


@given(st.text())
def test_whatever_is_said_the_guess_is_a_code_or_nothing(said: str) -> None:
    found = language_of(said)
    assert found is None or (len(found) == 2 and found.islower())
