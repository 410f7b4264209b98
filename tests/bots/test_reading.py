"""What a bot gets to see of everything that a contact can do, and what it is not asked about."""

import asyncio
from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace as changed

from turnkeeper import Bot, List, Turn
from turnkeeper.model.events import (
    Choice,
    ContactCard,
    Inbound,
    Location,
    Media,
    Order,
    OrderItem,
    Phone,
    Reaction,
    Referral,
)
from turnkeeper.model.policy import TurnPolicy
from turnkeeper.testing.conversation import Person, conversation, in_virtual_time
from turnkeeper.testing.events import TURNS, chosen, deleted, echo, event, reaction, text

SORRY = TurnPolicy().unsupported_reply
SQUARE = Location(21.42, 39.82, "The square")
OMAR = ContactCard("Omar", (Phone("+1555"),))
BASKET = Order((OrderItem("sku-1", 2, Decimal("9.50"), "EUR"),), "7001")
AD = Referral("ad-1", headline="Lamps")
NOTHING: dict[str, Any] = {
    "choice": None, "quoted": None, "reaction": None, "location": None, "cards": (), "order": None, "form": None,
    "referral": None,
}  # fmt: skip


def watched(reply: str = "") -> tuple[Bot, list[Turn]]:
    """A bot that keeps its turns."""
    turns: list[Turn] = []
    bot = Bot("assistant")

    @bot.stage("only", first=True)
    async def only(turn: Turn) -> None:
        turns.append(turn)
        turn.state["turns"] = turn.state.get("turns", 0) + 1
        if reply:
            await turn.reply(reply)

    return bot, turns


async def do(person: Person, *events: Inbound) -> None:
    for each in events:
        await person.does(each)
    await person.rests()


@pytest.mark.parametrize(
    "label, done, expected",
    [
        ("words", text("hi"), {}),
        ("a button", chosen("yes", "Yes"), {"choice": Choice("yes", "Yes")}),
        ("a place", changed(event("location"), location=SQUARE), {"location": SQUARE}),
        ("cards", changed(event("contacts"), cards=(OMAR,)), {"cards": (OMAR,)}),
        ("an order", changed(event("order"), order=BASKET), {"order": BASKET}),
        ("from an ad", changed(text("hi"), ad=AD), {"referral": AD}),
        ("a form", changed(event("flow_reply"), flow_response_json='{"stars": 5}'), {"form": {"stars": 5}}),
        ("a form of a list", changed(event("flow_reply"), flow_response_json="[5]"), {"form": [5]}),
        ("a form of nonsense", changed(event("flow_reply"), flow_response_json="{"), {}),
        ("a form without end", changed(event("flow_reply"), flow_response_json="[" * 100_000), {}),
    ],
)
@in_virtual_time
async def test_each_kind_is_read_as_what_it_is(label: str, done: Inbound, expected: dict[str, Any]) -> None:
    bot, turns = watched()
    async with conversation(bot) as person:
        await do(person, done)
    (turn,) = turns
    assert {name: getattr(turn, name) for name in NOTHING} == NOTHING | expected
    (message,) = turn.messages
    assert {name: getattr(message, name) for name in NOTHING} == NOTHING | expected
    assert (message.kind, message.id, message.text, message.event) == (done.kind, done.message_id, done.text, done)


@in_virtual_time
async def test_the_newest_of_a_turn_counts_and_cards_add_up() -> None:
    bot, turns = watched()
    ada, media = ContactCard("Ada"), Media(id="55")
    async with conversation(bot) as person:
        await do(
            person,
            chosen("yes", "Yes"),
            changed(event("contacts"), cards=(OMAR,)),
            chosen("no", "No"),
            changed(event("contacts"), cards=(ada,)),
            changed(event("image", "look"), media=media),
        )
    (turn,) = turns
    assert (turn.choice, turn.cards) == (Choice("no", "No"), (OMAR, ada))
    assert turn.text == "Yes\nNo\nlook"
    assert [each.media for each in turn.messages] == [None, None, None, None, media]


