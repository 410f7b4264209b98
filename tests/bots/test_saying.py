"""What a bot's author may write, and what is told of at once instead of failing when it is sent."""

import re
from typing import Any, get_args

import msgspec
import pytest

import turnkeeper
from turnkeeper import (
    Bot,
    Buttons,
    Choice,
    ContactCard,
    Contacts,
    Document,
    File,
    Image,
    List,
    Location,
    LocationRequest,
    Reaction,
    Section,
    Sections,
    Template,
    Text,
    Turn,
    UrlButton,
)
from turnkeeper.bots.saying import sayable
from turnkeeper.model.contents import Sayable
from turnkeeper.model.policy import TurnPolicy
from turnkeeper.testing import events
from turnkeeper.testing.conversation import conversation, in_virtual_time

MONDAY, TUESDAY = Choice("Monday", "Monday"), Choice("Tuesday", "Tuesday")
FILE = File(link="https://files.test/a.png")


@pytest.mark.parametrize(
    "label, written, meant",
    [
        ("titles", Buttons("Q", ("Monday", "Tuesday")), Buttons("Q", (MONDAY, TUESDAY))),
        ("a list of titles", Buttons("Q", ["Monday", TUESDAY]), Buttons("Q", (MONDAY, TUESDAY))),
        ("ids and titles", Buttons("Q", {"m": "Monday"}), Buttons("Q", (Choice("m", "Monday"),))),
        ("rows", List("Q", "B", ["Monday", TUESDAY]), List("Q", "B", (Section((MONDAY, TUESDAY)),))),
        ("rows by section", List("Q", "B", {"Early": ["Monday"], "Late": {"t": "Tuesday"}}),
         List("Q", "B", (Section((MONDAY,), "Early"), Section((Choice("t", "Tuesday"),), "Late")))),
        ("sections", List("Q", "B", [Section(["Monday"], "Early")]), List("Q", "B", (Section((MONDAY,), "Early"),))),
        ("no rows", List("Q", "B", ()), List("Q", "B", ())),
    ],
)  # fmt: skip
def test_choices_are_written_in_few_words(label: str, written: Sayable, meant: Sayable) -> None:
    assert written == meant
    assert msgspec.json.decode(msgspec.json.encode(written), type=Sayable) == meant


@pytest.mark.parametrize(
    "wrong, told",
    [
        (lambda: Buttons("Q", "Yes"), "choices are several: write ('Yes',) for one"),
        (lambda: Buttons("Q", (3,)), "a choice is a Choice or a title, not a int"),  # type: ignore[arg-type]
        (lambda: List("Q", "B", "Yes"), "rows are several: write ('Yes',) for one"),
        (lambda: List("Q", "B", (Section(()), "Yes")), "a list has sections or rows, not both side by side"),
        (lambda: sayable(5), "text and contents can be said, not a int"),  # type: ignore[arg-type]
        (lambda: sayable(None), "text and contents can be said, not a NoneType"),  # type: ignore[arg-type]
        (lambda: sayable(Image("https://a.test")), "Image: a file is File(link='https://…')"),  # type: ignore[arg-type]
        (lambda: sayable(Image(5)), "Image: Expected `object`, got `int` - at `$.file`"),  # type: ignore[arg-type]
        (lambda: sayable(Text(b"x")), "Text: "),  # type: ignore[arg-type]
        (lambda: sayable(Buttons(None, ("Yes",))), "Buttons: Expected `str`, got `null` - at `$.body`"),  # type: ignore[arg-type]
        (lambda: sayable(Reaction("w1", "👍"), "w0"), "a reaction quotes nothing: it names its message itself"),
    ],
)
def test_what_is_of_no_such_type(wrong: Any, told: str) -> None:
    with pytest.raises(TypeError) as caught:
        wrong()
    assert told in str(caught.value)


@pytest.mark.parametrize(
    "wrong, told",
    [
        (Image(File()), "a file has a link or a key, one of them"),
        (Document(File(link="https://a.test", key="k")), "a file has a link or a key, one of them"),
        (Document(File(link="file:///etc/passwd")), "a file's link is an http or https address"),
        (Buttons("Q", ("Yes",), header_file=File(link="a.png")), "a file's link is an http or https address"),
        (Buttons("Q", ("Yes",), header="H", header_file=FILE), "above the buttons stand words or a file, not both"),
        (Buttons(" ", ("Yes",)), "it needs words above what can be tapped"),
        (LocationRequest(""), "it needs words above what can be tapped"),
        (Buttons("Q", ()), "there is nothing to choose from"),
        (List("Q", "B", {"A": ()}), "there is nothing to choose from"),
        (Buttons("Q", ("Yes", "Yes")), "2 choices have the id 'Yes'"),
        (List("Q", "B", {"A": ("x",), "B": ("x",)}), "2 choices have the id 'x'"),
        (Buttons("Q", (" ",)), "every choice needs an id"),
        (UrlButton("Q", "Open", "javascript:alert(1)"), "a button opens an http or https address, not 'javascript"),
        (UrlButton("Q", "Open", "ftp://a.test/b"), "a button opens an http or https address"),
        (UrlButton("Q", "Open", "https://"), "a button opens an http or https address"),
        (UrlButton("Q", "Open", "https://[::1"), "a button opens an http or https address"),
        (UrlButton("Q", "Open", "https://a.test/a b"), "a button opens an http or https address"),
        (Location(90.1, 0), "latitude is -90 to 90, longitude -180 to 180"),
        (Location(0, float("nan")), "latitude is -90 to 90, longitude -180 to 180"),
        (Contacts(()), "every contact card needs a name"),
        (Contacts((ContactCard("Ada"), ContactCard(" "))), "every contact card needs a name"),
        (Reaction("w1", "ok"), "it needs the id of a message, and an emoji"),
        (Reaction("w1", "👍" * 21), "it needs the id of a message, and an emoji"),
        (Reaction("", "👍"), "it needs the id of a message, and an emoji"),
        (Template("Hello!", "en"), "a template's name is of a-z, 0-9 and _"),
    ],
)
def test_what_no_channel_could_say(wrong: Sayable, told: str) -> None:
    with pytest.raises(ValueError, match=re.escape(f"{type(wrong).__name__}: {told}")):
        sayable(wrong)


