"""Each call has an instant of its own: whatever asks and whenever, no window holds more than its share."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from turnkeeper.model.conversation import OutboundRow
from turnkeeper.model.ids import ChannelId, ConversationId, WorkspaceId
from turnkeeper.model.policy import RateLimit
from turnkeeper.rules import rate_limit
from turnkeeper.rules.pacing import AHEAD, GRACE, IDLE_GRACE, Bucket, is_late, pair_free_at, pair_slowed, slot, slowed

NOW = 1_800_000_000.0
STEP = 1.02 / 10
"""Between two calls at ten a second."""
CALLED = OutboundRow(
    WorkspaceId("default"), ConversationId("c"), 1, ChannelId("shop"), 1, 0, b"", "sending", 1, sending_at=NOW
)


@pytest.mark.parametrize(
    "label, bucket, waited, goes, at, after",
    [
        ("nothing was sent", Bucket(), False, True, NOW, (NOW + STEP, 0.0)),
        ("long ago", Bucket(NOW - 9, NOW - 9), False, True, NOW, (NOW + STEP, NOW - 9)),
        ("soon", Bucket(NOW + 0.2, 0), False, True, NOW + 0.2, (NOW + 0.2 + STEP, 0.0)),
        ("not so soon", Bucket(NOW + 0.3, 0), False, False, NOW + 0.3, (NOW + 0.3, NOW + 0.3 + STEP)),
        ("others wait", Bucket(NOW + 0.2, NOW + 5), False, False, NOW + 5, (NOW + 0.2, NOW + 5 + STEP)),
        ("others waited", Bucket(NOW - 9, NOW), False, True, NOW, (NOW + STEP, NOW)),
        ("its place has come", Bucket(NOW + 0.2, NOW + 5), True, True, NOW + 0.2, (NOW + 0.2 + STEP, NOW + 5)),
        ("its place was lost", Bucket(NOW + 9, NOW + 5), True, False, NOW + 9, (NOW + 9, NOW + 9 + STEP)),
        ("and it stands behind", Bucket(NOW + 1, NOW + 5), True, False, NOW + 5, (NOW + 1, NOW + 5 + STEP)),
    ],
)
def test_what_a_row_is_given(
    label: str, bucket: Bucket, waited: bool, goes: bool, at: float, after: tuple[float, float]
) -> None:
    found = slot(bucket, STEP, waited=waited, now=NOW)
    assert (found.goes, found.at) == (goes, pytest.approx(at, abs=1e-6))
    assert found.bucket[:2] == pytest.approx(after, abs=1e-6)


@given(
    per_second=st.sampled_from([0.5, 1.0, 20.0, 80.0, 1000.0]),
    asks=st.lists(st.tuples(st.floats(-0.02, 0.2), st.booleans(), st.booleans()), max_size=200),
)
def test_no_second_holds_more_than_its_share(per_second: float, asks: list[tuple[float, bool, bool]]) -> None:
    """The clocks of machines differ a little: an ask may come from before the one that was answered last."""
    bucket, now, instants = Bucket(), NOW, []
    for later, waited, refused in asks:
        now += later
        found = slot(bucket, 1.02 / per_second, waited=waited, now=now)
        bucket = slowed(found.bucket, now + 0.3) if refused else found.bucket
        if found.goes:
            assert now <= found.at <= now + AHEAD
            instants.append(found.at)
        else:
            assert found.at >= now
    # Each call may miss its instant by GRACE, to the later side.
    most = 1.05 * per_second + 1
    for place, at in enumerate(instants):
        assert sum(at <= other < at + 1 + GRACE for other in instants[place:]) <= most


@given(st.integers(2, 300), st.sampled_from([1.0, 10.0, 80.0]))
def test_a_queue_loses_nothing_and_moves_at_the_full_rate(length: int, per_second: float) -> None:
    """Rows that ask when they were told to go when they were told to, one behind the other."""
    bucket, places = Bucket(), []
    for _ in range(length):
        found = slot(bucket, 1.02 / per_second, waited=False, now=NOW)
        bucket = found.bucket
        places.append((found.at, found.goes))
    for place, (at, goes) in enumerate(places):
        assert at == pytest.approx(NOW + place * 1.02 / per_second, abs=1e-4)
        if not goes:
            found = slot(bucket, 1.02 / per_second, waited=True, now=at - 0.1)
            assert (found.goes, found.at) == (True, pytest.approx(at, abs=1e-4))
            bucket = found.bucket


@pytest.mark.parametrize(
    "label, row, now, late",
    [
        ("not paced", CALLED, NOW + 99, False),
        ("at its instant", replace(CALLED, call_at=NOW + 0.2), NOW + 0.2, False),
        ("a little later", replace(CALLED, call_at=NOW + 0.2), NOW + 0.2 + GRACE - 0.001, False),
        ("too late", replace(CALLED, call_at=NOW + 0.2), NOW + 0.2 + GRACE + 0.001, True),
        ("nothing was waited for", replace(CALLED, call_at=NOW), NOW + IDLE_GRACE - 0.01, False),
        ("far too late", replace(CALLED, call_at=NOW), NOW + IDLE_GRACE + 0.01, True),
        ("tried before", replace(CALLED, call_at=NOW, tries=2), NOW + IDLE_GRACE + 0.01, False),
    ],
)
def test_a_call_that_missed_its_instant(label: str, row: OutboundRow, now: float, late: bool) -> None:
    assert is_late(row, now) is late


def test_a_pair_that_was_refused_has_nothing_left_to_borrow() -> None:
    limit = RateLimit(45, 270.0)
    tat: float | None = None
    for _ in range(10):
        allowed, tat = rate_limit.admit(limit, tat=tat, now=NOW)
        assert allowed
    tat = pair_slowed(limit, tat, NOW + 4.0)
    assert pair_free_at(limit, tat) == NOW + 4.0
    for second, expected in ((3.9, False), (4.0, True), (9.9, False), (10.0, True)):
        allowed, tat = rate_limit.admit(limit, tat=tat, now=NOW + second)
        assert allowed is expected, second
    assert pair_free_at(limit, None) < NOW
