"""The owner's nudge in a flow: a question is asked again, elsewhere its words are heard as the person's."""

from typing import Any

from tests.bots.agents import scripted, thinking
from tests.bots.flow.drawn import ANYTHING, bot, flow, says
from turnkeeper.model.events import Inbound
from turnkeeper.testing.conversation import Person, conversation, in_virtual_time
from turnkeeper.testing.events import ADA

NUDGE = Inbound(kind="api", text="Go on", addresses=(f"phone:{ADA}",), dedup_key="nudge:1")


async def nudge(person: Person) -> None:
    await person.does(NUDGE)
    await person.rests()


@in_virtual_time
async def test_a_question_is_asked_again_and_the_nudge_is_no_answer_to_it() -> None:
    asks: Any = ("name", "ask", {"text": "Your name?", "save": "name", "tries": 1})
    async with conversation(bot(flow("hello", ANYTHING, asks, says("hi", "Hi {{name}}!")))) as person:
        await person.says("hello")
        await nudge(person)
        await person.says("Ada")
        assert person.heard == ["Your name?", "Your name?", "Hi Ada!"]


@in_virtual_time
async def test_who_waits_hears_it_and_so_does_a_model() -> None:
    model = scripted("How can I help?")
    drawn = flow("hello", ANYTHING, says("hi", "Hi!"), ("wait", "wait", {}), ("ai", "ai", {"prompt": "Help."}))
    async with conversation(bot(drawn, thinking=thinking(model))) as person:
        await person.says("hello")
        await nudge(person)
        assert person.heard == ["Hi!", "How can I help?"]
        assert model.heard[-1] == "Go on"


@in_virtual_time
async def test_who_is_in_no_flow_begins_one() -> None:
    async with conversation(bot(flow("hello", ANYTHING, says("hi", "Hi, {{message}}!")))) as person:
        await person.says("hello")
        await nudge(person)
        assert person.heard == ["Hi, hello!", "Hi, Go on!"]
