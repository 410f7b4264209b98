"""The table of `ask`."""

from typing import Any

from tests.support.flow_cases import HERE, HOSTILE, NOW, Case, Wrong, table_of
from turnkeeper.flows.asking_again import ASK_AGAIN
from turnkeeper.flows.effects import Say, Sleep
from turnkeeper.flows.nodes.base import GiveUp, Here, Leave, Stay
from turnkeeper.flows.signals import GivenBack, ModelAnswered, PaymentTold, Place, Replied, Sent, TimedOut
from turnkeeper.model.contents import Buttons, LocationRequest
from turnkeeper.model.events import Choice


def asks(wants: str = "text", **more: Any) -> dict[str, Any]:
    return {"text": "?", "wants": wants, "save": "x", **more}


def answered(value: Any) -> Leave:
    return Leave(sets={"x": value}, why=f"answered: {value!r}"[:200])


def again(wants: str, problem: str, n: int = 2, said: Any = None) -> Stay:
    content = Say(said or ASK_AGAIN[wants]["en"])
    return Stay(("reply",), (content,), missed=True, why=f"{problem}: try {n} of 3")


TWO = asks("choice", buttons=[{"id": "a", "title": {"en": "Yes", "id": "Ya"}}, {"id": "b", "title": "No"}])
SHOWN = (Choice("a", "Yes"), Choice("b", "No"))
FILES = (Sent("image", "k1", "image/jpeg", "a.jpg"), Sent("video", "k2"))
PLACE = {"latitude": 1.5, "longitude": 2.5, "name": "Home"}

