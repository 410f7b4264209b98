"""What the bot offers now, and whether a word is of it."""

import pytest
from msgspec.json import encode

from turnkeeper.model.contents import Buttons, Content, List, Template, Text
from turnkeeper.model.conversation import OutboundRow
from turnkeeper.model.events import Choice
from turnkeeper.model.ids import ChannelId, ConversationId, WorkspaceId
from turnkeeper.rules.offered import lately, names, offers

ASKED = Buttons("Go on?", ("Yes", "Stop"))
AGAIN = Buttons("Sure?", ("Quit",))
DAY = 86_400.0


def row(content: Content, turn_no: int, state: str = "accepted", created_at: float = DAY) -> OutboundRow:
    return OutboundRow(
        WorkspaceId("w"), ConversationId("c"), 1, ChannelId("shop"), turn_no, 0, encode(content), state,
        created_at=created_at,
    )  # fmt: skip


LATELY = [
    ("nothing was said", [], []),
    ("a question", [row(ASKED, 3)], ["Yes", "Stop"]),
    ("both of one turn", [row(ASKED, 3), row(AGAIN, 3)], ["Yes", "Stop", "Quit"]),
    ("the newest turn's only", [row(ASKED, 3), row(AGAIN, 4)], ["Quit"]),
    ("answered since", [row(ASKED, 3), row(Text("Fine."), 4)], []),
    ("with a notice behind it", [row(ASKED, 3), row(Text("We close at six."), -1)], ["Yes", "Stop"]),
    ("in a notice", [row(ASKED, -1)], []),
    ("never sent", [row(ASKED, 3, "failed")], []),
    ("after it something that was never sent", [row(ASKED, 3), row(AGAIN, 4, "cancelled")], ["Yes", "Stop"]),
    ("still to be sent", [row(ASKED, 3), row(AGAIN, 4, "queued")], ["Quit"]),
    ("almost a day old", [row(ASKED, 3, created_at=1.0)], ["Yes", "Stop"]),
    ("a day old", [row(ASKED, 3, created_at=0.0)], []),
]


@pytest.mark.parametrize("label, rows, expected", LATELY, ids=[case[0] for case in LATELY])
def test_what_is_offered_now(label: str, rows: list[OutboundRow], expected: list[str]) -> None:
    assert [choice.title for choice in lately(rows, DAY)] == expected


@pytest.mark.parametrize(
    "content, expected",
    [
        (ASKED, ["Yes", "Stop"]),
        (List("What?", "Choose", {"a": ("A",), "b": ("B", "C")}), ["A", "B", "C"]),
        (Text("1. A", choices=(Choice("a", "A"),)), ["A"]),
        (Text("A"), []),
        (Template("sale", "en"), []),
    ],
)
def test_what_a_content_offers(content: Content, expected: list[str]) -> None:
    assert [choice.title for choice in offers(encode(content))] == expected


@pytest.mark.parametrize(
    "said, choice, expected",
    [
        ("stop!", Choice("x", "Stop"), True),
        ("STOP", Choice("stop"), True),
        ("x", Choice("x", "Stop"), False),
        ("stop it", Choice("x", "Stop"), False),
        (None, Choice("x", "Stop"), False),
    ],
)
def test_whether_a_word_is_of_it(said: str | None, choice: Choice, expected: bool) -> None:
    assert names(said, (Choice("y", "Yes"), choice)) is expected
