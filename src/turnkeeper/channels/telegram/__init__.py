"""Telegram bots."""

from turnkeeper.channels.telegram.adapter import Telegram
from turnkeeper.channels.telegram.config import TelegramConfig
from turnkeeper.channels.telegram.keys import TelegramKeys

__all__ = ["Telegram", "TelegramConfig", "TelegramKeys"]
