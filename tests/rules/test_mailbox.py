"""A conversation's own rules, as tables: where an event ends up, when the conversation is due."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace as changed

from turnkeeper.model.conversation import Conversation, EventState, TurnState
from turnkeeper.model.ids import ChannelId, ContactId, ConversationId, WorkerId, WorkspaceId
from turnkeeper.model.policy import RateLimit, TurnPolicy
from turnkeeper.rules import due, mailbox
from turnkeeper.rules.mailbox import Admission
from turnkeeper.testing.events import SENDS, TURNS, event, reaction, text

NOW = 1_800_000_000.0
IDLE = Conversation(WorkspaceId("default"), ConversationId("c"), ChannelId("shop"), ContactId("p"))
W1 = WorkerId("w1")
RUNNING: dict[str, Any] = {"owner": W1, "epoch": 3, "turn_no": 1, "turn_state": "running", "turn_first_at": NOW - 2}
HUMAN: dict[str, Any] = {"mode": "human"}


def admit(conversation: Conversation, said: str, turns: TurnPolicy = TURNS, now: float = NOW) -> Admission:
    return mailbox.admit(conversation, text(said, at=now), turns, SENDS, now)


@pytest.mark.parametrize(
    "label, given_, inbound, state, reason",
    [
        ("a message", {}, text("hi"), "waiting", None),
        ("a button", {}, event("button_reply", "yes"), "waiting", None),
        ("a picture", {}, event("image"), "waiting", None),
        ("a reaction", {}, event("reaction"), "no_reply", None),
        ("typing", {}, event("typing"), "ignored", "typing"),
        ("a payment", {}, event("payment"), "waiting", None),
        ("a message to a person", HUMAN, text("hi"), "person", None),
        ("a message to a paused bot", {"mode": "paused"}, text("hi"), "person", None),
        ("a message when a person's time is over", {"mode_until": NOW, **HUMAN}, text("hi"), "waiting", None),
        ("a payment while a person answers", HUMAN, event("payment"), "waiting", None),
        ("stop", {}, text("STOP"), "dropped", "opted_out"),
        ("stop as a button", {}, event("button_reply", "stop"), "dropped", "opted_out"),
        ("stop as a caption", {}, event("image", "stop"), "waiting", None),
        ("stop to a person", HUMAN, text("stop"), "dropped", "opted_out"),
        ("not quite stop", {}, text("stop, he is not coming"), "waiting", None),
        ("after stop", {"opted_out": True}, text("hi"), "dropped", "opted_out"),
        ("start after stop", {"opted_out": True}, text("start"), "no_reply", None),
        ("start without stop", {}, text("start"), "waiting", None),
        ("an old message", {}, text("hi", at=NOW - 86_401), "dropped", "stale"),
        ("an old message to a person", HUMAN, text("hi", at=NOW - 86_401), "person", None),
        ("a message from the future", {}, text("hi", at=NOW + 500), "waiting", None),
    ],
)
def test_where_an_event_ends_up(
    label: str, given_: dict[str, Any], inbound: Any, state: str, reason: str | None
) -> None:
    admission = mailbox.admit(changed(IDLE, **given_), inbound, TURNS, SENDS, NOW)
    assert (str(admission.state), admission.reason) == (state, reason)
    assert admission.conversation.in_last == 1


ASKED = replace(TURNS, reactions=True)


@pytest.mark.parametrize(
    "label, given_, at, turns, state, reason",
    [
        ("where nobody asks", {}, NOW, TURNS, "no_reply", None),
        ("where the bot asks", {}, NOW, ASKED, "waiting", None),
        ("to a person", HUMAN, NOW, ASKED, "person", None),
        ("after stop", {"opted_out": True}, NOW, ASKED, "dropped", "opted_out"),
        ("an old one", {}, NOW - 86_401, ASKED, "dropped", "stale"),
        (
            "one of many",
            {"tat": NOW + 1000},
            NOW,
            replace(ASKED, rate_limit=RateLimit(1, 60)),
            "dropped",
            "rate_limited",
        ),
    ],
)
def test_where_a_reaction_ends_up(
    label: str, given_: dict[str, Any], at: float, turns: TurnPolicy, state: str, reason: str | None
) -> None:
    admission = mailbox.admit(changed(IDLE, **given_), reaction("👍", "m", at=at), turns, SENDS, NOW)
    assert (str(admission.state), admission.reason, admission.notice) == (state, reason, None)


def test_a_reaction_waits_for_nobody_joins_a_burst_and_interrupts_nothing() -> None:
    alone = mailbox.admit(IDLE, reaction("👍", "m"), ASKED, SENDS, NOW)
    assert alone.conversation.due_at == NOW
    waiting = admit(IDLE, "well", ASKED).conversation
    joined = mailbox.admit(waiting, reaction("👍", "m"), ASKED, SENDS, NOW + 1)
    assert joined.conversation.due_at == NOW + 4
    running = mailbox.admit(changed(IDLE, **RUNNING), reaction("👍", "m"), ASKED, SENDS, NOW)
    assert (running.fenced, running.conversation.owner) == (False, W1)


@pytest.mark.parametrize(
    "label, given_, turns, fenced",
    [
        ("interrupt", {}, TURNS, True),
        ("queue", {}, replace(TURNS, overlap="queue"), False),
        ("drop", {}, replace(TURNS, overlap="drop"), False),
        ("no gathering", {}, replace(TURNS, gather=False), False),
        ("after an effect", {"irrevocable": True}, TURNS, False),
        ("max_wait is over", {"turn_first_at": NOW - 15}, TURNS, False),
        ("max_wait is nearly over", {"turn_first_at": NOW - 14.9}, TURNS, True),
        ("over the limit", {"tat": NOW + 1000}, replace(TURNS, rate_limit=RateLimit(1, 60)), False),
    ],
)
def test_what_a_message_does_to_a_running_turn(
    label: str, given_: dict[str, Any], turns: TurnPolicy, fenced: bool
) -> None:
    admission = admit(changed(IDLE, **{**RUNNING, **given_}), "and", turns)
    after = admission.conversation
    assert admission.fenced == fenced
    assert after.owner == (None if fenced else W1)
    assert after.epoch == (4 if fenced else 3)
    assert after.turn_state == (TurnState.INTERRUPTED if fenced else TurnState.RUNNING)


def test_an_interrupted_turn_never_waits_past_max_wait() -> None:
    conversation = changed(IDLE, **{**RUNNING, "turn_first_at": NOW - 14})
    assert admit(conversation, "and").conversation.due_at == NOW + 1


def test_the_watermark_rises_only_while_nothing_is_open() -> None:
    conversation = IDLE
    for said, expected in ((event("reaction"), 1), (text("hi"), 1), (event("reaction"), 1), (text("and"), 1)):
        conversation = mailbox.admit(conversation, said, TURNS, SENDS, NOW).conversation
        assert conversation.done_to == expected
    assert conversation.in_last == 4


@pytest.mark.parametrize("contact_at, told", [(None, False), (NOW - 86_399, True), (NOW - 86_400, False)])
def test_a_stale_message_is_told_only_where_the_window_is_open(contact_at: float | None, told: bool) -> None:
    conversation = changed(IDLE, contact_at=contact_at)
    sends = replace(SENDS, window=86_400.0)
    admission = mailbox.admit(conversation, text("old", at=NOW - 90_000), TURNS, sends, NOW)
    assert (admission.notice is not None) == told


def test_the_window_opens_with_the_providers_time_and_never_goes_back() -> None:
    conversation = mailbox.admit(IDLE, text("hi", at=NOW - 100), TURNS, SENDS, NOW).conversation
    assert conversation.contact_at == NOW - 100
    conversation = mailbox.admit(conversation, text("older", at=NOW - 200), TURNS, SENDS, NOW).conversation
    assert conversation.contact_at == NOW - 100
    conversation = mailbox.admit(conversation, text("future", at=NOW + 100), TURNS, SENDS, NOW).conversation
    assert conversation.contact_at == NOW


def test_typing_waits_on_within_max_wait() -> None:
    waiting = admit(IDLE, "well").conversation
    assert mailbox.typing(waiting, TURNS, NOW + 3).turn_at == NOW + 7
    assert mailbox.typing(waiting, TURNS, NOW + 14).turn_at == NOW + 15
    assert mailbox.typing(IDLE, TURNS, NOW) == IDLE


def test_typing_holds_an_interrupted_turn_back_too() -> None:
    interrupted = admit(changed(IDLE, **RUNNING), "and").conversation
    assert mailbox.typing(interrupted, TURNS, NOW + 3).due_at == NOW + 7


conversations = st.builds(
    lambda **fields: changed(IDLE, **fields),
    mode=st.sampled_from(["bot", "bot", "human", "paused"]),
    mode_until=st.one_of(st.none(), st.floats(NOW - 50, NOW + 50)),
    owner=st.sampled_from([None, W1]),
    epoch=st.integers(0, 9),
    in_last=st.just(7),
    done_to=st.integers(0, 7),
    unsent=st.integers(0, 2),
    turn_state=st.sampled_from([*TurnState]),
    irrevocable=st.booleans(),
    turn_first_at=st.one_of(st.none(), st.floats(NOW - 30, NOW)),
    first_at=st.one_of(st.none(), st.floats(NOW - 30, NOW)),
    turn_at=st.one_of(st.none(), st.floats(NOW - 30, NOW + 30)),
    resume_at=st.floats(NOW - 30, NOW + 300),
    send_at=st.one_of(st.none(), st.floats(NOW - 30, NOW + 300)),
    opted_out=st.booleans(),
    follow_ups=st.booleans(),
    held_echoes=st.integers(0, 1),
)
inbounds = st.sampled_from(
    [text("hi"), text("stop"), text("start"), text("old", at=NOW - 1e6), event("payment"), reaction("👍", "m")]
)
policies = st.builds(
    lambda overlap, gather, reactions: replace(TURNS, overlap=overlap, gather=gather, reactions=reactions),
    st.sampled_from(["interrupt", "queue", "drop"]),
    st.booleans(),
    st.booleans(),
)


@given(conversations, inbounds, policies)
def test_every_admission_keeps_these(conversation: Conversation, inbound: Any, turns: TurnPolicy) -> None:
    admission = mailbox.admit(conversation, inbound, turns, SENDS, NOW)
    after = admission.conversation
    assert after.in_last == conversation.in_last + 1
    assert after.done_to >= conversation.done_to or mailbox.nothing_open(conversation)
    assert after.done_to <= after.in_last
    assert after.due_at == due.due_at(after)
    assert after.epoch >= conversation.epoch
    if admission.fenced:
        assert conversation.owner is not None
        assert (after.owner, after.epoch) == (None, conversation.epoch + 1)
    else:
        assert after.owner == conversation.owner or conversation.turn_state != TurnState.NONE or admission.cancels
    if admission.state is EventState.WAITING:
        assert after.done_to < after.in_last
        assert after.turn_at is not None
    if conversation.turn_state == TurnState.RETRY and after.turn_state != TurnState.NONE:
        assert after.resume_at is not None
        assert after.resume_at >= conversation.resume_at  # type: ignore[operator]
    assert after.send_at == conversation.send_at
