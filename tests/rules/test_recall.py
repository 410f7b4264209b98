"""What a model is told of a conversation."""

from math import inf
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnkeeper.model.llm import Attached, Said
from turnkeeper.rules.recall import (
    COLLEAGUE,
    CUT,
    HANDED_OVER,
    Message,
    Spoken,
    before_turn,
    estimated_tokens,
    messages,
    recalled,
    to_summarise,
    transcript,
    with_now,
)

NOON = 1_795_176_000.0  # 2026-11-20 12:00 UTC


def person(text: str, at: float = 0.0, kind: str = "text") -> Spoken:
    return Spoken("contact", text, at, kind)


def bot(text: str, at: float = 0.0, turn: int | None = 1, kind: str = "text") -> Spoken:
    return Spoken("bot", text, at, kind, turn)


def colleague(text: str, at: float = 0.0) -> Spoken:
    return Spoken("person", text, at, "operator")


def user(text: str) -> Said:
    return Said("user", text)


def assistant(text: str) -> Said:
    return Said("assistant", text)


def told(*lines: Spoken, **named: Any) -> tuple[Said, ...]:
    return recalled(messages(lines), **{"most": 10, "tokens": 4000, **named}).messages


@pytest.mark.parametrize(
    "label, lines, expected",
    [
        ("nothing", [], ()),
        ("a question and its answer", [person("hi"), bot("hello")], (user("hi"), assistant("hello"))),
        ("a burst", [person("hi"), person("there"), bot("hello")], (user("hi\nthere"), assistant("hello"))),
        ("the parts of an answer", [person("hi"), bot("one\n\n(1/2)"), bot("two\n\n(2/2)")],
         (user("hi"), assistant("one\n\ntwo"))),
        ("numbers that are no part's", [person("hi"), bot("one (1/2)"), bot("two")],
         (user("hi"), assistant("one (1/2)\n\ntwo"))),
        ("two answers", [person("hi"), bot("a", turn=1), bot("b", turn=2)], (user("hi"), assistant("a\n\nb"))),
        ("the bot began", [bot("hello"), person("hi")],
         (user("[What was said before is left out.]"), assistant("hello"), user("hi"))),
        ("a colleague", [person("help"), colleague("I am Ada"), person("thanks"), bot("hello")],
         (user("help"), assistant(COLLEAGUE + "I am Ada"), user("thanks"), assistant("hello"))),
        ("files in words", [person("[voice]", kind="voice"), person("[image]", kind="image"),
                            person("our menu", kind="image"), person("[document a.pdf]", kind="document")],
         (user("[voice note]\n[image]\n[image: our menu]\n[document a.pdf]"),)),
        ("a place and a reaction", [person("[location] Rome", kind="location"), person("👍", kind="reaction")],
         (user("[location] Rome\n[reaction: 👍]"),)),
        ("what the bot sent", [person("hi"), bot("[image]", kind="image"), bot("Yes or no?", kind="buttons")],
         (user("hi"), assistant("[image]\n\nYes or no?"))),
        ("a button", [bot("Yes or no?", kind="buttons"), person("Yes", kind="button_reply")],
         (user("[What was said before is left out.]"), assistant("Yes or no?"), user("Yes"))),
        ("an empty line", [person(" "), person("hi")], (user("hi"),)),
    ],
)  # fmt: skip
def test_lines_become_messages(label: str, lines: list[Spoken], expected: tuple[Said, ...]) -> None:
    assert told(*lines) == expected


def test_in_a_group_the_name_stays_in_front() -> None:
    lines = [person("Ada: our menu", kind="image"), person("Bob: [voice]", kind="voice"), person("Ada: hi")]
    assert [each.text for each in messages(lines, in_group=True)] == [
        "Ada: [image: our menu]\nBob: [voice note]\nAda: hi"
    ]


LINES = [person("old", 1), bot("answer", 2), person("old", 3), person("new", 4), bot("wait", 5, turn=7)]


