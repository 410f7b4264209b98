"""What a flow is told. Never stored: the shell makes them of events, and of what came of effects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from turnkeeper.model.contents import Reply

TriggerKind = Literal["keyword", "first_message", "referral", "event", "schedule", "called"]


@dataclass(frozen=True, slots=True)
class Sent:
    """A file that the person sent; `kind` as in model.events, `key`: where it is kept."""

    kind: str
    key: str = ""
    mime: str = ""
    filename: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody said to be, in degrees."""

    latitude: float
    longitude: float
    name: str = ""


@dataclass(frozen=True, slots=True)
class Replied:
    """What the person said and sent in one turn; `choice`: the id of a button or row that they chose, `label` what
    stood on it."""

    text: str = ""
    choice: str = ""
    label: str = ""
    files: tuple[Sent, ...] = ()
    place: Place | None = None
    phone: str = ""
    """Of a contact card."""


@dataclass(frozen=True, slots=True)
class Started:
    """The flow begins. `data`: what came with an outside event or from the flow that called this one."""

    trigger: TriggerKind
    reply: Replied = field(default_factory=Replied)
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ModelAnswered:
    """`exit`: the edge that the model chose of those it was given, "" for none; `values`: the variables that it set.

    `parts`: where the answer is not its text alone, what is said instead, in order.
    """

    call: int
    text: str = ""
    exit: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    parts: tuple[Reply, ...] = ()


@dataclass(frozen=True, slots=True)
class CallAnswered:
    """What an HTTP call or a tool gave: JSON, or text. `status` is HTTP's; 0 for a tool."""

    call: int
    data: Any = None
    status: int = 0


@dataclass(frozen=True, slots=True)
class Failed:
    """The model, the call, the tool or the payment gave nothing; `reason` is for the operator."""

    call: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TimedOut:
    """The time is over that was to pass."""

    call: int


@dataclass(frozen=True, slots=True)
class PaymentTold:
    """What became of the payment that was asked for: `paid`, `failed`, `expired`, `cancelled`, `refunded`; `opened`
    with the `url` when there is a link."""

    call: int
    news: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class GivenBack:
    """The person who had taken over gave the conversation back."""


Signal = Started | Replied | ModelAnswered | CallAnswered | Failed | TimedOut | PaymentTold | GivenBack
ANSWERS = (ModelAnswered, CallAnswered, Failed, TimedOut, PaymentTold)
"""Signals that answer one call, and count only while that call is awaited."""
