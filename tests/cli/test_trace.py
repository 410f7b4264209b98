"""`turnkeeper trace` and `turnkeeper contact`: a turn told whole, and what is known of a person."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from tests.cli.agents import configured, run
from tests.contracts.world import World
from turnkeeper.app.database import existing, migrate_store
from turnkeeper.config import Settings
from turnkeeper.llm.calls import Failure, ModelCall, Skipped, ToolReply, ToolRun
from turnkeeper.model.agents import Spent
from turnkeeper.model.errors import ConfigurationError
from turnkeeper.model.llm import ChatAnswer, Usage
from turnkeeper.store.base import ClaimedTurn
from turnkeeper.testing.events import Channels, channel

DOWN = ModelCall("router/first", 0, 1.0, 2.5, failure=Failure("away", "no connection"))
ASKED = ModelCall(
    "router/second",
    1,
    4.0,
    1.5,
    answer=ChatAnswer("", "second-2026"),
    usage=Usage(100, 20, 50, 0.002),
    tools=True,
    skipped=(Skipped("router/first", "it is down"),),
)
SAID = ModelCall("router/second", 1, 6.0, 0.5, answer=ChatAnswer("Two.", "second-2026"), usage=Usage(130, 5, 0, 0.001))
UNPRICED = replace(SAID, usage=Usage(130, 5))
SEARCHED = ToolRun("search", {"for": "cake"}, 5.5, 0.25, ToolReply("two cakes"))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    found = configured(tmp_path)
    asyncio.run(migrate_store(found))
    return found


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[World]:
    async with existing(settings) as store:
        world = World(store, Channels(channel()), channel())
        await world.start()
        yield world


async def step(
    w: World, turn: ClaimedTurn, name: str, result: Any, *, occurrence: int = 1, effect: bool = False
) -> None:
    row = w.step(turn, name, msgspec.json.encode(result), effect=effect)
    row = replace(row, occurrence=occurrence, done_at=w.now + 0.5)
    await w.store.finish_step(turn.run, row, Spent(1))
    w.now += 1


async def happened(settings: Settings, last: ModelCall = SAID) -> str:
    """A turn that fails once, falls back, searches, and is answered in two parts; the conversation's id."""
    async with opened(settings) as w:
        await w.hear("how many cakes?")
        first = await w.turn()
        await step(w, first, "prompt", {"request": {"instructions": "You help."}})
        await w.put_off(first, 1)
        w.now += 1
        turn = await w.turn()
        await step(w, turn, "model", DOWN)
        await step(w, turn, "model", ASKED, occurrence=2)
        await step(w, turn, "tool.search", SEARCHED)
        assert await w.begin(turn, "tool.order.arguments") is None
        await step(w, turn, "tool.order.arguments", {"cake": 1}, effect=True)
        assert await w.begin(turn, "tool.order") is None
        await step(w, turn, "model", last, occurrence=3)
        facts = {"likes": b'["cake"]', "_user": b'"42"'}
        await w.deliver(await w.commit(turn, "Two.", "Anything else?", trace="fell back\nwell", facts=facts))
        return str(turn.run.key.id)


def told(settings: Settings, *arguments: str) -> Any:
    result = run(settings, "trace", *arguments)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_turn_is_told_whole(settings: Settings) -> None:
    id_ = asyncio.run(happened(settings))
    found = told(settings, f"{id_}/1")
    for same in ([id_], ["shop", "+1 555 123 0001"], ["shop/1", "phone:15551230001"]):
        assert told(settings, *same) == found
    assert (found["turn"], found["channel"], found["bot"], found["state"]) == (
        f"{id_}/1",
        "shop",
        "assistant",
        "committed",
    )
    assert found["trace"] == ["fell back", "well"]
    assert [(event["text"], event["state"]) for event in found["events"]] == [("how many cakes?", "answered")]
    first, second = found["attempts"]
    assert [each["name"] for each in first["steps"]] == ["prompt"]
    assert first["steps"][0]["result"] == {"request": {"instructions": "You help."}}
    assert [(each["name"], each["seconds"]) for each in second["steps"]] == [
        ("model", 0.5),
        ("model", 0.5),
        ("tool.search", 0.5),
        ("model", 0.5),
    ]
    down, asked, _, said = (each.get("call") for each in second["steps"])
    assert down == {
        "model": "router/first",
        "seconds": 2.5,
        "tokens": None,
        "cost": None,
        "why_not": "away: no connection",
        "skipped": [],
        "without_tools": None,
    }
    assert (asked["tokens"], asked["cost"], asked["skipped"]) == (120, 0.002, ["router/first: it is down"])
    assert (said["model"], said["why_not"]) == ("router/second", None)
    assert second["steps"][2]["result"]["reply"]["content"] == "two cakes"
    assert [(each["name"], each["done"], each["seconds"]) for each in found["effects"]] == [
        ("tool.order.arguments", True, 0.5),
        ("tool.order", False, None),
    ]
    assert found["totals"] == {
        "model_calls": 3,
        "failed_calls": 1,
        "tool_calls": 2,
        "input_tokens": 230,
        "output_tokens": 25,
        "cached_tokens": 50,
        "tokens": 255,
        "cost": 0.003,
        "transcriptions": 0,
        "failed_transcriptions": 0,
        "heard_seconds": 0.0,
    }
    assert [(each["text"], each["state"]) for each in found["sent"]] == [
        ("Two.", "accepted"),
        ("Anything else?", "accepted"),
    ]


