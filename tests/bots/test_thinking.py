"""Bots in Python that ask models."""

import asyncio

import pytest
from pydantic import BaseModel

from tests.bots.agents import DOWN, scripted, thinking
from turnkeeper import Bot, ModelsFailed, Turn
from turnkeeper.llm.tools.builtin import Handover
from turnkeeper.model.conversation import Mode
from turnkeeper.model.llm import ChatRequest, Said
from turnkeeper.testing.conversation import conversation, in_virtual_time
from turnkeeper.testing.models import Stalled, calls


def lamps(colour: str) -> str:
    """Which lamps there are."""
    return f"{colour} lamps: 3"


def bot(ask: object) -> Bot:
    made = Bot("asking")

    @made.stage("only", first=True)
    async def only(turn: Turn) -> None:
        await ask(turn)  # type: ignore[operator]

    return made


@in_virtual_time
async def test_a_bot_asks_models() -> None:
    async def ask(turn: Turn) -> None:
        await turn.reply(await turn.ask(turn.text, system="You sell lamps.", tools=[lamps]))

    model = scripted(calls("lamps", colour="red"), "There are **three**.")
    async with conversation(bot(ask).with_thinking(thinking(scripted(DOWN), model))) as person:
        await person.says("red ones?")
        assert person.heard == ["There are *three*."]
        assert model.asked[0].messages == (Said("user", "red ones?"),)
        assert model.last.instructions == "You sell lamps."
        assert [result.content for result in model.results] == ["red lamps: 3"]


@in_virtual_time
async def test_a_bot_says_what_happens_when_no_model_answers() -> None:
    async def ask(turn: Turn) -> None:
        try:
            await turn.ask("hi")
        except ModelsFailed as failed:
            turn.state["why"] = str(failed)
            await turn.reply("Later, please.")

    async with conversation(bot(ask).with_thinking(thinking(scripted(DOWN)))) as person:
        await person.says("hi")
        assert person.heard == ["Later, please."]
        assert "p1/m: away" in person.state["why"]


@in_virtual_time
async def test_a_bot_without_models_says_which_key_is_missing() -> None:
    async def ask(turn: Turn) -> None:
        await turn.ask("hi")

    async with conversation(bot(ask)) as person:
        await person.says("hi")
        assert "`models`" in str(person.raised[-1])


@in_virtual_time
async def test_configured_tools_are_named_and_a_handover_counts() -> None:
    async def ask(turn: Turn) -> None:
        with pytest.raises(LookupError, match="handover"):
            await turn.ask("hi", tools=["nothing"])
        await turn.reply(await turn.ask("hi", tools=["handover"]))

    model = scripted(calls("handover", reason="asked for"), "Somebody comes.")
    async with conversation(bot(ask).with_thinking(thinking(model, tools=[Handover()]))) as person:
        await person.says("hi")
        assert person.heard == ["Somebody comes."]
        assert await person.is_answered_by(Mode.HUMAN)


class Order(BaseModel):
    lamps: int
    colour: str


@in_virtual_time
async def test_a_text_becomes_a_value_at_the_second_try() -> None:
    async def ask(turn: Turn) -> None:
        found = await turn.extract(Order, turn.text)
        await turn.reply(str(found.value))

    model = scripted('{"lamps": "many", "colour": "red"}', '{"lamps": 3, "colour": "red"}')
    async with conversation(bot(ask).with_thinking(thinking(model))) as person:
        await person.says("three red ones")
        assert person.heard == ["lamps=3 colour='red'"]
        assert model.asked[0].json_schema == Order.model_json_schema()


@in_virtual_time
async def test_facts_are_kept_with_the_turn() -> None:
    async def count(turn: Turn) -> None:
        seen = await turn.facts.get("seen", 0)
        turn.facts.set("seen", seen + 1)
        turn.state.clear()
        await turn.reply(f"seen {seen}")

    async with conversation(bot(count)) as person:
        await person.says("hi")
        await person.waits(3 * 86_400)
        await person.says("hi")
        assert person.heard == ["seen 0", "seen 1"]


@in_virtual_time
async def test_questions_asked_at_once_keep_their_answers_through_a_crash() -> None:
    held, go = asyncio.Event(), asyncio.Event()

    def first(request: ChatRequest) -> Stalled:
        return Stalled(5.0 if "slow" in repr(request) else 1.0, DOWN)

    def second(request: ChatRequest) -> str:
        return "slow" if "slow" in repr(request) else "quick"

    async def ask(turn: Turn) -> None:
        answers = await asyncio.gather(turn.ask("slow"), turn.ask("quick"))
        held.set()
        await go.wait()
        await turn.reply(" ".join(answers))

    async with conversation(bot(ask).with_thinking(thinking(scripted(first), scripted(second)))) as person:
        await person.writes("hi")
        await held.wait()
        go.set()
        await person.survives_a_crash()
        await person.rests()
        assert person.heard == ["slow quick"]
