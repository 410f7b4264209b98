"""The table of `message`."""

from tests.support.flow_cases import HOSTILE, Case, Wrong, table_of
from turnkeeper.flows.effects import Say
from turnkeeper.flows.nodes.base import GiveUp, Leave, Stay
from turnkeeper.flows.signals import GivenBack, ModelAnswered, Replied, TimedOut
from turnkeeper.model.contents import Audio, Buttons, Document, File, Image, List, Section, Sticker, Video, VoiceNote
from turnkeeper.model.events import Choice

TWO = {"text": "Which?", "buttons": [{"id": "a", "title": "Yes"}, {"id": "b", "title": "No", "words": ["nope"]}]}
ROWS = {
    "text": "Which?",
    "list": {
        "button": {"en": "Open", "id": "Buka"},
        "sections": [{"title": "All", "rows": [{"id": "a", "title": "Yes", "description": "really"}]}],
    },
}
SHOWN = Say(Buttons("Which?", (Choice("a", "Yes"), Choice("b", "No"))))
SAME = {"text": "?", "buttons": [{"id": "a", "title": "Yes"}, {"id": "b", "title": "yes!"}]}


def shown(why: str, *, missed: bool = True) -> Stay:
    return Stay(("reply",), (SHOWN,), missed=missed, why=why)


AGAIN = shown("none of the choices: asked again")


def media(kind: str) -> dict[str, object]:
    return {"text": "Look", "media": {"kind": kind, "url": "https://a.example/f"}}


LINK = File(link="https://a.example/f")
CASES = [
    Case("words", {"text": "Hi"}, Leave(effects=(Say("Hi"),))),
    Case("nothing", {}, Leave()),
    Case(
        "a mark", {"text": "Hi {{contact.name}}"}, Leave(effects=(Say("Hi {{contact.name}}", {"contact.name": "Ana"}),))
    ),
    Case(
        "a mark of nothing",
        {"text": "{{a|friend}}{{b}}"},
        Leave(effects=(Say("{{a|friend}}{{b}}", {"a|friend": "friend", "b": ""}),)),
    ),
    Case(
        "a hostile value", {"text": "{{x}}"}, Leave(effects=(Say("{{x}}", {"x": HOSTILE}),)), variables={"x": HOSTILE}
    ),
    Case("a language", {"text": {"en": "Hi", "id": "Hai"}}, Leave(effects=(Say("Hai"),)), language="id"),
    Case("a language near it", {"text": {"en": "Hi", "pt": "Oi"}}, Leave(effects=(Say("Oi"),)), language="pt-BR"),
    Case("near from afar", {"text": {"en": "Hi", "pt-BR": "Oi"}}, Leave(effects=(Say("Oi"),)), language="pt"),
    Case("no such language", {"text": {"id": "Hai", "en": "Hi"}}, Leave(effects=(Say("Hi"),)), language="fr"),
    Case("any language", {"text": {"id": "Hai"}}, Leave(effects=(Say("Hai"),)), language="fr"),
    Case("an image", media("image"), Leave(effects=(Say(Image(LINK, caption="Look")),))),
    Case("a video", media("video"), Leave(effects=(Say(Video(LINK, caption="Look")),))),
    Case("a document", media("document"), Leave(effects=(Say(Document(LINK, caption="Look")),))),
    Case("a sound has no caption", media("audio"), Leave(effects=(Say(Audio(LINK)), Say("Look")))),
    Case("a voice note", media("voice"), Leave(effects=(Say(VoiceNote(LINK)), Say("Look")))),
    Case("a sticker", media("sticker"), Leave(effects=(Say(Sticker(LINK)), Say("Look")))),
    Case("a kept file", {"media": {"kind": "image", "key": "k"}}, Leave(effects=(Say(Image(File(key="k"))),))),
    Case(
        "a mark in an address",
        {"media": {"kind": "image", "url": "https://a.example/{{p}}"}},
        Leave(effects=(Say(Image(File(link="https://a.example/{{p}}")), {"p": "x/y"}),)),
        variables={"p": "x/y"},
    ),
    Case(
        "a file above choices",
        {**TWO, "media": {"kind": "image", "key": "k"}},
        Stay(("reply",), (Say(Image(File(key="k"))), SHOWN), why="waits for a choice"),
        drawn=["a"],
    ),
    Case("choices that lead nowhere", TWO, Leave(effects=(SHOWN,)), drawn=["next"]),
    Case("choices", TWO, Stay(("reply",), (SHOWN,), why="waits for a choice"), drawn=["a"]),
    Case("only else", TWO, Stay(("reply",), (SHOWN,), why="waits for a choice"), drawn=["else"]),
    Case(
        "a list",
        ROWS,
        Stay(
            ("reply",),
            (Say(List("Which?", "Buka", [Section((Choice("a", "Yes", "really"),), "All")])),),
            why="waits for a choice",
        ),
        drawn=["a"],
        language="id",
    ),
    Case(
        "marks everywhere",
        {
            "text": "{{a}}",
            "header": "{{b}}",
            "list": {
                "button": "{{c}}",
                "sections": [{"title": "{{d}}", "rows": [{"id": "x", "title": "{{e}}", "description": "{{f}}"}]}],
            },
        },
        Leave(
            effects=(
                Say(
                    List("{{a}}", "{{c}}", [Section((Choice("x", "{{e}}", "{{f}}"),), "{{d}}")], header="{{b}}"),
                    {name: name.upper() for name in "abcdef"},
                ),
            )
        ),
        variables={name: name.upper() for name in "abcdef"},
    ),
    Case(
        "header and footer",
        {**TWO, "header": "H", "footer": "F"},
        Leave(effects=(Say(Buttons("Which?", (Choice("a", "Yes"), Choice("b", "No")), header="H", footer="F")),)),
    ),
    Case("tapped", TWO, Leave("a", why="chose a"), Replied(choice="a", label="Yes"), drawn=["a", "b"]),
    Case("typed", TWO, Leave("b", why="chose b"), Replied(" NO! "), drawn=["a", "b"]),
    Case("a word of it", TWO, Leave("b", why="chose b"), Replied("nope"), drawn=["a", "b"]),
    Case("its number", TWO, Leave("b", why="chose b"), Replied("2"), drawn=["a", "b"]),
    Case("its number in another script", TWO, Leave("b", why="chose b"), Replied("٢"), drawn=["a", "b"]),
    Case("no edge of its own", TWO, Leave("next", why="chose b"), Replied("no"), drawn=["a", "next"]),
    Case("an old button", TWO, AGAIN, Replied(choice="zz", label="Old"), drawn=["a"]),
    Case("two could be meant", SAME, Leave("else", why="said something else"), Replied("yes"), drawn=["a", "else"]),
    Case("something else", TWO, Leave("else", why="said something else"), Replied("maybe"), drawn=["a", "else"]),
    Case("something else, undrawn", TWO, AGAIN, Replied("maybe"), drawn=["a"]),
    Case("emoji", TWO, AGAIN, Replied("🙂"), drawn=["a"]),
    Case("nothing said", TWO, AGAIN, Replied(), drawn=["a"], tries=1),
    Case("the third time", TWO, Leave(why="none of the choices, 3 times"), Replied("?"), drawn=["a", "next"], tries=2),
    Case("the third time, nowhere", TWO, GiveUp("none of the choices, 3 times"), Replied("?"), drawn=["a"], tries=2),
    Case("given back", TWO, shown("the conversation came back: shown again", missed=False), GivenBack(), drawn=["a"]),
    Case("a model's words", TWO, None, ModelAnswered(6, "a"), drawn=["a"]),
    Case("a timer", TWO, None, TimedOut(6), drawn=["a"]),
]

