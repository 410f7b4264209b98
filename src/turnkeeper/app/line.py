"""A child's line to its supervisor: ready, ticks, and the end of both.

When the supervisor is gone, however it went, the child stops too; a thread sees to that, since the event
loop may be blocked by a bot.
"""

import asyncio
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress

_TICK = 1.0
_AFTER_DRAIN = 5.0


class Line:
    """Made from what the supervisor put into the environment; without a supervisor it does nothing."""

    def __init__(self, drain: float) -> None:
        self._drain = drain
        self._leash = _descriptor("TURNKEEPER_LEASH")
        self._ticks = _descriptor("TURNKEEPER_TICKS")
        self._listen = _descriptor("TURNKEEPER_LISTEN")
        self.succeeds = os.environ.pop("TURNKEEPER_SUCCEEDS", "") == "1"
        """Another process does the same until this one is ready."""
        self.succeeded = False
        """Was told to end since another process does the same from now on."""
        if self._ticks is not None:
            os.set_blocking(self._ticks, False)
        if self._leash is not None:
            threading.Thread(target=self._watch, name="leash", daemon=True).start()

    def listener(self) -> socket.socket | None:
        """The socket that the supervisor listens on."""
        return None if self._listen is None else socket.socket(fileno=self._listen)

    def ready(self) -> None:
        """Tell that this process does its work from now on."""
        self._write(b"R")

    def changed(self) -> None:
        """Tell that what this process was started with is not so any more: another one is to take its place."""
        self._write(b"C")

    def want(self, signs: str) -> None:
        """Tell which other processes are needed."""
        self._write(signs.encode())

    async def tick(self, alive: Callable[[], bool] = lambda: True) -> None:
        """Tell once a second that the event loop turns, and that what it runs is `alive`."""
        while True:
            if alive():
                self._write(b".")
            await asyncio.sleep(_TICK)

    async def stopped(self) -> None:
        """Wait for SIGTERM or SIGINT, or SIGUSR1 from the supervisor: a successor is ready."""
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()

        def succeeded() -> None:
            self.succeeded = True
            stop.set()

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        loop.add_signal_handler(signal.SIGUSR1, succeeded)
        await stop.wait()

    def _write(self, what: bytes) -> None:
        if self._ticks is not None:
            with suppress(OSError):
                os.write(self._ticks, what)

    def _watch(self) -> None:
        assert self._leash is not None
        with suppress(OSError):
            os.read(self._leash, 1)
        os.kill(os.getpid(), signal.SIGTERM)
        # In a thread of its own: whatever blocks the loop, the process ends when its time to drain is over.
        time.sleep(self._drain + _AFTER_DRAIN)
        os._exit(1)


def _descriptor(name: str) -> int | None:
    value = os.environ.pop(name, None)
    return int(value) if value is not None else None
