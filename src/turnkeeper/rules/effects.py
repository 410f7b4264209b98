"""What a turn did to the world before it ended without a commit: undone where that is known how, told to the next."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from turnkeeper.model.conversation import StepRow

_NAMES = ("turn", "name", "occurrence")
GIVEN_UP = "turn.give_up"
"""The step that says why a turn is given up, before anything of it is undone."""
UNDO = "turn.undo "
"""Before an effect's name: the step that takes it back, under the effect's own occurrence."""


def to_undo(effects: Sequence[StepRow]) -> list[StepRow]:
    """The effects that stand, the newest first."""
    undone = undone_in(effects)
    standing = [step for step in _own(effects) if (step.name, step.occurrence) not in undone]
    return sorted(standing, key=lambda step: step.began_at)[::-1]


def undone_in(effects: Sequence[StepRow]) -> set[tuple[str, int]]:
    """Names and occurrences of the effects that were taken back."""
    taken_back = {(step.name, step.occurrence) for step in effects if step.result is not None}
    own = {(step.name, step.occurrence) for step in _own(effects)}
    return {(name, occurrence) for name, occurrence in own if (UNDO + name, occurrence) in taken_back}


def _own(effects: Sequence[StepRow]) -> list[StepRow]:
    """What the bot itself did."""
    return [step for step in effects if step.name != GIVEN_UP and not step.name.startswith(UNDO)]


def with_carried(carried: bytes, effects: Sequence[StepRow]) -> bytes:
    """The carried effects with more of them; an effect that is there already is brought up to date. One that was
    undone is not done any more, and says so."""
    kept: list[dict[str, object]] = msgspec.json.decode(carried)
    undone = undone_in(effects)
    for step in _own(effects):
        entry: dict[str, object] = {
            "turn": step.turn_no,
            "name": step.name,
            "occurrence": step.occurrence,
            "done": step.result is not None,
            "result": msgspec.json.decode(step.result) if step.result is not None else None,
        }
        if (step.name, step.occurrence) in undone:
            entry |= {"done": False, "undone": True}
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
