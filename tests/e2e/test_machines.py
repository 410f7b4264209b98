"""Machines that share nothing but a PostgreSQL database: one accepts, others work, and some of them fall."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.real_server import Server, configure, connect, serving
from tests.e2e.scenarios import Stage, scenario
from tests.e2e.town import THINKER, Town, done, until
from turnkeeper.testing.fake_graph import hold


class Site:
    """Where machines are set up; each has a folder of its own."""

    def __init__(self, folder: Path, town: Town, database: str) -> None:
        self.folder = folder
        self.town = town
        self.database = database

    @contextmanager
    def machine(self, name: str, role: str = "worker", bot: str = THINKER, lease: int = 3) -> Iterator[Server]:
        folder = self.folder / name
        configure(
            folder,
            self.town.running,
            bot=bot,
            database=self.database,
            lease=lease,
            quiet=0.1,
            drain=1,
            send_limit=3,
            unknown_wait=1,
        )
        with serving(folder, "--role", role) as server:
            if role == "web":
                connect(self.town.running, server)
            yield server

    def until_thinking(self, machine: str, text: str) -> float:
        return until(lambda: done(self.folder / machine, f"thinking {text}") == 1, f"thinking on {machine}")


@contextmanager
def site_of(stage: Stage) -> Iterator[Site]:
    stage.town.graph.behaviour.batch = 3
    with stage.database() as database:
        yield Site(stage.folder, stage.town, database)


@scenario
def test_a_worker_that_is_stopped_for_longer_than_its_lease_sends_nothing_twice(stage: Stage) -> str:
    """It runs an old release, the machine that takes over the next one: half a turn is begun anew."""
    town = stage.town
    newer = THINKER + "\n# the next release\n"
    with site_of(stage) as site, site.machine("web", "web") as web, site.machine("old") as old:
        for fault in (hold(8.0, taken=True), hold(taken=False)):
            town.fail_next(fault)
            town.write(f"held {fault.taken}", f"held {fault.taken}")
            town.wait(lambda: not town.graph.sends.faults["send"])
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
    assert done(stage.folder / "new", "looked up hard") == 1, "steps of another release are not taken over"
    assert town.person("thinking").texts == ["told: hard", "told: again"]
    return f"taken over {took:.1f} s after another machine had come up"


@scenario
def test_machines_that_leave_and_machines_that_fall(stage: Stage) -> str:
    """One that is told to stop hands over at once; one that is killed is taken over when its lease is over."""
    town = stage.town
    with site_of(stage) as site, site.machine("web", "web") as web, site.machine("first") as first:
        town.write("thinking", "very hard")
        site.until_thinking("first", "very hard")
        with site.machine("second", lease=20) as second:  # which would judge a silent one later than this takes
            began = time.monotonic()
            assert first.stop() == 0
            site.until_thinking("second", "very hard")
            handed_over = time.monotonic() - began
            assert handed_over < 8.0
            (stage.folder / "second" / "go").touch()
            town.until_answered()
            (stage.folder / "second" / "go").unlink()
            for number in range(20):
                town.write(f"many {number}", f"very hard {number}")
            site.until_thinking("second", "very hard 19")
            with site.machine("third"):
                second.kill()
                taken_over = site.until_thinking("third", "very hard 19")
                (stage.folder / "third" / "go").touch()
                town.judge(web)
        assert web.stop() == 0
    assert taken_over < 8.0
    assert done(stage.folder / "second", "looked up very hard") == 0, "a stored result is never computed again"
    return f"handed over after {handed_over:.1f} s, 1 s of it to finish; taken over after {taken_over:.1f} s"
