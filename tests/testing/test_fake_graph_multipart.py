"""The form parser: what clients write comes back whole, and everything odd is refused."""

import contextlib

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from turnkeeper.testing.fake_graph.multipart import BadForm, Part, parse_form

TYPE = "multipart/form-data; boundary=b0"
NAMES = st.text(
    st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs"), exclude_characters='\\%"'), min_size=1
)


def form(*pieces: bytes, end: bytes = b"--b0--\r\n") -> bytes:
    return b"".join(b"--b0\r\n" + piece + b"\r\n" for piece in pieces) + end


def field(name: str = "a", value: bytes = b"1") -> bytes:
    return b'Content-Disposition: form-data; name="%s"\r\n\r\n%s' % (name.encode(), value)


GOOD: list[tuple[str, str, bytes, dict[str, Part]]] = [
    ("one field", TYPE, form(field()), {"a": Part("a", b"1")}),
    ("a quoted boundary", 'multipart/form-data; boundary="b0"', form(field()), {"a": Part("a", b"1")}),
    ("no line after the end", TYPE, form(field(), end=b"--b0--"), {"a": Part("a", b"1")}),
    ("lines and dashes in the data", TYPE, form(field(value=b"\r\n--b\r\n--")), {"a": Part("a", b"\r\n--b\r\n--")}),
    (
        "a file",
        TYPE,
        form(b'content-disposition: form-data; name=f; filename="a \\"b\\" %22c%22.txt"\r\ncontent-type: a/b\r\n\r\n'),
        {"f": Part("f", b"", 'a "b" "c".txt', "a/b")},
    ),
]  # fmt: skip


@pytest.mark.parametrize("label, content_type, body, expected", GOOD, ids=[each[0] for each in GOOD])
def test_reads(label: str, content_type: str, body: bytes, expected: dict[str, Part]) -> None:
    assert parse_form(content_type, body) == expected


BAD: list[tuple[str, str, bytes]] = [
    ("another type", "application/json", form(field())),
    ("no boundary", "multipart/form-data", form(field())),
    ("a boundary of 71", "multipart/form-data; boundary=" + "x" * 71, form(field())),
    ("another boundary", "multipart/form-data; boundary=b1", form(field())),
    ("a text before it", TYPE, b"hello\r\n" + form(field())),
    ("no end", TYPE, form(field(), end=b"")),
    ("a text after it", TYPE, form(field()) + b"hello"),
    ("nothing in it", TYPE, b"--b0--"),
    ("no parts", TYPE, form()),
    ("17 parts", TYPE, form(*(field(f"f{number}") for number in range(17)))),
    ("a field twice", TYPE, form(field(), field())),
    ("no headers", TYPE, form(b"1")),
    ("a header without a colon", TYPE, form(b"hello\r\n\r\n1")),
    ("headers without end", TYPE, form(b"a: " + b"x" * 5000 + b"\r\n\r\n1")),
    ("a part without a name", TYPE, form(b"Content-Disposition: form-data\r\n\r\n1")),
    ("a part of another kind", TYPE, form(b'Content-Disposition: attachment; name="a"\r\n\r\n1')),
]


@pytest.mark.parametrize("label, content_type, body", BAD, ids=[each[0] for each in BAD])
def test_refuses(label: str, content_type: str, body: bytes) -> None:
    with pytest.raises(BadForm):
        parse_form(content_type, body)


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(NAMES, st.binary(max_size=200), min_size=1, max_size=4), NAMES)
def test_what_a_client_writes_comes_back(files: dict[str, bytes], filename: str) -> None:
    sent = httpx2.Request("POST", "http://x", files={name: (filename, data) for name, data in files.items()})
    found = parse_form(sent.headers["content-type"], sent.read())
    assert {name: part.data for name, part in found.items()} == files
    assert {part.filename for part in found.values()} == {filename}


@given(st.binary(max_size=300))
def test_nothing_else_is_raised(body: bytes) -> None:
    for given_body in (body, b"--b0\r\n" + body, form(body)):
        with contextlib.suppress(BadForm):
            parse_form(TYPE, given_body)
