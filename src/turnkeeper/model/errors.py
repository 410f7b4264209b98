"""The error tree of the core. Each class says what to do.

TurnkeeperError
├── ConfigurationError      stop the start; names the key and the mend
├── MediaError
│   ├── MediaRefused        say so to the person: the file is not what it claims, too large, or gone; never retry
│   └── MediaUnavailable    retry: the provider or the place where files are kept does not answer
├── StoreError
│   ├── StoreUnavailable    retry: the database is away or busy beyond its limit
│   └── StoreMismatch       page: the schema is not one that this program knows
├── NotKept                 say so to whoever sent it: the database has no such characters
└── TurnError
    ├── Fenced              stop at once, write and send nothing: the conversation is no longer ours
    └── BotError            show the trace to the operator, `error_reply` to the person
        ├── StepChanged     the bot ran another step under a key that is already taken
        └── EffectUnknown   an effect was cut off: whoever wants to may catch it and go on
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


class MediaError(TurnkeeperError):
    """A file could not be had or kept."""


class MediaRefused(MediaError):
    """A file that is not taken: `reason` is one word for the ledger, `detail` says what was wrong with it."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class MediaUnavailable(MediaError):
    """Not now; the same may work later."""


class StoreError(TurnkeeperError):
    """The store could not do what was asked."""


class StoreUnavailable(StoreError):
    """The database cannot be reached or is busy beyond its time limit; the same call may work later."""


class StoreMismatch(StoreError):
    """The database holds a schema that this program did not make; nothing was changed."""


class NotKept(TurnkeeperError):
    """A text that this database cannot hold: PostgreSQL's have no NUL. Repeating it will not do."""


class TurnError(TurnkeeperError):
    """Something that ends the run of a turn."""


class Fenced(TurnError):
    """Another worker, a newer message or a person has the conversation now."""


class BotError(TurnError):
    """The bot did something that it must not."""


class StepChanged(BotError):
    """A step's name was used again in the same place with other arguments."""


class EffectUnknown(BotError):
    """An effect was cut off and may or may not have happened; the bot said not to try again."""
