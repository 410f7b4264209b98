"""What the engine asks of a bot, and what a bot gives back: nothing here runs anything."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from turnkeeper.model.events import Inbound
from turnkeeper.model.outbound import Reply
from turnkeeper.store.base import Line

OnUnknown = Literal["retry", "ask", "fail"]


@dataclass(frozen=True, slots=True)
class Later:
    """A timer that a turn sets: it fires `seconds` after the commit. A follow-up dies when the contact writes first."""

    seconds: float
    name: str
    data: object = None
    follow_up: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """What a turn leaves when it commits. `replies` are Markdown; `handover`: why a person is to go on."""

    replies: Sequence[Reply] = ()
    state: Mapping[str, object] = field(default_factory=dict)
    stage: str | None = None
    timers: Sequence[Later] = ()
    handover: str | None = None
    trace: str | None = None


class Work(Protocol):
    """A turn as the engine hands it to a bot: what was said, what is remembered, and the journal."""

    @property
    def events(self) -> Sequence[Inbound]: ...
    @property
    def quoted(self) -> Mapping[str, Line]:
        """The messages that the events quote and that we know, by the provider's id."""

    @property
    def addresses(self) -> Sequence[str]: ...
    @property
    def number(self) -> int: ...
    @property
    def attempt(self) -> int: ...
    @property
    def state(self) -> dict[str, Any]: ...
    @property
    def stage(self) -> str | None: ...
    @property
    def carried(self) -> Sequence[Mapping[str, object]]: ...
    @property
    def trace(self) -> str | None: ...
    async def step(
        self,
        name: str,
        run: Callable[[str], Awaitable[bytes]],
        arguments: bytes,
        *,
        effect: bool,
        on_unknown: OnUnknown,
    ) -> bytes:
        """The step's stored result, or `run`'s, then stored; `run` is given an idempotency key."""

    async def say_now(self, said: Reply) -> None:
        """Send at once."""

    async def history(self, limit: int) -> list[Line]:
        """What was said before, oldest first."""


class Bot(Protocol):
    """What answers."""

    @property
    def version(self) -> str:
        """Changes with the code: another version never resumes half a turn."""

    async def answer(self, work: Work) -> Answer:
        """Run one turn. Whatever it raises ends the attempt; it may be cancelled at every await."""


class HandoverWanted(Exception):
    """Raised inside a turn to end it at once and let a person go on."""
