"""The fixed reply that stands in for an answer, and the person whom it offers.

A fixed reply that ends in a question mark is an offer: whoever says yes to it next, in words or by a tap, gets a
person. Any other reply of theirs goes on as usual, and the offer is over; whoever says no is not offered the same again
at once.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from turnkeeper.bots.message import Message
from turnkeeper.model.contents import Buttons, Reply
from turnkeeper.model.events import Choice
from turnkeeper.rules.offers import NO_ID, YES_ID, answer, offers

STATE = "_offered"
"""Where a session keeps the reason for which a person was offered."""
_LONGEST_REASON = 500
BUTTONS = ("Yes, please", "No, thanks")


@dataclass(frozen=True, slots=True)
class Replies:
    """What a bot says itself. `fixed`: where no model answers, with `buttons` if it asks; `handover`: to who then
    wants a person; `nothing_found`: where there is no model, and no passage that answers."""

    fixed: str = "Sorry, something is not working. Shall I ask a person to get back to you?"
    handover: str = "I have told my colleagues. Somebody will get back to you here."
    buttons: tuple[str, str] = BUTTONS
    nothing_found: str = "I found nothing about that. Shall I ask a person to get back to you?"


def offered(
    fixed_reply: str, reason: str, state: MutableMapping[str, Any], buttons: tuple[str, str] = BUTTONS
) -> list[Reply]:
    """What is said instead of an answer. `reason`: why there is none, for the colleague who may have to go on."""
    if not fixed_reply:
        return []
    if not offers(fixed_reply):
        return [fixed_reply]
    state[STATE] = reason[:_LONGEST_REASON]
    yes, no = buttons
    return [Buttons(fixed_reply, (Choice(YES_ID, yes), Choice(NO_ID, no)))]


class Answered(Protocol):
    """As much of a turn as an offer needs. `offer`: what stands on to the next turn."""

    offer: dict[str, Any]

    @property
    def state(self) -> Any: ...
    @property
    def messages(self) -> Sequence[Message]: ...
    @property
    def choice(self) -> Choice | None: ...
    async def reply(self, said: Reply, /) -> None: ...
    def handover(self, reason: str, /) -> None: ...


class Taken(NamedTuple):
    """How an offer is taken. `accepted`: why a person was offered, who is wanted now; `declined`: nobody is."""

    accepted: str | None = None
    declined: bool = False


def taken(turn: Answered, state: MutableMapping[str, Any] | None = None) -> Taken:
    """What this turn says to an offer. The offer is over in any case but that of a timer. `state`: as the session
    keeps it, where the turn's own is something else."""
    kept = turn.state if state is None else state
    if STATE not in kept or not turn.messages:
        return Taken()
    reason = str(kept.pop(STATE))
    chosen = turn.choice.id if turn.choice is not None else None
    said = "\n".join(message.text for message in turn.messages if message.text)
    told = answer(said, chosen)
    return Taken(reason if told == "yes" else None, told == "no")


def set_apart(turn: Answered, session: Mapping[str, Any]) -> tuple[dict[str, Any], str | None]:
    """The session's state without the offer in it, and why the person is wanted now whom it offered. An offer that
    nobody has answered yet stands on, in `turn.offer`."""
    state = dict(session)
    accepted = taken(turn, state).accepted
    if STATE in state:
        turn.offer[STATE] = state.pop(STATE)
    return state, accepted


async def take_up(turn: Answered, reason: str, own_words: Replies) -> None:
    """The person wants the person whom they were offered."""
    if own_words.handover:
        await turn.reply(own_words.handover)
    turn.handover(reason)
