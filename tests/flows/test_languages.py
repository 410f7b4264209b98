"""What people call the language that they would like."""

from typing import Any

import pytest

from tests.support.flow_cases import HERE, flow_of
from turnkeeper.flows.decide import decide, start
from turnkeeper.flows.effects import KeepField, Say
from turnkeeper.flows.languages import _CODES, _NAMES, code_of
from turnkeeper.flows.signals import Replied, Started


@pytest.mark.parametrize(
    "said, code",
    [
        ("Bahasa Indonesia", "id"), ("indonesia", "id"), ("English", "en"), (" ENGLISH! ", "en"), ("Inggris", "en"),
        ("العربية", "ar"), ("عربي", "ar"), ("Francais", "fr"), ("हिंदी", "hi"), ("中文", "zh"), ("ไทย", "th"),
        ("O'zbek", "uz"), ("Türkçe", "tr"), ("Tiếng Việt", "vi"), ("日本語", "ja"), ("id", "id"), ("pt-BR", "pt-BR"),
        ("", ""), ("any", "any"), ("the first one", ""), ("English please", ""), (None, ""), (7, ""), ("x" * 5000, ""),
    ],
)  # fmt: skip
def test_codes(said: object, code: str) -> None:
    assert code_of(said) == code


def test_no_name_means_two_languages() -> None:
    assert sum(names.count(",") + 1 for names in _NAMES.values()) == len(_CODES)


ASKS: dict[str, Any] = {
    "s": ("start", {}),
    "a": ("ask", {"text": "Which language?", "save": "language"}),
    "m": ("message", {"text": {"en": "Hello", "id": "Halo"}}),
}


@pytest.mark.parametrize(
    "said, answer, kept",
    [
        ("Bahasa Indonesia", "Halo", [KeepField("language", "id")]),
        ("id", "Halo", [KeepField("language", "id")]),
        ("ไทย", "Hello", []),
        ("whatever", "Hello", []),
    ],
)
def test_the_language_that_was_typed_is_the_flows(said: str, answer: str, kept: list[KeepField]) -> None:
    flow = flow_of(ASKS, ["s -> a", "a -> m"], name="f", languages=["en", "id"])
    book = {"f": flow}
    asked = start(book, "f", Started("first_message"), HERE)
    decided = decide(book, asked.state, Replied(said), HERE)
    assert [each.content for each in decided.effects if isinstance(each, Say)] == [answer]
    assert [each for each in decided.effects if isinstance(each, KeepField)] == kept


def test_a_field_that_is_set() -> None:
    nodes = {**ASKS, "a": ("set", {"contact": {"language": "Bahasa Indonesia"}})}
    book = {"f": flow_of(nodes, ["s -> a", "a -> m"], name="f", languages=["en", "id"])}
    decided = start(book, "f", Started("first_message"), HERE)
    assert [each for each in decided.effects if isinstance(each, KeepField)] == [KeepField("language", "id")]
    assert [each.content for each in decided.effects if isinstance(each, Say)] == ["Halo"]
