"""What a provider sends to a webhook, and a store that only notes what it was given."""

import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from turnkeeper.channels.whatsapp_cloud import WhatsAppCloud, WhatsAppCloudConfig
from turnkeeper.model.ids import BotId, ChannelId, WorkspaceId
from turnkeeper.model.policy import Channel
from turnkeeper.store.base import Intake, Taken
from turnkeeper.store.runs import Wake
from turnkeeper.web.counters import WebhookCounters
from turnkeeper.web.webhooks import Endpoint, Holder, Webhooks

SECRET = "app-secret"
NUMBER = "1000000001"
WABA = "2000000001"


def channel(name: str, number: str = NUMBER, secret: str = SECRET, verify: str = "v") -> Channel:
    config = WhatsAppCloudConfig(number, WABA, "token", secret, verify)
    return Channel(WorkspaceId("default"), ChannelId(name), "whatsapp_cloud", BotId("bot"), config=config)


def holder(*channels: tuple[str, Channel]) -> Holder:
    first = channels[0][1]
    return Holder(first.config, dict(channels), first)


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    return {"x-hub-signature-256": "sha256=" + hmac.digest(secret.encode(), body, "sha256").hex()}


def message(
    text: str = "hello",
    number: str = NUMBER,
    id: str = "wamid.1",  # noqa: A002
    at: int = 1_760_000_000,
) -> dict[str, object]:
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550001111", "phone_number_id": number},
        "contacts": [{"profile": {"name": "Ann"}, "wa_id": "15551234567"}],
        "messages": [
            {
                "from": "15551234567",
                "id": id,
                "timestamp": str(at),
                "type": "text",
                "text": {"body": text},
            }
        ],
    }
    return {"field": "messages", "value": value}


def status(number: str = NUMBER) -> dict[str, object]:
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550001111", "phone_number_id": number},
        "statuses": [{"id": "wamid.out", "status": "sent", "timestamp": "1760000000"}],
    }
    return {"field": "messages", "value": value}


def envelope(*changes: Mapping[str, object]) -> bytes:
    entry = [{"id": WABA, "changes": list(changes)}]
    return json.dumps({"object": "whatsapp_business_account", "entry": entry}).encode()


class NotingStore:
    """Takes everything; `raises` is raised instead if set."""

    def __init__(self) -> None:
        self.intakes: list[Intake] = []
        self.raises: Exception | None = None

    async def take(self, intake: Intake) -> Taken:
        if self.raises is not None:
            raise self.raises
        self.intakes.append(intake)
        wakes = [Wake(WorkspaceId("default"), "c1", 1.0) for _ in intake.arrivals]
        return Taken(len(intake.arrivals) + len(intake.strays), 0, wakes)

    @property
    def texts(self) -> list[str | None]:
        return [arrival.event.text for intake in self.intakes for arrival in intake.arrivals]


class NotingWakeups:
    """Keeps what was published."""

    def __init__(self) -> None:
        self.published: list[Wake] = []

    def publish(self, wakes: Sequence[Wake]) -> None:
        self.published += wakes

    async def start(self, on_wakes: object) -> None: ...

    async def close(self) -> None: ...


class Site:
    """Webhooks over noting ports: one number at /webhooks/shop, two secrets at the app's address.

    `elsewhere`: the shop's environment, where that is another one.
    """

    def __init__(self, elsewhere: str | None = None) -> None:
        self.store = NotingStore()
        self.wakeups = NotingWakeups()
        self.counters = WebhookCounters()
        self._elsewhere = elsewhere
        self.use(WhatsAppCloud())

    def use(self, adapter: WhatsAppCloud) -> None:
        """Begin with another adapter."""
        shop = replace(channel("shop"), elsewhere=self._elsewhere)
        other = channel("other", "1000000002", "other-secret", "w")
        endpoints = {
            "/webhooks/shop": Endpoint(adapter, [holder((NUMBER, shop), (WABA, shop))]),
            "/webhooks/whatsapp_cloud": Endpoint(
                adapter,
                [holder((NUMBER, shop), (WABA, shop)), holder(("1000000002", other))],
            ),
        }
        self.app = Webhooks(endpoints, self.store, self.wakeups, lambda: 1000.0, self.counters)

    async def ask(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        query: bytes = b"",
        parts: int = 1,
    ) -> tuple[int, bytes, dict[bytes, bytes]]:
        """Drive the app in process; the body comes in `parts`."""
        size = -(-len(body) // parts) or 1
        pieces = [body[at : at + size] for at in range(0, len(body), size)] or [b""]
        messages = [
            {"type": "http.request", "body": piece, "more_body": n < len(pieces) - 1} for n, piece in enumerate(pieces)
        ]
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return messages.pop(0)

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query,
            "headers": [(k.encode(), v.encode()) for k, v in (headers or {}).items()],
        }
        await self.app(scope, receive, send)
        assert [each["type"] for each in sent] == ["http.response.start", "http.response.body"]
        return sent[0]["status"], sent[1]["body"], dict(sent[0]["headers"])

    async def post(self, body: bytes, path: str = "/webhooks/shop", secret: str = SECRET, parts: int = 1) -> int:
        return (await self.ask("POST", path, body, signed(body, secret), parts=parts))[0]
