"""How long sign-ins and links hold, and what may be a password."""

from __future__ import annotations

import re
from typing import Literal

from turnkeeper.model.people import SignIn
from turnkeeper.model.policy import RateLimit

HOUR, DAY = 3_600.0, 86_400.0
LONGEST = 30 * DAY
"""Seconds after which everybody signs in anew."""
IDLE = 7 * DAY
"""Seconds without a request after which a sign-in has ended."""
SEEN_EVERY = HOUR / 4
"""A sign-in's last use is written down so often at most."""
FIRST_LINK, INVITATION, PASSWORD_LINK = DAY, 7 * DAY, DAY
"""Seconds that a link of each kind works."""
BY_ADDRESS = RateLimit(30, 60.0)
BY_ACCOUNT = RateLimit(10, 600.0)
"""Tries to sign in of one address, and wrong ones of one account."""
SHORTEST, LONGEST_PASSWORD = 10, 500
_EMAIL = re.compile(r"[^\s@<>()\[\],;:\"\\]{1,64}@[^\s@<>()\[\],;:\"\\]{1,185}")


def holds(sign_in: SignIn, now: float) -> bool:
    """Whether somebody is still signed in."""
    return now < sign_in.expires_at and now < sign_in.seen_at + IDLE


def seen_anew(sign_in: SignIn, now: float) -> bool:
    """Whether its last use is old enough to be written down again."""
    return now - sign_in.seen_at >= SEEN_EVERY


def email_in(text: str) -> str | None:
    """An e-mail address as it is compared; None for what is none."""
    found = text.strip().lower()
    return found if _EMAIL.fullmatch(found) and found.isprintable() else None


def password_problem(password: str, email: str) -> Literal["short", "long", "email"] | None:
    """What is wrong with a new password; None for nothing. What it is made of is nobody's business."""
    if len(password) < SHORTEST:
        return "short"
    if len(password) > LONGEST_PASSWORD:
        return "long"
    bare = password.strip().casefold()
    if bare in (email.casefold(), email.partition("@")[0].casefold()):
        return "email"
    return None
