"""Which question a tap answers: buttons stay on the phone, so that older ones are tapped too.

The session keeps where the flow stood when it asked, for the last turns that did.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from turnkeeper.bots.flow.signals import Heard
from turnkeeper.flows.state import FlowState

ASKED: Final = "flow_asked"
_MOST: Final = 20
"""Turns that are remembered."""


def noted(kept: Mapping[str, Any], state: FlowState, turn_no: int) -> dict[str, str]:
    """What is kept, with this turn, in which the flow asked and now waits."""
    asked = _asked(kept)
    if state.at:
        asked[str(turn_no)] = _place(state)
    return dict(list(asked.items())[-_MOST:])


def answers_another(kept: Mapping[str, Any], heard: Heard, state: FlowState) -> bool:
    """Whether what was tapped last belongs to a question of another place; unknown ones are taken for the newest."""
    pressed = [each for each in heard.messages if each.choice is not None]
    quoted = pressed[-1].quoted if pressed else None
    if quoted is None or quoted.turn_no is None:
        return False
    place = _asked(kept).get(str(quoted.turn_no))
    return place is not None and place != _place(state)


def _asked(kept: Mapping[str, Any]) -> dict[str, str]:
    found = kept.get(ASKED)
    return dict(found) if isinstance(found, dict) else {}


def _place(state: FlowState) -> str:
    return f"{state.flow}/{state.at}"
