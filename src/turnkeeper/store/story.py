"""A conversation told from its rows: what was said, and what happened when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from turnkeeper.model.contents import Content, words_of
from turnkeeper.model.conversation import EventRow, OutboundRow, StepRow, TurnRow
from turnkeeper.model.events import Inbound, caption_of, words_heard
from turnkeeper.model.media import MediaRow
from turnkeeper.model.outside import outside
from turnkeeper.model.payments import PaymentRow
from turnkeeper.store.base import Moment
from turnkeeper.store.lines import Line

_LABEL = 80
_UNSAID = ("cancelled", "expired", "failed")
_UNHEARD = ("dropped", "ignored")
ECHO_HELD = "echo_held"
"""Why an event waits that may be our own message; told apart once no send's fate is open."""
AWAITS = "waits for the message that it is about"
"""Why an edit, deletion or reaction has done nothing yet (store.transactions.early)."""
MET = "its message came later"
_inbound = msgspec.json.Decoder(Inbound).decode
_content = msgspec.json.Decoder(Content).decode


def history(
    events: Sequence[EventRow], rows: Sequence[OutboundRow], limit: int, since: float | None = None
) -> list[Line]:
    """The last lines, oldest first, as the contact's phone shows them: without what was deleted since.

    What was never sent was never said; an operator's words are their event's. What answers a word of the owner's or
    a tester's concerns no bot, and what was erased has no words.
    """
    heard = [(event, _inbound(event.body)) for event in events]
    standing = {(inbound.known_as, caption_of(inbound)) for _, inbound in heard if inbound.kind != "edited"}
    deletions = [inbound for _, inbound in heard if inbound.kind == "deleted" and inbound.aims_at]
    gone = {(inbound.from_me, inbound.aims_at) for inbound in deletions}
    told = [pair for pair in heard if not _is_stale(pair[1], standing, gone)]
    lines = [line for event, inbound in told if (line := _said(event, inbound)) is not None]
    others = {-event.seq for event in events if event.kind == "operator" or event.state == "ignored"}
    spoken = [row for row in rows if row.turn_no not in others and row.state not in _UNSAID]
    spoken = [row for row in spoken if (True, row.external_id) not in gone]
    lines += [line for row in spoken if (line := _spoken(row)).text]
    lines.sort(key=lambda line: line.at)
    return [line for line in lines if since is None or line.at > since][-limit:]


def _is_stale(
    inbound: Inbound, standing: set[tuple[str | None, str | None]], gone: set[tuple[bool, str | None]]
) -> bool:
    """Deleted since; or an edit that came in time, which stands in its message already."""
    if inbound.kind == "edited":
        return (inbound.aims_at, inbound.text) in standing
    return (inbound.from_me, inbound.known_as) in gone


def quoted(rows: Sequence[OutboundRow], operators: Sequence[int], events: Sequence[EventRow]) -> dict[str, Line]:
    """Messages by the provider's id. `operators`: the numbers of operators' messages among what the rows say.

    What we sent counts first: an echo of it may be there as an event too.
    """
    found: dict[str, Line] = {}
    for event in events:
        inbound = _inbound(event.body)
        if event.external_id and event.state != "dropped" and (line := _heard(event, inbound)).text:
            found[event.external_id] = line
    for row in rows:
        role: Literal["bot", "person"] = "person" if -row.turn_no in operators else "bot"
        if row.external_id and (line := _spoken(row, role)).text:
            found[row.external_id] = line
    return found


def _spoken(row: OutboundRow, role: Literal["bot", "person"] = "bot") -> Line:
    content = _content(row.content)
    turn_no = row.turn_no if row.turn_no > 0 else None
    return Line(role, words_of(content), row.created_at, str(content.__struct_config__.tag), turn_no)


def heard(kind: str, from_me: bool, body: bytes) -> tuple[str, str]:
    """Who said an event's words, and these."""
    return "person" if from_me or kind == "operator" else "contact", words_heard(_inbound(body))


def spoken(turn_no: int, content: bytes) -> tuple[str, str]:  # noqa: ARG001 - as `heard` has what tells who it was
    """The same of a message of ours."""
    return "bot", words_of(_content(content))


def _said(event: EventRow, inbound: Inbound) -> Line | None:
    if event.kind == "timer" or event.state in _UNHEARD or event.reason == ECHO_HELD:
        return None
    line = _heard(event, inbound)
    return line if line.text else None


def _heard(event: EventRow, inbound: Inbound) -> Line:
    by_person = event.from_me or event.kind == "operator"
    kind = "audio" if event.kind == "document" and inbound.heard is not None else event.kind
    return Line("person" if by_person else "contact", words_heard(inbound), event.received_at, kind)


