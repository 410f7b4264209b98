"""Who answers a conversation (the bot, a person or nobody), for how long, and what ends when that changes."""

from __future__ import annotations

from msgspec.structs import replace

from turnkeeper.model.conversation import Conversation, Mode, TurnState
from turnkeeper.model.events import Inbound, happened_at
from turnkeeper.model.policy import Habit, SendPolicy
from turnkeeper.rules.due import settle_due


def lapse(conversation: Conversation, now: float) -> Conversation:
    """The conversation with its mode as it is now: one that was set for a time may be over."""
    if conversation.mode_until is None or conversation.mode_until > now:
        return conversation
    return replace(conversation, mode=Mode.BOT, mode_until=None)


def take_over(conversation: Conversation, mode: Mode, until: float | None) -> Conversation:
    """A person answers (or nobody): the running turn is fenced off and does not wait to be asked."""
    return replace(clear_desk(conversation), mode=mode, mode_until=until, offered=0)


def stand_back(conversation: Conversation, until: float) -> Conversation:
    """The owner answers from the phone: at least until then, and no shorter than was said before."""
    if conversation.mode == Mode.HUMAN:
        until_before = conversation.mode_until
        return take_over(conversation, Mode.HUMAN, None if until_before is None else max(until, until_before))
    return take_over(conversation, Mode.HUMAN, until)


def stands_back_until(event: Inbound, sends: SendPolicy, now: float) -> float | None:
    """How long the bot is silent after what the owner did on the phone; None: it goes on.

    Counted from when it was typed: echoes may come days late. Second thoughts and emojis are no answers.
    """
    if sends.echo_takes_over is None or event.kind in ("edited", "deleted", "reaction"):
        return None
    until = happened_at(event, now) + sends.echo_takes_over
    return until if until > now else None


def give_back(conversation: Conversation, outside_waiting: bool, now: float) -> Conversation:
    """The bot answers again; what came from no person meanwhile is due now."""
    back = replace(
        conversation, mode=Mode.BOT, mode_until=None, turn_at=now if outside_waiting else conversation.turn_at
    )
    return settle_due(back)


def clear_desk(conversation: Conversation) -> Conversation:
    """Nothing waits, nothing runs, nobody owns it; rows that may still arrive keep their place."""
    return replace(
        conversation,
        owner=None,
        epoch=conversation.epoch + 1,
        turn_state=TurnState.NONE,
        irrevocable=False,
        turn_first_at=None,
        first_at=None,
        last_at=None,
        turn_at=None,
        resume_at=None,
        claims=0,
        failures=0,
        offered=abs(conversation.offered),
    )


def erased(conversation: Conversation) -> Conversation:
    """As if nothing had ever been said; who wants no messages still gets none."""
    return replace(
        clear_desk(conversation),
        mode=Mode.BOT,
        mode_until=None,
        tat=None,
        rate_noticed_at=None,
        stale_noticed_at=None,
        habit_bursts=Habit().bursts,
        habit_gap=Habit().gap,
        habit_seen=0,
        follow_ups=False,
        offered=0,
        early=0,
    )
