"""The settings of a Telegram bot in the configuration file."""

from typing import Annotated, Literal, final

from pydantic import BeforeValidator, Field, SecretStr, model_validator

from turnkeeper.channels.keys import Address, ChannelKeys, Seconds, Token, Whole, is_elsewhere, wrong


def read_bot_token(value: object) -> object:
    """As BotFather writes it: the bot's id, a colon, a secret."""
    if isinstance(value, str) and not is_elsewhere(value):
        number, colon, secret = value.partition(":")
        written = number.isascii() and number.isdigit() and len(number) <= 20 and bool(colon)
        if not written or not secret or not all(each.isascii() and (each.isalnum() or each in "_-") for each in secret):
            wrong("is not a bot's token", 'Copy it from @BotFather: digits, ":", letters.')
    return value


def read_secret_token(value: object) -> object:
    """What Telegram sends back as a header: it takes few characters."""
    if isinstance(value, str) and value and not is_elsewhere(value):
        known = all(each.isascii() and (each.isalnum() or each in "_-") for each in value)
        if not known or len(value) > 256:
            wrong("holds what Telegram does not take", "Write 1 to 256 of the characters A-Z a-z 0-9 _ -.")
    return value


def read_name(value: object) -> object:
    """A name without its @."""
    return value.removeprefix("@") if isinstance(value, str) else value


@final
class TelegramKeys(ChannelKeys):
    """A Telegram bot."""

    identity = ("token",)
    unshared = ("secret_token",)
    asked = ("updates",)
    made = ("secret_token",)
    kind: Literal["telegram"] = Field(description="The provider.", examples=['"telegram"'])
    token: Annotated[Token, BeforeValidator(read_bot_token)] = Field(
        min_length=1,
        description="The bot's token, from @BotFather.",
        examples=['"env:DESK_TOKEN"'],
    )
    secret_token: Annotated[SecretStr, BeforeValidator(read_secret_token)] = Field(
        SecretStr(""),
        description="A word of your choice that proves Telegram's webhooks (A-Z a-z 0-9 _ -); each bot has its own. "
        'Required where updates = "webhook".',
        examples=['"env:DESK_SECRET"'],
    )
    api_base: Address = Field(
        "https://api.telegram.org",
        min_length=1,
        description="Where the Bot API is.",
        examples=['"https://api.telegram.org"'],
    )
    updates: Literal["webhook", "polling"] = Field(
        "webhook",
        description='How updates come: "webhook" needs a public https address, "polling" none.',
        examples=['"webhook"'],
    )
    username: Annotated[str, BeforeValidator(read_name)] = Field(
        "",
        pattern=r"^[A-Za-z0-9_]{0,64}$",
        description="The bot's name, by which people mention it in groups.",
        examples=['"shop_bot"'],
    )
    location_label: str = Field(
        "📍",
        min_length=1,
        max_length=64,
        description="What is written on the button that sends where the person is.",
        examples=['"📍 Send my location"'],
    )
    throughput: Whole = Field(
        30,
        ge=1,
        le=1000,
        description="Messages a second that the bot sends at most, over all chats. Telegram takes about 30.",
        examples=["30"],
    )
    unknown_wait: Seconds = Field(
        2.0,
        description="A send whose answer was lost is repeated after so long, once: Telegram cannot be asked for it.",
        examples=['"2s"'],
    )

    @model_validator(mode="after")
    def webhooks_are_proven(self) -> "TelegramKeys":
        """Without a secret anybody could write in a person's name."""
        if self.updates == "webhook" and not self.secret_token.get_secret_value():
            wrong("secret_token is missing", 'Choose a word for it, or set updates = "polling".')
        return self

    @property
    def account_ids(self) -> tuple[str, ...]:
        """The bot's id, which begins its token."""
        return (self.token.get_secret_value().partition(":")[0],)

    @property
    def proof(self) -> str:
        """The header's value; each bot has its own, since a body does not name the bot. None where it is polled."""
        return self.secret_token.get_secret_value() or f"polled {self.account_ids[0]}"

    @property
    def polls(self) -> bool:
        """As set."""
        return self.updates == "polling"

    @property
    def per_second(self) -> float | None:
        """As set."""
        return float(self.throughput)

    def credentials(self) -> tuple[str, ...]:
        """The token."""
        return (self.token.get_secret_value(),)
