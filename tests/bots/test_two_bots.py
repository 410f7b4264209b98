"""Two of our own bots that are wired together stop within 10 messages, whatever they say."""

import asyncio
from collections.abc import Callable
from itertools import count

import pytest

from tests.bots.agents import agent, scripted
from turnkeeper.model.conversation import Mode
from turnkeeper.model.policy import TurnPolicy
from turnkeeper.testing.conversation import Person, conversation, in_virtual_time
from turnkeeper.testing.events import TURNS

MOST = 10
LONG = "Thank you so much for reaching out to us! I would be delighted to help you with anything that you need today."


def numbered(text: str) -> Callable[..., str]:
    numbers = count(1)
    return lambda _: f"{text} (This is answer {next(numbers)}.)"


async def passes_on(hears: Person, says: Person, delay: float) -> None:
    """What reaches one bot's person is written to the other bot."""
    seen = 0
    while True:
        await asyncio.sleep(0.1)
        for words in hears.heard[seen:]:
            await asyncio.sleep(delay)
            await says.writes(words)
        seen = len(hears.heard)


@pytest.mark.parametrize(
    ("label", "one", "other", "turns"),
    [
        ("long, never the same", numbered(LONG), numbered(LONG), TurnPolicy()),
        ("short, never the same", numbered("How can I help?"), numbered("Tell me!"), TURNS),
        ("the same, very short", "Hello!", "Hi!", TURNS),
        ("each repeats the other", lambda asked: asked.messages[-1].text, numbered(LONG), TURNS),
        ("without waiting", numbered(LONG), numbered(LONG), TurnPolicy(quiet=0.0, max_wait=0.0, gather=False)),
    ],
)
@in_virtual_time
async def test_they_stop(label: str, one: object, other: object, turns: TurnPolicy) -> None:
    bots = agent(scripted(one)), agent(scripted(other))  # type: ignore[arg-type]
    async with conversation(bots[0], turns=turns) as left, conversation(bots[1], turns=turns, seed=1) as right:
        wires = [asyncio.create_task(passes_on(left, right, 0.3)), asyncio.create_task(passes_on(right, left, 0.4))]
        await left.writes("Hello there, is anybody at home?")
        await asyncio.sleep(600)
        said = len(left.heard) + len(right.heard)
        for wire in wires:
            wire.cancel()
        assert 4 <= said <= MOST, (label, left.heard, right.heard)
        assert [await left.is_answered_by(Mode.HUMAN), await right.is_answered_by(Mode.HUMAN)].count(True) >= 1
