"""Telegram bots: verify, parse, send, show typing. Values in, values out.

Source: core.telegram.org/bots/api, read 2026 (Bot API 10.1).
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Sequence
from typing import ClassVar

from turnkeeper.channels.base import (
    Calls,
    Capabilities,
    Fetched,
    Finding,
    Forbidden,
    Polled,
    Webhook,
)
from turnkeeper.channels.telegram import account, media
from turnkeeper.channels.telegram.bodies import Unsendable, request_of
from turnkeeper.channels.telegram.config import TelegramConfig
from turnkeeper.channels.telegram.limits import LIMITS
from turnkeeper.channels.telegram.outcomes import WRONG_FILE
from turnkeeper.channels.telegram.parse import is_press, parse_body
from turnkeeper.channels.telegram.people import account_of
from turnkeeper.channels.telegram.sending import recipient_of, sent
from turnkeeper.model.events import Inbound, Media, Received
from turnkeeper.model.outbound import NotSent, Outbound, Outcome, Rejected
from turnkeeper.model.policy import RateLimit


class Telegram:
    """The ChannelAdapter of kind `telegram`."""

    kind: ClassVar[str] = "telegram"
    capabilities: ClassVar[Capabilities] = Capabilities(
        limits=LIMITS,
        markup="telegram",
        typing_refresh=4.5,
        on_unknown="resend_once",
        per_second=30.0,
        per_contact=RateLimit(3, 3.0),  # one in a second, of which short bursts pass
        per_group=RateLimit(5, 20.0),  # 20 in any minute: 5 at once, and one each 4 s
        stale_uploads=frozenset({WRONG_FILE}),
        sends_files=True,
    )

    def verify(self, request: Webhook, config: TelegramConfig) -> None:
        """Compare the secret that setWebhook was given; raises Forbidden. Bodies are not signed."""
        given = request.headers.get("x-telegram-bot-api-secret-token", "")
        if not config.secret_token:
            raise Forbidden("the channel has no secret_token")
        if not hmac.compare_digest(config.secret_token.encode(), given.encode("utf-8", "replace")):
            raise Forbidden("the secret token is missing or wrong")

    def parse(self, request: Webhook, config: TelegramConfig) -> list[Received]:
        """Every item of the body, in order; raises NotThisProvider. A body does not name its bot: `config` does."""
        return parse_body(request.body, account_of(config.token, config.username))

    def send(self, outbound: Outbound, config: TelegramConfig) -> Calls[Outcome]:
        """Send one message; its files go up within it."""
        recipient = recipient_of(outbound.addresses)
        if recipient is None:
            return Rejected("no_address", "the contact has no Telegram chat")
        try:
            request = request_of(outbound, config.location_label)
        except Unsendable as problem:
            code, reason = problem.args
            return Rejected(code, reason)
        return (yield from sent(request, recipient, config))

    def typing(
        self,
        addresses: tuple[str, ...],
        message_id: str,  # noqa: ARG002 - the port's
        config: TelegramConfig,
    ) -> Calls[None]:
        """Show typing, for 5 s or until the answer. Telegram has no read receipts."""
        recipient = recipient_of(addresses)
        if recipient is not None:
            yield config.call("sendChatAction", {**recipient.fields(), "action": "typing"})

    def acknowledgement(
        self,
        received: Sequence[Received],
        config: TelegramConfig,  # noqa: ARG002 - the port's
    ) -> bytes:
        """A press is answered in the 200 itself, which may name a method: until then the button looks busy."""
        for each in received:
            if isinstance(each, Inbound) and is_press(each):
                answer = {"method": "answerCallbackQuery", "callback_query_id": each.message_id}
                return json.dumps(answer, separators=(",", ":")).encode()
        return b""

    def address(self, written: str) -> str | None:
        """A chat's id, below zero for groups; Telegram sends to nobody by a phone number."""
        digits = written.strip().removeprefix("-")
        return f"chat:{written.strip()}" if digits.isascii() and digits.isdigit() and len(digits) < 20 else None

    def fetch_media(self, file: Media, config: TelegramConfig) -> Calls[Fetched]:
        """Find out where a file can be had, for the next hour."""
        return media.fetch(file, config)

    def health(self, config: TelegramConfig) -> Calls[list[Finding]]:
        """Each link between us and the bot, for the doctor."""
        return account.health(config)

    def connect(self, url: str, config: TelegramConfig) -> Calls[list[Finding]]:
        """Tell Telegram where updates go, or that they are fetched."""
        return account.connect(url, config)

    def poll(self, offset: int | None, config: TelegramConfig) -> Calls[Polled | NotSent | Rejected]:
        """Wait for updates."""
        return account.poll(offset, config)
