"""The adaptive wait keeps its promise on generated writers, and the measure itself is honest."""

from benchmarks import adaptive
from benchmarks.adaptive import Episode, Said, Tally, play
from turnkeeper.model.policy import Habit, TurnPolicy

FIXED = TurnPolicy(adaptive=False)


def test_a_second_at_most_and_one_answer_to_a_burst() -> None:
    found = adaptive.run(seed=0, writers=1_000)
    assert found["adaptive"]["all"]["median_wait"] <= 1
    assert found["adaptive"]["all"]["once"] >= 0.97
    assert found["fixed 4 s"]["all"]["median_wait"] == 4


def tallied(*messages: tuple[float, str], thinking: float, policy: TurnPolicy = FIXED) -> Tally:
    tally = Tally()
    said = [Said(at, text) for at, text in messages]
    play(policy, Episode(0.0, said, [thinking] * 9), Habit(), None, tally)
    return tally


def test_a_burst_within_the_quiet_time_is_one_turn() -> None:
    tally = tallied((0, "a"), (3, "b"), thinking=2)
    assert (tally.once, tally.once_undisturbed, tally.turns, tally.interrupted, tally.waits) == (1, 1, 1, 0, [4])


def test_a_message_while_the_model_thinks_restarts_the_turn() -> None:
    tally = tallied((0, "a"), (5, "b"), thinking=2)
    assert (tally.once, tally.once_undisturbed, tally.turns, tally.interrupted, tally.waits) == (1, 0, 2, 1, [4])


def test_a_message_after_the_answer_breaks_the_burst() -> None:
    tally = tallied((0, "a"), (7, "b"), thinking=2)
    assert (tally.once, tally.once_undisturbed, tally.turns, tally.interrupted) == (0, 0, 2, 0)


def test_after_max_wait_a_message_waits_for_the_answer_instead() -> None:
    tally = tallied((0, "a"), (4, "b"), (8, "c"), (12, "d"), (15.5, "e"), thinking=3)
    assert (tally.once, tally.interrupted) == (0, 3)
