"""The settings of a session of a WAHA server."""

from typing import Annotated, Literal, Self, final

from pydantic import BeforeValidator, Field, SecretStr, model_validator

from turnkeeper.channels.keys import Address, Seconds, Secret, Token, UnofficialKeys, read_duration_or_off, wrong


@final
class WahaKeys(UnofficialKeys):
    """A WhatsApp number through a WAHA server (unofficial)."""

    identity = ("base_url", "session")
    asked = ("session",)
    made = ("hmac_key",)
    kind: Literal["waha"] = Field(description="The provider.", examples=['"waha"'])
    base_url: Address = Field(
        min_length=1,
        description="Where the WAHA server is, as this machine reaches it.",
        examples=['"http://localhost:3000"'],
    )
    api_key: Token = Field(
        min_length=1,
        description="What WAHA was started with as WAHA_API_KEY, or a key of this session alone.",
        examples=['"env:WAHA_KEY"'],
    )
    session: str = Field(
        "default",
        pattern=r"^[A-Za-z0-9_-]{1,64}$",
        description="The session's name in WAHA.",
        examples=['"default"'],
    )
    hmac_key: Secret = Field(
        SecretStr(""),
        description="The key that signs WAHA's webhooks (SHA-512). Without it webhook_secret is needed.",
        examples=['"env:WAHA_HMAC"'],
    )
    webhook_secret: Secret = Field(
        SecretStr(""),
        description="What ends the webhook's address, /webhooks/NAME/SECRET, where nothing is signed.",
        examples=['"env:WAHA_PATH"'],
    )
    typing: Annotated[float | None, BeforeValidator(read_duration_or_off)] = Field(
        6.0,
        gt=0,
        le=10,
        description='For so long at most "typing…" is shown before a message leaves, shorter for short ones; "off": '
        "not at all.",
        examples=['"6s"'],
    )
    watch_typing: bool = Field(
        False,
        description="Learn when the person types: the turn waits on. While it is on, the business's own phone shows "
        "no notifications.",
        examples=["true"],
    )
    send_limit: Seconds = Field(
        45.0,
        ge=5,
        le=300,
        description="How long one send may take, with its typing (at most a sixth of it); WAHA itself waits up to 15 s "
        "for its session, so leave it 30 s.",
        examples=['"45s"'],
    )

    @model_validator(mode="after")
    def _is_proven(self) -> Self:
        if not self.proof:
            mend = "Set hmac_key (and the same key in WAHA's webhook), or webhook_secret."
            wrong("has neither hmac_key nor webhook_secret: anybody could post to it", mend)
        if any(sign in "/?#%" or not "!" <= sign <= "~" for sign in self.path_secret):
            wrong("webhook_secret is part of an address", "Use letters, digits, hyphens and underscores only.")
        return self

    @property
    def account_ids(self) -> tuple[str, ...]:
        """The session's name: several servers may have a session of that name, so each channel has its own address."""
        return (self.session,)

    @property
    def proof(self) -> str:
        """What a webhook is proven with."""
        return "\n".join(filter(None, (self.hmac_key.get_secret_value(), self.path_secret)))

    @property
    def path_secret(self) -> str:
        """As set."""
        return self.webhook_secret.get_secret_value()

    def credentials(self) -> tuple[str, ...]:
        """The server, its session and the key."""
        return (self.base_url, self.session, self.api_key.get_secret_value())
