"""The supervisor with tiny children: it keeps them alive, stops them in order, and leaves nothing."""

import os
import select
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from turnkeeper.app.plan import BAD_CONFIGURATION, ChildPlan, Plan
from turnkeeper.app.supervisor import command

PATIENCE = 10.0

READY = """
import os, signal, sys, time
name = sys.argv[1]
def say(what): os.write(1, f"{name} {what} {os.getpid()}\\n".encode())
ticks = int(os.environ["TURNKEEPER_TICKS"])
def stop(*_):
    say("stopping"); sys.exit(0)
signal.signal(signal.SIGTERM, stop)
os.write(ticks, b"R")
say("up")
"""
STAYS = READY + "while True: os.write(ticks, b'.'); time.sleep(0.05)\n"
MOVES = READY + "for _ in range(15): os.write(ticks, b'.'); time.sleep(0.05)\nsay('moved'); signal.pause()\n"
CHANGES = """
import os, signal, sys, time
from pathlib import Path
wanted = Path(sys.argv[2])
began_with = wanted.read_text()
if began_with == "rest" and sys.argv[1] == "rests": sys.exit(79)
if "TURNKEEPER_SUCCEEDS" in os.environ and sys.argv[1] == "breaks": sys.exit(3)
def say(what): os.write(1, f"{sys.argv[1]} {what} {os.getpid()}\\n".encode())
ticks = int(os.environ["TURNKEEPER_TICKS"])
def stop(*_):
    say("stopping"); sys.exit(0)
signal.signal(signal.SIGTERM, stop); signal.signal(signal.SIGUSR1, stop)
while "TURNKEEPER_SUCCEEDS" in os.environ and sys.argv[1] == "slow" and not wanted.with_name("go").exists():
    say("waits"); time.sleep(0.05)
say("twin" if "TURNKEEPER_TWIN" in os.environ else "first")
os.write(ticks, b"Rw" if began_with == "work" else b"R")
said = False
while True:
    os.write(ticks, b".")
    if not said and wanted.read_text() != began_with:
        os.write(ticks, b"C"); said = True
    time.sleep(0.02)
"""
STALLS = READY + "signal.pause()\n"
DEAF = READY + "signal.signal(signal.SIGTERM, signal.SIG_IGN); say('deaf'); signal.pause()\n"
REFUSES = "import os, sys; os.write(1, b'no\\n'); sys.exit(int(sys.argv[2]))\n"
ANSWERS = (
    READY
    + """
import socket
listener = socket.socket(fileno=int(os.environ["TURNKEEPER_LISTEN"]))
while True:
    connection, _ = listener.accept()
    if connection.recv(10) == b"die": os.kill(os.getpid(), signal.SIGKILL)
    connection.sendall(b"hello"); connection.close()
"""
)
LEASHED = """
import asyncio, os
from turnkeeper.app.line import Line
async def main():
    line = Line(drain=0.0)
    stopped = asyncio.create_task(line.stopped())
    await asyncio.sleep(0)  # from now on it listens
    line.ready()
    os.write(1, f"leashed up {os.getpid()}\\n".encode())
    await stopped
    os.write(1, f"leashed stopping {os.getpid()}\\n".encode())
asyncio.run(main())
"""


def child(name: str, script: str, *arguments: str, stall: float | None = None, listens: bool = False) -> ChildPlan:
    run = [*command("x")[:1], "-c", script, name, *arguments]
    return ChildPlan(name, run, stall, listens)


