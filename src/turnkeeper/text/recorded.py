"""A conversation that was had, as a script: what the person did, what models, addresses and tools gave, what was said.

Turns that began in the middle of a flow need those before them, back to one that `begins`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from turnkeeper.model.contents import Content
from turnkeeper.model.conversation import EventRow, StepRow
from turnkeeper.model.events import Inbound, caption_of
from turnkeeper.model.outside import outside
from turnkeeper.model.traces import TracedTurn
from turnkeeper.text.said import hears
from turnkeeper.text.scripts import (
    FILES,
    Cue,
    Deed,
    Gives,
    Happens,
    Line,
    Note,
    Passes,
    Pays,
    Sends,
    SendsCard,
    SendsFile,
    SendsPlace,
    Taps,
    Thinks,
    Writes,
)

_PAUSE: Final = 60.0
"""Seconds of silence that are told."""
_UNSAID: Final = ("cancelled", "expired", "failed")
_FLOW: Final = "flow"
"""Where a session's state keeps where the person is in their flow."""
_inbound = msgspec.json.Decoder(Inbound).decode
_content = msgspec.json.Decoder(Content).decode


def begins(turn: TracedTurn) -> bool:
    """Whether nobody was in the middle of anything when the turn began."""
    if turn.before is None:
        return True
    try:
        state = msgspec.json.decode(turn.before.state)
    except msgspec.DecodeError:
        return True
    flow = state.get(_FLOW) if isinstance(state, dict) else None
    return isinstance(flow, dict) and not flow.get("at")


def recorded(turns: Sequence[TracedTurn]) -> tuple[Line, ...]:
    """The lines of these turns, the oldest first."""
    lines: list[Line] = []
    last: float | None = None
    for turn in turns:
        events = turn.whole.events
        came = events[0].received_at if events else turn.whole.turn.started_at
        by_itself = bool(events) and all(event.kind == "timer" for event in events)
        if last is not None:
            lines.append(Note())
            if came - last >= _PAUSE or by_itself:
                lines.append(Passes(float(math.ceil(came - last) + 1)))
        lines += _cues(turn)
        lines += _deeds(events)
        lines += [hears(_content(row.content)) for row in turn.whole.rows if row.state not in _UNSAID]
        last = max([came, *(event.received_at for event in events)])
    return tuple(lines)


def _deeds(events: Sequence[EventRow]) -> Iterator[Line]:
    """What is sent in one turn is sent at once."""
    before = False
    for event in events:
        deed = _deed(_inbound(event.body), at_once=before)
        if deed is None:
            if event.kind != "timer":
                yield Note(f"{event.kind}: nothing that a script can do")
            continue
        yield deed
        before = isinstance(deed, Sends)


def _deed(event: Inbound, *, at_once: bool) -> Deed | None:
    happened = outside(event)
    if happened is not None:
        return Happens(happened.type, happened.data)
    if event.kind == "payment":
        news = (event.details or {}).get("news")
        return Pays(news) if news in ("paid", "failed", "expired") else None
    if event.choice is not None:
        return Taps(event.choice.title or event.choice.id)
    if event.location is not None:
        return SendsPlace(event.location.latitude, event.location.longitude, event.location.name or "", at_once)
    if event.cards:
        phone = next((each.number for each in event.cards[0].phones), "")
        return SendsCard(phone.replace(" ", "") or "+1", event.cards[0].name, at_once)
    if event.heard:
        return Writes(event.heard, at_once)
    if event.kind in FILES:
        return SendsFile(FILES[event.kind], "", caption_of(event) or "", at_once)
    if event.kind == "text" and event.text:
        ad = event.ad.source_id if event.ad is not None and event.ad.source_id else ""
        return Writes(event.text, at_once, ad)
    return None


def _cues(turn: TracedTurn) -> Iterator[Cue]:
    """What the last attempt was given, in the order in which it asked."""
    newest = turn.whole.turn.attempt
    for row in turn.whole.steps:
        if row.attempt in (0, newest) and row.result is not None:
            cue = _cue(row, row.result)
            if cue is not None:
                yield cue


def _cue(row: StepRow, result: bytes) -> Cue | None:
    try:
        found: Any = msgspec.json.decode(result)
    except msgspec.DecodeError:
        return None
    if not isinstance(found, dict):
        return None
    if row.name == "model":
        return _thought(found)
    if row.name.startswith("flow ") and row.name.endswith(" http"):
        status = int(found.get("status", 0))
        if found.get("failed") or status >= 400:
            return Gives(str(status) if 400 <= status <= 599 else "", fails=True)
        return Gives(_text(found.get("data")))
    if row.name.startswith("flow ") and row.name.endswith(" tool"):
        return Gives(str(found.get("content", "")), fails=bool(found.get("failed")))
    return None


def _thought(call: dict[str, Any]) -> Thinks | None:
    """The answer that a question ended with; what came between is the model's own affair."""
    answer, failure = call.get("answer"), call.get("failure")
    if failure is not None:
        return Thinks("no model answered", fails=True) if failure.get("kind") == "nobody" else None
    if not isinstance(answer, dict) or (answer.get("calls") and call.get("tools")):
        return None
    return Thinks(str(answer.get("text", "")))


def _text(data: Any) -> str:
    return data if isinstance(data, str) else msgspec.json.encode(data).decode()
