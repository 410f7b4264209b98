"""What a file is, by its bytes alone: `filetype`, and what that library does not tell.

Told here besides: text, CSV, HTML, SVG, XML, scripts, the office formats inside zips, old office files, and a few
signatures. Nothing is known of a file that could be anything: the answer is then None.
"""

from __future__ import annotations

import re
from pathlib import Path

from turnkeeper.media.archives import zip_names

HEAD = 8192
"""Bytes that are looked at."""

OFFICE = "application/vnd.openxmlformats-officedocument."
WORD = f"{OFFICE}wordprocessingml.document"
SHEET = f"{OFFICE}spreadsheetml.sheet"
SLIDES = f"{OFFICE}presentationml.presentation"
MACROS = "application/vnd.ms-office.macros"
"""Our word for an office file that holds macros, whichever kind."""

_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"%PDF-", "application/pdf"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"#!AMR", "audio/amr"),
    (0, b"#!SILK", "audio/silk"),
    (0, b"\x02#!SILK", "audio/silk"),
    (0, b"MZ", "application/x-msdownload"),
    (0, b"\x7fELF", "application/x-executable"),
    (0, b"\xca\xfe\xba\xbe", "application/x-executable"),
    (0, b"\xfe\xed\xfa\xce", "application/x-executable"),
    (0, b"\xfe\xed\xfa\xcf", "application/x-executable"),
    (0, b"\xce\xfa\xed\xfe", "application/x-executable"),
    (0, b"\xcf\xfa\xed\xfe", "application/x-executable"),
    (0, b"\x00asm", "application/wasm"),
    (0, b"dex\n", "application/x-executable"),
    (0, b"L\x00\x00\x00\x01\x14\x02\x00", "application/x-ms-shortcut"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (0, b"PK\x03\x04", "application/zip"),
    (0, b"PK\x05\x06", "application/zip"),
    (0, b"PK\x07\x08", "application/zip"),
    (0, b"{\\rtf", "application/rtf"),
    (0, b"fLaC", "audio/flac"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"BEGIN:VCARD", "text/vcard"),
    (0, b"BEGIN:VCALENDAR", "text/calendar"),
)
_SCRIPT = re.compile(rb"#!\s*/|<\?php|@echo off\b|<script\b|<%@", re.IGNORECASE)
_BEFORE = re.compile(rb"\s*(?:<!--(?:[^-]|-(?!->))*-->|<\?xml[^>]*\?>)")
"""What may stand before the first element; taken away piece by piece, since a repeated choice could take for ever."""
_HTML = re.compile(
    rb"<(?:!doctype\s+html|html|head|body|iframe|script|meta|title|h1|p|a\s|div|table|form|link|style)\b", re.IGNORECASE
)
_XML = re.compile(rb"<\?xml\b|<!doctype\s|<[A-Za-z][\w:.-]*[\s>/]", re.IGNORECASE)
_SVG = re.compile(rb"<(?:[\w-]+:)?svg[\s>]", re.IGNORECASE)
_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_NO_TEXT = bytes(set(range(32)) - {8, 9, 10, 11, 12, 13, 27})


def sniffed(file: Path, head: bytes) -> str | None:
    """The type of a file of which `head` is the beginning; may read on in archives. Raises MediaRefused for bombs."""
    for at, signature, mime in _SIGNATURES:
        if head.startswith(signature, at):
            return _in_zip(file) if mime == "application/zip" else mime
    return _audio_frame(head) or _known(head) or _in_text(head)


def _known(head: bytes) -> str | None:
    import filetype  # type: ignore[import-untyped]  # by the first file: an idle worker does without

    if _container(head) is not None:
        return _container(head)
    kind = filetype.guess(head)
    if kind is None or str(kind.mime) in ("application/octet-stream", "application/x-nintendo-nes-rom"):
        return None
    return _RENAMED.get(str(kind.mime), str(kind.mime))


_RENAMED = {"image/apng": "image/png", "image/x-icon": "image/vnd.microsoft.icon", "video/x-m4v": "video/mp4"}


def _container(head: bytes) -> str | None:
    """Ogg, WebM and MP4 hold sound or pictures: told by the codecs that their beginning names."""
    if head.startswith(b"OggS"):
        return "video/ogg" if b"theora" in head[:512] else "audio/ogg"
    if head.startswith(b"\x1aE\xdf\xa3"):
        picture = b"V_" in head or b"\x83\x81\x01" in head
        return ("video/" if picture else "audio/") + ("webm" if b"webm" in head[:128] else "x-matroska")
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12]) or _BRANDS.get(head[8:11] + b"*") or "video/mp4"
    return None


_BRANDS = {
    b"M4A ": "audio/mp4", b"M4B ": "audio/mp4", b"qt  ": "video/quicktime", b"3gp*": "video/3gpp",
    b"3g2*": "video/3gpp", b"heic": "image/heic", b"heix": "image/heic", b"mif1": "image/heic",
    b"msf1": "image/heic", b"hevc": "image/heic", b"avif": "image/avif", b"avis": "image/avif",
}  # fmt: skip


def _audio_frame(head: bytes) -> str | None:
    """MPEG frames without a tag before them: the layer tells MP3 from AAC."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    if head[1] & 0xF6 == 0xF0:
        return "audio/aac"
    layer, rate = head[1] & 0x06, head[2] >> 4
    return "audio/mpeg" if layer in (0x02, 0x04) and rate != 0xF else None  # layer I looks like text in UTF-16


def _in_zip(file: Path) -> str:
    """Which of the formats that are zips. Raises MediaRefused for a bomb."""
    names = zip_names(file)
    if any(name.endswith("vbaProject.bin") for name in names):
        return MACROS
    if "[Content_Types].xml" in names:
        for folder, mime in (("word/", WORD), ("xl/", SHEET), ("ppt/", SLIDES)):
            if any(name.startswith(folder) for name in names):
                return mime
    if "AndroidManifest.xml" in names:
        return "application/vnd.android.package-archive"
    if "META-INF/MANIFEST.MF" in names:
        return "application/java-archive"
    if "mimetype" in names:
        return _declared_inside(file)
    return "application/zip"


def _declared_inside(file: Path) -> str:
    """OpenDocument and EPUB store their type uncompressed, first."""
    with file.open("rb") as opened:
        head = opened.read(256)
    found = re.search(rb"mimetype(application/(?:epub\+zip|vnd\.oasis\.opendocument\.[a-z-]+))", head)
    return found[1].decode() if found else "application/zip"


def _in_text(head: bytes) -> str | None:
    text = _as_text(head)
    if text is None:
        return None
    start = text.lstrip()
    content = _after_comments(start)
    if _HTML.match(content):
        return "text/html"
    if _SVG.search(text) and _XML.match(start):
        return "image/svg+xml"
    if _SCRIPT.match(start):
        return "text/x-script"
    return "text/xml" if start.startswith((b"<?xml", b"<!DOCTYPE")) else "text/plain"


def _after_comments(text: bytes) -> bytes:
    while found := _BEFORE.match(text):
        text = text[found.end() :]
    return text.lstrip()


def _as_text(head: bytes) -> bytes | None:
    """As UTF-8; None for what is not text."""
    if not head:
        return None
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return head.removeprefix(mark).decode(encoding, "replace").encode()
    if len(head.translate(None, _NO_TEXT)) != len(head):
        return None
    return head
