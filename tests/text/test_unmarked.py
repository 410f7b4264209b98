"""A channel's markup read back: models get the Markdown that they know, and no word is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.text.checks import visible_words
from turnkeeper.model.limits import Markup
from turnkeeper.text.rendering import render
from turnkeeper.text.unmarked import markdown

SAME = [
    "**bold**, *italic* and ~~gone~~.",
    "`code *x*` and `_y_`",
    "- one\n- two\n  - inner\n\n1. first\n2. second",
    "> quoted **so**\n> and on",
    "2*3*4 and snake_case and 5 * 3 * 2",
    "See https://example.org/a_b_c?x=*y* now.",
    "a **b** c **d** e *f* g",
    "مرحبا **بك** يا *صديق*",
    "x < y & z > w",
]


@pytest.mark.parametrize("markup", ["whatsapp", "telegram"])
@pytest.mark.parametrize("said", SAME)
def test_what_comes_back_is_what_was_said(said: str, markup: Markup) -> None:
    (rendered,) = render(said, markup, 4096)
    assert markdown(rendered, markup) == said


@pytest.mark.parametrize(
    "label, rendered, markup, expected",
    [
        ("a link", '<a href="https://a.b/?x=1&amp;y">here</a>', "telegram", "[here](https://a.b/?x=1&y)"),
        ("code with its language", '<pre><code class="language-py">x = 1 &lt; 2</code></pre>', "telegram",
         "```py\nx = 1 < 2\n```"),
        ("code without", "<pre>x</pre>", "telegram", "```\nx\n```"),
        ("a quote", "a\n\n<blockquote>b\n<b>c</b></blockquote>\n\nd", "telegram", "a\n\n> b\n> **c**\n\nd"),
        ("no tag of Telegram's", "a <x> b", "telegram", "a <x> b"),
        ("tags that are not closed", "<b>a <a href=\"x\">b <blockquote>c", "telegram", "**a [b c"),
        ("tags that are not open", "a</a> b</blockquote>", "telegram", "a] b"),
        ("a fence is left alone", "```\n*x*\n```\n*y*", "whatsapp", "```\n*x*\n```\n**y**"),
        ("literal marks that were kept apart", "*\u200bx*", "whatsapp", "*x*"),
        ("Markdown stays", "**x** and __y__", "whatsapp", "**x** and __y__"),
        ("marks within a word", "a*b*c _d_e", "whatsapp", "a*b*c _d_e"),
        ("one within another", "*a _b_ c*", "whatsapp", "**a *b* c**"),
        ("a channel without markup", "*x*", "plain", "*x*"),
    ],
)  # fmt: skip
def test_single_forms(label: str, rendered: str, markup: Markup, expected: str) -> None:
    assert markdown(rendered, markup) == expected


SIGNS = ["**", "*", "_", "~~", "`", "\n", "\n\n- ", "> ", "```\n", "<b>", "&amp;", "[a](https://b.c)"]
PIECES = st.lists(st.sampled_from(["word", "كلمة", " ", *SIGNS]), max_size=25).map("".join)


@given(PIECES, st.sampled_from(["whatsapp", "telegram"]), st.sampled_from([4096, 60]))
def test_no_word_is_lost(said: str, markup: Markup, limit: int) -> None:
    plain = visible_words("".join(render(said, "plain", 100_000)))
    back = "".join(markdown(part, markup) for part in render(said, markup, limit))
    shown = visible_words(back.replace("](https://b.c)", " (https://b.c)"))
    assert shown.replace("httpsbc", "") == plain.replace("httpsbc", "")


@given(st.text(max_size=80) | st.text("*_~`<>/abip &;\n", max_size=60), st.sampled_from(["whatsapp", "telegram"]))
def test_anything_is_read(text: str, markup: Markup) -> None:
    markdown(text, markup)
