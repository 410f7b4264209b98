"""What signals do in whole flows: on and back, words, fallbacks, flows within flows, languages, and what is odd."""

from dataclasses import replace
from typing import Any

import pytest

from tests.support.flow_cases import HERE, Played, book_of, flow_of
from turnkeeper.flows.decide import Decision, decide, new_turn, start
from turnkeeper.flows.effects import AskModel, CallHttp, Ended, HandOver, KeepField, Say, Sleep
from turnkeeper.flows.nodes.base import Here
from turnkeeper.flows.signals import CallAnswered, Failed, GivenBack, ModelAnswered, Replied, Started, TimedOut
from turnkeeper.flows.state import FlowState
from turnkeeper.flows.walking import DEEPEST, MOST_STEPS, MOST_VISITS, Passage

START = ("start", {})
NAME = ("ask", {"text": "Name?", "save": "name", "tries": 2})
BYE = ("end", {"text": "Bye {{name}}"})
ASKING = flow_of({"s": START, "ask": NAME, "end": BYE}, ["s -> ask", "ask -> end"])


def said(played: Played) -> list[Any]:
    return [each.content for each in played.effects if isinstance(each, Say)]


def passed(decision: Decision) -> list[str]:
    return [f"{each.node}" if each.by is None else f"{each.node}:{each.by}" for each in decision.passed]


def test_a_flow_from_its_start_to_its_end() -> None:
    played = Played(book_of(ASKING)).begin()
    assert played.effects == (Say("Name?"),)
    assert passed(played.last) == ["s", "s:next", "ask"]
    assert played.state.at == "ask"
    assert played.state.awaits == ("reply",)
    played.hear("Ana")
    assert played.effects == (Say("Bye {{name}}", {"name": "Ana"}), Ended("completed"))
    assert passed(played.last) == ["ask:next", "end", "end:completed"]
    assert not played.state.is_running
    assert played.state.variables == {"name": "Ana"}
    assert played.last.told == ("ask (ask): answered: 'Ana'", "end (end): the end")


def test_outside_a_flow_nothing_happens() -> None:
    for signal in (Replied("x"), TimedOut(0), GivenBack(), ModelAnswered(0)):
        assert decide(book_of(ASKING), FlowState(call=3), signal, HERE) == Decision(FlowState(call=3), missed=False)


@pytest.mark.parametrize(
    "book, name", [({}, "main"), (book_of(flow_of({"m": ("end", {})})), "main")], ids=["no flow", "no start"]
)
def test_what_cannot_begin_is_over_at_once(book: Any, name: str) -> None:
    decision = start(book, name, Started("called"), HERE)
    assert (decision.effects, decision.state.at, decision.passed) == ((Ended("broken"),), "", ())


@pytest.mark.parametrize("state", [FlowState("gone", at="ask"), FlowState("main", at="gone")], ids=["flow", "node"])
def test_what_is_gone_is_set_aside(state: FlowState) -> None:
    decision = decide(book_of(ASKING), state, Replied("x"), HERE)
    assert decision.effects == (Ended("broken"),)
    assert [each.by for each in decision.passed] == ["broken"]


def test_the_way_leads_to_a_node_that_is_gone() -> None:
    flow = flow_of({"s": START, "ask": NAME}, ["s -> ask"], words=[{"words": ["menu"], "does": "go", "node": "gone"}])
    played = Played(book_of(flow)).begin().hear("menu")
    assert played.effects == (Ended("broken"),)
    assert passed(played.last) == ["ask:word"]


def test_late_answers_change_nothing() -> None:
    flow = flow_of(
        {"s": START, "h": ("http", {"url": "https://a.example", "save": "got"}), "ask": NAME}, ["s -> h", "h -> ask"]
    )
    played = Played(book_of(flow)).begin()
    (call,) = played.effects
    assert isinstance(call, CallHttp)
    assert call.call == played.state.call
    before = new_turn(played.state)
    for late in (CallAnswered(call.call - 1, "x"), Failed(call.call + 1), TimedOut(0)):
        played.hear(late)
        assert (played.state, played.effects, played.last.missed) == (before, (), False)
        assert "too late" in played.last.told[0]
    played.hear(ModelAnswered(call.call, "not for this node"))
    assert (played.state, played.effects) == (before, ())
    played.hear(CallAnswered(call.call, {"a": 1}, 200))
    assert played.state.variables == {"got": {"a": 1}}
    before = new_turn(played.state)
    played.hear(CallAnswered(call.call, {"a": 2}, 200))
    assert new_turn(played.state) == before


