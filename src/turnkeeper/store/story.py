"""A conversation told from its rows: what was said, and what happened when."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from turnkeeper.model.conversation import EventRow, OutboundRow, StepRow, TurnRow
from turnkeeper.model.events import Inbound
from turnkeeper.model.outbound import Content, words_of
from turnkeeper.store.base import Line, Moment

_LABEL = 80
_UNSAID = ("cancelled", "expired", "failed")
_inbound = msgspec.json.Decoder(Inbound).decode
_content = msgspec.json.Decoder(Content).decode


def history(events: Sequence[EventRow], rows: Sequence[OutboundRow], limit: int) -> list[Line]:
    """The last lines, oldest first. What was never sent was never said; an operator's words are their event's."""
    lines = [line for event in events if (line := _said(event)) is not None]
    operators = {-event.seq for event in events if event.kind == "operator"}
    spoken = [row for row in rows if row.turn_no not in operators and row.state not in _UNSAID]
    lines += [Line("bot", words_of(_content(row.content)), row.created_at) for row in spoken]
    lines.sort(key=lambda line: line.at)
    return lines[-limit:]


def _said(event: EventRow) -> Line | None:
    inbound = _inbound(event.body)
    if not inbound.text or event.kind == "timer" or event.state == "dropped":
        return None
    by_person = event.from_me or event.kind == "operator"
    return Line("person" if by_person else "contact", inbound.text, event.received_at, event.kind)


def moments(
    events: Sequence[EventRow], turns: Sequence[TurnRow], steps: Sequence[StepRow], rows: Sequence[OutboundRow]
) -> list[Moment]:
    """What happened, oldest first; the same row may have several moments."""
    told = [moment for event in events for moment in _of_event(event)]
    told += [moment for turn in turns for moment in _wait_before(turn, events)]
    told += [moment for turn in turns for moment in _of_turn(turn)]
    told += [moment for step in steps for moment in _of_step(step)]
    told += [moment for row in rows for moment in _of_row(row)]
    return sorted(told, key=lambda moment: moment.at)


def _of_event(event: EventRow) -> list[Moment]:
    inbound = _inbound(event.body)
    label = (inbound.text or event.kind)[:_LABEL]
    told = [Moment(event.received_at, "received", event.turn_no, event.seq, label)]
    if event.state == "waiting":
        told.append(Moment(event.received_at, "waiting", None, event.seq, label))
    elif event.settled_at is not None and event.state != "answered":
        told.append(Moment(event.settled_at, event.state, event.turn_no, event.seq, label, event.reason))
    return told


def _wait_before(turn: TurnRow, events: Sequence[EventRow]) -> list[Moment]:
    """From the last message that the turn had when it began: how long it was waited for another."""
    known = [event.received_at for event in events if event.turn_no == turn.no and event.received_at <= turn.started_at]
    if not known:
        return []
    return [Moment(max(known), "waiting", turn.no, None, "", f"{turn.started_at - max(known):.2f} s")]


def _of_turn(turn: TurnRow) -> list[Moment]:
    attempt = f"attempt {turn.attempt}" if turn.attempt > 1 else None
    told = [Moment(turn.started_at, "claimed", turn.no, None, f"turn {turn.no}", attempt)]
    if turn.committed_at is not None:
        told.append(Moment(turn.committed_at, turn.state, turn.no, None, f"turn {turn.no}", turn.trace))
    return told


def _of_step(step: StepRow) -> list[Moment]:
    if step.done_at is None:
        return [Moment(step.began_at, "step", step.turn_no, None, step.name, "begun")]
    seconds = f"{step.done_at - step.began_at:.2f} s"
    return [Moment(step.done_at, "step", step.turn_no, None, step.name, seconds)]


def _of_row(row: OutboundRow) -> list[Moment]:
    label = words_of(_content(row.content))[:_LABEL]
    turn = row.turn_no if row.turn_no > 0 else None
    stamps = (
        ("accepted", row.accepted_at),
        ("sent", row.sent_at),
        ("delivered", row.delivered_at),
        ("read", row.read_at),
    )
    told = [Moment(at, kind, turn, row.seq, label) for kind, at in stamps if at is not None]
    if row.state in ("failed", "expired", "cancelled", "unknown") and row.settled_at is not None:
        told.append(Moment(row.settled_at, row.state, turn, row.seq, label, row.reason))
    return told
