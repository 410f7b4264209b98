"""Acknowledged signed webhooks a second over HTTP, and how long a 200 takes: quiet, and while turns run.

Every round starts each server anew, on a new database, and puts the same prepared requests on it, one server
after the other; ratios are taken within a round.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from statistics import median

from benchmarks import traffic
from benchmarks.report import Line, at_least, at_most, missing, ratio, spread, told
from benchmarks.servers import Heard, Missing, Places, Served, asgi, generate, turnkeeper

_PEOPLE = 10_000
_NEVER = 600.0
"""Seconds of window: no turn starts during a round."""
OURS = {"sqlite": "SQLite FULL", "postgres": "PostgreSQL"}

Start = Callable[[], AbstractContextManager[Served]]


def run(places: Places, *, quick: bool) -> Iterator[Line]:
    """Every line of this benchmark."""
    file = places.folder / "requests"
    rounds, seconds = (1, 1.5) if quick else (3, 2.0)
    length = traffic.write(file, int(20_000 * seconds * 2), _PEOPLE)

    def load(start: Start) -> Heard:
        with start() as served:
            warm = generate(file, length, served.port, seconds=0.5)
            return generate(file, length, served.port, seconds=seconds, first=warm.answered)

    quiet = _rounds(_servers(places, window=_NEVER), load, rounds)
    yield from _ceilings(quiet)
    yield from _against_usual(quiet)
    with asgi("benchmarks.bare:provider") as provider:
        busy_servers = _servers(places, window=0.0, api_base=f"http://127.0.0.1:{provider.port}")
        del busy_servers["trivial"], busy_servers["bare"]
        busy = _rounds(busy_servers, load, rounds)
    yield from _busy(busy)


def _servers(places: Places, *, window: float, api_base: str = "http://127.0.0.1:9") -> dict[str, Start]:
    def usual() -> AbstractContextManager[Served]:
        settings = {"REDIS_URL": places.redis(), "WINDOW": str(window), "API_BASE": api_base}
        return asgi("benchmarks.usual_pattern:app", **settings)

    def ours(kind: str) -> Start:
        return lambda: turnkeeper(places.folder, places.database(kind), window=window, api_base=api_base)

    found: dict[str, Start] = {
        "trivial": lambda: asgi("benchmarks.bare:trivial"),
        "bare": lambda: asgi("benchmarks.bare:bare"),
        "usual": usual,
    }
    return found | {kind: ours(kind) for kind in OURS}


def _rounds(servers: dict[str, Start], load: Callable[[Start], Heard], rounds: int) -> dict[str, list[Heard] | Missing]:
    found: dict[str, list[Heard] | Missing] = {}
    for _ in range(rounds):
        for name, start in servers.items():
            heard = found.setdefault(name, [])
            if isinstance(heard, Missing):
                continue
            try:
                heard.append(load(start))
            except Missing as gone:
                found[name] = gone
    return found


def _rates(heard: Sequence[Heard]) -> list[float]:
    return [each.per_second for each in heard]


def _ceilings(found: dict[str, list[Heard] | Missing]) -> Iterator[Line]:
    for name, label in (
        ("trivial", "generator's own ceiling (an app that only answers)"),
        ("bare", "bare ASGI app: HMAC and parsing, no store"),
        ("usual", "FastAPI + Redis SET NX + BackgroundTasks"),
        *((kind, f"ours, {label}") for kind, label in OURS.items()),
    ):
        heard = found[name]
        if isinstance(heard, Missing):
            yield missing("accept", label, str(heard))
        else:
            p99 = median(each.p99 for each in heard)
            value = f"{spread(_rates(heard))}/s, p99 {p99:.1f} ms"
            yield told("accept", label, value, per_second=median(_rates(heard)), p99_ms=p99)


def _against_usual(found: dict[str, list[Heard] | Missing]) -> Iterator[Line]:
    usual, bare = found["usual"], found["bare"]
    for kind, label in OURS.items():
        ours = found[kind]
        if isinstance(ours, Missing):
            continue
        if not isinstance(usual, Missing):
            times = ratio(_rates(ours), _rates(usual))
            yield at_least("accept", f"{label} : usual pattern", times, 3, f"{times:.2f} x")
            p99 = ratio([each.p99 for each in ours], [each.p99 for each in usual])
            yield at_most("accept", f"{label} : usual pattern, p99 of the 200", p99, 1, "x")
        if not isinstance(bare, Missing):
            share = ratio(_rates(ours), _rates(bare))
            yield at_least("accept", f"{label} : bare app (aim 0.5)", share, 0.25, f"{share:.2f} x")


def _busy(found: dict[str, list[Heard] | Missing]) -> Iterator[Line]:
    usual = found["usual"]
    for kind, label in OURS.items():
        ours = found[kind]
        if isinstance(ours, Missing) or isinstance(usual, Missing):
            continue
        p99 = ratio([each.p99 for each in ours], [each.p99 for each in usual])
        yield told(
            "accept",
            f"while workers are busy: {label} | usual pattern",
            f"{spread(_rates(ours))} | {spread(_rates(usual))}/s",
        )
        shown = f"{median(each.p99 for each in ours):.1f} | {median(each.p99 for each in usual):.1f} ms"
        yield told("accept", f"while workers are busy: {label} | usual, p99", shown)
        yield at_most("accept", f"while workers are busy: {label} : usual, p99 of the 200", p99, 1, "x")
