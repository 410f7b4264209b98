"""The settings of a channel: what every kind has, and one class for each kind.

A kind says which of its values identify the account, prove a webhook and authorize a send.
"""

from hashlib import sha256
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from turnkeeper.config.values import ENVIRONMENT, Address, Keys, Seconds, Secret, Token, Whole, read_duration_or_off


class ChannelKeys(Keys):
    """What every channel has."""

    kind: str = Field(description="The provider.")
    bot: str = Field(description="The name of the bot that answers here.", examples=['"assistant"'])
    workspace: str = Field(
        "default",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$",
        description="The tenant that owns the channel.",
        examples=['"default"'],
    )
    environment: str = Field(
        "",
        pattern=ENVIRONMENT,
        description="The server.environment that this channel is for; elsewhere its webhooks are ignored and nothing "
        'is sent. "": any.',
        examples=['"production"'],
    )
    echo_takes_over: Annotated[float | None, BeforeValidator(read_duration_or_off)] = Field(
        None,
        gt=0,
        description="What is written in the WhatsApp Business app on the business's own phone keeps the bot silent for "
        'so long in that conversation; "off": the bot goes on.',
        examples=['"30m"'],
    )
    parts: Literal["accepted", "delivered"] = Field(
        "accepted",
        description="The next part of an answer leaves when the one before is accepted by Meta, or delivered.",
        examples=['"accepted"'],
    )
    parts_wait: Seconds = Field(
        2.0, le=60.0, description="For so long at most is a delivery waited for.", examples=['"2s"']
    )
    unknown_wait: Seconds = Field(
        30.0,
        description="A send whose answer was lost waits so long for a status, then is repeated.",
        examples=['"30s"'],
    )
    send_limit: Seconds = Field(20.0, gt=0, description="How long one send may take.", examples=['"20s"'])

    @property
    def account_ids(self) -> tuple[str, ...]:
        """What the items of its webhooks name it by; the first is no other channel's."""
        raise NotImplementedError

    @property
    def proof(self) -> str:
        """The secret that a webhook is proven with; channels that share it share an address."""
        raise NotImplementedError

    @property
    def per_second(self) -> float | None:
        """Messages a second at most; None: as many as there are."""
        return None

    def credentials(self) -> tuple[str, ...]:
        """What authorizes its sends: a channel that was refused is tried again once these change."""
        raise NotImplementedError

    def credentials_digest(self) -> str:
        """The credentials, told apart without being told."""
        return sha256("\n".join(self.credentials()).encode()).hexdigest()[:32]


class WhatsAppCloudKeys(ChannelKeys):
    """A WhatsApp number on Meta's Cloud API."""

    kind: Literal["whatsapp_cloud"] = Field(description="The provider.", examples=['"whatsapp_cloud"'])
    phone_number_id: str = Field(
        pattern=r"^[A-Za-z0-9_.-]{1,64}$",
        description="The number's id (not the number), from WhatsApp > API Setup.",
        examples=['"1000000001"'],
    )
    waba_id: str = Field(
        pattern=r"^[A-Za-z0-9_.-]{1,64}$",
        description="The WhatsApp Business Account's id, from WhatsApp > API Setup.",
        examples=['"2000000001"'],
    )
    access_token: Token = Field(
        min_length=1,
        description="A system user's token with whatsapp_business_messaging and _management.",
        examples=['"env:SHOP_TOKEN"'],
    )
    app_secret: Secret = Field(
        min_length=1,
        description="The app's secret, from App settings > Basic; it signs the webhooks.",
        examples=['"env:SHOP_SECRET"'],
    )
    verify_token: Secret = Field(
        min_length=1,
        description="A word of your choice, typed into Meta's webhook form too.",
        examples=['"env:SHOP_VERIFY"'],
    )
    api_base: Address = Field(
        "https://graph.facebook.com",
        min_length=1,
        description="Where the Graph API is.",
        examples=['"https://graph.facebook.com"'],
    )
    api_version: str = Field(
        "v25.0",
        pattern=r"^v\d{1,3}\.\d$",
        description="The Graph API's version.",
        examples=['"v25.0"'],
    )
    throughput: Whole = Field(
        80,
        ge=1,
        le=1000,
        description="Messages a second that the number sends at most. Meta counts what comes in as well; 20 for a "
        "number that is used with the WhatsApp Business app too.",
        examples=["80"],
    )

    @property
    def account_ids(self) -> tuple[str, ...]:
        """The number's id; what concerns the whole business account names that."""
        return (self.phone_number_id, self.waba_id)

    @property
    def proof(self) -> str:
        """The app's secret: several numbers may belong to one app."""
        return self.app_secret.get_secret_value()

    @property
    def per_second(self) -> float | None:
        """As set."""
        return float(self.throughput)

    def credentials(self) -> tuple[str, ...]:
        """The access token."""
        return (self.access_token.get_secret_value(),)


CHANNEL_KINDS: dict[str, type[ChannelKeys]] = {"whatsapp_cloud": WhatsAppCloudKeys}
