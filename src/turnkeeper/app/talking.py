"""What the console's pages of a conversation work with, out of a configuration."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from turnkeeper import app
from turnkeeper.app.files import keeper
from turnkeeper.engine.http import Client
from turnkeeper.engine.speaking import Speaker
from turnkeeper.web.api.talk_ports import Talk

if TYPE_CHECKING:
    from turnkeeper.config import Settings
    from turnkeeper.media.base import MediaStore
    from turnkeeper.store.base import Store
    from turnkeeper.store.runs import Wake


def open_talk(
    settings: Settings,
    store: Store,
    now: Callable[[], float],
    publish: Callable[[Sequence[Wake]], None],
    media: MediaStore,
) -> Talk:
    """Its channels, files and voice."""
    adapters, clock = app.Adapters(), _Clock(now)
    return Talk(
        settings.directory().channel,
        adapters,
        keeper(settings, store, media, adapters, Client(), clock),
        Speaker(store, adapters, clock, publish),
    )


class _Clock:
    """The process's clock, which somebody else moves to the database's."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now

    def now(self) -> float:
        return self._now()

    def monotonic(self) -> float:
        return time.monotonic()

    def follow(self, _: float, __: float) -> None:
        """Nothing: see above."""
