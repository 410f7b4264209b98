"""The workers' figures: added up over processes, and never less than before."""

from pathlib import Path

from turnkeeper.app.figures import FigureFile, of_machine
from turnkeeper.engine.figures import BUCKETS, Figures, added
from turnkeeper.model.llm import Usage


def counted(*seconds: float) -> Figures:
    figures = Figures()
    for each in seconds:
        figures.turn("shop", "committed")
        figures.stage("run", each)
        figures.stored("claim", each)
        figures.model("router", "a/b", "answered", each, Usage(10, 5, 0, 0.25))
    figures.model("router", "a/b", "slow", 1.0, None)
    figures.hearing("cloud", "heard", 2.0, 60.0)
    figures.hearing("cloud", "away", 1.0, 0.0)
    figures.send("shop", "text", "accepted", 1)
    figures.send("shop", "text", "accepted", 2)
    return figures


def test_several_processes_are_one_sum() -> None:
    total = added([counted(0.1, 0.2), counted(3.0), Figures()])
    assert total.turns == {("shop", "committed"): 3}
    assert total.sends == {("shop", "text", "accepted"): 4}
    assert total.resends == {"shop": 2}
    assert total.stages["run"].seconds == total.store["claim"].seconds == 3.3
    assert total.models == {("router", "a/b", "answered"): 3, ("router", "a/b", "slow"): 2}
    assert {kind: count for (_, _, kind), count in total.tokens.items()} == {"input": 30, "cached": 0, "output": 15}
    assert total.costs == {("router", "a/b"): 0.75}
    assert total.waits["router"].seconds == 5.3
    assert total.hearings == {("cloud", "heard"): 2, ("cloud", "away"): 2}
    assert (total.sound, total.listening["cloud"].seconds) == ({"cloud": 120.0}, 6.0)
    counts = dict(zip([*BUCKETS, None], total.stages["run"].counts, strict=True))
    assert {edge: count for edge, count in counts.items() if count} == {0.1: 1, 0.25: 1, 5.0: 1}


def test_a_worker_goes_on_from_what_the_one_before_it_had_counted(tmp_path: Path) -> None:
    first = FigureFile(tmp_path, "worker-1")
    first.write(counted(0.1))
    FigureFile(tmp_path, "worker-2").write(counted(1.0, 2.0))
    again = FigureFile(tmp_path, "worker-1").read()
    assert again == counted(0.1)
    again.turn("shop", "failed")
    first.write(again)
    assert of_machine(tmp_path).turns == {("shop", "committed"): 3, ("shop", "failed"): 1}


def test_what_cannot_be_read_counts_nothing(tmp_path: Path) -> None:
    (tmp_path / "worker-1.figures").write_bytes(b"half a")
    assert FigureFile(tmp_path, "worker-1").read() == of_machine(tmp_path) == Figures()
    FigureFile(tmp_path / "gone", "worker-1").write(counted(0.1))
