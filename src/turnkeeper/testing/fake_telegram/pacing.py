"""How fast the bot may send: to one chat, and over all. Whoever goes on during a 429 waits no shorter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from turnkeeper.testing.fake_telegram.errors import too_many

if TYPE_CHECKING:
    from collections.abc import Callable

    from turnkeeper.testing.fake_telegram.behaviour import Behaviour
    from turnkeeper.testing.fake_telegram.chats import Chat


@dataclass(slots=True)
class _Allowance:
    """What may be sent at once; `counted_at` is when `left` was right. A new one is full."""

    left: float = float("inf")
    counted_at: float = 0.0
    flooded_until: float = 0.0

    def look(self, now: float) -> None:
        """Raises 429 during one."""
        if now < self.flooded_until:
            raise too_many(self.flooded_until - now)

    def ask(self, count: int, now: float, per_second: float, burst: float) -> None:
        """Raises 429 where there is not enough left; an album may overdraw."""
        self.left = min(burst, self.left + (now - self.counted_at) * per_second)
        self.counted_at = now
        wanted = min(count, burst)
        if self.left < wanted:
            self.flooded_until = now + max(1.0, (wanted - self.left) / per_second)
            raise too_many(self.flooded_until - now)


class Pacing:
    """The limits of `Behaviour`, kept for one bot."""

    def __init__(self, behaviour: Callable[[], Behaviour], now: Callable[[], float]) -> None:
        self._behaviour = behaviour
        self._now = now
        self._bot = _Allowance()
        self._chats: dict[int, _Allowance] = {}

    def take(self, chat: Chat, count: int) -> None:
        """Count messages; raises 429 for what is too fast."""
        now, behaviour = self._now(), self._behaviour()
        own = self._chats.setdefault(chat.id, _Allowance())
        self._bot.look(now)
        own.look(now)
        if behaviour.bot_per_second is not None:
            self._bot.ask(count, now, behaviour.bot_per_second, behaviour.bot_per_second)
        rate, burst = behaviour.chat_per_second, behaviour.chat_burst
        if chat.type != "private":
            minute = behaviour.group_per_minute
            rate, burst = (None, 0.0) if minute is None else (minute / 60, minute)
        if rate is not None:
            own.ask(count, now, rate, burst)
        self._bot.left -= count
        own.left -= count