def test_everything_that_can_be_said_is_exported() -> None:
    assert {each.__name__ for each in get_args(Sayable)} <= set(turnkeeper.__all__)
    assert all(getattr(turnkeeper, name) for name in turnkeeper.__all__)
    with pytest.raises(AttributeError):
        turnkeeper.Refused  # type: ignore[attr-defined]  # noqa: B018


def bot_that(stage: object) -> Bot:
    bot = Bot("assistant")
    bot.stage("only", first=True)(stage)  # type: ignore[arg-type]
    return bot


@in_virtual_time
async def test_it_quotes_and_reacts_to_the_latest_message() -> None:
    async def only(turn: Turn) -> None:
        await turn.say_now("one", quote=True)
        await turn.reply("two", quote=True)
        await turn.reply(Text("three", reply_to="w7"))
        await turn.reply("four", reply_to="w8")
        await turn.reply("five")
        await turn.react("👍")
        await turn.react("", "w9")

    async with conversation(bot_that(only)) as person:
        await person.does(events.text("a", id="w1"))
        await person.does(events.text("b", id="w2"))
        await person.rests()
        assert [body.get("context", {}).get("message_id") for body in person.received] == [
            "w2", "w2", "w7", "w8", None, None, None,
        ]  # fmt: skip
        assert [body["reaction"] for body in person.received[5:]] == [
            {"message_id": "w2", "emoji": "👍"},
            {"message_id": "w9", "emoji": ""},
        ]


@in_virtual_time
async def test_there_is_nothing_to_quote_when_only_a_timer_fired() -> None:
    async def only(turn: Turn) -> None:
        if not turn.timers:
            turn.after(60, "later")
            return
        await turn.reply("there?", quote=True)
        with pytest.raises(ValueError, match="the turn has no message"):
            await turn.react("👍")

    async with conversation(bot_that(only)) as person:
        await person.says("hi")
        await person.waits(61)
        assert [body.get("context") for body in person.received] == [None]
        assert person.raised == []


@in_virtual_time
async def test_a_mistake_is_raised_where_it_is_made() -> None:
    async def only(turn: Turn) -> None:
        await turn.reply(UrlButton("Look", "Open", "nowhere"))

    async with conversation(bot_that(only)) as person:
        await person.says("hi")
        assert str(person.raised[0]).startswith("UrlButton: a button opens an http")


@in_virtual_time
async def test_what_is_offered_can_be_tapped() -> None:
    async def only(turn: Turn) -> None:
        if turn.choice:
            await turn.reply(f"{turn.choice.id}: {turn.choice.title}")
        elif turn.text == "list":
            await turn.reply(List("Which?", "Show", {"A": {"1": "One"}, "B": {"2": "Two"}}))
        else:
            await turn.reply(Buttons("Which day?", {"mo": "Monday", "tu": "Tuesday"}))

    async with conversation(bot_that(only)) as person:
        await person.says("hi")
        assert person.offered == ["Monday", "Tuesday"]
        await person.taps("Tuesday")
        await person.says("list")
        assert person.offered == ["One", "Two"]
        await person.taps("Two")
        assert person.heard == ["Which day?", "tu: Tuesday", "Which?", "2: Two"]
        with pytest.raises(AssertionError, match="nobody offered 'Three', only"):
            await person.taps("Three")


@in_virtual_time
async def test_sections_are_said_whole_and_long_answers_numbered_where_the_bot_asks_for_it() -> None:
    bot = Bot("reporter")

    @bot.stage("telling", first=True)
    async def telling(turn: Turn) -> None:
        await turn.reply(Sections(["*Doctor*: " + "a" * 3000, "Next: " + "b" * 3000]), quote=True)

    async with conversation(bot, turns=TurnPolicy(part_numbers=True)) as ada:
        await ada.says("hello")

        first, second = ada.heard

    assert first.startswith("_Doctor_: aaa")
    assert first.endswith("a\n\n(1/2)")
    assert second.startswith("Next: b")
    with pytest.raises(TypeError, match=re.escape("sections are several: write ('one',) for one")):
        sayable(Sections("one"))
    with pytest.raises(TypeError, match="Expected `str`, got `int`"):
        sayable(Sections((3,)))  # type: ignore[arg-type]
