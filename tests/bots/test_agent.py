"""An agent in the production engine, in virtual time, with scripted models."""

import asyncio
from typing import cast

import msgspec
import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from tests.bots.agents import DOWN, Looking, Published, agent, scripted
from tests.engine.rig import shop
from tests.engine.test_watching import Seen
from tests.media.samples import png
from turnkeeper import tool
from turnkeeper.bots import guarding
from turnkeeper.bots.question import Question
from turnkeeper.bots.recalling import Memory
from turnkeeper.engine.answer import Work
from turnkeeper.llm.tools.builtin import Handover
from turnkeeper.llm.tools.functions import FunctionTool
from turnkeeper.model.conversation import Mode
from turnkeeper.model.llm import ChatAnswer, ChatRequest, Citation, Said
from turnkeeper.rules.loops import SLOWED
from turnkeeper.testing.conversation import Person, conversation, in_virtual_time
from turnkeeper.testing.events import event
from turnkeeper.testing.models import calls
from turnkeeper.testing.virtual_time import VirtualClock

PNG = png()
FIXED = "Sorry, something is not working. Shall I ask a person to get back to you?"
HANDED_OVER = "I have told my colleagues. Somebody will get back to you here."


async def steps(person: Person) -> list[str]:
    return [moment.text for moment in await person.moments() if moment.kind == "step"]


async def trace(person: Person) -> str:
    """Of the newest turn."""
    return [moment.detail or "" for moment in await person.moments() if moment.kind == "committed"][-1]


@in_virtual_time
async def test_a_prompt_and_a_model_answer() -> None:
    model = scripted("Hello **Ada**!")
    async with conversation(agent(model, prompt="You help {{contact.name}} at {{channel.name}}. {{now}}")) as person:
        await person.says("hi", "there")
        assert person.heard == ["Hello *Ada*!"]
        assert model.last.instructions.startswith("You help “Ada” at shop. Friday, 15 January 2027, 08:00 (UTC)")
        assert "Answer in the language in which the person writes." in model.last.instructions
        assert model.heard[-1] == "hi\nthere"
        assert await steps(person) == ["prompt", "model"]


@in_virtual_time
async def test_a_published_prompt_counts_at_once() -> None:
    model, prompts = scripted("ok"), Published()
    async with conversation(agent(model, prompt="The file's.", prompts=prompts)) as person:
        await person.says("one")
        prompts.text = "The published."
        await person.says("two")
        assert [asked.instructions.split("\n")[0] for asked in model.asked] == ["The file's.", "The published."]


@in_virtual_time
async def test_an_unknown_variable_is_nothing_to_the_model_and_stands_in_the_trace() -> None:
    model = scripted("ok")
    async with conversation(agent(model, prompt="Hi {{contact.nam}}!")) as person:
        await person.says("one")
        assert model.last.instructions.startswith("Hi !")
        assert "unknown in the prompt: {{contact.nam}}" in await trace(person)


@in_virtual_time
async def test_the_second_model_answers_for_the_first() -> None:
    first, second = scripted(DOWN), scripted("Here I am.")
    async with conversation(agent(first, second)) as person:
        await person.says("hi")
        assert person.heard == ["Here I am."]
        assert "p1/m: away" in await trace(person)


@pytest.mark.parametrize(
    ("label", "said", "heard", "mode"),
    [
        ("yes in words", "Yes please!", HANDED_OVER, Mode.HUMAN),
        ("yes in another language", "نعم", HANDED_OVER, Mode.HUMAN),
        ("no", "no", "I am back.", Mode.BOT),
        ("something else", "yes, but what about lamps?", "I am back.", Mode.BOT),
    ],
)
@in_virtual_time
async def test_the_fixed_reply_offers_a_person(label: str, said: str, heard: str, mode: Mode) -> None:
    async with conversation(agent(scripted(DOWN, "I am back."), scripted(DOWN, "…"))) as person:
        await person.says("hi")
        assert person.heard == [FIXED]
        assert person.offered == ["Yes, please", "No, thanks"]
        assert (await person.ledger()).states["answered"] == 1
        assert "fixed reply: no model gave an answer" in await trace(person)
        await asyncio.sleep(60)
        await person.says(said)
        assert person.heard == [FIXED, heard], label
        assert await person.is_answered_by(mode)
        assert not any("sk-secret" in words for words in person.heard)


