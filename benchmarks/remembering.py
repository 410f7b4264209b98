"""What a model reads of a conversation that grows to 1,000 messages: last messages and a summary, beside all of them.

Through the production engine in virtual time; the tokens are our estimate of both, the summaries come from a script.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from statistics import median

from benchmarks.report import Line, at_most, told
from benchmarks.servers import Places
from turnkeeper.bots.recalling import Memory, recollect
from turnkeeper.bots.remembering import Remembering
from turnkeeper.bots.turn import Turn
from turnkeeper.engine.answer import Answer, Work
from turnkeeper.rules.recall import estimated_tokens
from turnkeeper.testing.conversation import conversation
from turnkeeper.testing.models import ScriptedModel
from turnkeeper.testing.virtual_time import run as in_virtual_time

_MESSAGES = 1_000
_SETTLED = 150
"""Turns after which a history is as long as is ever read."""
_QUESTION = "What about day {} of the course, and may I bring a friend who has never done this before?"
_ANSWER = (
    "Day {}: yes, **friends are welcome**. We begin at nine, there is coffee before, and whoever comes for the first "
    "time gets an introduction of half an hour. Please bring shoes for the garden, and tell us of any allergies."
)
_NOTES = "The person asks about the days of the course one by one and wants to bring a friend. " * 4


class _Asked:
    """A bot that notes how much a model would have read, and how long it took to find that."""

    version = "1"

    def __init__(self, memory: Memory) -> None:
        self.tokens: list[int] = []
        self.seconds: list[float] = []
        self.whole: list[int] = []
        self._memory = memory
        self._remembering = Remembering(ScriptedModel(_NOTES, repeat=True), memory)

    async def answer(self, work: Work) -> Answer:
        """One turn, as an agent takes it."""
        turn = Turn(work)
        began = time.process_time()
        found = await recollect(work, self._memory, await work.history(self._memory.lines))
        self.seconds.append(time.process_time() - began)
        read = sum(estimated_tokens(each.text) for each in found.messages)
        self.tokens.append(read + estimated_tokens(found.summary + found.note + turn.text))
        said = _ANSWER.format(turn.number)
        self.whole.append(sum(self.whole[-1:]) + estimated_tokens(turn.text) + estimated_tokens(said))
        return Answer([said], afterwards=[self._remembering.afterwards(work)] if found.is_due else [])


def run(places: Places, *, quick: bool) -> Iterator[Line]:  # noqa: ARG001 - needs no place
    """Every line of this benchmark."""
    messages = _MESSAGES // 5 if quick else _MESSAGES
    bot = _Asked(Memory())
    in_virtual_time(_talk(bot, messages // 2))
    for count in sorted({20, 100, messages // 2, messages}):
        ours, whole = bot.tokens[count // 2 - 1], bot.whole[count // 2 - 1]
        shown = f"{ours:,}, all of it {whole:,}"
        yield told("memory", f"tokens at message {count:,}", shown, ours=ours, whole=whole)
    early, late = max(bot.tokens[10:50]), max(bot.tokens[-50:])
    yield at_most("memory", "the most, of the last 100 messages to the first", late / early, 1.05)
    cost = median(bot.seconds[-50:]) * 1000
    yield told("memory", f"time to find them at message {messages:,}", f"{cost:.2f} ms", milliseconds=cost)
    if len(bot.seconds) > 2 * _SETTLED:
        before = median(bot.seconds[_SETTLED : _SETTLED + 50]) * 1000
        yield at_most("memory", f"the same, to at message {2 * _SETTLED}", cost / before, 1.25)


async def _talk(bot: _Asked, exchanges: int) -> None:
    async with conversation(bot) as person:
        for place in range(1, exchanges + 1):
            await person.says(_QUESTION.format(place))
