"""Machines that share nothing but a PostgreSQL database: one accepts, others work, and some of them fall."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.real_server import Server, configure, connect, provider, serving
from tests.e2e.town import THINKER, Town, done, until
from turnkeeper.testing.fake_graph import Running, hold


@pytest.fixture
def graph() -> Iterator[Running]:
    with provider() as running:
        running.graph.behaviour.duplicate = 2
        running.graph.behaviour.batch = 3
        yield running


class Site:
    """Where machines are set up; each has a folder of its own."""

    def __init__(self, folder: Path, running: Running, database: str) -> None:
        self.folder = folder
        self.running = running
        self.database = database

    @contextmanager
    def machine(self, name: str, role: str = "worker", bot: str = THINKER) -> Iterator[Server]:
        folder = self.folder / name
        configure(
            folder, self.running, bot=bot, database=self.database, quiet=0.1, drain=1, send_limit=3, unknown_wait=1
        )
        with serving(folder, "--role", role) as server:
            if role == "web":
                connect(self.running, server)
            yield server

    def until_thinking(self, machine: str, text: str) -> float:
        return until(lambda: done(self.folder / machine, f"thinking {text}") == 1, f"thinking on {machine}")


@pytest.fixture
def site(tmp_path: Path, graph: Running, postgres_database: str) -> Site:
    return Site(tmp_path, graph, postgres_database)


def test_a_worker_on_another_machine_is_woken_without_waiting_for_its_poll(site: Site) -> None:
    """It looks once a second anyway; half of the messages would wait for longer than half of that."""
    town = Town(site.running)
    site.running.graph.behaviour.batch = 1
    took = []
    with site.machine("web", "web") as web, site.machine("worker"):
        for number in range(15):
            began = time.monotonic()
            town.write("ada", f"ada {number}")
            town.until_answered()
            took.append(time.monotonic() - began)
        town.judge(web)
    print(f"answered after {sorted(took)[7]:.3f} s, of which 0.1 s are quiet")  # noqa: T201
    assert sorted(took)[10] < 0.45, took


def test_a_worker_that_is_stopped_for_longer_than_its_lease_sends_nothing_twice(site: Site) -> None:
    """It runs an old release, the machine that takes over the next one: half a turn is begun anew."""
    town = Town(site.running)
    newer = THINKER + "\n# the next release\n"
    with site.machine("web", "web") as web, site.machine("old") as old:
        for fault in (hold(8.0, taken=True), hold(taken=False)):
            town.fail_next(fault)
            town.write(f"held {fault.taken}", f"held {fault.taken}")
            town.wait(lambda: not site.running.graph.sends.faults["send"])
        town.write("thinking", "hard")
        site.until_thinking("old", "hard")
        stopped = old.child("worker-1")
        os.kill(stopped, signal.SIGSTOP)
        with site.machine("new", bot=newer):
            took = site.until_thinking("new", "hard")
            os.kill(stopped, signal.SIGCONT)
            until(lambda: "declared dead" in old.log(), "told that it was declared dead")
            town.judge(web)
            town.write("thinking", "again")
            town.judge(web)
        assert old.child("worker-1") == stopped
    print(f"taken over {took:.1f} s after another machine had come up")  # noqa: T201
    assert done(site.folder / "new", "looked up hard") == 1, "steps of another release are not taken over"
    assert town.person("thinking").texts == ["told: hard", "told: again"]


def test_machines_that_leave_and_machines_that_fall(site: Site) -> None:
    """One that is told to stop hands over at once; one that is killed is taken over when its lease is over."""
    town = Town(site.running)
    with site.machine("web", "web") as web, site.machine("first") as first:
        town.write("thinking", "very hard")
        site.until_thinking("first", "very hard")
        with site.machine("second") as second:
            began = time.monotonic()
            assert first.stop() == 0
            site.until_thinking("second", "very hard")
            handed_over = time.monotonic() - began
            for number in range(20):
                town.write(f"many {number}", f"hard {number}")
            site.until_thinking("second", "hard 19")
            with site.machine("third"):
                second.kill()
                taken_over = site.until_thinking("third", "hard 19")
                town.judge(web)
        assert web.stop() == 0
    print(f"handed over after {handed_over:.1f} s, 1 s of it to finish; taken over after {taken_over:.1f} s")  # noqa: T201
    assert handed_over < 4.0
    assert taken_over < 8.0
    assert done(site.folder / "second", "looked up very hard") == 0, "a stored result is never computed again"