@in_virtual_time
async def test_a_tap_takes_the_offer_up_and_the_reason_is_told() -> None:
    async with conversation(agent(scripted(DOWN))) as person:
        await person.says("hi")
        await person.taps("Yes, please")
        assert await person.is_answered_by(Mode.HUMAN)
        assert "handed over: no model gave an answer: p1/m: away" in await trace(person)


@in_virtual_time
async def test_who_wants_nobody_is_not_offered_the_same_again_at_once() -> None:
    async with conversation(agent(scripted(DOWN))) as person:
        await person.says("hi")
        await asyncio.sleep(60)
        await person.taps("No, thanks")
        assert person.heard == [FIXED]
        assert (await person.ledger()).states["no_reply"] == 1
        assert "the person wants nobody" in await trace(person)
        await person.says("Are you back?")
        assert person.heard == [FIXED, FIXED]
        assert await person.is_answered_by(Mode.BOT)


@in_virtual_time
async def test_an_offer_is_over_after_the_next_message() -> None:
    model = scripted(DOWN, "A lamp costs 20.", "Yes what?")
    async with conversation(agent(model)) as person:
        await person.says("hi")
        await asyncio.sleep(60)
        await person.says("What is a lamp?")
        await person.says("yes")
        assert person.heard == [FIXED, "A lamp costs 20.", "Yes what?"]
        assert await person.is_answered_by(Mode.BOT)


@in_virtual_time
async def test_models_are_asked_again_before_the_fixed_reply_is_said_again() -> None:
    model = scripted(DOWN)
    async with conversation(agent(model)) as person:
        await person.says("hi")
        await asyncio.sleep(60)
        await person.says("hello?")
        assert person.heard == [FIXED, FIXED]
        assert len(model.asked) == 2


@in_virtual_time
async def test_a_fixed_reply_that_asks_nothing_offers_nobody() -> None:
    async with conversation(agent(scripted(DOWN, "Ya?"), fixed="Maaf, silakan coba lagi nanti.")) as person:
        await person.says("hi")
        assert person.offered == []
        await asyncio.sleep(60)
        await person.says("ya")
        assert person.heard == ["Maaf, silakan coba lagi nanti.", "Ya?"]


@in_virtual_time
async def test_the_model_hands_over() -> None:
    model = scripted(calls("handover", reason="wants a person"), "Somebody will write to you.")
    async with conversation(agent(model, tools=[Handover()])) as person:
        await person.says("a person please")
        assert person.heard == ["Somebody will write to you."]
        assert await person.is_answered_by(Mode.HUMAN)
        assert "handed over: wants a person" in await trace(person)


@in_virtual_time
async def test_a_handover_is_kept_though_no_model_says_the_words() -> None:
    async with conversation(agent(scripted(calls("handover", reason="x"), DOWN), tools=[Handover()])) as person:
        await person.says("a person please")
        assert person.heard == [HANDED_OVER]
        assert await person.is_answered_by(Mode.HUMAN)


@in_virtual_time
async def test_a_crash_after_the_model_asks_no_model_again() -> None:
    async with conversation(agent(model := scripted("Hello!"))) as person:
        await person.writes("hi")
        while not model.asked:
            await asyncio.sleep(0.1)
        await asyncio.sleep(0)
        await person.survives_a_crash()
        await person.rests()
        assert person.heard == ["Hello!"]
        assert len(model.asked) == 1


@in_virtual_time
async def test_a_picture_reaches_a_model_that_takes_it() -> None:
    model = Looking("A lamp.")
    async with conversation(agent(model)) as person:
        await person.sends(PNG, "image/png", caption="What is this?")
        assert model.files == [PNG]
        assert model.heard == ["What is this?"]


