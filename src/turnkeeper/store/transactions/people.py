"""People answer: taking over, giving back, and what is typed on the business's own phone."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from turnkeeper.model.contents import Content, Text, words_of
from turnkeeper.model.conversation import Conversation, EventRow, EventState, Mode, SessionRow
from turnkeeper.model.events import Inbound, with_caption
from turnkeeper.model.ids import ConversationKey
from turnkeeper.model.policy import Channel
from turnkeeper.rules import mailbox, modes, outbox
from turnkeeper.rules.effects import with_carried
from turnkeeper.rules.mailbox import OUTSIDE_KINDS, Admission
from turnkeeper.store.rows import EventChange
from turnkeeper.store.runs import Wake
from turnkeeper.store.story import ECHO_HELD
from turnkeeper.store.transactions import early
from turnkeeper.store.transactions.desk import Desk
from turnkeeper.store.transactions.outbox import end_turns

_content = msgspec.json.Decoder(Content).decode


async def set_mode(
    desk: Desk, key: ConversationKey, mode: Mode, until: float | None, now: float, by: str = ""
) -> Wake | None:
    """Hand a conversation over, or back; does not wait for the turn that it may have to stop."""
    desk.announcer.now = now
    desk.announcer.moves(key, "operator", by)
    await desk.lock([key])
    before = desk.get(key)
    if before is None:
        return None
    if mode is Mode.BOT:
        desk.put(await given_back(desk, before, now))
    else:
        desk.put(modes.take_over(before, mode, until))
        if mode is Mode.HUMAN:
            desk.announcer.person_answers(key)
        await cancel_open(desk, key, (EventState.PERSON, None), now)
    await desk.save()
    after = desk[key]
    return Wake(key.workspace_id, key.id, after.due_at, before.owner if mode is not Mode.BOT else None, after.epoch)


async def given_back(desk: Desk, conversation: Conversation, now: float) -> Conversation:
    """The conversation with the bot as who answers."""
    if conversation.mode == Mode.BOT:
        return conversation
    key = conversation.key
    opened = (await desk.rows.open_events([(key, conversation.done_to)])).get(key, [])
    waiting = any(event.kind in OUTSIDE_KINDS and event.state == EventState.WAITING for event in opened)
    return modes.give_back(conversation, waiting, now)


async def cancel_open(
    desk: Desk, key: ConversationKey, end: tuple[EventState, str | None], now: float, *, erases: bool = False
) -> None:
    """End what the contact had said and what was about to be sent; what came from no person waits on."""
    conversation = desk[key]
    opened = (await desk.rows.open_events([(key, conversation.done_to)])).get(key, [])
    uncommitted = await _cancel_turn(desk, conversation, now)
    ended = [event for event in opened if _is_open(event, uncommitted)]
    silent = conversation.opted_out or erases
    kept = [event for event in ended if mailbox.is_kept(event.kind, opted_out=silent)]
    changes = [EventChange(key, event.seq, end[0], end[1], event.turn_no, now) for event in ended if event not in kept]
    changes += [EventChange(key, event.seq, EventState.WAITING) for event in kept]
    await desk.rows.change_events(changes)
    if end[0] is EventState.DROPPED:  # they want no more, or cannot be reached
        await desk.rows.drop_sequences([key])
    cancelled = await desk.rows.cancel_queued(key, now)
    unsent = max(0, conversation.unsent - len(cancelled))
    if unsent:
        await _call_off(desk, key, conversation.out_done)
    desk.put(
        replace(
            conversation,
            unsent=unsent,
            send_at=conversation.send_at if unsent else None,
            turn_at=now if kept else conversation.turn_at,
        )
    )
    await end_turns(desk, {(key.workspace_id, key.id, turn_no) for turn_no in cancelled}, now)


async def _call_off(desk: Desk, key: ConversationKey, after: int) -> None:
    """What is on its way cannot be stopped, but it is not sent again. Only the first row can be."""
    first = (await desk.rows.first_open([(key, after)])).get(key)
    if first is not None and first.turn_no > 0 and first.state != "queued":
        await desk.rows.save_outbound([outbox.called_off(first)])


def _is_open(event: EventRow, uncommitted: int | None) -> bool:
    """Waiting, or in the turn that was just cancelled; a committed turn's events end with its rows."""
    if event.reason == ECHO_HELD:
        return False
    if event.state == EventState.WAITING:
        return True
    return uncommitted is not None and event.turn_no == uncommitted


