"""The chain: who is asked, what is remembered, and that a crash or a cap loses nothing that was collected."""

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from tests.llm.journal import Attempt, Crash, Notebook
from turnkeeper.llm.base import FileRefused, ModelAway, ModelBusy, ModelMisconfigured, ModelRefused, TooMuchSaid
from turnkeeper.llm.calls import ChainAnswer, ToolReply
from turnkeeper.llm.chain import LONGEST_ANSWER, MOST_CALLS, Chain
from turnkeeper.llm.health import Breakers
from turnkeeper.llm.toolbox import Toolbox, ToolContext
from turnkeeper.model.agents import Spent
from turnkeeper.model.llm import (
    Attached,
    ChatRequest,
    Citation,
    ModelChoice,
    ModelSettings,
    Said,
    ToolSpec,
    Usage,
)
from turnkeeper.rules import breaker
from turnkeeper.rules.budget import Limits
from turnkeeper.testing.models import ScriptedModel, Stalled, Wanted, calls
from turnkeeper.testing.virtual_time import START, VirtualClock, run

REQUEST = ChatRequest("Be kind.", (Said("user", "What is on today?"),))
SMALL = Usage(10, 5)
AWAY = ModelAway("500", status=500)


class Lookup:
    """A tool that says what it was asked."""

    effect = False
    spec = ToolSpec("look", "Look something up.", {"type": "object", "properties": {}})

    def __init__(self, seconds: float = 0.0) -> None:
        self.asked: list[Mapping[str, Any]] = []
        self._seconds = seconds

    async def call(self, arguments: Mapping[str, Any], _: ToolContext) -> ToolReply:
        self.asked.append(arguments)
        await asyncio.sleep(self._seconds)
        source = Citation(f"source {len(self.asked)}")
        return ToolReply(f"found {arguments.get('for', 'it')}", citations=(source,), facts={"n": len(self.asked)})


async def nothing(attached: Attached) -> bytes:
    return b""


class Rig:
    """A chain over scripted models, a notebook and a clock."""

    def __init__(
        self, *models: ScriptedModel, choices: tuple[ModelChoice, ...] = (), lookup: Lookup | None = None
    ) -> None:
        names = (ModelChoice(f"p{n}", "m") for n in range(len(models)))
        self.models = models
        self.clock = VirtualClock()
        self.notebook = Notebook()
        self.lookup = lookup or Lookup()
        self.breakers = Breakers()
        self.slept: list[float] = []
        self.chain = Chain(
            list(zip(choices or tuple(names), models, strict=True)),
            self.clock.now,
            breakers=self.breakers,
            sleep=self._sleep,
        )

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(seconds)

    async def asks(
        self, steps: Attempt | None = None, *, request: ChatRequest = REQUEST, tools: bool = True, **limits: Any
    ) -> ChainAnswer:
        limits = {"began_at": self.clock.now(), **limits}
        toolbox = Toolbox([self.lookup] if tools else [], now=self.clock.now)
        steps = Notebook().attempt() if steps is None else steps
        return await self.chain.answer(request, toolbox, steps, Limits(**limits), nothing)


def asked(rig: Rig, steps: Attempt | None = None, **limits: Any) -> ChainAnswer:
    return run(rig.asks(steps, **limits))


def test_the_first_model_answers_and_the_second_is_not_asked() -> None:
    rig = Rig(ScriptedModel("A concert."), ScriptedModel())
    answer = asked(rig)
    assert (answer.text, answer.model, answer.usage) == ("A concert.", "p0/m", Usage(10, 5))
    assert rig.models[0].last.tools == (Lookup.spec,)
    assert not rig.models[1].asked


def test_what_tools_gave_comes_back_with_where_it_is_from_and_what_was_learned() -> None:
    rig = Rig(ScriptedModel(calls("look", **{"for": "a"}), calls("look", **{"for": "b"}), "Here you are."))
    answer = asked(rig)
    assert answer.text == "Here you are."
    assert rig.models[0].heard == ["What is on today?", "found a", "found b"]
    assert [source.title for source in answer.sources] == ["source 1", "source 2"]
    assert answer.facts == {"n": 2}


def test_a_second_model_gets_what_the_first_one_looked_up() -> None:
    rig = Rig(ScriptedModel(calls("look"), AWAY), ScriptedModel("A concert."))
    answer = asked(rig)
    assert answer.text == "A concert."
    assert [result.content for result in rig.models[1].results] == ["found it"]
    assert len(rig.lookup.asked) == 1