@in_virtual_time
async def test_a_picture_is_told_to_others_in_words() -> None:
    model = scripted("I cannot see it.")
    async with conversation(agent(model)) as person:
        await person.sends(PNG, "image/png", caption="What is this?")
        assert model.heard[-1] == "[image] What is this?"


@in_virtual_time
async def test_a_refused_file_is_told_in_words() -> None:
    model = Looking("I could not open it.")
    async with conversation(agent(model)) as person:
        await person.sends(b"MZ\x90\x00 no picture", "image/png")
        assert person.heard == ["I could not open it."]
        assert "[the file could not be opened: " in model.heard[-1]


@in_virtual_time
async def test_what_a_message_answers_is_told() -> None:
    model = scripted("Monday or Tuesday?", "Good.")
    async with conversation(agent(model)) as person:
        await person.says("When?")
        await person.does(replace(event("text", "this one", at=1_800_000_100.0), reply_to="wamid.out.1"))
        await person.rests()
        assert model.heard[-1] == "(about your words: “Monday or Tuesday?”)\nthis one"


@in_virtual_time
async def test_our_own_words_come_back_and_the_answer_waits_and_then_a_person() -> None:
    long = "Thank you for your message! I would be glad to help you with that, please tell me more."
    async with conversation(agent(scripted(long))) as person:
        await person.says("hi")
        began = asyncio.get_running_loop().time()
        await person.says(long)
        assert asyncio.get_running_loop().time() - began > 20
        assert "slowed down: our own words come back (once)" in await trace(person)
        await person.says(long)
        assert len(person.heard) == 2
        assert await person.is_answered_by(Mode.HUMAN)


@in_virtual_time
async def test_a_clock_that_is_set_back_makes_nobody_wait_for_hours() -> None:
    clock = VirtualClock()
    began = clock.now()
    await guarding.wait_until(cast(Work, clock), began + 3600.0)
    assert clock.now() - began <= SLOWED


@in_virtual_time
async def test_the_guard_can_be_switched_off() -> None:
    long = "Thank you for your message! I would be glad to help you with that, please tell me more."
    async with conversation(agent(scripted(long), loop_guard=False)) as person:
        for _ in range(4):
            await person.says(long)
        assert len(person.heard) == 4


@in_virtual_time
async def test_nothing_is_asked_where_nothing_is_said() -> None:
    model = scripted("?")
    async with conversation(agent(model)) as person:
        await person.does(event("location", None, at=1_800_000_000.0))
        await person.rests()
        assert model.heard[-1] == "[location]"


STAGED = """You sell lamps.
!!Stage Welcome Message!!
Greet {{name}} and ask for the name.
!!Stage Order Details!!
Ask for the address. Capture %%NAME, ADDRESS%%. They told: {{detail}}. Stage now: {{stage}}"""


@in_virtual_time
async def test_a_stage_prompt_works_unchanged() -> None:
    first = """```json
{"Stage": "Welcome Message", "Detail": "", "Response": [
  {"type": "text", "Jenis": "onemessage", "content": "Hello!"},
  {"type": "text", "Jenis": "onemessage", "content": "Your name?"},
  {"type": "image", "content": "https://shop.test/lamp.jpg"},]}
```"""
    second = (
        '{"Stage": "order details", "Detail": "%%NAME: Ada%%", "Response": [{"type": "text", "content": "Where?"}]}'
    )
    model = scripted(first, second, "!!Stage Order Details!!\nThank you, it is on its way.")
    async with conversation(agent(model, prompt=STAGED)) as person:
        await person.says("hi")
        assert person.heard == ["Hello!\nYour name?", "[image]"]
        assert person.stage == "Welcome Message"
        assert "Greet “Ada” and ask" in model.last.instructions
        await person.says("Ada")
        assert (person.stage, person.state["detail"]) == ("Order Details", "NAME: Ada")
        await person.says("Main Street 1")
        assert "They told: “NAME: Ada”. Stage now: “Order Details”" in model.last.instructions
        assert person.heard[2:] == ["Where?", "Thank you, it is on its way."]