@in_virtual_time
async def test_timers_are_no_messages() -> None:
    seen: list[Any] = []
    bot = Bot("assistant")

    @bot.stage("only", first=True)
    async def only(turn: Turn) -> None:
        seen.append((len(turn.messages), len(turn.timers)))
        if turn.messages:
            turn.after(60, "nudge")

    async with conversation(bot) as person:
        await person.says("hi")
        await person.waits(61)
    assert seen == [(1, 0), (0, 1)]


@in_virtual_time
async def test_what_is_quoted_is_known_whoever_said_it() -> None:
    bot, turns = watched("Nine.")
    async with conversation(bot) as person:
        await do(person, text("how much?", id="in.1"))
        await do(person, echo("or eight", id="echo.1"))
        for known_as in ("wamid.out.1", "in.1", "echo.1", "wamid.unknown"):
            await do(person, changed(text("this"), reply_to=known_as))
    told = [turn.quoted and (turn.quoted.role, turn.quoted.text) for turn in turns]
    assert told == [None, ("bot", "Nine."), ("contact", "how much?"), ("person", "or eight"), None]
    assert turns[-1].messages[0].event.reply_to == "wamid.unknown"


@in_virtual_time
async def test_each_message_has_its_own_quote() -> None:
    bot, turns = watched("Nine.")
    async with conversation(bot) as person:
        await do(person, text("one", id="in.1"), text("two", id="in.2"))
        await do(
            person,
            changed(text("a"), reply_to="in.1"),
            text("b"),
            changed(text("c"), reply_to="in.2"),
            changed(text("d"), reply_to="?"),
        )
    assert [each.quoted and each.quoted.text for each in turns[-1].messages] == ["one", None, "two", None]
    assert turns[-1].quoted is not None
    assert turns[-1].quoted.text == "two"


@in_virtual_time
async def test_a_reaction_is_kept_and_starts_a_turn_only_where_it_is_asked_for() -> None:
    bot, turns = watched("thanks")
    async with conversation(bot) as person:
        await person.says("hi")
        await do(person, reaction("👍", "wamid.out.1"))
        assert len(turns) == 1
        assert (await person.ledger()).states["no_reply"] == 1
    bot, turns = watched("thanks")
    async with conversation(bot, turns=replace(TURNS, reactions=True)) as person:
        await person.says("hi")
        await do(person, reaction("👍", "wamid.out.1"))
        await do(person, reaction("", "wamid.out.1"))
        assert len(person.typing_at) == 1, "nobody reads or answers an emoji with three dots"
        assert [turn.reaction for turn in turns[1:]] == [Reaction("wamid.out.1", "👍"), Reaction("wamid.out.1", "")]
        assert turns[1].text == ""
        assert person.heard == ["thanks"] * 3


# What nobody can read


@in_virtual_time
async def test_what_nobody_can_read_gets_one_sentence_a_turn_and_the_bot_is_not_asked() -> None:
    bot, turns = watched("yes")
    async with conversation(bot) as person:
        await do(person, event("unsupported"), event("unsupported"))
        assert person.heard == [SORRY]
        await do(person, event("unsupported"))
        assert person.heard == [SORRY, SORRY]
        assert turns == []
        assert (await person.ledger()).states["answered"] == 3
        told = [moment.detail for moment in await person.moments() if moment.kind == "committed"]
        assert told == ["nothing that the bot can read: it was not asked"] * 2


@in_virtual_time
async def test_beside_something_readable_the_bot_is_asked() -> None:
    bot, turns = watched("yes")
    async with conversation(bot) as person:
        await do(person, event("unsupported"), text("my poll"))
        assert person.heard == ["yes"]
        assert [each.kind for each in turns[0].messages] == ["unsupported", "text"]


@in_virtual_time
async def test_no_sentence_is_no_reply() -> None:
    bot, turns = watched("yes")
    async with conversation(bot, turns=replace(TURNS, unsupported_reply="")) as person:
        await do(person, event("unsupported"))
        assert (person.heard, turns) == ([], [])
        assert (await person.ledger()).states["no_reply"] == 1


@in_virtual_time
async def test_a_bot_of_words_is_not_asked_about_pictures() -> None:
    bot, turns = watched("yes")
    policy = replace(TURNS, reads=("text",), unsupported_reply="Words, **please**.")
    async with conversation(bot, turns=policy) as person:
        await do(person, event("image", "look"))
        assert person.heard == ["Words, *please*."]
        await do(person, chosen("yes", "Yes"))
        assert (person.heard[1:], len(turns)) == (["yes"], 1)


