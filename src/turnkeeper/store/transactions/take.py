"""Accepting: events into their mailboxes, each once; statuses onto their rows; the rest counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b

import msgspec
from msgspec.structs import replace

from turnkeeper.model.contents import Content
from turnkeeper.model.conversation import Conversation, EventRow, EventState, OutboundRow, StrayRow
from turnkeeper.model.events import Inbound
from turnkeeper.model.ids import ConversationKey, WorkerId
from turnkeeper.model.outside import outside
from turnkeeper.model.policy import Channel, Directory
from turnkeeper.rules import consent, groups, mailbox, owner_words
from turnkeeper.rules.due import sends_from
from turnkeeper.rules.groups import ABOUT_OTHERS
from turnkeeper.rules.owner_words import SHOWN, UNKNOWN, Wish
from turnkeeper.store.base import Arrival, Intake, Stray, Taken
from turnkeeper.store.rows import Rows
from turnkeeper.store.runs import Wake
from turnkeeper.store.transactions import consenting, corrections, early, owner, people, reports, silence
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
        return key_digest(event.dedup_key)
    return _content_hash(event) + int(received_at * 1000).to_bytes(6, "big", signed=False)


def key_digest(dedup_key: str) -> bytes:
    """What an event is known by whose key holds always."""
    key = dedup_key.encode("utf-8", "replace")
    return key[:_NEAR] + blake2b(key, digest_size=16).digest()


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
    desk.announcer.now = _newest(intakes)
    intakes = [_homed(intake) for intake in intakes]
    arrivals = [arrival for intake in intakes for arrival in intake.arrivals]
    updates = [report for intake in intakes for report in intake.reports]
    contacts = Contacts(rows)
    keys = await contacts.resolve(arrivals)
    named = await owner.concerned(rows, arrivals)
    targets = await reports.targets(rows, updates)
    await desk.lock({*keys, *named.values(), *(key for key in targets if key is not None), *contacts.merged})
    await contacts.join(desk)
    batch = _Batch(desk)
    fresh = await _admit_all(batch, arrivals, keys, named)
    await batch.write()
    woken = await reports.apply(desk, updates, targets)
    await desk.save()
    strays = [stray for intake in intakes for stray in intake.strays]
    seen = await rows.add_strays([_stray_row(stray) for stray in strays]) if strays else 0
    return _results(intakes, keys, fresh, batch, woken, seen)


def _newest(intakes: Sequence[Intake]) -> float:
    """When the last of them came."""
    came = [arrival.received_at for intake in intakes for arrival in intake.arrivals]
    told = [report.received_at for intake in intakes for report in intake.reports]
    return max((*came, *told), default=0.0)


def _homed(intake: Intake) -> Intake:
    """What is said in a group goes to the group's mailbox, where it is heard; what names nobody (a provider's
    complaint about the account) has no mailbox to go to."""
    nobodys = [arrival for arrival in intake.arrivals if not arrival.event.addresses]
    homed = [_housed(arrival) for arrival in intake.arrivals if arrival.event.addresses]
    return intake._replace(arrivals=homed, strays=[*intake.strays, *map(_astray, nobodys)])


def _housed(arrival: Arrival) -> Arrival:
    event = groups.housed(arrival.event, arrival.channel.groups)
    return arrival if event is arrival.event else arrival._replace(event=event)


def _astray(arrival: Arrival) -> Stray:
    channel, event, received_at = arrival
    raw = _encode(event)
    return Stray(channel.workspace_id, channel.id, "ignored", event.kind, event.dedup_key, raw, received_at)


async def _admit_all(
    batch: _Batch, arrivals: Sequence[Arrival], keys: Sequence[ConversationKey], named: Mapping[int, ConversationKey]
) -> list[bool]:
    wanted = [
        (arrival.channel.workspace_id, arrival.channel.id, dedup_digest(arrival.event, arrival.received_at))
        for arrival in arrivals
    ]
    batch.digests.update(await batch.desk.rows.known_events(wanted) if wanted else ())
    fresh: list[bool] = []
    for place, (arrival, key, known_as) in enumerate(zip(arrivals, keys, wanted, strict=True)):
        new = known_as not in batch.digests and not await _repeats(batch, arrival, key)
        fresh.append(new)
        if new:
            batch.digests.add(known_as)
            await _admit(batch, arrival, key, known_as[2], named.get(place))
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


async def _admit(
    batch: _Batch, arrival: Arrival, key: ConversationKey, digest: bytes, named: ConversationKey | None = None
) -> None:
    """Put an event into its mailbox. `named`: the other conversation that it is about."""
    channel, event, now = arrival
    desk = batch.desk
    asked = owner_words.read(event, channel.owner)
    if asked is not None and asked.number:
        await _obey_there(batch, arrival, asked.wish, named)
    conversation = _addressed(desk[key], event)
    if event.is_group and (reason := await _left_alone(batch, arrival, key)) is not None:
        admission = mailbox.leave_alone(conversation, reason)
    elif asked is not None and asked.number:
        admission = mailbox.leave_alone(conversation, SHOWN[asked.wish] if named is not None else UNKNOWN)
    elif asked is not None and await _is_meant(batch, conversation, event):
        admission = await owner.obey_here(desk, conversation, asked, channel.owner, now)
    elif conversation.early and event.known_as is not None and event.kind not in ABOUT_OTHERS:
        await batch.write()
        met = await early.meet(desk, conversation, event, channel.turns, now)
        arrival, conversation = arrival._replace(event=met.event), desk[key]
        if met.deleted:
            admission = mailbox.gone_before(conversation, event, now)
        else:
            admission = await _admission(batch, conversation, arrival)
    else:
        admission = await _admission(batch, conversation, arrival)
    await _write_admission(batch, arrival, key, digest, conversation, admission)


async def _admission(batch: _Batch, conversation: Conversation, arrival: Arrival) -> mailbox.Admission:
    channel, event, now = arrival
    if event.from_me:
        await batch.write()
        return await people.admit_echo(batch.desk, conversation, event, channel, now)
    if event.kind == "api" and (wanted := outside(event)) is not None and wanted.escalate is not None:
        batch.desk.announcer.moves(conversation.key, "outside")
        return people.admit_escalation(batch.desk, conversation, wanted.escalate, now)
    if event.kind in ("edited", "deleted"):
        await batch.write()
        return await corrections.admit_correction(batch.desk, conversation, event, channel, now)
    if event.kind == "operator" and (event.details or {}).get("takes_over") is not False:
        batch.desk.announcer.person_answers(conversation.key)
        batch.desk.announcer.moves(conversation.key, "operator", str((event.details or {}).get("by", "")))
    if event.kind == "operator":
        return people.admit_operator(conversation, event, now)
    if event.kind == "reaction":
        await batch.write()
        if await early.is_early(batch.desk, conversation, event):
            return early.waiting(mailbox.before_its_message(conversation, event, now))
    turns = groups.manners(channel.turns) if event.is_group else channel.turns
    admission = mailbox.admit(conversation, event, turns, channel.sends, now)
    if admission.wish == consent.STOPPED:
        await batch.write()
        if await silence.was_offered(batch.desk, conversation, event, now):
            return mailbox.admit(conversation, event, turns, channel.sends, now, offered=True)
    return admission


async def _left_alone(batch: _Batch, arrival: Arrival, key: ConversationKey) -> str | None:
    """Why a group's event is nobody's business; what quotes a message of ours is said to us."""
    channel, event, _ = arrival
    answers_us = False
    if channel.groups == "mention" and event.reply_to is not None and not event.mentions_us:
        quoted = (channel.workspace_id, channel.id, event.reply_to)
        sent = await batch.desk.rows.outbound_by_external([quoted])
        answers_us = any(row.conversation_id == key.id for row in sent.values())  # ids may be a chat's own
    return groups.left_alone(event, channel.groups, answers_us=answers_us)


async def _is_meant(batch: _Batch, conversation: Conversation, event: Inbound) -> bool:
    """Whether a word of the owner's was typed, not said by the bot."""
    await batch.write()
    return not (event.from_me and await people.may_be_ours(batch.desk, conversation, event))


