"""The settings of a device of Wablas: as the file writes them, and as the adapter has them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, final

from pydantic import Field

from turnkeeper.channels.base import HttpCall
from turnkeeper.channels.gateways import (
    GatewayKeys,
    told,
)
from turnkeeper.channels.keys import Address, Token


@final
class WablasKeys(GatewayKeys):
    """A device of Wablas. Its webhook, tracking and device addresses are /webhooks/NAME/WEBHOOK_SECRET."""

    identity = ("token",)
    kind: Literal["wablas"] = Field(description="The provider.", examples=['"wablas"'])
    base_url: Address = Field(
        min_length=1, description="The server that the device is on.", examples=['"https://jogja.wablas.com"']
    )
    token: Token = Field(
        min_length=1, description="The device's token, from its settings.", examples=['"env:WABLAS_TOKEN"']
    )
    secret_key: Token = Field(
        min_length=1, description="The device's secret key, made in its settings.", examples=['"env:WABLAS_KEY"']
    )
    device: str = Field(
        "",
        max_length=64,
        description='The device\'s id as its webhooks name it: those of others are ignored. "": any.',
        examples=['"A0HDJU"'],
    )

    @property
    def account_ids(self) -> tuple[str, ...]:
        """The device's id; "" for whichever the address proves."""
        return (self.device,)

    def credentials(self) -> tuple[str, ...]:
        """Token and key."""
        return (self.token.get_secret_value(), self.secret_key.get_secret_value())


@dataclass(frozen=True, slots=True)
class WablasConfig:
    """One device: one number."""

    base_url: str
    token: str = field(repr=False)
    secret_key: str = field(repr=False)
    webhook_secret: str = field(repr=False)
    device: str = ""

    def call(
        self, method: Literal["GET", "POST"], path: str, body: object = None, timeout: float | None = None
    ) -> HttpCall:
        """A call of the API."""
        headers = {"authorization": f"{self.token}.{self.secret_key}"}
        return HttpCall(method, f"{self.base_url.rstrip('/')}/api/{path}", headers, body, timeout)

    def told(self, words: object) -> str:
        """What Wablas said, without our secrets."""
        return told(words, self.token, self.secret_key, self.webhook_secret)
