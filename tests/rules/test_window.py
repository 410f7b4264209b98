"""When free-form messages are allowed."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnkeeper.model.conversation import Conversation
from turnkeeper.model.events import Inbound, Referral
from turnkeeper.model.ids import ChannelId, ContactId, ConversationId, WorkspaceId
from turnkeeper.model.policy import SendPolicy
from turnkeeper.rules.window import closes_at, in_time, is_entry, is_open

DAY = 86_400.0
CLOUD = SendPolicy(window=DAY, entry_window=3 * DAY)
FREE = SendPolicy(window=None)
CASES = [
    ("they have just written", CLOUD, 1_000.0, None, 1_000.0, True),
    ("a moment before 24 hours", CLOUD, 1_000.0, None, 1_000.0 + DAY - 1, True),
    ("at 24 hours", CLOUD, 1_000.0, None, 1_000.0 + DAY, False),
    ("they never wrote", CLOUD, None, None, 1_000.0, False),
    ("a channel without a window", FREE, 1_000.0, None, 1e12, True),
    ("a channel without a window, they never wrote", FREE, None, None, 1_000.0, True),
    ("their clock is ahead of ours", CLOUD, 2_000.0, None, 1_000.0, True),
    ("two days after an ad", CLOUD, 1_000.0, 1_000.0, 1_000.0 + 2 * DAY, True),
    ("at 72 hours after an ad", CLOUD, 1_000.0, 1_000.0, 1_000.0 + 3 * DAY, False),
    ("an ad, and a message on the third day", CLOUD, 1_000.0 + 2.5 * DAY, 1_000.0, 1_000.0 + 3.4 * DAY, True),
    ("an ad of long ago", CLOUD, 1_000.0 + 9 * DAY, 1_000.0, 1_000.0 + 10 * DAY, False),
    ("an ad, where that is as any message", SendPolicy(window=DAY), 1_000.0, 1_000.0, 1_000.0 + DAY, False),
]


def talk(contact_at: float | None, entry_at: float | None = None) -> Conversation:
    return Conversation(
        WorkspaceId("w"),
        ConversationId("c"),
        ChannelId("shop"),
        ContactId("p"),
        contact_at=contact_at,
        entry_at=entry_at,
    )


@pytest.mark.parametrize(
    ("label", "sends", "contact_at", "entry_at", "now", "expected"), CASES, ids=[row[0] for row in CASES]
)
def test_is_open(
    label: str, sends: SendPolicy, contact_at: float | None, entry_at: float | None, now: float, expected: bool
) -> None:
    assert is_open(talk(contact_at, entry_at), sends, now) is expected


@pytest.mark.parametrize(("source_type", "expected"), [("ad", True), ("post", True), ("product", False), (None, False)])
def test_is_entry(source_type: str | None, expected: bool) -> None:
    assert is_entry(Inbound(kind="text", ad=Referral(source_type=source_type))) is expected
    assert not is_entry(Inbound(kind="text"))


@given(st.floats(0, 1e10), st.floats(0, 1e6), st.floats(0, 1e10), st.floats(0, 1e6))
def test_it_closes_once_and_a_newer_message_never_closes_it(
    contact_at: float, window: float, now: float, more: float
) -> None:
    sends = SendPolicy(window=window)
    opened = is_open(talk(contact_at), sends, now)
    assert opened or not is_open(talk(contact_at), sends, now + more)
    assert not opened or is_open(talk(contact_at + more), sends, now)


@given(st.floats(0, 1e9), st.none() | st.floats(0, 1e9))
def test_an_ad_never_shortens_the_window(contact_at: float, entry_at: float | None) -> None:
    usual = closes_at(contact_at=contact_at, entry_at=None, window=DAY, entry_window=3 * DAY)
    assert closes_at(contact_at=contact_at, entry_at=entry_at, window=DAY, entry_window=3 * DAY) >= usual
    assert closes_at(contact_at=contact_at, entry_at=entry_at, window=None, entry_window=3 * DAY) == math.inf


TRIES = [
    ("long before it closes", 100.0, 1_000.0, 10.0, 100.0),
    ("after it has closed anyway", 1_500.0, 1_000.0, 1_001.0, 1_500.0),
    ("past its end: within the margin", 1_500.0, 1_000.0, 10.0, 940.0),
    ("already within the margin: soon", 1_500.0, 1_000.0, 950.0, 955.0),
    ("sooner than that anyway", 999.0, 1_000.0, 950.0, 999.0),
    ("nothing ever closes", 1_500.0, math.inf, 10.0, 1_500.0),
]


@pytest.mark.parametrize(("label", "at", "until", "now", "expected"), TRIES, ids=[row[0] for row in TRIES])
def test_in_time(label: str, at: float, until: float, now: float, expected: float) -> None:
    assert in_time(at, until=until, now=now) == expected


@given(st.floats(0, 1e6), st.floats(0, 1e6), st.floats(0, 1e6))
def test_what_waits_is_never_tried_later_than_it_would_have_been(at: float, until: float, now: float) -> None:
    at = max(at, now)
    found = in_time(at, until=until, now=now)
    assert now <= found <= at
    assert found == at or found < until or now + 5.0 >= until
