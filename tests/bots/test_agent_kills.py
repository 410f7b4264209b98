"""An agent with a tool that looks and one that books, and everything that can come in between, at every moment."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, NamedTuple

import pytest

from tests.bots.agents import agent
from turnkeeper.llm.calls import ToolReply
from turnkeeper.llm.toolbox import ToolContext
from turnkeeper.model.errors import Fenced
from turnkeeper.model.llm import ChatRequest, Said, ToolResult, ToolSpec
from turnkeeper.model.policy import TurnPolicy
from turnkeeper.testing.conversation import Person, conversation, in_virtual_time
from turnkeeper.testing.models import ScriptedModel, Stalled, calls

TURNS = TurnPolicy(adaptive=False, rate_limit=None, quiet=1.0, max_wait=3.0, reads=("text",))
What = Literal["crash", "write", "person", "bot"]


class Happening(NamedTuple):
    """Something that comes in between, so many seconds after the first message."""

    at: float
    what: What


@dataclass
class Desk:
    """A tool of the kind that takes its time. `begun`: turn and key of each try."""

    spec: ToolSpec
    effect: bool
    repeatable: bool = False
    takes: float = 0.6
    begun: list[tuple[int, str]] = field(default_factory=list)
    nothing: ClassVar[Mapping[str, Any]] = {"type": "object"}

    async def call(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolReply:  # noqa: ARG002
        self.begun.append((context.turn._work.number, context.key))
        await asyncio.sleep(self.takes)
        return ToolReply("done")


def answering(request: ChatRequest) -> Any:
    """Looks, books, and says what it was told."""
    used = [message.name for message in request.messages if isinstance(message, ToolResult)]
    if "look" not in used:
        return Stalled(0.7, calls("look"))
    if "book" not in used:
        return Stalled(0.7, calls("book"))
    told = [message.text for message in request.messages if isinstance(message, Said) and message.role == "user"]
    return Stalled(0.7, told[-1].replace("\n", " "))


async def lives_through(happenings: Sequence[Happening], *, repeatable: bool) -> tuple[Person, list[str], Desk]:
    """A first message, what comes in between, and the rest; what was written, and the desk."""
    desk = Desk(ToolSpec("book", "Book.", Desk.nothing), True, repeatable)
    look = Desk(ToolSpec("look", "Look.", Desk.nothing), False)
    model = ScriptedModel(answering, repeat=True)
    written = ["m0"]
    async with conversation(agent(model, tools=[look, desk], loop_guard=False), turns=TURNS) as person:
        await person.writes("m0")
        done = 0.0
        for at, what in sorted(happenings):
            await asyncio.sleep(at - done)
            done = at
            if what == "crash":
                await person.survives_a_crash()
            elif what == "write":
                written.append(f"m{len(written)}")
                await person.writes(written[-1])
            else:
                await (person.is_taken_over() if what == "person" else person.is_given_back())
        await person.rests()
        ledger = await person.ledger()
        assert sum(ledger.states.values()) + sum(ledger.dropped.values()) == ledger.accepted == len(written)
        assert not ledger.states.get("waiting")
        assert not ledger.states.get("running")
        assert not ledger.states.get("failed")
        assert all(isinstance(each, Fenced) for each in person.raised)
    return person, written, desk


def all_in_order_and_once(person: Person, written: Sequence[str]) -> None:
    assert " ".join(person.heard).split() == list(written)


def nothing_was_booked_twice(desk: Desk) -> None:
    """Of one turn each try has the same key; one that cannot be repeated was not."""
    keys = {turn: {key for of, key in desk.begun if of == turn} for turn, _ in desk.begun}
    assert all(len(each) == 1 for each in keys.values())
    if not desk.repeatable:
        assert max(Counter(turn for turn, _ in desk.begun).values(), default=0) <= 1


MOMENTS = [tenths / 10 for tenths in range(9, 54, 4)]
"""Of a turn that waits a second, asks 0.7 s, looks 0.6 s, asks, books 0.6 s, asks, and sends."""


@pytest.mark.parametrize("repeatable", [True, False])
@in_virtual_time
async def test_a_worker_killed_at_any_moment_loses_and_doubles_nothing(repeatable: bool) -> None:
    for at in MOMENTS:
        for then in (0.0, 0.5, 2.0):
            crashes = [Happening(at, "crash"), *([Happening(at + then, "crash")] if then else [])]
            person, written, desk = await lives_through(crashes, repeatable=repeatable)
            all_in_order_and_once(person, written)
            nothing_was_booked_twice(desk)


@in_virtual_time
async def test_a_message_at_any_moment_is_answered_once_and_in_order() -> None:
    for at in MOMENTS:
        storm = [Happening(at + place / 5, "write") for place in range(5)]
        for happenings in ([Happening(at, "write")], storm, [*storm, Happening(at + 0.5, "crash")]):
            person, written, desk = await lives_through(happenings, repeatable=False)
            all_in_order_and_once(person, written)
            nothing_was_booked_twice(desk)


@in_virtual_time
async def test_a_person_who_takes_over_at_any_moment_is_obeyed() -> None:
    for at in MOMENTS:
        over = [Happening(at, "person"), Happening(at + 0.3, "write"), Happening(at + 20, "bot")]
        for happenings in (over, [*over, Happening(at + 0.1, "crash")], [*over, Happening(at + 21, "write")]):
            person, written, desk = await lives_through(happenings, repeatable=False)
            heard = " ".join(person.heard).split()
            assert heard == sorted(set(heard))
            assert set(heard) <= set(written)
            assert len(written) < 3 or written[-1] in heard
            nothing_was_booked_twice(desk)
