"""What a turn did to the world before it ended without a commit is told to the next turn."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from turnkeeper.model.conversation import StepRow

_NAMES = ("turn", "name", "occurrence")


def with_carried(carried: bytes, effects: Sequence[StepRow]) -> bytes:
    """The carried effects with more of them; an effect that is there already is brought up to date."""
    kept: list[dict[str, object]] = msgspec.json.decode(carried)
    for step in effects:
        entry: dict[str, object] = {
            "turn": step.turn_no,
            "name": step.name,
            "occurrence": step.occurrence,
            "done": step.result is not None,
            "result": msgspec.json.decode(step.result) if step.result is not None else None,
        }
        kept = [other for other in kept if any(other[part] != entry[part] for part in _NAMES)]
        kept.append(entry)
    return msgspec.json.encode(kept)


def still_carried(left: bytes, given: bytes, now: bytes) -> bytes:
    """What a committing turn leaves: its own, and whatever was carried since it was given what it knows."""
    if now == given:
        return left
    known = msgspec.json.decode(given)
    late = [entry for entry in msgspec.json.decode(now) if entry not in known]
    return msgspec.json.encode([*msgspec.json.decode(left), *late])
