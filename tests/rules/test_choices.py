"""What is typed back, as a table: which of the offered lines it is, and when it is none."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from turnkeeper.model.contents import Buttons, Content, List, Text
from turnkeeper.model.conversation import EventRow, OutboundRow
from turnkeeper.model.events import Choice
from turnkeeper.model.ids import ChannelId, ConversationId, WorkspaceId
from turnkeeper.rules import choices

WORKSPACE, CONVERSATION, SHOP = WorkspaceId("default"), ConversationId("c"), ChannelId("shop")
DAYS = ("Monday", "Café crème", "День", "C++", "C#", "👍", "2")
ASKED_AT = 1_800_000_000.0


def offers(*titles: str) -> tuple[Choice, ...]:
    return tuple(Choice(f"id {title}", title) for title in titles)


@pytest.mark.parametrize(
    "label, titles, said, expected",
    [
        ("a number", DAYS, "1", "Monday"),
        ("with a full stop", DAYS, "1.", "Monday"),
        ("with a bracket", DAYS, "(3)", "День"),
        ("with spaces", DAYS, "  3 \n", "День"),
        ("in a circle", DAYS, "①", "Monday"),
        ("on a key", DAYS, "3️⃣", "День"),
        ("of full width", DAYS, "３", "День"),
        ("in Arabic digits", DAYS, "٣", "День"),
        ("in Persian digits", DAYS, "۳", "День"),
        ("in Devanagari", DAYS, "३.", "День"),
        ("the number of a label that is a number", DAYS, "7", "2"),
        ("a label that is a number before that number", DAYS, "2", "2"),
        ("of two digits", [f"row {n}" for n in range(1, 12)], "11", "row 11"),
        ("beyond the last", DAYS, "8", None),
        ("nought", DAYS, "0", None),
        ("with a nought before it", DAYS, "01", None),
        ("a fraction", DAYS, "1.5", None),
        ("a half", DAYS, "½", None),
        ("two numbers", DAYS, "1 3", None),
        ("a number in a sentence", DAYS, "I have 3 cats", None),
        ("a label", DAYS, "Monday", "Monday"),
        ("in other letters", DAYS, "MONDAY!", "Monday"),
        ("without accents", DAYS, "cafe  creme", "Café crème"),
        ("in another script", DAYS, "день", "День"),
        ("of signs", DAYS, "👍", "👍"),
        ("that differs by signs only", DAYS, "c#", "C#"),
        ("that differs by signs only, without them", DAYS, "c", None),
        ("the whole line", DAYS, "1. Monday", "Monday"),
        ("the number of one and the label of another", DAYS, "2. Monday", None),
        ("more than the label", DAYS, "Monday please", None),
        ("less than the label", DAYS, "Mon", None),
        ("signs alone", DAYS, "?!", None),
        ("nothing", DAYS, " ", None),
        ("no words", DAYS, None, None),
        ("no end", DAYS, "1" * 2000, None),
        ("two labels alike", ("yes", "Yes!"), "yes", "yes"),
        ("two labels quite alike", ("Yes", "yes"), "yes", None),
        ("the number of one of them", ("Yes", "yes"), "2", "yes"),
    ],
)
def test_what_was_typed(label: str, titles: list[str], said: str | None, expected: str | None) -> None:
    found = choices.typed(said, offers(*titles))
    assert (found and found.title) == expected


def test_a_choice_without_a_title_is_known_by_its_id() -> None:
    assert choices.typed("a", (Choice("a"),)) == Choice("a")


@given(st.lists(st.text(max_size=8), min_size=1, max_size=12), st.text(max_size=12))
def test_it_is_always_one_of_them_or_none(titles: list[str], said: str) -> None:
    found = choices.typed(said, offers(*titles))
    assert found is None or found in offers(*titles)


@given(st.integers(1, 30), st.data())
def test_each_number_leads_to_its_line_where_no_label_is_a_number(count: int, data: st.DataObject) -> None:
    n = data.draw(st.integers(1, count))
    found = choices.typed(f"{n}.", offers(*(f"row {each}" for each in range(1, count + 1))))
    assert found == Choice(f"id row {n}", f"row {n}")


def row(content: Content, seq: int = 1, **more: object) -> OutboundRow:
    body = msgspec.json.encode(content)
    whole = OutboundRow(WORKSPACE, CONVERSATION, seq, SHOP, 1, 0, body, "accepted", created_at=ASKED_AT)
    return replace(whole, **more)


QUESTION = Text("1. A", choices=offers("A"))


@pytest.mark.parametrize(
    "label, before, said, expected",
    [
        ("nothing", 0, [], 0),
        ("nothing new", 3, [], 3),
        ("words", 3, [Text("well")], 3),
        ("a question", 0, [Text("well"), QUESTION], 12),
        ("a question before words", 0, [QUESTION, Text("well")], 11),
        ("another question", 3, [QUESTION], 11),
        ("two questions", 3, [QUESTION, QUESTION], 12),
        ("buttons", 3, [Buttons("Well?", ("A",))], 0),
        ("a list", 3, [List("Well?", "Show", ("A",))], 0),
        ("a question after buttons", 3, [Buttons("Well?", ("A",)), QUESTION], 12),
        ("buttons after a question", 3, [QUESTION, Buttons("Well?", ("A",))], 0),
    ],
)
def test_which_question_stands(label: str, before: int, said: list[Content], expected: int) -> None:
    assert choices.standing(before, [row(content, 11 + n) for n, content in enumerate(said)]) == expected


@pytest.mark.parametrize(
    "label, event, question, turn_no, expected",
    [
        ("a text", {}, {}, 2, True),
        ("a picture with words", {"kind": "image"}, {}, 2, False),
        ("a button", {"kind": "button_reply"}, {}, 2, False),
        ("written before it was asked", {"received_at": ASKED_AT - 1}, {}, 2, False),
        ("in the turn that asks", {}, {}, 1, False),
        ("a question that was never sent", {}, {"state": "expired"}, 2, False),
        ("one that was taken back", {}, {"state": "cancelled"}, 2, False),
        ("one whose fate is unknown", {}, {"state": "unknown"}, 2, True),
        ("a notice", {}, {"turn_no": -4}, 2, False),
    ],
)
def test_what_may_be_an_answer(
    label: str, event: dict[str, object], question: dict[str, object], turn_no: int, expected: bool
) -> None:
    known = EventRow(WORKSPACE, CONVERSATION, 5, SHOP, b"", "m", "text", False, b"", ASKED_AT + 5, "waiting")
    assert choices.answers(replace(known, **event), row(QUESTION, **question), turn_no) is expected