async def _obey_there(batch: _Batch, arrival: Arrival, wish: Wish, key: ConversationKey | None) -> None:
    """The owner named another conversation, if there is one."""
    channel, event, now = arrival
    if key is None:
        return
    await batch.write()
    before = batch.desk[key]
    if wish == "nudge":
        addresses = tuple(before.addresses.split("\n"))
        nudge = Inbound(kind="api", text=channel.owner.nudge, addresses=addresses, dedup_key=f"nudge:{event.dedup_key}")
        await _admit(batch, Arrival(channel, nudge, now), key, dedup_digest(nudge, now))
        return
    await owner.obey_there(batch.desk, key, wish, now)
    if wish == "take" and before.owner is not None:
        batch.fenced[key] = before.owner
    batch.touched.append(key)


async def _write_admission(
    batch: _Batch,
    arrival: Arrival,
    key: ConversationKey,
    digest: bytes,
    conversation: Conversation,
    admission: mailbox.Admission,
) -> None:
    channel, event, now = arrival
    if admission.fenced and conversation.owner is not None:
        batch.fenced[key] = conversation.owner
    if admission.ends_follow_ups:
        batch.follow_ups.append(key)
    if _is_written(event) and admission.state is not EventState.IGNORED:
        told = {"kind": event.kind, "message": event.message_id}
        batch.desk.announcer.add(admission.conversation, "message.received", told, now, event.text)
    batch.desk.put(admission.conversation)
    if admission.cancels is not None:
        await batch.write()
        await people.cancel_open(batch.desk, key, admission.cancels, now, erases=admission.erases)
    if admission.erases:
        await batch.desk.rows.erase(key, now)
    if admission.wish is not None:
        await consenting.note(batch.desk, conversation, admission.wish, now)
    batch.events.append(_event_row(arrival, key, batch.desk[key].in_last, digest, admission))
    if admission.notice:
        for n, content in enumerate(people.said_by(event, admission.notice)):
            _say(batch, key, channel, content, (-batch.desk[key].in_last, n), now)
    batch.touched.append(key)


def _is_written(event: Inbound) -> bool:
    """Whether a contact did it."""
    return not event.from_me and event.kind not in _NOT_WRITTEN


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


def _say(
    batch: _Batch, key: ConversationKey, channel: Channel, content: Content, place: tuple[int, int], now: float
) -> None:
    """Put a message into the outbox, outside any turn. `place`: its event's number below zero, and its own there."""
    conversation = batch.desk[key]
    seq = conversation.out_last + 1
    batch.notices.append(
        OutboundRow(
            key.workspace_id,
            key.id,
            seq,
            channel.id,
            *place,
            _encode(content),
            created_at=now,
            expires_at=sends_from(conversation, now) + channel.turns.reply_expires,
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
    keys: Sequence[ConversationKey],
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
        here = slice(start, start + count)
        new = sum(fresh[here])
        start += count
        homes = [(key.id, is_new) for key, is_new in zip(keys[here], fresh[here], strict=True)]
        results.append(Taken(new, count - new, [], homes))
    if results:
        results[0].wakes.extend(wakes)
        results[0] = results[0]._replace(duplicates=results[0].duplicates + seen)
    return results
