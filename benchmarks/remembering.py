"""What a model reads of a conversation that grows to 1,000 messages: instructions, summary, last messages.

Through the production engine in virtual time; the tokens are our estimate, answers and summaries come from a script.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from statistics import median

from benchmarks.report import Line, at_least, at_most, told
from benchmarks.servers import Places
from turnkeeper.bots.agent import AgentBot
from turnkeeper.bots.question import Prompting
from turnkeeper.bots.recalling import Memory
from turnkeeper.bots.remembering import Remembering
from turnkeeper.bots.thinking import Thinking
from turnkeeper.engine.answer import Answer, Work
from turnkeeper.llm.chain import Chain
from turnkeeper.model.agents import PromptVersion
from turnkeeper.model.ids import BotId, WorkspaceId
from turnkeeper.model.llm import ChatRequest, ModelChoice, Said
from turnkeeper.rules.recall import estimated_tokens
from turnkeeper.testing.conversation import conversation
from turnkeeper.testing.models import ScriptedModel
from turnkeeper.testing.virtual_time import VirtualClock
from turnkeeper.testing.virtual_time import run as in_virtual_time

_MESSAGES = 1_000
_SETTLED = 150
"""Turns after which a history is as long as is ever read."""
_QUESTION = "What about day {} of the course, and may I bring a friend who has never done this before?"
_ANSWER = (
    "Day {}: yes, **friends are welcome**. We begin at nine, there is coffee before, and whoever comes for the first "
    "time gets an introduction of half an hour. Please bring shoes for the garden, and tell us of any allergies."
)
_PROMPT = (
    "You answer questions about a gardening course, in a friendly way, and never promise what you cannot hold. " * 4
)
_NOTES = "The person asks about the days of the course one by one and wants to bring a friend. " * 4


class _Timed:
    """An agent, and what each of its turns takes of the processor."""

    version = "1"

    def __init__(self, agent: AgentBot) -> None:
        self.seconds: list[float] = []
        self._agent = agent

    async def answer(self, work: Work) -> Answer:
        """The agent's own."""
        began = time.process_time()
        answer = await self._agent.answer(work)
        self.seconds.append(time.process_time() - began)
        return answer


class _Nothing:
    """No prompt is published."""

    def find(self, workspace_id: WorkspaceId, bot_id: BotId) -> PromptVersion | None:  # noqa: ARG002
        """None."""
        return None


def _agent(model: ScriptedModel, notes: ScriptedModel) -> AgentBot:
    memory = Memory()
    prompting = Prompting(BotId("bot"), _PROMPT, memory=memory, loop_guard=False)
    remembering = Remembering(_alone(notes), memory)
    return AgentBot(prompting, Thinking(_alone(model)), _Nothing(), remembering=remembering)


def _alone(model: ScriptedModel) -> Chain:
    return Chain([(ModelChoice("scripted", "model"), model)], VirtualClock().now)


def _read(request: ChatRequest) -> int:
    """Tokens of a whole question."""
    said = sum(estimated_tokens(each.text) for each in request.messages if isinstance(each, Said))
    return said + estimated_tokens(request.instructions)


def run(places: Places, *, quick: bool) -> Iterator[Line]:  # noqa: ARG001 - needs no place
    """Every line of this benchmark."""
    messages = _MESSAGES // 5 if quick else _MESSAGES
    model = ScriptedModel(lambda request: _ANSWER.format(len(request.messages)), repeat=True)
    notes = ScriptedModel(_NOTES, repeat=True)
    bot = _Timed(_agent(model, notes))
    in_virtual_time(_talk(bot, messages // 2))
    tokens = [_read(request) for request in model.asked]
    each = estimated_tokens(_QUESTION.format(100)) + estimated_tokens(_ANSWER.format(100))
    for count in sorted({20, 100, messages // 2, messages}):
        ours, whole = tokens[count // 2 - 1], tokens[0] + each * (count // 2 - 1)
        shown = f"{ours:,}, all of it {whole:,}"
        yield told("memory", f"tokens at message {count:,}", shown, ours=ours, whole=whole)
    made = len(notes.asked)
    # One is due when twice the history has been said since the last, each for all that came since.
    yield at_least("memory", "summaries made of it", made, messages / 40, f"{made}")
    early, late = max(tokens[10:50]), max(tokens[-50:])
    yield at_most("memory", "the most, of the last 100 messages to the first", late / early, 1.05)
    cost = median(bot.seconds[-50:]) * 1000
    yield told("memory", f"an agent's own time for a turn at message {messages:,}", f"{cost:.2f} ms", milliseconds=cost)
    if len(bot.seconds) > 2 * _SETTLED:
        before = median(bot.seconds[_SETTLED : _SETTLED + 50]) * 1000
        yield at_most("memory", f"the same, to at message {2 * _SETTLED}", cost / before, 1.25)


async def _talk(bot: _Timed, exchanges: int) -> None:
    async with conversation(bot) as person:
        for place in range(1, exchanges + 1):
            await person.says(_QUESTION.format(place))
