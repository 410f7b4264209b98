"""What is heard of groups, and how: a group is one conversation of many, in which each speaks under a name."""

from __future__ import annotations

from dataclasses import replace

from msgspec.structs import replace as changed

from turnkeeper.model.events import Inbound
from turnkeeper.model.policy import Groups, RateLimit, TurnPolicy

PREFIX = "group:"
_SPEAKERS = 5
"""A group as a whole may write as much as so many people may."""
ABOUT_OTHERS = frozenset({"edited", "deleted", "reaction", "typing", "system"})
"""Kinds that say nothing themselves."""


def is_group(addresses: str) -> bool:
    """Whether a conversation's addresses, the first of which is answered, are a group's."""
    return addresses.startswith(PREFIX)


def housed(event: Inbound, groups: Groups) -> Inbound:
    """An event as that of the group's conversation, where groups are heard; its sender has a name."""
    if groups == "ignore" or not event.is_group or not event.chat_id or not event.addresses:
        return event
    named = event.sender_name or event.sender_phone or event.sender_id
    if named is None:
        named = event.addresses[0].partition(":")[2]
    # A group that goes on under another id has both as its addresses.
    own = event.addresses if event.addresses[0].startswith(PREFIX) else (PREFIX + event.chat_id,)
    return changed(event, addresses=own, sender_name=named)


def left_alone(event: Inbound, groups: Groups, *, answers_us: bool) -> str | None:
    """Why an event is ignored for being a group's; None: it is not."""
    if not event.is_group:
        return None
    if groups == "ignore" or not event.chat_id:
        return "written in a group"
    if event.from_me or event.kind in ABOUT_OTHERS:
        return None
    if groups == "mention" and not (event.mentions_us or answers_us):
        return "written in a group, not to us"
    return "nothing to read, in a group" if event.kind == "unsupported" else None


def manners(turns: TurnPolicy) -> TurnPolicy:
    """How a bot takes its turns in a group: nobody is told in front of all that they were too fast, or too late."""
    limit = turns.rate_limit
    wider = None if limit is None else RateLimit(limit.count * _SPEAKERS, limit.per)
    return replace(turns, rate_limit=wider, rate_notice="", stale_notice="")
