"""What a bot of stages reads beside words, and where its stages may go. Nothing here runs anything."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from turnkeeper.engine.answer import Expired, Work
from turnkeeper.model.errors import BotError
from turnkeeper.model.events import Inbound


class Event(NamedTuple):
    """Something that happened and that nobody said: `type` is `payment.paid`, `timer.NAME`, or what an outside event
    calls itself. `id`: what it is about, a payment's id or the outside event's own; `at`: unix seconds, where told."""

    type: str
    data: dict[str, Any]
    id: str | None = None
    at: float | None = None


def told(event: Inbound) -> Event | None:
    """The event as a handler gets it; None for what a person did."""
    details = event.details or {}
    at = None if event.timestamp is None else float(event.timestamp)
    match event.kind:
        case "timer":
            return Event(f"timer.{details.get('name', '')}", _data(details.get("data")), None, at)
        case "payment":
            return Event(f"payment.{details.get('news', '')}", dict(details), _id(details.get("payment")), at)
        case "api":
            id_ = _id(details.get("id")) or event.message_id
            return Event(str(details.get("type", "")), _data(details.get("data")), id_, at)
    return None


def concerns_a_stage(event: Inbound) -> bool:
    """Whether a stage is to answer an event that no handler took: what a person did, words, the bot's own timers. News
    of a payment, or of another system, are for handlers alone: a stage would take them for silence."""
    return event.kind == "timer" or bool(event.text) or told(event) is None


def unheard(events: Iterable[Inbound]) -> str | None:
    """What the trace of a turn says in which nothing ran: there were only events that have no handler."""
    types = dict.fromkeys(event.type for each in events if (event := told(each)) is not None)
    return f"nothing ran: there is no @bot.on for {', '.join(types)}" if types else None


def _data(given: object) -> dict[str, Any]:
    """A handler gets a dict, whatever the timer or the sender gave."""
    if isinstance(given, Mapping):
        return dict(given)
    return {} if given is None else {"value": given}


def _id(given: object) -> str | None:
    return None if given is None else str(given)


class StagedTurn:
    """The half of a Turn that says where it stands."""

    def __init__(self, work: Work) -> None:
        super().__init__(work)  # type: ignore[call-arg] # the next part of the turn
        self._stage = work.stage
        self.visited: list[str | None] = []
        """The stages that were set in this turn, in order."""
        self.expired: Expired | None = work.expired
        """The session that expired before this turn, if there was one: `state`, `stage`, `at`."""
        self.resumed = False

    @property
    def stage(self) -> str | None:
        """Where the next turn starts; None: at the first stage."""
        return self._stage

    @stage.setter
    def stage(self, name: str | None) -> None:
        self._stage = name
        self.visited.append(name)


@dataclass(frozen=True, slots=True)
class Moves:
    """Where stages may go. `to`: of those that say so; None, the start anew, is open to all."""

    names: Collection[str]
    to: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def check(self, left: str | None, *, ran: str | None, visited: Iterable[str | None] = ()) -> None:
        """Raises BotError where the stage that `ran` (None: handlers alone) may not leave the session in `left`, be it
        by way of stages that were `visited` since."""
        who = "a handler" if ran is None else f"stage {ran!r}"
        if left is None:
            return
        if left not in self.names:
            raise BotError(f"{who} left turn.stage = {left!r}, which no stage is: there are {', '.join(self.names)}")
        if ran is None or left in self.reached(ran, visited):
            return
        allowed = ", ".join(self.to[ran]) or "nowhere else"
        raise BotError(f"{who} left turn.stage = {left!r}, but goes to {allowed} by its own `to`: add {left!r} there")

    def reached(self, ran: str, visited: Iterable[str | None]) -> set[str]:
        """Of the stages that were set one after the other, those that the ones before them may go to."""
        reached = {ran}
        for stage in visited:
            if stage is not None and any(stage in self.to.get(before, self.names) for before in reached):
                reached.add(stage)
        return reached
