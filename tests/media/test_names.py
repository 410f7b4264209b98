"""Names of files: refused where they lead elsewhere, made safe where they are only odd."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnkeeper.media.names import LONGEST, safe_name, with_ending
from turnkeeper.model.errors import MediaRefused

REFUSED = [
    ("up", "../../etc/passwd"),
    ("up, on Windows", "..\\..\\boot.ini"),
    ("absolute", "/etc/passwd"),
    ("a folder", "photos/me.jpg"),
    ("a drive", "C:evil.exe"),
    ("a share", "\\\\server\\share"),
    ("only up", ".."),
    ("here", "."),
    ("a NUL", "me.jpg\x00.exe"),
    ("a line break", "a\nb.txt"),
    ("an escape", "a\x1b[2J.txt"),
    ("a control of Latin-1", "a\x85b.txt"),
    ("a line separator", "a\u2028b.txt"),
    ("a slash by another name", "..\uff0f..\uff0fetc"),
    ("an escaped slash", "..%2f..%2Fetc%2fpasswd"),
    ("an escaped NUL", "a%00.txt"),
]


@pytest.mark.parametrize(("label", "given_name"), REFUSED, ids=[row[0] for row in REFUSED])
def test_paths_are_refused(label: str, given_name: str) -> None:
    with pytest.raises(MediaRefused) as refused:
        safe_name(given_name)
    assert refused.value.reason == "unsafe_name"
    assert given_name not in refused.value.detail


MADE_SAFE = [
    ("as it is", "Rechnung März.pdf", "Rechnung März.pdf"),
    ("Arabic", "فاتورة.pdf", "فاتورة.pdf"),
    ("Persian, with a joiner", "می\u200cخواهم.txt", "می\u200cخواهم.txt"),
    ("an emoji", "👩\u200d🔬.png", "👩\u200d🔬.png"),
    ("turned around", "invoice\u202efdp.exe", "invoicefdp.exe"),
    ("isolated", "a\u2066b\u2069.txt", "ab.txt"),
    ("reserved", "CON", "_CON"),
    ("reserved, with an ending", "aux.txt", "_aux.txt"),
    ("not quite reserved", "console.txt", "console.txt"),
    ("hidden", ".htaccess", "_htaccess"),
    ("dots at the end", "a.txt...", "a.txt"),
    ("spaces around", "  a.txt ", "a.txt"),
    ("characters that some systems refuse", 'a<b>:"c"|?*.txt', "a_b___c____.txt"),
    ("half a character", "a\ud800.txt", "a_.txt"),
    ("nothing", "", ""),
    ("only marks", "\u202e\u200f", ""),
]


@pytest.mark.parametrize(("label", "given_name", "expected"), MADE_SAFE, ids=[row[0] for row in MADE_SAFE])
def test_odd_names_are_made_safe(label: str, given_name: str, expected: str) -> None:
    assert safe_name(given_name) == expected


def test_long_names_keep_their_ending() -> None:
    assert safe_name("ä" * 300 + ".pdf") == "ä" * 88 + ".pdf"
    assert len(safe_name("a" * 300)) == LONGEST
    assert len(safe_name("a." + "b" * 300)) == LONGEST


def test_an_ending_is_added_where_there_is_none() -> None:
    assert with_ending("", "pdf") == "file.pdf"
    assert with_ending("a", "pdf") == "a.pdf"
    assert with_ending("a.PDF", "pdf") == "a.PDF"
    assert with_ending("a", "") == "a"


@given(st.text())
def test_every_name_is_refused_or_safe(given_name: str) -> None:
    try:
        safe = safe_name(given_name)
    except MediaRefused:
        return
    assert len(safe.encode()) <= LONGEST
    assert not set(safe) & set('/\\\0\n\r<>:"|?*')
    assert not safe.startswith((".", " "))
    assert not safe.endswith((".", " "))
    assert safe_name(safe) == safe
