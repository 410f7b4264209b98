"""What a note's bytes, levels and words tell before anybody trusts them: its format, silence, loops of words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby
from typing import Final

FORMATS: Final = {
    "ogg": "audio/ogg", "mp3": "audio/mpeg", "wav": "audio/wav", "aac": "audio/aac", "amr": "audio/amr",
    "webm": "audio/webm", "m4a": "audio/mp4", "flac": "audio/flac",
}  # fmt: skip
"""What is read, with its type."""
QUIET: Final = -55.0
"""Decibels below full scale. A whisper into a phone is 10 louder, a muted microphone 20 quieter."""
WINDOW: Final = 0.05
"""Seconds of a level."""
_LEAST_LOUD: Final = 3
"""Windows louder than QUIET: a click is no word."""
_TAG: Final = 10
_LONGEST_PHRASE: Final = 8
_LOOP: Final = 4
"""Times that a phrase comes in a row: people say things twice or three times, models that hear no words do not end."""
_LOOP_WORDS: Final = 12
"""Words that it has at least: "no, no, no, no" is an answer."""
_WORD: Final = re.compile(r"\w+(?:['’]\w+)*")


def format_of(data: bytes) -> str | None:
    """Which of FORMATS a file is, by its beginning; None for any other."""
    if data.startswith(b"ID3") and len(data) > _TAG:
        # Each byte of a tag's size has seven bits. Behind the tag is MP3, or AAC.
        size = sum((byte & 0x7F) << shift for byte, shift in zip(data[6:10], (21, 14, 7, 0), strict=True))
        return "aac" if _frame(data[_TAG + size : _TAG + size + 4]) == "aac" else "mp3"
    if data.startswith(b"RIFF") and data[8:12] == b"WAVE":
        return "wav"
    if data[4:8] == b"ftyp":
        return "m4a"
    signatures = ((b"OggS", "ogg"), (b"#!AMR", "amr"), (b"\x1aE\xdf\xa3", "webm"), (b"fLaC", "flac"))
    return next((name for signature, name in signatures if data.startswith(signature)), None) or _frame(data[:4])


def _frame(head: bytes) -> str | None:
    """MPEG audio without a container: the layer tells AAC from MP3. Layer I looks like text in UTF-16."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    if head[1] & 0xF6 == 0xF0:
        return "aac"
    return "mp3" if head[1] & 0x06 in (0x02, 0x04) and head[2] >> 4 != 0xF else None


def is_silent(levels: Sequence[float]) -> bool:
    """Whether nobody can have said anything. Levels are decibels below full scale, of a WINDOW each."""
    return sum(level > QUIET for level in levels) < _LEAST_LOUD


def is_loop(text: str) -> bool:
    """Whether most of a text is one phrase again and again: what models write for noise and foreign languages."""
    words = [word.lower() for word in _WORD.findall(text)]
    letters = "".join(words)
    runs = (_longest_run(words, length) for length in range(1, _LONGEST_PHRASE + 1))
    one = (len(list(same)) for letter, same in groupby(letters) if letter.isalpha())
    return any(run * 2 > len(words) for run in runs) or any(run > max(_LOOP, len(letters) // 2) for run in one)


def _longest_run(words: Sequence[str], length: int) -> int:
    """How many words are in a row of the same phrase of `length` words; 0 if it comes too few times."""
    longest = run = 0
    for at in range(length, len(words)):
        run = run + 1 if words[at] == words[at - length] else 0
        longest = max(longest, run + length if run else 0)
    return longest if longest >= max(_LOOP * length, _LOOP_WORDS) else 0
