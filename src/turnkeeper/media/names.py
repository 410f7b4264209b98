"""File names as strangers give them: those that could lead elsewhere are refused, the rest is made safe to keep."""

from __future__ import annotations

import re
import unicodedata

from turnkeeper.model.errors import MediaRefused

LONGEST = 180
"""Bytes of UTF-8: what every file system and every phone takes."""
_LONGEST_ENDING = 20
_DRIVE = re.compile(r"[A-Za-z]:")
_HIDDEN_SEPARATOR = re.compile(r"%(?:2f|5c|00)", re.IGNORECASE)
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?=\.|$)", re.IGNORECASE)
_AWKWARD = re.compile(r'[<>:"|?*]')
_JOINERS = "\u200c\u200d"
"""Part of how names are written in Persian, in the languages of India, and in emoji."""


def safe_name(given: str) -> str:
    """A name to keep a file under; "" for one of which nothing is left. Raises MediaRefused."""
    plain = unicodedata.normalize("NFC", given.encode("utf-8", "replace").decode("utf-8"))
    _refuse_paths(plain)
    kept = "".join(each for each in plain if unicodedata.category(each) not in ("Cf", "Co") or each in _JOINERS)
    kept = _AWKWARD.sub("_", kept).strip().rstrip(". ")
    if kept.startswith("."):
        kept = "_" + kept.lstrip(".")
    if _RESERVED.match(kept):
        kept = "_" + kept
    return _shortened(kept)


def _refuse_paths(name: str) -> None:
    """Also where a look-alike would become a path once somebody normalizes it."""
    lookalikes = unicodedata.normalize("NFKC", name)
    if any(unicodedata.category(each) in ("Cc", "Zl", "Zp") for each in name):
        raise MediaRefused("unsafe_name", "the file's name holds control characters")
    if any(each in text for text in (name, lookalikes) for each in "/\\"):
        raise MediaRefused("unsafe_name", "the file's name is a path")
    if _DRIVE.match(name) or name.strip() in (".", "..") or _HIDDEN_SEPARATOR.search(name):
        raise MediaRefused("unsafe_name", "the file's name is a path")


def _shortened(name: str) -> str:
    """Cut in the middle of the stem: the ending says what it is."""
    if len(name.encode()) <= LONGEST:
        return name
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending.encode()) > _LONGEST_ENDING:
        stem, dot, ending = name, "", ""
    room = LONGEST - len((dot + ending).encode())
    return stem.encode()[:room].decode("utf-8", "ignore").rstrip(". ") + dot + ending


def with_ending(name: str, ending: str) -> str:
    """The name, or one made up; with an ending if it has none."""
    name = name or "file"
    return name if "." in name or not ending else f"{name}.{ending}"
