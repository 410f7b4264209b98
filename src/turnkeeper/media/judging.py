"""Whether a file is what it is said to be. Lenient where types are mixed up every day, strict where it is a lie.

What a sender, a provider or a name says are claims; what counts in the end is the bytes.
"""

from __future__ import annotations

import mimetypes
from pathlib import Path
from typing import NamedTuple

from turnkeeper.media.names import safe_name, with_ending
from turnkeeper.media.pictures import refuse_absurd
from turnkeeper.media.sniffing import HEAD, MACROS, OFFICE, SHEET, SLIDES, WORD, sniffed
from turnkeeper.model.errors import MediaRefused
from turnkeeper.model.limits import MediaKind

_HEAD_OF_PICTURES = 1024 * 1024
_ANYTHING = frozenset({"", "application/octet-stream", "binary/octet-stream", "application/x-binary", "*/*"})
_ACTIVE = frozenset(
    {
        "text/html", "image/svg+xml", "text/x-script", "application/x-msdownload", "application/x-executable",
        "application/wasm", "application/x-ms-shortcut", "application/java-archive",
        "application/vnd.android.package-archive", "application/x-deb", "application/x-rpm", MACROS,
    }
)  # fmt: skip
"""What does something when it is opened: never under another type's name."""
_MP4 = frozenset({"audio/mp4", "video/mp4", "audio/m4a", "audio/x-m4a", "video/x-m4v", "video/quicktime", "video/3gpp",
                  "audio/3gpp", "video/3gpp2", "audio/3gpp2", "audio/aac"})  # fmt: skip
_OGG = frozenset({"audio/ogg", "video/ogg", "application/ogg", "audio/opus", "audio/vorbis", "audio/x-opus+ogg"})
_WEBM = frozenset({"audio/webm", "video/webm", "audio/x-matroska", "video/x-matroska"})
_FRAMES = frozenset({"audio/mpeg", "audio/mp3", "audio/x-mp3", "audio/mpeg3", "audio/aac", "audio/aacp", "audio/x-aac"})
_AMR = frozenset({"audio/amr", "audio/amr-wb", "audio/3gpp"})
_WAV = frozenset({"audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave"})
_FLAC = frozenset({"audio/flac", "audio/x-flac"})
_AVI = frozenset({"video/avi", "video/x-msvideo", "video/msvideo"})
_ASF = frozenset({"audio/x-ms-wma", "video/x-ms-wmv", "video/x-ms-asf"})
_OLE = frozenset({"application/x-ole-storage", "application/msword", "application/vnd.ms-excel",
                  "application/vnd.ms-powerpoint", "application/vnd.ms-outlook", "application/vnd.visio",
                  "application/vnd.ms-project", "application/x-msi"})  # fmt: skip
_ZIP = frozenset({"application/zip", "application/x-zip-compressed", "application/x-zip", "multipart/x-zip"})
_GZIP = frozenset({"application/gzip", "application/x-gzip"})
_RASTER = frozenset({"image/jpeg", "image/jpg", "image/png", "image/webp", "image/gif", "image/bmp", "image/tiff",
                     "image/heic", "image/heif", "image/avif"})  # fmt: skip
_PROGRAM = frozenset({"application/x-msdownload", "application/x-dosexec", "application/x-msdos-program",
                      "application/vnd.microsoft.portable-executable"})  # fmt: skip
_SCRIPT = frozenset({"text/x-script", "application/x-sh", "text/x-shellscript", "text/x-python", "application/x-php",
                     "text/javascript", "application/javascript", "text/plain"})  # fmt: skip
_PAGE = frozenset({"text/html", "application/xhtml+xml", "text/plain", "text/markdown", "text/xml", "application/xml"})
_CARD = frozenset({"text/vcard", "text/x-vcard", "text/directory", "text/plain"})
_MACRO = frozenset({MACROS, "application/vnd.ms-word.document.macroenabled.12",
                    "application/vnd.ms-excel.sheet.macroenabled.12",
                    "application/vnd.ms-powerpoint.presentation.macroenabled.12"})  # fmt: skip
_MIXED_UP = (
    _MP4, _OGG, _WEBM, _FRAMES, _AMR, _WAV, _FLAC, _AVI, _ASF, _OLE, _ZIP, _GZIP, _RASTER, _PROGRAM, _SCRIPT, _PAGE,
    _CARD, _MACRO, frozenset({"application/rtf", "text/rtf"}),
)  # fmt: skip
"""Types that are taken for each other every day: one container, one format, or one kind of text."""
_TEXTS = frozenset({"application/json", "application/xml", "application/x-ndjson", "application/yaml",
                    "application/sql", "application/javascript", "application/vnd.ms-excel",
                    "application/x-subrip"})  # fmt: skip