class Watched:
    """A supervisor in a process of its own, and what it and its children print."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.lines: list[str] = []
        self._rest = b""

    def until(self, *words: str, after: int = 0) -> str:
        """The next line with all the words; fails when it does not come."""
        deadline = time.monotonic() + PATIENCE
        seen = after
        while time.monotonic() < deadline:
            for line in self.lines[seen:]:
                seen += 1
                if all(word in line for word in words):
                    return line
            if not self._read(deadline - time.monotonic()):
                break
        pytest.fail(f"{words} did not come in {self.lines}")

    def _read(self, wait: float) -> bool:
        assert self.process.stdout is not None
        if not select.select([self.process.stdout], [], [], max(0.0, wait))[0]:
            return False
        chunk = os.read(self.process.stdout.fileno(), 65_536)
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        self.lines += [line.decode() for line in lines]
        return bool(chunk)

    def ended(self) -> int:
        """Its exit status, with all that it said until then."""
        while self._read(PATIENCE):
            pass
        return self.process.wait(PATIENCE)

    def pid_of(self, line: str) -> int:
        return int(line.split()[-1])


@contextmanager
def supervising(plan: Plan) -> Iterator[Watched]:
    process = subprocess.Popen(
        command("turnkeeper.app.supervisor", plan.to_json()),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    watched = Watched(process)
    try:
        yield watched
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
        for line in watched.lines:  # a test that failed leaves no children either
            words = line.split()
            if words and words[-1].isdigit() and words[1:2] == ["up"]:
                with suppress(ProcessLookupError):
                    os.kill(int(words[-1]), signal.SIGKILL)


def test_it_says_when_all_are_ready_and_stops_them_all(tmp_path: Path) -> None:
    folder = tmp_path / "runtime"
    folder.mkdir()
    (folder / "x.sock").touch()
    plan = Plan([child("a", STAYS), child("b", STAYS)], say="all up", remove=[str(folder)])
    with supervising(plan) as watched:
        watched.until("all up")
        assert watched.until("a up")
        assert watched.until("b up")
        watched.process.send_signal(signal.SIGTERM)
        assert watched.ended() == 0
        assert watched.until("a stopping")
        assert watched.until("b stopping")
    assert not folder.exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_other_signals_stop_it_too(number: int) -> None:
    with supervising(Plan([child("a", STAYS)], say="all up")) as watched:
        watched.until("all up")
        watched.process.send_signal(number)
        assert watched.ended() == 0


def test_a_child_that_dies_is_started_again_at_once() -> None:
    with supervising(Plan([child("a", STAYS), child("b", STAYS)], say="all up")) as watched:
        watched.until("all up")
        first = watched.pid_of(watched.until("a up"))
        watched.until("b up")
        mark = len(watched.lines)
        os.kill(first, signal.SIGKILL)
        began = time.monotonic()
        second = watched.pid_of(watched.until("a up", after=mark))
        assert second != first
        assert time.monotonic() - began < 2.0
        assert "signal 9" in watched.until("a ended", after=mark)
        assert not any("b up" in line for line in watched.lines[mark:])


def test_a_child_that_stands_still_is_killed_and_started_again() -> None:
    with supervising(Plan([child("a", STALLS, stall=0.3)], say="all up")) as watched:
        first = watched.pid_of(watched.until("a up"))
        watched.until("has not moved")
        mark = len(watched.lines)
        assert watched.pid_of(watched.until("a up", after=mark)) != first


def test_a_child_that_moves_is_let_live() -> None:
    with supervising(Plan([child("a", MOVES, stall=0.3), child("b", STALLS)])) as watched:
        watched.until("a moved")  # for more than twice as long as it may stand still
        watched.process.send_signal(signal.SIGTERM)
        assert watched.ended() == 0
        assert not any("has not moved" in line for line in watched.lines)


def test_a_configuration_that_cannot_work_ends_it_with_its_status() -> None:
    plan = Plan([child("a", STAYS), child("b", REFUSES, str(BAD_CONFIGURATION))])
    with supervising(plan) as watched:
        assert watched.ended() == BAD_CONFIGURATION
        assert watched.lines.count("no") == 1


def test_a_child_that_never_gets_ready_is_given_up() -> None:
    with supervising(Plan([child("b", REFUSES, "3")])) as watched:
        assert watched.ended() == 3
        assert watched.lines.count("no") == 5


def test_a_child_that_does_not_end_is_killed_when_its_time_is_over() -> None:
    with supervising(Plan([child("a", DEAF)], drain=0.1, grace=0.1)) as watched:
        watched.until("a deaf")
        watched.process.send_signal(signal.SIGTERM)
        assert watched.ended() == 1


def test_a_second_signal_ends_it_at_once() -> None:
    with supervising(Plan([child("a", DEAF), child("b", STAYS)], drain=60)) as watched:
        watched.until("a deaf")
        watched.until("b up")
        watched.process.send_signal(signal.SIGTERM)
        watched.until("b stopping")
        watched.process.send_signal(signal.SIGTERM)
        assert watched.ended() == 128 + signal.SIGTERM


def test_children_end_when_the_supervisor_is_killed() -> None:
    with supervising(Plan([child("leashed", LEASHED)])) as watched:
        watched.until("leashed up")
        watched.process.kill()
        watched.until("leashed stopping")


def test_a_port_that_is_taken_is_named_with_the_mend() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with supervising(Plan([child("a", STAYS)], host="127.0.0.1", port=port)) as watched:
            assert watched.ended() == BAD_CONFIGURATION
            assert "server.port" in watched.until(f"127.0.0.1:{port}")


def ask(port: int, what: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        connection.sendall(what)
        try:
            return connection.recv(10)
        except ConnectionResetError:
            return b""


def test_nobody_is_refused_while_the_listening_child_is_started_again() -> None:
    plan = Plan([child("web", ANSWERS, listens=True)], host="127.0.0.1", port=0, say="on {url}")
    with supervising(plan) as watched:
        port = int(watched.until("on http://127.0.0.1:").rpartition(":")[2])
        assert ask(port, b"hi") == b"hello"
        assert ask(port, b"die") == b""
        assert ask(port, b"hi") == b"hello"
        watched.process.send_signal(signal.SIGTERM)
        assert watched.ended() == 0
        with pytest.raises(ConnectionRefusedError):
            ask(port, b"hi")


def test_a_plan_survives_a_command_line() -> None:
    plan = Plan([ChildPlan("a", ["x", "ü"], 1.5, True)], "::1", 1, 2.0, 3.0, ["d"], "s", True)
    assert Plan.from_json(plan.to_json()) == plan


def test_a_child_whose_configuration_changed_ends_once_its_successor_is_ready(tmp_path: Path) -> None:
    wanted = tmp_path / "wanted"
    wanted.write_text("1")
    plan = Plan([child("web", CHANGES, str(wanted)), child("worker", CHANGES, str(wanted))], say="all up")
    with supervising(plan) as watched:
        watched.until("all up")
        wanted.write_text("2")
        watched.until("web stopping")
        told = [" ".join(line.split()[:2]) for line in watched.lines if line.split()[0] in ("web", "worker")]
        assert sorted(told[:2]) == ["web first", "worker first"]
        # The worker first, so that it knows what the web process lets in; one at a time; each before the other ends.
        assert told[2:] == ["worker twin", "worker stopping", "web twin", "web stopping"]
        wanted.write_text("3")
        seen = len(watched.lines)
        watched.until("web first", after=seen)
        assert watched.until("web stopping", after=seen)


def test_a_successor_that_does_not_get_ready_costs_nothing(tmp_path: Path) -> None:
    wanted = tmp_path / "wanted"
    wanted.write_text("1")
    with supervising(Plan([child("breaks", CHANGES, str(wanted))], say="all up")) as watched:
        watched.until("all up")
        wanted.write_text("2")
        assert watched.until("successor of breaks ended (exit status 3)")
        watched.process.send_signal(signal.SIGTERM)
        assert watched.ended() == 0
        assert [line.split()[1] for line in watched.lines if line.startswith("breaks ")] == ["first", "stopping"]


def test_who_is_not_needed_rests_until_something_changes(tmp_path: Path) -> None:
    wanted = tmp_path / "wanted"
    wanted.write_text("rest")
    resting = replace(child("rests", CHANGES, str(wanted)), rests=True, wanted="w")
    with supervising(Plan([child("a", CHANGES, str(wanted)), resting], say="all up")) as watched:
        watched.until("all up")
        wanted.write_text("work")
        watched.until("a stopping")
        watched.until("rests first")
        wanted.write_text("rest")
        assert watched.until("rests stopping")
        seen = len(watched.lines)
        watched.until("a stopping", after=seen)
        wanted.write_text("work")
        assert watched.until("rests", after=seen)


def test_a_child_that_dies_while_its_successor_begins_is_not_started_again(tmp_path: Path) -> None:
    wanted = tmp_path / "wanted"
    wanted.write_text("1")
    with supervising(Plan([child("slow", CHANGES, str(wanted))], say="all up")) as watched:
        first = watched.until("slow first")
        watched.until("all up")
        wanted.write_text("2")
        watched.until("slow waits")
        os.kill(watched.pid_of(first), signal.SIGKILL)
        (tmp_path / "go").touch()
        assert watched.until("slow twin")
        seen = len(watched.lines)
        wanted.write_text("3")
        assert watched.until("slow first", after=seen)
        assert watched.until("slow stopping", after=seen)
