"""Spans of a turn, through OpenTelemetry's API; imported only where an exporter is configured.

Rule: a trace's id follows from the turn's key, a webhook's span's from its message's: whoever takes a turn over
continues its trace, and the turn can name the webhooks that brought its messages, though nothing about traces is
stored. Attributes are names of the configuration, ids of ours and outcomes: no number of a person, and no text unless
the operator wants it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from hashlib import blake2b
from typing import Any

import msgspec
from opentelemetry import context as contexts
from opentelemetry import trace
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from turnkeeper.engine.figures import Stage
from turnkeeper.model.contents import Content, words_of
from turnkeeper.model.events import Inbound, words_heard
from turnkeeper.store.base import Arrival, ClaimedSend, ClaimedTurn
from turnkeeper.store.transactions.take import dedup_digest

WANTED_IDS: ContextVar[tuple[int, int] | None] = ContextVar("WANTED_IDS", default=None)
"""Trace and span id for the next span without a parent; an id generator that looks here makes them so."""

_inbound = msgspec.json.Decoder(Inbound).decode
_content: Callable[[bytes], Content] = msgspec.json.Decoder(Content).decode
_LONGEST = 4_000
"""Characters of what was heard or said."""

_BAD = ("error", "failed", "rejected", "timeout")
_Begun = tuple[trace.Span, Any]


class Spans:
    """Tracing and the accepts' half of it, for one process. `texts`: with what was heard and said."""

    def __init__(self, tracer: trace.Tracer | None = None, *, texts: bool = False) -> None:
        self._tracer = tracer or trace.get_tracer("turnkeeper")
        self._texts = texts

    def accepted(self, arrivals: Sequence[Arrival], began_at: float, ended_at: float, *, all_new: bool) -> None:
        """A webhook was taken: a span for each of its events, to which their turns point."""
        for arrival in arrivals:
            workspace, channel = arrival.channel.workspace_id, arrival.channel.id
            dedup = dedup_digest(arrival.event, arrival.received_at)
            attributes = _of(workspace, channel, arrival.channel.bot_id) | {"turnkeeper.event": arrival.event.kind}
            with _ids(accept_ids(workspace, channel, dedup) if all_new else None):
                span = self._tracer.start_span(
                    "accept",
                    context=contexts.Context(),
                    kind=SpanKind.SERVER,
                    attributes=attributes | {"turnkeeper.outcome": "new" if all_new else "some_were_here"},
                    start_time=_nanoseconds(began_at),
                )
            span.end(_nanoseconds(ended_at))

    def begin_turn(self, claimed: ClaimedTurn, at: float) -> _Begun:
        """A turn's attempt: the root of what it does, in the trace that all its attempts share."""
        turn = claimed.turn
        attributes = _of(turn.workspace_id, claimed.channel.id, turn.bot_id) | {
            "turnkeeper.turn": turn.no,
            "turnkeeper.attempt": turn.attempt,
            "turnkeeper.claim": claimed.conversation.claims,
            "turnkeeper.conversation": claimed.run.key.id,
            "turnkeeper.events": len(claimed.events),
        }
        if self._texts:
            heard = "\n".join(words_heard(_inbound(each.body)) for each in claimed.events)
            attributes["turnkeeper.heard"] = heard[:_LONGEST]
        own = turn_ids(turn.workspace_id, turn.conversation_id, turn.no, claimed.run.epoch)
        links = [_link(*accept_ids(e.workspace_id, e.channel_id, e.dedup)) for e in claimed.events]
        with _ids(own):
            span = self._tracer.start_span(
                "turn", context=contexts.Context(), attributes=attributes, links=links, start_time=_nanoseconds(at)
            )
        return self._entered(span)

    def begin_send(self, claimed: ClaimedSend, kind: str, at: float) -> _Begun:
        """One call to the provider."""
        row = claimed.row
        attributes = _of(row.workspace_id, row.channel_id, claimed.channel.bot_id) | {
            "turnkeeper.turn": row.turn_no,
            "turnkeeper.part": row.n,
            "turnkeeper.attempt": row.tries,
            "turnkeeper.kind": kind,
        }
        if self._texts:
            attributes["turnkeeper.said"] = words_of(_content(row.content))[:_LONGEST]
        own = turn_ids(row.workspace_id, row.conversation_id, row.turn_no, f"send {row.seq} {row.tries}")
        with _ids(own):
            span = self._tracer.start_span(
                "send", kind=SpanKind.CLIENT, attributes=attributes, start_time=_nanoseconds(at)
            )
        return self._entered(span)

    def begin(self, stage: Stage, name: str, at: float) -> _Begun:
        """A stage of the turn under way."""
        attributes = {"turnkeeper.step": name} if name else None
        return self._entered(self._tracer.start_span(stage, attributes=attributes, start_time=_nanoseconds(at)))

    def past(self, stage: Stage, began_at: float, ended_at: float) -> None:
        """A stage that is over."""
        self._tracer.start_span(stage, start_time=_nanoseconds(began_at)).end(_nanoseconds(ended_at))

    def end(self, begun: _Begun, outcome: str, at: float) -> None:
        """It is over; what was under way before it is so again."""
        span, token = begun
        contexts.detach(token)
        span.set_attribute("turnkeeper.outcome", outcome)
        if outcome in _BAD:
            span.set_status(Status(StatusCode.ERROR))
        span.end(_nanoseconds(at))

    def _entered(self, span: trace.Span) -> _Begun:
        return span, contexts.attach(trace.set_span_in_context(span))


def accept_ids(workspace: str, channel: str, dedup: bytes) -> tuple[int, int]:
    """Trace and span id of the webhook that brought an event."""
    return _split(f"accept\x1f{workspace}\x1f{channel}\x1f".encode() + dedup)


def turn_ids(workspace: str, conversation: str, no: int, span: object) -> tuple[int, int]:
    """The trace of a turn, and the id of one of its spans that have no parent."""
    trace_id, _ = _split(f"turn\x1f{workspace}\x1f{conversation}\x1f{no}".encode())
    _, span_id = _split(f"span\x1f{workspace}\x1f{conversation}\x1f{no}\x1f{span}".encode())
    return trace_id, span_id


def _split(named: bytes) -> tuple[int, int]:
    digest = blake2b(named, digest_size=24).digest()
    return int.from_bytes(digest[:16]) or 1, int.from_bytes(digest[16:]) or 1


def _link(trace_id: int, span_id: int) -> Link:
    return Link(SpanContext(trace_id, span_id, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED)))


def _of(workspace: str, channel: str, bot: str) -> dict[str, Any]:
    return {"turnkeeper.workspace": workspace, "turnkeeper.channel": channel, "turnkeeper.bot": bot}


def _nanoseconds(at: float) -> int:
    return int(at * 1e9)


@contextmanager
def _ids(ids: tuple[int, int] | None) -> Iterator[None]:
    token = WANTED_IDS.set(ids)
    try:
        yield
    finally:
        WANTED_IDS.reset(token)
