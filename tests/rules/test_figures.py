"""Times in buckets: percentiles are told from them, nearly as they were."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnkeeper.rules.figures import bucket_of, hour_of, middle_of, percentile


@given(st.floats(0.01, 100_000.0))
def test_a_bucket_stands_for_its_times(seconds: float) -> None:
    assert middle_of(bucket_of(seconds)) == pytest.approx(seconds, rel=0.06)


@given(st.lists(st.floats(0.02, 5_000.0), min_size=1, max_size=200), st.sampled_from([0.5, 0.95]))
def test_percentiles_are_those_of_the_times(times: list[float], share: float) -> None:
    buckets: dict[int, int] = {}
    for each in times:
        buckets[bucket_of(each)] = buckets.get(bucket_of(each), 0) + 1
    inside = sum(each <= (percentile(buckets, share) or 0.0) * 1.06 for each in times)
    below = sum(each < (percentile(buckets, share) or 0.0) / 1.06 for each in times)
    assert below <= share * len(times) <= inside + 1e-9


def test_where_there_is_nothing() -> None:
    assert percentile({}, 0.5) is None
    assert (bucket_of(0.0), bucket_of(-1.0), middle_of(0)) == (0, 0, 0.01)
    assert hour_of(7_300.5) == 7_200
