"""What a file is, by its bytes, against what is said of it."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.media import samples as s
from turnkeeper.media.judging import judged, settled
from turnkeeper.media.sniffing import HEAD, MACROS, SHEET, SLIDES, WORD, sniffed
from turnkeeper.model.errors import MediaRefused
from turnkeeper.model.limits import MediaKind

KINDS: list[MediaKind] = ["image", "video", "audio", "voice", "document", "sticker"]

FOUND = [
    ("png", s.png(), "image/png"),
    ("jpeg", s.jpeg(), "image/jpeg"),
    ("gif", s.gif(), "image/gif"),
    ("webp", s.webp(), "image/webp"),
    ("bmp", s.bmp(), "image/bmp"),
    ("heic", s.mp4(b"heic"), "image/heic"),
    ("mp4", s.mp4(), "video/mp4"),
    ("m4a", s.mp4(b"M4A "), "audio/mp4"),
    ("mov", s.mp4(b"qt  "), "video/quicktime"),
    ("3gp", s.mp4(b"3gp5"), "video/3gpp"),
    ("opus", s.OGG, "audio/ogg"),
    ("theora", s.THEORA, "video/ogg"),
    ("webm with sound", s.webm(b"\x86\x86A_OPUS\x83\x81\x02"), "audio/webm"),
    ("webm with pictures", s.webm(b"\x86\x85V_VP8\x83\x81\x01"), "video/webm"),
    ("mp3", s.MP3, "audio/mpeg"),
    ("mp3 with a tag", s.TAGGED_MP3, "audio/mpeg"),
    ("aac", s.AAC, "audio/aac"),
    ("amr, which begins like a script", s.AMR, "audio/amr"),
    ("wav", s.WAV, "audio/x-wav"),
    ("pdf", s.PDF, "application/pdf"),
    ("html", s.HTML, "text/html"),
    ("html after a comment", b"<!-- a --> <!-- b -->\n<html>", "text/html"),
    ("html without ceremony", b"  <script>alert(1)</script>", "text/html"),
    ("html with a mark", b"\xef\xbb\xbf<html>", "text/html"),
    ("html in utf-16", "<html><body>".encode("utf-16"), "text/html"),
    ("svg", s.SVG, "image/svg+xml"),
    ("svg without ceremony", b"<svg onload='alert(1)'/>", "image/svg+xml"),
    ("svg with a prefix", b'<s:svg xmlns:s="http://www.w3.org/2000/svg"/>', "image/svg+xml"),
    ("xml", b'<?xml version="1.0"?><invoice/>', "text/xml"),
    ("a shell script", s.SHELL, "text/x-script"),
    ("php", s.PHP, "text/x-script"),
    ("a windows program", s.EXE, "application/x-msdownload"),
    ("a linux program", s.ELF, "application/x-executable"),
    ("docx", s.office("word"), WORD),
    ("xlsx", s.office("xl"), SHEET),
    ("pptx", s.office("ppt"), SLIDES),
    ("docx with macros", s.office("word", ("word/vbaProject.bin", b"x")), MACROS),
    ("odt", s.opendocument(), "application/vnd.oasis.opendocument.text"),
    ("a java program", s.zipped(("META-INF/MANIFEST.MF", b"x")), "application/java-archive"),
    ("zip", s.zipped(("a.txt", b"a")), "application/zip"),
    ("an empty zip", s.zipped(), "application/zip"),
    ("old office", s.OLE, "application/x-ole-storage"),
    ("csv", s.CSV, "text/plain"),
    ("text in utf-16", s.UTF16, "text/plain"),
    ("text of few characters", b"hi", "text/plain"),
    ("text with < in it", b"a < b and <b> is bold", "text/plain"),
    ("a contact card", s.VCARD, "text/vcard"),
    ("noise", s.NOISE, None),
]


@pytest.mark.parametrize(("label", "data", "expected"), FOUND, ids=[row[0] for row in FOUND])
def test_what_bytes_are(tmp_path: Path, label: str, data: bytes, expected: str | None) -> None:
    file = tmp_path / "file"
    file.write_bytes(data)
    assert sniffed(file, data[:HEAD]) == expected


def judge(folder: Path, data: bytes, kind: MediaKind, claimed: str | None, name: str | None = None) -> str:
    file = folder / "file"
    file.write_bytes(data)
    return judged(file, kind, claimed, name).mime


TAKEN: list[tuple[str, bytes, MediaKind, str | None, str | None, str]] = [
    ("as it says", s.jpeg(), "image", "image/jpeg", None, "image/jpeg"),
    ("a picture of another format", s.png(), "image", "image/jpeg", None, "image/png"),
    ("with parameters", s.OGG, "voice", "audio/ogg; codecs=opus", None, "audio/ogg"),
    ("opus by its own name", s.OGG, "audio", "audio/opus", None, "audio/ogg"),
    ("sound in a film's container", s.mp4(), "audio", "audio/mp4", None, "video/mp4"),
    ("aac in an mp4", s.mp4(b"M4A "), "audio", "audio/aac", None, "audio/mp4"),
    ("a film that says sound", s.mp4(b"M4A "), "video", "video/mp4", None, "audio/mp4"),
    ("a browser's recording", s.webm(b"A_OPUS"), "voice", "audio/webm;codecs=opus", None, "audio/webm"),
    ("mp3 by another name", s.MP3, "audio", "audio/mp3", None, "audio/mpeg"),
    ("a film of a phone", s.mp4(b"qt  "), "video", "video/mp4", None, "video/quicktime"),
    ("nothing is claimed", s.PDF, "document", None, None, "application/pdf"),
    ("anything is claimed", s.PDF, "document", "application/octet-stream", None, "application/pdf"),
    ("anything, for a picture", s.jpeg(), "image", "application/octet-stream", None, "image/jpeg"),
    ("a picture as a document", s.jpeg(), "document", "image/jpeg", "a.jpg", "image/jpeg"),
    ("docx", s.office("word"), "document", WORD, "a.docx", WORD),
    ("docx as a zip", s.office("word"), "document", "application/zip", None, WORD),
    ("old word", s.OLE, "document", "application/msword", "a.doc", "application/msword"),
    ("old excel, by its name only", s.OLE, "document", "", "a.xls", "application/vnd.ms-excel"),
    ("csv", s.CSV, "document", "text/csv", "a.csv", "text/csv"),
    ("csv as browsers call it", s.CSV, "document", "application/vnd.ms-excel", "a.csv", "text/csv"),
    ("csv by its name", s.CSV, "document", "application/octet-stream", "a.csv", "text/csv"),
    ("json", b'{"a": 1}', "document", "application/json", None, "application/json"),
    ("xml", b'<?xml version="1.0"?><a/>', "document", "application/xml", None, "application/xml"),
    ("text", b"hello", "document", "text/plain", None, "text/plain"),
    ("a page that says so", s.HTML, "document", "text/html", "a.html", "text/html"),
    ("a contact card", s.VCARD, "document", "text/x-vcard", None, "text/vcard"),
    ("a format that nobody knows", s.NOISE, "document", "application/x-cad", None, "application/x-cad"),
    ("a zip under a name of its own", s.zipped(("a", b"")), "document", "application/x-mine", None,
     "application/x-mine"),
    ("a sticker", s.webp(), "sticker", "image/webp", None, "image/webp"),
]  # fmt: skip


@pytest.mark.parametrize(("label", "data", "kind", "claimed", "name", "expected"), TAKEN, ids=[r[0] for r in TAKEN])
def test_honest_files_are_taken(
    tmp_path: Path, label: str, data: bytes, kind: MediaKind, claimed: str | None, name: str | None, expected: str
) -> None:
    assert judge(tmp_path, data, kind, claimed, name) == expected


LIES: list[tuple[str, bytes, MediaKind, str | None]] = [
    ("a page as a picture", s.HTML, "image", "image/jpeg"),
    ("a page as a picture, sent as a document", s.HTML, "document", "image/jpeg"),
    ("a drawing that runs scripts", s.SVG, "image", "image/svg+xml"),
    ("a drawing as a photo", s.SVG, "document", "image/png"),
    ("a script as a picture", s.SHELL, "image", "image/png"),
    ("a script as sound", s.SHELL, "audio", "audio/amr"),
    ("a program as a picture", s.EXE, "image", "image/jpeg"),
    ("a program as a pdf", s.EXE, "document", "application/pdf"),
    ("a program as a format that nobody knows", s.ELF, "document", "application/x-cad"),
    ("a page as a pdf", s.HTML, "document", "application/pdf"),
    ("a page as word", s.HTML, "document", "application/msword"),
    ("a page as a csv file", s.HTML, "document", "text/csv"),
    ("a zip as word", s.zipped(("a", b"")), "document", WORD),
    ("excel as word", s.office("xl"), "document", WORD),
    ("macros as word", s.office("word", ("word/vbaProject.bin", b"")), "document", WORD),
    ("a java program as a zip", s.zipped(("META-INF/MANIFEST.MF", b"")), "document", "application/zip"),
    ("a picture as a film", s.jpeg(), "video", "video/mp4"),
    ("a picture as a pdf", s.jpeg(), "document", "application/pdf"),
    ("a film as a picture", s.mp4(), "image", "image/jpeg"),
    ("noise as a picture", s.NOISE, "image", "image/jpeg"),
    ("noise as a pdf", s.NOISE, "document", "application/pdf"),
    ("noise as sound", s.NOISE, "voice", "audio/ogg"),
    ("text as a picture", b"hello", "image", "image/jpeg"),
    ("binary as text", s.NOISE, "document", "text/plain"),
    ("a zip as text", s.zipped(("a", b"")), "document", "text/plain"),
    ("a picture that claims to be a page", s.jpeg(), "image", "text/html"),
    ("a zip that is cut off", s.zipped(("a", b"abc"))[:-10], "document", "application/zip"),
]


@pytest.mark.parametrize(("label", "data", "kind", "claimed"), LIES, ids=[row[0] for row in LIES])
def test_lies_are_refused(tmp_path: Path, label: str, data: bytes, kind: MediaKind, claimed: str | None) -> None:
    with pytest.raises(MediaRefused) as refused:
        judge(tmp_path, data, kind, claimed)
    assert refused.value.reason == "type_mismatch"


BOMBS: list[tuple[str, bytes, str]] = [
    ("two hundred megabytes in one kilobyte", s.bomb(), "archive_bomb"),
    ("more than four gigabytes", s.bomb(2**32 - 2), "archive_bomb"),
    ("a member larger than it says", s.lying(), "archive_bomb"),
    ("one in an archive", s.zipped(("a.zip", s.lying())), "archive_bomb"),
    ("members that overlap", s.overlapping(), "archive_bomb"),
    ("archives four deep", s.nested(4), "archive_bomb"),
    ("a bomb inside an archive", s.zipped(("a.bin", s.bomb())), "archive_bomb"),
    ("a bomb two deep", s.zipped(("a.bin", s.zipped(("b", s.bomb())))), "archive_bomb"),
    ("a bomb that is an office file", s.office("word", ("word/media.bin", s.bomb())), "archive_bomb"),
    ("members that are declared and not there", s.crowded(60_000), "archive_bomb"),
    ("a png", s.png(60_000, 60_000), "image_bomb"),
    ("a png with one long side", s.png(100_000, 1), "image_bomb"),
    ("a jpeg", s.jpeg(65_535, 65_535), "image_bomb"),
    ("a jpeg behind its preview", s.jpeg(65_535, 65_535, preview=50_000), "image_bomb"),
    ("a gif", s.gif(65_535, 65_535), "image_bomb"),
    ("a webp", s.webp(16_383, 16_383), "image_bomb"),
    ("a bmp", s.bmp(2**31 - 1, -(2**31) + 1), "image_bomb"),
]


@pytest.mark.parametrize(("label", "data", "reason"), BOMBS, ids=[row[0] for row in BOMBS])
def test_bombs_are_refused(tmp_path: Path, label: str, data: bytes, reason: str) -> None:
    with pytest.raises(MediaRefused) as refused:
        judge(tmp_path, data, "document", None)
    assert refused.value.reason == reason


HARMLESS = [
    ("archives three deep", s.nested(3)),
    ("many members", s.many(2000)),
    ("text that packs well", s.zipped(("log.txt", b"a line of the log\n" * 200_000))),
    ("a large photo", s.jpeg(16_320, 12_240)),
    ("twenty letters in an archive", s.zipped(*((f"{n}.docx", s.office("word")) for n in range(20)))),
]


@pytest.mark.parametrize(("label", "data"), HARMLESS, ids=[row[0] for row in HARMLESS])
def test_large_and_harmless_is_taken(tmp_path: Path, label: str, data: bytes) -> None:
    judge(tmp_path, data, "document", None)


def test_nothing_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(MediaRefused) as refused:
        judge(tmp_path, b"", "document", "text/plain")
    assert refused.value.reason == "empty"


def test_a_name_without_an_ending_gets_that_of_its_type(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(s.PDF)
    assert judged(file, "document", None, None).filename == "file.pdf"
    assert judged(file, "document", None, "Angebot").filename == "Angebot.pdf"
    assert judged(file, "document", None, "Angebot.PDF").filename == "Angebot.PDF"


@given(
    st.binary(max_size=300), st.sampled_from([b"", b"PK\x03\x04", s.zipped(("a", b"b"))[:40], b"<", b"\xff\xd8\xff"])
)
def test_any_bytes_are_judged_or_refused(tmp_path_factory: pytest.TempPathFactory, tail: bytes, head: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "any"
    file.write_bytes(head + tail)
    for kind in KINDS:
        with contextlib.suppress(MediaRefused):
            assert "/" in judged(file, kind, None, None).mime


@given(st.binary(max_size=400))
def test_an_archive_that_was_changed_breaks_nothing(tmp_path_factory: pytest.TempPathFactory, noise: bytes) -> None:
    whole = bytearray(s.zipped(("a.txt", b"some text"), ("b/c.zip", s.zipped(("d", b"e")))))
    for place, value in zip(noise[::2], noise[1::2], strict=False):
        whole[-1 - (place * 2) % len(whole)] = value
    file = tmp_path_factory.getbasetemp() / "changed"
    file.write_bytes(bytes(whole))
    with contextlib.suppress(MediaRefused):
        judged(file, "document", None, None)


def test_many_comments_before_a_page_cost_little(tmp_path: Path) -> None:
    """A choice repeated over comments would try each way of parting them."""
    assert judge(tmp_path, b"<!---->" * 1100 + b"x", "document", "text/plain") == "text/plain"


@pytest.mark.parametrize("kind", ["image", "sticker", "video", "audio", "voice"])
@pytest.mark.parametrize("found", ["text/html", "image/svg+xml", "application/x-msdownload", "text/plain", None])
def test_no_claim_makes_a_picture_or_a_sound_of_anything_else(kind: MediaKind, found: str | None) -> None:
    for claimed in ("", "application/octet-stream", "image/png", "audio/ogg", "video/mp4", found or ""):
        with pytest.raises(MediaRefused):
            settled(kind, claimed, found, "a.png")
