"""What /metrics shows, in Prometheus's words.

Rule: labels are channels, kinds, states, outcomes and stages; never a contact, a conversation or a text.
prometheus_client is imported by the first scrape: it takes memory that an unscraped server need not spend.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from turnkeeper.engine import figures
from turnkeeper.engine.figures import Figures, Histogram
from turnkeeper.store.announcements import Waiting
from turnkeeper.store.base import Ledger
from turnkeeper.store.workers import Vitals
from turnkeeper.web import counters as webhook_counters
from turnkeeper.web.counters import WebhookCounters

if TYPE_CHECKING:
    from prometheus_client.core import HistogramMetricFamily

L = TypeVar("L", bound=tuple[str, ...])
"""The values of a metric's labels."""


class Spooled(Protocol):
    """What waits on this machine for the database."""

    @property
    def length(self) -> int:
        """How many webhooks."""

    @property
    def accepts(self) -> bool:
        """Whether more would be kept."""


def exposition(sources: Sequence[Iterable[Any]]) -> bytes:
    """All metrics as Prometheus reads them."""
    from prometheus_client import CollectorRegistry, generate_latest

    class Collector:
        def collect(self) -> Iterator[Any]:
            for source in sources:
                yield from source

    registry = CollectorRegistry(auto_describe=False)
    registry.register(Collector())
    return generate_latest(registry)


def of_webhooks(counted: WebhookCounters) -> Iterator[Any]:
    """What this web process was sent."""
    from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily

    outcomes = {(outcome,): count for outcome, count in counted.outcomes.items()}
    yield _counter("turnkeeper_webhooks", "Webhook requests by what became of them.", ["outcome"], outcomes)
    yield CounterMetricFamily("turnkeeper_webhook_events", "Events that were new.", value=counted.events)
    yield CounterMetricFamily("turnkeeper_webhook_duplicates", "Events that had been here.", value=counted.duplicates)
    told = "What providers of payments told, by what came of it."
    yield _counter("turnkeeper_payment_notices", told, ["provider", "outcome"], counted.payments)
    seconds = HistogramMetricFamily("turnkeeper_webhook_seconds", "From the first byte of a webhook to its answer.")
    _add(seconds, [], webhook_counters.BUCKETS, counted.buckets, counted.seconds)
    yield seconds


def of_spool(spool: Spooled | None) -> Iterator[Any]:
    """What waits for the database."""
    from prometheus_client.core import GaugeMetricFamily

    if spool is not None:
        yield GaugeMetricFamily("turnkeeper_spool_webhooks", "Webhooks that wait for the database.", value=spool.length)


def of_store(ledger: Ledger | None, vitals: Vitals | None, now: float) -> Iterator[Any]:
    """What the database tells, of all machines together; None where it does not answer."""
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

    yield GaugeMetricFamily("turnkeeper_store_up", "Whether the database answered.", value=float(ledger is not None))
    if ledger is not None:
        yield CounterMetricFamily("turnkeeper_accepted", "Events in the ledger.", value=ledger.accepted)
        yield CounterMetricFamily(
            "turnkeeper_duplicates", "Deliveries of events that had been here.", value=ledger.duplicates
        )
        states = GaugeMetricFamily("turnkeeper_events", "Events by where they stand.", labels=["state", "reason"])
        for state, count in sorted(ledger.states.items()):
            states.add_metric([state, ""], count)
        for reason, count in sorted(ledger.dropped.items()):
            states.add_metric(["dropped", reason], count)
        yield states
        refused = CounterMetricFamily("turnkeeper_media_refused", "Files that were not taken.", labels=["reason"])
        for reason, count in sorted(ledger.refused.items()):
            refused.add_metric([reason], count)
        yield refused
    if vitals is not None:
        yield GaugeMetricFamily("turnkeeper_workers", "Live workers.", value=vitals.workers)
        yield GaugeMetricFamily(
            "turnkeeper_due_conversations", "Conversations that wait for a worker.", value=vitals.due
        )
        since = vitals.oldest_due_at
        yield GaugeMetricFamily(
            "turnkeeper_oldest_due_seconds",
            "How long the first of them has waited.",
            value=0.0 if since is None else max(0.0, now - since),
        )


def of_channels(paused: Sequence[str] | None) -> Iterator[Any]:
    """The channels that are stopped; None where the database does not answer."""
    from prometheus_client.core import GaugeMetricFamily

    if paused is not None:
        stopped = GaugeMetricFamily("turnkeeper_channel_paused", "Channels that send nothing.", labels=["channel"])
        for channel in sorted(paused):
            stopped.add_metric([channel], 1)
        yield stopped


