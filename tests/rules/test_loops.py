"""Machines and circles are told from people in a hurry."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from turnkeeper.rules.loops import Loop, Spoken, found

LONG = "Thank you for your message! I would be glad to help you with that, please tell me more about it."
OTHER = "Certainly. Could you give me a few more details, so that I can find the best answer for you?"


def talk(*exchanges: tuple[str, str, float], kind: str = "text", pause: float = 5.0) -> list[Spoken]:
    """(what we said, what came back, after how many seconds); we take `pause` seconds to answer."""
    lines, at = [Spoken("contact", "Hi there", 1000.0)], 1000.0
    for said, heard, gap in exchanges:
        at += pause
        lines.append(Spoken("bot", said, at))
        at += gap
        lines.append(Spoken("contact", heard, at, kind))
    return lines


def numbered(count: int, gap: float, text: str = LONG) -> list[tuple[str, str, float]]:
    """Long texts that differ, each after about `gap` seconds, as uneven as people are."""
    return [(f"{place}: {OTHER}", f"{text} ({place})", gap * (1 + 0.3 * (place % 3))) for place in range(count)]


def verdict(lines: Sequence[Spoken]) -> str:
    loop = found(lines, lines[-1].at if lines else 0.0)
    return loop.step if loop else "go on"


SAME = ("Please tell me your order number.", "Please tell me your order number", 30.0)


@pytest.mark.parametrize(
    ("label", "lines", "expected"),
    [
        ("nothing yet", [], "go on"),
        ("a first message", talk(), "go on"),
        ("people", talk(*numbered(9, 20.0)), "go on"),
        ("a machine, twice", talk(*numbered(2, 2.0)), "go on"),
        ("a machine, three times", talk(*numbered(3, 2.0)), "slow"),
        ("a machine, four times", talk(*numbered(4, 2.0)), "stop"),
        ("fast, short: ok", talk(*[(LONG, f"ok {place}", 0.5 * place) for place in range(1, 7)]), "go on"),
        ("fast yes in a row", talk(*[(f"{place}: {LONG}", "yes", 1.0 + place) for place in range(6)]), "go on"),
        ("taps", talk(*numbered(6, 1.0), kind="button_reply"), "go on"),
        ("rows of a list", talk(*numbered(6, 1.0), kind="list_reply"), "go on"),
        ("voice notes", talk(*numbered(6, 1.0), kind="voice"), "go on"),
        ("pasted once", talk(*numbered(3, 25.0), (OTHER, LONG * 5, 3.0)), "go on"),
        ("pasted twice", talk(*numbered(3, 25.0), (OTHER, LONG * 5, 3.0), (LONG, OTHER * 5, 4.0)), "go on"),
        ("machine, then a person", talk(*numbered(4, 2.0), ("So?", "sorry, that was my assistant", 30.0)), "go on"),
        ("even, long", talk(*[(f"{n} Hm?", f"A short message, no {n}", 5.0 + n / 10) for n in range(3)]), "slow"),
        ("even, longer", talk(*[(f"{n} Hm?", f"A short message, no {n}", 5.0 + n / 10) for n in range(4)]), "stop"),
        ("uneven", talk(*[(f"{n} Hm?", f"A short message, no {n}", 5.0 + n) for n in range(9)]), "go on"),
        ("even, once an hour", talk(*[(f"{n} Hm?", f"A short message, no {n}", 600.0) for n in range(9)]), "go on"),
        ("our words once", talk((LONG, LONG, 30.0)), "slow"),
        ("our words twice", talk((LONG, LONG, 30.0), (OTHER, OTHER, 41.0)), "stop"),
        ("our words, said before", talk((LONG, "What?", 30.0), (OTHER, LONG, 41.0)), "slow"),
        ("an echo with a greeting", talk((LONG, f"You said: {LONG}", 30.0)), "slow"),
        ("our words in other marks", talk((f"*{LONG}*", LONG.upper(), 30.0)), "slow"),
        ("a short word of ours", talk(("Shall I?", "Shall I?", 30.0)), "go on"),
        ("quoted, with words of their own", talk((LONG, f"{LONG} {OTHER} I mean this one, please", 50.0)), "go on"),
        ("the same question twice", talk(("Where?", "What time do you open?", 30.0),
                                         ("At nine.", "What time do you open?", 44.0)), "go on"),
        ("the same three times", talk(*[("At nine.", "When do you open?", 20.0 + 9 * n) for n in range(3)]), "slow"),
        ("the same four times", talk(*[("At nine.", "When do you open?", 20.0 + 9 * n) for n in range(4)]), "stop"),
        ("another answer", talk(*[(f"At {n}.", "When do you open?", 20.0 + 9 * n) for n in range(4)]), "go on"),
        ("a menu by number", talk(*[("1 Pizza\n2 Pasta", "1", 20.0 + 9 * n) for n in range(5)]), "go on"),
        ("a menu's number in Arabic", talk(*[("١ أ", "١", 20.0 + 9 * n) for n in range(5)]), "go on"),
        ("long ago", [*talk(*numbered(4, 2.0)), Spoken("bot", "Bye.", 1060.0), Spoken("contact", LONG, 9e4)], "go on"),
    ],
)  # fmt: skip
def test_verdict(label: str, lines: list[Spoken], expected: str) -> None:
    assert verdict(lines) == expected, label


def test_a_person_of_ours_who_spoke_ends_what_was_before() -> None:
    lines = talk(*numbered(4, 2.0))
    at = lines[-1].at
    lines += [
        Spoken("person", "I am back.", at + 9),
        Spoken("bot", "Hello.", at + 20),
        Spoken("contact", LONG, at + 21),
    ]
    assert verdict(lines) == "go on"


def test_only_a_message_is_judged() -> None:
    lines = [*talk(*numbered(4, 2.0)), Spoken("bot", "And?", 1040.0)]
    assert found(lines, 2000.0) is None


def test_in_a_group_times_say_nothing_and_words_do() -> None:
    lines = talk(*numbered(6, 2.0))
    assert found(lines, lines[-1].at, in_group=True) is None
    same = talk(*[("At nine.", "When do you open?", 2.0)] * 4)
    assert found(same, same[-1].at, in_group=True) is not None


def test_parts_of_an_answer_count_as_one() -> None:
    lines = talk(*numbered(2, 2.0))
    at = lines[-1].at + 5
    lines += [Spoken("bot", LONG, at), Spoken("bot", OTHER, at + 1), Spoken("contact", f"{OTHER} Yes", at + 3)]
    assert verdict(lines) == "slow"


def test_an_answer_in_parts_that_comes_back_in_parts_is_ours() -> None:
    lines = talk((LONG, "And then?", 30.0))
    at = lines[-1].at
    ours = [Spoken("bot", text, at + 5) for text in (LONG, OTHER, "Anything else that I can do for you?")]
    theirs = [Spoken("contact", line.text, at + 60 + place) for place, line in enumerate(ours)]
    assert verdict([*lines, *ours, *theirs]) == "slow"


def test_the_reason_is_told() -> None:
    lines = talk(*numbered(4, 2.0))
    assert found(lines, lines[-1].at) == Loop(
        "stop", "a bot seems to answer: faster than anybody reads and types (4 times in a row)"
    )


@settings(max_examples=60)
@given(
    st.lists(
        st.builds(
            Spoken, st.sampled_from(["contact", "bot", "person"]), st.text(max_size=60), st.floats(0, 4000),
            st.sampled_from(["text", "voice", "button_reply"]),
        ),
        max_size=24,
    )
)  # fmt: skip
def test_whatever_was_said_can_be_judged(lines: list[Spoken]) -> None:
    loop = found(lines, 4000.0)
    assert loop is None or loop.step in ("slow", "stop")
