"""How often a process looks for garbage that refers to itself: a turn makes little of it, a start much that stays."""

import gc

_YOUNG = 2_000
"""Objects made since the last look and still there, at which Python looks again; its own 700 are a few turns."""


def settle() -> None:
    """Never look again through what is there by now, such as modules; call once all is imported and opened."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, 10, 10)
