"""A turn told whole, from its rows: what was heard, what each attempt asked and got, what it took, what was sent.

Nothing is told that is not kept; of calls to addresses neither headers nor bodies are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from turnkeeper.model.contents import Content, words_of
from turnkeeper.model.conversation import EventRow, OutboundRow, SessionRow, StepRow
from turnkeeper.model.events import Inbound, words_heard
from turnkeeper.model.media import MediaRow
from turnkeeper.model.payments import PaymentRow
from turnkeeper.model.traces import TracedTurn
from turnkeeper.model.turn_told import (
    RefusedFile,
    ToldAttempt,
    ToldCall,
    ToldEvent,
    ToldHearing,
    ToldPayment,
    ToldRow,
    ToldSession,
    ToldStep,
    ToldTurn,
    Totals,
)
from turnkeeper.rules.turn_bars import bars
from turnkeeper.rules.turn_questions import questions

_inbound = msgspec.json.Decoder(Inbound).decode
_content = msgspec.json.Decoder(Content).decode
TOOL, WANTED = "tool.", ".arguments"
_CALL = {"model", "place", "at"}
"""What the result of a model call has (llm.calls.ModelCall)."""
_TRY = {"transcriber", "place", "at"}
"""And that of a try to hear a note (voice.tries.Try)."""
_UNSAID = {"payment": "payment", "timer": "timer", "api": "event"}
"""What nobody said, by its kind, as a trace names what it holds."""


def told(traced: TracedTurn) -> ToldTurn:
    """The whole turn."""
    whole, conversation = traced.whole, traced.conversation
    turn = whole.turn
    steps = [(row, told_step(row)) for row in whole.steps]
    events = [told_event(row) for row in whole.events]
    sent = [told_row(row) for row in whole.rows]
    return ToldTurn(
        turn=f"{turn.conversation_id}/{turn.no}",
        workspace=turn.workspace_id,
        channel=conversation.channel_id,
        conversation=turn.conversation_id,
        contact=conversation.contact_id,
        no=turn.no,
        newest=max(traced.newest, turn.no),
        bot=turn.bot_id,
        bot_version=turn.bot_version,
        state=turn.state,
        attempt=turn.attempt,
        started_at=turn.started_at,
        committed_at=turn.committed_at,
        seconds=_between(turn.started_at, turn.committed_at),
        trace=turn.trace.splitlines() if turn.trace else [],
        events=events,
        attempts=[
            ToldAttempt(no, [step for row, step in steps if row.attempt == no]) for no in range(1, turn.attempt + 1)
        ],
        effects=[step for row, step in steps if row.attempt == 0],
        totals=totals([step for _, step in steps]),
        sent=sent,
        bars=bars(turn, events, steps, sent),
        questions=questions(steps),
        beside=[told_event(row) for row in traced.beside if row.kind != "operator"],
        refused=[_refused(row) for row in traced.refused],
        payments=[_payment(row) for row in traced.payments],
        before=None if traced.before is None else _session(traced.before),
    )


def told_event(row: EventRow) -> ToldEvent:
    """An event of a mailbox."""
    inbound = _inbound(row.body)
    name = _UNSAID.get(row.kind)
    unsaid: dict[str, Any] = {name: inbound.details} if name is not None and inbound.details else {}
    words = words_heard(inbound)
    return ToldEvent(row.seq, row.kind, words, row.received_at, row.state, row.reason, row.external_id, **unsaid)


def told_step(row: StepRow) -> ToldStep:
    """A step; of a model's call, and of a try to hear a note, what came of it in few words too."""
    result = _decoded(row.result)
    call = told_call(result) if _has(_CALL, result) else None
    hearing = _hearing(result) if _has(_TRY, result) else None
    seconds = _between(row.began_at, row.done_at)
    done = row.result is not None
    return ToldStep(row.name, row.occurrence, row.began_at, seconds, row.effect, done, call, hearing, result)


def told_row(row: OutboundRow) -> ToldRow:
    """A message of the outbox."""
    content = _content(row.content)
    return ToldRow(
        kind=str(content.__struct_config__.tag),
        text=words_of(content),
        state=row.state,
        tries=row.tries,
        message_id=row.external_id,
        code=row.code,
        reason=row.reason,
        created_at=row.created_at,
        sending_at=row.sending_at,
        accepted_at=row.accepted_at,
        sent_at=row.sent_at,
        delivered_at=row.delivered_at,
        read_at=row.read_at,
        settled_at=row.settled_at,
    )


