"""What it costs to read a webhook, beside the bare msgspec decoding of the same body, and whether that grows evenly.

Bodies and settings are those of the contract suite's tables. Times are of this process's processor.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from statistics import median

import msgspec

from benchmarks.report import Line, at_most
from benchmarks.servers import Places
from tests.channels.table import Cases, load
from turnkeeper.channels import registry
from turnkeeper.channels.base import Webhook

_ROUNDS = 40
_MOST_OF_BARE = 5.0
_FEW, _MANY = 100, 1_000
_EVENLY = 1.5
"""How much more a message may cost among many than among few: caches are smaller than large bodies."""


def run(places: Places, *, quick: bool) -> Iterator[Line]:  # noqa: ARG001 - needs no place
    """Every line of this benchmark."""
    rounds = _ROUNDS // 4 if quick else _ROUNDS
    for kind in registry.kinds():
        cases = load(kind)
        text = cases.webhook(cases.message(1, "Salam, is there a table for two tonight?"))
        yield _beside_bare(kind, "a text", cases, [text], rounds)
        ticks = [body for _, body, events in cases.heard if [event["kind"] for event in events] == ["status"]]
        if ticks:
            yield _beside_bare(kind, "a tick", cases, [cases.webhook(ticks[0])], rounds)
        heard = [cases.webhook(body) for _, body, _ in cases.heard if not isinstance(body, bytes)]
        yield _beside_bare(kind, f"the {len(heard)} bodies of its table", cases, heard, rounds)
        if cases.batch is not None:
            yield _evenness(kind, cases, rounds)


def _beside_bare(kind: str, label: str, cases: Cases, webhooks: list[Webhook], rounds: int) -> Line:
    """Parsing beside decoding, the rounds in turns."""
    adapter, config, decode = cases.adapter, cases.config, msgspec.json.decode

    def parse() -> None:
        for webhook in webhooks:
            adapter.parse(webhook, config)

    def bare() -> None:
        for webhook in webhooks:
            decode(webhook.body)

    times = _often(parse)
    pairs = [(_microseconds(parse, times), _microseconds(bare, times)) for _ in range(rounds)]
    ours, theirs = median(each[0] for each in pairs), median(each[1] for each in pairs)
    ratio = median(ours / theirs for ours, theirs in pairs)
    name = f"{kind}, {label}: {ours:.1f} µs, bare {theirs:.1f} µs"
    return at_most("parsing", name, ratio, _MOST_OF_BARE, "times", ours=ours, bare=theirs)


def _evenness(kind: str, cases: Cases, rounds: int) -> Line:
    """What one message costs in a body of many, beside one in a body of few."""
    assert cases.batch is not None
    each: dict[int, float] = {}
    for count in (_FEW, _MANY):
        webhook = cases.webhook(cases.batch([cases.message(n, f"text {n}") for n in range(1, count + 1)]))
        work = _parsing(cases, webhook)
        times = _often(work)
        each[count] = median(_microseconds(work, times) for _ in range(rounds)) / count
    name = f"{kind}, a message of {_MANY:,} in a body, to one of {_FEW}"
    return at_most("parsing", name, each[_MANY] / each[_FEW], _EVENLY, "times", many=each[_MANY], few=each[_FEW])


def _parsing(cases: Cases, webhook: Webhook) -> Callable[[], object]:
    return lambda: cases.adapter.parse(webhook, cases.config)


def _often(work: Callable[[], object]) -> int:
    """How often makes a millisecond."""
    began = time.process_time()
    work()
    return max(1, min(200, int(0.001 / max(time.process_time() - began, 1e-6))))


def _microseconds(work: Callable[[], object], times: int) -> float:
    began = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - began) / times * 1e6
