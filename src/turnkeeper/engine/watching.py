"""Looking on while turns are taken: what each stage took and how it ended, for numbers and for traces.

Rule: whoever looks on keeps nothing that people wrote, and costs a turn next to nothing.
"""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Any, Protocol, Self

from turnkeeper.engine.clock import Clock
from turnkeeper.engine.figures import Figures, Stage
from turnkeeper.llm.calls import ModelCall
from turnkeeper.model.errors import Fenced
from turnkeeper.model.policy import Channel
from turnkeeper.store.base import ClaimedSend, ClaimedTurn
from turnkeeper.voice.tries import Try

_OUTCOMES = {"Accepted": "accepted", "NotSent": "not_sent", "Rejected": "rejected", "Unknown": "unknown"}


class Tracing(Protocol):
    """Makes spans. What `begin_…` gives back is handed to `end` in the same task; instants are unix seconds."""

    def begin_turn(self, claimed: ClaimedTurn, at: float) -> Any:
        """A turn's attempt, from here to its `end`; links the webhooks that brought its messages."""

    def begin_send(self, claimed: ClaimedSend, kind: str, at: float) -> Any:
        """One call to send one message: in the turn under way, or in the trace of the turn that said it."""

    def begin(self, stage: Stage, name: str, at: float) -> Any:
        """A stage of the turn under way."""

    def past(self, stage: Stage, began_at: float, ended_at: float) -> None:
        """A stage that was over when the turn began."""

    def end(self, begun: Any, outcome: str, at: float) -> None:
        """It is over."""


class Alarm(Protocol):
    """Is told of errors, to tell people."""

    def raised(self, channel: Channel, error: BaseException) -> None:
        """A bot raised."""


class Watch:
    """Counts, and passes on to tracing and alarm where there are any."""

    def __init__(
        self, clock: Clock, figures: Figures | None = None, tracing: Tracing | None = None, alarm: Alarm | None = None
    ) -> None:
        self.figures = figures or Figures()
        self.clock = clock
        self.tracing = tracing
        self._alarm = alarm

    def turn(self, claimed: ClaimedTurn, asked_at: float | None = None) -> TurnSeen:
        """One attempt of a turn, from its claim to the last of its sends. `asked_at`: when the claim was made."""
        return TurnSeen(self, claimed, asked_at)

    def stage(self, stage: Stage, name: str = "") -> Seen:
        """A stage of the turn under way; `name`: a step's."""
        return Seen(self, stage, name)

    def send(self, claimed: ClaimedSend, content: object) -> SendSeen:
        """One call to the provider."""
        return SendSeen(self, claimed, type(content).__name__.lower())

    def asking(self, asked: str) -> Asking:
        """A wait for the store."""
        return Asking(self, asked)

    def called(self, call: ModelCall) -> None:
        """A question to a model has ended."""
        provider, _, model = call.model.partition("/")
        outcome = "answered" if call.failure is None else call.failure.kind
        self.figures.model(provider, model, outcome, call.seconds, call.usage)

    def heard(self, tried: Try) -> None:
        """A try to hear a voice note has ended."""
        outcome = "heard" if tried.failure is None else tried.failure.kind
        sound = 0.0 if tried.transcript is None else tried.transcript.seconds
        self.figures.hearing(tried.transcriber, outcome, tried.seconds, sound)

    def raised(self, channel: Channel, error: BaseException) -> None:
        """A bot raised."""
        if self._alarm is not None:
            self._alarm.raised(channel, error)


class Asking:
    """A wait for the store, under way."""

    __slots__ = ("_asked", "_began", "_watch")

    def __init__(self, watch: Watch, asked: str) -> None:
        self._watch = watch
        self._asked = asked

    def __enter__(self) -> None:
        self._began = self._watch.clock.monotonic()

    def __exit__(self, *_: object) -> None:
        self._watch.figures.stored(self._asked, self._watch.clock.monotonic() - self._began)


class Seen:
    """A stage under way; what raises says its outcome, else whoever runs it may."""

    __slots__ = ("_began", "_name", "_span", "_stage", "_watch", "outcome")

    def __init__(self, watch: Watch, stage: Stage, name: str = "") -> None:
        self._watch = watch
        self._stage = stage
        self._name = name
        self._span: Any = None
        self.outcome = ""

    def __enter__(self) -> Self:
        self._began = self._watch.clock.monotonic()
        tracing = self._watch.tracing
        if tracing is not None:
            self._span = self._begun(tracing)
        return self

    def _begun(self, tracing: Tracing) -> Any:
        return tracing.begin(self._stage, self._name, self._watch.clock.now())

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None) -> None:
        outcome = (self.outcome or "ok") if error is None else ended_by(error)
        self._counted(outcome, self._watch.clock.monotonic() - self._began)
        if self._watch.tracing is not None and self._span is not None:
            self._watch.tracing.end(self._span, outcome, self._watch.clock.now())

    def _counted(self, outcome: str, seconds: float) -> None:  # noqa: ARG002 - a send and a turn count it
        self._watch.figures.stage(self._stage, seconds)


class SendSeen(Seen):
    """A call to the provider under way."""

    __slots__ = ("_claimed",)

    def __init__(self, watch: Watch, claimed: ClaimedSend, kind: str) -> None:
        super().__init__(watch, "send", kind)
        self._claimed = claimed

    def _begun(self, tracing: Tracing) -> Any:
        return tracing.begin_send(self._claimed, self._name, self._watch.clock.now())

    def became(self, outcome: object) -> None:
        """What the adapter made of the provider's answer."""
        self.outcome = _OUTCOMES.get(type(outcome).__name__, "error")

    def _counted(self, outcome: str, seconds: float) -> None:
        row = self._claimed.row
        self._watch.figures.stage("send", seconds)
        self._watch.figures.send(row.channel_id, self._name, outcome, row.tries)


class TurnSeen(Seen):
    """An attempt of a turn under way."""

    __slots__ = ("_asked_at", "_claimed")

    def __init__(self, watch: Watch, claimed: ClaimedTurn, asked_at: float | None) -> None:
        super().__init__(watch, "run")
        self._claimed = claimed
        self._asked_at = asked_at

    def __enter__(self) -> Self:
        first_at = self._waiting_since()
        if first_at is not None:
            self._watch.figures.stage("wait", max(0.0, self._claimed.turn.started_at - first_at))
        return super().__enter__()

    def _waiting_since(self) -> float | None:
        """When the first message came; None if the turn was claimed before."""
        claimed = self._claimed
        if claimed.turn.attempt > 1 or claimed.conversation.claims > 1:
            return None
        return min((event.received_at for event in claimed.events), default=None)

    def _begun(self, tracing: Tracing) -> Any:
        now, since = self._watch.clock.now(), self._waiting_since()
        asked_at = now if self._asked_at is None else min(self._asked_at, now)
        began_at = asked_at if since is None else min(since, asked_at)
        begun = tracing.begin_turn(self._claimed, began_at)
        if since is not None:
            tracing.past("wait", began_at, asked_at)
        tracing.past("claim", asked_at, now)
        return begun

    def _counted(self, outcome: str, seconds: float) -> None:  # noqa: ARG002 - its stages count theirs
        self._watch.figures.turn(self._claimed.channel.id, outcome)


def ended_by(error: BaseException) -> str:
    """An outcome's name for what ended a stage."""
    if isinstance(error, asyncio.CancelledError):
        return "stopped"
    if isinstance(error, Fenced):
        return "lost"
    if isinstance(error, TimeoutError):
        return "timeout"
    return "error"
