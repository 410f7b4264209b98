"""Turns of real bots, told whole: their bars, the questions that models were asked, what stands beside them."""

import asyncio
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tests.bots.agents import DOWN, agent, scripted
from turnkeeper import Bot, Turn
from turnkeeper.bots.thinking import Thinking
from turnkeeper.llm.tools.builtin import Handover
from turnkeeper.model.contents import Text
from turnkeeper.model.conversation import OutboundRow, StepRow, TurnRow
from turnkeeper.model.ids import ChannelId, ConversationId, WorkspaceId
from turnkeeper.model.turn_told import ToldTurn
from turnkeeper.rules.turn_bars import bars
from turnkeeper.rules.turn_told import told, told_row, told_step
from turnkeeper.testing.agents import thinking
from turnkeeper.testing.conversation import Person, conversation, in_virtual_time
from turnkeeper.testing.models import ScriptedModel, calls

HOME = (WorkspaceId("default"), ConversationId("c"))


async def newest(person: Person, no: int | None = None) -> ToldTurn:
    (found,) = await person._store.recent(1)
    traced = await person._store.traced_turn(found.key, no)
    assert traced is not None
    return told(traced)


@in_virtual_time
async def test_an_agents_question_is_told_from_the_prompt_to_the_answer() -> None:
    first = scripted(DOWN)
    second = scripted(calls("handover", reason="cakes"), "Two **cakes**.")
    async with conversation(agent(first, second, tools=[Handover()], prompt="You sell cakes.")) as person:
        await person.says("how many?")
        found = await newest(person)
    (question,) = found.questions
    assert question.known
    assert question.instructions.startswith("You sell cakes.")
    assert [(said.role, said.text) for said in question.messages] == [("user", "how many?")]
    away, wanting, last = question.calls
    assert (away.call.model, away.text) == ("p1/m", None)
    assert [(use.name, use.arguments, use.failed) for use in wanting.tools] == [
        ("handover", {"reason": "cakes"}, False)
    ]
    assert wanting.tools[0].result
    assert (last.text, last.input_tokens, last.output_tokens) == ("Two **cakes**.", 10, 5)


@in_virtual_time
async def test_what_a_python_bot_asks_is_kept_with_the_call() -> None:
    bot = Bot("shop")

    @bot.stage("only", first=True)
    async def only(turn: Turn) -> None:
        await turn.reply(await turn.ask("One?", system="Be short."))
        await turn.reply(await turn.ask("Two?", tools=[]))

    asks: Thinking = thinking(ScriptedModel("1", "2"))
    async with conversation(bot.with_thinking(asks)) as person:
        await person.says("hi")
        found = await newest(person)
    told_questions = [(each.known, each.instructions, each.messages[0].text) for each in found.questions]
    assert told_questions == [(True, "Be short.", "One?"), (True, "", "Two?")]
    assert [each.calls[0].text for each in found.questions] == ["1", "2"]


@in_virtual_time
async def test_bars_tell_what_took_the_time() -> None:
    bot = Bot("shop")

    @bot.stage("only", first=True)
    async def only(turn: Turn) -> None:
        await turn.step("think", slow)
        await turn.reply("Done.")

    async with conversation(bot) as person:
        await person.says("one", "two")
        await person.waits(2)
        found = await newest(person)
    assert [bar.kind for bar in found.bars] == ["waiting", "step", "finishing", "sending", "delivery"]
    by_kind = {bar.kind: bar for bar in found.bars}
    assert by_kind["waiting"].detail == "2 messages"
    step = by_kind["step"]
    assert step.ended_at is not None
    assert round(step.ended_at - step.began_at, 2) == 3.0
    assert (by_kind["delivery"].outcome, by_kind["delivery"].row) == ("ok", 0)


@in_virtual_time
async def test_what_the_team_has_written_is_no_message_without_an_answer() -> None:
    async with conversation(agent(scripted("Yes."))) as person:
        await person.says("open?")
        (found,) = await person._store.recent(1)
        traced = await person._store.traced_turn(found.key, None)
    assert traced is not None
    (heard,) = traced.whole.events
    around = [msgspec.structs.replace(heard, kind="operator"), msgspec.structs.replace(heard, seq=2)]
    assert [each.seq for each in told(traced._replace(beside=around)).beside] == [2]


async def slow() -> None:
    await asyncio.sleep(3)


AT = st.floats(0, 1e6)
STAMPS = ("sending_at", "accepted_at", "sent_at", "delivered_at", "read_at", "settled_at")


@given(
    states=st.lists(st.sampled_from(["queued", "sending", "accepted", "read", "failed", "unknown"]), max_size=4),
    stamps=st.dictionaries(st.sampled_from(STAMPS), AT),
    steps=st.lists(st.tuples(AT, st.none() | AT, st.integers(0, 2)), max_size=4),
    committed_at=st.none() | AT,
)
def test_whatever_the_rows_say_no_bar_ends_before_it_begins(
    states: list[str],
    stamps: dict[str, float],
    steps: list[tuple[float, float | None, int]],
    committed_at: float | None,
) -> None:
    body = msgspec.json.encode(Text("hi"))
    stamps = dict(sorted(stamps.items()))
    more: dict[str, Any] = {**stamps, "created_at": min(stamps.values(), default=0.0)}
    rows = [
        told_row(OutboundRow(*HOME, n, ChannelId("s"), 1, n, body, state, **more)) for n, state in enumerate(states)
    ]
    turn = TurnRow(*HOME, 1, "committed", 1, 1, 1, "bot", "v", 0.0, committed_at)
    ran = [
        StepRow(*HOME, 1, attempt, "s", n, "", attempt == 0, at, b"1" if end is not None else None, end and at + end)
        for n, (at, end, attempt) in enumerate(steps)
    ]
    found = bars(turn, [], [(row, told_step(row)) for row in ran], rows)
    assert all(bar.ended_at is None or bar.ended_at >= bar.began_at for bar in found)
    assert {bar.row for bar in found if bar.row is not None} == set(range(len(states)))
