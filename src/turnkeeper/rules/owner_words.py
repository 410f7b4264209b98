"""What the business's owner types to steer the bot, read from a message as a whole.

In a customer's chat, on the business's own phone: a word takes over, another gives back. From the owner's own number
to the business: a sign and a customer's number. From a tester's: a word that erases the tester's conversation.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from turnkeeper.model.events import Inbound
from turnkeeper.model.policy import OwnerWords
from turnkeeper.rules.opt_out import verdict

_NUMBER = re.compile(r"\+?[0-9][0-9\s().-]{5,24}")
_PREFIXES = ("phone:", "user:", "lid:", "chat:")
"""What a customer may be known by under a number."""

Wish = Literal["take", "give", "nudge", "erase"]
SHOWN: dict[Wish, str] = {
    "take": "owner's word: a person takes over",
    "give": "owner's word: back to the bot",
    "nudge": "owner's word: the bot goes on",
    "erase": "tester's word: the conversation was erased",
}
"""Why a message that was such a word is ignored."""
UNKNOWN = "owner's word: nobody has that number"


class Asked(NamedTuple):
    """What is wished, of the conversation in which it was said, or of the one of `number` (digits)."""

    wish: Wish
    number: str = ""


def read(event: Inbound, words: OwnerWords) -> Asked | None:
    """What a message asks for; None: it is a message like any other. Whoever wants to be left alone comes first."""
    said = (event.text or "").strip()
    if event.kind != "text" or not said:
        return None
    if event.from_me:
        return _in_chat(said.casefold(), words)
    if event.is_group:
        return None
    if said == words.erases and words.testers.intersection(event.addresses):
        return None if verdict(said) == "stop" else Asked("erase")
    return _of_number(said, words) if words.numbers.intersection(event.addresses) else None


def _in_chat(said: str, words: OwnerWords) -> Asked | None:
    if words.takes and said == words.takes.casefold():
        return Asked("take")
    return Asked("give") if words.gives and said == words.gives.casefold() else None


def _of_number(said: str, words: OwnerWords) -> Asked | None:
    place = words.signs.find(said[0])
    number = said[1:].strip()
    if place < 0 or not _NUMBER.fullmatch(number):
        return None
    wishes: tuple[Wish, ...] = ("take", "give", "nudge")
    return Asked(wishes[place], re.sub(r"\D", "", number))


def addresses_of(number: str) -> tuple[str, ...]:
    """Under which addresses the customer may be known."""
    return tuple(prefix + number for prefix in _PREFIXES)
