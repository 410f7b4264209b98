"""WhatsApp through a WAHA server."""

from turnkeeper.channels.waha.adapter import Waha
from turnkeeper.channels.waha.config import WahaConfig
from turnkeeper.channels.waha.keys import WahaKeys

__all__ = ["Waha", "WahaConfig", "WahaKeys"]
