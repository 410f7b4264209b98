"""How the transcribers of one process fare, in memory: who is not to be asked for a while."""

from __future__ import annotations

import structlog

from turnkeeper.rules import breaker
from turnkeeper.rules.breaker import MODEL_FAILURES, WELL, Health
from turnkeeper.voice.tries import Failure

_log = structlog.get_logger("turnkeeper.voice")
_AWAY = ("away", "busy", "bug")
"""Kinds of failures that count against a transcriber."""


class Breakers:
    """What is known of each transcriber. Shared by all chains of a process."""

    def __init__(self) -> None:
        self._known: dict[str, Health] = {}

    def held(self, name: str, now: float) -> str | None:
        """Why it is not to be asked now; None: it may be."""
        health = self._known.get(name, WELL)
        return f"left alone for {health.held_until - now:.0f} s more" if breaker.is_held(health, now) else None

    def tried(self, name: str, now: float) -> None:
        """It is asked now."""
        self._known[name] = breaker.tried(self._known.get(name, WELL), now, most=MODEL_FAILURES)

    def ended(self, name: str, failure: Failure | None, now: float) -> None:
        """What became of it. One that answers anything at all, a refusal too, is up."""
        before = self._known.get(name, WELL)
        if failure is None or failure.kind not in _AWAY:
            self._known[name] = WELL
            if before.failures >= MODEL_FAILURES:
                _log.info("works again", name=name)
            return
        health = breaker.failed(before, now, most=MODEL_FAILURES)
        if health.failures == MODEL_FAILURES:
            _log.warning("left alone", name=name, failures=MODEL_FAILURES, kind=failure.kind)
        if failure.retry_after is not None:
            health = breaker.busy(health, now, failure.retry_after)
        self._known[name] = health
