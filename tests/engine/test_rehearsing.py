"""Turns run again: what stands for their steps, what they say now, and that nothing of it reaches anybody."""

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from tests.bots.agents import agent, scripted
from turnkeeper import Bot, Turn
from turnkeeper.channels import registry
from turnkeeper.engine.answer import Bot as AnyBot
from turnkeeper.engine.rehearsing import Rehearsing, Staged, rehearse
from turnkeeper.flows.reading import read
from turnkeeper.llm.calls import ToolReply
from turnkeeper.llm.tools.stand_ins import StandIns
from turnkeeper.media.disk import DiskStore
from turnkeeper.model.conversation import StepRow
from turnkeeper.model.ids import ConversationId, WorkspaceId
from turnkeeper.model.llm import ToolSpec
from turnkeeper.model.rehearsed import Rehearsed, StandIn
from turnkeeper.rules.rehearsal import Models, Standing, Wanted, stands_for
from turnkeeper.testing.conversation import Person, conversation, in_virtual_time
from turnkeeper.testing.cues import Cues
from turnkeeper.testing.flows import flow_bot
from turnkeeper.testing.models import calls
from turnkeeper.text.script_reading import parse

ABLE = registry.find("whatsapp_cloud").adapter.capabilities


async def again(
    person: Person, bot: AnyBot, no: int | None = None, *, models: Models = "asked", tools: bool = False
) -> Rehearsed:
    """The turn, run again with another bot; the newest without `no`."""
    (found,) = await person._store.recent(1)
    traced = await person._store.traced_turn(found.key, no)
    assert traced is not None
    until = max([traced.whole.turn.started_at, *(row.received_at for row in traced.whole.events)])
    said = await person._store.history_until(found.key, 50, until)
    staged = Staged(traced, person._channel, [line for line in said if line.turn_no != traced.whole.turn.no], models)
    work = Rehearsing(staged, person._store, DiskStore("/nowhere"), person._clock)
    if tools:
        thinking = getattr(bot, "_thinking")  # noqa: B009 - the test's own bot
        stood = StandIns(traced.whole.steps, (), work.stood.append)
        object.__setattr__(thinking, "stands_for", stood.of)
    before = await counted(person)
    came = await rehearse(work, bot, ABLE, "a test")
    assert await counted(person) == before
    msgspec.json.encode(came)
    return came


async def counted(person: Person) -> Any:
    """All that could have changed."""
    return await person.ledger(), await person.moments(), len(person.received), await person._store.next_due()


def shop(text: str, said: list[str], amount: int = 3, *, wait: float = 60) -> Bot:
    bot = Bot("shop")

    @bot.stage("only", first=True)
    async def only(turn: Turn) -> None:
        turn.state["visits"] = turn.state.get("visits", 0) + 1
        charged = await turn.step("charge", charge, amount, effect=True)
        turn.after(wait, "remind")
        turn.facts.set("size", "M")
        await turn.say_now("One moment.")
        await turn.reply(text.format(charged=charged, visits=turn.state["visits"]))

    async def charge(amount: int) -> str:
        said.append(f"charged {amount}")
        return f"receipt {amount}"

    return bot


@in_virtual_time
async def test_an_effect_has_the_result_of_then_and_does_not_happen_again() -> None:
    charged: list[str] = []
    async with conversation(shop("{charged}, visit {visits}.", charged)) as person:
        await person.says("hi")
        await person.says("again")
        came = await again(person, shop("Thanks: {charged}, visit {visits}.", charged))
        other = await again(person, shop("{charged}, visit {visits}.", charged, amount=5))
        same = await again(person, shop("{charged}, visit {visits}.", charged))
    assert charged == ["charged 3", "charged 3"]
    assert [each.text for each in came.said] == ["One moment.", "Thanks: receipt 3, visit 2."]
    assert [each.text for each in came.then] == ["One moment.", "receipt 3, visit 2."]
    assert [line for line in came.difference if line.startswith("+")] == ["+ < Thanks: receipt 3, visit 2."]
    assert came.stood == [StandIn("charge", "recorded", True)]
    assert came.left is not None
    assert (came.left.timers, came.left.facts) == (["remind, after 60 s"], {"size": "M"})
    assert [each.text for each in other.said][1] == "stubbed, visit 2."
    assert other.stood == [StandIn("charge", "stubbed", True)]
    assert same.difference == []


@in_virtual_time
async def test_what_a_bot_raises_is_told() -> None:
    async with conversation(shop("{charged}", [])) as person:
        await person.says("hi")
        came = await again(person, shop("{nothing}", []))
    assert came.raised is not None
    assert "KeyError" in came.raised
    assert came.left is None
    assert [each.text for each in came.said] == ["One moment."]


@in_virtual_time
async def test_a_draft_of_a_prompt_is_asked_and_the_old_answer_stands_beside() -> None:
    first = scripted("Two cakes.", "Three.")
    async with conversation(agent(first, prompt="You sell cakes.")) as person:
        await person.says("how many?")
        await person.says("really?")
        model = scripted("One **cake**, truly.")
        came = await again(person, agent(model, prompt="You sell one cake."))
        old = await again(person, agent(scripted("not asked"), prompt="You sell one cake."), models="recorded")
    assert [each.text for each in came.said] == ["One *cake*, truly."]
    assert [each.text for each in came.then] == ["Three."]
    (question,) = came.questions
    assert question.instructions.startswith("You sell one cake.")
    assert [said.text for said in question.messages] == ["how many?", "Two cakes.", "really?"]
    assert came.totals.model_calls == 1
    assert [each.text for each in old.said] == ["Three."]
    assert (old.difference, old.stood) == ([], [StandIn("model", "recorded", False)])


