"""What a model is told of a conversation: the last messages, and when older ones are to be summarised.

Lines come in Markdown, oldest first. Parts of one answer are one message, and so are messages of the contact that
nothing stands between. What a person of ours wrote is the assistant's, with a mark, and once their stretch is over
the model is told so: an old wish for a person is settled, not a wish for one now.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from math import inf
from typing import Final, Literal, NamedTuple

from turnkeeper.model.events import HEARD_KINDS
from turnkeeper.model.llm import Said

Role = Literal["contact", "bot", "person"]

COLLEAGUE: Final = "[written by a colleague, not by you] "
HANDED_OVER: Final = "[Here the conversation was handed to a colleague.]"
CUT: Final = " […]"
_EARLIER: Final = "[What was said before is left out.]"
_SHOWN_OF_A_STRETCH: Final = 1500
"""Characters of what a person wrote that are told again."""
_IN_WORDS: Final = {
    "voice": "voice note", "video_note": "video note", "animation": "GIF", "url_button": "link",
    "location_request": "question for a place",
}  # fmt: skip
_SAID_AS_IT_IS: Final = frozenset({
    "text", "button_reply", "list_reply", "operator", "buttons", "list", "edited", "poll_vote", "api", "url_button",
    "location_request", "system",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Spoken:
    """One line of a conversation. `turn_no`: the turn that said it; `kind`: of the event or the content."""

    role: Role
    text: str
    at: float
    kind: str = "text"
    turn_no: int | None = None


class Message(NamedTuple):
    """Lines that are one message. `at` is when its first line came, `until` its last."""

    role: Role
    text: str
    at: float
    until: float


class Recalled(NamedTuple):
    """What a model is told: messages that begin with the contact's and alternate, and a note for its instructions."""

    messages: tuple[Said, ...]
    note: str = ""


def before_turn(lines: Sequence[Spoken], turn_no: int, heard: Sequence[str]) -> list[Spoken]:
    """The lines without those of a turn that runs: what it was asked (`heard`), what it said, and what came later."""
    left = [text for text in heard if text]
    first = len(lines)
    for place in range(len(lines) - 1, -1, -1):
        line = lines[place]
        if line.role == "contact" and line.text in left:
            left.remove(line.text)
            first = place
        if not left:
            break
    own = {place for place in range(first, len(lines)) if lines[place].role == "contact"}
    return [line for place, line in enumerate(lines) if place not in own and line.turn_no != turn_no]


def messages(lines: Sequence[Spoken], *, in_group: bool = False) -> list[Message]:
    """Lines as messages. `in_group`: each of the contact's begins with who wrote it."""
    told = [(line, _in_words(line, in_group=in_group)) for line in lines]
    joined: list[Message] = []
    for (role, _), same in groupby([pair for pair in told if pair[1]], key=lambda pair: (pair[0].role, _answer(pair))):
        group = list(same)
        texts = [text for _, text in group]
        text = _whole(texts) if role == "bot" else "\n".join(texts)
        joined.append(Message(role, text, group[0][0].at, group[-1][0].at))
    return joined


def recalled(
    said: Sequence[Message],
    *,
    most: int,
    tokens: int,
    untold_since: float = inf,
    handed_over_at: float | None = None,
) -> Recalled:
    """The last `most` messages within `tokens`; up to twice as many where they are later than `untold_since`, which
    no summary tells yet. `handed_over_at`: when the bot handed over last, if it did."""
    untold = sum(1 for each in said if each.until > untold_since)
    count = max(most, min(untold, 2 * most))
    last = _with_handover(list(said[-count:] if count else ()), handed_over_at)
    return Recalled(_alternating(_within(last, tokens)), _note(said, handed_over_at))


def to_summarise(said: Sequence[Message], most: int, untold_since: float) -> list[Message]:
    """What the next summary tells: all that none tells yet but the last `most`; nothing while that can wait."""
    untold = [each for each in said if each.until > untold_since]
    return untold[: len(untold) - most] if len(untold) > 2 * max(most, 1) else []


def is_due(said: Sequence[Message], most: int, untold_since: float) -> bool:
    """Whether there will be something to summarise once the turn after these has been answered."""
    return sum(1 for each in said if each.until > untold_since) + 2 > 2 * max(most, 1)


def transcript(said: Sequence[Message], tokens: int) -> str:
    """Messages as a text to be summarised; the oldest are left out where it would be too long."""
    names = {"contact": "Person", "bot": "Assistant", "person": "Colleague"}
    return "\n".join(f"{names[each.role]}: {each.text}" for each in _within(said, tokens))


