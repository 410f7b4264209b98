"""Keeps the web process and the workers alive, and stops them in good order.

Imports only the standard library, since it sits there for as long as the server runs. A child gets a leash
(end of file on it: the supervisor is gone) and a pipe for its ticks: `R` once it is ready, `.` while its
event loop turns, `C` once the configuration with which it was started has changed, and others that name children which
are needed now. A child that no longer ticks is killed and started again. One that says `C` gets a
successor; only when that is ready, it is asked to end.
"""

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

from turnkeeper.app.plan import BAD_CONFIGURATION, NOTHING_TO_DO, ChildPlan, Plan
from turnkeeper.app.supervisor_words import browse, how, mend, say, why, write

_READY = ord("R")
_CHANGED = ord("C")
_QUIET = 0.5
"""Seconds without another change after which successors are started, so that a burst of changes costs one."""
_NO_LONGER = 2.0
"""Seconds after which they are started however much changes."""
_AGAIN = 30.0
"""Seconds until a successor that did not get ready is tried again."""
_SETTLED = 10.0
"""Seconds: a child that lived longer starts again at once when it dies."""
_LONGEST_BACKOFF = 10.0
_TRIES = 5
"""Starts in a row, at the beginning, that may end before the child is ready."""
_STARTING = 60.0
"""Seconds that a child may take to get ready."""
_LOOK = 1.0
_ASIDE = "TURNKEEPER_ASIDE"


@dataclass(slots=True, eq=False)
class _Child:
    plan: ChildPlan
    place: int
    """In the plan; its successors have the same."""
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
    twin: bool = False
    """Every other incarnation has another name, so that two can be there at once."""
    changed_at: float | None = None
    """Since when it is to get a successor."""
    successor: "_Child | None" = None
    leaves_by: float | None = None
    """It was asked to end, for a successor is there; when it is killed."""


class Supervisor:
    """Runs a plan to its end. `run` gives the exit status. `aside` is said once all is ready."""

    def __init__(self, plan: Plan, aside: str = "") -> None:
        self._plan = plan
        self._aside = aside
        self._children = [
            _Child(each, no, start_at=None if each.rests else 0.0) for no, each in enumerate(plan.children)
        ]
        self._changes: list[float] = []
        """When the first and the last change was told that nothing was done about yet."""
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
            say(f"cannot listen on {host}:{port} ({why(error)}). {mend(error)}")
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
            for child in list(self._children):
                self._look_after(child, now)
            self._replace(now)
            self._tell()
            if self._stop_by is not None and now >= self._stop_by:
                self._status = self._status or 1
                self._kill_all()

    def _patience(self) -> float:
        """Until something is to be started or killed, but look once a second."""
        now = time.monotonic()
        starts = [child.start_at for child in self._children if child.start_at is not None]
        soonest = min([*starts, self._stop_by or now + _LOOK, now + (_QUIET / 4 if self._changes else _LOOK)])
        return max(0.0, soonest - now)

    def _heed_signals(self, now: float) -> None:
        while self._signals:
            number = self._signals.pop(0)
            if self._stop_by is None:
                self._stop(now)
            elif number != signal.SIGHUP:
                say("stopping at once")
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
            say(f"{child.plan.name} has not moved for too long and is started again")
            process.kill()
        elif child.leaves_by is not None and now >= child.leaves_by:
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
        if child.twin:
            told["TURNKEEPER_TWIN"] = "1"
        if self._predecessor(child) is not None:
            told["TURNKEEPER_SUCCEEDS"] = "1"
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
            say(f"{child.plan.name} cannot be started: {error}")
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
        child.start_at = child.changed_at = None
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
        if _CHANGED in ticks and child.leaves_by is None:
            child.changed_at = child.ticked_at
            self._changes = [*self._changes[:1], child.ticked_at]
        for each in self._children:
            rests = each.process is None and each.start_at is None and each.successor is None
            if rests and each.plan.wanted and ord(each.plan.wanted) in ticks:
                each.start_at = child.ticked_at

    def _replace(self, now: float) -> None:
        """One at a time: start a successor for who wants one, and ask who has one that is ready to end.

        Workers come before the web process, which stands first: what it lets in is known to them by then.
        """
        if self._stop_by is not None:
            return
        for child in list(self._children):
            if child.successor is not None and child.successor.ready:
                self._leave(child, now)
        if self._changes and (now - self._changes[-1] >= _QUIET or now - self._changes[0] >= _NO_LONGER):
            self._changes = []
        if self._changes or any(child.successor is not None for child in self._children):
            return
        for child in sorted(self._children, key=lambda each: -each.place):
            alone = not any(each.place == child.place and each is not child for each in self._children)
            if child.changed_at is not None and now >= child.changed_at and child.ready and alone:
                child.successor = _Child(child.plan, child.place, start_at=now, twin=not child.twin)
                self._children.append(child.successor)
                return

    def _leave(self, child: _Child, now: float) -> None:
        """What its successor does from now on."""
        child.successor = None
        child.leaves_by = now + self._plan.drain + self._plan.grace
        child.changed_at = child.start_at = None
        if child.process is None:
            self._children.remove(child)
        else:
            with suppress(ProcessLookupError):
                child.process.send_signal(signal.SIGUSR1)

    def _predecessor(self, child: _Child) -> _Child | None:
        return next((each for each in self._children if each.successor is child), None)

    def _ended(self, child: _Child, status: int, now: float) -> None:
        self._let_go(child)
        if self._stop_by is not None:
            return
        if child.leaves_by is not None:
            self._children.remove(child)
            return
        if status == NOTHING_TO_DO:
            self._rest(child, now)
            return
        before = self._predecessor(child)
        if before is not None:
            say(f"the successor of {child.plan.name} ended ({how(status)}); the one before goes on")
            before.successor, before.changed_at = None, now + _AGAIN
            self._children.remove(child)
            if before.process is None:
                before.start_at = now
            return
        if child.successor is not None:  # that takes its place
            return
        lived = now - child.started_at
        child.failures = 0 if child.ready and lived > _SETTLED else child.failures + 1
        if not child.ever_ready and (status == BAD_CONFIGURATION or child.failures >= _TRIES):
            self._status = status if status > 0 else 1
            if status != BAD_CONFIGURATION:
                say(f"{child.plan.name} does not start (exit status {status})")
            self._stop(now)
            return
        say(f"{child.plan.name} ended ({how(status)}) and is started again")
        wait = 0.0 if child.failures <= 1 else 0.1 * 2.0**child.failures
        child.start_at = now + min(wait, _LONGEST_BACKOFF)

    def _rest(self, child: _Child, now: float) -> None:
        """It has nothing to do; neither has who did it before."""
        before = self._predecessor(child)
        child.failures, child.ready, child.start_at = 0, False, None
        if before is not None:
            self._leave(before, now)

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
        if all(child.ready or (child.process is None and child.start_at is None) for child in self._children):
            self._told = True
            aside = self._aside.replace("{url}", self._url)
            write(sys.stdout, "\n".join(filter(None, (self._plan.say.format(url=self._url), aside))))
            if self._plan.browse:
                browse(self._url)


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
