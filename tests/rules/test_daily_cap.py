"""The cap of a day: no 24 hours hold more, whatever asks; and what waits is told when it goes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from turnkeeper.model.conversation import OutboundRow
from turnkeeper.model.ids import ChannelId, ConversationId, WorkspaceId
from turnkeeper.model.policy import SendPolicy
from turnkeeper.rules import daily_cap
from turnkeeper.rules.pacing import Bucket, gap, slot, unspent

NOW = 1_800_000_000.0
"""The beginning of a quarter of an hour."""
DAY = 86_400.0
ROW = OutboundRow(
    WorkspaceId("default"), ConversationId("c"), 1, ChannelId("shop"), 1, 0, b"", created_at=NOW, expires_at=NOW + 50
)


def sent(*instants: float) -> daily_cap.Spent:
    spent = b""
    for at in instants:
        spent = daily_cap.counted(daily_cap.read(spent), at)
    return daily_cap.read(spent)


@pytest.mark.parametrize(
    "label, instants, cap, room, next_at",
    [
        ("nothing was sent", [], 2, 2, NOW),
        ("one", [NOW - 10], 2, 1, NOW),
        ("all of it", [NOW - 10, NOW - 10], 2, 0, NOW + DAY),
        ("one of them a day ago", [NOW - DAY - 10, NOW - 10], 2, 1, NOW),
        ("nearly a day ago", [NOW - DAY + 10, NOW - 10], 2, 0, NOW + 900),
        ("the cap was lowered", [NOW - 2000, NOW - 1000, NOW - 10], 1, -2, NOW + DAY),
    ],
)
def test_how_much_room_there_is(label: str, instants: list[float], cap: int, room: int, next_at: float) -> None:
    spent = sent(*instants)
    assert daily_cap.room(spent, cap, NOW) == room
    assert daily_cap.next_room_at(spent, cap, NOW) == next_at


def test_what_is_a_day_old_is_forgotten_and_what_never_left_is_given_back() -> None:
    assert sent(NOW - 2 * DAY, NOW) == {int(NOW // 900): 1}
    bucket = Bucket(spent=daily_cap.counted(sent(NOW, NOW), NOW + 900))
    given = unspent(bucket, replace(ROW, call_at=NOW + 0.2, sending_at=NOW))
    assert daily_cap.read(given.spent) == {int(NOW // 900): 1, int(NOW // 900) + 1: 1}
    assert unspent(given, replace(ROW, call_at=NOW + 950)).spent == b'{"%d":1}' % (NOW // 900)
    assert unspent(Bucket(), ROW) == Bucket()


def test_a_row_that_waits_is_shown_with_its_time_and_does_not_grow_old() -> None:
    held = daily_cap.delayed(ROW, 10, NOW + DAY, NOW + 20)
    assert held.hold_until is not None
    assert NOW + DAY <= held.hold_until <= NOW + DAY + 1
    assert held.expires_at - held.hold_until == pytest.approx(ROW.expires_at - (NOW + 20))
    assert held.reason == "daily cap of 10 reached: goes at 2027-01-16 08:00 UTC or later"
    later = daily_cap.delayed(replace(ROW, created_at=NOW + 100), 10, NOW + DAY, NOW + 200)
    assert later.hold_until is not None
    assert later.hold_until > held.hold_until
    assert daily_cap.over(held).reason is None
    assert daily_cap.over(replace(ROW, reason="no answer")).reason == "no answer"


@given(
    st.integers(1, 6),
    st.sampled_from([0.0, 2.0, 600.0]),
    st.lists(st.tuples(st.floats(0.0, 20_000.0), st.booleans()), max_size=60),
)
def test_no_24_hours_hold_more_than_the_cap(cap: int, pause: float, asks: list[tuple[float, bool]]) -> None:
    bucket, now, instants = Bucket(), NOW, []
    for later, waited in asks:
        now += later
        found = slot(bucket, pause, waited=waited, now=now, cap=cap)
        bucket = found.bucket
        if found.goes:
            instants.append(found.at)
        else:
            assert found.at >= now
    for place, at in enumerate(instants):
        assert sum(at <= other <= at + DAY for other in instants[place:]) <= cap
        assert not pause or all(other - at >= pause - 1e-3 for other in instants[place + 1 :])


@given(st.integers(1, 40), st.integers(1, 10), st.sampled_from([0.0, 2.0]))
def test_whoever_waits_goes_in_the_end(waiting: int, cap: int, pause: float) -> None:
    """Rows that ask when they were told to; the day's room is used up each day."""
    bucket, line, went = Bucket(), [(NOW, n, False) for n in range(waiting)], 0
    for _ in range(60 * waiting):
        if not line:
            break
        now, n, waited = line.pop(0)
        found = slot(bucket, pause, waited=waited, now=now, cap=cap)
        bucket = found.bucket
        went += found.goes
        if not found.goes:
            line = sorted([*line, (max(found.at - (0 if found.capped else 0.1), now), n, True)])
    assert went == waiting
    assert now <= NOW + (waiting // cap + 1) * (DAY + 2 * 900) + waiting * pause


@pytest.mark.parametrize(
    "policy, least, most",
    [
        (SendPolicy(human_pause=2.0), 1.0, 3.0),
        (SendPolicy(human_pause=2.0, per_second=0.5), 2.04, 3.0),
        (SendPolicy(per_second=10.0), 0.102, 0.102),
        (SendPolicy(daily_cap=3), 0.0, 0.0),
    ],
)
def test_each_row_has_a_pause_of_its_own_and_always_the_same(policy: SendPolicy, least: float, most: float) -> None:
    gaps = [gap(policy, replace(ROW, seq=seq)) for seq in range(200)]
    assert gaps == [gap(policy, replace(ROW, seq=seq)) for seq in range(200)]
    assert least - 1e-9 <= min(gaps) <= max(gaps) <= most + 1e-9
    if policy.human_pause:
        assert len(set(gaps)) > 50
        assert sum(gaps) / 200 == pytest.approx(policy.human_pause, rel=0.2)


def test_the_line_grows_no_longer_than_the_room() -> None:
    """Whoever comes when the room is gone must not find a line of thousands that will not go today."""
    bucket = Bucket()
    for _ in range(1000):
        bucket = slot(bucket, 2.0, waited=False, now=NOW, cap=5).bucket
    assert bucket.tail <= NOW + 6 * 2.0
