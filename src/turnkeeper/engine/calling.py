"""Who makes an adapter's calls: the shared client, or a fake one."""

from __future__ import annotations

from typing import Protocol, TypeVar

from turnkeeper.channels.base import Calls

T = TypeVar("T")


class Calling(Protocol):
    """Plays protocol logic over the network."""

    async def play(self, calls: Calls[T], *, timeout: float) -> T:  # noqa: ASYNC109 - each call's, not the whole's
        """Drive a generator to its result; `timeout` in seconds for each call that names none."""
