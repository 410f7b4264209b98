"""Templates as bots say them: checked in the bot's line, shown in the history, refused when they are stopped."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from turnkeeper import Bot, Turn
from turnkeeper.model.contents import File, Location, Template, TemplateButton
from turnkeeper.model.templates import DefinedButton, TemplateDefinition
from turnkeeper.testing.conversation import Person, conversation, in_virtual_time

SEAT = TemplateDefinition(
    "seat", "en", category="UTILITY", body=("1", "2"), text="Dear {{1}}, your seat on {{2}} is kept.", footer="Kaiwa",
    buttons=(
        DefinedButton("quick_reply", "Cancel", may=True),
        DefinedButton("url", "See", wants=True, may=True, opens="https://a.test/{{1}}"),
    ),
)  # fmt: skip
NAMED = TemplateDefinition(
    "ad", "en", named=True, header="text", header_values=("what",), header_text="{{what}}", body=("who",),
    text="Dear {{who}}!",
)  # fmt: skip
PICTURE = TemplateDefinition("picture", "en", header="image", text="Look.")
PLACE = TemplateDefinition("place", "en", header="location", text="Here.")
FILE = File(link="https://a.test/b.png")
Say = Callable[[Turn], Awaitable[None]]


def saying(say: Say) -> Bot:
    bot = Bot("b")

    @bot.stage("all", first=True)
    async def all_of_it(turn: Turn) -> None:
        await say(turn)

    return bot


async def heard_by(person: Person, text: str = "hi") -> None:
    for definition in (SEAT, NAMED, PICTURE, PLACE):
        await person.has_template(definition)
    await person.says(text)


def say(name: str, **values: object) -> Say:
    return lambda turn: turn.template(name, "en", **values)  # type: ignore[arg-type]


def button(kind: str, index: str, value: dict[str, str]) -> dict[str, object]:
    return {"type": "button", "sub_type": kind, "index": index, "parameters": [value]}


GOOD: list[tuple[str, Say, list[dict[str, object]]]] = [
    ("in order", say("seat", body=("Ada", "Friday"), buttons=["no", "7"]), [
        {"type": "body", "parameters": [{"type": "text", "text": "Ada"}, {"type": "text", "text": "Friday"}]},
        button("quick_reply", "0", {"type": "payload", "payload": "no"}),
        button("url", "1", {"type": "text", "text": "7"}),
    ]),
    ("by name", say("ad", named={"who": "Ada"}, header="News"), [
        {"type": "header", "parameters": [{"type": "text", "parameter_name": "what", "text": "News"}]},
        {"type": "body", "parameters": [{"type": "text", "parameter_name": "who", "text": "Ada"}]},
    ]),
    ("a picture", say("picture", header=FILE), [
        {"type": "header", "parameters": [{"type": "image", "image": {"link": FILE.link}}]},
    ]),
]  # fmt: skip


@pytest.mark.parametrize("label, said, components", GOOD, ids=[each[0] for each in GOOD])
def test_what_fits_is_sent(label: str, said: Say, components: list[dict[str, object]]) -> None:
    @in_virtual_time
    async def play() -> None:
        async with conversation(saying(said)) as person:
            await heard_by(person)
            [body] = person.received
            assert body["template"]["components"] == components, label

    play()


WRONG: list[tuple[str, Say, str]] = [
    ("too few values", say("seat", body=("Ada",), buttons=["no", "7"]), "it has 2 parameters, 1 are given"),
    ("names instead of an order", say("seat", named={"who": "x"}, buttons=["no", "7"]), "have an order, not names"),
    ("a button's value missing", say("seat", body=("Ada", "x")), "button 1 (url) wants a value"),
    ("too many buttons", say("seat", body=("Ada", "x"), buttons=["1", "2", "3"]), "2 buttons take a value, 3 are"),
    ("the wrong button", say("seat", body=("A", "x"), buttons=[TemplateButton("url", "7")]), "button 0 is a quick"),
    ("another name", say("ad", named={"whom": "Ada"}, header="News"), "parameter who is missing"),
    ("no header", say("picture"), "its header wants an image, not nothing"),
    ("words for a picture", say("picture", header="x"), "its header wants an image, not words"),
    ("a film for a picture", say("place", header=FILE), "its header wants a place, not an image"),
    ("a place for a picture", say("picture", header=Location(1, 2, "a", "b")), "not a place"),
    ("a line break", say("seat", body=("Ada\n", "x"), buttons=["no", "7"]), "parameter 1 holds a new line"),
    ("one string of values", say("seat", body="Ada", buttons=["no", "7"]), "a template's values are several"),
    ("buttons of what nobody knows", say("new", buttons=["x"]), "nothing is known of this template yet"),
    ("given to reply", lambda turn: turn.reply(Template("seat", "en", ("Ada",))), "it has 2 parameters, 1 are given"),
    ("said now", lambda turn: turn.say_now(Template("seat", "en", ("Ada",))), "it has 2 parameters, 1 are given"),
]  # fmt: skip


@pytest.mark.parametrize("label, said, why", WRONG, ids=[each[0] for each in WRONG])
def test_what_does_not_fit_is_raised_in_the_bots_line(label: str, said: Say, why: str) -> None:
    caught: list[str] = []

    async def trying(turn: Turn) -> None:
        try:
            await said(turn)
        except (ValueError, TypeError) as error:
            caught.append(str(error))

    @in_virtual_time
    async def play() -> None:
        async with conversation(saying(trying)) as person:
            await heard_by(person)
            assert person.heard == []

    play()
    assert len(caught) == 1, label
    assert why in caught[0]


@in_virtual_time
async def test_what_nobody_knows_yet_is_the_providers_to_judge() -> None:
    async with conversation(saying(say("new", body=("a", "b", "c")))) as person:
        await heard_by(person)
        assert person.heard == ["[template new]"]


@in_virtual_time
async def test_the_history_shows_what_the_person_saw() -> None:
    async with conversation(saying(say("seat", body=("Ada", "Friday"), buttons=["no", "7"]))) as person:
        await heard_by(person)
        [said] = [moment.text for moment in await person.moments() if moment.kind == "accepted"]
        assert said == "Dear Ada, your seat on Friday is kept.\n\nKaiwa\n\n[Cancel] [See: https://a.test/7]"[:80]


@in_virtual_time
async def test_one_that_is_stopped_fails_in_words_and_the_rest_goes() -> None:
    async def both(turn: Turn) -> None:
        await turn.template("seat", "en", body=("Ada", "Friday"), buttons=["no", "7"])
        await turn.reply("and this")

    async with conversation(saying(both)) as person:
        await person.has_template(replace(SEAT, status="PAUSED"), "FIRST_PAUSE")
        await person.says("hi")
        assert person.heard == ["and this"]
        [why] = [moment.detail for moment in await person.moments() if moment.kind == "failed" and moment.detail]
        assert str(why).startswith("seat: Meta has paused it because of its quality: people blocked or reported it")
        await person.has_template(SEAT)
        await person.waits(10)
        await person.says("again")
        assert person.heard == ["and this", "[template seat]", "and this"]


@in_virtual_time
async def test_one_that_is_stopped_while_it_waits_is_not_sent() -> None:
    async def later(turn: Turn) -> None:
        await turn.template("ad", "en", named={"who": "Ada"}, header="News")

    async with conversation(saying(later)) as person:
        await heard_by(person, "one")
        assert person.heard == ["[template ad]"]
        await person.has_template(replace(NAMED, status="REJECTED"), "SCAM")
        await person.waits(10)
        await person.says("two")
        assert person.heard == ["[template ad]"]
        await person.has_template(replace(NAMED, body=("who", "when"), text="{{who}} {{when}}"))
        await person.waits(10)
        await person.says("three")
        assert "parameter when is missing" in str(person.raised[-1])
