"""The fixed reply that stands in for an answer, and the person whom it offers.

A fixed reply that ends in a question mark is an offer: whoever says yes to it next, in words or by a tap, gets a
person. Any other reply of theirs goes on as usual, and the offer is over; whoever says no is not offered the same again
at once.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any, NamedTuple

from turnkeeper.bots.turn import Turn
from turnkeeper.model.contents import Buttons, Reply
from turnkeeper.model.events import Choice
from turnkeeper.rules.offers import NO_ID, YES_ID, answer, offers

STATE = "_offered"
"""Where a session keeps the reason for which a person was offered."""
_LONGEST_REASON = 500
BUTTONS = ("Yes, please", "No, thanks")


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


class Taken(NamedTuple):
    """How an offer is taken. `accepted`: why a person was offered, who is wanted now; `declined`: nobody is."""

    accepted: str | None = None
    declined: bool = False


def taken(turn: Turn) -> Taken:
    """What this turn says to an offer. The offer is over in any case but that of a timer."""
    if STATE not in turn.state or not turn.messages:
        return Taken()
    reason = str(turn.state.pop(STATE))
    chosen = turn.choice.id if turn.choice is not None else None
    said = "\n".join(message.text for message in turn.messages if message.text)
    told = answer(said, chosen)
    return Taken(reason if told == "yes" else None, told == "no")
