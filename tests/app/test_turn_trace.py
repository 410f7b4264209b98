"""A turn of a real agent, told whole: what is kept as steps is what the trace is made of."""

from typing import Any

from tests.bots.agents import DOWN, agent, scripted
from turnkeeper.app.turn_trace import told
from turnkeeper.llm.tools.builtin import Handover
from turnkeeper.testing.conversation import Person, conversation, in_virtual_time
from turnkeeper.testing.models import calls


async def newest(person: Person) -> dict[str, Any]:
    (found,) = await person._store.recent(1)
    whole = await person._store.whole_turn(found.key)
    assert whole is not None
    return told(found, whole)


@in_virtual_time
async def test_an_agents_turn_shows_what_was_asked_and_why_the_next_one_was() -> None:
    first = scripted(DOWN)
    second = scripted(calls("handover", reason="cakes"), "Two **cakes**.")
    async with conversation(agent(first, second, tools=[Handover()], prompt="You sell cakes.")) as person:
        await person.says("how many?")
        found = await newest(person)
    (attempt,) = found["attempts"]
    steps = {(step["name"], step["occurrence"]): step for step in attempt["steps"]}  # all at one virtual instant
    assert sorted(steps) == [("model", 1), ("model", 2), ("model", 3), ("prompt", 1), ("tool.handover", 1)]
    request = steps["prompt", 1]["result"]["request"]
    assert request["instructions"].startswith("You sell cakes.")
    assert request["messages"][-1]["text"] == "how many?"
    asked = [steps["model", place]["call"] for place in (1, 2, 3)]
    assert [(call["model"], call["tokens"], call["why_not"]) for call in asked] == [
        ("p1/m", None, "away: 503 from the provider: key sk-secret"),
        ("p2/m", 15, None),
        ("p2/m", 15, None),
    ]
    assert found["totals"] == {
        "model_calls": 3,
        "failed_calls": 1,
        "tool_calls": 1,
        "input_tokens": 20,
        "output_tokens": 10,
        "cached_tokens": 0,
        "tokens": 30,
        "cost": None,
    }
    assert steps["tool.handover", 1]["result"]["arguments"] == {"reason": "cakes"}
    assert [each["text"] for each in found["sent"]] == ["Two *cakes*."]
    assert any("p1/m" in line for line in found["trace"])
