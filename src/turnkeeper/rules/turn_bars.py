"""A turn as bars over time: what was waited for, what ran, what was sent and when it arrived."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from turnkeeper.model.conversation import StepRow, TurnRow
from turnkeeper.model.turn_told import Bar, BarKind, Outcome, ToldEvent, ToldRow, ToldStep

_LABEL = 80
_BAD = ("failed", "expired", "cancelled", "unknown")


def bars(
    turn: TurnRow, events: Sequence[ToldEvent], steps: Sequence[tuple[StepRow, ToldStep]], sent: Sequence[ToldRow]
) -> list[Bar]:
    """All bars, by when they began."""
    found = [*_waiting(turn, events), *(_of_step(row, step) for row, step in steps), *_own(turn, steps)]
    found += [bar for place, row in enumerate(sent) for bar in _of_row(place, row)]
    return sorted(map(_forward, found), key=lambda bar: bar.began_at)


def _forward(bar: Bar) -> Bar:
    """Machines' and providers' clocks differ: nothing ends before it began."""
    return bar if bar.ended_at is None or bar.ended_at >= bar.began_at else replace(bar, ended_at=bar.began_at)


def _waiting(turn: TurnRow, events: Sequence[ToldEvent]) -> Iterator[Bar]:
    """From the first message until the turn began: whether the person has more to say."""
    before = [event.received_at for event in events if event.received_at <= turn.started_at]
    if before:
        count = f"{len(before)} messages" if len(before) > 1 else None
        yield Bar("waiting", "waiting", min(before), turn.started_at, detail=count)


def _of_step(row: StepRow, step: ToldStep) -> Bar:
    outcome: Outcome = "ok" if step.done else "open"
    label, detail = step.name, None
    if step.call is not None:
        label = step.call.model or step.name
        detail = "; ".join(filter(None, (step.call.why_not, *step.call.skipped))) or None
        outcome = "failed" if step.call.why_not is not None else outcome
    elif step.hearing is not None:
        label = step.hearing.transcriber or step.name
        detail = "; ".join(filter(None, (step.hearing.why_not, *step.hearing.skipped))) or None
        outcome = "failed" if step.hearing.why_not is not None else outcome
    elif _failed(step):
        outcome = "failed"
    ended_at = row.done_at
    named = f"{step.name} {step.occurrence}"
    return Bar(_kind(step), label, row.began_at, ended_at, outcome, detail, row.attempt, named)


def _kind(step: ToldStep) -> BarKind:
    if step.call is not None:
        return "model"
    if step.hearing is not None or step.name.startswith("voice."):
        return "hearing"
    return "tool" if step.name.startswith("tool.") else "step"


def _failed(step: ToldStep) -> bool:
    """Whether a tool's result says so (llm.calls.ToolRun)."""
    reply = step.result.get("reply") if isinstance(step.result, dict) else None
    return isinstance(reply, dict) and bool(reply.get("failed"))


def _own(turn: TurnRow, steps: Sequence[tuple[StepRow, ToldStep]]) -> Iterator[Bar]:
    """What the bot did besides its steps: all of it where it has none, else what came after the last one, with the
    rendering and the commit."""
    ended = [row.done_at or row.began_at for row, _ in steps]
    outcome: Outcome = "open" if turn.committed_at is None else "failed" if turn.state == "failed" else "ok"
    kind: BarKind = "finishing" if ended else "thinking"
    began_at = max([turn.started_at, *ended])
    if turn.committed_at is not None or not ended:
        yield Bar(kind, kind, began_at, turn.committed_at, outcome, attempt=turn.attempt)


def _of_row(place: int, row: ToldRow) -> Iterator[Bar]:
    label = " ".join(row.text.split())[:_LABEL] or f"[{row.kind}]"
    again = f"try {row.tries}" if row.tries > 1 else None
    detail = ": ".join(filter(None, (again, row.code, row.reason))) or None
    bad = row.state in _BAD
    reported = [at for at in (row.sent_at, row.delivered_at, row.read_at) if at is not None]
    if row.sending_at is None:
        end = row.settled_at
        yield Bar("queued", label, row.created_at, end, "failed" if bad else "open", detail, row=place)
        return
    if row.sending_at > row.created_at:
        yield Bar("queued", label, row.created_at, row.sending_at, row=place)
    accepted_at = row.accepted_at if row.accepted_at is not None else min(reported, default=None)
    end = accepted_at if accepted_at is not None else row.settled_at
    outcome: Outcome = "ok" if accepted_at is not None else "failed" if bad else "open"
    yield Bar(
        "sending", label, row.sending_at, None if end is None else max(end, row.sending_at), outcome, detail, row=place
    )
    if accepted_at is not None:
        yield _delivery(place, row, label, accepted_at, bad=bad)


def _delivery(place: int, row: ToldRow, label: str, accepted_at: float, *, bad: bool) -> Bar:
    """Providers tell whole seconds: what they report is never before what they were told."""
    stages = (("sent", row.sent_at), ("delivered", row.delivered_at), ("read", row.read_at))
    known = [(name, max(at, accepted_at)) for name, at in stages if at is not None]
    told = ", ".join(f"{name} after {at - accepted_at:.1f} s" for name, at in known) or None
    if bad:
        return Bar("delivery", label, accepted_at, row.settled_at, "failed", row.reason or row.code, row=place)
    return Bar(
        "delivery",
        label,
        accepted_at,
        max((at for _, at in known), default=None),
        "ok" if known else "open",
        told,
        row=place,
    )
