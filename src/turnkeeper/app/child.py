"""What a process under the supervisor runs: `python -m turnkeeper.app.child ROLE CONFIG RUNTIME NAME`.

ROLE is web, worker, poller, librarian or demo-web (web with the phone). Exit status 78: starting again would not help;
79: as things are, there is nothing to do.
"""

import asyncio
import os
import shutil
import sys
from collections.abc import Coroutine
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from turnkeeper.app.configuration import SIGNS, needed, patience, whole
from turnkeeper.app.line import Line
from turnkeeper.app.plan import BAD_CONFIGURATION, NOTHING_TO_DO
from turnkeeper.config import Settings, load
from turnkeeper.model.errors import ConfigurationError, StoreError

if TYPE_CHECKING:
    from turnkeeper.app.telemetry import Telemetry

_HAND_OVER = 0.0005
"""Seconds until a busy event loop lets a thread have the interpreter: threads here only begin and end waits, and
some hold what other processes wait for."""


def main(role: str, config: str, runtime: str, name: str) -> int:
    """Run one role to its end."""
    supervisor = os.getppid()
    if os.environ.pop("TURNKEEPER_TWIN", ""):
        name = f"{name}-b"  # its predecessor has the plain name, sockets and files by it
    try:
        return _run(role, config, runtime, name)
    finally:
        if os.getppid() != supervisor:  # it was killed, and cannot clean up any more
            shutil.rmtree(runtime, ignore_errors=True)


def _run(role: str, config: str, runtime: str, name: str) -> int:
    try:
        settings = load(Path(config))
    except ConfigurationError as error:
        sys.stderr.write(f"{error}\n")
        return BAD_CONFIGURATION
    from turnkeeper.app.logs import catch_the_rest, configure_logs
    from turnkeeper.app.telemetry import telling

    catch_the_rest()
    sys.setswitchinterval(_HAND_OVER)
    line = Line(settings.server.drain)
    try:
        with asyncio.Runner(loop_factory=_loop) as runner, ExitStack() as stack:
            settings = runner.run(whole(settings, within=patience(role, settings)))
            if not needed(role, settings):
                return NOTHING_TO_DO
            line.want("".join(sign for other, sign in SIGNS.items() if needed(other, settings)))
            telemetry = stack.enter_context(telling(settings, name))
            watch = telemetry.sentry.logged if telemetry.sentry is not None else None
            configure_logs(settings.server, name, settings.secrets, watch)
            runner.run(_of(role, settings, line, Path(runtime), name, telemetry))
    except ConfigurationError as error:
        sys.stderr.write(f"{error}\n")
        return BAD_CONFIGURATION
    except StoreError as error:
        sys.stderr.write(f"turnkeeper: {name}: {error}\n")
        return os.EX_UNAVAILABLE
    return 0


def _of(
    role: str, settings: Settings, line: Line, runtime: Path, name: str, telemetry: "Telemetry"
) -> Coroutine[None, None, None]:
    # Each process imports its own role only.
    if role == "worker":
        from turnkeeper.app.worker_process import run_worker

        return run_worker(settings, line, runtime, name, telemetry)
    if role == "poller":
        from turnkeeper.app.poller_process import run_poller

        return run_poller(settings, line, runtime, name, telemetry)
    if role == "librarian":
        from turnkeeper.app.librarian_process import run_librarian

        return run_librarian(settings, line)
    from turnkeeper.app.web_process import run_web

    return run_web(settings, line, runtime, telemetry, demo=role == "demo-web")


def _loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