CASES = [
    Case("asks", asks(), Stay(("reply",), (Say("?"),), why="asks for text")),
    Case(
        "asks for a while",
        asks(seconds=60),
        Stay(("reply", "time"), (Say("?"), Sleep(7, 60)), asked=True, why="asks for text, waits 60 s"),
    ),
    Case("asks for a place", asks("location"), Stay(("reply",), (Say(LocationRequest("?")),), why="asks for location")),
    Case("asks for a choice", TWO, Stay(("reply",), (Say(Buttons("?", SHOWN)),), why="asks for choice")),
    Case(
        "in a language",
        TWO,
        Stay(("reply",), (Say(Buttons("?", (Choice("a", "Ya"), Choice("b", "No")))),), why="asks for choice"),
        language="id",
    ),
    Case(
        "a hostile mark",
        {"text": "{{x}}?"},
        Stay(("reply",), (Say("{{x}}?", {"x": HOSTILE}),), why="asks for text"),
        variables={"x": HOSTILE},
    ),
    Case("a text", asks(), answered("Ana"), Replied(" Ana ")),
    Case("a hostile text", asks(), answered(HOSTILE), Replied(HOSTILE)),
    Case("a very long text", asks(), answered("x" * 4096), Replied("x" * 5000)),
    Case("nothing kept", {"text": "?"}, Leave(why="answered: 'Ana'"), Replied("Ana")),
    Case("a tapped button of before", asks(), answered("Old"), Replied(choice="zz", label="Old")),
    Case("no text", asks(), again("text", "no text"), Replied(files=FILES)),
    Case("too short", asks(least=2), again("text", "less than 2 characters"), Replied("A")),
    Case("too long", asks(most=2), again("text", "more than 2 characters"), Replied("Ana")),
    Case("a number", asks("number"), answered(12), Replied("12")),
    Case("a fraction", asks("number"), answered(12.5), Replied("12,5")),
    Case("in words", asks("number"), answered(4), Replied("for 4 people")),
    Case("of another script", asks("number"), answered(12), Replied("١٢")),
    Case("a huge number", asks("number"), answered(float("9" * 20)), Replied("9" * 20)),
    Case("beyond numbers", asks("number"), again("number", "not a number"), Replied("9" * 400)),
    Case("no number", asks("number"), again("number", "not a number"), Replied("many")),
    Case("too little", asks("number", least=3), again("number", "less than 3"), Replied("2")),
    Case("too much", asks("number", most=3), again("number", "more than 3"), Replied("3.5")),
    Case("a date", asks("date"), answered("2026-12-05"), Replied("5 December")),
    Case("month first", asks("date", month_first=True), answered("2026-12-05"), Replied("12/5")),
    Case("no date", asks("date"), again("date", "not a date"), Replied("soon")),
    Case(
        "a phone number",
        asks("phone", country="ID"),
        answered("+6281234567890"),
        Replied("0812-3456-7890"),
    ),
    Case(
        "a phone number of the contact's country",
        asks("phone"),
        answered("+6281234567890"),
        Replied("081234567890"),
        here=Here(NOW, {"country": "id"}),
    ),
    Case(
        "of no known country",
        asks("phone"),
        again("phone", "not a phone"),
        Replied("081234567890"),
        here=Here(NOW, {"country": ["?"]}),
    ),
    Case("a contact card", asks("phone"), answered("+6281234567890"), Replied(phone="+62 812 3456 7890")),
    Case("no phone number", asks("phone"), again("phone", "not a phone"), Replied("none")),
    Case("an e-mail address", asks("email"), answered("Ana@a.example"), Replied("it is Ana@A.example")),
    Case("no e-mail address", asks("email"), again("email", "not an email"), Replied("ana at a")),
    Case("a place", asks("location"), answered(PLACE), Replied(place=Place(1.5, 2.5, "Home"))),
    Case(
        "no place",
        asks("location"),
        again("location", "no place", said=LocationRequest(ASK_AGAIN["location"]["en"])),
        Replied("home"),
    ),
    Case(
        "a file",
        asks("media"),
        answered({"kind": "image", "key": "k1", "filename": "a.jpg", "mime": "image/jpeg"}),
        Replied(files=FILES),
    ),
    Case(
        "a file of a kind",
        asks("media", files=["video"]),
        answered({"kind": "video", "key": "k2", "filename": "", "mime": ""}),
        Replied(files=FILES),
    ),
    Case("no file", asks("media"), again("media", "no file"), Replied("here")),
    Case(
        "a file of another kind",
        asks("media", files=["document"]),
        again("media", "image is not taken"),
        Replied(files=FILES),
    ),
    Case(
        "a choice in another language",
        TWO,
        Leave(sets={"x": "a", "x_title": "Ya"}, why="chose a"),
        Replied("1"),
        language="id",
    ),
    Case("a choice", TWO, Leave("a", sets={"x": "a", "x_title": "Yes"}, why="chose a"), Replied("yes"), drawn=["a"]),
    Case(
        "a choice, tapped",
        TWO,
        Leave(sets={"x": "b", "x_title": "No"}, why="chose b"),
        Replied(choice="b"),
        drawn=["a"],
    ),
    Case(
        "no choice",
        TWO,
        again("choice", "none of the choices", said=Buttons(ASK_AGAIN["choice"]["en"], SHOWN)),
        Replied("maybe"),
    ),
    Case(
        "its own retry",
        asks("number", retry="Figures!"),
        again("number", "not a number", said="Figures!"),
        Replied("a"),
    ),
    Case("the second retry", asks("number"), again("number", "not a number", 3), Replied("a"), tries=1),
    Case("gives up", asks("number"), GiveUp("not a number: 3 tries are over"), Replied("a"), tries=2),
    Case("one try", asks("number", tries=1), GiveUp("not a number: 1 tries are over"), Replied("a")),
    *(
        Case(
            f"again in {language}",
            asks(wants),
            Stay(("reply",), (Say(text),), missed=True, why=f"not {a_kind}: try 2 of 3"),
            Replied("?"),
            language=language,
        )
        for wants, a_kind in {"number": "a number", "date": "a date", "phone": "a phone", "email": "an email"}.items()
        for language, text in ASK_AGAIN[wants].items()
    ),
    Case("too late", asks(seconds=60), Leave("no_answer", why="no answer within 60 s"), TimedOut(6)),
    Case(
        "still limited",
        asks("number", seconds=60),
        Stay(("reply", "time"), (Say(ASK_AGAIN["number"]["en"]),), missed=True, why="not a number: try 2 of 3"),
        Replied("a"),
    ),
    Case("no limit", asks(), None, TimedOut(6)),
    Case(
        "given back",
        TWO,
        Stay(("reply",), (Say(Buttons("?", SHOWN)),), why="the conversation came back: asked again"),
        GivenBack(),
    ),
    Case("a model's words", asks(), None, ModelAnswered(6, "Ana")),
    Case("a payment", asks(), None, PaymentTold(6, "paid")),
    Case("an odd clock", asks("date"), answered("2026-11-21"), Replied("besok"), here=HERE),
]
WRONG: list[Wrong] = [
    ("right", asks(), []),
    ("a choice", TWO, []),
    ("no text", {"text": ""}, ["the question has no text"]),
    ("no name", asks(save="my name"), ["'my name' is not a variable's name"]),
    ("no tries", asks(tries=0), ["tries are 1 to 10"]),
    ("too many tries", asks(tries=11), ["tries are 1 to 10"]),
    ("nothing to choose", asks("choice"), ["a choice needs buttons or a list"]),
    ("choices for a text", {**TWO, "wants": "text"}, ["text takes no choices"]),
    ("nothing between", asks(least=3, most=2), ["least (3) is more than most (2)"]),
    ("bounds of a date", asks("date", least=3), ["least and most are of numbers and texts, not of date"]),
    ("no time", asks(seconds=0), ["the limit is more than 0 seconds and at most a year"]),
    ("a lifetime", asks(seconds=1e9), ["the limit is more than 0 seconds and at most a year"]),
    ("files of a text", asks(files=["image"]), ["files are of media, not of text"]),
    (
        "unknown files",
        asks("media", files=["gif"]),
        ["'gif' is not a kind of file: audio, document, image, sticker, video, voice are"],
    ),
    ("no country", asks("phone", country="Indonesia"), ["'Indonesia' is not a country: two letters, such as ID"]),
    (
        "one id twice",
        {**TWO, "buttons": [{"id": "a", "title": "A"}, {"id": "a", "title": "B"}]},
        ["2 choices have the id 'a'"],
    ),
]

test_moves, test_problems = table_of("ask", CASES, WRONG)
