"""What a conversation does with an event that arrives, and when it is due: the queue's own rules.

Everything that happens to a conversation passes `admit`. It never looks at rows: what it needs of them
(open sends, the target of an edit) is told to it by the accept's script.
"""

from __future__ import annotations

from typing import NamedTuple

from msgspec.structs import replace

from turnkeeper.model.conversation import Conversation, EventState, Mode, TurnState
from turnkeeper.model.events import Inbound, happened_at
from turnkeeper.model.policy import Habit, SendPolicy, TurnPolicy
from turnkeeper.rules import albums, consent, opt_out, overlap, rate_limit, staleness, turn_start, window
from turnkeeper.rules.consent import Wish
from turnkeeper.rules.due import settle_due
from turnkeeper.rules.modes import clear_desk, lapse

SILENT_KINDS = frozenset({"reaction", "system", "call", "call_permission", "poll_vote", "session_status", "error"})
"""Kinds that are kept and shown but start no turn."""

_SAID = frozenset({"text", "button_reply", "list_reply"})
"""Kinds in which somebody may ask for silence: for themselves, so not in a group."""

OUTSIDE_KINDS = frozenset({"timer", "payment", "api"})
"""Events that come from no person: due at once, and they wait for the bot while a person answers."""


class Admission(NamedTuple):
    """Where an event ends up, and what it did to the conversation.

    `notice`: a sentence to say once, outside any turn. `fenced`: a run that was under way lost its hold.
    `ends_follow_ups`: the contact wrote first. `cancels`: open events and unsent rows end with this state
    (and reason). `erases`: nothing that was said is kept. `wish`: what the contact wants to be sent from now on.
    """

    conversation: Conversation
    state: EventState
    reason: str | None = None
    notice: str | None = None
    fenced: bool = False
    ends_follow_ups: bool = False
    cancels: tuple[EventState, str | None] | None = None
    erases: bool = False
    wish: Wish | None = None


def admit(
    conversation: Conversation,
    event: Inbound,
    turns: TurnPolicy,
    sends: SendPolicy,
    received_at: float,
    *,
    offered: bool = False,
) -> Admission:
    """Decide where a newly inserted event goes. The event's sequence number is `in_last + 1`.

    `offered`: it is an answer that the bot offered, so a STOP is none.
    """
    counted = replace(lapse(conversation, received_at), in_last=conversation.in_last + 1)
    if event.kind in OUTSIDE_KINDS:
        admission = _outside(counted, event.kind, received_at)
    elif event.kind == "system" and _is_gone(event):
        admission = _gone(counted, conversation.follow_ups)
    elif event.kind == "system" and (wish := consent.told(event)) is not None:
        admission = Admission(counted, EventState.NO_REPLY, wish=wish)  # told elsewhere: it opens no window
    elif event.kind == "typing":
        admission = Admission(typing(counted, turns, received_at), EventState.IGNORED, "typing")
    elif event.kind == "reaction" and turns.reactions:
        admission = react(counted, event, turns, received_at)
    elif event.kind in SILENT_KINDS:
        admission = Admission(_heard(counted, event, received_at), EventState.NO_REPLY)
    else:
        # Whatever becomes of it, the contact has written: nobody needs to ask whether they are there.
        admission = _contact_message(replace(counted, follow_ups=False), event, turns, sends, received_at, offered)
        admission = admission._replace(ends_follow_ups=conversation.follow_ups)
    return close_watermark(conversation, admission)


def leave_alone(conversation: Conversation, reason: str, state: EventState = EventState.IGNORED) -> Admission:
    """Count an event that concerns neither bot nor people, or no longer does."""
    counted = replace(conversation, in_last=conversation.in_last + 1)
    return close_watermark(conversation, Admission(counted, state, reason))


def gone_before(conversation: Conversation, event: Inbound, now: float) -> Admission:
    """A message whose deletion was here first."""
    counted = replace(lapse(conversation, now), in_last=conversation.in_last + 1)
    if event.from_me:
        return close_watermark(conversation, Admission(counted, EventState.DROPPED, "deleted"))
    heard = replace(_heard(counted, event, now), follow_ups=False)
    admission = Admission(heard, EventState.DROPPED, "deleted", ends_follow_ups=conversation.follow_ups)
    return close_watermark(conversation, admission)


def before_its_message(conversation: Conversation, event: Inbound, now: float) -> Admission:
    """A reaction to what nobody knows yet."""
    counted = replace(lapse(conversation, now), in_last=conversation.in_last + 1)
    return close_watermark(conversation, Admission(_heard(counted, event, now), EventState.NO_REPLY))


