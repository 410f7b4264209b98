"""Tests that mostly wait, for a lease or a time limit to end: they run beside each other.

`@scenario` makes a test of a function over a Stage. The first such test starts all that were selected, a few
at a time; each test gives back what its own came to. What a scenario returns is what it measured.
"""

import functools
import inspect
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.real_server import provider
from tests.e2e.town import Town
from tests.support.postgres import Cluster
from tests.support.programs import folder_for

AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Stage:
    """What one scenario has to itself: a folder, a town, and a PostgreSQL database when it asks."""

    name: str
    folder: Path
    town: Town
    cluster: Cluster | BaseException

    @contextmanager
    def database(self) -> Iterator[str]:
        """The address of a fresh database; skips where there is no PostgreSQL."""
        if isinstance(self.cluster, BaseException):
            raise self.cluster
        self.cluster.create(self.name)
        try:
            yield self.cluster.url(self.name)
        finally:
            self.cluster.drop(self.name)


Play = Callable[[Stage], str | None]


def scenario(play: Play) -> Callable[..., None]:
    """Make a test of it."""

    @functools.wraps(play)
    def test(scenarios: "Scenarios") -> None:
        told = scenarios.result(play)
        if told:
            print(told)  # noqa: T201

    test.__signature__ = inspect.Signature([inspect.Parameter("scenarios", inspect.Parameter.KEYWORD_ONLY)])  # type: ignore[attr-defined]
    test.play = play  # type: ignore[attr-defined]
    return test


class Scenarios:
    """Those under way."""

    def __init__(self, items: list[Any], cluster: Cluster | BaseException) -> None:
        self._pool = ThreadPoolExecutor(AT_ONCE, "scenario")
        self._cluster = cluster
        plays = [item.obj.play for item in items if hasattr(getattr(item, "obj", None), "play")]
        self._futures: dict[Play, Future[str | None]] = {play: self._pool.submit(self._run, play) for play in plays}

    def _run(self, play: Play) -> str | None:
        with folder_for(None) as folder, provider() as running:
            running.graph.behaviour.duplicate = 2
            return play(Stage(getattr(play, "__name__", "scenario")[:60], folder, Town(running), self._cluster))

    def result(self, play: Play) -> str | None:
        """What it measured; raises what it raised."""
        return self._futures[play].result()

    def close(self) -> None:
        """Start no more, and wait for those under way."""
        self._pool.shutdown(cancel_futures=True)


@contextmanager
def running_scenarios(request: pytest.FixtureRequest) -> Iterator[Scenarios]:
    """Start every selected one."""
    cluster: Cluster | BaseException
    try:
        cluster = request.getfixturevalue("postgres_cluster")
    except pytest.skip.Exception as skipped:
        cluster = skipped
    scenarios = Scenarios(request.session.items, cluster)
    try:
        yield scenarios
    finally:
        scenarios.close()
