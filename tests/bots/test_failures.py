"""docs/agents.md, "When something fails": every row is a case here, and every case a row there."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest

from tests.bots.failures import ANSWER, FIXED, GETS, SECOND, rows
from turnkeeper import tool
from turnkeeper.bots.agent import Replies
from turnkeeper.bots.thinking import Caps
from turnkeeper.llm.base import (
    FileRefused,
    ModelAway,
    ModelBusy,
    ModelEmpty,
    ModelMisconfigured,
    ModelRefused,
    TooMuchSaid,
)
from turnkeeper.llm.tools.declared import HttpToolConfig
from turnkeeper.llm.tools.http import HttpTool
from turnkeeper.model.errors import TurnkeeperError
from turnkeeper.model.llm import ChatAnswer, ChatRequest, Usage
from turnkeeper.testing.agents import agent
from turnkeeper.testing.conversation import Person, conversation, in_virtual_time
from turnkeeper.testing.models import ScriptedModel, Stalled, Wanted, calls

SECRET = "sk-secret"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 100
AWAY = ModelAway(f"503 {SECRET}", status=503)
Script = Callable[["Shop"], "tuple[Sequence[Any], Sequence[Any]]"]


class Shop:
    """The tools of a case, and what was done with them."""

    def __init__(self) -> None:
        self.looked: list[str] = []
        self.booked: list[int] = []
        self.bot: Any = None

        @tool
        async def look(word: str) -> str:
            """Look something up."""
            self.looked.append(word)
            return f"found {word}"

        @tool
        async def breaks() -> str:
            """Break."""
            raise ValueError(SECRET)

        @tool
        async def stalls() -> str:
            """Never end."""
            await asyncio.sleep(1_000)
            return "late"

        @tool
        async def long() -> str:
            """Say much."""
            return "x" * 30_000

        @tool
        async def slow(number: int) -> str:
            """Take a while."""
            await asyncio.sleep(15)
            return f"slow {number}"

        @tool(effect=True)
        async def book(seats: int) -> str:
            """Book seats."""
            self.booked.append(seats)
            if seats > 100:
                raise ConnectionError(SECRET)
            return f"booked {seats}"

        @tool(effect=True)
        async def pay(amount: int) -> str:
            """Pay."""
            self.booked.append(amount)
            await asyncio.sleep(15)
            return "paid"

        self.tools: list[Any] = [look, breaks, stalls, long, slow, book, pay, self._reserve()]

    def _reserve(self) -> HttpTool:
        """Over HTTP, where nobody listens to the first call."""
        listening = False

        def answering(request: httpx2.Request) -> httpx2.Response:
            nonlocal listening
            if not listening:
                listening = True
                raise httpx2.ConnectError("refused", request=request)
            self.booked.append(1)
            return httpx2.Response(200, text="reserved")

        config = HttpToolConfig("reserve", "http://shop.test/", "Reserve a table.", method="POST", effect=True)
        return HttpTool(config, httpx2.AsyncClient(transport=httpx2.MockTransport(answering)))


@dataclass(frozen=True)
class Case:
    """What the models say, and how it shows: words in the trace, or in what the first model read last."""

    first: Sequence[Any]
    second: Sequence[Any] = ()
    told: str = ""
    read: str = ""
    asked: int = 0
    """How often the first model was asked; 0: once for each line of its script."""
    repeat: bool = False
    caps: Caps = field(default_factory=Caps)
    usage: Usage = field(default_factory=lambda: Usage(10, 5))
    servers: Sequence[Any] = ()
    play: Callable[[Person, Shop], Any] | None = None
    looked: Sequence[str] | None = None
    booked: Sequence[int] | None = None


class Away:
    """An MCP server that is not there."""

    async def tools(self) -> list[Any]:
        raise TurnkeeperError("files: ConnectError")


def wanting(name: str, **arguments: Any) -> Callable[[ChatRequest], Any]:
    """Wants a tool for as long as there are some."""

    def line(request: ChatRequest) -> Any:
        if not request.tools:
            return ANSWER
        given = {key: f"{value}{len(request.messages)}" for key, value in arguments.items()}
        return calls(name, **given) if arguments else calls(name, word="x")

    return line


async def asks(person: Person, _: Shop) -> None:
    await person.says("What is on?")


async def asks_often(person: Person, _: Shop) -> None:
    for _ in range(4):
        await person.says("What is on?")


async def sends_a_picture(person: Person, _: Shop) -> None:
    await person.sends(PNG, "image/png", caption="What is on?")


async def asks_after_much(person: Person, _: Shop) -> None:
    await person.says("Tell me all.")
    await person.says("What is on?")


async def writes_again(person: Person, _: Shop) -> None:
    await person.writes("What is on?")
    await asyncio.sleep(9)
    await person.says("hello?")
    # 4 s of quiet, 30 s of the first model's; had it been given its time again, 9 s more.
    assert asyncio.get_running_loop().time() < 38


async def crashes_in_slow(person: Person, shop: Shop) -> None:
    await person.writes("What is on?")
    while not shop.looked:
        await asyncio.sleep(0.1)
    await asyncio.sleep(1)
    await person.survives_a_crash()
    await person.rests()


async def crashes_in_an_effect(person: Person, shop: Shop) -> None:
    await person.writes("Pay!")
    while not shop.booked:
        await asyncio.sleep(0.1)
    await person.survives_a_crash()
    await person.rests()


async def crashes_into_other_code(person: Person, shop: Shop) -> None:
    """After the effect and before the next answer; other code resumes nothing, it starts another attempt."""
    await person.writes("Book!")
    while not shop.booked:
        await asyncio.sleep(0.1)
    await asyncio.sleep(1)
    shop.bot.version = "another"
    await person.survives_a_crash()
    await person.rests()


TWO = calls("look", word="a").and_calls("slow", number=1)
CASES: dict[str, Case] = {
    "no connection": Case([ModelAway("no connection")], [SECOND], "p1/m: away, no connection"),
    "a 500": Case([ModelAway("500", status=500)], [SECOND], "p1/m: away, 500"),
    "a malformed body": Case([ModelAway("a body that is no JSON")], [SECOND], "no JSON"),
    "an HTML page instead of an answer": Case([ModelAway("an HTML page")], [SECOND], "an HTML page"),
    "a stream that is cut": Case([ModelAway("the stream was cut")], [SECOND], "the stream was cut"),
    "a stall": Case([Stalled(1_000)], [SECOND], "p1/m: slow, no answer within 30 s"),
    "a 429 with a Retry-After of 2 s or less": Case([ModelBusy("429", retry_after=2.0), ANSWER], told="p1/m: busy"),
    "a 429 with a longer one, or none": Case([ModelBusy("429", retry_after=9.0)], [SECOND], "p1/m: busy"),
    "an empty answer": Case([ModelEmpty("nothing"), ANSWER], told="p1/m: empty"),
    "two empty answers": Case([ModelEmpty("nothing"), "  "], [SECOND], "without words"),
    "a refusal": Case([ModelRefused("content_filter")], [SECOND], "p1/m: refused"),
    "a picture or PDF that the model cannot read": Case(
        [FileRefused("400"), ANSWER], told="p1/m: file", read="[image: ", play=sends_a_picture
    ),
    "a conversation that is too long": Case(
        ["All.", TooMuchSaid("too long"), ANSWER], told="p1/m: too_long", play=asks_after_much
    ),
    "one that is still too long": Case(
        ["All.", TooMuchSaid("too long"), TooMuchSaid("too long")], [SECOND], "p1/m: too_long", play=asks_after_much
    ),
    "a wrong key, an unknown model": Case([ModelMisconfigured("401")], [SECOND], "p1/m: misconfigured"),
    "an adapter's own mistake": Case([KeyError("choices")], [SECOND], "p1/m: bug, the adapter raised KeyError"),
    "a provider that is down": Case(
        [AWAY], [SECOND], "p1/m: not asked", asked=3, repeat=True, play=asks_often
    ),
    "both providers": Case([AWAY], [AWAY], "p2/m: away"),
    'a model times out and the person writes "hello?" again': Case(
        [Stalled(1_000), Stalled(1_000)], [SECOND], "p1/m: slow", play=writes_again
    ),
    "malformed arguments": Case(
        [Wanted((("look", "today please"),)), ANSWER], read="the arguments are not a JSON object", looked=[]
    ),
    "an unknown tool": Case([calls("drop"), ANSWER], read="There is no tool 'drop'. There are: look,"),
    "a tool that raises": Case(
        [calls("breaks"), ANSWER], told=f"ValueError: {SECRET}", read="breaks failed (ValueError)."
    ),
    "a tool that stalls": Case([calls("stalls"), ANSWER], read="stalls did not answer within 20 s."),
    "a result that is too long": Case([calls("long"), ANSWER], read="[cut: 10000 more characters]"),
    "an endless tool loop": Case(
        [wanting("look", word="w")], told="the cap of 3 tool rounds", read="found w", asked=4, repeat=True
    ),
    "the same call again and again": Case(
        [wanting("look")], told="the same tool call for the third time", asked=4, repeat=True, looked=["x"],
        caps=Caps(tool_rounds=9),
    ),
    "too many calls at once": Case(
        [calls("look", word="a").and_calls("look", word="b").and_calls("look", word="c"), ANSWER],
        told="the cap of 2 tool calls", read="Not run", looked=["a", "b"], caps=Caps(tool_calls=2),
    ),
    "a first model that fails after its tools": Case(
        [calls("look", word="a"), AWAY], [lambda request: SECOND if "found a" in str(request) else AWAY], looked=["a"]
    ),
    "an effect that is asked for twice": Case(
        [calls("book", seats=2), calls("book", seats=3), ANSWER], told="already done", read="booked 2", booked=[2]
    ),
    "an effect that another attempt asks for otherwise": Case(
        [calls("book", seats=2), Stalled(1_000), calls("book", seats=5), ANSWER],
        told="already done", read="booked 2", booked=[2], play=crashes_into_other_code,
    ),
    "an effect that a crash cuts off": Case(
        [calls("pay", amount=5), ANSWER], told="cut off before, not tried again", read="Nobody knows", booked=[5],
        asked=2, play=crashes_in_an_effect,
    ),
    "an effect that fails": Case(
        [calls("book", seats=200), calls("book", seats=2), ANSWER], read="It may have happened all the same.",
        booked=[200],
    ),
    "an effect over HTTP whose connection is refused": Case(
        [calls("reserve"), calls("reserve"), ANSWER], told="reserve: reserve cannot be reached now", read="reserved",
        booked=[1],
    ),
    "the cap on tokens of a turn": Case(
        [wanting("look", word="w")], told="the turn's cap of 1000 tokens", asked=3, repeat=True,
        caps=Caps(tool_rounds=9, turn_tokens=1_000), usage=Usage(400, 100),
    ),
    "the cap on money of a turn": Case(
        [wanting("look", word="w")], told="the turn's cap of $0.5", asked=3, repeat=True,
        caps=Caps(tool_rounds=9, turn_cost=0.5), usage=Usage(1, 1, cost=0.25),
    ),
    "the cap of a day, reached before the turn": Case(
        [ANSWER], told="the conversation's cap of 15 tokens a day is reached", asked=1, caps=Caps(day_tokens=15),
        play=asks_after_much,
    ),
    "a turn whose time is half over": Case(
        [wanting("slow", number="")], told="half of the turn's 90 s", asked=4, repeat=True, caps=Caps(tool_rounds=9)
    ),
    "an MCP server that is away": Case([ANSWER], told="their server is away: files: ConnectError", servers=[Away()]),
    "a crash between two tool calls": Case([TWO, ANSWER], asked=2, looked=["a"], play=crashes_in_slow),
    "an answer that reaches `max_tokens`": Case(
        [ChatAnswer(ANSWER, "m", finish="length")], told="the answer was cut off at max_tokens"
    ),
}  # fmt: skip


def test_the_page_and_the_cases_are_in_step() -> None:
    assert list(rows()) == list(CASES)
    assert set(rows().values()) <= set(GETS)


async def trace(person: Person) -> str:
    """Of the newest turn."""
    return [moment.detail or "" for moment in await person.moments() if moment.kind == "committed"][-1]


@pytest.mark.parametrize("label", CASES)
def test_a_row(label: str) -> None:
    case, shop = CASES[label], Shop()
    first = ScriptedModel(*case.first, repeat=case.repeat, usage=case.usage, takes_images=True)
    second = ScriptedModel(*case.second, repeat=case.repeat)

    @in_virtual_time
    async def main() -> None:
        bot = agent(first, second, tools=shop.tools, servers=case.servers, caps=case.caps, replies=Replies(FIXED))
        shop.bot = bot
        async with conversation(bot) as person:
            await (case.play or asks)(person, shop)
            assert person.heard[-1] == GETS[rows()[label]]
            assert SECRET not in "".join(person.heard)
            assert case.told in await trace(person)
            assert person.raised == []

    main()
    assert len(first.asked) == (case.asked or len(case.first))
    assert not case.read or any(case.read in words for words in first.heard)
    assert case.looked is None or shop.looked == case.looked
    assert case.booked is None or shop.booked == case.booked