def close_watermark(before: Conversation, admission: Admission) -> Admission:
    """Where nothing was open before, nothing before this event needs another look."""
    after = admission.conversation
    if nothing_open(before):
        seq = before.in_last + 1
        after = replace(after, done_to=seq - 1 if admission.state is EventState.WAITING else seq)
    return admission._replace(conversation=settle_due(after))


def nothing_open(conversation: Conversation) -> bool:
    """Whether no event waits or belongs to a turn that is not yet committed."""
    return conversation.turn_at is None and conversation.turn_state == TurnState.NONE and conversation.held_echoes == 0


def is_kept(kind: str, *, opted_out: bool) -> bool:
    """Whether an event outlives what ends the contact's: it waits for the bot. Nobody is reminded after a STOP (nor
    of what was erased)."""
    return kind in OUTSIDE_KINDS and not (opted_out and kind == "timer")


def _outside(conversation: Conversation, kind: str, now: float) -> Admission:
    """A timer, a payment, a call of the API: due at once, unless a burst is being waited for (it joins that)."""
    if not is_kept(kind, opted_out=conversation.opted_out):
        return Admission(conversation, EventState.DROPPED, "opted_out")
    at = conversation.turn_at
    return Admission(replace(conversation, turn_at=now if at is None else at), EventState.WAITING)


def _is_gone(event: Inbound) -> bool:
    """Whether the person takes no messages any more: blocked us, or threw us out."""
    return event.details is not None and event.details.get("type") == "unreachable"


def _gone(conversation: Conversation, follow_ups: bool) -> Admission:
    """Whatever is under way for them ends; what they write later shows that they are back."""
    return Admission(
        replace(clear_desk(conversation), follow_ups=False, offered=0),
        EventState.NO_REPLY,
        fenced=conversation.owner is not None,
        ends_follow_ups=follow_ups,
        cancels=(EventState.DROPPED, "unreachable"),
    )


def react(conversation: Conversation, event: Inbound, turns: TurnPolicy, now: float) -> Admission:
    """A reaction that the bot wants to know of. Nobody waits for more after it; it joins a burst, and interrupts
    nothing."""
    conversation = _heard(conversation, event, now)
    if conversation.opted_out:
        return Admission(conversation, EventState.DROPPED, "opted_out")
    if conversation.mode != Mode.BOT:
        return Admission(conversation, EventState.PERSON)
    if staleness.is_stale(turns, timestamp=event.timestamp, now=now):
        return Admission(conversation, EventState.DROPPED, "stale")
    allowed, tat = rate_limit.admit(turns.rate_limit, tat=conversation.tat, now=now)
    if not allowed:
        return Admission(conversation, EventState.DROPPED, "rate_limited")
    at = conversation.turn_at
    return Admission(replace(conversation, tat=tat, turn_at=now if at is None else at), EventState.WAITING)


def _heard(conversation: Conversation, event: Inbound, now: float) -> Conversation:
    """The window opens with whatever the contact does, at the provider's time."""
    said_at = happened_at(event, now)
    if window.is_entry(event) and said_at > (conversation.entry_at or 0.0):
        conversation = replace(conversation, entry_at=said_at)
    if conversation.contact_at is not None and conversation.contact_at >= said_at:
        return conversation
    return replace(conversation, contact_at=said_at)


def _contact_message(
    conversation: Conversation, event: Inbound, turns: TurnPolicy, sends: SendPolicy, now: float, offered: bool
) -> Admission:
    heard = _heard(conversation, event, now)
    verdict = opt_out.verdict(event.text) if event.kind in _SAID and not (event.is_group or offered) else None
    if verdict == "stop":
        return _stopped(heard, turns, sends, now)
    if heard.opted_out:
        if verdict == "start":
            back = replace(heard, opted_out=False)
            return Admission(back, EventState.NO_REPLY, notice=turns.opt_in_notice, wish=consent.STARTED)
        return Admission(heard, EventState.DROPPED, "opted_out")
    wish = consent.STARTED if verdict == "start" else None
    if heard.mode != Mode.BOT:
        return Admission(heard, EventState.PERSON, wish=wish)
    if staleness.is_stale(turns, timestamp=event.timestamp, now=now):
        return _stale(heard, turns, sends, now)
    return _paced(heard, conversation.contact_at, event, turns, now)._replace(wish=wish)


def _stopped(conversation: Conversation, turns: TurnPolicy, sends: SendPolicy, now: float) -> Admission:
    """STOP: whatever is under way ends, one sentence confirms it, silence follows."""
    quiet = replace(clear_desk(conversation), opted_out=True, offered=0)
    told = None if conversation.opted_out else turns.opt_out_notice
    open_window = window.is_open(conversation, sends, now)
    return Admission(
        quiet,
        EventState.DROPPED,
        "opted_out",
        notice=told if open_window else None,
        fenced=conversation.owner is not None,
        cancels=(EventState.DROPPED, "opted_out"),
        wish=consent.STOPPED,
    )