@in_virtual_time
async def test_a_stage_with_nothing_to_say_is_silence_and_told() -> None:
    async with conversation(agent(scripted('{"Stage": "Order Details", "Response": []}'), prompt=STAGED)) as person:
        await person.says("hi")
        assert (person.heard, person.stage) == ([], "Order Details")
        assert "nothing to say" in await trace(person)


@in_virtual_time
async def test_what_was_said_before_is_told_and_nothing_twice() -> None:
    model = scripted("I am **Lumen**.", "You are Ada.", "Yes.")
    async with conversation(agent(model, memory=Memory(history=2, summary=False))) as person:
        await person.says("I am Ada", "who are you?")
        await person.says("And I?")
        assert model.heard == ["I am Ada\nwho are you?", "I am **Lumen**.", "And I?"]
        await person.says("Sure?")
        assert model.heard == ["And I?", "You are Ada.", "Sure?"]


@in_virtual_time
async def test_what_nobody_answered_is_told_with_what_is_said_now() -> None:
    model = scripted(DOWN, "Both!")
    async with conversation(agent(model, fixed="")) as person:
        await person.says("one")
        await asyncio.sleep(60)
        await person.says("two")
        assert (person.heard, model.heard) == (["Both!"], ["one\n\ntwo"])


@in_virtual_time
async def test_after_a_person_the_model_knows_what_was_promised() -> None:
    model = scripted(calls("handover", reason="a person"), "A colleague comes.", "Tomorrow, as promised.")
    async with conversation(agent(model, tools=[Handover()])) as person:
        await person.says("A person please")
        said = replace(event("operator", "You get it tomorrow."), details={"takes_over": True})
        await person.does(said)
        await person.rests()
        await person.is_given_back()
        await person.says("When do I get it?")
        assert "A colleague answered" in model.last.instructions
        assert "You get it tomorrow." in model.last.instructions
        assert person.heard[-1] == "Tomorrow, as promised."
        assert await person.is_answered_by(Mode.BOT)


@in_virtual_time
async def test_citations_become_notes() -> None:
    cited = ChatAnswer("We open at nine.", "m", citations=(Citation("Hours", "9 to 18", end=16),))
    async with conversation(agent(scripted(cited))) as person:
        await person.says("When?")
        assert person.heard[0].startswith("We open at nine. [1]")
        assert "Hours" in "\n".join(person.heard)


@tool(name="cake")
async def marzipan(flour: str) -> str:
    """What there is of it."""
    raise LookupError(f"no marzipan with {flour}")


@in_virtual_time
async def test_spans_and_logs_hold_no_word_of_anybody(caplog: pytest.LogCaptureFixture) -> None:
    seen = Seen()
    bot = agent(
        scripted(DOWN),
        scripted(calls("cake", flour="quicksilver"), "bumblebee"),
        tools=[FunctionTool(marzipan)],
        prompt="Otto",
    )
    async with shop(bot) as place:
        place.kill("w1")
        await place.work("w2", watch=seen.watch(place))
        with caplog.at_level("DEBUG"), capture_logs() as logs:
            await place.hear("Zwetschge")
            await place.rests()
        assert place.texts == ["bumblebee"]
    spans = [(span.name, span.attributes, span.status.description) for span in seen.exporter.get_finished_spans()]
    assert all(name in repr(spans) for name in ("'prompt'", "'model'", "'tool.cake'"))
    for word in ("marzipan", "quicksilver", "bumblebee", "Zwetschge", "Otto", "sk-secret"):
        assert word not in repr((spans, logs, caplog.text)), word


def test_what_is_kept_of_a_question_can_be_read_again() -> None:
    asked = Question(ChatRequest("Help.", (Said("user", "hi"),)), 3, None, ("a",), None, 5.0)
    assert msgspec.json.decode(msgspec.json.encode(asked), type=Question) == asked
