"""What a flow asks for in a turn: calls, tools, fields; made once, whoever dies in between."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
import pytest

from tests.bots.agents import scripted, thinking
from tests.bots.flow.crashing import Crashing
from tests.bots.flow.drawn import ANYTHING, bot, flow, says
from tests.bots.till import Client as Desk
from tests.bots.till import Till, merchant
from turnkeeper.bots.flow.thinking import KNOWLEDGE
from turnkeeper.bots.offering import Replies
from turnkeeper.bots.paying import Paying
from turnkeeper.bots.turn import Turn
from turnkeeper.engine.http import Client
from turnkeeper.llm.calls import ToolReply
from turnkeeper.llm.toolbox import ToolContext, ToolRefused
from turnkeeper.llm.tools.functions import FunctionTool, tool
from turnkeeper.model.conversation import Mode
from turnkeeper.model.llm import ToolSpec
from turnkeeper.testing.conversation import Person, conversation, in_virtual_time
from turnkeeper.testing.events import TURNS
from turnkeeper.testing.http import NoReply, Reply, Request
from turnkeeper.testing.loopback import InProcess
from turnkeeper.testing.models import calls

SHOP = "https://shop.test"
FETCHED = "Somebody will come."


@dataclass
class Service:
    """Somebody's HTTP service."""

    says: Any = field(default_factory=lambda: Reply.json(200, {"cart": {"sum": 12.5}, "items": ["tea"]}))
    takes: float = 0.0
    base_url: str = SHOP
    got: list[Request] = field(default_factory=list)

    async def answer(self, request: Request) -> Reply:
        self.got.append(request)
        await asyncio.sleep(self.takes)
        if isinstance(self.says, Exception):
            raise self.says
        return self.says

    async def aclose(self) -> None: ...


def client(service: Service, *, internal: bool = False) -> Client:
    async def resolve(host: str, port: int) -> list[str]:
        if host == "nowhere.test":
            raise OSError("no such host")
        return ["10.0.0.7" if internal else "93.184.216.34"]

    return Client(transport=InProcess(service), resolve=resolve)


def calling(**data: Any) -> Any:
    """A call, what is said with its answer, and what is said without one."""
    given = {"url": f"{SHOP}/cart?of={{{{message}}}}", "keep": {"sum": "cart.sum"}, "save": "all", **data}
    return flow(
        "calling",
        ANYTHING,
        ("call", "http", given),
        says("good", "It is {{sum}}."),
        says("bad", "Not now."),
        edges="start>call, call>good, call:failed>bad",
    )


async def told(person: Person) -> str:
    return "\n".join(f"{moment.text} {moment.detail or ''}" for moment in await person.moments())


@in_virtual_time
async def test_a_call_and_what_is_kept_of_it() -> None:
    service = Service()
    async with conversation(bot(calling(headers={"X-Key": "k", "Host": "evil"}), client=client(service))) as person:
        await person.says("a&b=c/../d")
        assert person.heard == ["It is 12.5."]
        (got,) = service.got
        assert (got.method, got.path, dict(got.query)) == ("GET", "/cart", {"of": "a&b=c/../d"})
        assert (got.headers["x-key"], got.headers["host"]) == ("k", "shop.test")
        assert "idempotency-key" not in got.headers


@in_virtual_time
async def test_a_call_with_an_effect_has_a_key_and_a_body() -> None:
    service = Service()
    drawn = calling(method="POST", body={"note": "{{message}}", "n": [1, "{{contact.name}}"]})
    async with conversation(bot(drawn, client=client(service))) as person:
        await person.says('"}')
        (got,) = service.got
        assert msgspec.json.decode(got.body) == {"note": '"}', "n": [1, "Ada"]}
        assert got.headers["idempotency-key"].startswith("tk-")
        assert got.headers["content-type"] == "application/json"
        await person.says("and again")
        assert service.got[1].headers["idempotency-key"] != got.headers["idempotency-key"]


@pytest.mark.parametrize(
    ("label", "says_", "data", "why"),
    [
        ("an error", Reply(500, b"no"), {}, "answered 500"),
        ("elsewhere", Reply(302, b"", headers=(("location", "http://10.0.0.7"),)), {}, "it leads elsewhere (302)"),
        ("too long", Reply(200, b'"' + b"x" * 300_000 + b'"'), {}, "longer than 256 kB"),
        ("cut", NoReply(closed=True), {}, "no answer came"),
        ("for ever", NoReply(closed=False), {"timeout": 3.0}, "no answer came"),
        ("no host", Reply.json(200, {}), {"url": "https://nowhere.test"}, "there is no such host"),
    ],
)
@in_virtual_time
async def test_calls_that_fail(label: str, says_: Any, data: Mapping[str, Any], why: str) -> None:
    service = Service(says_)
    async with conversation(bot(calling(**data), client=client(service))) as person:
        await person.says("x")
        assert person.heard == ["Not now."], label
        assert why in await told(person), await told(person)


