"""Whatever a model writes: nothing is lost, nothing is over the limit, every pair is closed, and it never raises."""

from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.text.checks import TelegramText, visible_words, whatsapp_pairs
from turnkeeper.model.contents import Sections
from turnkeeper.model.limits import Markup
from turnkeeper.text import markdown
from turnkeeper.text.rendering import length, plain_line, render, render_line

MARKUPS: tuple[Markup, ...] = get_args(Markup)
LIMITS = st.sampled_from([20, 21, 30, 45, 80, 200, 1024, 4096])
PIECES = """
** * _ __ ~~ ~ ` ``` [ ] ( ) ![ | \\ > # <b> &lt; &amp; 2*3 a_b __init__ x*y* - ~/path $5 :-* <3 0 word Wörter снег
مرحبا كتاب، سؤال؟ میں‌نے שלום नमस्ते। 字。 「重点：」 、 👨‍👩‍👧 🇩🇪🇫🇷 é é ‍ [1] [2,3] 【4†a】 https://a.b/c_d?e=*f* www.a.b
[label](https://e.f/g_h) [two_words_](https://e.f/(x)) ![alt](https://i.j) [m](mailto:a@b.c) <https://x.y> a@b.c ... ! ?
""".split()
LINES = [
    "- ",
    "1. ",
    "7) ",
    "> ",
    "> > ",
    "# ",
    "### ",
    "- [x] ",
    "```py\n",
    "~~~\n",
    "---\n",
    "    ",
    "|a|b|\n|-|-|\n|c|",
]
PIECES += [" ", " ", " ", "\n", "\n", "\n\n", "  \n", "\t", "\r\n", "\0", "\ud83d", "\u2028", "x" * 40, *LINES]
PIECES += ["\n" + line for line in LINES]
MARKDOWN = st.lists(st.sampled_from(PIECES), max_size=60).map("".join)
TEXTS = st.one_of(MARKDOWN, st.text(max_size=120))
# Without what says a word twice (heads of tables, addresses) or says it otherwise (entities, languages of code, numbers
# of items).
LITERAL_PIECES = [p for p in PIECES if not set("|&<[`~\\") & set(p) and p.strip() not in ("1.", "7)")]
# What follows a fence would be its own.
UNFENCED = st.lists(st.sampled_from([*PIECES, *"ab\x85", "\n=", "\n*", "\n+ a", "\n___"]), max_size=20).map("".join)
UNFENCED = UNFENCED.filter(lambda text: "```" not in text and "~~~" not in text)


def shown(part: str, markup: Markup) -> str:
    return TelegramText(part).text if markup == "telegram" else part


@pytest.mark.parametrize("markup", MARKUPS)
@settings(max_examples=300, deadline=None)
@given(text=TEXTS, limit=LIMITS, numbered=st.booleans())
def test_every_part_fits_and_is_whole(text: str, limit: int, numbered: bool, markup: Markup) -> None:
    parts = render(text, markup, limit, numbered=numbered)
    for part in parts:
        assert part.strip()
        assert length(part, markup) <= limit
        assert length(part, markup) == (TelegramText(part).units() if markup == "telegram" else len(part))
    assert render(text, markup, limit, numbered=numbered) == parts


@pytest.mark.parametrize("markup", MARKUPS)
@settings(max_examples=300, deadline=None)
@given(text=st.lists(st.sampled_from(LITERAL_PIECES), max_size=60).map("".join), limit=LIMITS)
def test_every_word_is_there_in_order_and_once(text: str, limit: int, markup: Markup) -> None:
    parts = render(text, markup, limit)
    said = text.replace("\ud83d", "\ufffd").replace("\0", "\ufffd")
    assert visible_words("".join(shown(part, markup) for part in parts)) == visible_words(said)


@settings(max_examples=300, deadline=None)
@given(text=UNFENCED)
def test_paragraphs_alone_are_read_as_they_are_among_other_blocks(text: str) -> None:
    assert markdown.parse(text) == markdown.parse(f"{text}\n\n---")[:-1]


@pytest.mark.parametrize("markup", MARKUPS)
@settings(max_examples=300, deadline=None)
@given(text=TEXTS, limit=LIMITS)
def test_cutting_loses_no_word(text: str, limit: int, markup: Markup) -> None:
    whole = "".join(shown(part, markup) for part in render(text, markup, 1_000_000))
    assert visible_words("".join(shown(part, markup) for part in render(text, markup, limit))) == visible_words(whole)


@settings(max_examples=300, deadline=None)
@given(text=st.lists(st.sampled_from([*"ab*_~ .(", "\\*", "\\_", "**", "~~", "字"]), max_size=30).map("".join))
def test_whatsapp_shows_the_styles_that_were_meant_and_no_other(text: str) -> None:
    [block] = markdown.parse(text) or [None]
    if block is None or block.kind != "words" or block.depth:
        return
    styled = {char for span in block.spans if span.style for char in span.text}
    for pair in [pair for part in render(text, "whatsapp", 4096) for pair in whatsapp_pairs(part)]:
        assert set(pair[1:]) - set("*_~\u200b") <= styled


@pytest.mark.parametrize("markup", MARKUPS)
@settings(max_examples=200, deadline=None)
@given(text=TEXTS, limit=st.integers(1, 60))
def test_a_line_is_one_piece_that_fits(text: str, limit: int, markup: Markup) -> None:
    line = render_line(text, markup, limit)
    assert length(line, markup) <= limit
    if markup == "telegram":
        TelegramText(line)
    title = plain_line(text, limit)
    assert len(title) <= limit
    assert "\n" not in title


@settings(max_examples=200, deadline=None)
@given(texts=st.lists(MARKDOWN, max_size=5), limit=LIMITS)
def test_a_declared_section_that_fits_is_in_one_part(texts: list[str], limit: int) -> None:
    parts = render(Sections(tuple(texts)), "plain", limit)
    for text in texts:
        alone = render(text, "plain", limit)
        if len(alone) == 1:
            assert any(alone[0] in part for part in parts)
