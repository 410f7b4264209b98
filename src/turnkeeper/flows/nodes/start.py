"""Where a flow begins, and by what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Literal

import msgspec

from turnkeeper.flows import cron
from turnkeeper.flows.model import NEXT
from turnkeeper.flows.nodes.base import Leave, Move, NodeData, Spot

if TYPE_CHECKING:
    from turnkeeper.flows.problems import Checking


class Trigger(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What begins the flow, by its `kind`.

    `keyword`: a message that is one of `words` (`anywhere`: that holds one); `first_message`: somebody writes who is in
    no flow (`ever`: who has never written before); `referral`: somebody comes by an ad (`source`: by that one);
    `event`: an outside event of that type; `schedule`: at the times of `cron` for each contact with `tag`.
    Inside a flow nothing begins another, but for keywords and events with `interrupts`: keywords where the node that
    the person is at does not take what they wrote (before it asks again), events at once.
    """

    kind: Literal["keyword", "first_message", "referral", "event", "schedule"]
    words: tuple[str, ...] = ()
    anywhere: bool = False
    ever: bool = False
    source: str = ""
    event: str = ""
    cron: str = ""
    tag: str = ""
    interrupts: bool = False


class Start(NodeData, frozen=True):
    """The first node. Without `triggers` the flow begins only where another one, or a bot, calls it."""

    TYPE: ClassVar[str] = "start"
    TITLE: ClassVar[str] = "Start"

    triggers: tuple[Trigger, ...] = ()

    def needs(self) -> tuple[str, ...]:
        """A flow of nothing is none."""
        return (NEXT,)

    def enter(self, spot: Spot) -> Move:
        """On at once."""
        return Leave()

    def problems(self, checking: Checking) -> Iterator[str]:
        """Triggers that could never fit."""
        for trigger in self.triggers:
            if trigger.kind == "keyword" and not any(word.strip() for word in trigger.words):
                yield "a keyword trigger needs words"
            if trigger.interrupts and trigger.kind not in ("keyword", "event"):
                yield f"only keywords and events interrupt a flow, not {trigger.kind}"
            if trigger.kind == "event" and not trigger.event:
                yield "an event trigger needs the type of the event"
            if trigger.kind == "schedule" and not trigger.cron:
                yield "a schedule needs its times (cron)"
            elif trigger.kind == "schedule" and (wrong := cron.problem(trigger.cron)) is not None:
                yield wrong
