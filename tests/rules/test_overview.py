"""The overview of figures: sums, percentiles by part, reasons by weight, and no hour left out."""

from turnkeeper.model.inbox import Figure
from turnkeeper.rules.figures import bucket_of
from turnkeeper.rules.overview import overview

SINCE, HOUR = 1_799_996_400.0, 3600.0


def figure(hour: int, name: str, value: int) -> Figure:
    return Figure(str(int(SINCE + hour * HOUR)), name, value)


FIGURES = [
    figure(0, "in", 5),
    figure(0, "out", 3),
    figure(2, "in", 2),
    figure(0, "turn.answered", 3),
    figure(2, "turn.failed", 1),
    figure(0, "drop.stale", 2),
    figure(2, "drop.opted_out", 3),
    figure(2, "drop.rate_limited", 2),
    figure(0, "send_failed.131047", 1),
    figure(0, "tokens", 900),
    figure(2, "micros", 1200),
    figure(0, f"time.total.{bucket_of(5.0)}", 19),
    figure(2, f"time.total.{bucket_of(60.0)}", 1),
    figure(0, f"time.model.{bucket_of(1.0)}", 20),
]


def test_sums_are_of_all_hours() -> None:
    found = overview(FIGURES, SINCE, SINCE + 3 * HOUR, HOUR)
    assert (found.received, found.sent, found.tokens, found.micros) == (7, 3, 900, 1200)
    assert found.turns == {"answered": 3, "no_reply": 0, "person": 0, "failed": 1}


def test_reasons_are_told_by_weight() -> None:
    found = overview(FIGURES, SINCE, SINCE + 3 * HOUR, HOUR)
    assert found.drops == [("opted_out", 3), ("rate_limited", 2), ("stale", 2)]
    assert found.send_failures == [("131047", 1)]


def test_times_are_told_by_part() -> None:
    total, waiting, _, model, sending = overview(FIGURES, SINCE, SINCE + 3 * HOUR, HOUR).took
    assert (total.part, model.part, total.times, model.times) == ("total", "model", 20, 20)
    assert total.p50 is not None
    assert total.p95 is not None
    assert abs(total.p50 - 5) < 0.5
    assert abs(total.p95 - 5) < 0.5, "19 of 20 took five seconds"
    assert (waiting.p50, sending.p95, waiting.times) == (None, None, 0)


def test_no_hour_is_left_out() -> None:
    found = overview(FIGURES, SINCE, SINCE + 4 * HOUR, HOUR).stretches
    assert [(each.at, each.received, each.sent) for each in found] == [
        (SINCE, 5, 3),
        (SINCE + HOUR, 0, 0),
        (SINCE + 2 * HOUR, 2, 0),
        (SINCE + 3 * HOUR, 0, 0),
    ]
    assert found[1].p50 is None
    assert found[2].p50 is not None
    assert abs(found[2].p50 - 60) < 4


def test_nothing_is_nothing() -> None:
    found = overview([], SINCE, SINCE + HOUR, HOUR)
    assert (found.received, found.drops, len(found.stretches)) == (0, [], 1)
    assert all(each.p50 is None for each in found.took)
