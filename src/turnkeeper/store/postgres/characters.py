"""PostgreSQL's text has no NUL, JSON's has: it becomes U+FFFD, as what could not be read always does."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import msgspec

from turnkeeper.model.outbound import Accepted, NotSent, Rejected, Unknown
from turnkeeper.store.base import TurnCommit


def without_nul(value: Any) -> Any:
    """The same value with no NUL in any of its texts."""
    if isinstance(value, str):
        return value.replace("\x00", "\ufffd")
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*map(without_nul, value))
    if isinstance(value, tuple | list):
        return type(value)(map(without_nul, value))
    if isinstance(value, dict):
        return {without_nul(key): without_nul(entry) for key, entry in value.items()}
    if isinstance(value, msgspec.Struct):
        return type(value)(**{name: without_nul(getattr(value, name)) for name in value.__struct_fields__})
    if isinstance(value, TurnCommit | Accepted | NotSent | Rejected | Unknown):
        return replace(value, **{field.name: without_nul(getattr(value, field.name)) for field in fields(value)})
    return value
