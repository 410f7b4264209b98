"""What becomes of the first row of an outbox, as tables. Order is never given up; nothing is sent twice unasked."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace as changed

from turnkeeper.model.contents import Reaction, Text
from turnkeeper.model.conversation import OutboundRow
from turnkeeper.model.ids import ChannelId, ConversationId, WorkspaceId
from turnkeeper.model.outbound import Accepted, NotSent, Outcome, Rejected, Unknown
from turnkeeper.model.policy import SendPolicy
from turnkeeper.rules import outbox
from turnkeeper.testing.events import SENDS

NOW = 1_800_000_000.0
ROW = OutboundRow(
    WorkspaceId("default"),
    ConversationId("c"),
    1,
    ChannelId("shop"),
    1,
    0,
    b"",
    created_at=NOW - 100,
    expires_at=NOW + 1000,
)
REACTION = msgspec.json.encode(Reaction("m1", "👍"))
ABOUT = msgspec.json.encode(Text(REACTION.decode()))
SENDING = changed(ROW, state="sending", tries=1, sending_at=NOW - 5)
UNKNOWN = changed(SENDING, state="unknown", hold_until=NOW)
NEVER = replace(SENDS, on_unknown="never_resend")
AT_ONCE = replace(SENDS, on_unknown="resend_once")


def told(row: OutboundRow, *fields: str) -> tuple[Any, ...]:
    return tuple(getattr(row, field) for field in fields)


@pytest.mark.parametrize(
    "label, row, policy, move, state, hold_until",
    [
        ("queued", ROW, SENDS, "send", "sending", None),
        ("queued, its backoff over", changed(ROW, hold_until=NOW), SENDS, "send", "sending", None),
        ("queued, backing off", changed(ROW, hold_until=NOW + 9), SENDS, "hold", "queued", NOW + 9),
        ("queued, too old", changed(ROW, expires_at=NOW), SENDS, "settle", "expired", None),
        ("queued, called off", outbox.called_off(ROW), SENDS, "settle", "cancelled", None),
        ("on its way", SENDING, SENDS, "hold", "sending", NOW + 15),
        ("on its way, by its instant", changed(SENDING, call_at=NOW - 4.8), SENDS, "hold", "sending", NOW + 15.2),
        ("its limit is over", changed(SENDING, sending_at=NOW - 20), SENDS, "hold", "unknown", NOW + 30),
        ("after an outage", changed(SENDING, sending_at=NOW - 100), SENDS, "hold", "unknown", NOW + 100),
        ("after a long outage", changed(SENDING, sending_at=NOW - 9999), SENDS, "hold", "unknown", NOW + 600),
        ("an outage, but no echoes", changed(SENDING, sending_at=NOW - 9999), AT_ONCE, "hold", "unknown", NOW + 30),
        ("its limit is over, never again", changed(SENDING, sending_at=NOW - 20), NEVER, "settle", "unknown", None),
        ("unknown, waited for", changed(UNKNOWN, hold_until=NOW + 1), SENDS, "hold", "unknown", NOW + 1),
        ("unknown, waited for enough", UNKNOWN, SENDS, "send", "sending", None),
        ("unknown, and nobody looked", changed(UNKNOWN, hold_until=NOW - 60), SENDS, "hold", "unknown", NOW + 30),
        ("the same, without echoes", changed(UNKNOWN, hold_until=NOW - 60), AT_ONCE, "send", "sending", None),
        ("unknown for the second time", changed(UNKNOWN, tries=2), SENDS, "settle", "unknown", NOW),
        ("unknown once among failures", changed(UNKNOWN, tries=4, failures=3), SENDS, "send", "sending", None),
        ("unknown, never again", UNKNOWN, NEVER, "settle", "unknown", NOW),
        ("unknown, called off", outbox.called_off(UNKNOWN), SENDS, "settle", "unknown", NOW),
        ("unknown, too old", changed(UNKNOWN, expires_at=NOW), SENDS, "settle", "unknown", NOW),
    ],
)
def test_the_next_move(
    label: str, row: OutboundRow, policy: SendPolicy, move: str, state: str, hold_until: float | None
) -> None:
    found = outbox.next_move(row, policy, now=NOW)
    assert found.move == move
    assert told(found.row, "state", "hold_until") == (state, hold_until)
    assert (found.row.settled_at is not None) == (move == "settle")
    if move == "send":
        assert told(found.row, "tries", "sending_at") == (row.tries + 1, NOW)


@pytest.mark.parametrize(
    "label, before, row, parts, until",
    [
        ("accepted just now", {"state": "accepted", "accepted_at": NOW}, {}, "delivered", NOW + 2),
        ("sent", {"state": "sent", "accepted_at": NOW - 0.5}, {}, "delivered", NOW + 1.5),
        ("by a provider whose clock is ahead", {"state": "sent", "accepted_at": NOW + 9}, {}, "delivered", NOW + 2),
        ("waited for enough", {"state": "sent", "accepted_at": NOW - 2}, {}, "delivered", None),
        ("delivered", {"state": "delivered", "accepted_at": NOW}, {}, "delivered", None),
        ("failed", {"state": "failed", "accepted_at": NOW}, {}, "delivered", None),
        ("expired", {"state": "expired"}, {}, "delivered", None),
        ("without the setting", {"state": "accepted", "accepted_at": NOW}, {}, "accepted", None),
        ("of another turn", {"state": "accepted", "accepted_at": NOW}, {"turn_no": 2}, "delivered", None),
        ("a reaction", {"state": "sent", "accepted_at": NOW, "content": REACTION}, {}, "delivered", None),
        ("words about one", {"state": "sent", "accepted_at": NOW, "content": ABOUT}, {}, "delivered", NOW + 2),
        ("a notice", {"state": "accepted", "accepted_at": NOW, "turn_no": -1}, {"turn_no": -1}, "delivered", None),
    ],
)
def test_a_part_waits_for_the_one_before(
    label: str, before: dict[str, Any], row: dict[str, Any], parts: Any, until: float | None
) -> None:
    policy = replace(SENDS, parts=parts, parts_wait=2.0)
    assert outbox.part_waits_until(changed(ROW, **before), changed(ROW, **row), policy, now=NOW) == until
    assert outbox.part_waits_until(None, ROW, policy, now=NOW) is None


@pytest.mark.parametrize(
    "label, row, outcome, policy, expected",
    [
        ("taken", SENDING, Accepted("x"), SENDS, ("accepted", NOW, None, "x", None, 0)),
        ("not sent", SENDING, NotSent("busy"), SENDS, ("queued", None, NOW + 7, None, "busy", 1)),
        ("not sent, wait", SENDING, NotSent("busy", 42), SENDS, ("queued", None, NOW + 42, None, "busy", 1)),
        ("not sent, at once", SENDING, NotSent("busy", 0.0), SENDS, ("queued", None, NOW, None, "busy", 1)),
        ("not until it expires", SENDING, NotSent("busy", 9e9), SENDS, ("queued", None, NOW + 1000, None, "busy", 1)),
        ("not sent, the last try", SENDING, NotSent("no", limit=1), SENDS, ("failed", NOW, None, None, "no", 1)),
        (
            "not sent, and too old",
            changed(SENDING, expires_at=NOW),
            NotSent("no"),
            SENDS,
            ("expired", NOW, None, None, "no", 0),
        ),
        (
            "not sent, and called off",
            outbox.called_off(SENDING),
            NotSent("no"),
            SENDS,
            ("cancelled", NOW, None, None, "no", 0),
        ),
        (
            "taken, though called off",
            outbox.called_off(SENDING),
            Accepted("x"),
            SENDS,
            ("accepted", NOW, None, "x", None, 0),
        ),
        ("refused", SENDING, Rejected("1", "no"), SENDS, ("failed", NOW, None, None, "no", 0)),
        (
            "a dead token",
            SENDING,
            Rejected("190", "token", "stop_channel"),
            SENDS,
            ("queued", None, None, None, "token", 1),
        ),
        ("unknown", SENDING, Unknown("no answer"), SENDS, ("unknown", None, NOW + 30, None, "no answer", 0)),
        ("unknown, never again", SENDING, Unknown("no"), NEVER, ("unknown", NOW, None, None, "no", 0)),
        (
            "taken, after it was reported delivered",
            changed(SENDING, state="delivered", settled_at=NOW - 1),
            Accepted("x"),
            SENDS,
            ("delivered", NOW - 1, None, "x", None, 0),
        ),
        (
            "unknown, after it was reported sent",
            changed(SENDING, state="sent", settled_at=NOW - 1),
            Unknown("no"),
            SENDS,
            ("sent", NOW - 1, None, None, None, 0),
        ),
        ("taken after all", UNKNOWN, Accepted("x"), SENDS, ("accepted", NOW, None, "x", None, 0)),
        ("refused after it was unknown", UNKNOWN, Rejected("1", "no"), SENDS, ("unknown", None, NOW, None, None, 0)),
    ],
)
def test_what_an_outcome_makes_of_a_row(
    label: str, row: OutboundRow, outcome: Outcome, policy: SendPolicy, expected: tuple[Any, ...]
) -> None:
    after = outbox.after_outcome(row, outcome, policy, backoff=7, now=NOW)
    assert told(after, "state", "settled_at", "hold_until", "external_id", "reason", "failures") == expected


@pytest.mark.parametrize(
    "label, row, status, state, settled_at",
    [
        ("before the answer", SENDING, "sent", "sent", NOW),
        ("of an unknown send", UNKNOWN, "delivered", "delivered", NOW),
        ("of a send that was given up", changed(UNKNOWN, settled_at=NOW - 50), "read", "read", NOW),
        ("of a row that was put back", changed(ROW, tries=1), "delivered", "delivered", NOW),
        ("of one that was cancelled", changed(ROW, state="cancelled", settled_at=NOW - 9), "sent", "sent", NOW - 9),
        ("backwards", changed(ROW, state="read", settled_at=NOW - 9), "delivered", "read", NOW - 9),
        ("failed", changed(ROW, state="sent", settled_at=NOW - 9), "failed", "failed", NOW - 9),
        ("after failed", changed(ROW, state="failed", settled_at=NOW - 9), "read", "failed", NOW - 9),
        ("waiting for the phone", SENDING, "pending", "accepted", NOW),
    ],
)
def test_what_a_status_makes_of_a_row(label: str, row: OutboundRow, status: str, state: str, settled_at: float) -> None:
    after = outbox.after_report(row, status, at=NOW - 1, now=NOW, code="1", reason="why")
    assert told(after, "state", "settled_at", "hold_until") == (state, settled_at, None)
    assert after.reason == ("why" if status == "failed" else row.reason)


def test_each_status_keeps_the_time_of_its_first_report() -> None:
    row = SENDING
    for status, at in (("read", 30.0), ("sent", 10.0), ("delivered", 20.0), ("sent", 99.0), ("read", 98.0)):
        row = outbox.after_report(row, status, at=NOW + at, now=NOW + at, code=None, reason=None)
    assert told(row, "sent_at", "delivered_at", "read_at") == (NOW + 10, NOW + 20, NOW + 30)


outcomes = st.sampled_from(
    [Accepted("x"), NotSent("no"), NotSent("no", 0.0), NotSent("no", limit=3), Rejected("1", "no"), Unknown("no")]
)
policies = st.sampled_from([SENDS, AT_ONCE, NEVER])


@given(st.lists(st.tuples(outcomes, st.sampled_from([0.0, 5.0, 40.0, 700.0])), max_size=40), policies)
def test_a_row_is_sent_again_only_if_it_may_not_have_arrived_and_always_ends(
    tries: list[tuple[Outcome, float]], policy: SendPolicy
) -> None:
    row, now, unknown = ROW, NOW, 0
    for outcome, later in tries:
        move = outbox.next_move(row, policy, now=now)
        row = move.row
        if move.move == "settle":
            assert row.settled_at is not None
            return
        if move.move == "hold":
            assert row.hold_until is not None
            assert row.hold_until > now
            now = row.hold_until
            continue
        assert unknown <= (0 if policy is NEVER else outbox.RESENDS)
        row = outbox.after_outcome(row, outcome, policy, backoff=5.0, now=now)
        unknown += isinstance(outcome, Unknown)
        if isinstance(outcome, Accepted | Rejected):
            assert row.settled_at is not None
        if row.settled_at is not None:
            return
        now += later
    assert now - NOW <= sum(later for _, later in tries) + 1200 + 30 * len(tries)