def test_a_second_model_without_tools_is_told_it_in_words() -> None:
    choices = (ModelChoice("a", "m"), ModelChoice("b", "m", tools=False))
    rig = Rig(ScriptedModel(calls("look", day="monday"), AWAY), ScriptedModel("A concert."), choices=choices)
    assert asked(rig).text == "A concert."
    (message,) = rig.models[1].last.messages
    assert rig.models[1].last.tools == ()
    assert isinstance(message, Said)
    assert message.text.startswith("What is on today?\n\n[What was looked up")
    assert 'look({"day":"monday"}):\nfound it' in message.text


def test_a_tool_that_was_not_offered_is_no_answer() -> None:
    choices = (ModelChoice("a", "m", tools=False), ModelChoice("b", "m"))
    rig = Rig(ScriptedModel(calls("look"), calls("look")), ScriptedModel("A concert."), choices=choices)
    answer = asked(rig)
    assert answer.text == "A concert."
    assert not rig.lookup.asked
    assert len(rig.models[0].asked) == 2


def test_settings_are_the_models_own_but_for_what_the_question_says() -> None:
    own = ModelSettings(temperature=0.7, max_tokens=500, timeout=12.0)
    rig = Rig(ScriptedModel("{}"), choices=(ModelChoice("a", "m", settings=own),))
    asked(rig, request=ChatRequest("", REQUEST.messages, settings=ModelSettings(temperature=0.0)))
    assert rig.models[0].last.settings == ModelSettings(temperature=0.0, max_tokens=500, timeout=12.0)


def test_each_call_is_a_step_that_tells_failures_too() -> None:
    rig = Rig(ScriptedModel(ModelBusy("slow down", status=429, retry_after=9.0)), ScriptedModel("Hello."))
    answer = asked(rig, rig.notebook.attempt())
    first, second = rig.notebook.results("model")
    assert first["failure"] == {"kind": "busy", "shown": "slow down", "status": 429, "retry_after": 9.0}
    assert second["answer"]["text"] == "Hello."
    assert [call.model for call in answer.calls] == ["p0/m", "p1/m"]
    assert answer.told == ("p0/m: busy, slow down",)


def test_every_call_of_a_model_counts_for_the_day() -> None:
    rig = Rig(ScriptedModel(calls("look"), "Hello."))
    steps = rig.notebook.attempt()
    asked(rig, steps)
    assert steps.spent == ["model", "model"]


CRASHES = list(range(1, 6))


@pytest.mark.parametrize("after", CRASHES)
def test_a_crash_after_any_step_asks_nobody_twice(after: int) -> None:
    rig = Rig(ScriptedModel(AWAY), ScriptedModel(calls("look", q=1).and_calls("look", q=2), "Here you are."))
    with pytest.raises(Crash):
        asked(rig, rig.notebook.attempt(crash_after=after))
    answer = asked(rig, rig.notebook.attempt())
    assert answer.text == "Here you are."
    assert rig.notebook.ran == ["model", "model", "tool.look", "tool.look", "model"]
    assert [len(model.asked) for model in rig.models] == [1, 2]
    assert rig.models[1].heard == ["What is on today?", "found it", "found it"]


LINES = [
    "Words.",
    "",
    AWAY,
    ModelBusy("429", retry_after=1.0),
    ModelRefused("no"),
    FileRefused("no"),
    TooMuchSaid("too long"),
    calls("look", q=1),
    calls("look", q=2).and_calls("look", q=1),
    calls("nothing"),
]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(LINES), min_size=1, max_size=6),
    st.lists(st.sampled_from(LINES), min_size=1, max_size=6),
    st.lists(st.integers(1, 4), max_size=4),
)
def test_wherever_it_crashes_the_end_is_the_same(first: list[Any], second: list[Any], crashes: list[int]) -> None:
    def rig() -> Rig:
        return Rig(ScriptedModel(*first, repeat=True), ScriptedModel(*second, repeat=True))

    whole, broken = rig(), rig()
    expected = asked(whole, whole.notebook.attempt())
    for after in crashes:
        with contextlib.suppress(Crash):
            asked(broken, broken.notebook.attempt(crash_after=after))
    answer = asked(broken, broken.notebook.attempt())
    assert (answer.text, answer.model, answer.told) == (expected.text, expected.model, expected.told)
    assert [run.arguments for run in answer.runs] == [run.arguments for run in expected.runs]
    assert [len(model.asked) for model in broken.models] == [len(model.asked) for model in whole.models]
    assert broken.notebook.ran == whole.notebook.ran


