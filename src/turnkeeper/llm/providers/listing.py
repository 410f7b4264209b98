"""What lists of models have in common: when each of them ends, as each provider writes it."""

from __future__ import annotations

from datetime import UTC, datetime


def instant(value: object) -> float | None:
    """Unix seconds from a date, an instant, or a number; None for what is none."""
    if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
        return float(value)
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