async def _cancel_turn(desk: Desk, conversation: Conversation, now: float) -> int | None:
    """The number of the turn that had not been committed, now cancelled; its effects are carried over."""
    turn = (conversation.workspace_id, conversation.id, conversation.turn_no)
    record = (await desk.rows.turns([turn])).get(turn)
    if record is None or record.state != "running":
        return None
    await desk.rows.put_turns([replace(record, state="cancelled", committed_at=now)])
    await carry_effects(desk, conversation.key, conversation.turn_no, now)
    return record.no


async def carry_effects(desk: Desk, key: ConversationKey, turn_no: int, now: float) -> None:
    """What a turn that ends without a commit has done to the world goes into the session."""
    turn = (key.workspace_id, key.id, turn_no)
    effects = [step for step in (await desk.rows.steps([turn])).get(turn, []) if step.effect]
    if not effects:
        return
    session = (await desk.rows.sessions([key])).get(key) or SessionRow(key.workspace_id, key.id, saved_at=now)
    await desk.rows.put_sessions([replace(session, carried=with_carried(session.carried, effects))])


async def admit_echo(desk: Desk, conversation: Conversation, event: Inbound, channel: Channel, now: float) -> Admission:
    """A message that our own number sent: ours, or typed by the owner? Undecided while a send's fate is open."""
    counted = replace(conversation, in_last=conversation.in_last + 1)
    if event.by_program:
        return mailbox.close_watermark(conversation, Admission(counted, EventState.IGNORED, "sent through the API"))
    if await desk.rows.any_open_send(conversation.key, conversation.out_done):
        held = replace(counted, held_echoes=conversation.held_echoes + 1)
        return mailbox.close_watermark(conversation, Admission(held, EventState.WAITING, ECHO_HELD))
    if await _is_ours(desk, conversation, event.known_as):
        return mailbox.close_watermark(conversation, Admission(counted, EventState.IGNORED, "our own message, echoed"))
    await _correct(desk, conversation.key, event, now)
    desk.announcer.person_answers(conversation.key)
    admission = mailbox.close_watermark(conversation, _operators(counted, event, channel, now))
    about = event.kind in ("edited", "deleted") and await early.is_early(desk, conversation, event)
    return early.waiting(admission) if about else admission


async def may_be_ours(desk: Desk, conversation: Conversation, event: Inbound) -> bool:
    """Whether we sent it, or are sending these very words."""
    if event.by_program or await _is_ours(desk, conversation, event.known_as):
        return True
    first = (await desk.rows.first_open([(conversation.key, conversation.out_done)])).get(conversation.key)
    if first is None or first.state not in ("sending", "unknown"):
        return False
    said = words_of(_content(first.content))
    return said.strip().casefold() == (event.text or "").strip().casefold()


def _operators(conversation: Conversation, event: Inbound, channel: Channel, now: float) -> Admission:
    """The owner's own words: kept, and the bot stands back if the channel says so."""
    until = modes.stands_back_until(event, channel.sends, now)
    if until is None:
        return Admission(conversation, EventState.PERSON)
    taken = modes.stand_back(modes.lapse(conversation, now), until)
    return Admission(
        taken,
        EventState.PERSON,
        fenced=conversation.owner is not None,
        cancels=(EventState.PERSON, None),
    )


def admit_operator(conversation: Conversation, event: Inbound, now: float) -> Admission:
    """What is said outside a turn (engine.speaking): it is sent, and takes over.

    `details`: `contents` instead of a text (or `content`, one of them), as JSON; `takes_over` false leaves the
    conversation to whoever has it.
    """
    counted = replace(modes.lapse(conversation, now), in_last=conversation.in_last + 1)
    if (event.details or {}).get("takes_over") is False:
        return mailbox.close_watermark(conversation, Admission(counted, EventState.PERSON, notice=event.text or ""))
    taken = modes.take_over(counted, Mode.HUMAN, counted.mode_until)
    return mailbox.close_watermark(
        conversation,
        Admission(
            taken,
            EventState.PERSON,
            notice=event.text or "",
            fenced=conversation.owner is not None,
            cancels=(EventState.PERSON, None),
        ),
    )