@in_virtual_time
async def test_the_session_stays_as_it_is() -> None:
    bot = Bot("assistant")

    @bot.stage("first", first=True)
    async def first(turn: Turn) -> None:
        turn.state["name"] = turn.text
        turn.stage = "second"

    @bot.stage("second")
    async def second(turn: Turn) -> None:
        await turn.reply(f"second of {turn.state}")

    async with conversation(bot) as person:
        await person.says("Ada")
        await do(person, event("unsupported"))
        await person.says("two")
        assert person.heard == [SORRY, "second of {'name': 'Ada'}"]


@in_virtual_time
async def test_effects_that_were_cut_off_wait_for_a_turn_that_the_bot_sees() -> None:
    seen: list[Any] = []
    bot = Bot("assistant")

    async def book() -> str:
        return "table 4"

    @bot.stage("only", first=True)
    async def only(turn: Turn) -> None:
        seen.append([one["name"] for one in turn.effects])
        if turn.number == 1:
            await turn.step("book", book, effect=True)
            await asyncio.sleep(10)

    async with conversation(bot) as person:
        await person.writes("hi")
        await asyncio.sleep(8)
        await person.is_taken_over()
        await person.is_given_back()
        await do(person, event("unsupported"))
        await person.says("so?")
        assert (person.heard, seen) == ([SORRY], [[], ["book"]])


@in_virtual_time
async def test_a_crash_between_changes_nothing() -> None:
    bot, turns = watched("yes")
    async with conversation(bot) as person:
        for pause in (0.0, 3.95, 4.0, 4.02, 4.1):
            before = len(person.heard)
            await person.does(event("unsupported"))
            await asyncio.sleep(pause)
            await person.survives_a_crash()
            await person.rests()
            assert person.heard[before:] == [SORRY]
        assert turns == []


@in_virtual_time
async def test_when_the_readable_part_is_deleted_in_time_the_sentence_is_said() -> None:
    bot, turns = watched("yes")
    words = text("my poll")
    async with conversation(bot) as person:
        await do(person, words, event("unsupported"), deleted(words))
        assert (person.heard, turns) == ([SORRY], [])


@in_virtual_time
async def test_to_a_person_nothing_is_said() -> None:
    bot, _ = watched("yes")
    async with conversation(bot) as person:
        await person.says("hi")
        await person.is_taken_over()
        await do(person, event("unsupported"))
        assert person.heard == ["yes"]
        assert (await person.ledger()).states["person"] == 1


@in_virtual_time
async def test_a_choice_of_many_is_typed_back() -> None:
    bot, seen = Bot("assistant"), list[tuple[str, Choice | None]]()

    @bot.stage("only", first=True)
    async def only(turn: Turn) -> None:
        seen.append((turn.text, turn.choice))
        if turn.choice is None:
            await turn.reply(List("Which day?", "Days", [Choice(f"d{n}", f"Day {n}") for n in range(1, 12)]))
        else:
            await turn.reply("Thanks.")

    async with conversation(bot) as person:
        await person.says("hi")
        assert person.heard[-1].endswith("10. Day 10\n11. Day 11")
        await person.says("11.")
        await person.says("day 3")
        assert seen == [("hi", None), ("11.", Choice("d11", "Day 11")), ("day 3", None)]


def test_who_speaks_in_a_group_is_named() -> None:
    said = [changed(text("hello"), is_group=True, sender_name=name) for name in ("Ada", "Bob")]
    work: Any = SimpleNamespace(
        events=said,
        quoted={},
        addresses=["group:g1"],
        state={},
        stage=None,
        carried=[],
        number=1,
        attempt=1,
        open_until=0.0,
        expired=None,
        now=lambda: 0.0,
        records=None,
    )
    turn = Turn(work)
    assert turn.text == "Ada: hello\nBob: hello"
    assert [message.text for message in turn.messages] == ["hello", "hello"]
    assert (turn.contact.name, turn.contact.phone) == ("Bob", None)
