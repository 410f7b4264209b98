"""Faults waiting to happen, and acting them out."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final, Literal

from turnkeeper.testing.fake_graph.errors import GraphError
from turnkeeper.testing.http import NoReply

if TYPE_CHECKING:
    from turnkeeper.testing.fake_graph.behaviour import Fault
    from turnkeeper.testing.fake_graph.clock import Clock

Target = Literal["send", "mark", "upload", "media", "download"]
"""Messages, mark-reads, media uploads, the addresses of media, their bytes."""
TARGETS: Final[tuple[Target, ...]] = ("send", "mark", "upload", "media", "download")


class Gateway(Exception):
    """Something in front of Meta answers in its place."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


class Faults:
    """What is to go wrong, per target, each once."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: dict[Target, deque[Fault]] = {target: deque() for target in TARGETS}

    def __getitem__(self, on: Target) -> deque[Fault]:
        return self._waiting[on]

    def next(self, on: Target) -> Fault | None:
        waiting = self._waiting[on]
        return waiting.popleft() if waiting else None

    async def act_out(self, fault: Fault) -> None:
        """Returns if the request goes on as usual after all."""
        if fault.answer == "error":
            raise GraphError(fault.code, fault.details, status=fault.status)
        if fault.answer == "gateway":
            raise Gateway(fault.status or 502)
        if fault.answer == "close":
            raise NoReply(closed=True)
        if fault.answer == "hold":
            if fault.hold is None:
                raise NoReply(closed=False)
            await self._clock.sleep(fault.hold)

    async def meet(self, on: Target) -> None:
        """Act out what waits for a target that takes nothing."""
        fault = self.next(on)
        if fault is not None:
            await self.act_out(fault)
