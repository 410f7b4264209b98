"""`python -m benchmarks [NAME …] [--quick] [--json]`: measure, and print each line beside its goal.

Exit status 1 if a goal was missed. Ratios are medians of rounds that ran side by side; the absolute figures
depend on the machine and on who else uses it.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict

from benchmarks.report import Line, load
from benchmarks.servers import Places

TITLES = {
    "accept": "Acknowledged signed webhooks, concurrency 64 over HTTP",
    "turns": "Turns a second, model and send simulated in process",
    "added": "Added per turn, webhook in to provider call out, idle server",
    "waiting": "10,000 conversations waiting for a model at once",
    "flat": "Costs with 1,000 and with 1,000,000 stored messages",
    "pacing": "80 messages a second and number, over two worker processes",
    "size": "Start and memory",
    "adaptive": "When turns start",
    "parsing": "Reading a provider's webhook",
    "text": "Reading, writing and cutting a model's Markdown",
    "models": "What a call of a model costs beside the bare HTTP call, in this thread",
    "memory": "What a model reads as a conversation grows to 1,000 messages",
    "voice": "Hearing a voice note of a minute, and making a report of it",
    "timing": "100,000 timers that are due within a minute, over 25 channels",
    "flows": "Deciding what a flow does next",
    "lookup": "Looking a question up among 10,000 passages",
    "inbox": "The inbox and its search with 1,000,000 conversations: median, 95 of 100, times 10,000 of them",
    "live": "From a webhook to the event that tells an open console of it",
}


def _benchmark(name: str) -> Callable[..., Iterator[Line]]:
    from benchmarks import (
        accepting,
        adding,
        asking,
        deciding,
        flatness,
        following,
        hearing,
        listing,
        looking_up,
        pacing,
        parsing,
        remembering,
        rendering,
        sizes,
        timing,
        turning,
        waiting,
        when,
    )

    modules = {
        "accept": accepting,
        "turns": turning,
        "added": adding,
        "waiting": waiting,
        "flat": flatness,
        "pacing": pacing,
        "size": sizes,
        "adaptive": when,
        "parsing": parsing,
        "text": rendering,
        "models": asking,
        "memory": remembering,
        "voice": hearing,
        "timing": timing,
        "flows": deciding,
        "lookup": looking_up,
        "inbox": listing,
        "live": following,
    }
    run: Callable[..., Iterator[Line]] = modules[name].run
    return run


def main() -> int:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(TITLES))
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(TITLES):
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(TITLES)}")
    lines: list[Line] = []
    began = time.monotonic()
    with ExitStack() as stack:
        places = Places(stack)
        for name in asked.names or TITLES:
            if not asked.json:
                print(f"\n{TITLES[name]} (load {load()})", flush=True)
            for line in _benchmark(name)(places, quick=asked.quick):
                lines.append(line)
                print(json.dumps(asdict(line)) if asked.json else line, flush=True)
    missed = [line for line in lines if line.met is False]
    met = sum(line.met is True for line in lines)
    print(f"\n{met} goals met, {len(missed)} missed, in {time.monotonic() - began:.0f} s", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
