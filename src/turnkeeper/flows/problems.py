"""What can be wrong with a flow, and what is there around it that it may name."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple


class Problem(NamedTuple):
    """Something wrong in a flow: at a node (its id), at an edge (`edge e1`), or "" for the whole; `mend` says what to
    do. An `error` keeps the flow from being published, a `warning` does not."""

    where: str
    what: str
    mend: str = ""
    level: str = "error"


@dataclass(frozen=True, slots=True)
class Checking:
    """What is there around a flow; None: unknown, so nothing is said of it. `text_limit`: characters of a message on
    the shortest of the channels; `part_limits`: of what stands around it, by its place (`row`, `description`, `header`,
    `footer`, `button`, `section`); `models`: whom the bot asks."""

    flows: Collection[str] | None = None
    tools: Collection[str] | None = None
    templates: Collection[str] | None = None
    payments: Collection[str] | None = None
    text_limit: int | None = None
    button_limit: int | None = None
    part_limits: Mapping[str, int] | None = None
    models: Collection[str] | None = None
