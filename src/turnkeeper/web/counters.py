"""What the web process counts: plain numbers, read when somebody asks for the metrics."""

from bisect import bisect_left

from turnkeeper.engine.figures import Histogram

BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
"""Upper edges in seconds."""


class WebhookCounters:
    """Webhooks by outcome, and how long they took to answer."""

    __slots__ = ("buckets", "duplicates", "events", "outcomes", "payments", "seconds", "takes")

    def __init__(self) -> None:
        self.outcomes: dict[str, int] = {}
        self.buckets = [0] * (len(BUCKETS) + 1)
        self.seconds = 0.0
        self.takes = Histogram()
        """How long the store, or the spool before it, took to keep a webhook."""
        self.events = 0
        self.duplicates = 0
        self.payments: dict[tuple[str, str], int] = {}
        """What providers of payments told, by provider and what came of it."""

    def payment(self, provider: str, outcome: str) -> None:
        """Count something that a provider of payments told."""
        self.payments[provider, outcome] = self.payments.get((provider, outcome), 0) + 1

    def add(self, outcome: str, seconds: float) -> None:
        """Count one answered request."""
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1
        self.buckets[bisect_left(BUCKETS, seconds)] += 1
        self.seconds += seconds