"""Types that are written in plain characters; spreadsheets, because browsers call CSV files so."""
_RECOGNIZED = frozenset().union(_OLE, _ZIP, _GZIP, {"application/pdf", "application/epub+zip", "application/rtf"})
"""Beside images, sound, films and texts: what is always known by its bytes."""
_INSIDE_ZIPS = (OFFICE, "application/vnd.oasis.opendocument.")
_FAMILIES = ("image/", "audio/", "video/", "text/", *_INSIDE_ZIPS)
_FILMS_WITH_SOUND = ("video/mp4", "video/3gpp", "video/webm", "video/quicktime", "video/x-matroska", "video/ogg",
                     "video/x-ms-wmv")  # fmt: skip
_KINDS: dict[MediaKind, tuple[str, ...]] = {
    "image": ("image/",),
    "sticker": ("image/",),
    "video": ("video/", "audio/mp4"),
    "audio": ("audio/", *_FILMS_WITH_SOUND),
    "voice": ("audio/", *_FILMS_WITH_SOUND),
}
_CLAIMS = {"audio": "application/ogg", "voice": "application/ogg", "video": "application/ogg"}
_ENDINGS = {
    "image/jpeg": "jpg", "audio/ogg": "ogg", "audio/mpeg": "mp3", "audio/mp4": "m4a", "audio/aac": "aac",
    "audio/amr": "amr", "audio/webm": "webm", "video/webm": "webm", "image/webp": "webp", "video/3gpp": "3gp",
    "text/plain": "txt", "text/csv": "csv", "text/vcard": "vcf", WORD: "docx", SHEET: "xlsx", SLIDES: "pptx",
    "application/octet-stream": "",
}  # fmt: skip


class Verdict(NamedTuple):
    """What a file is, and the name to keep it under."""

    mime: str
    filename: str


def judged(file: Path, kind: MediaKind, claimed: str | None, filename: str | None) -> Verdict:
    """Look at a finished local file; raises MediaRefused with the reason. Slow for large archives: use a thread.

    `kind`: how it was sent, which is a claim as well; `claimed`: the type that was given, with parameters.
    """
    name = safe_name(filename or "")
    with file.open("rb") as opened:
        head = opened.read(HEAD)
        if not head:
            raise MediaRefused("empty", "the file holds nothing")
        found = sniffed(file, head)
        if found in _RASTER:
            refuse_absurd(found, head + opened.read(_HEAD_OF_PICTURES))
    said = bare(claimed)
    mime = settled(kind, said, found, name)
    return Verdict(mime, with_ending(name, ending_of(mime)))


def bare(mime: str | None) -> str:
    """A type without its parameters, in small letters."""
    return (mime or "").partition(";")[0].strip().lower()


def settled(kind: MediaKind, claimed: str, found: str | None, name: str) -> str:
    """The type that counts; raises MediaRefused for a lie. `found`: by the bytes, None: nothing is known."""
    if (allowed := _KINDS.get(kind)) is not None:
        fits = found is not None and found.startswith(allowed) and found != "image/svg+xml"
        said_so = claimed in _ANYTHING or claimed.startswith(allowed) or claimed == _CLAIMS.get(kind)
        if not fits or not said_so:
            raise _lie(found, claimed or kind)
    if claimed in _ANYTHING:
        return _by_name(found, name)
    if found is None:
        if claimed in _RECOGNIZED or claimed.startswith(_FAMILIES):
            raise _lie(found, claimed)
        return claimed
    return _of_both(claimed, found, name)


def _of_both(claimed: str, found: str, name: str) -> str:
    """The claim and the bytes say something each."""
    if found == claimed:
        return claimed
    if _are_mixed_up(found, claimed):
        return claimed if found in ("text/plain", "text/xml", "application/x-ole-storage") else found
    if found == "text/plain" and (claimed.startswith("text/") or claimed in _TEXTS or claimed.endswith("+json")):
        return "text/csv" if name.lower().endswith(".csv") else claimed
    if found == "text/xml" and claimed.endswith("xml"):
        return claimed
    if found in _ACTIVE or claimed in _RECOGNIZED or claimed.startswith(_FAMILIES):
        raise _lie(found, claimed)
    return claimed


def _are_mixed_up(found: str, claimed: str) -> bool:
    if found.startswith(_INSIDE_ZIPS) and claimed in _ZIP:
        return True
    return any(found in same and claimed in same for same in _MIXED_UP)


def _by_name(found: str | None, name: str) -> str:
    """Nothing was claimed but, perhaps, by the name: it may tell apart what the bytes do not."""
    if found in ("text/plain", "application/x-ole-storage"):
        by_name = bare(mimetypes.guess_type(name)[0])
        if by_name.startswith("text/") and found == "text/plain":
            return by_name
        if _are_mixed_up(found, by_name):
            return by_name
    return found or "application/octet-stream"


def _lie(found: str | None, claimed: str) -> MediaRefused:
    return MediaRefused("type_mismatch", f"it is said to be {claimed} and is {found or 'something else'}")


def ending_of(mime: str) -> str:
    """The usual ending of a type's names, without the dot; "" where there is none."""
    if mime in _ENDINGS:
        return _ENDINGS[mime]
    return (mimetypes.guess_extension(mime) or "").lstrip(".")
