"""A Graph API for tests: it plays Meta over HTTP and knows nothing of the program it tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from turnkeeper.testing.fake_graph import asgi
from turnkeeper.testing.fake_graph.core import Setup
from turnkeeper.testing.fake_graph.graph import Graph
from turnkeeper.testing.fake_graph.payloads import FakeNumber
from turnkeeper.testing.fake_graph.phone import Phone, PhoneOwner

if TYPE_CHECKING:
    from collections.abc import Sequence

    import httpx2

    from turnkeeper.testing.asgi import Receive, Scope, Send
    from turnkeeper.testing.fake_graph.behaviour import Behaviour
    from turnkeeper.testing.fake_graph.clock import Clock


class FakeGraph(Graph):
    """The fake with its phone. An ASGI app; mount it under any prefix or run it with `running_fake_graph`."""

    def __init__(
        self,
        app_secret: str,
        verify_token: str,
        access_token: str,
        webhook_url: str,
        numbers: Sequence[FakeNumber] = (FakeNumber("1000000001"),),
        *,
        clock: Clock | None = None,
        seed: int = 0,
        behaviour: Behaviour | None = None,
        phone: PhoneOwner | None = None,
        webhook_client: httpx2.AsyncClient | None = None,
        history: int = 10_000,
    ) -> None:
        setup = Setup(
            app_secret=app_secret,
            verify_token=verify_token,
            access_token=access_token,
            webhook_url=webhook_url,
            numbers=numbers,
            clock=clock,
            seed=seed,
            behaviour=behaviour,
            webhook_client=webhook_client,
            history=history,
        )
        super().__init__(setup)
        self.phone = Phone(self, phone or PhoneOwner())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await asgi.serve(self, self.phone, scope, receive, send)
