"""What was found out about one link between a person's message and its answer."""

from dataclasses import asdict, dataclass
from typing import Literal

from turnkeeper.model.errors import ConfigurationError

State = Literal["ok", "broken", "unknown", "warning"]
"""A warning holds still; its mend says what is to be done before it breaks."""
PATIENCE = 10.0
"""Seconds for each call of an examination."""


@dataclass(frozen=True, slots=True)
class Link:
    """One link; `mend` says what to do about a broken one."""

    link: str
    state: State
    detail: str
    mend: str = ""

    def as_words(self) -> dict[str, str]:
        """For JSON."""
        return asdict(self)


def of_error(link: str, error: ConfigurationError) -> Link:
    """A link that the configuration breaks."""
    return Link(link, "broken", f"{error.key}: {error.problem}", error.mend)


def ago(seconds: float) -> str:
    """A length of time as one says it."""
    for unit, length in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{int(seconds // length)} {unit}"
    return f"{max(0, int(seconds))} seconds"
