"""Where an address in a text ends."""

import pytest

from turnkeeper.text.links import bare_url_end


@pytest.mark.parametrize(
    "label, text, address",
    [
        ("before a space", "https://a.b/c d", "https://a.b/c"),
        ("before a full stop", "https://a.b/c.", "https://a.b/c"),
        ("with brackets of its own", "https://a.b/c_(d)", "https://a.b/c_(d)"),
        ("in brackets", "https://a.b/c), d", "https://a.b/c"),
        ("with its own in brackets", "https://a.b/c_(d)).", "https://a.b/c_(d)"),
        ("in emphasis", "https://a.b/c_d**", "https://a.b/c_d"),
        ("before an Arabic comma", "https://a.b/c، د", "https://a.b/c"),
        ("before a Chinese full stop", "https://a.b/c。字", "https://a.b/c"),
    ],
)
def test_where_it_ends(label: str, text: str, address: str) -> None:
    assert text[: bare_url_end(text, 0)] == address
