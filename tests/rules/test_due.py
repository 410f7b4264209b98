"""When a conversation is due, as a table."""

from typing import Any

import pytest
from msgspec.structs import replace as changed

from turnkeeper.model.conversation import Conversation
from turnkeeper.model.ids import ChannelId, ContactId, ConversationId, WorkerId, WorkspaceId
from turnkeeper.rules import due

IDLE = Conversation(WorkspaceId("default"), ConversationId("c"), ChannelId("shop"), ContactId("p"))
W1 = WorkerId("w1")
HUMAN: dict[str, Any] = {"mode": "human"}


@pytest.mark.parametrize(
    "label, given_, expected",
    [
        ("idle", {}, None),
        ("waiting", {"turn_at": 5.0}, 5.0),
        ("owned", {"turn_at": 5.0, "owner": W1}, None),
        ("unsent", {"unsent": 1, "send_at": 7.0}, 7.0),
        ("unsent rows count alone", {"unsent": 1, "send_at": 7.0, "turn_at": 5.0}, 7.0),
        ("unsent on a stopped channel", {"unsent": 1, "turn_at": 5.0}, None),
        ("unsent while a person answers", {"unsent": 1, "send_at": 7.0, **HUMAN}, 7.0),
        ("a turn that goes on", {"turn_state": "interrupted", "resume_at": 6.0, "turn_at": 5.0}, 6.0),
        ("a turn that backs off", {"turn_state": "retry", "resume_at": 60.0, "turn_at": 5.0}, 60.0),
        ("a person answers", {"turn_at": 5.0, **HUMAN}, None),
        ("nobody answers", {"turn_at": 5.0, "mode": "paused"}, None),
        ("a person answers for a time", {"turn_at": 5.0, "mode_until": 9.0, **HUMAN}, 9.0),
        ("a person answers for a time, and nothing waits", {"mode_until": 9.0, **HUMAN}, None),
        ("a person's time was over before it came", {"turn_at": 5.0, "mode_until": 3.0, **HUMAN}, 5.0),
    ],
)
def test_when_a_conversation_is_due(label: str, given_: dict[str, Any], expected: float | None) -> None:
    assert due.due_at(changed(IDLE, **given_)) == expected
