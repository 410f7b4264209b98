"""Bold and strike in WhatsApp's marks; code, and what is no markup, stay as they came."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnkeeper.text.whatsapp import render


@pytest.mark.parametrize(
    "label, markdown, rendered",
    [
        ("plain", "Hello", "Hello"),
        ("bold", "**Found it:** lamp", "*Found it:* lamp"),
        ("several", "**a** and **b c**", "*a* and *b c*"),
        ("one letter", "**a**", "*a*"),
        ("strike", "~~10~~ 8", "~10~ 8"),
        ("both", "**~~10~~** 8", "*~10~* 8"),
        ("a product is not bold", "2*3*4 and 2**3 = 8", "2*3*4 and 2**3 = 8"),
        ("white space inside is no bold", "** a **", "** a **"),
        ("not over lines", "**a\nb**", "**a\nb**"),
        ("a lone mark", "5 ** 3", "5 ** 3"),
        ("inline code", "`**a**` **b**", "`**a**` *b*"),
        ("a block of code", "```\n**a**\n~~b~~\n``` **c**", "```\n**a**\n~~b~~\n``` *c*"),
        ("a lone tilde", "about ~ 5 km", "about ~ 5 km"),
        ("nothing", "", ""),
        ("other scripts", "**مرحبا** 你好", "*مرحبا* 你好"),
    ],
)
def test_as_whatsapp_writes_it(label: str, markdown: str, rendered: str) -> None:
    assert render(markdown) == rendered


@given(st.text(st.sampled_from("a*~`\n "), max_size=60))
def test_it_never_grows_and_loses_nothing_but_marks(markdown: str) -> None:
    rendered = render(markdown)
    assert len(rendered) <= len(markdown)
    assert _unmarked(rendered) == _unmarked(markdown)


@pytest.mark.parametrize("markdown", ["**a " * 1024, "*" * 4096, "~~" * 2048, "`" * 4096, "**a`" * 1024])
def test_no_message_makes_it_slow(markdown: str) -> None:
    began = time.perf_counter()
    render(markdown)
    assert time.perf_counter() - began < 0.5


def _unmarked(text: str) -> str:
    return text.replace("*", "").replace("~", "")
