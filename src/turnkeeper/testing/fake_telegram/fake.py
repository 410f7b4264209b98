"""A Bot API for tests: it plays Telegram over HTTP and knows nothing of the program it tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from turnkeeper.testing.fake_telegram.bot_api import BotApi
from turnkeeper.testing.fake_telegram.parameters import Parameters

if TYPE_CHECKING:
    import httpx2

    from turnkeeper.testing.fake_graph.clock import Clock
    from turnkeeper.testing.fake_telegram.behaviour import Behaviour

TOKEN = "1000001:AAfake-token_for_tests_only_0123456"  # noqa: S105 - opens nothing


class FakeTelegram(BotApi):
    """Serve it with `turnkeeper.testing.loopback`. It has no webhook at first: call setWebhook, or `fake.hook(...)`."""

    def __init__(
        self,
        token: str = TOKEN,
        *,
        username: str = "shop_bot",
        clock: Clock | None = None,
        seed: int = 0,
        behaviour: Behaviour | None = None,
        webhook_client: httpx2.AsyncClient | None = None,
        history: int = 10_000,
    ) -> None:
        super().__init__(
            token,
            username=username,
            clock=clock,
            seed=seed,
            behaviour=behaviour,
            webhook_client=webhook_client,
            history=history,
        )

    async def hook(self, url: str, secret: str = "", *, allowed: tuple[str, ...] = (), at_once: int = 40) -> None:
        """As setWebhook does; also where the address is plain http."""
        values = {"url": url, "secret_token": secret, "allowed_updates": list(allowed), "max_connections": at_once}
        await self._method("setWebhook", Parameters(values))
