"""Where a flow begins, and by what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Final, Literal

import msgspec

from turnkeeper.flows import schedules
from turnkeeper.flows.model import NEXT
from turnkeeper.flows.nodes.base import Leave, Move, NodeData, Spot
from turnkeeper.flows.nodes.set import LONGEST_TAG

if TYPE_CHECKING:
    from turnkeeper.flows.problems import Checking

MOST: Final = 100
"""Triggers of a flow, and words of one."""
LONGEST_WORD: Final = 100
"""Characters of a keyword."""


class Trigger(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What begins the flow, by its `kind`.

    `keyword`: a message that is one of `words` (`anywhere`: that holds one); `first_message`: somebody writes who is in
    no flow (`ever`: who has never written before); `referral`: somebody comes by an ad (`source`: by that one);
    `event`: an outside event of that type; `schedule`: at the times of `cron` for each contact with `tag`, by the clock
    of the bot's time zone, or of each contact's own (`local`).
    Inside a flow nothing begins another, but for what `interrupts`: keywords where the node that the person is at does
    not take what they wrote (before it asks again), events and schedules at once.
    """

    kind: Literal["keyword", "first_message", "referral", "event", "schedule"]
    words: tuple[str, ...] = ()
    anywhere: bool = False
    ever: bool = False
    source: str = ""
    event: str = ""
    cron: str = ""
    tag: str = ""
    local: bool = False
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
        """Triggers that could never fit, or are too many for every message to be held against."""
        if len(self.triggers) > MOST or any(len(trigger.words) > MOST for trigger in self.triggers):
            yield f"a flow has at most {MOST} triggers, and each at most {MOST} words"
            return
        if any(len(word) > LONGEST_WORD for trigger in self.triggers for word in trigger.words):
            yield f"a keyword has at most {LONGEST_WORD} characters"
        for trigger in self.triggers:
            if trigger.kind == "keyword" and not any(word.strip() for word in trigger.words):
                yield "a keyword trigger needs words"
            if trigger.interrupts and trigger.kind not in ("keyword", "event", "schedule"):
                yield f"only keywords, events and schedules interrupt a flow, not {trigger.kind}"
            if trigger.kind == "event" and not trigger.event:
                yield "an event trigger needs the type of the event"
            if trigger.kind == "schedule":
                yield from _of_schedule(trigger)


def _of_schedule(trigger: Trigger) -> Iterator[str]:
    if not trigger.cron.strip():
        yield 'a schedule needs its times: write "cron": "0 9 * * 1-5"'
    elif (wrong := schedules.problem(trigger.cron)) is not None:
        yield wrong
    if not trigger.tag.strip():
        yield "a schedule needs the tag of the contacts that it is for"
    elif trigger.tag != trigger.tag.strip()[:LONGEST_TAG] or not trigger.tag.isprintable():
        yield f"{trigger.tag[:LONGEST_TAG]!r} is no tag"