def test_a_resumed_turn_goes_on_where_it_was_though_the_breakers_know_other_things_now() -> None:
    rig = Rig(ScriptedModel(AWAY), ScriptedModel(calls("look"), "Hello."))
    with pytest.raises(Crash):
        asked(rig, rig.notebook.attempt(crash_after=2))
    for _ in range(3):
        rig.breakers.ended(rig.chain.choices[0], None, START)
    assert asked(rig, rig.notebook.attempt()).text == "Hello."
    assert len(rig.models[0].asked) == 1


def test_another_attempt_asks_anew() -> None:
    rig = Rig(ScriptedModel("First.", "Second."))
    asked(rig, rig.notebook.attempt(1))
    assert asked(rig, rig.notebook.attempt(2)).text == "Second."


# Caps: whichever is reached, what was collected is told, and the model answers without tools.


def endless(*, different: bool = True, usage: Usage = SMALL) -> ScriptedModel:
    """A model that wants tools for as long as it has some."""

    def line(request: ChatRequest) -> Any:
        if not request.tools:
            return "That is what I found."
        return calls("look", **{"for": str(len(request.messages)) if different else "x"})

    return ScriptedModel(line, repeat=True, usage=usage)


CAPS: list[tuple[str, ScriptedModel, dict[str, Any], int, str]] = [
    ("rounds", endless(), {"tool_rounds": 3}, 3, "the cap of 3 tool rounds"),
    ("calls", endless(), {"tool_rounds": 9, "tool_calls": 4}, 4, "the cap of 4 tool calls"),
    ("the same again", endless(different=False), {"tool_rounds": 9}, 1, "the same tool call for the third time"),
    ("tokens", endless(usage=Usage(900, 100)), {"tool_rounds": 9, "turn_tokens": 2_000}, 2,
     "the turn's cap of 2000 tokens"),
    ("money", endless(usage=Usage(1, 1, cost=0.02)), {"tool_rounds": 9, "turn_cost": 0.05}, 3,
     "the turn's cap of $0.05"),
    ("the day's tokens", endless(usage=Usage(900, 100)),
     {"tool_rounds": 9, "day_tokens": 9_000, "spent": Spent(7_500)}, 2,
     "the conversation's cap of 9000 tokens a day"),
]  # fmt: skip


@pytest.mark.parametrize(("label", "model", "limits", "ran", "why"), CAPS, ids=[row[0] for row in CAPS])
def test_at_a_cap_the_model_is_asked_once_more_without_tools(
    label: str, model: ScriptedModel, limits: dict[str, Any], ran: int, why: str
) -> None:
    rig = Rig(model)
    answer = asked(rig, **limits)
    assert answer.text == "That is what I found."
    assert len(rig.lookup.asked) == ran
    assert model.last.tools == ()
    assert model.heard[0].count("found") == len(answer.calls) - 1
    assert f"tools were taken away: {why}" in answer.told


def test_so_it_is_when_tools_have_taken_the_time() -> None:
    rig = Rig(endless(), lookup=Lookup(seconds=15.0))
    answer = asked(rig, tool_rounds=9, seconds=80.0)
    assert answer.text == "That is what I found."
    assert len(rig.lookup.asked) == 3
    assert "tools were taken away: half of the turn's 80 s" in answer.told


def test_tools_leave_time_for_the_answer() -> None:
    many = [calls("look", n=n) for n in range(6)]
    wanted = Wanted(tuple(each.tools[0] for each in many))
    rig = Rig(ScriptedModel(wanted, "Enough."), lookup=Lookup(seconds=15.0))
    answer = asked(rig, seconds=80.0)
    assert answer.text == "Enough."
    assert len(rig.lookup.asked) == 4
    assert rig.models[0].heard[0].count("there was no time left") == 2


def test_more_calls_in_one_answer_than_the_cap_each_get_a_result() -> None:
    many = calls("look", n=1).and_calls("look", n=2).and_calls("look", n=3)
    rig = Rig(ScriptedModel(many, "Enough."))
    answer = asked(rig, tool_calls=2)
    assert len(rig.lookup.asked) == 2
    assert answer.text == "Enough."
    assert "Not run: there were too many calls" in rig.models[0].heard[0]


