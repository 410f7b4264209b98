"""The provider's window: for how long after the contact's last message anything may be sent."""

from __future__ import annotations


def is_open(*, contact_at: float | None, window: float | None, now: float) -> bool:
    """Whether free-form messages are allowed now.

    `contact_at`: when the contact last wrote, None for never; `window` in seconds, None for a
    channel that has none. At exactly `window` seconds it is closed.
    """
    if window is None:
        return True
    return contact_at is not None and now - contact_at < window