@in_virtual_time
async def test_what_is_no_json_is_text() -> None:
    service = Service(Reply(200, b"<b>hi</b>\x00"))
    drawn = flow("raw", ANYTHING, ("call", "http", {"url": SHOP, "save": "page"}), says("a", "{{page}}"))
    async with conversation(bot(drawn, client=client(service))) as person:
        await person.says("x")
        assert person.heard == ["<b>hi</b>"]


@in_virtual_time
async def test_no_call_of_a_tenants_flow_reaches_our_own_network() -> None:
    service = Service()
    async with conversation(bot(calling(), client=client(service, internal=True))) as person:
        await person.says("x")
        assert (person.heard, service.got) == (["Not now."], [])
        assert "the address leads into our own network" in await told(person)
    async with conversation(bot(calling(), client=client(service, internal=True), trusted=True)) as person:
        await person.says("x")
        assert person.heard == ["It is 12.5."], "the operator's own may"


@in_virtual_time
async def test_without_a_client_no_calls_are_made() -> None:
    async with conversation(bot(calling())) as person:
        await person.says("x")
        assert person.heard == ["Not now."]


@dataclass
class Booking:
    """A tool with an effect."""

    effect: bool = True
    repeatable: bool = False
    gives: Any = '{"place": 7}'
    takes: float = 0.0
    begun: list[Mapping[str, Any]] = field(default_factory=list)
    spec: ToolSpec = field(default_factory=lambda: ToolSpec("book", "Books.", {"type": "object"}))

    async def call(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolReply:
        assert context.key.startswith("tk-")
        self.begun.append(arguments)
        await asyncio.sleep(self.takes)
        if isinstance(self.gives, Exception):
            raise self.gives
        return self.gives if isinstance(self.gives, ToolReply) else ToolReply(self.gives)


def booking() -> Any:
    return flow(
        "booking",
        ANYTHING,
        (
            "use",
            "tool",
            {"tool": "book", "arguments": {"of": "{{message}}"}, "keep": {"place": "place"}, "save": "all"},
        ),
        says("good", "Place {{place}}, {{all}}."),
        says("bad", "Not now."),
        edges="start>use, use>good, use:failed>bad",
    )


@pytest.mark.parametrize(
    ("label", "gives", "heard", "mode"),
    [
        ("json", '{"place": 7}', ["Place 7, place: 7."], Mode.BOT),
        ("words", "done", ["Place , done."], Mode.BOT),
        ("refused", ToolRefused("full"), ["Not now."], Mode.BOT),
        ("raises", RuntimeError("boom"), ["Not now."], Mode.BOT),
        ("failed", ToolReply("no", failed=True), ["Not now."], Mode.BOT),
        ("a person", ToolReply("", handover="too hard"), [], Mode.HUMAN),
    ],
)
@in_virtual_time
async def test_tools(label: str, gives: Any, heard: Sequence[str], mode: Mode) -> None:
    tool = Booking(gives=gives)
    async with conversation(bot(booking(), thinking=thinking(tools=[tool]))) as person:
        await person.says("two")
        assert (person.heard, tool.begun) == (heard, [{"of": "two"}]), label
        assert await person.is_answered_by(mode), label
        assert person.raised == []


@pytest.mark.parametrize(
    ("label", "effect", "repeatable", "times", "heard"),
    [
        ("nobody knows", True, False, 1, "Not now."),
        ("twice is once", True, True, 2, "Place 7, place: 7."),
        ("it changes nothing", False, False, 2, "Place 7, place: 7."),
    ],
)
@in_virtual_time
async def test_a_tool_that_was_cut_off(label: str, effect: bool, repeatable: bool, times: int, heard: str) -> None:
    tool = Booking(effect=effect, repeatable=repeatable, takes=5.0)
    async with conversation(bot(booking(), thinking=thinking(tools=[tool]))) as person:
        await person.writes("two")
        while not tool.begun:
            await asyncio.sleep(0.1)
        await person.survives_a_crash()
        await person.rests()
        assert (len(tool.begun), person.heard) == (times, [heard]), label


@in_virtual_time
async def test_a_link_is_asked_for_even_where_the_turns_time_is_over() -> None:
    """It waits for no answer of anybody who may be slow; without it the flow could not go on."""
    slow = Booking(takes=60.0)
    drawn = flow(
        "slow",
        ANYTHING,
        ("use", "tool", {"tool": "book"}),
        ("again", "tool", {"tool": "book"}),
        ("pay", "payment", {"amount": 100, "currency": "INR", "description": "Tea"}),
        edges="start>use, use:failed>again, again:failed>pay",
    )
    made = bot(drawn, paying=Paying(merchant(Till()), Desk()), thinking=thinking(tools=[slow]))
    async with conversation(made, turns=replace(TURNS, turn_limit=10.0)) as person:
        await person.says("hello")
        assert person.heard == ["https://pay.test/1"]
        assert len(slow.begun) == 1
        assert "the turn's time is over" in await told(person)


@pytest.mark.parametrize("knowledge", [True, False])
@in_virtual_time
async def test_whether_a_model_may_look_things_up(knowledge: bool) -> None:
    model = scripted("Which tea?")
    drawn = flow("shop", ANYTHING, ("talk", "ai", {"prompt": "You sell tea.", "knowledge": knowledge}))
    tools = [Booking(spec=ToolSpec(name, "…", {"type": "object"})) for name in ("book", KNOWLEDGE)]
    async with conversation(bot(drawn, thinking=thinking(model, tools=tools))) as person:
        await person.says("hello")
        assert [tool.name for tool in model.last.tools] == (["book", KNOWLEDGE] if knowledge else ["book"])


@in_virtual_time
async def test_what_the_flow_has_set_is_known_after_a_call_too() -> None:
    drawn = flow(
        "stages",
        ANYTHING,
        ("to", "stage", {"stage": "paying"}),
        ("set", "set", {"contact": {"city": "Kota"}, "tag": ["vip"]}),
        ("use", "tool", {"tool": "book"}),
        says("a", "{{session.stage}} {{contact.city}} {{contact.tags}}"),
    )
    async with conversation(bot(drawn, thinking=thinking(tools=[Booking()]))) as person:
        await person.says("hello")
        assert person.heard == ["paying Kota vip"]


@in_virtual_time
async def test_a_tool_that_there_is_not() -> None:
    async with conversation(bot(booking())) as person:
        await person.says("two")
        assert person.heard == ["Not now."]


READS = flow(
    "reads",
    ANYTHING,
    ("read", "extract", {"fields": {"day": "which day", "_people": "how many"}, "required": ["day"]}),
    says("good", "{{day}} for {{_people|one}}."),
    says("part", "Which day?"),
    says("bad", "Not now."),
    edges="start>read, read>good, read:incomplete>part, read:failed>bad",
)


@pytest.mark.parametrize(
    ("label", "script", "heard"),
    [
        ("all", ['{"day": "Friday", "_people": 4}'], "Friday for 4."),
        ("a part", ['{"day": "Friday", "_people": null}'], "Friday for one."),
        ("not what is required", ['{"day": null, "_people": 4}'], "Which day?"),
        ("no JSON", ["nothing", "nothing"], "Which day?"),
        ("no model", [RuntimeError("down")], "Not now."),
        (
            "wrong, then mended",
            ['{"day": {"of": "week"}, "_people": 2}', '{"day": "Friday", "_people": 2}'],
            "Friday for 2.",
        ),
    ],
)
@in_virtual_time
async def test_fields_out_of_words(label: str, script: Sequence[Any], heard: str) -> None:
    async with conversation(bot(READS, thinking=thinking(scripted(*script)))) as person:
        await person.says("on Friday")
        assert person.heard == [heard], label


@in_virtual_time
async def test_a_models_tool_can_want_a_person() -> None:
    tool = Booking(gives=ToolReply("told", handover="too hard"))
    drawn = flow("ai", ANYTHING, ("talk", "ai", {"prompt": "Help."}), says("end", "That was it."))
    model = scripted(calls("book", of=1), "A colleague goes on.")
    async with conversation(bot(drawn, thinking=thinking(model, tools=[tool]))) as person:
        await person.says("hello")
        assert await person.is_answered_by(Mode.HUMAN)
        assert "That was it." not in person.heard
        assert "at" not in person.state["flow"]


@pytest.mark.parametrize(("said", "mode", "heard"), [("yes", Mode.HUMAN, FETCHED), ("Ada", Mode.BOT, "Hi Ada!")])
@in_virtual_time
async def test_a_tool_can_offer_a_person(said: str, mode: Mode, heard: str) -> None:
    @tool
    async def book(turn: Turn) -> str:
        """Books."""
        await turn.offer_person("it is full")
        return "full"

    drawn = flow(
        "offers",
        ANYTHING,
        ("use", "tool", {"tool": "book"}),
        ("name", "ask", {"text": "Or what is your name?", "save": "name"}),
        says("hi", "Hi {{name}}!"),
    )
    words = Replies("Shall I ask a person?", FETCHED)
    async with conversation(bot(drawn, thinking=thinking(tools=[FunctionTool(book)]), own_words=words)) as person:
        await person.says("hello")
        assert person.heard == ["Shall I ask a person?", "Or what is your name?"]
        await person.says(said)
        assert person.heard[2:] == [heard]
        assert await person.is_answered_by(mode)
        assert person.state["flow"].keys() == {"call"}


ALL = flow(
    "all",
    ANYTHING,
    ("get", "http", {"url": f"{SHOP}/get"}),
    ("talk", "ai", {"prompt": "Help."}),
    ("post", "http", {"url": f"{SHOP}/post", "method": "POST", "body": {"a": 1}}),
    ("use", "tool", {"tool": "book"}),
    ("read", "extract", {"fields": {"day": "which day"}}),
    ("pay", "payment", {"amount": 50_000, "currency": "INR", "description": "Tea"}),
)


@pytest.mark.parametrize("at", range(1, 9))
@in_virtual_time
async def test_killed_after_each_step_everybody_is_asked_once(at: int) -> None:
    service, tool, till = Service(), Booking(), Till()
    model = scripted("Yes.", '{"day": "Friday"}')
    drawn = bot(
        ALL,
        client=client(service),
        thinking=thinking(model, tools=[tool]),
        paying=Paying(merchant(till), Desk()),
    )
    crashing = Crashing(drawn, {at})
    async with conversation(crashing) as person:
        crashing.person = person
        await person.says("hello")
        assert person.heard == ["Yes.", "https://pay.test/1"]
        assert [got.path for got in service.got] == ["/get", "/post"]
        assert (len(model.asked), len(tool.begun), till.asked) == (2, 1, ["create"])
        assert (crashing.lives, person.raised) == (2, [])


@pytest.mark.parametrize(
    ("method", "asked", "heard"),
    [("PUT", 2, "It is 12.5."), ("GET", 2, "It is 12.5."), ("POST", 1, "Not now."), ("PATCH", 1, "Not now.")],
)
@in_virtual_time
async def test_killed_in_the_middle_of_a_call(method: str, asked: int, heard: str) -> None:
    """What cannot be made twice is not made twice; nobody knows whether it happened."""
    service = Service(takes=5.0)
    async with conversation(bot(calling(method=method), client=client(service))) as person:
        await person.writes("x")
        while not service.got:
            await asyncio.sleep(0.1)
        await person.survives_a_crash()
        await person.rests()
        assert (person.heard, len(service.got)) == ([heard], asked)
        assert len({got.headers.get("idempotency-key") for got in service.got}) == 1


@in_virtual_time
async def test_what_another_try_of_the_turn_wants_otherwise_is_not_done_as_well() -> None:
    """The first try posts and then raises; in the second the model says something else."""

    class Raises(RuntimeError):
        pass

    class Once(Till):
        def fitted(self, *given: Any) -> Any:
            if not self.asked:
                self.asked.append("raised")
                raise Raises
            return super().fitted(*given)

    service, till, model = Service(), Once(), scripted("one", "two")
    drawn = flow(
        "twice",
        ANYTHING,
        ("talk", "ai", {"prompt": "Help.", "save": "said", "say": False}),
        ("post", "http", {"url": SHOP, "method": "POST", "body": {"a": "{{said}}"}}),
        ("pay", "payment", {"amount": 50_000, "currency": "INR", "description": "Tea"}),
        says("bad", "Not now."),
        edges="start>talk, talk>post, post>pay, post:failed>bad",
    )
    paying = Paying(merchant(till), Desk())
    async with conversation(bot(drawn, client=client(service), thinking=thinking(model), paying=paying)) as person:
        await person.says("x")
        assert [msgspec.json.decode(got.body) for got in service.got] == [{"a": "one"}]
        assert person.heard == ["Not now."]
        assert "did it with other values" in await told(person)


@in_virtual_time
async def test_the_turns_time_ends_what_is_asked() -> None:
    service = Service(NoReply(closed=False))
    slow = [(f"call{n}", "http", {"url": SHOP, "timeout": 60.0}) for n in range(8)]
    edges = "start>call0, " + ", ".join(f"call{n}:failed>call{n + 1}" for n in range(7)) + ", call7:failed>bad"
    drawn = flow("long", ANYTHING, *slow, says("bad", "Not now."), edges=edges)
    async with conversation(bot(drawn, client=client(service))) as person:
        await person.says("x")
        assert person.heard == ["Not now."]
        assert len(service.got) == 5, "300 s less a tenth"
        assert person.raised == []
