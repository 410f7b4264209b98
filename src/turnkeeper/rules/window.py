"""The provider's window: for how long after the contact's last message anything may be sent.

Outside it only templates go. Words that come too late give way to the bot's fallback template, once a turn, or are
refused; whatever waits is tried once more before it closes.

Source: Meta's documentation of the Cloud API, read 2026: free-form messages for 24 hours after the contact's last
message, for 72 hours after one that came by way of an ad.
"""

from __future__ import annotations

import math

from turnkeeper.model.conversation import Conversation
from turnkeeper.model.events import Inbound
from turnkeeper.model.policy import SendPolicy

MARGIN = 60.0
"""Seconds before the window closes in which what waits is tried in any case."""
_STEP = 5.0
"""Seconds between two tries within the margin."""
_ENTRIES = ("ad", "post")
"""What a referral's `source_type` says of an ad, and of a post with a button that leads to the chat."""


def closes_at(
    *, contact_at: float | None, entry_at: float | None, window: float | None, entry_window: float | None
) -> float:
    """When it closes, or closed: unix seconds; infinity for a channel that has none (`window` None), minus infinity
    where the contact never wrote. At that very instant it is closed.

    `contact_at`: when the contact last wrote; `entry_at`: when last by way of an ad.
    """
    if window is None:
        return math.inf
    usual = -math.inf if contact_at is None else contact_at + window
    if entry_at is None or entry_window is None:
        return usual
    return max(usual, entry_at + entry_window)


def open_until(conversation: Conversation, sends: SendPolicy) -> float:
    """When a conversation's window closes, or closed, as `closes_at` tells it."""
    return closes_at(
        contact_at=conversation.contact_at,
        entry_at=conversation.entry_at,
        window=sends.window,
        entry_window=sends.entry_window,
    )


def is_open(conversation: Conversation, sends: SendPolicy, now: float) -> bool:
    """Whether free-form messages are allowed now."""
    return now < open_until(conversation, sends)


def is_entry(event: Inbound) -> bool:
    """Whether a message came by way of an ad."""
    return event.ad is not None and event.ad.source_type in _ENTRIES


def in_time(at: float, *, until: float, now: float) -> float:
    """When a row is tried that would wait until `at`: before the window closes at `until`, if it is open still."""
    if at < until or now >= until:
        return at
    return min(at, max(until - MARGIN, now + _STEP))
