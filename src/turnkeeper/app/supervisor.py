"""Keeps the web process and the workers alive, and stops them in good order.

Imports only the standard library, since it sits there for as long as the server runs. A child gets a leash
(end of file on it: the supervisor is gone) and a pipe for its ticks: `R` once it is ready, `.` while its
event loop turns. A child that no longer ticks is killed and started again.
"""

import errno
import os
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TextIO

from turnkeeper.app.plan import BAD_CONFIGURATION, ChildPlan, Plan

_READY = ord("R")
_SETTLED = 10.0
"""Seconds: a child that lived longer starts again at once when it dies."""
_LONGEST_BACKOFF = 10.0
_TRIES = 5
"""Starts in a row, at the beginning, that may end before the child is ready."""
_STARTING = 60.0
"""Seconds that a child may take to get ready."""
_LOOK = 1.0
_ASIDE = "TURNKEEPER_ASIDE"


@dataclass(slots=True)
class _Child:
    plan: ChildPlan
    process: subprocess.Popen[bytes] | None = None
    ticks: int = -1
    leash: int = -1
    started_at: float = 0.0
    ticked_at: float = 0.0
    ready: bool = False
    failures: int = 0
    start_at: float | None = 0.0
    """When it is to be started; None while it runs or shall not."""
    ever_ready: bool = field(default=False)


class Supervisor:
    """Runs a plan to its end. `run` gives the exit status. `aside` is said once all is ready."""

    def __init__(self, plan: Plan, aside: str = "") -> None:
        self._plan = plan
        self._aside = aside
        self._children = [_Child(each) for each in plan.children]
        self._selector = selectors.DefaultSelector()
        self._listener: socket.socket | None = None
        self._url = ""
        self._status = 0
        self._stop_by: float | None = None
        self._signals: list[int] = []
        self._told = False

    def run(self) -> int:
        """Keep the children until a signal comes or one of them cannot be kept."""
        waking, woken = socket.socketpair()
        waking.setblocking(False)
        woken.setblocking(False)
        signal.set_wakeup_fd(waking.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD, signal.SIGHUP):
            signal.signal(number, self._note)
        self._selector.register(woken, selectors.EVENT_READ, None)
        try:
            if self._listen():
                self._keep(woken)
        finally:
            self._kill_all()
            self._selector.close()
            signal.set_wakeup_fd(-1)
            for each in (waking, woken):
                each.close()
            for directory in self._plan.remove or ():
                shutil.rmtree(directory, ignore_errors=True)
        return self._status

    def _note(self, number: int, _: object) -> None:
        if number != signal.SIGCHLD:
            self._signals.append(number)

    def _listen(self) -> bool:
        if self._plan.host is None:
            return True
        host, port = self._plan.host, self._plan.port
        try:
            family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
            self._listener = socket.create_server((host, port), family=family, backlog=2048)
        except OSError as error:
            _say(f"cannot listen on {host}:{port} ({_why(error)}). {_mend(error)}")
            self._status = BAD_CONFIGURATION
            return False
        shown = f"[{host}]" if ":" in host else host
        self._url = f"http://{shown}:{self._listener.getsockname()[1]}"
        return True

    def _keep(self, woken: socket.socket) -> None:
        looked_at = time.monotonic()
        while self._stop_by is None or any(child.process for child in self._children):
            for key, _ in self._selector.select(self._patience()):
                if key.data is None:
                    with suppress(BlockingIOError):
                        woken.recv(4096)
                else:
                    self._read_ticks(key.data)
            now = time.monotonic()
            if now - looked_at > 5 * _LOOK:  # the whole machine stood still: nobody is to blame
                for child in self._children:
                    child.ticked_at = now
            looked_at = now
            self._heed_signals(now)
            for child in self._children:
                self._look_after(child, now)
            self._tell()
            if self._stop_by is not None and now >= self._stop_by:
                self._status = self._status or 1
                self._kill_all()

    def _patience(self) -> float:
        """Until something is to be started or killed, but look once a second."""
        now = time.monotonic()
        starts = [child.start_at for child in self._children if child.start_at is not None]
        soonest = min([*starts, self._stop_by or now + _LOOK, now + _LOOK])
        return max(0.0, soonest - now)

    def _heed_signals(self, now: float) -> None:
        while self._signals:
            number = self._signals.pop(0)
            if self._stop_by is None:
                self._stop(now)
            elif number != signal.SIGHUP:
                _say("stopping at once")
                self._status = 128 + number
                self._kill_all()

    def _stop(self, now: float) -> None:
        """Ask every child to end; nothing new is let in."""
        if self._stop_by is not None:
            return
        self._stop_by = now + self._plan.drain + self._plan.grace
        if self._listener is not None:
            self._listener.close()
        for child in self._children:
            child.start_at = None
            if child.process is not None:
                with suppress(ProcessLookupError):
                    child.process.terminate()

    def _look_after(self, child: _Child, now: float) -> None:
        process = child.process
        if process is None:
            if child.start_at is not None and now >= child.start_at and self._stop_by is None:
                self._start(child, now)
            return
        status = process.poll()
        if status is not None:
            self._ended(child, status, now)
        elif self._stop_by is None and self._stalled(child, now):
            _say(f"{child.plan.name} has not moved for too long and is started again")
            process.kill()

    def _stalled(self, child: _Child, now: float) -> bool:
        stall = child.plan.stall
        if stall is None:
            return False
        return now - child.ticked_at > (stall if child.ready else max(stall, _STARTING))

    def _start(self, child: _Child, now: float) -> None:
        leash, child.leash = os.pipe()
        child.ticks, ticks = os.pipe()
        handed = [leash, ticks]
        told = {"TURNKEEPER_LEASH": str(leash), "TURNKEEPER_TICKS": str(ticks)}
        if child.plan.listens and self._listener is not None:
            handed.append(self._listener.fileno())
            told["TURNKEEPER_LISTEN"] = str(self._listener.fileno())
        try:
            child.process = subprocess.Popen(  # noqa: S603 - the plan is ours
                child.plan.command,
                pass_fds=handed,
                env=os.environ | told,
                process_group=0,  # a Ctrl-C in the terminal is for the supervisor alone
            )
        except OSError as error:  # no memory or no process left just now
            _say(f"{child.plan.name} cannot be started: {error}")
            os.close(child.leash)
            os.close(child.ticks)
            child.start_at = now + _LONGEST_BACKOFF
            return
        finally:
            os.close(leash)
            os.close(ticks)
        os.set_blocking(child.ticks, False)
        self._selector.register(child.ticks, selectors.EVENT_READ, child)
        child.started_at = child.ticked_at = now
        child.start_at = None
        child.ready = False

    def _read_ticks(self, child: _Child) -> None:
        try:
            ticks = os.read(child.ticks, 4096)
        except BlockingIOError:
            return
        if not ticks:  # it has ended, or is about to
            self._selector.unregister(child.ticks)
            return
        child.ticked_at = time.monotonic()
        if _READY in ticks:
            child.ready = child.ever_ready = True

    def _ended(self, child: _Child, status: int, now: float) -> None:
        self._let_go(child)
        if self._stop_by is not None:
            return
        lived = now - child.started_at
        child.failures = 0 if child.ready and lived > _SETTLED else child.failures + 1
        if not child.ever_ready and (status == BAD_CONFIGURATION or child.failures >= _TRIES):
            self._status = status if status > 0 else 1
            if status != BAD_CONFIGURATION:
                _say(f"{child.plan.name} does not start (exit status {status})")
            self._stop(now)
            return
        _say(f"{child.plan.name} ended ({_how(status)}) and is started again")
        wait = 0.0 if child.failures <= 1 else 0.1 * 2.0**child.failures
        child.start_at = now + min(wait, _LONGEST_BACKOFF)

    def _let_go(self, child: _Child) -> None:
        child.process = None
        with suppress(KeyError, ValueError):
            self._selector.unregister(child.ticks)
        for descriptor in (child.ticks, child.leash):
            os.close(descriptor)

    def _kill_all(self) -> None:
        for child in self._children:
            if child.process is not None:
                child.process.kill()
                child.process.wait()
                self._let_go(child)

    def _tell(self) -> None:
        if self._told or self._stop_by is not None:
            return
        if all(child.ready for child in self._children):
            self._told = True
            aside = self._aside.replace("{url}", self._url)
            _write(sys.stdout, "\n".join(filter(None, (self._plan.say.format(url=self._url), aside))))
            if self._plan.browse:
                _browse(self._url)


