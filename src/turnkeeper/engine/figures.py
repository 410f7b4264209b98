"""What a process counts of turns, sends, models and voice notes: sums that only grow, so that those of several add up.

Rule: labels are names of the configuration and of this program, never of a person or a conversation, so that
there are few.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Iterable, Mapping
from typing import Literal, TypeVar

import msgspec

from turnkeeper.model.llm import Usage

Stage = Literal["wait", "claim", "run", "step", "commit", "send"]
"""wait: from the first message to the start of the turn. run: the bot, its steps among it."""

K = TypeVar("K", bound=Hashable)
N = TypeVar("N", int, float)

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
    models: dict[tuple[str, str, str], int] = msgspec.field(default_factory=dict)
    """Calls of models by provider, model and outcome."""
    waits: dict[str, Histogram] = msgspec.field(default_factory=dict)
    """What these calls took, by provider."""
    tokens: dict[tuple[str, str, str], int] = msgspec.field(default_factory=dict)
    """Tokens by provider, model and kind: `input` (with those from a cache), `cached`, `output`."""
    costs: dict[tuple[str, str], float] = msgspec.field(default_factory=dict)
    """US dollars by provider and model, as far as prices are known."""
    hearings: dict[tuple[str, str], int] = msgspec.field(default_factory=dict)
    """Tries to hear a note by transcriber and outcome."""
    listening: dict[str, Histogram] = msgspec.field(default_factory=dict)
    """What these took, by transcriber."""
    sound: dict[str, float] = msgspec.field(default_factory=dict)
    """Seconds of sound that were heard, by transcriber."""
    announcements: dict[tuple[str, str], int] = msgspec.field(default_factory=dict)
    """Tries to tell a subscription something, by its name and outcome: `sent`, `later`, `failed`."""

    def turn(self, channel: str, outcome: str) -> None:
        """An attempt of a turn is over."""
        _count(self.turns, (channel, outcome), 1)

    def send(self, channel: str, kind: str, outcome: str, tries: int) -> None:
        """A try of a send is over; `tries`: the how manyth it was."""
        _count(self.sends, (channel, kind, outcome), 1)
        if tries > 1:
            _count(self.resends, channel, 1)

    def stage(self, stage: str, seconds: float) -> None:
        """A stage of a turn took so long."""
        _histogram(self.stages, stage).add(seconds)

    def stored(self, asked: str, seconds: float) -> None:
        """The store took so long to answer."""
        _histogram(self.store, asked).add(seconds)

    def model(self, provider: str, model: str, outcome: str, seconds: float, usage: Usage | None) -> None:
        """A call of a model is over."""
        _count(self.models, (provider, model, outcome), 1)
        _histogram(self.waits, provider).add(seconds)
        if usage is None:
            return
        kinds = {"input": usage.input_tokens, "cached": usage.cached_tokens, "output": usage.output_tokens}
        for kind, tokens in kinds.items():
            _count(self.tokens, (provider, model, kind), tokens)
        if usage.cost is not None:
            _count(self.costs, (provider, model), usage.cost)

    def hearing(self, transcriber: str, outcome: str, seconds: float, sound: float) -> None:
        """A try to hear a note is over; `sound`: seconds of it that were heard."""
        _count(self.hearings, (transcriber, outcome), 1)
        _histogram(self.listening, transcriber).add(seconds)
        _count(self.sound, transcriber, sound)

    def announced(self, subscription: str, outcome: str) -> None:
        """A try to tell somebody something is over."""
        _count(self.announcements, (subscription, outcome), 1)


def _count(among: dict[K, N], key: K, more: N) -> None:
    among[key] = among[key] + more if key in among else more


def _histogram(among: dict[str, Histogram], name: str) -> Histogram:
    found = among.get(name)
    if found is None:
        found = among[name] = Histogram()
    return found


def added(several: Iterable[Figures]) -> Figures:
    """The sums of several processes."""
    total = Figures()
    for each in several:
        _sum(total.turns, each.turns)
        _sum(total.sends, each.sends)
        _sum(total.resends, each.resends)
        _sum(total.models, each.models)
        _sum(total.tokens, each.tokens)
        _sum(total.costs, each.costs)
        _sum(total.hearings, each.hearings)
        _sum(total.sound, each.sound)
        _sum(total.announcements, each.announcements)
        pairs = (
            (total.stages, each.stages),
            (total.store, each.store),
            (total.waits, each.waits),
            (total.listening, each.listening),
        )
        for into, of in pairs:
            for name, histogram in of.items():
                _add(_histogram(into, name), histogram)
    return total


def _sum(total: dict[K, N], more: Mapping[K, N]) -> None:
    for key, count in more.items():
        _count(total, key, count)


def _add(total: Histogram, more: Histogram) -> None:
    total.counts = [a + b for a, b in zip(total.counts, more.counts, strict=True)]
    total.seconds += more.seconds