def moments(
    events: Sequence[EventRow],
    turns: Sequence[TurnRow],
    steps: Sequence[StepRow],
    rows: Sequence[OutboundRow],
    refused: Sequence[MediaRow] = (),
    payments: Sequence[PaymentRow] = (),
) -> list[Moment]:
    """What happened, oldest first; the same row may have several moments. `refused`: files that were not taken."""
    told = [moment for event in events for moment in _of_event(event)]
    told += [moment for turn in turns for moment in _wait_before(turn, events)]
    told += [moment for turn in turns for moment in _of_turn(turn)]
    told += [moment for step in steps for moment in _of_step(step)]
    told += [moment for row in rows for moment in _of_row(row)]
    told += [_of_refused(file) for file in refused]
    told += [moment for payment in payments for moment in _of_payment(payment)]
    return sorted(told, key=lambda moment: moment.at)


def _of_event(event: EventRow) -> list[Moment]:
    inbound = _inbound(event.body)
    label = (inbound.text or _happened(event, inbound))[:_LABEL]
    told = [Moment(event.received_at, "received", event.turn_no, event.seq, label)]
    if event.state == "waiting":
        told.append(Moment(event.received_at, "waiting", None, event.seq, label))
    elif event.settled_at is not None and event.state != "answered":
        told.append(Moment(event.settled_at, event.state, event.turn_no, event.seq, label, event.reason))
    return told


def _happened(event: EventRow, inbound: Inbound) -> str:
    """What an event without words is called."""
    if event.kind == "payment" and inbound.details is not None:
        return f"payment.{inbound.details.get('news')}"
    happened = outside(inbound)
    return event.kind if happened is None else happened.type


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
    attempt = f", attempt {step.attempt}" if step.attempt > 1 else ""
    if step.done_at is None:
        return [Moment(step.began_at, "step", step.turn_no, None, step.name, f"begun{attempt}", step.began_at)]
    seconds = f"{step.done_at - step.began_at:.2f} s{attempt}"
    return [Moment(step.done_at, "step", step.turn_no, None, step.name, seconds, step.began_at)]


def _of_refused(file: MediaRow) -> Moment:
    turn = file.turn_no if file.turn_no > 0 else None
    return Moment(file.at, "media_refused", turn, None, file.reason or "", file.detail)


def _of_payment(row: PaymentRow) -> list[Moment]:
    """What was asked for, when it was paid, and how it stands since the last change."""
    label = f"{row.name}: {row.amount} {row.currency}"
    told = [Moment(row.created_at, "payment_asked", row.turn_no, None, label, row.external_id)]
    if row.paid_at is not None:
        told.append(Moment(row.paid_at, "payment_paid", row.turn_no, None, label, row.charge_id))
    if row.state not in ("opening", "open", "paid") or row.reason is not None:
        told.append(Moment(row.changed_at, f"payment_{row.state}", row.turn_no, None, label, row.reason))
    return told


def _of_row(row: OutboundRow) -> list[Moment]:
    label = words_of(_content(row.content))[:_LABEL]
    turn = row.turn_no if row.turn_no > 0 else None
    again = f"try {row.tries}" if row.tries > 1 else None
    reported = (row.sent_at, row.delivered_at, row.read_at)
    stamps = zip(("accepted", "sent", "delivered", "read"), (row.accepted_at, *reported), strict=True)
    told = [Moment(at, kind, turn, row.seq, label) for kind, at in stamps if at is not None]
    if told:
        # A send whose answer was lost is taken from the instant that its first status tells.
        unanswered = "told by its status" if row.accepted_at in (None, *reported) else None
        detail = ", ".join(filter(None, (again, unanswered))) or None
        told[0] = told[0]._replace(detail=detail, began_at=row.sending_at)
    if row.state in ("failed", "expired", "cancelled", "unknown") and row.settled_at is not None:
        began_at = row.created_at if row.sending_at is None else row.sending_at
        told.append(Moment(row.settled_at, row.state, turn, row.seq, label, row.reason, began_at))
    elif row.state == "queued" and row.hold_until is not None and row.sending_at is None and row.reason:
        told.append(Moment(row.created_at, "delayed", turn, row.seq, label, row.reason))
    elif row.settled_at is None and row.sending_at is not None:
        kind = "not_sent" if row.state == "queued" else row.state
        why = ": ".join(filter(None, (again, row.reason))) or None
        told.append(Moment(row.sending_at, kind, turn, row.seq, label, why, row.sending_at))
    return told
