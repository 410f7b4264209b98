"""Accepting: events into their mailboxes, each once; statuses onto their rows; the rest counted."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import msgspec
from msgspec.structs import replace

from turnkeeper.model.conversation import Conversation, EventRow, EventState, OutboundRow, StrayRow
from turnkeeper.model.events import Inbound
from turnkeeper.model.ids import ConversationKey, WorkerId
from turnkeeper.model.outbound import Content
from turnkeeper.model.policy import Channel, Directory
from turnkeeper.rules import mailbox
from turnkeeper.store.base import Arrival, Intake, Stray, Taken, Wake
from turnkeeper.store.rows import Rows
from turnkeeper.store.transactions import corrections, people, reports
from turnkeeper.store.transactions.contacts import Contacts
from turnkeeper.store.transactions.desk import Desk

_encode = msgspec.json.Encoder().encode
_NOT_WRITTEN = mailbox.OUTSIDE_KINDS | {"operator", "system"}
"""Events that name a person who has not written."""
_HASH = 10
_NEAR = 28
"""Bytes of a key that stand before its digest. Message ids begin with the person or with the time, so that the
index is changed where it was changed lately; digests alone would touch a page of it for each message."""


def dedup_digest(event: Inbound, received_at: float) -> bytes:
    """What an event is known by. Without a message id, its first time belongs to it: tomorrow's "ok" is new."""
    if not event.dedup_window:
        key = event.dedup_key.encode("utf-8", "replace")
        return key[:_NEAR] + blake2b(key, digest_size=16).digest()
    return _content_hash(event) + int(received_at * 1000).to_bytes(6, "big", signed=False)


def _content_hash(event: Inbound) -> bytes:
    return blake2b(event.dedup_key.encode("utf-8", "replace"), digest_size=_HASH).digest()


