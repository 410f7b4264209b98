"""How well or badly the fake behaves. Change a field at any time; it counts from then on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(slots=True, kw_only=True)
class Behaviour:
    """The switches of a `FakeTelegram`. Durations are seconds on its clock.

    The defaults are a quick and well-behaved Telegram, with its limits.
    """

    # Webhooks.
    duplicate: int = 1
    """How many times each POST is made."""
    shuffle: bool = False
    """One chat's updates overtake each other, as they may: up to max_connections are under way at once."""
    gather: float = 0.02
    """How long a shuffle waits for company."""
    delay: float = 0.0
    """Between what happened and its webhook."""
    outage: bool = False
    """No webhook gets through; each try counts as failed and comes again."""
    timeout: float = 60.0
    retry_first: float = 1.0
    retry_factor: float = 2.0
    retry_most: float = 3600.0
    kept_for: float = 24 * 3600.0
    """After this long an update is lost, as the documentation has it."""

    # Long polling.
    repeat: bool = False
    """Updates that were told are told again until they are confirmed, in no order: only their ids count."""

    # What sends are held to. None: no limit.
    chat_burst: float = 5.0
    chat_per_second: float | None = 1.0
    group_per_minute: float | None = 20.0
    bot_per_second: float | None = 30.0
    query_lives: float = 15.0
    """After this long a press cannot be answered any more."""
    action_lives: float = 5.0
    """How long a chat action is shown, unless a message ends it."""
    file_link_lives: float = 3600.0
    token_revoked: bool = False
    """Every call is 401."""
    answer_after: float = 0.0
    """Before every answer to a send."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What happens to one call in place of a good answer. Made by the functions below."""

    taken: bool = False
    """What was asked for is done all the same."""
    answer: Literal["error", "gateway", "hold", "close"] = "error"
    code: int = 500
    description: str = "Internal Server Error"
    parameters: dict[str, Any] = field(default_factory=dict)
    hold: float | None = None
    """Seconds until the answer; None: never."""


def refuse(code: int, description: str, **parameters: Any) -> Fault:
    """Answer Telegram's error; nothing is done."""
    return Fault(code=code, description=description, parameters=parameters)


def server_error(*, taken: bool = False) -> Fault:
    """Answer 500."""
    return Fault(taken=taken)


def gateway_error(status: int = 502, *, taken: bool = False) -> Fault:
    """Answer an HTML page, as a proxy in front of Telegram does."""
    return Fault(answer="gateway", code=status, taken=taken)


def flood(seconds: int) -> Fault:
    """Answer 429 with so many seconds to wait."""
    return Fault(code=429, description=f"Too Many Requests: retry after {seconds}", parameters={"retry_after": seconds})


def hold(seconds: float | None = None, *, taken: bool = True) -> Fault:
    """Say nothing for `seconds` (None: for ever). By default it has been done."""
    return Fault(answer="hold", hold=seconds, taken=taken)


def close(*, taken: bool) -> Fault:
    """Close the connection without an answer, before or after it was done."""
    return Fault(answer="close", taken=taken)
