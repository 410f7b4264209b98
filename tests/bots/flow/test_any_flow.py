"""Any flow that validates, whatever people do, and servers killed between any two steps: the transcript is the same."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from tests.bots.agents import thinking
from tests.bots.flow.crashing import Crashing
from tests.bots.flow.drawn import bot
from tests.bots.flow.test_asking import Booking, Service, client
from tests.bots.till import Client as Desk
from tests.bots.till import Till, is_told, kept, merchant
from tests.support.flow_documents import DATA
from turnkeeper.bots.paying import Paying
from turnkeeper.flows.checking import Checking, check
from turnkeeper.flows.model import Flow
from turnkeeper.flows.reading import read
from turnkeeper.model.ids import DEFAULT_WORKSPACE, BotId
from turnkeeper.model.llm import ChatRequest, ToolSpec
from turnkeeper.testing.conversation import Person, conversation
from turnkeeper.testing.models import ScriptedModel
from turnkeeper.testing.virtual_time import run

SECONDS = {1: 613, 60: 7_130, 3600: 51_000}
"""Times that do not end near the times for which people are silent, so that a server that is away for a moment does
not decide what comes first."""
WORDS = ["yes", "no", "12", "5 December", "ana@a.example", "help", "menu", "{{a}}", "*x* _y_"]
ACTIONS = st.lists(
    st.tuples(st.just("says"), st.sampled_from(WORDS))
    | st.tuples(st.just("taps"), st.sampled_from([0, 1]))
    | st.tuples(st.just("waits"), st.sampled_from([1_000, 10_000]))
    | st.tuples(st.just("pays"), st.just(None)),
    min_size=3,
    max_size=6,
)


ASKING = ["ai", "http", "tool", "extract", "payment"]
KINDS = [*sorted(set(DATA) - {"start", "end", "handover"}), *ASKING, *ASKING]


class Transcript(NamedTuple):
    """All that can be seen of a conversation, and of what was asked for in it, but for when it was."""

    heard: list[str]
    state: Any
    stage: str | None
    facts: dict[str, Any]
    states: dict[str, int]
    asked: int
    called: list[str]
    used: int
    paid: list[str]
    counts: list[Any]


def stretched(document: Any) -> Any:
    """The same with its times as above."""
    if isinstance(document, dict):
        return {key: SECONDS[each] if key == "seconds" else stretched(each) for key, each in document.items()}
    return [stretched(each) for each in document] if isinstance(document, list) else document


@st.composite
def chains(draw: st.DrawFn, name: str) -> Flow:
    """A flow in which every exit leads on: most of its nodes are come by."""
    kinds = draw(st.lists(st.sampled_from(KINDS), min_size=5, max_size=8))
    nodes = [{"id": f"n{place}", "type": kind, "data": draw(DATA[kind])} for place, kind in enumerate(kinds)]
    nodes = [{"id": "s", "type": "start", "data": {}}, *nodes, {"id": "z", "type": "end", "data": {"text": "Bye"}}]
    edges = [
        {
            "source": node.id,
            "target": draw(st.sampled_from([nodes[place + 1]["id"]] * 4 + [nodes[-1]["id"]])),
            "sourceHandle": by,
        }
        for place, node in enumerate(read({"name": name, "nodes": nodes, "edges": []}).nodes.values())
        for by in node.data.exits()
    ]
    return read(stretched({"name": name, "nodes": nodes, "edges": edges}), version=1)


def answering(request: ChatRequest) -> str:
    """An answer that follows from the question alone."""
    if request.json_schema is None:
        return f"It is *{len(request.messages)}*."
    if "answer" not in request.json_schema["properties"]:
        return '{"a": "found"}'
    return f'{{"answer": "ok", "way": "{"xy"[len(request.messages) % 2]}", "values": {{"a": {len(request.messages)}}}}}'


async def lived(
    flows: Sequence[Flow], actions: Sequence[tuple[str, Any]], kills: Collection[int]
) -> tuple[Transcript, int]:
    """What came of it, and after how many steps."""
    service, till, model = Service(base_url="https://a.example"), Till(), ScriptedModel(answering, repeat=True)
    tool = Booking(spec=ToolSpec("look_up", "Looks.", {"type": "object"}), effect=True)
    drawn = bot(
        *flows,
        default="main",
        client=client(service),
        thinking=thinking(model, tools=[tool]),
        paying=Paying(merchant(till), Desk()),
    )
    crashing = Crashing(drawn, kills)
    async with conversation(crashing) as person:
        crashing.person = person
        await person.says("hello")
        for what, value in actions:
            await acted(person, till, what, value)
        assert person.raised == []
        found = await person._found()
        assert found is not None
        transcript = Transcript(
            person.heard,
            {name: value for name, value in person.state.items() if name != "flow_until"},
            person.stage,
            {fact.name: fact.value for fact in await person._store.facts(DEFAULT_WORKSPACE, found.contact_id)},
            dict((await person.ledger()).states),
            len(model.asked),
            [got.path for got in service.got],
            len(tool.begun),
            [*till.asked, *(row.state for row in await kept(person))],
            await person._store.flow_counts(DEFAULT_WORKSPACE, BotId("bot")),
        )
        return transcript, crashing.steps


async def acted(person: Person, till: Till, what: str, value: Any) -> None:
    """One thing that the person does, and what follows from it."""
    match what:
        case "says":
            await person.says(value)
        case "taps" if person.offered:
            await person.taps(person.offered[min(value, len(person.offered) - 1)])
        case "waits":
            await person.waits(value)
        case "pays" if till.links:
            await is_told(person, till.is_paid(list(till.links)[-1]))
            await person.rests()


@settings(max_examples=60, phases=(Phase.generate,), deadline=None, suppress_health_check=list(HealthCheck))
@given(chains("main"), chains("other"), ACTIONS, st.lists(st.integers(0, 1000), min_size=1, max_size=3))
def test_a_server_that_dies_changes_nothing(
    main: Flow, other: Flow, actions: list[tuple[str, Any]], kills: list[int]
) -> None:
    around = Checking(flows=frozenset({"main", "other"}), tools=frozenset({"look_up"}))
    assume(not any(problem.level == "error" for flow in (main, other) for problem in check(flow, around)))
    undisturbed, steps = run(lived([main, other], actions, ()))
    assert run(lived([main, other], actions, {1 + kill % steps for kill in kills}))[0] == undisturbed