def _decoded(result: bytes | None) -> Any:
    if result is None:
        return None
    try:
        return msgspec.json.decode(result)
    except msgspec.DecodeError:
        return result.decode("utf-8", "replace")


def _has(names: set[str], result: object) -> bool:
    return isinstance(result, dict) and result.keys() >= names


def told_call(result: Mapping[str, Any]) -> ToldCall:
    """A model's call in few words: who, what it took, and why the next one was asked."""
    usage = usage_of(result)
    failure = result.get("failure")
    return ToldCall(
        model=result["model"] or None,
        seconds=result.get("seconds", 0.0),
        tokens=None if usage is None else _tokens(usage),
        cost=None if usage is None else usage.get("cost"),
        why_not=None if failure is None else f"{failure.get('kind')}: {failure.get('shown')}",
        skipped=[f"{each.get('model')}: {each.get('why')}" for each in result.get("skipped", ())],
        without_tools=result.get("without"),
    )


def _hearing(result: Mapping[str, Any]) -> ToldHearing:
    transcript, failure = result.get("transcript"), result.get("failure") or {}
    heard = "heard" if transcript and transcript["text"].strip() else "no_words"
    return ToldHearing(
        transcriber=result["transcriber"] or None,
        seconds=result.get("seconds", 0.0),
        outcome=failure.get("kind") or heard,
        heard_seconds=transcript.get("seconds", 0.0) if transcript else None,
        why_not=": ".join(filter(None, (failure.get("reason"), failure.get("shown")))) or None,
        skipped=[f"{each.get('transcriber')}: {each.get('why')}" for each in result.get("skipped", ())],
    )


def usage_of(result: object) -> Mapping[str, Any] | None:
    """What a step took: its result's own `usage`, or its answer's."""
    if not isinstance(result, dict):
        return None
    answer = result.get("answer")
    for holder in (result, answer):
        if isinstance(holder, dict) and isinstance(holder.get("usage"), dict):
            return dict(holder["usage"])
    return None


def _tokens(usage: Mapping[str, Any]) -> int:
    return int(usage.get("input_tokens", 0)) + int(usage.get("output_tokens", 0))


def totals(steps: Sequence[ToldStep]) -> Totals:
    calls = [step.call for step in steps if step.call is not None and step.call.model]
    asked = [step.hearing for step in steps if step.hearing is not None and step.hearing.transcriber]
    took = [usage for step in steps if (usage := usage_of(step.result)) is not None]
    costs = [usage.get("cost") for usage in took]
    known = [float(cost) for cost in costs if cost is not None]
    return Totals(
        model_calls=len(calls),
        failed_calls=sum(1 for call in calls if call.why_not is not None),
        tool_calls=sum(1 for step in steps if step.name.startswith(TOOL) and not step.name.endswith(WANTED)),
        input_tokens=sum(int(usage.get("input_tokens", 0)) for usage in took),
        output_tokens=sum(int(usage.get("output_tokens", 0)) for usage in took),
        cached_tokens=sum(int(usage.get("cached_tokens", 0)) for usage in took),
        tokens=sum(map(_tokens, took)),
        cost=round(sum(known), 6) if known and len(known) == len(costs) else None,
        transcriptions=len(asked),
        failed_transcriptions=sum(1 for each in asked if each.heard_seconds is None),
        heard_seconds=round(sum((each.heard_seconds or 0.0 for each in asked), 0.0), 3),
    )


def _refused(row: MediaRow) -> RefusedFile:
    return RefusedFile(row.at, row.reason or "", row.detail, row.filename)


def _payment(row: PaymentRow) -> ToldPayment:
    return ToldPayment(row.name, row.state, row.amount, row.currency, row.created_at, row.paid_at, row.reason)


def _session(before: SessionRow) -> ToldSession:
    return ToldSession(_decoded(before.state), before.stage, before.saved_at)


def _between(began_at: float, ended_at: float | None) -> float | None:
    return None if ended_at is None else round(ended_at - began_at, 3)