def of_announcements(waiting: Sequence[Waiting] | None, wanted: Sequence[tuple[str, str, int]] | None) -> Iterator[Any]:
    """What waits to be told, and the conversations that need a person (`wanted`: workspace, state, how many); None
    where the database does not answer."""
    from prometheus_client.core import GaugeMetricFamily

    if waiting is not None:
        told = GaugeMetricFamily(
            "turnkeeper_announcements_waiting", "Events that a subscription has not been told.", labels=["subscription"]
        )
        for each in waiting:
            told.add_metric([each.subscription], each.number)
        yield told
    if wanted is not None:
        states = dict.fromkeys(("open", "taken"), 0)
        for _, state, number in wanted:
            states[state] = states.get(state, 0) + number
        needy = GaugeMetricFamily("turnkeeper_escalations", "Conversations that need a person.", labels=["state"])
        for state, number in sorted(states.items()):
            needy.add_metric([state], number)
        yield needy


def of_workers(counted: Figures) -> Iterator[Any]:
    """What the workers of this machine counted."""
    turns, sends = "Attempts of turns by how they ended.", "Tries of sends by what became of them."
    resends = {(channel,): count for channel, count in counted.resends.items()}
    yield _counter("turnkeeper_turns", turns, ["channel", "outcome"], counted.turns)
    yield _counter("turnkeeper_sends", sends, ["channel", "kind", "outcome"], counted.sends)
    yield _counter("turnkeeper_send_retries", "Tries that were not a message's first.", ["channel"], resends)
    yield _histogram("turnkeeper_turn_seconds", "What the stages of turns took.", "stage", counted.stages)
    model = ["provider", "model"]
    yield _counter("turnkeeper_model_calls", "Calls of models by how they ended.", [*model, "outcome"], counted.models)
    yield _counter("turnkeeper_model_tokens", "Tokens that models took.", [*model, "kind"], counted.tokens)
    yield _counter("turnkeeper_model_cost_dollars", "What models cost, as far as is known.", model, counted.costs)
    yield _histogram("turnkeeper_model_seconds", "What calls of models took.", "provider", counted.waits)
    hearings, heard = "Tries to hear a voice note by how they ended.", "Seconds of sound that were heard."
    sound = {(transcriber,): seconds for transcriber, seconds in counted.sound.items()}
    yield _counter("turnkeeper_transcriptions", hearings, ["transcriber", "outcome"], counted.hearings)
    yield _counter("turnkeeper_transcribed_seconds", heard, ["transcriber"], sound)
    yield _histogram("turnkeeper_transcription_seconds", "What these took.", "transcriber", counted.listening)
    told = "Tries to tell a subscription something, by outcome."
    yield _counter("turnkeeper_announcements", told, ["subscription", "outcome"], counted.announcements)
    yield _histogram("turnkeeper_store_seconds", "Waits of workers for the database.", "asked", counted.store)


def of_takes(counted: WebhookCounters) -> Iterator[Any]:
    """What the web process waited for."""
    told = "Waits of the web process for the database, or for the spool."
    yield _histogram("turnkeeper_take_seconds", told, None, {"": counted.takes})


def _counter(name: str, told: str, labels: Sequence[str], counts: Mapping[L, float]) -> Any:
    from prometheus_client.core import CounterMetricFamily

    family = CounterMetricFamily(name, told, labels=labels)
    for values, count in sorted(counts.items()):
        family.add_metric(list(values), count)
    return family


def _histogram(name: str, told: str, label: str | None, found: Mapping[str, Histogram]) -> Any:
    from prometheus_client.core import HistogramMetricFamily

    family = HistogramMetricFamily(name, told, labels=[label] if label else [])
    for value, histogram in sorted(found.items()):
        _add(family, [value] if label else [], figures.BUCKETS, histogram.counts, histogram.seconds)
    return family


def _add(
    family: "HistogramMetricFamily", labels: list[str], edges: Sequence[float], counts: Sequence[int], seconds: float
) -> None:
    """Prometheus counts up to each edge what is below the others too."""
    below, buckets = 0, []
    for edge, count in zip([*map(str, edges), "+Inf"], counts, strict=True):
        below += count
        buckets.append((edge, float(below)))
    family.add_metric(labels, buckets, seconds)
