"""A prompt with stages in a flow: its answers name the stage, keep what they capture, and come in order."""

import json
from typing import Any

from tests.bots.agents import scripted, thinking
from tests.bots.flow.drawn import ANYTHING, bot, flow, says
from turnkeeper.testing.conversation import conversation, in_virtual_time

PROMPT = "You sell honey.\n1. !!Stage Welcome!!\nGreet.\n2. !!Stage Details!!\nAsk: %%NAME: [name]%%"


def answer(stage: str, *items: dict[str, str], detail: str = "") -> str:
    return json.dumps({"Stage": stage, "Detail": detail, "Response": list(items)})


def text(content: str) -> dict[str, str]:
    return {"type": "text", "content": content}


def shop(**ai: Any) -> Any:
    """A flow that talks for ever, and says where it stands."""
    nodes = [("talk", "ai", {"prompt": PROMPT, **ai}), says("at", "({{session.stage}}, {{session.detail}})")]
    return flow("shop", ANYTHING, *nodes)


@in_virtual_time
async def test_parts_stage_and_detail() -> None:
    picture = {"type": "image", "content": "https://example.org/honey.jpg"}
    model = scripted(
        answer("welcome", text("Hi {{contact.name}}!"), picture),
        answer("Details", text("Thank you."), detail="%%NAME: Ada%%"),
        "!!Stage Welcome!!\nHi *again*.",
    )
    async with conversation(bot(shop(), thinking=thinking(model))) as person:
        await person.says("hello")
        assert person.heard == ["Hi {{contact.name}}!", "[image]", "(Welcome, )"], "a model's words are nobody's marks"
        assert person.stage == "Welcome"
        assert 'Stage is one of: "Welcome", "Details"' in model.last.instructions
        assert model.last.json_schema is None
        await person.says("Ada")
        assert person.heard[3:] == ["Thank you.", "(Details, NAME: Ada)"]
        assert (person.stage, person.state["detail"]) == ("Details", "NAME: Ada")
        await person.says("so?")
        assert person.heard[5:] == ["Hi *again*.", "(Welcome, NAME: Ada)"]


@in_virtual_time
async def test_ways_and_variables_are_asked_for_in_their_own_form() -> None:
    model = scripted('{"answer": "Hi!", "way": "none", "values": {}}')
    drawn = shop(ways=[{"exit": "buy", "when": "they buy"}])
    async with conversation(bot(drawn, thinking=thinking(model))) as person:
        await person.says("hello")
        assert person.heard == ["Hi!", "(, )"]
        assert "Stage is one of" not in model.last.instructions


@in_virtual_time
async def test_nothing_to_say_is_told() -> None:
    model = scripted(answer("Details"))
    async with conversation(bot(shop(), thinking=thinking(model))) as person:
        await person.says("hello")
        assert person.heard == ["(Details, )"]
        assert "nothing to say" in str(await person.moments())
