"""Turnkeeper keeps the turns in AI conversations on WhatsApp and Telegram.

Rule: importing this package imports nothing else, so that the command line starts at once.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from turnkeeper.bots.python import Bot
    from turnkeeper.bots.turn import Turn

__all__ = ["Bot", "Turn", "__version__"]

__version__ = "0.1.0"

_HOMES = {"Bot": "turnkeeper.bots.python", "Turn": "turnkeeper.bots.turn"}


def __getattr__(name: str) -> object:
    from importlib import import_module

    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(home), name)
    globals()[name] = value
    return value
