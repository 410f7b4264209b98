"""What the supervisor is told: plain values that pass through a command line. Standard library only."""

import json
from dataclasses import asdict, dataclass

BAD_CONFIGURATION = 78
"""Exit status (EX_CONFIG): starting again would end the same way."""
NOTHING_TO_DO = 79
"""Exit status of a child that is not needed as things are; once they have changed, it is started again."""


@dataclass(frozen=True, slots=True)
class ChildPlan:
    """A process to keep alive. `stall`: seconds without a tick after which it is killed; None: never."""

    name: str
    command: list[str]
    stall: float | None = None
    listens: bool = False
    """Gets the listening socket."""
    wanted: str = ""
    """The sign by which any process tells that this one is needed; "": it always is."""
    rests: bool = False
    """Is not needed at the start."""


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a supervisor does. `remove`: directories to delete at the end.

    A child that has not ended `drain` + `grace` seconds after it was asked to is killed.
    """

    children: list[ChildPlan]
    host: str | None = None
    port: int = 0
    drain: float = 20.0
    grace: float = 5.0
    remove: list[str] | None = None
    say: str = "Turnkeeper is ready on {url}"
    browse: bool = False

    def to_json(self) -> str:
        """As one argument."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Plan":
        """Back from an argument."""
        values = json.loads(text)
        values["children"] = [ChildPlan(**child) for child in values["children"]]
        return cls(**values)