def _how(status: int) -> str:
    return f"signal {-status}" if status < 0 else f"exit status {status}"


def _why(error: OSError) -> str:
    """The plain reason: Python adds the address to some."""
    return (error.strerror or str(error)).partition(" (while")[0]


def _mend(error: OSError) -> str:
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return "Set server.host to an address of this machine."
    if error.errno == errno.EACCES:
        return "Ports below 1024 need a privilege: set another server.port."
    return "Stop what listens there, or set another server.port."


def _say(text: str) -> None:
    _write(sys.stderr, f"turnkeeper: {text}")


def _write(stream: TextIO, text: str) -> None:
    """A line in one piece: print() makes two of it where Python does not buffer, and children write there too."""
    stream.write(f"{text}\n")
    stream.flush()


def _browse(url: str) -> None:
    import webbrowser

    with suppress(webbrowser.Error):
        webbrowser.open(url)


def command(module: str, *arguments: str) -> list[str]:
    """How to run one of our modules: not from the current directory, whatever lies there."""
    return [sys.executable, "-P", "-m", module, *arguments]


def become(plan: Plan, aside: str = "") -> None:
    """Replace this process by a supervisor that has nothing else in memory. Does not return."""
    os.environ[_ASIDE] = aside
    arguments = command("turnkeeper.app.supervisor", plan.to_json())
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os.execv(arguments[0], arguments)  # noqa: S606 - no shell is wanted


def main(arguments: Iterable[str]) -> int:
    """Run the plan given as JSON."""
    (text,) = arguments
    return Supervisor(Plan.from_json(text), os.environ.pop(_ASIDE, "")).run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
