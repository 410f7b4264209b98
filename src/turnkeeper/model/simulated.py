"""Simulated channels: one for each bot and kind of channel, there without being configured. Nothing leaves on them.

A channel's id says it all: `simulator.KIND.BOT`. No configured channel can have such a name.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from turnkeeper.model.ids import BotId, ChannelId

PREFIX: Final = "simulator."
AFTER: Final = "simulator/"
"""What follows all of them in the order of characters."""
KIND: Final = "simulator_"
"""What a simulated kind begins with; the rest is the kind that it stands for."""


class Simulated(NamedTuple):
    """Which bot answers, and on what kind of channel."""

    kind: str
    bot_id: BotId

    @property
    def channel_id(self) -> ChannelId:
        """The channel's."""
        return ChannelId(f"{PREFIX}{self.kind}.{self.bot_id}")


def is_simulated(channel_id: str) -> bool:
    """Whether a channel's conversations are nobody's: they count in no figures, and may be cleared."""
    return channel_id.startswith(PREFIX)


def simulated(channel_id: str) -> Simulated | None:
    """What a channel's id says; None: it is a real one's."""
    parts = channel_id.split(".")
    if len(parts) != 3 or not is_simulated(channel_id) or not parts[1] or not parts[2]:
        return None
    return Simulated(parts[1], BotId(parts[2]))
