"""What a process counts of turns and sends: plain sums that only grow, so that those of several add up.

Rule: labels are names of the configuration and of this program, never of a person or a conversation, so that
there are few.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from typing import Literal

import msgspec

Stage = Literal["wait", "claim", "run", "step", "commit", "send"]
"""wait: from the first message to the start of the turn. run: the bot, its steps among it."""

BUCKETS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
"""Upper edges in seconds, the same for every histogram of turns."""


class Histogram(msgspec.Struct):
    """How long something took: how many up to each edge of BUCKETS and beyond the last, and seconds in all."""

    counts: list[int] = msgspec.field(default_factory=lambda: [0] * (len(BUCKETS) + 1))
    seconds: float = 0.0

    def add(self, seconds: float) -> None:
        """Count one."""
        self.counts[bisect_left(BUCKETS, seconds)] += 1
        self.seconds += seconds


class Figures(msgspec.Struct):
    """The sums of one process, or of several."""

    turns: dict[tuple[str, str], int] = msgspec.field(default_factory=dict)
    """Attempts of turns by channel and outcome."""
    sends: dict[tuple[str, str, str], int] = msgspec.field(default_factory=dict)
    """Tries of sends by channel, kind of content and outcome."""
    resends: dict[str, int] = msgspec.field(default_factory=dict)
    """Of these tries, those that were not a message's first, by channel."""
    stages: dict[str, Histogram] = msgspec.field(default_factory=dict)
    store: dict[str, Histogram] = msgspec.field(default_factory=dict)
    """Waits for the store, by what was asked of it."""

    def turn(self, channel: str, outcome: str) -> None:
        """An attempt of a turn is over."""
        self.turns[channel, outcome] = self.turns.get((channel, outcome), 0) + 1

    def send(self, channel: str, kind: str, outcome: str, tries: int) -> None:
        """A try of a send is over; `tries`: the how manyth it was."""
        key = channel, kind, outcome
        self.sends[key] = self.sends.get(key, 0) + 1
        if tries > 1:
            self.resends[channel] = self.resends.get(channel, 0) + 1

    def stage(self, stage: str, seconds: float) -> None:
        """A stage of a turn took so long."""
        _histogram(self.stages, stage).add(seconds)

    def stored(self, asked: str, seconds: float) -> None:
        """The store took so long to answer."""
        _histogram(self.store, asked).add(seconds)


def _histogram(among: dict[str, Histogram], name: str) -> Histogram:
    found = among.get(name)
    if found is None:
        found = among[name] = Histogram()
    return found


def added(several: Iterable[Figures]) -> Figures:
    """The sums of several processes."""
    total = Figures()
    for each in several:
        for turn, count in each.turns.items():
            total.turns[turn] = total.turns.get(turn, 0) + count
        for send, count in each.sends.items():
            total.sends[send] = total.sends.get(send, 0) + count
        for channel, count in each.resends.items():
            total.resends[channel] = total.resends.get(channel, 0) + count
        for into, of in ((total.stages, each.stages), (total.store, each.store)):
            for name, histogram in of.items():
                _add(_histogram(into, name), histogram)
    return total


def _add(total: Histogram, more: Histogram) -> None:
    total.counts = [a + b for a, b in zip(total.counts, more.counts, strict=True)]
    total.seconds += more.seconds