class _Batch:
    """What the batch's events add, gathered so that each table is written once."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.events: list[EventRow] = []
        self.notices: list[OutboundRow] = []
        self.follow_ups: list[ConversationKey] = []
        self.digests: set[tuple[str, str, bytes]] = set()
        self.fenced: dict[ConversationKey, WorkerId] = {}
        self.touched: list[ConversationKey] = []

    async def write(self) -> None:
        """Write what was gathered so far; later reads of this transaction see it."""
        rows = self.desk.rows
        if self.events:
            await rows.add_events(self.events)
            self.events = []
        if self.notices:
            await rows.add_outbound(self.notices)
            self.notices = []
        if self.follow_ups:
            await rows.drop_follow_ups(self.follow_ups)
            self.follow_ups = []


async def take(rows: Rows, directory: Directory, intakes: Sequence[Intake]) -> list[Taken]:
    """Accept webhooks, each whole; one result an intake."""
    desk = Desk(rows, directory)
    intakes = [_homed(intake) for intake in intakes]
    arrivals = [arrival for intake in intakes for arrival in intake.arrivals]
    updates = [report for intake in intakes for report in intake.reports]
    contacts = Contacts(rows)
    keys = await contacts.resolve(arrivals)
    targets = await reports.targets(rows, updates)
    await desk.lock({*keys, *(key for key in targets if key is not None), *contacts.merged})
    await contacts.join(desk)
    batch = _Batch(desk)
    fresh = await _admit_all(batch, arrivals, keys)
    await batch.write()
    woken = await reports.apply(desk, updates, targets)
    await desk.save()
    strays = [stray for intake in intakes for stray in intake.strays]
    seen = await rows.add_strays([_stray_row(stray) for stray in strays]) if strays else 0
    return _results(intakes, fresh, batch, woken, seen)


def _homed(intake: Intake) -> Intake:
    """What names nobody (a provider's complaint about the account) has no mailbox to go to."""
    nobodys = [arrival for arrival in intake.arrivals if not arrival.event.addresses]
    if not nobodys:
        return intake
    homed = [arrival for arrival in intake.arrivals if arrival.event.addresses]
    return Intake(homed, intake.reports, [*intake.strays, *map(_astray, nobodys)])


def _astray(arrival: Arrival) -> Stray:
    channel, event, received_at = arrival
    raw = _encode(event)
    return Stray(channel.workspace_id, channel.id, "ignored", event.kind, event.dedup_key, raw, received_at)


async def _admit_all(batch: _Batch, arrivals: Sequence[Arrival], keys: Sequence[ConversationKey]) -> list[bool]:
    wanted = [
        (arrival.channel.workspace_id, arrival.channel.id, dedup_digest(arrival.event, arrival.received_at))
        for arrival in arrivals
    ]
    batch.digests.update(await batch.desk.rows.known_events(wanted) if wanted else ())
    fresh: list[bool] = []
    for arrival, key, known_as in zip(arrivals, keys, wanted, strict=True):
        new = known_as not in batch.digests and not await _repeats(batch, arrival, key)
        fresh.append(new)
        if new:
            batch.digests.add(known_as)
            await _admit(batch, arrival, key, known_as[2])
        else:
            conversation = batch.desk[key]
            batch.desk.put(replace(conversation, duplicates=conversation.duplicates + 1))
    return fresh


async def _repeats(batch: _Batch, arrival: Arrival, key: ConversationKey) -> bool:
    """For providers without ids: the same content within the window, compared under the conversation's lock."""
    reach = arrival.event.dedup_window
    if not reach:
        return False
    await batch.write()
    content = _content_hash(arrival.event)
    for digest in await batch.desk.rows.recent_dedups(key, arrival.received_at - 2 * reach):
        if digest[:_HASH] == content and len(digest) == _HASH + 6:
            first_at = int.from_bytes(digest[_HASH:], "big") / 1000
            if abs(arrival.received_at - first_at) < reach:
                return True
    return False


async def _admit(batch: _Batch, arrival: Arrival, key: ConversationKey, digest: bytes) -> None:
    channel, event, now = arrival
    conversation = _addressed(batch.desk[key], event)
    if event.from_me:
        await batch.write()
        admission = await people.admit_echo(batch.desk, conversation, event, channel, now)
    elif event.kind in ("edited", "deleted"):
        await batch.write()
        admission = await corrections.admit_correction(batch.desk, conversation, event, channel, now)
    elif event.kind == "operator":
        admission = people.admit_operator(conversation, event, now)
    else:
        admission = mailbox.admit(conversation, event, channel.turns, channel.sends, now)
    if admission.fenced and conversation.owner is not None:
        batch.fenced[key] = conversation.owner
    if admission.ends_follow_ups:
        batch.follow_ups.append(key)
    batch.desk.put(admission.conversation)
    if admission.cancels is not None:
        await batch.write()
        await people.cancel_open(batch.desk, key, admission.cancels, now)
    batch.events.append(_event_row(arrival, key, batch.desk[key].in_last, digest, admission))
    if admission.notice:
        content = people.said_by(event, admission.notice)
        _say(batch, key, channel, content, -batch.desk[key].in_last, now)
    batch.touched.append(key)


def _addressed(conversation: Conversation, event: Inbound) -> Conversation:
    """Answers go to the addresses that the person last wrote from."""
    addresses = "\n".join(event.addresses)
    if not addresses or event.from_me or event.kind in _NOT_WRITTEN or addresses == conversation.addresses:
        return conversation
    return replace(conversation, addresses=addresses)


def _event_row(
    arrival: Arrival, key: ConversationKey, seq: int, digest: bytes, admission: mailbox.Admission
) -> EventRow:
    event = arrival.event
    final = admission.state not in (EventState.WAITING, EventState.RUNNING)
    return EventRow(
        key.workspace_id,
        key.id,
        seq,
        arrival.channel.id,
        digest,
        event.known_as,
        event.kind,
        event.from_me,
        _encode(event),
        arrival.received_at,
        str(admission.state),
        admission.reason,
        None,
        arrival.received_at if final else None,
    )


def _say(batch: _Batch, key: ConversationKey, channel: Channel, content: Content, turn_no: int, now: float) -> None:
    """Put a message into the outbox, outside any turn."""
    conversation = batch.desk[key]
    seq = conversation.out_last + 1
    batch.notices.append(
        OutboundRow(
            key.workspace_id,
            key.id,
            seq,
            channel.id,
            turn_no,
            0,
            _encode(content),
            created_at=now,
            expires_at=mailbox.sends_from(conversation, now) + channel.turns.reply_expires,
        )
    )
    send_at = conversation.send_at if conversation.unsent else now
    batch.desk.put(replace(conversation, out_last=seq, unsent=conversation.unsent + 1, send_at=send_at))


def _stray_row(stray: Stray) -> StrayRow:
    digest = blake2b(stray.dedup_key.encode("utf-8", "replace"), digest_size=16).digest()
    return StrayRow(
        stray.workspace_id, stray.channel_id, digest, stray.state, stray.reason, stray.raw, stray.received_at
    )


def _results(
    intakes: Sequence[Intake],
    fresh: Sequence[bool],
    batch: _Batch,
    woken: set[ConversationKey],
    seen: int,
) -> list[Taken]:
    """Wakes are the batch's; they go out once, with its first intake."""
    wakes = [
        Wake(key.workspace_id, key.id, batch.desk[key].due_at, batch.fenced.get(key), batch.desk[key].epoch)
        for key in {**dict.fromkeys(batch.touched), **dict.fromkeys(sorted(woken))}
    ]
    results: list[Taken] = []
    start = 0
    for intake in intakes:
        count = len(intake.arrivals)
        new = sum(fresh[start : start + count])
        start += count
        results.append(Taken(new, count - new, []))
    if results:
        results[0].wakes.extend(wakes)
        results[0] = results[0]._replace(duplicates=results[0].duplicates + seen)
    return results