def _stale(conversation: Conversation, turns: TurnPolicy, sends: SendPolicy, now: float) -> Admission:
    told_at = conversation.stale_noticed_at
    due = told_at is None or now - told_at >= turns.stale_after
    if due and window.is_open(conversation, sends, now):
        told = replace(conversation, stale_noticed_at=now)
        return Admission(told, EventState.DROPPED, "stale", notice=turns.stale_notice)
    return Admission(conversation, EventState.DROPPED, "stale")


def _paced(
    conversation: Conversation, previous_at: float | None, event: Inbound, turns: TurnPolicy, now: float
) -> Admission:
    allowed, tat = rate_limit.admit(turns.rate_limit, tat=conversation.tat, now=now)
    if not allowed and turns.rate_limit is not None:
        if rate_limit.notice_due(turns.rate_limit, noticed_at=conversation.rate_noticed_at, now=now):
            told = replace(conversation, rate_noticed_at=now)
            return Admission(told, EventState.DROPPED, "rate_limited", notice=turns.rate_notice)
        return Admission(conversation, EventState.DROPPED, "rate_limited")
    if overlap.is_dropped(turns, turn_running=conversation.turn_state != TurnState.NONE):
        return Admission(replace(conversation, tat=tat), EventState.DROPPED, "overlapped")
    return wait(replace(conversation, tat=tat), event, previous_at, turns, now)


def wait(
    conversation: Conversation, event: Inbound, previous_at: float | None, turns: TurnPolicy, now: float
) -> Admission:
    """A contact's message that will be answered: it starts or prolongs the wait, and may interrupt."""
    habit = Habit(conversation.habit_bursts, conversation.habit_gap, conversation.habit_seen)
    habit = turn_start.learn(habit, gap=None if previous_at is None else max(0.0, now - previous_at))
    interrupts = may_interrupt(conversation, turns, now)
    first_at = now if conversation.first_at is None else conversation.first_at
    burst_from = first_at
    if interrupts and conversation.turn_first_at is not None:
        burst_from = min(first_at, conversation.turn_first_at)
    due = turn_start.turn_at(turns, first_at=burst_from, last_at=now, text=event.text, habit=habit)
    due = albums.due_at(event, due, conversation.turn_at, turns, now)
    waiting = replace(
        conversation,
        first_at=first_at,
        last_at=now,
        turn_at=due,
        habit_bursts=habit.bursts,
        habit_gap=habit.gap,
        habit_seen=habit.seen,
    )
    if not interrupts:
        return Admission(waiting, EventState.WAITING)
    resumed = interrupt(waiting, due)
    return Admission(resumed, EventState.WAITING, fenced=conversation.owner is not None)


def may_interrupt(conversation: Conversation, turns: TurnPolicy, now: float) -> bool:
    """Whether a newer message of the contact restarts the turn that is not yet committed."""
    if conversation.turn_state == TurnState.NONE or conversation.turn_first_at is None:
        return False
    return overlap.may_interrupt(
        turns, turn_first_at=conversation.turn_first_at, irrevocable=conversation.irrevocable, now=now
    )


def interrupt(conversation: Conversation, resume_at: float) -> Conversation:
    """Fence the run off and let the next claim start a new attempt with all messages.

    A turn that backs off stays one that does: nothing that is said meanwhile pulls its retry forward.
    """
    backs_off = conversation.turn_state == TurnState.RETRY and conversation.resume_at is not None
    return replace(
        conversation,
        owner=None,
        epoch=conversation.epoch + 1,
        turn_state=TurnState.RETRY if backs_off else TurnState.INTERRUPTED,
        resume_at=max(resume_at, conversation.resume_at or 0.0) if backs_off else resume_at,
        claims=0,
    )


def typing(conversation: Conversation, turns: TurnPolicy, now: float) -> Conversation:
    """The contact is writing: what waits, waits on, within `max_wait`; so does an interrupted turn."""
    first_at, turn_at = conversation.first_at, conversation.turn_at
    if first_at is None or turn_at is None:
        return conversation
    later = replace(conversation, turn_at=turn_start.after_typing(turns, first_at=first_at, turn_at=turn_at, now=now))
    began, resume_at = conversation.turn_first_at, conversation.resume_at
    if conversation.turn_state == TurnState.INTERRUPTED and began is not None and resume_at is not None:
        resumed = turn_start.after_typing(turns, first_at=min(began, first_at), turn_at=resume_at, now=now)
        later = replace(later, resume_at=resumed)
    return settle_due(later)
