"""The error tree of the core. Each class says what to do.

TurnkeeperError
├── ConfigurationError      stop the start; names the key and the mend
├── StoreError
│   ├── StoreUnavailable    retry: the database is away or busy beyond its limit
│   └── StoreMismatch       page: the schema is not one that this program knows
└── TurnError
    ├── Fenced              stop at once, write and send nothing: the conversation is no longer ours
    └── BotError            show the trace to the operator, `error_reply` to the person
        └── StepChanged     the bot ran another step under a key that is already taken
"""

from __future__ import annotations


class TurnkeeperError(Exception):
    """Root of every error that Turnkeeper raises on purpose."""


class ConfigurationError(TurnkeeperError):
    """A setting is missing or wrong: `key` is where, `mend` is what to write there."""

    def __init__(self, key: str, problem: str, mend: str) -> None:
        super().__init__(f"{key}: {problem}. {mend}")
        self.key = key
        self.problem = problem
        self.mend = mend


class StoreError(TurnkeeperError):
    """The store could not do what was asked."""


class StoreUnavailable(StoreError):
    """The database cannot be reached or is busy beyond its time limit; the same call may work later."""


class StoreMismatch(StoreError):
    """The database holds a schema that this program did not make; nothing was changed."""


class TurnError(TurnkeeperError):
    """Something that ends the run of a turn."""


class Fenced(TurnError):
    """Another worker, a newer message or a person has the conversation now."""


class BotError(TurnError):
    """The bot did something that it must not."""


class StepChanged(BotError):
    """A step's name was used again in the same place with other arguments."""
