"""How the providers of one process fare, in memory: who is not to be asked for a while."""

from __future__ import annotations

import structlog

from turnkeeper.llm.calls import Failure
from turnkeeper.model.llm import ModelChoice
from turnkeeper.rules import breaker
from turnkeeper.rules.breaker import MODEL_FAILURES, PROVIDER_FAILURES, WELL, Health

_log = structlog.get_logger("turnkeeper.models")
TELL_EVERY = 60.0
_AWAY = ("away", "slow", "busy", "bug")
"""Kinds of failures that count against a provider."""


class Breakers:
    """What is known of each provider and each of its models. Shared by all chains of a process."""

    def __init__(self) -> None:
        self._known: dict[str, Health] = {}
        self._told_at: dict[str, float] = {}

    def held(self, choice: ModelChoice, now: float) -> str | None:
        """Why a model is not to be asked now; None: it may be."""
        for name, _ in _names(choice):
            health = self._known.get(name, WELL)
            if breaker.is_held(health, now):
                return f"{name} is left alone for {health.held_until - now:.0f} s more"
        return None

    def tried(self, choice: ModelChoice, now: float) -> None:
        """A model is asked now."""
        for name, most in _names(choice):
            self._known[name] = breaker.tried(self._known.get(name, WELL), now, most=most)

    def ended(self, choice: ModelChoice, failure: Failure | None, now: float) -> None:
        """What became of it. A provider that answers anything at all, a refusal too, is up."""
        for name, most in _names(choice):
            before = self._known.get(name, WELL)
            if failure is None or failure.kind not in _AWAY:
                self._known[name] = WELL
                if before.failures >= most:
                    _log.info("works again", name=name)
                continue
            after = self._known[name] = breaker.failed(before, now, most=most)
            if after.failures == most:
                _log.warning("left alone", name=name, failures=most, kind=failure.kind)
        if failure is not None and failure.kind == "busy" and failure.retry_after is not None:
            name = str(choice)
            self._known[name] = breaker.busy(self._known[name], now, failure.retry_after)

    def is_news(self, what: str, now: float) -> bool:
        """Whether something that somebody has to mend was not told within the last minute."""
        if 0 <= now - self._told_at.get(what, -TELL_EVERY) < TELL_EVERY:
            return False
        self._told_at[what] = now
        return True


def _names(choice: ModelChoice) -> tuple[tuple[str, int], ...]:
    return (str(choice), MODEL_FAILURES), (choice.provider, PROVIDER_FAILURES)
