"""The settings of a WhatsApp number on Meta's Cloud API."""

from typing import Literal, final

from pydantic import Field

from turnkeeper.channels.keys import Address, ChannelKeys, Secret, Token, Whole


@final
class WhatsAppCloudKeys(ChannelKeys):
    """A WhatsApp number on Meta's Cloud API."""

    identity = ("phone_number_id",)
    made = ("verify_token",)
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
