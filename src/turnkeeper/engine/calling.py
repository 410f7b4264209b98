"""Who makes an adapter's calls: the shared client, or a fake one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Protocol, TypeVar

from turnkeeper.channels.base import Calls, HttpCall, HttpReply, Pause
from turnkeeper.model.policy import Channel

T = TypeVar("T")


class Calling(Protocol):
    """Plays protocol logic over the network."""

    async def play(self, calls: Calls[T], *, timeout: float) -> T:  # noqa: ASYNC109 - each call's, not the whole's
        """Drive a generator to its result; `timeout` in seconds for each call that names none."""


def on_behalf(channel: Channel, calls: Calls[T]) -> Calls[T]:
    """A channel's calls: guarded where its addresses are a tenant's."""
    return _guarded(calls) if channel.guarded else calls


def _guarded(calls: Calls[T]) -> Calls[T]:
    try:
        step = next(calls)
        while True:
            step = calls.send((yield step if isinstance(step, Pause) else replace(step, guarded=True)))
    except StopIteration as done:
        result: T = done.value
        return result
    finally:
        calls.close()


def unless(calls: Calls[T], over: Callable[[], T | None]) -> Calls[T]:
    """The same, but given up after a pause during which it was `over`: nothing that counts has left by then."""
    try:
        step = next(calls)
        while True:
            reply = yield step
            if isinstance(step, Pause) and (why := over()) is not None:
                return why
            step = calls.send(reply)
    except StopIteration as done:
        result: T = done.value
        return result
    finally:
        calls.close()


async def played(calls: Calls[T], make: Callable[[HttpCall], Awaitable[HttpReply]]) -> T:
    """Drive a generator to its result: `make` makes each call, a pause is slept through."""
    try:
        call = next(calls)
        while True:
            if isinstance(call, Pause):
                await asyncio.sleep(call.seconds)
                call = calls.send(HttpReply())
            else:
                call = calls.send(await make(call))
    except StopIteration as done:
        result: T = done.value
        return result
    finally:
        calls.close()
