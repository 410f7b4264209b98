"""What a bot's models are told of the conversation so far, out of its history and its summary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import NamedTuple

from turnkeeper.channels import registry
from turnkeeper.engine.answer import Work
from turnkeeper.model.events import words_heard
from turnkeeper.model.limits import Markup
from turnkeeper.model.llm import Said
from turnkeeper.rules import recall
from turnkeeper.rules.groups import is_group
from turnkeeper.rules.recall import Message, Spoken
from turnkeeper.store.lines import Line
from turnkeeper.text.unmarked import markdown

HANDED_OVER_AT = "_handed_over_at"
"""Where a session's state keeps when the bot handed over last."""
_MOST_LINES = 400
_LINES_OF_A_MESSAGE = 3
"""An answer takes several messages, and somebody who writes in bursts sends several."""


@dataclass(frozen=True, slots=True)
class Memory:
    """How much of a conversation models read: so many messages, of so many tokens; `summary`: older ones in short."""

    history: int = 10
    tokens: int = 4000
    summary: bool = True

    @property
    def lines(self) -> int:
        """How many lines of the history that takes: never more, however long a conversation grows."""
        return min(_MOST_LINES, 2 * self.history * _LINES_OF_A_MESSAGE + 10)


class Recollection(NamedTuple):
    """`messages` of before the turn, a `note` for the instructions, and the `summary` of what is older.

    `is_due`: older messages wait to be summarised, once the turn is over.
    """

    messages: tuple[Said, ...]
    note: str = ""
    summary: str = ""
    is_due: bool = False


async def recollect(work: Work, memory: Memory, lines: Sequence[Line]) -> Recollection:
    """What models are told. `lines`: the history's last `memory.lines`, those of the turn among them."""
    kept = await work.records.summary() if memory.summary else None
    since = inf if not memory.summary else -inf if kept is None else kept.up_to
    said = _messages(work, recall.before_turn(_spoken(work, lines), work.number, [*map(words_heard, work.events)]))
    handed_over_at = work.state.get(HANDED_OVER_AT)
    told = recall.recalled(
        said,
        most=memory.history,
        tokens=memory.tokens,
        untold_since=since,
        handed_over_at=handed_over_at if isinstance(handed_over_at, int | float) else None,
    )
    is_due = memory.summary and recall.is_due(said, memory.history, since)
    return Recollection(told.messages, told.note, "" if kept is None else kept.text, is_due)


def messages_of(work: Work, lines: Sequence[Line]) -> list[Message]:
    """Lines of the history as messages in Markdown."""
    return _messages(work, _spoken(work, lines))


def _messages(work: Work, spoken: Sequence[Spoken]) -> list[Message]:
    in_group = bool(work.addresses) and is_group(work.addresses[0])
    return recall.messages(spoken, in_group=in_group)


def _spoken(work: Work, lines: Sequence[Line]) -> list[Spoken]:
    markup = registry.find(work.channel.kind).adapter.capabilities.markup
    return [Spoken(line.role, _words(line, markup), line.at, line.kind, line.turn_no) for line in lines]


def _words(line: Line, markup: Markup) -> str:
    return markdown(line.text, markup) if line.role == "bot" else line.text
