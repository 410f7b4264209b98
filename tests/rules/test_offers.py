"""Yes and no to an offer, as a whole message, in many languages."""

import pytest

from turnkeeper.rules import offers
from turnkeeper.rules.offers import NO_ID, YES_ID, answer


@pytest.mark.parametrize(
    ("said", "chosen", "expected"),
    [
        ("yes", None, "yes"), ("Yes!", None, "yes"), ("YES PLEASE", None, "yes"), ("yes\nplease", None, "yes"),
        ("Sí, por favor", None, "yes"), ("ja gerne 👍", None, "yes"), ("да", None, "yes"), ("نعم", None, "yes"),
        ("أيوة", None, "yes"), ("ya boleh", None, "yes"), ("好的", None, "yes"), ("はい", None, "yes"),
        ("ครับ", None, "yes"), ("हाँ जी", None, "yes"), ("네", None, "yes"), ("evet", None, "yes"), ("oui", None, "yes"),
        ("no", None, "no"), ("No, thanks.", None, "no"), ("لا شكرا", None, "no"), ("tidak", None, "no"),
        ("ไม่", None, "no"), ("不用了", None, "no"), ("нет", None, "no"), ("いいえ", None, "no"),
        ("tak", None, None), ("yes, but what does it cost?", None, None), ("yesterday", None, None),
        ("is there nobody?", None, None), ("", None, None), (None, None, None), ("yes " * 40, None, None),
        ("Ja, bitte", YES_ID, "yes"), ("Yes", NO_ID, "no"), ("yes", "another", "yes"),
    ],
)  # fmt: skip
def test_answer(said: str | None, chosen: str | None, expected: str | None) -> None:
    assert answer(said, chosen) == expected


def test_no_word_says_both() -> None:
    assert not offers._YES_WORDS & offers._NO_WORDS
    assert "" not in offers._YES_WORDS | offers._NO_WORDS
    assert len(offers._YES) >= 20


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("Sorry. Shall I ask a person to get back to you?", True),
        ("Sorry. **Shall I ask a person?**", True),
        ("هل أطلب من شخص أن يتواصل معك؟", True),
        ("需要人工服务吗？", True),
        ("Maaf, saya mengalami kendala teknis. Silakan coba lagi nanti.", False),
        ("", False),
    ],
)
def test_offers(reply: str, expected: bool) -> None:
    assert offers.offers(reply) is expected
