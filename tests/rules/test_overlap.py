"""What a newer message may do to a running turn."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnkeeper.model.policy import TurnPolicy
from turnkeeper.rules.overlap import is_dropped, may_interrupt

INTERRUPTS = [
    # label, policy, irrevocable, seconds since the turn's first message, expected
    ("by default", TurnPolicy(), False, 5, True),
    ("after an effect or say_now", TurnPolicy(), True, 5, False),
    ("just before max_wait", TurnPolicy(), False, 14.9, True),
    ("max_wait has passed", TurnPolicy(), False, 15, False),
    ("queue", TurnPolicy(overlap="queue"), False, 5, False),
    ("drop", TurnPolicy(overlap="drop"), False, 5, False),
    ("gather = false implies queue", TurnPolicy(gather=False), False, 5, False),
]
DROPS = [
    ("drop while a turn runs", TurnPolicy(overlap="drop"), True, True),
    ("drop while none runs", TurnPolicy(overlap="drop"), False, False),
    ("queue", TurnPolicy(overlap="queue"), True, False),
    ("interrupt", TurnPolicy(), True, False),
    ("gather = false implies queue", TurnPolicy(overlap="drop", gather=False), True, False),
]


@pytest.mark.parametrize(
    ("label", "policy", "irrevocable", "since", "expected"), INTERRUPTS, ids=[row[0] for row in INTERRUPTS]
)
def test_may_interrupt(label: str, policy: TurnPolicy, irrevocable: bool, since: float, expected: bool) -> None:
    assert may_interrupt(policy, turn_first_at=100.0, irrevocable=irrevocable, now=100.0 + since) is expected


@pytest.mark.parametrize(("label", "policy", "running", "expected"), DROPS, ids=[row[0] for row in DROPS])
def test_is_dropped(label: str, policy: TurnPolicy, running: bool, expected: bool) -> None:
    assert is_dropped(policy, turn_running=running) is expected


policies = st.builds(
    TurnPolicy,
    max_wait=st.floats(0, 100),
    gather=st.booleans(),
    overlap=st.sampled_from(["interrupt", "queue", "drop"]),
)


@given(policies, st.booleans(), st.floats(0, 200), st.floats(0, 200))
def test_once_too_late_always_too_late_and_what_is_dropped_never_interrupts(
    policy: TurnPolicy, irrevocable: bool, since: float, more: float
) -> None:
    def may(at: float) -> bool:
        return may_interrupt(policy, turn_first_at=0.0, irrevocable=irrevocable, now=at)

    assert may(since) or not may(since + more)
    assert not (may(since) and is_dropped(policy, turn_running=True))
