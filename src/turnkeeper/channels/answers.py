"""Answers of any provider: none at all, one that is not the provider's own, and others' words as they may be shown.

`name` is the provider, for the operator.
"""

from __future__ import annotations

from turnkeeper.channels.base import Finding, HttpReply
from turnkeeper.model.outbound import NotSent, Outcome, Rejected, Unknown

_FAILURES = {"not_connected": "no connection", "no_answer": "it does not answer"}
_LONGEST = 300


def trouble(reply: HttpReply) -> str:
    """Why there is nothing to read."""
    return _FAILURES[reply.failure] if reply.failure else f"HTTP {reply.status}"


def unreachable(reply: HttpReply, name: str, mend: str, link: str = "api") -> Finding:
    """The doctor's first link, where what answers, if anything does, is not the provider."""
    detail = trouble(reply) if reply.failure else f"{trouble(reply)} with a body that is not JSON"
    return Finding(link, False, f"{name} cannot be reached: {detail}", mend)


def unanswered(reply: HttpReply, name: str) -> NotSent | Unknown | None:
    """What became of a call to send that got no answer; None: it got one."""
    if reply.failure == "not_connected":
        return NotSent(f"could not connect to {name}", code="not_connected")
    return Unknown(f"{name} did not answer in time") if reply.failure else None


def askable(outcome: Outcome, otherwise: str) -> NotSent | Rejected:
    """An outcome where nothing reaches a person: what is unknown may be asked again."""
    if isinstance(outcome, NotSent | Rejected):
        return outcome
    return NotSent(outcome.reason if isinstance(outcome, Unknown) else otherwise, limit=4)


def hidden(words: str, *secrets: str) -> str:
    """Words of others, short and without our secrets."""
    for secret in filter(None, secrets):
        words = words.replace(secret, "(secret)")
    return words[:_LONGEST]