def test_a_timer_counts_only_while_its_node_waits() -> None:
    flow = flow_of(
        {"s": START, "ask": ("ask", {"text": "?", "seconds": 60}), "late": ("end", {"text": "late"})},
        ["s -> ask", "ask:no_answer -> late"],
    )
    played = Played(book_of(flow)).begin()
    assert played.effects == (Say("?"), Sleep(played.state.call, 60))
    fires = TimedOut(played.state.call)
    played.hear(fires)
    assert said(played) == ["late"]
    played = Played(book_of(flow)).begin().hear("in time", fires)
    assert played.effects == ()


def test_a_retry_keeps_the_first_limit() -> None:
    flow = flow_of(
        {"s": START, "ask": ("ask", {"text": "?", "wants": "number", "seconds": 60}), "late": BYE},
        ["s -> ask", "ask:no_answer -> late"],
    )
    played = Played(book_of(flow)).begin()
    fires = TimedOut(played.state.call)
    played.hear("no number")
    assert played.last.missed
    assert not any(isinstance(each, Sleep) for each in played.effects)
    assert not played.hear(fires).state.is_running


@pytest.mark.parametrize(
    "label, settings, effects, at",
    [
        ("a person, unless said", {}, (HandOver("ask: not a number: 2 tries are over"), Ended("handed_over")), ""),
        (
            "a person",
            {"fallback": {"person": True, "text": "Wait"}},
            (Say("Wait"), HandOver("ask: not a number: 2 tries are over"), Ended("handed_over")),
            "",
        ),
        ("a node", {"fallback": {"node": "ai"}}, None, "ai"),
        (
            "a flow that is not there",
            {"fallback": {"flow": "gone"}},
            (HandOver("ask: not a number: 2 tries are over"), Ended("handed_over")),
            "",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_fallbacks(label: str, settings: dict[str, Any], effects: Any, at: str) -> None:
    nodes = {"s": START, "ask": ("ask", {"text": "?", "wants": "number", "tries": 2}), "ai": ("ai", {"prompt": "Help"})}
    played = Played(book_of(flow_of(nodes, ["s -> ask"], **settings))).begin().hear("a").hear("b")
    assert played.last.missed
    assert "ask:fallback" in passed(played.last)
    assert played.state.at == at
    if effects is None:
        (asked,) = played.effects
        assert isinstance(asked, AskModel)
        assert asked.text == "b"
    else:
        assert played.effects == effects


def test_another_flow_as_the_fallback_and_back_to_the_question() -> None:
    ask = ("ask", {"text": "How many?", "wants": "number", "tries": 1, "save": "n"})
    flow = flow_of(
        {"s": START, "ask": ask, "e": ("end", {"text": "{{n}} {{why}}"})},
        ["s -> ask", "ask -> e"],
        fallback={"flow": "helping"},
    )
    helping = flow_of({"s": START, "q": ("ask", {"text": "Why not?", "save": "why"})}, ["s -> q"], name="helping")
    played = Played(book_of(flow, helping)).begin().hear("many")
    assert said(played) == ["Why not?"]
    played.hear("because")
    assert said(played) == ["How many?"]
    assert passed(played.last) == ["q:next", "ask"]
    played.hear("3")
    assert played.effects[0] == Say("{{n}} {{why}}", {"n": "3", "why": "because"})


def test_what_fails_goes_to_the_fallback_where_it_has_no_way() -> None:
    nodes = {"s": START, "ai": ("ai", {"prompt": "x"}), "sorry": ("ai", {"prompt": "sorry"})}
    played = Played(book_of(flow_of(nodes, ["s -> ai"], fallback={"node": "sorry"}))).begin()
    state = decide(played.book, played.state, Failed(played.state.call, "down"), HERE)
    assert state.state.at == "sorry"
    over = decide(played.book, state.state, Failed(state.state.call, "down"), HERE)
    assert over.effects == (HandOver("sorry: no model answered: down"), Ended("handed_over"))  # and not round and round
    with_flow = flow_of(nodes, ["s -> ai"], fallback={"flow": "other"})
    other = flow_of({"s": START, "ask": NAME}, ["s -> ask"], name="other")
    played = Played(book_of(with_flow, other)).begin()
    played.hear(Failed(played.state.call)).hear("Ana")
    assert played.effects == (Ended("completed"),)  # what failed is not gone on with


WORDS = [
    {"words": ["cancel", "batal", "إلغاء"], "does": "cancel", "text": "Stopped"},
    {"words": ["help"], "does": "help", "text": "Write your name"},
    {"words": ["person", "👤"], "does": "person", "text": "A moment"},
    {"words": ["menu"], "does": "go", "node": "menu"},
]


@pytest.mark.parametrize(
    "word, effects, at, by",
    [
        ("CANCEL!", (Say("Stopped"), Ended("cancelled")), "", ["ask:cancelled"]),
        ("إلغاء", (Say("Stopped"), Ended("cancelled")), "", ["ask:cancelled"]),
        (" help ", (Say("Write your name"),), "ask", []),
        (
            "person",
            (Say("A moment"), HandOver("the person asked for one"), Ended("handed_over")),
            "",
            ["ask:handed_over"],
        ),
        ("👤", (Say("A moment"), HandOver("the person asked for one"), Ended("handed_over")), "", ["ask:handed_over"]),
        ("menu", (Say("Menu"), Ended("completed")), "", ["ask:word", "menu", "menu:next"]),
        ("please cancel", (Ended("completed"),), "", ["ask:next"]),
    ],
)
def test_words(word: str, effects: Any, at: str, by: list[str]) -> None:
    flow = flow_of({"s": START, "ask": NAME, "menu": ("message", {"text": "Menu"})}, ["s -> ask"], words=WORDS)
    played = Played(book_of(flow)).begin().hear(word)
    assert played.effects == effects
    assert played.state.at == at
    assert passed(played.last) == by


def test_a_word_to_cancel_goes_where_the_node_says() -> None:
    flow = flow_of(
        {"s": START, "ask": NAME, "out": ("end", {"text": "Out"})}, ["s -> ask", "ask:cancel -> out"], words=WORDS
    )
    assert said(Played(book_of(flow)).begin().hear("cancel")) == ["Stopped", "Out"]


def test_a_word_on_a_button_that_is_shown_is_an_answer() -> None:
    ask = ("ask", {"text": "?", "wants": "choice", "save": "c", "buttons": [{"id": "x", "title": "Help"}]})
    flow = flow_of({"s": START, "ask": ask}, ["s -> ask"], words=WORDS)
    assert Played(book_of(flow)).begin().hear("help").state.variables == {"c": "x", "c_title": "Help"}
    assert said(Played(book_of(flow)).begin().hear("menu")) == []  # to a node that is gone


def test_a_word_on_a_button_that_was_tapped_is_no_word() -> None:
    flow = flow_of({"s": START, "ask": NAME, "menu": ("message", {"text": "Menu"})}, ["s -> ask"], words=WORDS)
    played = Played(book_of(flow)).begin().hear(Replied("menu", "old", "menu"))
    assert passed(played.last) == ["ask:next"]


def test_words_of_a_flow_count_in_those_that_it_calls() -> None:
    outer = flow_of({"s": START, "f": ("flow", {"flow": "inner"}), "menu": NAME}, ["s -> f"], words=WORDS)
    inner = flow_of(
        {"s": START, "q": NAME}, ["s -> q"], name="inner", words=[{"words": ["help"], "does": "help", "text": "Inner"}]
    )
    played = Played(book_of(outer, inner)).begin()
    assert said(played.hear("help")) == ["Inner"]
    played.hear("menu")
    assert (played.state.flow, played.state.at, played.state.stack) == ("main", "menu", ())
    assert [str(each.flow) + ":" + str(each.by) for each in played.last.passed] == [
        "inner:word",
        "main:word",
        "main:None",
    ]
    played = Played(book_of(outer, inner)).begin().hear("cancel")
    assert played.effects == (Say("Stopped"), Ended("cancelled"))
    assert played.last.passed == (Passage("inner", 1, "q", "cancelled"), Passage("main", 1, "f", "cancelled"))


def test_into_another_flow_and_back_with_what_it_found() -> None:
    outer = flow_of(
        {
            "s": START,
            "set": ("set", {"variables": {"city": "Kota", "n": 3}}),
            "f": ("flow", {"flow": "inner", "given": {"to": "{{city}}", "much": "{{n}}"}}),
            "e": ("end", {"text": "{{city}} {{name}} {{_own}} {{to}}"}),
        },
        ["s -> set", "set -> f", "f -> e"],
    )
    inner = flow_of(
        {
            "s": START,
            "own": ("set", {"variables": {"_own": 1}}),
            "q": ("ask", {"text": "{{to}} {{city}} {{much}}?", "save": "name"}),
            "e": ("end", {"text": "ok"}),
        },
        ["s -> own", "own -> q", "q -> e"],
        name="inner",
        version=7,
    )
    played = Played(book_of(outer, inner)).begin()
    assert played.effects == (Say("{{to}} {{city}} {{much}}?", {"to": "Kota", "city": "", "much": "3"}),)
    assert (played.state.flow, played.state.version) == ("inner", 7)
    played.hear("Ana")
    assert played.effects[-2].values == {"city": "Kota", "name": "Ana", "_own": "", "to": "Kota"}  # type: ignore[union-attr]
    assert [f"{each.flow} {each.node}:{each.by}" for each in played.last.passed][-5:] == [
        "inner e:None",
        "inner e:completed",
        "main f:next",
        "main e:None",
        "main e:completed",
    ]


def test_a_flow_that_is_gone_when_it_is_come_back_to() -> None:
    outer = flow_of({"s": START, "f": ("flow", {"flow": "inner"})}, ["s -> f"])
    inner = flow_of({"s": START, "q": NAME}, ["s -> q"], name="inner")
    played = Played(book_of(outer, inner)).begin()
    played.book = book_of(inner)
    assert played.hear("Ana").effects == (Ended("broken"),)
    assert played.last.passed == (Passage("inner", 1, "q", "next"), Passage("main", 1, "f", "broken"))
    played = Played(book_of(outer)).begin()
    assert played.effects == (Ended("completed"),)
    assert "there is no flow 'inner'" in played.last.told[1]


def test_flows_within_flows_have_an_end() -> None:
    flow = flow_of({"s": START, "f": ("flow", {"flow": "main"})}, ["s -> f"])
    played = Played(book_of(flow)).begin()
    assert played.effects == (Ended("looped"),)
    entered = [each for each in played.last.passed if each.by is None]
    assert len(entered) == 2 * (DEEPEST + 1)
    assert len([each for each in played.last.passed if each.by]) == len(entered)


def test_circles_are_cut_off() -> None:
    flow = flow_of({"s": START, "a": ("message", {"text": "x"})}, ["s -> a", "a -> a"])
    played = Played(book_of(flow)).begin()
    assert len(said(played)) == MOST_VISITS
    assert played.effects[-1] == Ended("looped")
    long = {"s": START, **{f"n{n}": ("message", {"text": "x"}) for n in range(MOST_STEPS + 50)}}
    edges = ["s -> n0", *(f"n{n} -> n{n + 1}" for n in range(MOST_STEPS + 49))]
    played = Played(book_of(flow_of(long, edges))).begin()
    assert len(said(played)) == MOST_STEPS - 1
    assert played.effects[-1] == Ended("looped")


def test_each_turn_counts_anew_and_a_flow_that_follows_counts_on() -> None:
    flow = flow_of({"s": START, "ask": NAME}, ["s -> ask", "ask -> ask"])
    played = Played(book_of(flow)).begin()
    for _ in range(MOST_VISITS + 5):
        played.hear("again")
    assert played.state.at == "ask"
    assert played.state.steps == 1
    state = played.state
    for _ in range(MOST_VISITS + 5):  # all in one turn
        state = decide(played.book, state, Replied("again"), HERE).state
    assert not state.is_running
    followed = start(played.book, "main", Started("called"), HERE, state)
    assert followed.effects[-1] == Ended("looped")
    assert start(played.book, "main", Started("called"), HERE, new_turn(state)).state.call > state.call


def test_given_back_asks_again_and_buys_nothing_twice() -> None:
    assert Played(book_of(ASKING)).begin().hear(GivenBack()).effects == (Say("Name?"),)
    for type_, data in {
        "payment": {"amount": 5, "currency": "INR", "description": "x"},
        "delay": {"seconds": 5, "skip": True},
        "wait": {"seconds": 5},
    }.items():
        played = Played(book_of(flow_of({"s": START, "n": (type_, data)}, ["s -> n"]))).begin()
        before = new_turn(played.state)
        assert played.hear(GivenBack()).effects == ()
        assert new_turn(played.state) == before


LANGUAGES = flow_of(
    {
        "s": START,
        "q": (
            "ask",
            {
                "text": {"en": "Language?", "id": "Bahasa?"},
                "wants": "choice",
                "save": "language",
                "buttons": [{"id": "en", "title": "English"}, {"id": "id", "title": "Indonesia"}],
            },
        ),
        "m": ("ask", {"text": {"en": "Name?", "id": "Nama?"}}),
    },
    ["s -> q", "q -> m"],
)


@pytest.mark.parametrize(
    "label, contact, guessed, text",
    [
        ("nothing known: the flow's own", {}, (), "Language?"),
        ("the contact's", {"language": "id"}, ("en",), "Bahasa?"),
        ("the contact's, with a country", {"language": "id_ID"}, (), "Bahasa?"),
        ("the contact's, unknown here", {"language": "fr"}, ("id",), "Bahasa?"),
        ("guessed", {}, ("ms", "id", "en"), "Bahasa?"),
        ("nothing that fits", {"language": "fr"}, ("ms",), "Language?"),
        ("odd", {"language": 7}, (), "Language?"),
    ],
)
def test_the_language_to_begin_with(label: str, contact: dict[str, Any], guessed: tuple[str, ...], text: str) -> None:
    here = Here(HERE.local, contact, languages=guessed)
    assert said(Played(book_of(LANGUAGES), here).begin())[0].body == text


def test_a_language_that_is_asked_for_stays() -> None:
    played = Played(book_of(LANGUAGES)).begin().hear("Indonesia")
    assert played.effects == (KeepField("language", "id"), Say("Nama?"))
    played.here = Here(HERE.local, {"language": "id"}, languages=("en",))
    played.hear("Ana")
    assert said(played.begin())[0].body == "Bahasa?"
    known = Played(book_of(LANGUAGES), Here(HERE.local, {"language": "id"})).begin().hear("Indonesia")
    assert known.effects == (Say("Nama?"),)


def test_a_language_is_guessed_later_where_nothing_was_known() -> None:
    played = Played(book_of(LANGUAGES)).begin()
    played.here = Here(HERE.local, languages=("id",))
    assert said(played.hear("hmm"))[0].body == "Tolong pilih salah satu."
    played.here = Here(HERE.local, languages=("en",))
    assert said(played.hear("hmm"))[0].body == "Tolong pilih salah satu."  # and then stays


def test_a_language_that_the_flow_has_not_is_a_variable_only() -> None:
    flow = flow_of(
        {"s": START, "set": ("set", {"variables": {"language": "fr"}}), "q": ("ask", {"text": {"en": "A", "id": "B"}})},
        ["s -> set", "set -> q"],
    )
    played = Played(book_of(flow)).begin()
    assert (said(played), played.state.language, played.state.variables) == (["A"], "", {"language": "fr"})
    flow = flow_of(
        {"s": START, "set": ("set", {"contact": {"language": "id"}}), "q": ("ask", {"text": {"en": "A", "id": "B"}})},
        ["s -> set", "set -> q"],
    )
    assert Played(book_of(flow)).begin().effects == (KeepField("language", "id"), Say("B"))


def test_what_a_flow_knows_as_it_begins() -> None:
    for signal, variables in (
        (Started("called", data={"a": 1}), {"a": 1}),
        (Started("event", data={"a": 1}), {"event": {"a": 1}}),
        (Started("referral", data={"source": "ad"}), {"referral": {"source": "ad"}}),
        (Started("event"), {}),
    ):
        assert Played(book_of(ASKING)).begin(signal=signal).state.variables == variables


def test_nobodys_words_become_marks() -> None:
    flow = flow_of(
        {
            "s": START,
            "q": NAME,
            "t": ("template", {"name": "t", "body": ["{{name}}"]}),
            "ai": ("ai", {"prompt": "{{name}}"}),
        },
        ["s -> q", "q -> t", "t -> ai"],
    )
    played = Played(book_of(flow)).begin().hear("{{{secret}} {{contact.name}}")
    template, asked = played.effects
    assert isinstance(template, Say)
    assert template.values == {}
    assert isinstance(asked, AskModel)
    assert (asked.task, asked.values) == ("{{name}}", {"name": "{{{secret}} {{contact.name}}"})
    played.hear(ModelAnswered(played.state.call, "{{{secret}}"))
    assert played.effects[0] == Say("{{{secret}}")


def test_a_question_that_was_given_up_is_left_once_whatever_follows() -> None:
    ask = ("ask", {"text": "How many?", "wants": "number", "tries": 1})
    words = [{"words": ["menu"], "does": "go", "node": "menu"}, {"words": ["stop"], "does": "cancel"}]
    flow = flow_of(
        {"s": START, "ask": ask, "menu": ("end", {})}, ["s -> ask"], fallback={"flow": "helping"}, words=words
    )
    helping = flow_of({"s": START, "q": NAME}, ["s -> q"], name="helping")
    for word, expected in (
        ("stop", ["helping q:cancelled"]),
        ("menu", ["helping q:word", "main menu:None", "main menu:completed"]),
        ("Ana", ["helping q:next", "main ask:None"]),
    ):
        played = Played(book_of(flow, helping)).begin().hear("many")
        assert "ask:fallback" in passed(played.last)
        played.hear(word)
        assert [f"{each.flow} {each.node}:{each.by}" for each in played.last.passed] == expected


def test_what_a_flow_keeps_counts_at_once() -> None:
    vip = {"field": "contact.tags", "op": "contains", "value": "vip"}
    flow = flow_of(
        {
            "s": START,
            "set": ("set", {"contact": {"city": "Bandung"}, "tag": ["vip", "new"], "untag": ["new"]}),
            "stage": ("stage", {"stage": "paying"}),
            "vip": ("condition", {"branches": [{"exit": "yes", "when": vip}]}),
            "say": ("message", {"text": "{{contact.city}} {{contact.name}} {{contact.tags}} {{session.stage}}"}),
        },
        ["s -> set", "set -> stage", "stage -> vip", "vip:yes -> say"],
    )
    here = replace(HERE, session={"stage": "welcome", "flow": "main"})
    (said,) = [each for each in Played(book_of(flow), here).begin().effects if isinstance(each, Say)]
    assert said.values == {
        "contact.city": "Bandung", "contact.name": "Ana", "contact.tags": "vip", "session.stage": "paying",
    }  # fmt: skip
    assert (here.contact["city"], here.session["stage"]) == ("Kota", "welcome"), "of this decision only"


def test_the_contacts_language_comes_before_that_of_an_earlier_flow() -> None:
    before = FlowState(language="id")
    asked = start(book_of(LANGUAGES), "main", Started("called"), HERE, before)
    assert asked.state.language == "id"
    here = Here(HERE.local, {"language": "en"}, languages=("id",))
    assert start(book_of(LANGUAGES), "main", Started("called"), here, before).state.language == "en"


def test_a_model_in_conversation_goes_on_until_it_chooses_a_way() -> None:
    data = {"prompt": "Sell", "stay": True, "ways": [{"exit": "buy", "when": "wants it"}]}
    played = Played(book_of(flow_of({"s": START, "ai": ("ai", data), "e": BYE}, ["s -> ai", "ai:buy -> e"]))).begin()
    played.hear(ModelAnswered(played.state.call, "What may it be?"))
    assert (said(played), played.state.awaits) == (["What may it be?"], ("reply",))
    played.hear("shoes")
    assert played.last.told == ("ai (ai): the person goes on",)
    assert not played.last.missed
    (asked,) = played.effects
    assert isinstance(asked, AskModel)
    played.hear("red ones")
    assert played.last.told == ("ai (ai): the person wrote more: asked again",)
    played.hear(ModelAnswered(asked.call, "Shoes!"))
    assert played.effects == ()  # an answer to the older question
    played.hear(ModelAnswered(played.state.call, "", "buy"))
    assert played.effects[-1] == Ended("completed")