@pytest.mark.parametrize(
    "label, lines, heard, left",
    [
        ("its message", LINES, ["new"], ["old", "answer", "old"]),
        ("two of them", LINES, ["old", "new"], ["old", "answer"]),
        ("what came later", [*LINES, person("later", 6)], ["new"], ["old", "answer", "old"]),
        ("a timer's turn", LINES, [], ["old", "answer", "old", "new"]),
        ("one that is not in the history", LINES, ["unknown", "new"], ["old", "answer", "old"]),
        ("what an operator wrote meanwhile", [*LINES, colleague("hm", 6)], ["new"], ["old", "answer", "old", "hm"]),
    ],
)
def test_the_turns_own_messages_are_not_in_its_history(
    label: str, lines: list[Spoken], heard: list[str], left: list[str]
) -> None:
    assert [line.text for line in before_turn(lines, 7, heard)] == left


def exchange(count: int, words: str = "word") -> list[Spoken]:
    lines = []
    for number in range(count):
        lines += [person(f"q{number} {words}", 2 * number), bot(f"a{number} {words}", 2 * number + 1, turn=number)]
    return lines


@pytest.mark.parametrize(
    "label, count, named, expected",
    [
        ("the last ones", 10, {"most": 4}, ["q8 word", "a8 word", "q9 word", "a9 word"]),
        ("none", 10, {"most": 0}, []),
        ("fewer than that", 1, {"most": 4}, ["q0 word", "a0 word"]),
        ("what no summary tells yet", 10, {"most": 2, "untold_since": 16.0},
         ["[What was said before is left out.]", "a8 word", "q9 word", "a9 word"]),
        ("but no more than twice as many", 10, {"most": 1, "untold_since": 0.0}, ["q9 word", "a9 word"]),
        ("all is told in the summary", 10, {"most": 2, "untold_since": 50.0}, ["q9 word", "a9 word"]),
        ("within the tokens", 10, {"most": 8, "tokens": 14}, ["q9 word", "a9 word"]),
    ],
)  # fmt: skip
def test_how_many(label: str, count: int, named: dict[str, Any], expected: list[str]) -> None:
    assert [said.text for said in told(*exchange(count), **named)] == expected


def test_one_message_that_is_too_long_keeps_its_beginning() -> None:
    (said,) = told(person("first words " + "more " * 5000), tokens=100)
    assert said.text.startswith("first words more")
    assert said.text.endswith(CUT)
    assert estimated_tokens(said.text) <= 104


def test_after_a_colleagues_stretch_the_bot_knows_what_was_promised() -> None:
    lines = [
        person("I want a human", NOON), bot("A colleague will come.", NOON + 1), colleague("Hello", NOON + 60),
        person("my order is late", NOON + 70), colleague("You get 10 % back.", NOON + 120),
        person("thanks", NOON + 130),
    ]  # fmt: skip
    note = recalled(messages(lines), most=10, tokens=4000, handed_over_at=NOON + 1).note
    assert note.startswith("A colleague answered from 2026-11-20 12:01 to 2026-11-20 12:02 (UTC) and wrote:\n")
    assert "\n> Hello\n> You get 10 % back.\n" in note
    assert "What was promised there holds. You go on now." in note
    assert "hand over only if the newest message asks for it" in note
    assert recalled(messages(lines[:2]), most=10, tokens=4000).note == ""


def test_only_the_newest_stretch_is_told_and_not_at_any_length() -> None:
    lines = [colleague("former", 1), bot("b", 2), colleague("x" * 5000, 3), person("hm", 4), bot("c", 5)]
    note = recalled(messages(lines), most=10, tokens=9000).note
    assert "former" not in note
    assert len(note) < 2000