def test_a_day_that_is_used_up_asks_nobody() -> None:
    rig = Rig(ScriptedModel("Hello."))
    answer = asked(rig, day_cost=1.0, spent=Spent(0, 1_000_000))
    assert answer.text is None
    assert answer.told == ("all: nobody, the conversation's cap of $1 a day is reached",)
    assert not rig.models[0].asked


def test_a_crash_does_not_take_the_answer_away_that_reached_the_days_cap() -> None:
    rig = Rig(ScriptedModel(calls("look"), "Hello.", usage=Usage(100, 0)))
    with pytest.raises(Crash):
        asked(rig, rig.notebook.attempt(crash_after=1), day_tokens=100)
    answer = asked(rig, rig.notebook.attempt(), day_tokens=100, spent=Spent(100))
    assert answer.text == "Hello."


# Time


def slow(seconds: float = 1_000.0) -> ScriptedModel:
    return ScriptedModel(Stalled(seconds), repeat=True)


def test_a_model_that_stalls_has_its_time_and_no_more() -> None:
    async def main() -> tuple[ChainAnswer, float]:
        rig = Rig(slow(), ScriptedModel("Hello."))
        return await rig.asks(), rig.clock.now() - START

    answer, took = run(main())
    assert answer.text == "Hello."
    assert answer.told == ("p0/m: slow, no answer within 30 s",)
    assert 30.0 <= took <= 31.5


def test_an_interrupt_does_not_give_it_its_time_again() -> None:
    async def main() -> tuple[ChainAnswer, float]:
        rig = Rig(slow(), ScriptedModel("Hello."))
        asking = asyncio.create_task(rig.asks(rig.notebook.attempt(1)))
        await asyncio.sleep(20)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        return await rig.asks(rig.notebook.attempt(2), began_at=START, attempt=2), rig.clock.now() - START

    answer, took = run(main())
    assert answer.text == "Hello."
    assert 30.0 <= took <= 31.5


def test_a_model_whose_time_is_over_is_not_asked_again_and_the_next_one_is() -> None:
    rig = Rig(ScriptedModel(), ScriptedModel("Hello."))
    answer = asked(rig, began_at=START - 31, attempt=2)
    assert answer.text == "Hello."
    assert answer.told == ("p0/m: not asked, its time was over",)


def test_nobody_is_told_of_a_failure_before_anybody_was_asked() -> None:
    rig = Rig(ScriptedModel("Hello."), ScriptedModel())
    answer = asked(rig, began_at=START - 500, attempt=2)
    assert answer.text == "Hello."
    assert rig.models[0].last.settings.timeout == 5.0


def test_a_turn_resumed_after_an_outage_of_ours_has_all_its_time() -> None:
    rig = Rig(ScriptedModel("Hello."))
    assert asked(rig, began_at=START - 500).text == "Hello."
    assert rig.models[0].last.settings.timeout == 30.0


# Who is down


def test_a_provider_that_is_down_is_skipped_until_one_call_may_try() -> None:
    async def main() -> list[tuple[str | None, int]]:
        rig = Rig(ScriptedModel(AWAY, AWAY, AWAY, "Back."), ScriptedModel("B", repeat=True))
        seen = []
        for wait in (0, 0, 0, 0, 29, 1.1):
            await asyncio.sleep(wait)
            answer = await rig.asks()
            seen.append((answer.text, len(rig.models[0].asked)))
        return seen

    assert run(main()) == [("B", 1), ("B", 2), ("B", 3), ("B", 3), ("B", 3), ("Back.", 4)]


def test_one_that_was_given_little_time_has_not_failed() -> None:
    rig = Rig(ScriptedModel(*[Stalled(100.0)] * breaker.MODEL_FAILURES, "A"))
    for _ in range(breaker.MODEL_FAILURES):
        assert asked(rig, seconds=10.0).failures == ("p0/m: slow", "no model is left")
    assert asked(rig).text == "A"


def test_a_provider_that_says_when_is_left_alone_until_then() -> None:
    async def main() -> list[str | None]:
        rig = Rig(ScriptedModel(ModelBusy("429", retry_after=20.0), "A"), ScriptedModel("B", repeat=True))
        seen = [(await rig.asks()).text, (await rig.asks()).text]
        await asyncio.sleep(20.1)
        return [*seen, (await rig.asks()).text]

    assert run(main()) == ["B", "B", "A"]


def test_refusals_and_wrong_keys_hold_nobody_back() -> None:
    rig = Rig(ScriptedModel(ModelRefused("no"), repeat=True), ScriptedModel("B", repeat=True))
    for _ in range(5):
        asked(rig)
    assert len(rig.models[0].asked) == 5