def estimated_tokens(text: str) -> int:
    """About how many tokens a text is: an estimate by script that no model's own count is needed for.

    English prose is meant to come out right within a fifth; other languages, code and numbers may be off by half,
    rather too many than too few.
    """
    if text.isascii():
        return -(-len(text) * 10 // 38)
    return round(sum([0.26 if char < "\x80" else _weight(ord(char)) for char in text]) + 0.5)


def _weight(code: int) -> float:
    """Tokens of one character beyond ASCII, by script."""
    if code < 0x250:
        return 0.5
    if code < 0x700:  # Greek, Cyrillic, Armenian, Hebrew, Arabic
        return 0.45
    if code < 0x1100 or 0x1780 <= code < 0x1E00:  # scripts of South and South-East Asia
        return 0.6
    return 1.0 if code < 0x1F000 else 2.0


def _answer(pair: tuple[Spoken, str]) -> int | None:
    """What keeps lines of the bot apart that stand side by side: the turns that said them."""
    return pair[0].turn_no if pair[0].role == "bot" else None


def _in_words(line: Spoken, *, in_group: bool) -> str:
    text = line.text.strip()
    if not text or line.kind in _SAID_AS_IT_IS:
        return text
    who, colon, rest = text.partition(": ") if in_group and line.role == "contact" else ("", "", text)
    said, kind = rest or text, _IN_WORDS.get(line.kind, line.kind.replace("_", " "))
    if said == f"[{line.kind}]":
        told = f"[{kind}]"
    elif line.kind in HEARD_KINDS:  # its words are what it said, as they are told in its own turn
        told = said if said.startswith("[voice note") else f"[{kind}] {said}"
    elif said.startswith(f"[{line.kind}"):
        told = said
    else:
        told = f"[{kind}: {said}]"
    return f"{who}{colon}{told}" if rest else told


def _whole(parts: Sequence[str]) -> str:
    """The parts of an answer without the "(1/3)" that each may end with."""
    endings = [f"\n\n({place}/{len(parts)})" for place in range(1, len(parts) + 1)]
    if len(parts) > 1 and all(part.endswith(ending) for part, ending in zip(parts, endings, strict=True)):
        parts = [part.removesuffix(ending) for part, ending in zip(parts, endings, strict=True)]
    return "\n\n".join(parts)


def _within(said: Sequence[Message], tokens: int) -> list[Message]:
    """The newest messages that fit; of one that alone is too long, its beginning."""
    kept: list[Message] = []
    left = tokens
    for each in reversed(said):
        size = estimated_tokens(each.text) + 4
        if size > left:
            if not kept:
                kept.append(each._replace(text=each.text[: len(each.text) * max(left - 4, 1) // size].rstrip() + CUT))
            break
        kept.append(each)
        left -= size
    return kept[::-1]


def _with_handover(said: list[Message], at: float | None) -> list[Message]:
    """With a word of the handover, where the history reaches back so far."""
    if at is None or not said or at < said[0].at:
        return said
    place = next((place for place, each in enumerate(said) if each.at > at), len(said))
    return [*said[:place], Message("bot", HANDED_OVER, at, at), *said[place:]]


def _alternating(said: Sequence[Message]) -> tuple[Said, ...]:
    """Roles in turns, the contact's first: what some providers insist on."""
    told: list[Said] = []
    for each in said:
        role: Literal["user", "assistant"] = "user" if each.role == "contact" else "assistant"
        text = COLLEAGUE + each.text if each.role == "person" else each.text
        if told and told[-1].role == role:
            told[-1] = Said(role, f"{told[-1].text}\n\n{text}")
        else:
            told.append(Said(role, text))
    if told and told[0].role == "assistant":
        told.insert(0, Said("user", _EARLIER))
    return tuple(told)


def _note(said: Sequence[Message], handed_over_at: float | None) -> str:
    """What is told of the newest stretch of a person."""
    stretch = _stretch(said)
    if not stretch and handed_over_at is None:
        return ""
    if not stretch:
        told = f"At {_clock(handed_over_at or 0)} the conversation was handed to a colleague, who has given it back."
    else:
        words = "\n".join(each.text for each in stretch)
        if len(words) > _SHOWN_OF_A_STRETCH:
            words = words[:_SHOWN_OF_A_STRETCH].rstrip() + CUT
        quoted = "\n".join(f"> {line}" for line in words.split("\n"))
        told = (
            f"A colleague answered from {_clock(stretch[0].at)} to {_clock(stretch[-1].until)} (UTC) and wrote:\n"
            f"{quoted}\nThat is over. What was promised there holds."
        )
    return (
        f"{told} You go on now. Wishes for a person from before then are settled: hand over only if the newest "
        "message asks for it."
    )


def _stretch(said: Sequence[Message]) -> list[Message]:
    """What a person wrote last, up to the bot's next words."""
    found: list[Message] = []
    for each in reversed(said):
        if each.role == "person":
            found.append(each)
        elif each.role == "bot" and found:
            break
    return found[::-1]


def _clock(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M")


def with_now(history: Sequence[Said], now: Said) -> tuple[Said, ...]:
    """The history and what is to be answered now; what of the contact's stood unanswered before it is one with it."""
    if not history or history[-1].role != now.role:
        return (*history, now)
    last = history[-1]
    return (*history[:-1], Said(now.role, f"{last.text}\n\n{now.text}", (*last.files, *now.files)))
