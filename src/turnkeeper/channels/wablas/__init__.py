"""WhatsApp through Wablas."""

from turnkeeper.channels.wablas.adapter import Wablas
from turnkeeper.channels.wablas.keys import WablasConfig, WablasKeys

__all__ = ["Wablas", "WablasConfig", "WablasKeys"]