def test_one_model_that_is_down_holds_no_other_of_its_provider_back() -> None:
    choices = (ModelChoice("router", "a"), ModelChoice("router", "b"))
    rig = Rig(ScriptedModel(AWAY, repeat=True), ScriptedModel("B", repeat=True), choices=choices)
    assert [asked(rig).text for _ in range(8)] == ["B"] * 8
    assert len(rig.models[0].asked) == 3


def test_a_provider_whose_models_are_all_down_is_known_to_be() -> None:
    choices = tuple(ModelChoice("router", name) for name in "abc")
    rig = Rig(*(ScriptedModel(AWAY, repeat=True) for _ in "abc"), choices=choices)
    assert [asked(rig).text for _ in range(3)] == [None] * 3
    assert sum(len(model.asked) for model in rig.models) == 5


# What each failure does besides


def test_a_short_wait_is_waited_for() -> None:
    rig = Rig(ScriptedModel(ModelBusy("429", retry_after=1.5), "Hello."), ScriptedModel())
    assert asked(rig).text == "Hello."
    assert rig.slept == [1.5]


def test_who_was_not_asked_is_named_in_words_for_logs() -> None:
    rig = Rig(ScriptedModel(ModelBusy("429", retry_after=40.0), ModelAway("x")))
    asked(rig)
    assert asked(rig).failures == ("p0/m: not asked, p0/m is left alone for 40 s more", "no model is left")
    assert asked(rig, day_tokens=5, spent=Spent(5)).failures == ("the conversation's cap of 5 tokens a day is reached",)


def test_but_once() -> None:
    rig = Rig(ScriptedModel(ModelBusy("429", retry_after=1.5), repeat=True), ScriptedModel("B"))
    assert asked(rig).text == "B"
    assert rig.slept == [1.5]


def test_too_much_is_cut_once_from_the_oldest_on_and_the_next_model_gets_all() -> None:
    lines = tuple(Said("user" if n % 2 == 0 else "assistant", str(n)) for n in range(9))
    rig = Rig(ScriptedModel(TooMuchSaid("too long"), repeat=True), ScriptedModel("B"))
    answer = asked(rig, request=ChatRequest("", lines))
    assert answer.text == "B"
    assert [[each.text for each in request.messages] for request in rig.models[0].asked] == [
        list("012345678"),
        list("45678"),
    ]
    assert len(rig.models[1].last.messages) == 9
    assert answer.calls[1].left_out == 4


def test_so_are_long_results_of_tools() -> None:
    class Long(Lookup):
        async def call(self, *_: Any) -> ToolReply:
            return ToolReply("x" * 5_000)

    rig = Rig(ScriptedModel(calls("look"), TooMuchSaid("too long"), "Hello."), lookup=Long())
    assert asked(rig).text == "Hello."
    assert [result.content for result in rig.models[0].results] == ["x" * 2_000 + "\n[cut: 3000 more characters]"]


def test_a_file_that_a_model_cannot_read_is_told_in_words_to_this_one_only() -> None:
    menu = Attached("k", "image/png", "menu.png", 120_000)
    lines = (Said("user", "What is it?", (menu,)),)
    script = ScriptedModel(calls("look"), FileRefused("400"), calls("look", q=2), FileRefused("400"))
    rig = Rig(script, ScriptedModel("B"))
    assert asked(rig, request=ChatRequest("", lines)).text == "B"
    words = Said("user", "[image: menu.png, 120 kB]\nWhat is it?")
    assert [request.messages[0] for request in script.asked] == [*lines * 2, words, words]
    said = rig.models[1].last.messages[0]
    assert isinstance(said, Said)
    assert said.files == (menu,)


def test_an_answer_without_end_has_one() -> None:
    rig = Rig(ScriptedModel("A" * (LONGEST_ANSWER + 1)))
    answer = asked(rig)
    assert answer.text == "A" * LONGEST_ANSWER
    assert answer.told == (f"the answer was cut off at {LONGEST_ANSWER} characters",)


@pytest.mark.parametrize(
    "wanted",
    [Wanted((("look", "{}"),) * (MOST_CALLS + 1)), Wanted((("look", " " * LONGEST_ANSWER + "{}"),))],
    ids=["too many", "too long"],
)
def test_who_wants_an_absurd_number_of_tools_is_not_asked_again(wanted: Wanted) -> None:
    rig = Rig(ScriptedModel(wanted), ScriptedModel("B"))
    answer = asked(rig)
    assert (answer.text, answer.failures, answer.runs) == ("B", ("p0/m: away",), ())


