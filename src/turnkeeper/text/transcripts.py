"""A transcript as people read it: a section of a report, a document; and how the talk was shared.

One utterance is one line; a very long one is several. In the section stand the first twenty.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from turnkeeper.model.voice import UNAVAILABLE, Spoken, Transcript
from turnkeeper.text.cutting import split_words
from turnkeeper.text.escaping import escaped, one_line
from turnkeeper.text.report import heading

MOST_LINES: Final = 20
LONGEST_LINE: Final = 200


class Line(NamedTuple):
    """Words of one speaker. `start`: seconds from the note's beginning, None where nobody told it."""

    words: str
    speaker: str | None = None
    start: float | None = None


def lines_of(transcript: Transcript) -> list[Line]:
    """Every line, none blank."""
    if not transcript.spoken:
        return [Line(words) for text in transcript.text.splitlines() for words in _parts(text)]
    return [line for each in transcript.spoken for line in _uttered(each)]


def section(
    transcript: Transcript | None,
    *,
    title: str = "Transcript",
    emoji: str = "🗒️",
    what: str = "visit",
    most: int = MOST_LINES,
) -> str:
    """The transcript as a section in Markdown, its first `most` lines; of what is missing the last line tells.

    None: it was unavailable, and the section says so.
    """
    lines = [_shown(line) for line in lines_of(transcript)] if transcript is not None else []
    if transcript is None or not lines:
        lines = [escaped(UNAVAILABLE)]
    elif len(lines) > most:
        lines = [*lines[:most], escaped(_rest(len(lines), transcript.seconds, what))]
    return "\n".join((heading(title, emoji), *lines))


def is_cut(transcript: Transcript, most: int = MOST_LINES) -> bool:
    """Whether its section does not hold all of it."""
    return len(lines_of(transcript)) > most


def document(transcript: Transcript) -> str:
    """All of it as plain text, each line with its time, where that is known."""
    timed = any(each.end for each in transcript.spoken)
    return "".join(f"{_plain(line, timed=timed)}\n" for line in lines_of(transcript))


def spoken_by(transcript: Transcript) -> str:
    """All of it for a model to read: who said what, one utterance a line."""
    said = [(one_line(each.text), each.speaker) for each in transcript.spoken]
    lines = [f"{one_line(who)}: {words}" if who else words for words, who in said if words]
    return "\n".join(lines) or transcript.text


def talk_share(transcript: Transcript, speaker: str) -> float | None:
    """How much of the talk was this speaker's, from 0 to 1: of the time, or of the words where no times are known.

    None where nobody told speakers apart.
    """
    known = [each for each in transcript.spoken if each.speaker]
    if not any(each.speaker == speaker for each in known) or len({each.speaker for each in known}) < 2:
        return None
    weights = [max(0.0, each.end - each.start) for each in known]
    if not any(weights):
        weights = [float(len(each.text.split())) for each in known]
    total = sum(weights)
    own = sum(weight for each, weight in zip(known, weights, strict=True) if each.speaker == speaker)
    return own / total if total else None


def _uttered(spoken: Spoken) -> Iterator[Line]:
    for place, words in enumerate(_parts(spoken.text)):
        yield Line(words, spoken.speaker, None if place else spoken.start)


def _parts(text: str) -> list[str]:
    return split_words(one_line(text), LONGEST_LINE)


def _shown(line: Line) -> str:
    return f"**{escaped(line.speaker)}:** {escaped(line.words)}" if line.speaker else escaped(line.words)


def _plain(line: Line, *, timed: bool) -> str:
    said = f"{one_line(line.speaker)}: {line.words}" if line.speaker else line.words
    if not timed:
        return said
    return f"[{_clock(line.start)}] {said}" if line.start is not None else f"        {said}"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes:02}:{rest:02}"


def _rest(count: int, seconds: float, what: str) -> str:
    length = f", {max(1, int(seconds / 60 + 0.5))} min {what}" if seconds > 0 else ""
    return f"… [full transcript: {count} lines{length}]"