def test_a_handover_that_nobody_took_is_over_too() -> None:
    lines = [person("a human!", NOON), bot("One moment.", NOON + 1), person("hello?", NOON + 900)]
    found = recalled(messages(lines), most=10, tokens=4000, handed_over_at=NOON + 2)
    assert found.messages == (user("a human!"), assistant(f"One moment.\n\n{HANDED_OVER}"), user("hello?"))
    assert found.note.startswith(
        "At 2026-11-20 12:00 the conversation was handed to a colleague, who has given it back."
    )


@pytest.mark.parametrize(
    "label, count, most, untold_since, expected",
    [
        ("not yet", 10, 10, -inf, 0),
        ("too many", 11, 10, -inf, 12),
        ("those that are told count no more", 11, 10, 1.5, 0),
        ("too many again", 21, 10, 19.5, 12),
        ("without a history", 2, 0, -inf, 4),
    ],
)
def test_when_older_messages_are_summarised(
    label: str, count: int, most: int, untold_since: float, expected: int
) -> None:
    said = messages(exchange(count))
    found = to_summarise(said, most, untold_since)
    assert len(found) == expected
    assert not found or found[-1] == said[len(said) - most - 1]


def test_nothing_falls_between_the_summary_and_the_history() -> None:
    said = messages(exchange(200))
    up_to = -inf
    for count in range(1, len(said) + 1):
        so_far = said[:count]
        if due := to_summarise(so_far, 10, up_to):
            up_to = due[-1].until
        shown = recalled(so_far, most=10, tokens=100_000, untold_since=up_to).messages
        texts = [each.text for each in shown]
        assert all(each.text in texts for each in so_far if each.until > up_to)
        assert len(texts) <= 21


def test_a_transcript_names_who_spoke() -> None:
    said = messages([person("hi"), bot("hello"), colleague("I am Ada")])
    assert transcript(said, 1000) == "Person: hi\nAssistant: hello\nColleague: I am Ada"


def test_what_stood_unanswered_is_one_with_what_is_asked_now() -> None:
    file = Attached("k", "image/png", "a.png", 1)
    now = Said("user", "now", (file,))
    assert with_now((user("a"), assistant("b")), now) == (user("a"), assistant("b"), now)
    assert with_now((user("a"),), now) == (Said("user", "a\n\nnow", (file,)),)
    assert with_now((), now) == (now,)


@pytest.mark.parametrize(
    "label, text, least, most",
    [
        ("nothing", "", 0, 0),
        ("English", "The quick brown fox jumps over the lazy dog, and then it sleeps in the sun.", 15, 21),
        ("Arabic", "السلام عليكم ورحمة الله وبركاته", 8, 20),
        ("Thai", "สวัสดีครับ ยินดีต้อนรับ", 8, 18),
        ("Chinese", "今天天气很好，我们去公园吧。", 9, 16),
        ("emoji", "😀😀", 2, 6),
    ],
)
def test_tokens_by_script(label: str, text: str, least: int, most: int) -> None:
    assert least <= estimated_tokens(text) <= most


ROLES = st.sampled_from(["contact", "bot", "person"])
ANY = st.lists(
    st.builds(Spoken, ROLES, st.text(max_size=20), st.floats(0, 100), turn_no=st.integers(0, 2)), max_size=20
)


@given(ANY, st.integers(0, 12), st.integers(1, 60), st.floats(0, 100) | st.just(-inf))
def test_roles_take_turns_beginning_with_the_person(lines: list[Spoken], most: int, tokens: int, since: float) -> None:
    found = told(*lines, most=most, tokens=tokens, untold_since=since, handed_over_at=50.0)
    assert [said.role for said in found] == [("user", "assistant")[place % 2] for place in range(len(found))]


@given(ANY)
def test_no_word_is_lost_between_lines_and_messages(lines: list[Spoken]) -> None:
    joined = "".join(message.text for message in messages(lines))
    assert all(line.text.strip() in joined for line in lines)


def test_messages_keep_when_they_were_said() -> None:
    assert messages([person("a", 1), person("b", 5)]) == [Message("contact", "a\nb", 1, 5)]