def test_what_cannot_be_cut_is_not_asked_again() -> None:
    rig = Rig(ScriptedModel(TooMuchSaid("too long")), ScriptedModel("B"))
    assert asked(rig).text == "B"


def test_nothing_after_tools_is_asked_for_once_more_without_them() -> None:
    rig = Rig(ScriptedModel(calls("look"), " ", "Hello."))
    assert asked(rig).text == "Hello."
    assert [len(request.tools) for request in rig.models[0].asked] == [1, 1, 0]


def test_what_an_operator_must_mend_is_told_loudly() -> None:
    rig = Rig(ScriptedModel(ModelMisconfigured("the key is wrong", status=401)), ScriptedModel("B"))
    with capture_logs() as logged:
        answer = asked(rig)
    assert answer.text == "B"
    assert answer.told == ("p0/m: misconfigured, the key is wrong",)
    (line,) = logged
    assert (line["log_level"], line["model"], line["shown"]) == ("error", "p0/m", "the key is wrong")


def test_but_not_with_every_turn() -> None:
    rig = Rig(ScriptedModel(ModelMisconfigured("the key is wrong"), repeat=True), ScriptedModel("B", repeat=True))

    async def main() -> None:
        for wait in (0.0, 30.0, 31.0):
            await asyncio.sleep(wait)
            await rig.asks(tools=False)

    with capture_logs() as logged:
        run(main())
    assert [line["log_level"] for line in logged] == ["error", "error"]


def test_a_bug_of_an_adapter_is_not_the_persons_and_its_words_are_in_no_log() -> None:
    rig = Rig(ScriptedModel(KeyError("What is on today?")), ScriptedModel("B"))
    with capture_logs() as logged:
        answer = asked(rig)
    assert answer.text == "B"
    assert answer.told == ("p0/m: bug, the adapter raised KeyError: 'What is on today?'",)
    assert [line["shown"] for line in logged] == ["the adapter raised KeyError"]


def test_who_cancels_is_obeyed() -> None:
    async def main() -> None:
        rig = Rig(slow(), ScriptedModel("B"))
        asking = asyncio.create_task(rig.asks())
        await asyncio.sleep(1)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert not rig.models[1].asked

    run(main())


def test_what_happens_is_told_in_the_log_with_names_and_without_words() -> None:
    down = [ModelAway("503: What is on today?", status=503)] * 3
    rig = Rig(ScriptedModel(*down, "A"), ScriptedModel("B", repeat=True))

    async def main() -> list[str | None]:
        return [(await rig.asks(tools=False)).text for _ in range(3)] + [await later(rig)]

    async def later(rig: Rig) -> str | None:
        await asyncio.sleep(breaker.HOLD + 1)
        return (await rig.asks(tools=False)).text

    with capture_logs() as logged:
        assert run(main()) == ["B", "B", "B", "A"]
    assert [(line["event"], line.get("model", line.get("name")), line["log_level"]) for line in logged] == [
        ("model gave no answer", "p0/m", "warning"),
        ("model gave no answer", "p0/m", "warning"),
        ("left alone", "p0/m", "warning"),
        ("model gave no answer", "p0/m", "warning"),
        ("works again", "p0/m", "info"),
    ]
    assert "today" not in str(logged)


def test_beside_a_turn_nothing_is_kept_and_nobody_gets_tools() -> None:
    rig = Rig(ScriptedModel(ModelAway("503")), ScriptedModel("B"))
    answer = run(rig.chain.aside(REQUEST, 20.0))
    assert (answer.text, answer.usage, answer.failures) == ("B", Usage(10, 5), ("p0/m: away",))
    assert not rig.models[1].last.tools


def test_who_watches_is_told_of_what_happens_and_not_of_what_is_read() -> None:
    class Watch:
        def __init__(self) -> None:
            self.seen: list[str] = []

        def called(self, call: Any) -> None:
            self.seen.append(call.model)

    watch, notebook = Watch(), Notebook()
    clock = VirtualClock()
    chain = Chain([(ModelChoice("a", "m"), ScriptedModel("Hello."))], clock.now, watch=watch)
    for _ in range(2):
        asking = chain.answer(REQUEST, Toolbox(), notebook.attempt(), Limits(START), nothing)
        assert run(asking).text == "Hello."
    assert watch.seen == ["a/m"]
