"""Where a person is in a flow: all that is kept between two signals, as JSON in the session."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

Awaited = Literal["", "reply", "model", "call", "time", "payment", "person"]


class Frame(msgspec.Struct, frozen=True, array_like=True):
    """A flow that waits for the one it called: where it goes on, and its own variables. `again`: the node there is
    entered once more, instead of left."""

    flow: str
    version: int
    node: str
    variables: Mapping[str, Any] = {}
    again: bool = False


class FlowState(msgspec.Struct, frozen=True, omit_defaults=True):
    """`at`: the node in which the flow stands, "" outside; `awaits`: for what, in the order of importance.

    `call` counts what was asked for, so that a late answer is told from the one that is awaited; `tries`: answers at
    this node that did not do; `memo`: what the node keeps while it waits. `steps` and `visits` count within one turn.
    `language`: in which the person is written to; "" for the flow's own.
    """

    flow: str = ""
    version: int = 0
    at: str = ""
    awaits: tuple[Awaited, ...] = ()
    call: int = 0
    tries: int = 0
    memo: Any = None
    variables: Mapping[str, Any] = {}
    stack: tuple[Frame, ...] = ()
    language: str = ""
    steps: int = 0
    visits: Mapping[str, int] = {}

    def after(self, before: FlowState) -> FlowState:
        """A flow that follows another in the same conversation: what is counted goes on, and so does the language."""
        return replace(self, call=before.call, language=before.language, steps=before.steps, visits=before.visits)

    @property
    def is_running(self) -> bool:
        """Whether the person is inside a flow."""
        return bool(self.at)
