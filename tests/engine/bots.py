"""Bots for the engine's tests: a function over the Work, and steps in few words."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from turnkeeper.engine.answer import Answer, OnUnknown, Work

Body = Callable[[Work], Awaitable[Answer | str | None]]


class Scripted:
    """A bot that is one function; it may return just what to say."""

    def __init__(self, body: Body, version: str = "1") -> None:
        self._body = body
        self.version = version

    async def answer(self, work: Work) -> Answer:
        left = await self._body(work)
        if isinstance(left, Answer):
            return left
        return Answer([left] if left else [], work.state, work.stage)


def said(work: Work) -> str:
    """The messages of the turn."""
    return " ".join(event.text or event.kind for event in work.events)


async def step(
    work: Work,
    name: str,
    run: Callable[[str], Awaitable[Any]],
    *,
    arguments: bytes = b"[]",
    effect: bool = False,
    on_unknown: OnUnknown = "retry",
) -> Any:
    """A step whose result is any JSON."""

    async def encoded(key: str) -> bytes:
        return msgspec.json.encode(await run(key))

    return msgspec.json.decode(await work.step(name, encoded, arguments, effect=effect, on_unknown=on_unknown))
