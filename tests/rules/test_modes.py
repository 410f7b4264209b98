"""Who answers, as tables: how long the bot stands back, and what ends with it."""

from dataclasses import replace
from typing import Any

import pytest
from msgspec.structs import replace as changed

from turnkeeper.model.conversation import Conversation, Mode, TurnState
from turnkeeper.model.ids import ChannelId, ContactId, ConversationId, WorkerId, WorkspaceId
from turnkeeper.rules import modes
from turnkeeper.rules.due import settle_due
from turnkeeper.testing.events import SENDS, echo, event, reaction

NOW = 1_800_000_000.0
IDLE = Conversation(WorkspaceId("default"), ConversationId("c"), ChannelId("shop"), ContactId("p"))
RUNNING: dict[str, Any] = {"owner": WorkerId("w1"), "epoch": 3, "turn_no": 1, "turn_first_at": NOW - 2}
HUMAN: dict[str, Any] = {"mode": "human"}


@pytest.mark.parametrize(
    "label, takes_over, said, expected",
    [
        ("words", 600.0, echo("hello"), NOW + 600),
        ("words of a while ago", 600.0, changed(echo("hello"), timestamp=int(NOW) - 100), NOW + 500),
        ("words that come too late", 600.0, changed(echo("hello"), timestamp=int(NOW) - 600), None),
        ("words of the future", 600.0, changed(echo("hello"), timestamp=int(NOW) + 100), NOW + 600),
        ("a picture", 600.0, changed(event("image"), from_me=True), NOW + 600),
        ("an edit", 600.0, changed(event("edited", "hallo"), from_me=True), None),
        ("a deletion", 600.0, changed(event("deleted"), from_me=True), None),
        ("an emoji", 600.0, changed(reaction("👍", "m"), from_me=True), None),
        ("where the channel does not say so", None, echo("hello"), None),
    ],
)
def test_how_long_the_bot_stands_back(label: str, takes_over: float | None, said: Any, expected: float | None) -> None:
    assert modes.stands_back_until(said, replace(SENDS, echo_takes_over=takes_over), NOW) == expected


@pytest.mark.parametrize(
    "label, before, expected",
    [
        ("the bot answers", {}, 600.0),
        ("a person for longer", {"mode": "human", "mode_until": NOW + 900}, 900.0),
        ("a person for shorter", {"mode": "human", "mode_until": NOW + 100}, 600.0),
        ("a person without an end", HUMAN, None),
    ],
)
def test_how_long_the_owners_reply_holds_the_bot_back(
    label: str, before: dict[str, Any], expected: float | None
) -> None:
    after = modes.stand_back(changed(IDLE, **before), NOW + 600)
    assert after.mode == "human"
    assert after.mode_until == (None if expected is None else NOW + expected)


@pytest.mark.parametrize("state", [TurnState.RUNNING, TurnState.INTERRUPTED, TurnState.RETRY])
def test_whoever_takes_over_leaves_nothing_of_the_turn(state: TurnState) -> None:
    busy = changed(IDLE, **{**RUNNING, "turn_state": state}, turn_at=NOW, first_at=NOW, resume_at=NOW, irrevocable=True)
    after = settle_due(modes.take_over(busy, Mode.HUMAN, None))
    assert (after.owner, after.turn_state, after.due_at, after.irrevocable) == (None, "none", None, False)
    assert after.epoch == busy.epoch + 1
