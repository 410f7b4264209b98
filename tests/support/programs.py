"""Programs that some tests need: how they are found, and how they are run.

Rule: a test that needs a program which is not here is skipped, and says why. Where
TURNKEEPER_REQUIRE_ALL is 1 (as in .ci/run) conftest.py turns every skip into a failure.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

START_LIMIT = 30.0  # seconds


def requires(*names: str, places: Sequence[Path] = ()) -> str:
    """Return the path of the first program found, in `places` and then on PATH; else skip."""
    searched = os.pathsep.join([*map(str, places), os.environ.get("PATH", os.defpath)])
    for name in names:
        found = shutil.which(name, path=searched)
        if found:
            return found
    pytest.skip(f"needs the program {' or '.join(names)}, which is not on this machine")


def free_port() -> int:
    """Return a TCP port of the loopback that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def folder_for(user: str | None) -> Iterator[Path]:
    """Give a short-lived folder that belongs to `user`, or to whoever runs the tests."""
    with tempfile.TemporaryDirectory(prefix="turnkeeper-", ignore_cleanup_errors=True) as name:
        if user is not None:
            shutil.chown(name, user)
        yield Path(name)


@contextlib.contextmanager
def running(
    command: Sequence[str],
    *,
    ready: Callable[[], bool],
    log: Path,
    user: str | None = None,
    stop_with: str = "TERM",
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server until the block ends. Where setpriv exists it also ends if the tests are killed.

    Raises RuntimeError, with the end of its log, if it is not ready within START_LIMIT.
    """
    setpriv = shutil.which("setpriv")
    tied = [setpriv, "--pdeathsig", stop_with, "--"] if setpriv else []
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*tied, *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=log.parent,
            user=user,
            group=user,
            extra_groups=None if user is None else [],
        )
    try:
        wait_until(ready, process, log)
        yield process
    finally:
        stop(process, stop_with)


def wait_until(ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    """Ask `ready` until it says yes; raise RuntimeError if the program ends or takes too long."""
    give_up_at = time.monotonic() + START_LIMIT
    while not ready():
        if process.poll() is not None or time.monotonic() > give_up_at:
            end = log.read_text(errors="replace")[-2000:]
            raise RuntimeError(f"{process.args!r} did not start (exit {process.poll()}):\n{end}")
        time.sleep(0.02)


def stop(process: subprocess.Popen[bytes], with_signal: str) -> None:
    """End a program and wait for it; kill it if it takes more than 15 s."""
    import signal

    process.send_signal(signal.Signals[f"SIG{with_signal}"])
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def answers(port: int) -> bool:
    """Tell whether something on the loopback accepts connections at this port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
