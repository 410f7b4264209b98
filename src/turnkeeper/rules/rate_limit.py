"""How many messages of one contact are taken in a time (GCRA: one number of state per contact).

The number is the theoretical arrival time `tat`: each admitted message moves it `per / count`
seconds on, and a message is refused while it lies a whole burst ahead of the clock.
"""

from __future__ import annotations

import math
import re

from turnkeeper.model.policy import RateLimit

_FORM = re.compile(r"([0-9]{1,6})\s*/\s*([0-9]{0,6}(?:\.[0-9]{1,3})?)\s*([a-z]+)")
_UNITS = {
    **dict.fromkeys(("s", "sec", "second", "seconds"), 1.0),
    **dict.fromkeys(("m", "min", "minute", "minutes"), 60.0),
    **dict.fromkeys(("h", "hour", "hours"), 3_600.0),
    **dict.fromkeys(("d", "day", "days"), 86_400.0),
}
_MEND = 'Write "10/minute", "5/10s", "100/hour" or "off".'


def admit(limit: RateLimit | None, *, tat: float | None, now: float) -> tuple[bool, float | None]:
    """Whether a message is taken, and the `tat` to keep; a refused message leaves it as it was.

    After a silence `count` messages are taken at once, then one every `per / count` seconds: in any
    `w` seconds at most `count + w * count / per`.
    """
    if limit is None:
        return True, tat
    interval = limit.per / limit.count
    expected_at = now if tat is None else max(tat, now)
    # `count` additions to a number of this size may each be off by half of its last digit.
    rounding = limit.count * math.ulp(now + limit.per)
    if expected_at - now > limit.per - interval + rounding:
        return False, tat
    return True, expected_at + interval


def notice_due(limit: RateLimit | None, *, noticed_at: float | None, now: float) -> bool:
    """Whether a contact whose message was refused is told so now: once per window."""
    if limit is None:
        return False
    return noticed_at is None or now - noticed_at >= limit.per


def parse(text: str) -> RateLimit | None:
    """Read a setting such as "10/minute"; None for "off".

    Raises ValueError, with what to write instead.
    """
    setting = text.strip().lower()
    if setting == "off":
        return None
    found = _FORM.fullmatch(setting)
    if found is None:
        raise ValueError(f"{text!r} is not a rate limit. {_MEND}")
    count, amount, unit = int(found[1]), float(found[2] or 1), _UNITS.get(found[3])
    if unit is None:
        raise ValueError(f"{found[3]!r} in {text!r} is not a unit of time. {_MEND}")
    if count == 0 or amount == 0:
        raise ValueError(f"{text!r} would let nothing through. {_MEND}")
    return RateLimit(count, amount * unit)
