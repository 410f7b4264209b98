"""Words in somebody's Markdown: seen as they are, wherever they are put."""

import pytest

from turnkeeper.text.placing import placed


@pytest.mark.parametrize(
    "label, text, words, expected",
    [
        ("alone", "@", "*Ada*", "\\*Ada\\*"),
        ("several lines", "Hi @", "a\n\n_b_", "Hi a\n\\_b\\_"),
        (
            "in an address",
            "See https://a.example/t?name=@&x=1",
            "Ada L/#&x=2",
            "See https://a.example/t?name=Ada%20L%2F%23%26x%3D2&x=1",
        ),
        ("in a link", "[Pay](https://a.example/@)", "1) <b>", "[Pay](https://a.example/1%29%20%3Cb%3E)"),
        ("a mark before it", "https://a.example/?a=\ue000&b=@", "a b", "https://a.example/?a=\ue000&b=a%20b"),
        ("the host is left alone", "https://@/x", "a.example", "https://a.example/x"),
        ("behind an address", "[Pay](https://a.example/x) @", "a b", "[Pay](https://a.example/x) a b"),
        ("a word behind an address", "https://a.example/x @", "a b", "https://a.example/x a b"),
        ("no address", "ftp://a.example/@", "a b", "ftp://a.example/a b"),
        ("a code", "Your code: `@`!", "AB_12*3`x`", "Your code: `AB_12*3'x'`!"),
        ("one tick only", "It is 5` @", "*", "It is 5` \\*"),
        ("after code", "`a` @ `b`", "*", "`a` \\* `b`"),
        ("a block of code", "```\n@\n```", "a_b\n```\n*", "```\na_b\n'''\n*\n```"),
        ("after a block", "```\nx\n```\n@", "*", "```\nx\n```\n\\*"),
    ],
)
def test_words_at_their_place(label: str, text: str, words: str, expected: str) -> None:
    before, _, after = text.partition("@")
    assert f"{before}{placed(words, before, after)}{after}" == expected, label
