"""A turn told whole, as people and programs read it.

Instants are unix seconds, spans seconds, costs US dollars. None is what nobody knows: the cost of a model without a
price, the end of a step that was cut off.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

BarKind = Literal[
    "waiting", "hearing", "thinking", "model", "tool", "step", "finishing", "queued", "sending", "delivery"
]
Outcome = Literal["ok", "failed", "open"]


@dataclass(frozen=True, slots=True)
class ToldEvent:
    """An event. `reason`: why it is in its state; `event`, `payment`, `timer`: what nobody said, by its kind."""

    seq: int
    kind: str
    text: str
    received_at: float
    state: str
    reason: str | None = None
    message_id: str | None = None
    event: Any = None
    payment: Any = None
    timer: Any = None


@dataclass(frozen=True, slots=True)
class ToldCall:
    """A model's call in few words. `model` None: nobody was left to ask; `why_not`: why it gave no answer; `skipped`:
    who was not asked, and why; `without_tools`: which cap took its tools away."""

    model: str | None
    seconds: float
    tokens: int | None
    cost: float | None
    why_not: str | None
    skipped: list[str]
    without_tools: str | None


@dataclass(frozen=True, slots=True)
class ToldHearing:
    """A try to hear a note in few words. `outcome` as the metrics have it, but for `no_words`; `heard_seconds`: how
    long the note is; `transcriber` None: nobody was asked."""

    transcriber: str | None
    seconds: float
    outcome: str
    heard_seconds: float | None
    why_not: str | None
    skipped: list[str]


@dataclass(frozen=True, slots=True)
class ToldStep:
    """A step. `done` False: it was cut off, or goes on. `result`: as it is kept."""

    name: str
    occurrence: int
    began_at: float
    seconds: float | None
    effect: bool
    done: bool
    call: ToldCall | None = None
    hearing: ToldHearing | None = None
    result: Any = None


@dataclass(frozen=True, slots=True)
class ToldAttempt:
    """One attempt, from 1, and its steps as they began."""

    attempt: int
    steps: list[ToldStep]


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums. Of the cost there is none as soon as one price is not known."""

    model_calls: int
    failed_calls: int
    tool_calls: int
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    tokens: int
    cost: float | None
    transcriptions: int
    failed_transcriptions: int
    heard_seconds: float


@dataclass(frozen=True, slots=True)
class ToldRow:
    """A message that was to be sent, and when it got how far."""

    kind: str
    text: str
    state: str
    tries: int
    message_id: str | None
    code: str | None
    reason: str | None
    created_at: float
    sending_at: float | None = None
    accepted_at: float | None = None
    sent_at: float | None = None
    delivered_at: float | None = None
    read_at: float | None = None
    settled_at: float | None = None


@dataclass(frozen=True, slots=True)
class Bar:
    """What took which time. `attempt` 0: it belongs to none; `detail`: why, or how often; `step`: its name and
    occurrence; `row`: the place of the message in `sent`. `ended_at` None: it goes on, or was cut off."""

    kind: BarKind
    label: str
    began_at: float
    ended_at: float | None
    outcome: Outcome = "ok"
    detail: str | None = None
    attempt: int = 0
    step: str | None = None
    row: int | None = None


@dataclass(frozen=True, slots=True)
class ToldMessage:
    """What a model was given before. `role`: user, assistant, or tool."""

    role: str
    text: str
    files: list[str]


@dataclass(frozen=True, slots=True)
class ToolUse:
    """A tool that a model wanted. `result` None: it did not run then (it had, or there were too many)."""

    name: str
    arguments: Any
    result: str | None
    failed: bool
    effect: bool
    seconds: float | None
    told: str | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """One call of a model within a question: what it said, and which tools it wanted. `left_out`: how many of the
    oldest messages it was not given."""

    call: ToldCall
    at: float
    text: str | None
    finish: str | None
    tools: list[ToolUse]
    with_tools: bool
    left_out: int
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What models were asked, from the prompt to the answer. `known` False: what they were asked is not kept."""

    attempt: int
    known: bool
    instructions: str
    messages: list[ToldMessage]
    calls: list[Answered]
    version: int | None = None


@dataclass(frozen=True, slots=True)
class RefusedFile:
    """A file that was not taken: why, in one word and in more."""

    at: float
    reason: str
    detail: str | None
    filename: str | None


@dataclass(frozen=True, slots=True)
class ToldPayment:
    """A payment that the turn asked for; `amount` in the smallest unit of its currency."""

    name: str
    state: str
    amount: int
    currency: str
    created_at: float
    paid_at: float | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class ToldSession:
    """The session as the turn found it."""

    state: Any
    stage: str | None
    saved_at: float


@dataclass(frozen=True, slots=True)
class ToldTurn:
    """All of it. `turn`: the conversation and the number; `newest`: the number of the conversation's newest turn;
    `trace`: what bot and engine noted; `beside`: what came meanwhile or afterwards and no turn answers, and why;
    `before`: None where nothing was there, or is known."""

    turn: str
    workspace: str
    channel: str
    conversation: str
    contact: str
    no: int
    newest: int
    bot: str
    bot_version: str
    state: str
    attempt: int
    started_at: float
    committed_at: float | None
    seconds: float | None
    trace: list[str]
    events: list[ToldEvent]
    attempts: list[ToldAttempt]
    effects: list[ToldStep]
    totals: Totals
    sent: list[ToldRow]
    bars: list[Bar]
    questions: list[Question]
    beside: list[ToldEvent]
    refused: list[RefusedFile]
    payments: list[ToldPayment]
    before: ToldSession | None
