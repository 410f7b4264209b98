"""What becomes of a conversation's row in the inbox when something has happened in it.

Events and rows are gone through once, as they come; those that were not settled are looked at again until they are.
So the row, the words that can be searched and the figures follow from what was there before and what is new.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import Final

import msgspec
from msgspec.structs import replace

from turnkeeper.model.contents import Content, words_of
from turnkeeper.model.conversation import EventRow, EventState, OutboundRow
from turnkeeper.model.events import READABLE_KINDS, Inbound, words_heard
from turnkeeper.model.feeding import READ_AT_ONCE, Counted, Fed, Material, Text
from turnkeeper.model.ids import BotId
from turnkeeper.model.inbox import PREVIEW, InboxRow, Source
from turnkeeper.model.policy import Channel
from turnkeeper.rules import modes, window
from turnkeeper.rules.figures import bucket_of, hour_of

MESSAGES: Final = READABLE_KINDS | {"button_reply", "list_reply", "flow_reply", "unsupported", "operator"}
"""Kinds of events that are shown as a message."""
_TAKEN: Final = frozenset({"accepted", "sent", "delivered", "read", "played"})
_ARRIVED: Final = frozenset({"delivered", "read", "played"})
_UNSAID: Final = frozenset({"cancelled", "expired"})
_OPEN: Final = (EventState.WAITING, EventState.RUNNING)
_UNASKED: Final = (EventState.NO_REPLY, EventState.IGNORED, EventState.DROPPED, EventState.UNREADABLE)
_HELD: Final = "echo_held"
_TURN: Final = "turn"
_MOST_ASKED: Final = 50
_MOST_SENT: Final = 30
_MOST_OPEN: Final = 200
_MOST_TAGS: Final = 20
_LONGEST_TAG: Final = 100
_LONGEST_FAILURE: Final = 300
_JUST_NOW: Final = 300.0
"""Seconds: what came so lately is new, also where the conversation is older than the inbox."""
_inbound = msgspec.json.Decoder(Inbound).decode
_content = msgspec.json.Decoder(Content).decode


def fed(material: Material, channel: Channel | None, now: float) -> Fed:
    """The conversation as it is now. `channel`: None where it is not configured any more."""
    reading = _Reading(material, channel, now)
    for event in material.events:
        reading.event(event)
    for row in material.rows:
        reading.outbound(row)
    reading.spend()
    return reading.done()


class _Reading:
    """One conversation, as its events and rows are gone through."""

    def __init__(self, material: Material, channel: Channel | None, now: float) -> None:
        self._material = material
        self._channel = channel
        self._now = now
        self._progress = material.progress
        conversation = modes.lapse(material.conversation, now)
        before = material.before
        bot_id = channel.bot_id if channel is not None else before.bot_id if before is not None else BotId("")
        self._row = before or InboxRow(
            conversation.workspace_id, conversation.id, 0, conversation.channel_id, bot_id, conversation.contact_id
        )
        self._row = replace(
            self._row,
            bot_id=bot_id,
            contact_id=conversation.contact_id,
            mode=str(conversation.mode),
            mode_until=conversation.mode_until,
            stage=material.stage,
            opted_out=conversation.opted_out,
            address=shown_address(conversation.addresses),
        )
        self._shows = channel is None or not channel.turns.erases
        self._open: set[int] = set(self._progress.open)
        self._held: set[int] = set(self._progress.held)
        self._unsettled: set[int] = set(self._progress.unsettled)
        self._sent: set[int] = set(self._progress.sent)
        self._asked = dict(self._progress.asked)
        self._last = self._progress.last
        self._last_out = self._progress.last_out
        self._turns_to = self._progress.turns_to
        self._good_at = self._progress.good_at
        self._failed = (self._progress.failed_at or 0.0, self._progress.failure)
        self._called = "" if material.anew else self._progress.called
        self._seen = 0
        self._texts: list[Text] = []
        self._dropped: list[tuple[Source, int]] = []
        self._figures: Counter[Counted] = Counter()
        if material.anew:
            self._row = replace(self._row, preview="")

    # events

    def event(self, event: EventRow) -> None:
        """One event that is new, was open, was rewritten, or is looked at anew."""
        inbound = _inbound(event.body)
        fresh = event.seq > self._progress.events_to
        was_open = event.seq in self._open
        held = event.state == EventState.WAITING and event.reason == _HELD
        joins = not held and (fresh or event.seq in self._held)
        (self._held.add if held else self._held.discard)(event.seq)
        (self._open.add if event.state in _OPEN and (fresh or was_open) else self._open.discard)(event.seq)
        if joins and event.state != EventState.IGNORED:
            self._joins(event, inbound)
        elif event.seq in self._material.rewritten or self._material.anew:
            self._retell(event, inbound)
        if (fresh or was_open) and event.state not in _OPEN:
            self._settled(event, inbound)

    def _joins(self, event: EventRow, inbound: Inbound) -> None:
        """It is part of the conversation from now on."""
        if inbound.kind in ("edited", "deleted") and (aim := self._material.aims.get(inbound.aims_at or "")):
            self._dropped.append(aim)
        if inbound.kind not in MESSAGES:
            if inbound.kind == "edited":
                self._index(event, inbound)
            return
        self._index(event, inbound)
        role = "person" if event.from_me or event.kind == "operator" else "contact"
        if role == "person":
            self._answered(event.seq - 1, event.received_at)
        else:
            self._called = inbound.sender_name or self._called
            self._count("in", event.received_at)
            late = self._material.late and event.received_at < self._now - _JUST_NOW
            self._seen += late
            self._row = replace(self._row, contact_count=self._row.contact_count + 1)
            if event.state not in (*_UNASKED, EventState.ANSWERED):
                self._asked[event.seq] = event.received_at
        if event.received_at >= self._row.last_at:
            self._say(role, event.kind, words_heard(inbound), event.received_at)
            self._last, self._last_out = ("in", event.seq), 0

    def _retell(self, event: EventRow, inbound: Inbound) -> None:
        """Its words may be others now, or erased."""
        self._dropped.append(("in", event.seq))
        if inbound.kind in MESSAGES and event.state != EventState.IGNORED:
            self._index(event, inbound)
        if self._last == ("in", event.seq):
            self._row = replace(self._row, preview=self._preview(words_heard(inbound)))

    def _index(self, event: EventRow, inbound: Inbound) -> None:
        is_deleted = event.state == EventState.DROPPED and event.reason == "deleted"
        if self._shows and not is_deleted and (text := words_heard(inbound)):
            self._texts.append(Text("in", event.seq, event.received_at, text))

    def _settled(self, event: EventRow, inbound: Inbound) -> None:
        at = event.settled_at or event.received_at
        turn = event.turn_no
        if turn is not None and turn > self._turns_to and event.state != EventState.DROPPED:
            self._turns_to = turn
            self._turn(turn, event.state, at)
        if event.state == EventState.DROPPED and event.reason == "deleted":
            self._dropped.append(("in", event.seq))
        if inbound.kind in MESSAGES and not event.from_me and event.kind != "operator":
            if event.state == EventState.DROPPED:
                self._count(f"drop.{event.reason or 'other'}", at)
            elif event.state != EventState.IGNORED:
                self._count(f"message.{event.state}", at)
            if event.state == EventState.ANSWERED:
                self._answered(event.seq, at)
            elif event.state in _UNASKED:
                self._asked.pop(event.seq, None)
        if event.state == EventState.FAILED:
            self._fails(at, event.reason or _TURN)

    def _answered(self, seq: int, at: float) -> None:
        """Whatever the contact wrote up to there has been answered."""
        self._asked = {each: came for each, came in self._asked.items() if each > seq}
        self._good_at = max(self._good_at, at)

    def _fails(self, at: float, why: str) -> None:
        """The last failure counts; of one instant the one that says more."""
        self._failed = max(self._failed, (at, why[:_LONGEST_FAILURE]), key=_told_of_failure)

    # turns

    def _turn(self, no: int, state: str, at: float) -> None:
        self._count(f"turn.{state}", at, no)
        turn, times = self._material.turns.get(no), self._material.times.get(no)
        first = min(
            (e.received_at for e in self._material.events if e.turn_no == no and e.kind in MESSAGES and not e.from_me),
            default=None,
        )
        if state != EventState.ANSWERED or turn is None or times is None or first is None or not times.accepted_at:
            return
        spans = {
            "total": times.accepted_at - first,
            "waiting": turn.started_at - first,
            "bot": (times.said_at or times.accepted_at) - turn.started_at,
            "model": times.model,
            "sending": times.accepted_at - (times.said_at or times.accepted_at),
        }
        for name, seconds in spans.items():
            self._count(f"time.{name}.{bucket_of(seconds)}", at, no)

    # rows

    def outbound(self, row: OutboundRow) -> None:
        """One row of the outbox that is new, was not settled, or of which more was to be heard."""
        fresh = row.seq > self._progress.rows_to
        was_unsettled = row.seq in self._unsettled
        settled = row.settled_at is not None or row.state in _TAKEN or row.state == "failed"
        notice = self._material.notices.get(-row.turn_no) if row.turn_no < 0 else None
        if notice is None and (fresh or self._material.anew):
            self._speaks(row)
        elif fresh and self._last == ("in", -row.turn_no):
            self._last_out = row.seq
        if row.seq == self._last_out:
            self._row = replace(self._row, last_state=row.state)
        if (fresh or was_unsettled) and settled:
            self._sent_or_not(row, by_person=notice is not None)
        elif row.state == "failed" and row.seq in self._sent:
            self._count(f"send_failed.{row.code or 'unknown'}", row.settled_at or self._now)
            self._fails(row.settled_at or row.created_at, row.reason or row.code or "send")
        (self._unsettled.add if not settled else self._unsettled.discard)(row.seq)
        awaited = row.state in _TAKEN - _ARRIVED and (fresh or was_unsettled or row.seq in self._sent)
        (self._sent.add if awaited else self._sent.discard)(row.seq)

    def _speaks(self, row: OutboundRow) -> None:
        """The bot says it, or a notice of ours."""
        content = _content(row.content)
        words = words_of(content)
        if row.state in _UNSAID:
            return
        if words and self._shows:
            self._texts.append(Text("out", row.seq, row.created_at, words))
        if self._last == ("out", row.seq):
            self._row = replace(self._row, preview=self._preview(words))
        elif row.seq > self._progress.rows_to and row.created_at >= self._row.last_at:
            self._say("bot", str(content.__struct_config__.tag), words, row.created_at)
            self._last, self._last_out = ("out", row.seq), row.seq

    def _sent_or_not(self, row: OutboundRow, *, by_person: bool) -> None:
        at = row.settled_at or row.accepted_at or row.created_at
        if row.state in _TAKEN:
            self._count("out", row.accepted_at or at)
            if by_person:
                self._count("out.person", row.accepted_at or at)
        elif row.state == "cancelled":
            self._dropped.append(("out", row.seq))
        else:
            why = "expired" if row.state == "expired" else row.code or "unknown"
            self._count(f"send_failed.{why}", at)
            self._fails(at, row.reason or row.code or row.state)

    # all of it

    def spend(self) -> None:
        """What models took since the last time."""
        day, tokens, micros = self._progress.day, self._progress.tokens, self._progress.micros
        for each in sorted(self._material.spending):
            if each.day < day:
                continue
            known = (tokens, micros) if each.day == day else (0, 0)
            for name, value in (("tokens", each.tokens - known[0]), ("micros", each.micros - known[1])):
                if value > 0:
                    self._count(name, self._now, value=value)
            day, tokens, micros = each
        self._progress = replace(self._progress, day=day, tokens=tokens, micros=micros)

    def _count(self, name: str, at: float, turn_no: int | None = None, value: int = 1) -> None:
        turn = self._material.turns.get(turn_no or 0)
        bot = turn.bot_id if turn is not None else self._row.bot_id
        self._figures[Counted(hour_of(at), self._row.channel_id, bot, name)] += value

    def _say(self, role: str, kind: str, words: str, at: float) -> None:
        self._row = replace(
            self._row, last_at=at, last_role=role, last_kind=kind, last_state="", preview=self._preview(words)
        )

    def _preview(self, words: str) -> str:
        return " ".join(words.split())[:PREVIEW] if self._shows else ""

    def done(self) -> Fed:
        """What has become of it."""
        material, row, conversation = self._material, self._row, self._material.conversation
        name = material.name or self._called or None
        named = f"{name or ''}\x1f{conversation.addresses}"
        names = list(self._texts)
        dropped = self._dropped
        if named != self._progress.named or material.anew:
            dropped = [*dropped, ("name", 0)]
            names.append(Text("name", 0, 0.0, named))
        events_to = max((e.seq for e in material.events), default=0)
        rows_to = max((r.seq for r in material.rows), default=0)
        asked = sorted(self._asked.items())
        progress = replace(
            self._progress,
            events_to=max(self._progress.events_to, events_to),
            rows_to=max(self._progress.rows_to, rows_to),
            turns_to=self._turns_to,
            open=tuple(sorted(self._open)[-_MOST_OPEN:]),
            held=tuple(sorted(self._held)[-_MOST_OPEN:]),
            unsettled=tuple(sorted(self._unsettled)[-_MOST_OPEN:]),
            sent=tuple(sorted(self._sent)[-_MOST_SENT:]),
            asked=tuple(asked[:1] + asked[1:][-_MOST_ASKED:]),
            last=self._last,
            last_out=self._last_out,
            failed_at=self._failed[0] or None,
            failure=self._failed[1],
            good_at=self._good_at,
            called=self._called,
            named=named,
        )
        failed = self._failed[0] > 0 and self._failed[0] >= self._good_at
        escalation = material.escalation if material.escalation is not None and self._is_wanted() else None
        row = replace(
            row,
            name=name,
            waiting_since=asked[0][1] if asked else None,
            escalated_at=escalation.opened_at if escalation else None,
            escalation=escalation.reason if escalation else None,
            window_closes_at=self._closes_at(),
            failed_at=self._failed[0] if failed else None,
            failure=self._failed[1] if failed else None,
            tags=tags_of(material.tags.get(row.bot_id)),
        )
        behind = progress.events_to < conversation.in_last and len(material.events) >= READ_AT_ONCE
        behind |= progress.rows_to < conversation.out_last and len(material.rows) >= READ_AT_ONCE
        return Fed(
            row,
            progress,
            material.revision,
            self._seen,
            names,
            dropped,
            material.anew,
            self._figures,
            behind,
        )

    def _is_wanted(self) -> bool:
        escalation = self._material.escalation
        return escalation is not None and escalation.state == "open"

    def _closes_at(self) -> float | None:
        if self._channel is None:
            return None
        at = window.open_until(self._material.conversation, self._channel.sends)
        return None if at == math.inf else max(at, 0.0)


def _told_of_failure(failure: tuple[float, str]) -> tuple[float, bool, str]:
    at, why = failure
    return at, why != _TURN, why


def aim_of(event: EventRow) -> str | None:
    """The provider's id of the message that an event edits or deletes."""
    return _inbound(event.body).aims_at


def shown_address(addresses: str) -> str:
    """How the list names somebody: a number with its plus sign, else the first address without its kind."""
    every = [each for each in addresses.split("\n") if each]
    phone = next((each for each in every if each.startswith("phone:")), None)
    if phone is not None:
        return "+" + phone.removeprefix("phone:")
    return every[0].partition(":")[2] or every[0] if every else ""


def tags_of(value: bytes | None) -> tuple[str, ...]:
    """The tags that a bot keeps of somebody, each once; nothing where it keeps something else by that name."""
    try:
        found = msgspec.json.decode(value) if value else []
    except msgspec.DecodeError:
        return ()
    tags = [each[:_LONGEST_TAG] for each in found if isinstance(each, str)] if isinstance(found, list) else []
    return tuple(dict.fromkeys(tags))[:_MOST_TAGS]
