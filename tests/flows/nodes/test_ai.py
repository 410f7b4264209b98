"""The table of `ai`."""

from dataclasses import replace
from typing import Any

from tests.support.flow_cases import HOSTILE, Case, Wrong, table_of
from turnkeeper.flows.effects import AskModel, Choosable, Say
from turnkeeper.flows.nodes.base import Leave, Stay
from turnkeeper.flows.signals import CallAnswered, Failed, GivenBack, ModelAnswered, Replied, TimedOut

WAYS = [{"exit": "buy", "when": "wants to buy in {{contact.city}}"}, {"exit": "leave", "when": "says goodbye"}]


def talks(**more: Any) -> dict[str, Any]:
    return {"prompt": "Help {{contact.name}}", **more}


def asked(ask: AskModel, why: str = "asks a model") -> Stay:
    if ask.task == TASK:
        ask = replace(ask, values={**KNOWN, **ask.values})
    return Stay(("model", "reply"), (ask,), asked=True, why=why)


TASK, KNOWN = "Help {{contact.name}}", {"contact.name": "Ana"}
CASES = [
    Case("asks", talks(), asked(AskModel(7, TASK, "hi")), reply=Replied("hi")),
    Case("a label is what was said", talks(), asked(AskModel(7, TASK, "Yes")), reply=Replied(choice="a", label="Yes")),
    Case("nothing was said", talks(), asked(AskModel(7, TASK))),
    Case("in a language", {"prompt": {"en": "A", "id": "B"}}, asked(AskModel(7, "B")), language="id"),
    Case(
        "a hostile value",
        {"prompt": "{{x}}"},
        asked(AskModel(7, "{{x}}", values={"x": HOSTILE})),
        variables={"x": HOSTILE},
    ),
    Case(
        "everything",
        talks(
            model="fast",
            temperature=0,
            max_tokens=9,
            history=3,
            knowledge=False,
            ways=WAYS,
            variables={"n": "a number"},
        ),
        asked(
            AskModel(
                7,
                TASK,
                "",
                "fast",
                0,
                9,
                3,
                False,
                (Choosable("buy", "wants to buy in {{contact.city}}"), Choosable("leave", "says goodbye")),
                {"n": "a number"},
                {"contact.city": "Kota"},
            )
        ),
    ),
    Case("answers", talks(), Leave(effects=(Say("Hello"),), why="the model answered"), ModelAnswered(6, "Hello")),
    Case(
        "its words are nobody's marks",
        talks(),
        Leave(effects=(Say(HOSTILE),), why="the model answered"),
        ModelAnswered(6, HOSTILE),
    ),
    Case(
        "answers in parts",
        talks(),
        Leave(effects=(Say("Hello"), Say("{{x}}")), why="the model answered"),
        ModelAnswered(6, "Hello\n{{x}}", parts=("Hello", "{{x}}")),
    ),
    Case("answers nothing", talks(), Leave(why="the model answered"), ModelAnswered(6, " \n")),
    Case(
        "kept, not said",
        talks(say=False, save="said"),
        Leave(sets={"said": "Hello"}, why="the model answered"),
        ModelAnswered(6, "Hello"),
    ),
    Case(
        "sets what it may",
        talks(variables={"n": "a number"}),
        Leave(sets={"n": 3}, why="the model answered"),
        ModelAnswered(6, values={"n": 3, "secret": 4, "contact": 5}),
    ),
    Case(
        "chooses",
        talks(ways=WAYS),
        Leave("buy", (Say("Good"),), why="the model chose buy"),
        ModelAnswered(6, "Good", "buy"),
    ),
    Case(
        "chooses while it stays",
        talks(ways=WAYS, stay=True),
        Leave("leave", why="the model chose leave"),
        ModelAnswered(6, "", "leave"),
    ),
    Case(
        "chooses what is none",
        talks(ways=WAYS),
        Leave(why="the model answered, which is no way here: 'failed'"),
        ModelAnswered(6, "", "failed"),
    ),
    Case("chooses none", talks(ways=WAYS), Leave(why="the model answered"), ModelAnswered(6)),
    Case(
        "stays",
        talks(ways=WAYS, stay=True),
        Stay(("reply",), (Say("Go on"),), memo="talks", why="stays in conversation"),
        ModelAnswered(6, "Go on"),
    ),
    Case(
        "the person goes on",
        talks(),
        asked(AskModel(7, TASK, "and?"), "the person goes on"),
        Replied("and?"),
        memo="talks",
    ),
    Case(
        "the person wrote more",
        talks(),
        asked(AskModel(7, TASK, "wait"), "the person wrote more: asked again"),
        Replied("wait"),
    ),
    Case(
        "an odd memo",
        talks(),
        asked(AskModel(7, TASK, "a"), "the person wrote more: asked again"),
        Replied("a"),
        memo=[{}],
    ),
    Case("no model", talks(), Leave("failed", why="no model answered: all are down"), Failed(6, "all are down")),
    Case("a tool's answer", talks(), None, CallAnswered(6)),
    Case("a timer", talks(), None, TimedOut(6)),
    Case("given back", talks(), None, GivenBack(), memo="talks"),
]
WRONG: list[Wrong] = [
    ("right", talks(ways=WAYS, stay=True, variables={"n": "a number"}, save="said"), []),
    ("no prompt", {"prompt": ""}, ["it has no prompt"]),
    ("no way out", talks(stay=True), ["a conversation that stays needs ways out of it"]),
    ("a taken way", talks(ways=[{"exit": "failed", "when": "x"}]), ["a way cannot be called 'failed'"]),
    ("a way without a name", talks(ways=[{"exit": "", "when": "x"}]), ["a way cannot be called ''"]),
    ("one way twice", talks(ways=[WAYS[0], WAYS[0]]), ["several ways are called 'buy'"]),
    (
        "no name",
        talks(save="a b", variables={"1": "x"}),
        ["'1' is not a variable's name", "'a b' is not a variable's name"],
    ),
    ("too hot", talks(temperature=3), ["the temperature is 0 to 2"]),
    ("no tokens", talks(max_tokens=0), ["max_tokens is 1 to 100000"]),
    ("too much history", talks(history=201), ["history is 0 to 200 messages"]),
]

test_moves, test_problems = table_of("ai", CASES, WRONG)