WRONG: list[Wrong] = [
    ("right", {"text": "Hi"}, []),
    ("a file alone", {"media": {"kind": "image", "key": "k"}}, []),
    ("nothing", {}, ["it says nothing: add a text or a file"]),
    (
        "a file from nowhere",
        {"media": {"kind": "image"}},
        ["the file has an address or the name of a kept one: one of them"],
    ),
    (
        "a file from two places",
        {"media": {"kind": "image", "key": "k", "url": "u"}},
        ["the file has an address or the name of a kept one: one of them"],
    ),
    (
        "no text above choices",
        {"media": {"kind": "image", "key": "k"}, "buttons": TWO["buttons"]},
        ["choices need a text above them"],
    ),
    ("both", {**TWO, **ROWS}, ["it has buttons and a list: only one of them can be shown"]),
    ("an empty list", {"text": "?", "list": {"sections": []}}, ["the list is empty"]),
    (
        "one id twice",
        {"text": "?", "buttons": [{"id": "a", "title": "A"}, {"id": "a", "title": "B"}]},
        ["2 choices have the id 'a'"],
    ),
    (
        "one title twice",
        {"text": "?", "buttons": [{"id": "a", "title": "A"}, {"id": "b", "title": {"en": "A", "id": "B"}}]},
        ["several choices are called 'A': nobody can tell them apart"],
    ),
    (
        "one title in two languages",
        {"text": "?", "buttons": [{"id": "a", "title": {"en": "A", "id": "B"}}, {"id": "b", "title": {"id": "A"}}]},
        [],
    ),
    ("a taken id", {"text": "?", "buttons": [{"id": "next", "title": "A"}]}, ["a choice cannot have the id 'next'"]),
    ("no id", {"text": "?", "buttons": [{"id": " ", "title": "A"}]}, ["a choice cannot have the id ' '"]),
    ("no title", {"text": "?", "buttons": [{"id": "a", "title": ""}]}, ["the choice 'a' has no title"]),
    (
        "no title in a language",
        {"text": "?", "buttons": [{"id": "a", "title": {"en": "A", "id": ""}}]},
        ["the choice 'a' has no title"],
    ),
]

test_moves, test_problems = table_of("message", CASES, WRONG)
