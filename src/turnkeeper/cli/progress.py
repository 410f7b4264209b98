"""What a command that takes long says meanwhile: a line to stderr once a second, the first after one second."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer

_EVERY = 1.0


@contextmanager
def telling() -> Iterator[Callable[[str, int, int], None]]:
    """What to call with what is done, how much, and of how much (0: nobody knows)."""
    told_at = time.monotonic()

    def tell(what: str, done: int, total: int) -> None:
        nonlocal told_at
        now = time.monotonic()
        if now - told_at >= _EVERY:
            told_at = now
            part = f" {100 * done // total} %" if total else f" {done:,}" if done else ""
            typer.echo(f"{what}{part}", err=True)

    yield tell
