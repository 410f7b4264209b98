"""How often a process looks for garbage that refers to itself: a turn makes little of it, a start much that stays."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_YOUNG = 2_000
"""Objects made since the last look and still there, at which Python looks again; its own 700 are a few turns."""


def settle() -> None:
    """Never look again through what is there by now, such as modules; call once all is imported and opened."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, 10, 10)
    _give_back()


@contextmanager
def growing() -> Iterator[None]:
    """While a thread imports: no look through what is half made, which would hold up the event loop for as long.

    What is there at the end is never looked through again.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
        _give_back()


def _give_back() -> None:
    """Let the system have the memory that importing took and left: C libraries keep it, in case."""
    import ctypes

    with suppress(OSError, AttributeError):  # glibc's only
        ctypes.CDLL(None).malloc_trim(0)
