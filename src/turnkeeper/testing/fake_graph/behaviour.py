"""How well or badly the fake behaves. Change a field at any time; it counts from then on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Refusal = Literal["answer", "status"]


@dataclass(slots=True, kw_only=True)
class Behaviour:
    """The switches of a `FakeGraph`. Durations are seconds on its clock.

    The defaults are a quick and well-behaved Meta. `Behaviour.lifelike()` has the pace of a phone.
    """

    # What the person's phone does with a message from the business; None: never.
    sent_after: float | None = 0.0
    delivered_after: float | None = 0.02
    read_after: float | None = 0.05
    drop_statuses: frozenset[str] = frozenset()

    # Webhooks.
    batch: int = 1
    """Updates in one POST, spread over several entries and changes."""
    gather: float = 0.02
    """How long a batch or a shuffle waits for company."""
    duplicate: int = 1
    """How many times each POST is made."""
    reorder: bool = False
    """Shuffle the updates of different kinds and moments that gather."""
    delay: float = 0.0
    """Between what happened and its webhook."""
    outage: bool = False
    """No webhook gets through; each try counts as failed and comes again."""
    timeout: float = 5.0
    retry_first: float = 1.0
    retry_factor: float = 2.0
    retry_most: float = 3600.0
    retry_for: float = 36 * 3600.0
    """After this long the update is lost, as Meta documents it."""
    retry_alone: bool = False
    """A retry carries each update in a POST of its own, not the batch that failed."""
    at_once: int = 16
    """POSTs under way at the same time. One person's first tries stay in order."""

    # What goes wrong for as long as it is set; `switches` has names for these.
    fault: Fault | None = None
    """Every send meets this, unless a fault of its own waits for it."""
    token_revoked: bool = False
    """Every call is 190."""
    window_closed: bool = False
    """As if nobody had written within `window`."""

    # What sends are held to.
    window: float = 24 * 3600.0
    entry_window: float = 72 * 3600.0
    """After a message with a `referral`: one that an ad led to."""
    outside_window: Refusal = "answer"
    """131047 at once, or accepted first and then a failed status."""
    pair_limit: bool = True
    throughput: float | None = 80.0
    """Messages a second and number; None: no limit."""
    only_known: bool = False
    """A sandbox: an unknown recipient is 131030 instead of 131026."""
    media_refusal: Refusal = "answer"
    """131053 for a file that does not fit its kind: at once, or as Meta mostly does, in a failed status."""
    answer_after: float = 0.0
    """Before every answer to a send."""

    @classmethod
    def lifelike(cls) -> Behaviour:
        """A phone on a desk: ticks that can be seen to advance."""
        return cls(sent_after=0.15, delivered_after=0.5, read_after=1.4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What happens to one send in place of a good answer. Made by the functions below."""

    taken: bool = False
    """The message reaches the person all the same."""
    answer: Literal["error", "gateway", "hold", "close", "accept"] = "error"
    code: int = 131000
    status: int | None = None
    hold: float | None = None
    """Seconds until the answer; None: never."""
    details: str = field(default="")


def refuse(code: int, status: int | None = None) -> Fault:
    """Answer Meta's error `code`; the message does not leave."""
    return Fault(code=code, status=status)


def gateway_error(status: int = 502, *, taken: bool = False) -> Fault:
    """Answer an HTML page with `status`, as a proxy in front of Meta does."""
    return Fault(answer="gateway", status=status, taken=taken)


def hold(seconds: float | None = None, *, taken: bool = True) -> Fault:
    """Say nothing for `seconds` (None: for ever). By default the message has been taken."""
    return Fault(answer="hold", hold=seconds, taken=taken)


def close(*, taken: bool) -> Fault:
    """Close the connection without an answer, before or after the message was taken."""
    return Fault(answer="close", taken=taken)


def fail_later(code: int = 131026) -> Fault:
    """Accept the send, then report a `failed` status with `code`."""
    return Fault(answer="accept", code=code)
