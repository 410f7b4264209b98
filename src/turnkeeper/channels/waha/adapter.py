"""WhatsApp through a WAHA server (unofficial): verify, parse, send, and everything else it can be asked for."""

from __future__ import annotations

import hmac
from typing import ClassVar

from turnkeeper.channels.base import Calls, Capabilities, Fetched, Finding, Forbidden, Pairing, Webhook
from turnkeeper.channels.waha import files, health, history, pairing, sending
from turnkeeper.channels.waha.config import WahaConfig
from turnkeeper.channels.waha.limits import LIMITS
from turnkeeper.channels.waha.parse import parse_body
from turnkeeper.model.events import Media, Received, SessionStatus
from turnkeeper.model.outbound import NotSent, Outbound, Outcome


class Waha:
    """The ChannelAdapter of kind `waha`."""

    kind: ClassVar[str] = "waha"
    capabilities: ClassVar[Capabilities] = Capabilities(
        limits=LIMITS,
        markup="whatsapp",
        typing_refresh=20.0,
        typing_longest=300.0,
        on_unknown="wait_then_resend",
        fetches_links=True,
        takes_bytes=5 * 1024 * 1024,
        confirms="delivered",
    )

    def verify(self, request: Webhook, config: WahaConfig) -> None:
        """Check `X-Webhook-Hmac` over the raw bytes, and the address's secret, whichever is set; raises Forbidden."""
        if not config.hmac_key and not config.webhook_secret:  # anybody could post
            raise Forbidden("the channel has neither a key nor a secret")
        if config.hmac_key:
            given = request.headers.get("x-webhook-hmac", "").strip().lower()
            expected = hmac.digest(config.hmac_key.encode(), request.body, "sha512").hex()
            _same(given, expected, "the signature is missing or wrong")
        if config.webhook_secret:
            _same(request.path_secret, config.webhook_secret, "the address does not end in the channel's secret")

    def parse(self, request: Webhook, config: WahaConfig) -> list[Received]:
        """What the body tells; raises NotThisProvider."""
        return parse_body(request.body, config.session, config.base_url)

    def send(self, outbound: Outbound, config: WahaConfig) -> Calls[Outcome]:
        """Mark as read, type for a while, send."""
        return sending.send(outbound, config)

    def typing(
        self,
        addresses: tuple[str, ...],
        message_id: str,  # noqa: ARG002 - the port's; the whole chat is read
        config: WahaConfig,
    ) -> Calls[None]:
        """Mark the chat as read and show typing."""
        return sending.show_typing(addresses, config)

    def resolve(self, outbound: Outbound, config: WahaConfig) -> Calls[Outcome | None]:
        """Look for a send of unknown fate in its chat."""
        return history.resolve(outbound, config)

    def session(self, config: WahaConfig) -> Calls[SessionStatus | NotSent]:
        """Whether the session works now."""
        return history.session(config)

    def missed(self, since: float, config: WahaConfig) -> Calls[list[Received] | NotSent]:
        """Every message since an instant."""
        return history.missed(since, config)

    def fetch_media(self, file: Media, config: WahaConfig) -> Calls[Fetched]:
        """Find out where a file can be had."""
        return files.fetch(file, config)

    def health(self, config: WahaConfig) -> Calls[list[Finding]]:
        """Each link between us and this session, for the doctor."""
        return health.health(config)

    def pair(self, config: WahaConfig) -> Calls[Pairing]:
        """Start the session if it stands still, and get the code that its phone scans."""
        return pairing.pair(config)

    def pairing_code(self, phone: str, config: WahaConfig) -> Calls[Pairing]:
        """Get a code that is typed into the phone."""
        return pairing.pairing_code(phone, config)

    def connect(self, url: str, config: WahaConfig) -> Calls[list[Finding]]:
        """Register `url` in the session's configuration."""
        return health.connect(url, config)


def _same(given: str, expected: str, problem: str) -> None:
    if not hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode("utf-8", "replace")):
        raise Forbidden(problem)