class Booking:
    """A tool with an effect."""

    effect = True

    def __init__(self) -> None:
        self.spec = ToolSpec("book", "Books a table.", {"type": "object"})
        self.booked: list[Any] = []

    async def call(self, arguments: Any, context: Any) -> Any:  # noqa: ARG002 - the port's
        self.booked.append(arguments)
        return ToolReply(f"booked for {arguments['people']}")


@in_virtual_time
async def test_a_tool_gives_what_it_gave_then_or_is_not_run() -> None:
    tool = Booking()
    async with conversation(agent(scripted(calls("book", people=2), "Done."), tools=[tool])) as person:
        await person.says("a table for two")
        model = scripted(calls("book", people=2), "Your table is booked.")
        came = await again(person, agent(model, tools=[tool]), tools=True)
        other = scripted(calls("book", people=4), "Hm.")
        stubbed = await again(person, agent(other, tools=[tool]), tools=True)
    assert tool.booked == [{"people": 2}]
    assert [(each.name, each.stood, each.detail) for each in came.stood if each.name != "model"] == [
        ("tool.book", "recorded", '{"people":2}')
    ]
    assert came.questions[0].calls[0].tools[0].result == "booked for 2"
    assert [each.stood for each in stubbed.stood if each.name == "tool.book"] == ["stubbed"]
    assert "rehearsal" in (stubbed.questions[0].calls[0].tools[0].result or "")


def drawn(text: str, url: str = "https://api.example/stock") -> Any:
    nodes = [
        {"id": "start", "type": "start", "data": {"triggers": [{"kind": "first_message"}]}},
        {"id": "ask", "type": "ask", "data": {"text": "Which size?", "save": "size"}},
        {"id": "call", "type": "http", "data": {"method": "GET", "url": url, "save": "stock"}},
        {"id": "say", "type": "message", "data": {"text": text}},
        {"id": "away", "type": "message", "data": {"text": "The shop is closed."}},
    ]
    edges = [
        {"source": "start", "target": "ask"},
        {"source": "ask", "target": "call"},
        {"source": "call", "target": "say"},
        {"source": "call", "sourceHandle": "failed", "target": "away"},
    ]
    return read(msgspec.json.encode({"name": "sizes", "nodes": nodes, "edges": edges}), version=1)


def flows(cues: Cues, *documents: Any) -> AnyBot:
    return flow_bot([*documents], cues)


@in_virtual_time
async def test_a_flow_goes_on_from_where_the_person_was_and_calls_nobody() -> None:
    cues, none = Cues(), Cues()
    (gives,) = parse('= {"left": 3}')
    cues.add(gives)  # type: ignore[arg-type]
    async with conversation(flows(cues, drawn("{{size}}: {{stock}}"))) as person:
        await person.says("hi")
        await person.says("M")
        came = await again(person, flows(none, drawn("In {{size}} there is {{stock}}.")), 2)
        moved = await again(person, flows(none, drawn("{{size}}", url="https://api.example/other")), 2)
    assert none.missed == []
    assert [each.text for each in came.said] == ["In M there is left: 3."]
    assert [each.text for each in came.then] == ["M: left: 3"]
    assert [each.text for each in moved.said] == ["The shop is closed."]
    assert [(each.name, each.stood) for each in came.stood] == [("flow 4 http", "recorded")]
    assert [(each.name, each.stood) for each in moved.stood] == [("flow 4 http", "stubbed")]


HOME = (WorkspaceId("default"), ConversationId("c"))


def row(name: str, occurrence: int = 1, arguments: str = "a", attempt: int = 1, result: bytes | None = b"1") -> StepRow:
    return StepRow(*HOME, 1, attempt, name, occurrence, arguments, attempt == 0, 0.0, result)


def here(name: str, occurrence: int = 1, arguments: str = "a", *, effect: bool = False) -> Wanted:
    return Wanted(name, occurrence, arguments, effect)


OLD, NEW = row("look", attempt=1, result=b"old"), row("look", attempt=2, result=b"new")


@pytest.mark.parametrize(
    "wanted, steps, models, expected",
    [
        (here("model"), [row("model")], "asked", Standing(None, runs=True)),
        (here("model", arguments="b"), [row("model")], "recorded", Standing(row("model"), runs=False)),
        (here("model", 2), [row("model")], "recorded", Standing(None, runs=False)),
        (here("prompt"), [row("prompt")], "recorded", Standing(None, runs=True)),
        (here("look"), [OLD, NEW], "asked", Standing(NEW, runs=False)),
        (here("look", 2), [NEW], "asked", Standing(NEW, runs=False)),
        (here("look", arguments="b"), [NEW], "asked", Standing(None, runs=True)),
        (here("look"), [row("look", result=None)], "asked", Standing(None, runs=True)),
        (here("pay", effect=True), [], "asked", Standing(None, runs=False)),
        (here("pay", effect=True), [row("pay", attempt=0)], "asked", Standing(row("pay", attempt=0), runs=False)),
        (here("pay", arguments="b", effect=True), [row("pay", attempt=0)], "asked", Standing(None, runs=False)),
        (here("flow 3 http"), [row("flow 2 http")], "asked", Standing(row("flow 2 http"), runs=False)),
        (here("flow 3 http"), [], "asked", Standing(None, runs=False)),
        (here("flow 3 tool", effect=True), [row("flow 3 tool")], "asked", Standing(None, runs=True)),
        (here("tool.book", effect=True), [], "asked", Standing(None, runs=True)),
        (here("payment.look.x"), [], "asked", Standing(None, runs=False)),
        (here("hear"), [], "asked", Standing(None, runs=False)),
    ],
)  # fmt: skip
def test_what_stands_for_a_step(wanted: Wanted, steps: Sequence[StepRow], models: Models, expected: Standing) -> None:
    assert stands_for(wanted, steps, models) == expected