def admit_escalation(desk: Desk, conversation: Conversation, reason: str, now: float) -> Admission:
    """Another system wants a person to go on; whoever has the conversation already keeps it."""
    counted = replace(modes.lapse(conversation, now), in_last=conversation.in_last + 1)
    desk.announcer.escalate(conversation, reason, conversation.turn_no, now)
    if counted.mode == Mode.HUMAN:
        return mailbox.close_watermark(conversation, Admission(counted, EventState.PERSON))
    taken = modes.take_over(counted, Mode.HUMAN, None)
    fenced = conversation.owner is not None
    admission = Admission(taken, EventState.PERSON, fenced=fenced, cancels=(EventState.PERSON, None))
    return mailbox.close_watermark(conversation, admission)


def said_by(event: Inbound, notice: str) -> tuple[Content, ...]:
    """What goes out for a notice, in order: an operator's own contents, else the words."""
    details = (event.details or {}) if event.kind == "operator" else {}
    if (several := details.get("contents")) is not None:
        return msgspec.convert(several, tuple[Content, ...])
    given = details.get("content")
    return (Text(notice),) if given is None else (msgspec.convert(given, Content),)


async def _is_ours(desk: Desk, conversation: Conversation, external_id: str | None) -> bool:
    if external_id is None:
        return False
    wanted = (conversation.workspace_id, conversation.channel_id, external_id)
    return bool(await desk.rows.outbound_by_external([wanted]))


async def settle_echoes(desk: Desk, keys: Sequence[ConversationKey], now: float) -> None:
    """Once no send's fate is open, held echoes are told apart."""
    for key in keys:
        conversation = desk[key]
        if not conversation.held_echoes or await desk.rows.any_open_send(key, conversation.out_done):
            continue
        opened = (await desk.rows.open_events([(key, conversation.done_to)])).get(key, [])
        desk.put(replace(conversation, held_echoes=0))
        for event in opened:
            if event.reason == ECHO_HELD:
                await _settle_echo(desk, key, event, now)


async def _settle_echo(desk: Desk, key: ConversationKey, event: EventRow, now: float) -> None:
    conversation = desk[key]
    if await _is_ours(desk, conversation, event.external_id):
        change = EventChange(key, event.seq, EventState.IGNORED, "our own message, echoed", None, now)
        await desk.rows.change_events([change])
        return
    await desk.rows.change_events([EventChange(key, event.seq, EventState.PERSON, None, None, now)])
    inbound = msgspec.json.decode(event.body, type=Inbound)
    await _correct(desk, key, inbound, now)
    desk.announcer.person_answers(key)
    channel = desk.channel(conversation)
    until = modes.stands_back_until(inbound, channel.sends, event.received_at) if channel is not None else None
    if until is not None and until > now:
        desk.put(modes.stand_back(modes.lapse(conversation, now), until))
        await cancel_open(desk, key, (EventState.PERSON, None), now)


async def _correct(desk: Desk, key: ConversationKey, event: Inbound, now: float) -> None:
    """The owner edits or deletes earlier words of the owner's: the history follows, and nothing else happens."""
    if event.kind not in ("edited", "deleted") or event.aims_at is None:
        return
    target = await desk.rows.event_by_external(key, event.aims_at)
    if target is None or not target.from_me or target.state != EventState.PERSON:
        return
    if event.kind == "edited":
        await desk.rows.rewrite_events([(key, target.seq, rewritten(target.body, event))])
    else:
        change = EventChange(key, target.seq, EventState.DROPPED, "deleted", target.turn_no, now)
        await desk.rows.change_events([change])


def rewritten(body: bytes, event: Inbound) -> bytes:
    """An event's body after an edit; one to something that we cannot read takes nothing away."""
    if event.text is None and event.media is None:
        return body
    before = msgspec.json.decode(body, type=Inbound)
    typed = None if before.kind == "text" else before.choice
    return msgspec.json.encode(replace(with_caption(before, event.text), choice=typed))
