"""A turn of a real agent, told whole: what is kept as steps is what the trace is made of."""

from typing import Any

import msgspec

from tests.bots.agents import DOWN, agent, scripted
from turnkeeper import Bot, Turn
from turnkeeper.llm.tools.builtin import Handover
from turnkeeper.model.policy import TurnPolicy
from turnkeeper.model.voice import Transcript
from turnkeeper.rules.turn_told import told
from turnkeeper.testing.conversation import Person, conversation, in_virtual_time
from turnkeeper.testing.events import happened
from turnkeeper.testing.models import Stalled, calls
from turnkeeper.testing.transcribers import NOTE, ScriptedTranscriber, listening
from turnkeeper.voice.base import TranscriberAway, Unhearable

TOTALS = ("transcriptions", "failed_transcriptions", "heard_seconds")


async def newest(person: Person) -> dict[str, Any]:
    (found,) = await person._store.recent(1)
    traced = await person._store.traced_turn(found.key)
    assert traced is not None
    shown: dict[str, Any] = msgspec.to_builtins(told(traced))
    return shown


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
        "transcriptions": 0,
        "failed_transcriptions": 0,
        "heard_seconds": 0.0,
    }
    assert steps["tool.handover", 1]["result"]["arguments"] == {"reason": "cakes"}
    assert [each["text"] for each in found["sent"]] == ["Two *cakes*."]
    assert any("p1/m" in line for line in found["trace"])


def steps_of(found: dict[str, Any]) -> list[dict[str, Any]]:
    return [step["hearing"] for step in found["attempts"][0]["steps"] if step["hearing"]]


@in_virtual_time
async def test_who_heard_a_note_and_why_the_next_one_was_asked() -> None:
    bot = Bot("assistant")

    @bot.stage("only", first=True)
    async def echo(turn: Turn) -> None:
        await turn.reply(turn.text)

    first = ScriptedTranscriber(TranscriberAway("HTTP 503"), Transcript(" ", 3.0), Unhearable("damaged", "no frames"))
    second = ScriptedTranscriber(Stalled(2.0, Transcript("Good morning.", 12.5)))
    turns = TurnPolicy(adaptive=False, rate_limit=None, hears=True)
    async with conversation(listening(bot, first, second), turns=turns) as person:
        shown = []
        for _ in range(3):
            await person.sends(NOTE, "audio/ogg", kind="voice")
            shown.append(await newest(person))
    away, heard = sorted(steps_of(shown[0]), key=lambda each: str(each["transcriber"]))
    assert away == {
        "transcriber": "t1",
        "seconds": 0.0,
        "outcome": "away",
        "heard_seconds": None,
        "why_not": "HTTP 503",
        "skipped": [],
    }
    assert (heard["transcriber"], heard["outcome"], heard["heard_seconds"]) == ("t2", "heard", 12.5)
    assert [shown[0]["totals"][name] for name in TOTALS] == [2, 1, 12.5]
    assert [(each["outcome"], each["why_not"]) for each in steps_of(shown[1])] == [("no_words", None)]
    assert [(each["outcome"], each["why_not"]) for each in steps_of(shown[2])] == [("unhearable", "damaged: no frames")]
    assert [shown[2]["totals"][name] for name in TOTALS] == [1, 1, 0.0]


@in_virtual_time
async def test_what_nobody_said_is_told_with_what_it_holds() -> None:
    bot = Bot("shop")

    @bot.stage("only", first=True)
    async def only(turn: Turn) -> None:
        if turn.text:
            turn.after(60, "nudge", {"n": 1})

    async with conversation(bot) as person:
        await person.says("hi")
        await person.waits(61)
        (event,) = (await newest(person))["events"]
        assert (event["kind"], event["timer"]) == ("timer", {"name": "nudge", "data": {"n": 1}})
        await person.does(happened("order.paid", {"total": 3}, id="o1"))
        await person.rests()
        found = await newest(person)
        (event,) = found["events"]
        assert event["event"].items() >= {"type": "order.paid", "id": "o1", "data": {"total": 3}}.items()
        assert found["trace"] == ["nothing ran: there is no @bot.on for order.paid"]