def test_a_cost_that_nobody_knows_is_null(settings: Settings) -> None:
    id_ = asyncio.run(happened(settings, UNPRICED))
    totals = told(settings, id_)["totals"]
    assert (totals["cost"], totals["tokens"]) == (None, 255)


def test_what_is_known_is_seen_and_erased(settings: Settings) -> None:
    id_ = asyncio.run(happened(settings))
    shown = run(settings, "contact", "facts", id_).stdout.splitlines()
    assert shown == [
        f'_user = "42"  (bot assistant, turn {id_}/1)',
        f'likes = ["cake"]  (bot assistant, turn {id_}/1)',
    ]
    (likes,) = [f for f in json.loads(run(settings, "contact", "facts", id_, "--json").stdout) if f["name"] == "likes"]
    assert (likes["value"], likes["bot"]) == (["cake"], "assistant")
    person = ("shop", "+15551230001")
    assert run(settings, "contact", "forget", *person, "--bot", "other").stdout == "forgot 0 facts\n"
    assert run(settings, "contact", "forget", *person, "--fact", "likes").stdout == "forgot 1 fact\n"
    assert json.loads(run(settings, "contact", "forget", *person, "--json").stdout) == {"forgotten": 1}
    assert run(settings, "contact", "facts", *person).stdout == "nothing is known of this person\n"


def test_where_a_conversation_stands(settings: Settings) -> None:
    id_ = asyncio.run(happened(settings))
    told = json.loads(run(settings, "contact", "show", "shop", "+15551230001", "--json").stdout)
    assert (told["conversation"], told["mode"], told["opted_out"]) == (id_, "bot", False)
    closes_at = told["window"]["closes_at"]
    assert told["window"]["open"] is (time.time() < closes_at)
    shown = run(settings, "contact", "show", id_).stdout
    assert "addresses     phone:15551230001" in shown
    assert "opted_out     no" in shown
    assert "window        " in shown


def test_what_a_person_told_an_operator(settings: Settings) -> None:
    id_ = asyncio.run(happened(settings))
    assert run(settings, "contact", "consent", id_).stdout == "this person has said neither yes nor no to anything\n"
    assert run(settings, "contact", "consent", id_, "--give", "marketing").stdout.startswith("marketing: given 20")
    withdrawn = json.loads(run(settings, "contact", "consent", id_, "--withdraw", "*", "--json").stdout)
    assert [(each["purpose"], each["granted"]) for each in withdrawn] == [("*", False)]
    assert withdrawn[0]["source"] == "operator"
    shown = run(settings, "contact", "consent", "shop", "+15551230001").stdout.splitlines()
    assert [line.split(" 20")[0] for line in shown] == ["*: withdrawn", "marketing: given"]
    assert isinstance(run(settings, "contact", "consent", id_, "--give", "My ads").exception, ConfigurationError)
    assert run(settings, "contact", "consent", id_, "--give", "a", "--withdraw", "b").exit_code == 2
    assert run(settings, "contact", "consent", id_, "--workspace", "cafe").exit_code == 1


NOBODY = [
    ("no such conversation", ["trace", "c1/1"], "no conversation 'c1'"),
    ("no such turn", ["trace", "shop/9", "+15551230001"], "a turn 9"),
    ("nobody of that number", ["trace", "shop", "+15559999999"], "nobody with the address"),
    ("a channel without an address", ["trace", "shop"], "Add an address"),
    ("another workspace's", ["contact", "facts", "shop", "--workspace", "cafe"], "Add an address"),
]


@pytest.mark.parametrize(("arguments", "said"), [case[1:] for case in NOBODY], ids=[case[0] for case in NOBODY])
def test_who_is_not_there(settings: Settings, arguments: list[str], said: str) -> None:
    asyncio.run(happened(settings))
    result = run(settings, *arguments)
    assert result.exit_code == 1, result.output
    assert said in result.stderr


def test_another_workspace_sees_nothing(settings: Settings) -> None:
    id_ = asyncio.run(happened(settings))
    for command in (["trace", id_], ["contact", "facts", id_], ["contact", "forget", id_]):
        assert run(settings, *command, "--workspace", "cafe").exit_code == 1
    assert len(run(settings, "contact", "facts", id_).stdout.splitlines()) == 2


def test_what_is_written_wrongly(settings: Settings) -> None:
    assert run(settings, "trace", "c1/x").exit_code == 2
    assert isinstance(run(settings, "trace", "stop", "+15551230001").exception, ConfigurationError)
    assert isinstance(run(settings, "trace", "shop", "nobody").exception, ConfigurationError)
